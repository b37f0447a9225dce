"""What a run was made of: its sources, the files that its steps read, stages, steps, phases, packages and machine."""

import hashlib
import os
import platform
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from curate.index_part import PartRecord

SCHEMA_VERSION = 6
_DIGEST = b',\n  "digest": "'

Phase = Literal["curate", "preflight", "train", "predict", "audit"]
PHASES: tuple[Phase, ...] = get_args(Phase)


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


class StepFile(_Record):
    """A file that a step read, as the recipe names it; of an index the parts that it held then."""

    step: str
    path: str
    sha256: str
    parts: tuple[PartRecord, ...] = ()


class ProbeRecord(_Record):
    """The file of a probe: how many rows it has for it, how many of them were drawn, and the items that they make.

    `version` is that of the code that made them (see `Probe`).
    """

    name: str
    probe: str
    path: str
    sha256: str
    version: int
    rows: int
    drawn: int
    items: int

    @property
    def key(self) -> str:
        """What of the file and its reading goes into the key of a run."""
        return f"{self.sha256} {self.version}"


class OutsideRecord(_Record):
    """A file from elsewhere: how many rows it has, and of how many each reason kept them from being asked.

    `copies` have the text of a row that is learned from or chosen by, `near_copies` are like one; `copies_of_test` and
    `near_copies_of_test` those of test rows alone; `repeats` are others with the text of an earlier row of the file. All of them
    are asked, and no figure is of them. `unknown` are the attributes that are unknown in every row. `version` is that of the code
    that read the file.
    """

    name: str
    path: str
    sha256: str
    version: int
    origin: str | None = None
    licence: str | None = None
    rows: int
    refused: dict[str, int]
    copies: int
    near_copies: int
    copies_of_test: int
    near_copies_of_test: int
    repeats: int
    unknown: tuple[str, ...]

    @property
    def key(self) -> str:
        """What of the file and its reading goes into the key of a run."""
        return f"{self.sha256} {self.version}"

    @property
    def asked(self) -> int:
        """How many rows the figures are of."""
        left_out = (self.copies, self.near_copies, self.copies_of_test, self.near_copies_of_test, self.repeats)
        return self.rows - sum((*self.refused.values(), *left_out))


class StageRecord(_Record):
    """One stage: its cache key, its kind (see `plan.py`), its steps in the order in which they ran, and the rows of all of them."""

    key: str
    kind: str
    name: str
    steps: tuple[str, ...]
    rows_in: int
    rows_out: int
    seconds: float
    cached: bool


class StepRecord(_Record):
    """One step's account: rows_in = rows_out + dropped + quarantined − added. `noted` rows are named in the ledger and stay."""

    step: str
    rows_in: int
    rows_out: int
    dropped: int
    quarantined: int
    added: int
    changed: int
    refused: int
    noted: int


def emptied_by(steps: Iterable[StepRecord]) -> str | None:
    """Return the step that took the last row; None where some are left, or none was read."""
    return next((record.step for record in steps if record.rows_in and not record.rows_out), None)


class PhaseRecord(_Record):
    """What a finished phase read and wrote. `key` names its inputs; the same key means that nothing is to be done."""

    key: str
    seconds: float
    peak_memory_bytes: int
    files: dict[str, str]
    notes: dict[str, str] = {}


class Manifest(_Record):
    """What a run is made of. Digests are SHA-256 over the file's bytes.

    `own_steps` has for each step of the user's own the digest of its code (see `own_code.py`). `digest` is that of the manifest
    itself, over its file's bytes before that field; empty in one that was written without.
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
    files: tuple[StepFile, ...] = ()
    probes: tuple[ProbeRecord, ...] = ()
    outside: tuple[OutsideRecord, ...] = ()
    phases: dict[Phase, PhaseRecord] = {}
    digest: str = ""

    def as_written(self) -> str:
        """Return the text of its file: JSON with the digest of all that stands before it as the last field."""
        body = self.model_dump_json(indent=2, exclude={"digest"}).removesuffix("\n}").encode()
        return f"{body.decode()}{_DIGEST.decode()}{_ending(body).decode()}"


def is_whole(data: bytes) -> bool:
    """Return whether not one byte of a manifest's file is other than it was written, by the digest that the file ends with."""
    body, _digest, ending = data.rpartition(_DIGEST)
    return ending == _ending(body)


def _ending(body: bytes) -> bytes:
    return f'{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def describe_platform() -> str:
    """Return the operating system and processor in words."""
    return f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far, in bytes; processes that repair characters are not in it.

    From Linux's VmHWM, because the maximum that getrusage tells includes the parent's at the time of the fork; elsewhere from
    getrusage, in KiB but for macOS.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
