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


class Origin(BaseModel):
    """Where texts come from: a file, or a run (of one side of its split, or of all), and the columns that are their text.

    `digest` is the SHA-256 of the file, or the key of the run; empty for what has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str
    side: str | None = None
    digest: str = ""
    text: tuple[str, ...]

    def __str__(self) -> str:
        """Return the file, or the run with its side."""
        return self.data if self.side is None else f"{self.data}, {self.side}"


class PartRecord(BaseModel):
    """A part: where its texts come from, how many they are, and the SHA-256 of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_checked)]
    origin: Origin
    rows: int = Field(ge=0)
    files: dict[Literal["names.parquet", "signatures.npy", "shingles.npy", "starts.npy"], str] = Field(min_length=4)
