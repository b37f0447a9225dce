"""What an index, and the manifest of a run that was held against it, say of a part: what was added at once, and from where."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LONGEST_NAME = 150
"""Bytes of the name of a part: it is the name of a folder, which is longer while it is written."""


def is_part_name(name: str) -> bool:
    """Return whether a part may be called so."""
    return re.fullmatch(r"\w[\w.+-]*", name) is not None and len(name.encode()) <= LONGEST_NAME


def _checked(name: str) -> str:
    if not is_part_name(name):
        raise ValueError(f"'{name}' is no name of a part")
    return name


class PartRecord(BaseModel):
    """A part: the run or the file that it came from, the columns of its text, its rows, and the SHA-256 of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_checked)]
    data: str
    text: tuple[str, ...]
    rows: int = Field(ge=0)
    files: dict[Literal["names.parquet", "signatures.npy", "shingles.npy", "starts.npy"], str] = Field(min_length=4)
