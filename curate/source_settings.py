"""What a recipe may say under `sources:`. The readers are in `curate/readers/`, the generator in `curate/demo.py`."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, Literal, get_args
from urllib.parse import unquote, urlsplit

from pydantic import Discriminator, Field, Tag, model_validator

from curate.settings import Settings

Side = Literal["train", "validation", "test"]
ColumnType = Literal["text", "integer", "number", "boolean"]
Shape = Literal["auto", "messages", "sharegpt", "alpaca", "prompt_completion"]
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
PACKED = (".gz", ".zst")
REMOTE = ("s3", "gs", "az", "abfss", "https", "http", "hf")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s]*)")
_SETTING_OF_ADDRESS = re.compile(r"[?#&;]([^?#&;=]+)=")
_WORD_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_PARTS = ("secret", "passw", "credential")
_SECRET_ENDINGS = ("key", "keyid", "token", "signature", "pwd")
_SECRET_WORDS = ("auth", "authorization", "bearer", "jwt", "passphrase", "sig")
_NO_KEYS = ("monkey", "donkey", "turkey", "hockey", "whiskey", "jockey")
"""A setting of an address is secret if a word of its name holds such a part, has such an ending or is such a word: `HFTOKEN`,
`X-Amz-Signature`, `api_key`, but not `monkey`."""
_NAMES_BEFORE_AT = ("abfs", "abfss", "ssh", "git+ssh")
"""Schemes in which a name before the @ is a container or an account that everybody has; after a colon comes a password."""


class FileSource(Settings):
    """A file of rows, or a folder or a pattern, which become a source for each file. The ending says the format, or `format` does.

    `.gz` or `.zst` may follow the ending of a text format. A path may be remote: `s3://`, `gs://`, `az://`, `https://` or `hf://`.
    """

    path: str = Field(
        description="a file, a folder, a pattern (data/**/*.jsonl) or an address (s3://…); looked up beside the recipe, then "
        "in the folder that FAIRLEAD_DATA names"
    )
    name: str = Field(
        default="", pattern=r"^[A-Za-z0-9_.-]*$", description="names the rows (name/line); the file's stem if left out"
    )
    format: Format | None = None
    header: bool = Field(default=True, description="csv and tsv: the first line names the columns")
    columns: tuple[str, ...] | dict[str, str] = Field(
        default=(),
        description="a list names the columns of a file without header, in order; a map renames: {new: old}",
    )
    separator: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="csv and tsv: what stands between two fields, where the ending does not say it"
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
    shape: Shape = Field(
        default="auto",
        description="instruction and chat tasks: how the file keeps conversations; auto tells it from the columns",
    )
    split: Side | None = Field(default=None, description="the published side of this file's rows")
    origin: str | None = Field(default=None, description="where the data comes from; shown when the file is missing")
    licence: str | None = None

    @property
    def is_remote(self) -> bool:
        """Whether the path is the address of something elsewhere."""
        return urlsplit(self.path).scheme in REMOTE and "://" in self.path

    @property
    def is_pattern(self) -> bool:
        """Whether the path holds a sign that stands for others. A local file of exactly this name comes first."""
        return any(sign in self._name_path for sign in ("*[" if self.is_remote else "*?["))

    @property
    def file_format(self) -> str | None:
        """The format, from `format` or the ending; None if neither says."""
        return self.format or format_of(self._name_path)

    @property
    def row_prefix(self) -> str:
        """The name under which rows of this source are known; each file of a folder or a pattern gets one of its own."""
        return self.name or PurePath(self._name_path).name.split(".", 1)[0]

    @property
    def _name_path(self) -> str:
        return self.path.partition("?")[0] if self.is_remote else self.path

    @property
    def _may_be_many(self) -> bool:
        """Whether it may be a local folder or pattern, whose files tell their formats."""
        return not self.is_remote and (self.is_pattern or self.path.endswith("/") or not PurePath(self.path).suffix)

    @model_validator(mode="after")
    def _holds_no_secret(self) -> "FileSource":
        for name, value in (("path", self.path), ("labels", self.labels), ("origin", self.origin)):
            _refuse_secret(name, value or "")
        return self

    @model_validator(mode="after")
    def _format_is_known(self) -> "FileSource":
        kind = self.file_format
        if kind is None and not self._may_be_many:
            known = " | ".join(get_args(Format))
            folder = "" if self.is_remote else ", or end the path of a folder with /"
            raise ValueError(f"cannot tell the format of '{self.path}'; add format: {known}{folder}")
        if kind in ("parquet", "arrow") and self._name_path.lower().endswith(PACKED):
            raise ValueError(f"{kind} files are packed inside; unpack '{self.path}' and name the file in it")
        if not self.row_prefix:
            raise ValueError(f"'{self.path}' gives its rows no name; add name: …")
        return self

    @model_validator(mode="after")
    def _settings_have_effect(self) -> "FileSource":
        """Tell of settings without effect; of a folder's when its files, and so their format, are known."""
        kind = self.file_format
        separated = kind in ("csv", "tsv")
        if kind is None:
            return self
        if not separated and (not self.header or not self.quotes or self.separator is not None):
            raise ValueError("header, quotes and separator have an effect on csv and tsv alone")
        if (kind == "text") != (self.labels is not None):
            raise ValueError(
                "a text file (one text a line) needs labels: the file with one label a line; other formats take none"
            )
        if separated and not self.header and not isinstance(self.columns, tuple):
            raise ValueError("a file without header needs columns as a list, in order: columns: [label, text]")
        if separated and not self.header and not self.columns:
            raise ValueError("a file without header needs the names of its columns: columns: [label, text]")
        if isinstance(self.columns, tuple) and self.columns and (self.header or not separated):
            raise ValueError(
                "a list of columns is for a csv or tsv file with header: false; to rename use columns: {new: old}"
            )
        return self

    @model_validator(mode="after")
    def _names_are_single(self) -> "FileSource":
        given = list(self.columns.values() if isinstance(self.columns, dict) else self.columns)
        repeated = sorted({name for name in given if given.count(name) > 1})
        if repeated:
            raise ValueError(f"columns names '{repeated[0]}' twice; give every column one name of its own")
        if any(name.startswith("__") for name in (*self.columns, *self.constants)):
            raise ValueError("a column name that begins with two underscores is ours; choose another name")
        return self


