"""Rows added to an index: all or none, also if the process is killed, and by one process at a time."""

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from curate.errors import Mistake, UserError, shortened
from curate.files import digest_files, disk_errors, replacing, write_parquet
from curate.index_part import LONGEST_NAME, Origin, PartRecord, is_part_name
from curate.kernels.text import lengths, slices
from curate.locks import alone
from curate.near_duplicates.index import (
    FILES,
    INDEX,
    NAMES,
    PARTS,
    SHINGLES,
    SIGNATURES,
    STARTS,
    IndexRecord,
    SignatureIndex,
    differences,
    is_index,
    open_index,
)
from curate.near_duplicates.parts import ROW_BYTES, Grams, distinct, packed
from curate.near_duplicates.sketch import Signatures, Sketching
from curate.progress import NO_TICK, Tick


@dataclass(frozen=True)
class NewPart:
    """Rows (`name`, `text`) to add at once under a name."""

    name: str
    origin: Origin
    frames: Iterable[pl.DataFrame]


def add_part(folder: Path, new: NewPart, sketching: Sketching, tick: Tick = NO_TICK) -> SignatureIndex:
    """Add a part to an index and return it; an index that is not there yet is made.

    Nothing changes until all is written. Raises `UserError` for a name that is taken, an index of another sketching, a folder
    with something else in it, or while another process adds.
    """
    _check_folder(folder)
    with _made(folder), alone(folder, "adds to it"):
        index = open_index(folder) if is_index(folder) else SignatureIndex(folder, IndexRecord.of(sketching))
        _check(index, new.name, sketching)
        _sweep(index)
        place = folder / PARTS / new.name
        with replacing(place) as temporary, disk_errors(place):
            temporary.mkdir(parents=True)
            rows = _write_part(temporary, new.frames, sketching, tick)
            files = sorted(temporary.iterdir())
            digests = {path.name: digest for path, digest in digest_files(files).items()}
            for path in (*files, temporary):
                _to_disk(path)
        _to_disk(place.parent)
        part = PartRecord(name=new.name, origin=new.origin, rows=rows, files=digests)
        record = index.record.model_copy(update={"parts": (*index.record.parts, part)})
        with replacing(folder / INDEX) as temporary:
            temporary.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
            _to_disk(temporary)
        _to_disk(folder)
    return SignatureIndex(folder, record)


def _check(index: SignatureIndex, name: str, sketching: Sketching) -> None:
    mistakes, where = list[Mistake](), str(index.folder)
    if name in {part.name for part in index.record.parts}:
        mistakes.append(Mistake(where, f"holds '{name}' already", "give what you add another --name"))
    differing = differences(index.record, sketching)
    if differing:
        mistakes.append(Mistake(where, f"was made with {differing}", "add with the same settings"))
    if not is_part_name(name):
        hint = f"give a --name of letters, digits, and . _ + - after the first of them, of {LONGEST_NAME} bytes at most"
        mistakes.append(Mistake(where, f"cannot have a part called '{shortened(name, 40)}'", hint))
    if mistakes:
        raise UserError(mistakes)


def _check_folder(folder: Path) -> None:
    """Raise `UserError` for what is no index and may be somebody's: nothing in it is touched."""
    if folder.exists() and not folder.is_dir():
        raise UserError(Mistake(str(folder), "is a file", "name the folder of an index, or a new one"))
    if not folder.is_dir() or is_index(folder):
        return
    others = [path for path in folder.iterdir() if path.name != PARTS and not path.name.startswith(f".{INDEX}.")]
    others += [path for path in (folder / PARTS).glob("*") if not _is_ours(path)]
    if others:
        what = f"is no index, and '{others[0].relative_to(folder)}' is in it"
        raise UserError(Mistake(str(folder), what, "name a new folder, or an empty one"))


def _is_ours(path: Path) -> bool:
    """Return whether a part is one that we wrote: a folder with our files and no others, also half-written ones."""
    return path.is_dir() and not path.is_symlink() and all(_stem(inner.name) in FILES for inner in path.iterdir())


def _stem(name: str) -> str:
    """Return the name of a file without what a temporary name adds."""
    return next((file for file in FILES if name.startswith(f".{file}.")), name)


def _sweep(index: SignatureIndex) -> None:
    """Remove parts that a process wrote which was killed before the index named them; what is not ours stays."""
    known = {part.name for part in index.record.parts}
    for path in (index.folder / PARTS).glob("*"):
        if path.name not in known and _is_ours(path):
            shutil.rmtree(path)
    for path in index.folder.glob(f".{INDEX}.*"):
        path.unlink(missing_ok=True)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make the folder; where nothing is added to it in the end, leave none behind that was not there."""
    was_there = folder.is_dir()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if not is_index(folder):
            for path in (folder / PARTS, *([] if was_there else [folder])):
                with suppress(OSError):
                    path.rmdir()


def _write_part(folder: Path, frames: Iterable[pl.DataFrame], sketching: Sketching, tick: Tick) -> int:
    """Write the files of a part, a slice of texts at a time, and return how many rows it has."""
    names, starts = [pl.Series("name", [], dtype=pl.String)], [np.zeros(1, dtype=np.int64)]
    with (folder / SIGNATURES).open("wb") as signatures, (folder / SHINGLES).open("wb") as shingles:
        for file in (signatures, shingles):
            file.write(b"\0" * _HEADER_BYTES)
        for frame in frames:
            names.append(frame["name"])
            for sketched, grams in _sketched(frame["text"], sketching):
                sketched.tofile(signatures)
                grams.values.tofile(shingles)
                starts.append(starts[-1][-1] + np.cumsum(grams.counts))
                tick(len(sketched))
        every = np.concatenate(starts)
        _write_header(signatures, np.dtype(np.uint32), (len(every) - 1, sketching.permutations))
        _write_header(shingles, np.dtype(np.uint64), (int(every[-1]),))
    np.save(folder / STARTS, every)
    write_parquet(folder / NAMES, pl.concat(names).to_frame())
    return len(every) - 1


def _sketched(texts: pl.Series, sketching: Sketching) -> Iterator[tuple[Signatures, Grams]]:
    """Yield the signatures and the shingles of texts, slice by slice, some slices side by side; shingles have no gaps."""

    def work(cut: tuple[int, int]) -> tuple[Signatures, Grams]:
        grams = distinct(sketching.shingling.of(texts[cut[0] : cut[1]]))
        return sketching.signatures(grams), packed(grams)

    cuts = list(slices(lengths(texts) + ROW_BYTES))
    threads = pl.thread_pool_size()
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, len(cuts), threads):  # so that few slices wait to be written
            yield from pool.map(work, cuts[first : first + threads])


_HEADER_BYTES = 128
"""An array's shape is known when it is written; so much room is left for it in front (NEP 1: a multiple of 64)."""


def _write_header(file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Write the header of a .npy file (version 1.0) into the room that was left for it."""
    described = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    size = _HEADER_BYTES - 10
    file.seek(0)
    file.write(b"\x93NUMPY\x01\x00" + size.to_bytes(2, "little") + described.ljust(size - 1) + b"\n")


def _to_disk(path: Path) -> None:
    """Wait until a file or a folder is on the disk itself."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
