"""An index of signatures on disk: which texts were seen before, under which names, and the shingles by which a match is verified.

    INDEX/index.json        how texts were sketched, and the parts in the order in which they were added; written last
    INDEX/parts/NAME/       names.parquet, signatures.npy (rows × permutations), shingles.npy, starts.npy (where a row's begin)

A part is written under a temporary name and moved; then `index.json` is replaced. So an index that is killed at any moment
holds the parts that it held before or one more, whole. Arrays are memory-mapped: an index may be larger than memory.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.errors import Mistake, UserError
from curate.files import digest_files, disk_errors, read_parquet, replacing, write_parquet
from curate.kernels.text import Units, each_slice, lengths, slices, up_to
from curate.near_duplicates.bands import MOST_PERMUTATIONS, Bands
from curate.near_duplicates.buckets import Keys, Mask
from curate.near_duplicates.parts import ROW_BYTES, Grams, distinct
from curate.near_duplicates.shingles import Shingling, Unit
from curate.near_duplicates.sketch import Signatures, Sketching, band_keys
from curate.progress import NO_TICK, Tick

SCHEMA_VERSION = 1
SEED = 1
"""The permutations of every index are drawn with this seed, so that any two can be compared; datasketch takes it too."""
INDEX = "index.json"
_NAMES, _SIGNATURES, _SHINGLES, _STARTS = "names.parquet", "signatures.npy", "shingles.npy", "starts.npy"


class PartRecord(BaseModel):
    """A part as `index.json` names it: what was added at once, with the SHA-256 of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[\w][\w.+-]*$", max_length=200)
    rows: int
    files: dict[str, str]


class IndexRecord(BaseModel):
    """What `index.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    scheme: Literal["affine32"] = "affine32"
    unit: Unit
    shingle: int = Field(ge=1, le=50)
    permutations: int = Field(ge=2, le=MOST_PERMUTATIONS)
    seed: int = Field(ge=0, lt=1 << 32)
    parts: tuple[PartRecord, ...] = ()

    @property
    def sketching(self) -> Sketching:
        """How its texts were sketched."""
        return Sketching(shingling=Shingling(self.unit, self.shingle), permutations=self.permutations, seed=self.seed)

    @classmethod
    def of(cls, sketching: Sketching) -> "IndexRecord":
        """Return the record of an index without parts."""
        shingling = sketching.shingling
        return cls(
            unit=shingling.unit, shingle=shingling.size, permutations=sketching.permutations, seed=sketching.seed
        )


@dataclass(frozen=True)
class IndexPart:
    """One part, memory-mapped: some rows of a search whose signatures and shingles are known."""

    signatures: Signatures
    values: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.signatures)

    def write_keys(self, bands: Bands, keys: Keys, filled: Mask, tick: Tick = NO_TICK) -> None:
        """Write the keys from the signatures, a slice at a time on each processor."""

        def work(start: int, stop: int) -> None:
            keys[:, start:stop] = band_keys(np.ascontiguousarray(self.signatures[start:stop]), bands)
            tick(stop - start)

        each_slice(work, np.full(len(self), 4 * self.signatures.shape[1], dtype=np.int64))
        filled[:] = np.diff(self.starts) > 0

    def shingles(self, rows: npt.NDArray[np.int64]) -> Grams:
        """Return the shingles of some rows."""
        counts = np.diff(self.starts)[rows]
        starts = up_to(counts)
        values = np.empty(starts[-1], dtype=np.uint64)
        for place, row in enumerate(
            rows.tolist()
        ):  # copies of long runs, few of them: rows that share a band with another
            values[starts[place] : starts[place + 1]] = self.values[self.starts[row] : self.starts[row + 1]]
        return Units(values, starts[:-1], counts)


@dataclass(frozen=True)
class SignatureIndex:
    """An index as it was when it was opened; parts that are added later are not in it."""

    folder: Path
    record: IndexRecord

    def __len__(self) -> int:
        return sum(part.rows for part in self.record.parts)

    def parts(self) -> Iterator[IndexPart]:
        """Yield the parts in the order in which they were added."""
        for part in self.record.parts:
            folder = self.folder / "parts" / part.name
            arrays = (np.load(folder / name, mmap_mode="r") for name in (_SIGNATURES, _SHINGLES, _STARTS))
            yield IndexPart(*arrays)

    def names(self) -> pl.Series:
        """Return the names of all rows, in the order of the parts."""
        found = [read_parquet(self.folder / "parts" / part.name / _NAMES)["name"] for part in self.record.parts]
        return pl.concat([pl.Series("name", [], dtype=pl.String), *found])


def is_index(path: Path) -> bool:
    """Return whether a folder is an index."""
    return (path / INDEX).is_file()


def open_index(folder: Path) -> SignatureIndex:
    """Open an index. Raises `UserError` for what is none, or is damaged."""
    where = str(folder / INDEX)
    try:
        content: Any = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version != SCHEMA_VERSION:
            what = f"has schema version {version}, this fairlead reads {SCHEMA_VERSION}"
            raise UserError(Mistake(where, what, "make the index again with 'fairlead index add'"))
        index = SignatureIndex(folder, IndexRecord.model_validate(content))
    except FileNotFoundError:
        raise UserError(Mistake(str(folder), "is no index", "make one: fairlead index add INDEX DATA")) from None
    except (ValueError, ValidationError) as error:
        raise UserError(Mistake(where, f"is damaged ({str(error).splitlines()[0]})", "make the index again")) from error
    missing = [
        Mistake(str(path), "is gone", "bring it back, or make the index again")
        for part in index.record.parts
        for name in part.files
        if not (path := folder / "parts" / part.name / name).is_file()
    ]
    if missing:
        raise UserError(missing)
    return index


def verify_index(index: SignatureIndex) -> list[Mistake]:
    """Return which files of an index are not what was added."""
    files = {
        index.folder / "parts" / part.name / name: digest
        for part in index.record.parts
        for name, digest in part.files.items()
    }
    found = digest_files(list(files))
    return [
        Mistake(str(path), "is not what was added (its SHA-256 differs)", "make the index again")
        for path, digest in files.items()
        if found[path] != digest
    ]


def add_part(
    folder: Path, name: str, frames: Iterable[pl.DataFrame], sketching: Sketching, tick: Tick = NO_TICK
) -> SignatureIndex:
    """Add rows (`name`, `text`) to an index as one part, and return it; an index that is not there yet is made.

    Nothing changes until all is written. Raises `UserError` for a name that is taken, an index of another sketching, or while
    another process adds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        index = open_index(folder) if is_index(folder) else SignatureIndex(folder, IndexRecord.of(sketching))
        _check(index, name, sketching)
        _sweep(index)
        place = folder / "parts" / name
        with replacing(place) as temporary, disk_errors(place):
            temporary.mkdir(parents=True)
            rows = _write_part(temporary, frames, sketching, tick)
            files = sorted(temporary.iterdir())
            digests = {path.name: digest for path, digest in digest_files(files).items()}
            for path in (*files, temporary):
                _to_disk(path)
        _to_disk(place.parent)
        part = PartRecord(name=name, rows=rows, files=digests)
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
    try:
        PartRecord(name=name, rows=0, files={})
    except ValidationError:
        hint = "use letters, digits, and . _ + - after the first of them"
        mistakes.append(Mistake(f"--name {name}", "cannot be the name of a part", hint))
    if mistakes:
        raise UserError(mistakes)


