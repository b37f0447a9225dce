"""Sources elsewhere: looked at through Polars' readers, and fetched into the cache before they are read.

Credentials come from the environment alone, by the names that Polars and the provider's own tools know.
"""

import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from curate import cache
from curate.errors import Mistake, UserError, of_system
from curate.files import digest_text, replacing, write_text
from curate.readers.peek import Found, columns_of, keys_in, names_in
from curate.recipe import Recipe, file_sources
from curate.source_settings import FileSource
from curate.sources.remote_mistakes import no_match, not_there_offline, remote_mistake

FETCHED = "fetched"
"""The folder in the cache with the copies of remote files."""
FILE_COLUMN = "__file"
CACHE = "the cache of fetched sources"
_OPTIONS: Any = {"max_retries": 2, "retry_timeout_ms": 20_000}
_ROW_GROUP = 100_000
_HEAD_LINES = 50


def is_offline() -> bool:
    """Return whether the environment says to use what was fetched before."""
    return os.environ.get("FAIRLEAD_OFFLINE", "") not in ("", "0")


def fetch_sources(recipe: Recipe, fetched: Path) -> None:
    """Fetch every remote source anew into the folder `fetched`, or see that it is there if FAIRLEAD_OFFLINE says so.

    Raises `UserError` for everything that cannot be fetched.
    """
    mistakes: list[Mistake] = []
    for _place, source in file_sources(recipe):
        if not source.is_remote:
            continue
        for address in (source.path, source.labels):
            try:
                if address and is_offline():
                    _check_there(address, source, fetched)
                elif address:
                    _fetch(address, source, fetched)
            except UserError as error:
                mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)


def fetched_names(recipe: Recipe) -> list[str]:
    """Return where in the cache the copies of a recipe's remote sources stand."""
    addresses = [
        address
        for _place, source in file_sources(recipe)
        if source.is_remote
        for address in (source.path, source.labels)
        if address
    ]
    return [f"{FETCHED}/{_folder(Path(), address).name}" for address in addresses]


def fetched_file(fetched: Path, address: str, source: FileSource) -> Path | None:
    """Return the fetched copy of one remote file, or None."""
    path = _folder(fetched, address) / f"rows.{source.file_format}"
    return path if path.is_file() else None


def fetched_files(fetched: Path, address: str) -> list[str] | None:
    """Return the addresses of the files that a pattern stood for when it was fetched; None if it never was."""
    listing = _folder(fetched, address) / "files.json"
    if not listing.is_file():
        return None
    found: list[str] = json.loads(listing.read_text(encoding="utf-8"))["files"]
    return found


def peek_remote(source: FileSource) -> Found | None:
    """Return the columns of a remote file, or of the first that a pattern stands for, from its beginning or its schema."""
    where = source.path
    with _mistakes_of(source.path):
        if source.file_format in ("parquet", "arrow"):
            return columns_of(keys_in(_scan_columns(source.path, source).collect_schema()), source, where)
        lines = pl.scan_lines(source.path, n_rows=_HEAD_LINES, storage_options=_OPTIONS).collect().to_series().to_list()
    if not lines and source.is_pattern:
        raise UserError(no_match(source.path))
    text = "\n".join(lines) + "\n"
    pair: Found = {"text": (), "label": ()}
    found = pair if source.file_format == "text" else names_in(text, source, where)
    return None if found is None else columns_of(found, source, where)


def _fetch(address: str, source: FileSource, fetched: Path) -> None:
    with _mistakes_of(address):
        if source.file_format in ("parquet", "arrow"):
            files = _matches(address, source) if source.is_pattern else [address]
            for file in files:
                _fetch_columns(file, source, fetched)
        else:
            files = _fetch_lines(address, source, fetched)
    if not files:
        raise UserError(no_match(address))
    if source.is_pattern:
        write_text(_folder(fetched, address) / "files.json", json.dumps({"address": address, "files": files}))
        cache.label(_folder(fetched, address), FETCHED, address)


def _matches(address: str, source: FileSource) -> list[str]:
    paths = _scan_columns(address, source, include_file_paths=FILE_COLUMN).select(FILE_COLUMN).unique().collect()
    return sorted(paths.to_series().to_list())


def _fetch_columns(address: str, source: FileSource, fetched: Path) -> None:
    rows = _scan_columns(address, source)
    with _replacing_copy(fetched, address, source) as temporary:
        if source.file_format == "parquet":
            rows.sink_parquet(temporary, row_group_size=_ROW_GROUP, statistics=False, maintain_order=True)
        else:
            rows.sink_ipc(temporary, record_batch_size=_ROW_GROUP, maintain_order=True)


def _fetch_lines(address: str, source: FileSource, fetched: Path) -> list[str]:
    """Write every file that the address stands for as lines, unpacked; line ends become line feeds. Return their addresses."""
    scan = pl.scan_lines(address, include_file_paths=FILE_COLUMN, storage_options=_OPTIONS)
    files: dict[str, None] = {}
    batches = scan.collect_batches(chunk_size=_ROW_GROUP, maintain_order=True)
    pieces = (piece for batch in batches for piece in batch.partition_by(FILE_COLUMN, maintain_order=True))
    piece = next(pieces, None)
    while piece is not None:
        file = piece[FILE_COLUMN][0] if source.is_pattern else address
        files[file] = None
        with (
            _replacing_copy(fetched, file, source) as temporary,
            temporary.open("wb") as target,
        ):
            while piece is not None and (not source.is_pattern or piece[FILE_COLUMN][0] == file):
                piece.select("line").write_csv(target, include_header=False, quote_style="never")
                piece = next(pieces, None)
    if not files and not source.is_pattern:  # an empty file is a file
        with _replacing_copy(fetched, address, source) as temporary:
            temporary.touch()
        files[address] = None
    return sorted(files)


def _scan_columns(address: str, source: FileSource, **options: Any) -> pl.LazyFrame:
    scan: Any = pl.scan_parquet if source.file_format == "parquet" else pl.scan_ipc
    more = {"missing_columns": "insert", "extra_columns": "ignore"} if source.file_format == "parquet" else {}
    found: pl.LazyFrame = scan(address, hive_partitioning=False, storage_options=_OPTIONS, **options, **more)
    return found


@contextmanager
def _replacing_copy(fetched: Path, address: str, source: FileSource) -> Iterator[Path]:
    """Give a temporary path for the copy of one remote file, which then takes the place of an earlier copy."""
    folder = _folder(fetched, address)
    with replacing(folder / f"rows.{source.file_format}") as temporary:
        yield temporary
    cache.label(folder, FETCHED, address)


def _folder(fetched: Path, address: str) -> Path:
    return fetched / digest_text(address)[:32]


def _check_there(address: str, source: FileSource, fetched: Path) -> None:
    files = fetched_files(fetched, address) if source.is_pattern else None
    for file in files or [address]:
        path = fetched_file(fetched, file, source)
        if path is None:
            raise UserError(not_there_offline(address))
        cache.touch(path)


@contextmanager
def _mistakes_of(address: str) -> Iterator[None]:
    """Turn what Polars says of an address into one mistake."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that no region is set, which may well be right
            yield
    except (pl.exceptions.PolarsError, OSError) as error:
        number = re.search(r"\(os error (\d+)\)", str(error))
        ours = OSError(int(number[1]), os.strerror(int(number[1])), CACHE) if number else error
        if isinstance(ours, OSError) and of_system(ours) is not None:  # a full disk, a cache that may not be written
            raise ours from error
        raise UserError(remote_mistake(address, error)) from error
