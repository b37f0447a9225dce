"""What a recipe may say under `sources:`. The readers are in `curate/readers.py`, the generator in `curate/demo.py`."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from curate.settings import Settings

Side = Literal["train", "validation", "test"]
ColumnType = Literal["text", "integer", "number", "boolean"]
FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".txt": "text",
}
Format = Literal["csv", "tsv", "json", "jsonl", "parquet", "arrow", "text"]


class FileSource(Settings):
    """A file of rows. The ending says the format, unless `format` does; `.gz` may follow it."""

    path: str = Field(description="looked up beside the recipe, then in the folder that FAIRLEAD_DATA names")
    name: str = Field(
        default="", pattern=r"^[A-Za-z0-9_.-]*$", description="names the rows (name/line); the file's stem if left out"
    )
    format: Format | None = None
    header: bool = Field(default=True, description="csv and tsv: the first line names the columns")
    columns: tuple[str, ...] | dict[str, str] = Field(
        default=(),
        description="a list names the columns of a file without header, in order; a map renames: {new: old}",
    )
    quotes: bool = Field(default=True, description="csv and tsv: false takes quotes as plain text")
    labels: str | None = Field(default=None, description="text files: the file with one label a line")
    types: dict[str, ColumnType] = Field(
        default={}, description="columns to read as another type than text (csv, tsv, text)"
    )
    constants: dict[str, str | None] = Field(
        default={},
        description="columns that hold one text for all rows; folders named key=value become such; they hide the file's own",
    )
    split: Side | None = Field(default=None, description="the published side of this file's rows")
    origin: str | None = Field(default=None, description="where the data comes from; shown when the file is missing")
    licence: str | None = None

    @property
    def file_format(self) -> str | None:
        """The format, from `format` or the ending; None if neither says."""
        suffixes = [suffix.lower() for suffix in PurePath(self.path).suffixes]
        if suffixes and suffixes[-1] == ".gz":
            suffixes.pop()
        return self.format or (FORMATS.get(suffixes[-1]) if suffixes else None)

    @property
    def row_prefix(self) -> str:
        """The name under which rows of this source are known."""
        return self.name or PurePath(self.path).name.split(".", 1)[0]

    @model_validator(mode="after")
    def _settings_have_effect(self) -> "FileSource":
        kind = self.file_format
        if kind is None:
            raise ValueError(f"cannot tell the format of '{self.path}'; add format: {' | '.join(Format.__args__)}")  # type: ignore[attr-defined]
        if kind not in ("csv", "tsv") and (not self.header or not self.quotes):
            raise ValueError("header and quotes have an effect on csv and tsv alone")
        if (kind == "text") != (self.labels is not None):
            raise ValueError(
                "a text file (one text a line) needs labels: the file with one label a line; other formats take none"
            )
        if kind in ("csv", "tsv") and not self.header and not isinstance(self.columns, tuple):
            raise ValueError("a file without header needs columns as a list, in order: columns: [label, text]")
        if kind in ("csv", "tsv") and not self.header and not self.columns:
            raise ValueError("a file without header needs the names of its columns: columns: [label, text]")
        if not self.row_prefix:
            raise ValueError(f"'{self.path}' gives its rows no name; add name: …")
        given = list(self.columns.values() if isinstance(self.columns, dict) else self.columns)
        repeated = sorted({name for name in given if given.count(name) > 1})
        if repeated:
            raise ValueError(f"columns names '{repeated[0]}' twice; give every column one name of its own")
        if any(name.startswith("__") for name in self.columns):
            raise ValueError("a column name that begins with two underscores is ours; choose another name")
        if isinstance(self.columns, tuple) and self.columns and (self.header or kind not in ("csv", "tsv")):
            raise ValueError(
                "a list of columns is for a csv or tsv file with header: false; to rename use columns: {new: old}"
            )
        return self


class DemoSource(Settings):
    """Texts of our own making with planted faults; what was planted is kept in `data/planted.parquet`."""

    demo: Literal["hiring"]
    rows: int = Field(default=4000, ge=100, le=1_000_000)
    seed: int = 7
    origin: str = "made by fairlead (curate/demo.py)"
    licence: str = "Apache-2.0"

    @property
    def row_prefix(self) -> str:
        """The name under which rows of this source are known."""
        return self.demo

    @property
    def split(self) -> None:
        """The demo has no published sides."""
        return None


def _kind(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
    return "DemoSource" if "demo" in keys else "FileSource"


Source = Annotated[
    Annotated[FileSource, Tag("FileSource")] | Annotated[DemoSource, Tag("DemoSource")], Discriminator(_kind)
]