def format_of(path: str) -> str | None:
    """Return the format that the ending of a path says, or None."""
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return FORMATS.get(suffixes[-1]) if suffixes else None


def _refuse_secret(name: str, text: str) -> None:
    """Raise `ValueError` if an address in a text has a password before its host, or a key or signature behind its path."""
    for found in _ADDRESS.finditer(text):
        scheme, (user, at, _host) = found[1].lower(), found[2].rpartition("@")
        named = bool(at) and (":" in user or scheme not in _NAMES_BEFORE_AT)
        if named or _has_secret_setting(unquote(text[found.end() :])):
            raise ValueError(
                f"the address in {name} holds a secret; take it out: credentials come from the environment alone"
            )


def _has_secret_setting(rest: str) -> bool:
    """Return whether what follows the host of an address sets a key, a signature or the like."""
    return any(map(_is_secret, _SETTING_OF_ADDRESS.findall(rest)))


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD_OF_NAME.findall(name)]
    return any(
        word in _SECRET_WORDS
        or any(part in word for part in _SECRET_PARTS)
        or (word.endswith(_SECRET_ENDINGS) and word not in _NO_KEYS)
        for word in words
    )


class DemoSource(Settings):
    """Texts of our own making with planted faults; what was planted is kept in `data/planted.parquet`."""

    demo: Literal["hiring"]
    rows: int = Field(default=4000, ge=100, le=1_000_000)
    seed: int = 7
    origin: str = "made by fairlead (curate/demo.py)"
    licence: str = "Apache-2.0"

    @model_validator(mode="after")
    def _holds_no_secret(self) -> "DemoSource":
        _refuse_secret("origin", self.origin)
        return self

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
