"""What takes a while to make and is kept from process to process: machine code, classes of characters.

It stands where `NUMBA_CACHE_DIR` says, or else beside the source, or in the user's cache folder. What depends on a version or a
processor has it in its name; a file that was damaged counts as none.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from curate.files import replacing

_DIGEST_BYTES = 32


def kept(name: str) -> bytes | None:
    """Return what is kept under a name, unharmed."""
    for folder in _folders():
        with suppress(OSError):
            found = (folder / f"{name}.kept").read_bytes()
            data = found[_DIGEST_BYTES:]
            if hashlib.sha256(data).digest() == found[:_DIGEST_BYTES]:
                return data
    return None


def keep(data: bytes, name: str) -> None:
    """Keep it in the first folder that can be written; where there is none, each process makes it anew."""
    for folder in _folders():
        with suppress(OSError), replacing(folder / f"{name}.kept") as temporary:
            temporary.write_bytes(hashlib.sha256(data).digest() + data)
            return


def _folders() -> list[Path]:
    """Return the folders in which things may be kept; never one that is told from where the process happens to stand."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return [Path(named).absolute()]
    folders = [Path(__file__).parent / "__pycache__", Path(os.environ.get("XDG_CACHE_HOME", "")) / "fairlead"]
    with suppress(RuntimeError):  # there is no home
        folders.append(Path.home() / ".cache" / "fairlead")
    return [folder for folder in folders if folder.is_absolute()]