def differences(record: IndexRecord, sketching: Sketching) -> str:
    """Return the settings of an index that are not those of a sketching, as `shingle 5, seed 7`; empty if all are the same."""
    other = IndexRecord.of(sketching)
    names = ("unit", "shingle", "permutations", "seed")
    return ", ".join(
        f"{name} {getattr(record, name)}" for name in names if getattr(record, name) != getattr(other, name)
    )


def _sweep(index: SignatureIndex) -> None:
    """Remove parts that a process wrote which was killed before the index named them."""
    known = {part.name for part in index.record.parts}
    for path in (index.folder / "parts").glob("*"):
        if path.name not in known:
            shutil.rmtree(path)
    for path in index.folder.glob(f".{INDEX}.*"):
        path.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of an index; it is let go when the process ends, however it ends."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(Mistake(str(folder), "another process adds to it", "wait until it has ended")) from None
        yield
    finally:
        if not is_index(folder):  # nothing was added to what was to be a new index
            for path in (folder / "parts", folder):
                with suppress(OSError):
                    path.rmdir()
        os.close(opened)


def _write_part(folder: Path, frames: Iterable[pl.DataFrame], sketching: Sketching, tick: Tick) -> int:
    """Write the files of a part, a slice of texts at a time, and return how many rows it has."""
    names, starts = [pl.Series("name", [], dtype=pl.String)], [np.zeros(1, dtype=np.int64)]
    with (folder / _SIGNATURES).open("wb") as signatures, (folder / _SHINGLES).open("wb") as shingles:
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
    np.save(folder / _STARTS, every)
    write_parquet(folder / _NAMES, pl.concat(names).to_frame())
    return len(every) - 1


def _sketched(texts: pl.Series, sketching: Sketching) -> Iterator[tuple[Signatures, Grams]]:
    """Yield the signatures and the shingles of texts, slice by slice, some slices side by side; shingles have no gaps."""

    def work(cut: tuple[int, int]) -> tuple[Signatures, Grams]:
        grams = distinct(sketching.shingling.of(texts[cut[0] : cut[1]]))
        row = np.repeat(np.arange(len(grams.counts)), grams.counts)
        starts = up_to(grams.counts)[:-1]
        place = np.arange(len(row)) + (grams.starts - starts)[row]
        return sketching.signatures(grams), Units(grams.values[place], starts, grams.counts)

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
