"""The bytes of a file, whole or from its beginning, unpacked where it is gzip."""

import gzip
import zlib
from pathlib import Path

from curate.errors import Mistake, UserError

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def file_bytes(path: Path, size: int = -1) -> bytes:
    """Return the first `size` bytes, or all. Raises `UserError` for a file that cannot be read, or is UTF-16 by its first bytes."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = file.read(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        what = f"is not a whole gzip file ({error})"
        raise UserError(Mistake(str(path), what, "fetch or compress the file again")) from error
    except OSError as error:
        raise UserError(Mistake(str(path), f"cannot be read ({error.strerror})", "see that it may be read")) from error
    if data.startswith(_UTF_16):
        raise UserError(Mistake(str(path), "is UTF-16", "save the file as UTF-8"))
    return data
