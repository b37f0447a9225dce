"""An index of signatures on disk: which texts were seen before, under which names, and the shingles by which a match is verified.

    INDEX/index.json        how texts were sketched, and the parts in the order in which they were added; written last
    INDEX/parts/NAME/       names.parquet, signatures.npy (rows × permutations), shingles.npy, starts.npy (where a row's begin)

A part is written under a temporary name and moved; then `index.json` is replaced. So an index that is killed at any moment
holds the parts that it held before or one more, whole. Arrays are memory-mapped: an index may be larger than memory.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.errors import Mistake, UserError
from curate.files import digest_files, read_parquet, scan_parquet
from curate.index_part import PartRecord
from curate.kernels.text import Units, each_slice
from curate.near_duplicates.bands import MOST_PERMUTATIONS, Bands
from curate.near_duplicates.buckets import Keys, Mask
from curate.near_duplicates.parts import Grams, packed
from curate.near_duplicates.shingles import Shingling, Unit
from curate.near_duplicates.sketch import Signatures, Sketching, band_keys
from curate.progress import NO_TICK, Tick

SCHEMA_VERSION = 2
SEED = 1
"""The permutations of every index are drawn with this seed, so that any two can be compared; datasketch takes it too."""
INDEX = "index.json"
NAMES, SIGNATURES, SHINGLES, STARTS = "names.parquet", "signatures.npy", "shingles.npy", "starts.npy"
FILES = (NAMES, SIGNATURES, SHINGLES, STARTS)
"""The files of every part."""
PARTS = "parts"
AGAIN = "make the index again"


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

    @model_validator(mode="after")
    def _each_part_once(self) -> Self:
        names = [part.name for part in self.parts]
        if len(set(names)) < len(names):
            raise ValueError("a part is there twice")
        return self

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
        return packed(Units(self.values, self.starts[rows], np.diff(self.starts)[rows]))


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
            yield _part(self.folder / PARTS / part.name)

    def names(self) -> pl.Series:
        """Return the names of all rows, in the order of the parts."""
        paths = [self.folder / PARTS / part.name / NAMES for part in self.record.parts]
        found = [read_parquet(path)["name"] for path in paths]
        lacking = [path for path, names in zip(paths, found, strict=True) if names.null_count()]
        if lacking:
            raise UserError([Mistake(str(path), "is damaged (a row has no name)", AGAIN) for path in lacking])
        return pl.concat([pl.Series("name", [], dtype=pl.String), *found])


def is_index(path: Path) -> bool:
    """Return whether a folder is an index."""
    return (path / INDEX).is_file()


def open_sound_index(folder: Path) -> SignatureIndex:
    """Open an index to hold rows against it: all its files are compared with their digests first.

    Raises `UserError` for what is no index, and for files that are not what was added: nothing would be found in them.
    """
    index = open_index(folder)
    check_sound(index)
    return index


def check_sound(index: SignatureIndex) -> None:
    """Raise `UserError` for files of an index that are not what was added."""
    mistakes = verify_index(index)
    if mistakes:
        raise UserError(mistakes)


def open_index(folder: Path) -> SignatureIndex:
    """Open an index. Raises `UserError` for what is none, or is damaged as far as the sizes of its files tell."""
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
    except (ValueError, RecursionError) as error:
        raise UserError(Mistake(where, f"is damaged ({_first_line(error)})", AGAIN)) from error
    missing = [
        Mistake(str(path), "is gone", "bring it back, or make the index again")
        for part in index.record.parts
        for name in part.files
        if not (path := folder / PARTS / part.name / name).is_file()
    ]
    if missing:
        raise UserError(missing)
    damaged = [
        Mistake(str(folder / PARTS / part.name), f"is damaged ({what})", AGAIN)
        for part in index.record.parts
        if (what := _damage(folder / PARTS / part.name, part.rows, index.record.permutations))
    ]
    if damaged:
        raise UserError(damaged)
    return index


def _part(folder: Path) -> IndexPart:
    return IndexPart(*(np.lib.format.open_memmap(folder / name, mode="r") for name in (SIGNATURES, SHINGLES, STARTS)))


def _damage(folder: Path, rows: int, permutations: int) -> str:
    """Return what the files of a part are that they should not be, as far as their sizes tell; empty for nothing."""
    try:
        part = _part(folder)
        rows_of_names = scan_parquet(folder / NAMES)
        is_text = rows_of_names.collect_schema().get("name") == pl.String
        names = rows_of_names.select(pl.len()).collect().item()
    except (ValueError, OSError, EOFError, pl.exceptions.PolarsError) as error:
        return _first_line(error)
    found = (part.signatures.shape, part.starts.shape, names, part.values.ndim)
    if found != ((rows, permutations), (rows + 1,), rows, 1):
        return f"its files are not of {rows:,} rows and {permutations} permutations"
    kinds = [array.dtype for array in (part.signatures, part.values, part.starts)]
    if not is_text or kinds != [np.dtype(kind) for kind in (np.uint32, np.uint64, np.int64)]:
        return "its files hold something else than names, signatures and shingles"
    if part.starts[0] != 0 or part.starts[-1] != len(part.values) or (np.diff(part.starts) < 0).any():
        return f"{STARTS} does not fit {SHINGLES}"
    return ""


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def verify_index(index: SignatureIndex) -> list[Mistake]:
    """Return which files of an index are not what was added."""
    files = {
        index.folder / PARTS / part.name / name: digest
        for part in index.record.parts
        for name, digest in part.files.items()
    }
    found = digest_files([path for path in files if path.is_file()])
    return [
        Mistake(str(path), "is not what was added (its SHA-256 differs)" if path in found else "is gone", AGAIN)
        for path, digest in files.items()
        if found.get(path) != digest
    ]


def differences(record: IndexRecord, sketching: Sketching) -> str:
    """Return the settings of an index that are not those of a sketching, as `shingle 5, seed 7`; empty if all are the same."""
    other = IndexRecord.of(sketching)
    names = ("unit", "shingle", "permutations", "seed")
    return ", ".join(
        f"{name} {getattr(record, name)}" for name in names if getattr(record, name) != getattr(other, name)
    )
