"""The run directory: the contract between the phases. Written to a temporary name and renamed; the manifest is last."""

import errno
import hashlib
import json
import os
import platform
import re
import resource
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from curate.errors import Mistake, UserError

SCHEMA_VERSION = 2
Phase = Literal["curate", "train", "predict", "audit"]
PHASES: tuple[Phase, ...] = ("curate", "train", "predict", "audit")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRecord(_Record):
    """One source as it was read; of conversations the shape that they had, and which keys of their turns were left out."""

    name: str
    path: str
    sha256: str
    rows: int
    quarantined: int
    origin: str | None = None
    licence: str | None = None
    shape: str | None = None
    left_out: tuple[str, ...] = ()


class StageRecord(_Record):
    """One stage: its cache key, its steps, and the account of each step (in the order in which they ran)."""

    key: str
    name: str
    steps: tuple[str, ...]
    rows_in: int
    rows_out: int
    seconds: float
    cached: bool


class StepRecord(_Record):
    """One step's account: rows_in = rows_out + dropped + quarantined − added."""

    step: str
    rows_in: int
    rows_out: int
    dropped: int
    quarantined: int
    added: int
    changed: int
    refused: int


class PhaseRecord(_Record):
    """What a finished phase read and wrote. `key` names its inputs; the same key means that nothing is to be done."""

    key: str
    seconds: float
    peak_memory_bytes: int
    files: dict[str, str]
    notes: dict[str, str] = {}


class Manifest(_Record):
    """What a run is made of. Digests are SHA-256 over the file's bytes.

    `own_steps` has for each step of the user's own the digest of its code (see `own_code.py`).
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    fairlead: str
    python: str
    platform: str
    seed: int
    packages: dict[str, str]
    overrides: tuple[str, ...] = ()
    sources: tuple[SourceRecord, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    own_steps: dict[str, str] = {}
    phases: dict[Phase, PhaseRecord] = {}


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_text(*parts: str) -> str:
    """Return the SHA-256 over parts, each with its length, in hexadecimal."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode()
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far, in bytes.

    From Linux's VmHWM, because the maximum that getrusage tells includes the parent's at the time of the fork; elsewhere from
    getrusage, in KiB but for macOS.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the installed packages among `names`."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well it takes the place of `path`, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # what writes into an open file does not know its name
        raise
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


ROW_GROUP_ROWS = 100_000
"""Rows in a row group, so that the same rows give the same bytes however they arrive."""


LEVEL = 1
"""Of zstd: as quick as lz4 on text, in two thirds of its space; level 3 takes twice the time for a tenth less."""


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a parquet file in one move. The same frame gives the same bytes. Raises `OSError` for a full disk."""
    with replacing(path) as temporary, disk_errors(path):
        frame.write_parquet(temporary, compression="zstd", compression_level=LEVEL, statistics=False)


def sink_parquet(path: Path, rows: pl.LazyFrame) -> None:
    """Write a parquet file in one move from rows that need not fit into memory. Raises `OSError` for a full disk."""
    with replacing(path) as temporary, disk_errors(path):
        rows.sink_parquet(
            temporary,
            compression="zstd",
            compression_level=LEVEL,
            statistics=False,
            row_group_size=ROW_GROUP_ROWS,
        )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what Polars says of the operating system, in an error of its own or without a number, into the system's error."""
    try:
        yield
    except (pl.exceptions.ComputeError, OSError) as error:
        number = _system_number(error)
        if number is None:
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


def _system_number(error: Exception) -> int | None:
    """Return the number that an error's text tells; None where it tells none, or the error has it already."""
    if isinstance(error, OSError) and error.errno is not None:
        return None
    told = re.search(r"\(os error (\d+)\)", str(error))
    if told is not None:
        return int(told[1])
    return errno.ENOSPC if "No space left" in str(error) else None


