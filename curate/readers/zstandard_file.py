"""A zstandard file as a stream of bytes that says so where the file is cut off."""

import io
from pathlib import Path
from typing import Any

_BLOCK = 4096
"""Packed bytes taken at once: one block of a hostile file can hold tens of thousands of times as many bytes."""


class ZstandardFile(io.RawIOBase):
    """The unpacked bytes of one or more frames. Reading raises `EOFError` for a file that ends within a frame or is none."""

    def __init__(self, path: Path) -> None:
        import zstandard  # noqa: PLC0415

        self._library = zstandard
        self._file = path.open("rb")
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._within = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def readinto(self, target: Any) -> int:
        """Fill a buffer with the next bytes, and return how many there were; none at the end."""
        view = memoryview(target).cast("B")
        while not self._ready:
            packed = self._file.read(_BLOCK)
            if not packed:
                if self._within:
                    raise EOFError("it ends within a frame")
                return 0
            self._ready = memoryview(self._unpack(packed))
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _unpack(self, packed: bytes) -> bytes:
        parts = []
        try:
            while packed:
                parts.append(self._frame.decompress(packed))
                packed = self._frame.unused_data if self._frame.eof else b""
                self._within = not self._frame.eof
                if self._frame.eof:
                    self._frame = self._library.ZstdDecompressor().decompressobj()
        except self._library.ZstdError as error:
            raise EOFError(str(error)) from error
        return b"".join(parts)