def scan_parquet(path: Path) -> pl.LazyFrame:
    """Return a parquet file as a lazy frame; brackets and stars in its path are letters."""
    return pl.scan_parquet(path, glob=False)


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a parquet file; brackets and stars in its path are letters."""
    return scan_parquet(path).collect()


class RunDirectory:
    """Where everything of one run stands. Paths are properties; the phases meet here and nowhere else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.manifest = path / "manifest.json"
        self.source = path / "data" / "source.parquet"
        self.planted = path / "data" / "planted.parquet"
        self.measures = path / "measures"
        self.ledger = path / "ledger.parquet"
        self.quarantine = path / "quarantine.parquet"
        self.certificate = path / "data" / "split.json"
        self.model = path / "model"
        self.report = path / "report"

    def data(self, side: str) -> Path:
        """Return the path of one side's rows: train, validation or test; `all` where the recipe does not split."""
        return self.path / "data" / f"{side}.parquet"

    def predictions(self, model: str) -> Path:
        """Return the path of a model's predictions: base, tuned, or given (they came with the data)."""
        return self.path / "predictions" / f"{model}.parquet"

    def lexicon(self, attribute: str) -> Path:
        """Return the path of the term list that an attribute's groups were found with."""
        return self.path / "lexicons" / f"{attribute}.txt"

    @property
    def cache(self) -> Path:
        """The cache that this run shares with the runs beside it."""
        return self.path.parent / ".cache"

    def read_manifest(self) -> Manifest:
        """Read the manifest, or raise `UserError` if this is not a run directory that we can read."""
        where = str(self.manifest)
        if not self.path.is_dir():
            raise UserError(
                Mistake(str(self.path), "there is no such run", "give the folder that 'fairlead run' printed")
            )
        if not self.manifest.is_file():
            raise UserError(
                Mistake(
                    where,
                    "not found; the run is not finished",
                    "run 'fairlead curate RECIPE' again: it goes on where it stopped",
                )
            )
        try:
            content: Any = json.loads(self.manifest.read_text(encoding="utf-8"))
            version = content.get("schema_version") if isinstance(content, dict) else None
            if version != SCHEMA_VERSION:
                raise UserError(
                    Mistake(
                        where,
                        f"has schema version {version}, this fairlead reads {SCHEMA_VERSION}",
                        "run the recipe again",
                    )
                )
            return Manifest.model_validate(content)
        except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise UserError(
                Mistake(where, f"is damaged ({str(error).splitlines()[0]})", "run the recipe again")
            ) from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest in one move."""
        write_text(self.manifest, manifest.model_dump_json(indent=2) + "\n")

    def check_phase(self, phase: Phase) -> PhaseRecord:
        """Return the record of a finished phase after comparing the digest of every file it wrote."""
        record = self.read_manifest().phases.get(phase)
        if record is None:
            raise UserError(
                Mistake(
                    str(self.path), f"the phase '{phase}' has not finished", f"run 'fairlead {_command(phase)}' first"
                )
            )
        wrong = [
            name
            for name, digest in record.files.items()
            if not (self.path / name).is_file() or digest_file(self.path / name) != digest
        ]
        if wrong:
            hint = "the file was changed or lost after the run; run the recipe again to make it anew"
            raise UserError(
                [
                    Mistake(str(self.path / name), f"is not what '{phase}' wrote (its SHA-256 differs)", hint)
                    for name in wrong
                ]
            )
        return record

    def is_done(self, phase: Phase, key: str) -> bool:
        """Return whether the phase finished for this key, and its files and the manifest are unharmed."""
        try:
            record = self.read_manifest().phases.get(phase)
        except UserError:
            return False
        if record is None or record.key != key:
            return False
        return all(
            (self.path / name).is_file() and digest_file(self.path / name) == digest
            for name, digest in record.files.items()
        )

    def finish_phase(
        self, phase: Phase, key: str, files: Iterable[Path], started: float, notes: dict[str, str] | None = None
    ) -> None:
        """Record a finished phase; phases after it are forgotten if they were made from other files than it wrote now.

        `files` are the files it wrote (folders are taken whole); `started` is `time.monotonic()` at its beginning.
        """
        every = sorted(
            inner for path in files for inner in ([path] if path.is_file() else path.rglob("*")) if inner.is_file()
        )
        record = PhaseRecord(
            key=key,
            seconds=round(time.monotonic() - started, 3),
            peak_memory_bytes=peak_memory_bytes(),
            files={str(path.relative_to(self.path)): digest_file(path) for path in every},
            notes=notes or {},
        )
        manifest = self.read_manifest()
        before = manifest.phases.get(phase)
        unchanged = before is not None and (before.key, before.files) == (key, record.files)
        known = PHASES if unchanged else PHASES[: PHASES.index(phase)]
        phases = {name: manifest.phases[name] for name in known if name in manifest.phases} | {phase: record}
        ordered = {name: phases[name] for name in PHASES if name in phases}
        self.write_manifest(manifest.model_copy(update={"phases": ordered}))


def _command(phase: str) -> str:
    return {"curate": "curate RECIPE", "train": "train RUN", "predict": "train RUN", "audit": "audit RUN"}[phase]


def describe_platform() -> str:
    """Return the operating system and processor in words."""
    return f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
