"""Evaluation files: read as sources are, their texts in order, each with the name of its row, and what is wrong with them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePath
from threading import Lock

import polars as pl
from pydantic import ValidationError

from curate.errors import Mistake, UserError
from curate.overlap import Index, Words, build_index, run_sizes, words_of
from curate.readers.read import read_file
from curate.readers.rejects import INDEX, missing_column
from curate.shown import shown
from curate.source_settings import FileSource

SHOWN_LINES = 5
"""So many broken lines of a file are told one by one."""

_ONE_AT_A_TIME = Lock()


def evaluation_source(file: str) -> FileSource:
    """Return how an evaluation file is read. Raises `ValueError` if its ending does not say its format.

    A text file has one text a line, without labels.
    """
    labels = file if PurePath(file.lower().removesuffix(".gz").removesuffix(".zst")).suffix == ".txt" else None
    try:
        source = FileSource(path=file, labels=labels)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    if source.is_remote or source.is_pattern or source.file_format is None:
        raise ValueError(f"'{file}' is not one file; name each evaluation file, with its ending")
    return source


def row_names(files: Sequence[str]) -> dict[str, str]:
    """Return what the rows of each file are called after: its stem, or its whole path where another has the same stem."""
    stems = {file: evaluation_source(file).row_prefix for file in files}
    return {file: stem if list(stems.values()).count(stem) == 1 else file for file, stem in stems.items()}


def read_texts(files: Sequence[tuple[str, Path]], columns: Sequence[str]) -> pl.DataFrame:
    """Return `name, text` of every text of the files: of the named columns, or of all that hold text, each by itself.

    Raises `UserError` for a file that cannot be read to its end: what is not read cannot be found.
    """
    names = row_names([file for file, _path in files])
    parts, mistakes = [pl.DataFrame(schema={"name": pl.String, "text": pl.String})], list[Mistake]()
    for file, path in files:
        try:
            found = _texts_of(file, path, columns)
            parts.append(found.with_columns(name=pl.concat_str(pl.lit(names[file]), pl.col("name"), separator="/")))
        except UserError as error:
            mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)
    return pl.concat(parts)


def read_whole(file: str, path: Path, columns: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows of a file, with `INDEX`, and its columns. Raises `UserError` for broken lines and missing `columns`."""
    source = evaluation_source(file)
    read = read_file(source, path, path if source.labels else None)
    broken = read.quarantine
    if broken.height:
        mistakes = [
            Mistake(
                f"{path}:{line}", f"cannot be read ({reason}: {detail})", "mend it: an evaluation file must be whole"
            )
            for line, reason, detail in broken.head(SHOWN_LINES).select("line", "reason", "detail").iter_rows()
        ]
        more = [Mistake(str(path), f"has {broken.height} such lines")] if broken.height > SHOWN_LINES else []
        raise UserError(mistakes + more)
    known = ["text"] if source.labels else [name for name in read.rows.columns if name != INDEX]
    missing = [missing_column(path, column, known) for column in columns if column not in known]
    if missing:
        raise UserError(missing)
    return read.rows, known


def _texts_of(file: str, path: Path, columns: Sequence[str]) -> pl.DataFrame:
    rows, known = read_whole(file, path, columns)
    chosen = columns or [name for name in known if rows.schema[name] == pl.String]
    told = rows.select(
        pl.col(INDEX).cast(pl.String).alias("name"),
        text=pl.concat_list(shown(pl.col(column), rows.schema[column]) for column in chosen)
        if chosen
        else pl.lit([], dtype=pl.List(pl.String)),
    )
    return told.explode("text", empty_as_null=False, keep_nulls=False).drop_nulls("text")


def evaluation_texts(
    files: Sequence[tuple[str, Path]], columns: Sequence[str], shortest: int
) -> tuple[pl.Series, Words]:
    """Return the names and words of the texts of at least `shortest` words, of copies the first. Raises `UserError` for none."""
    texts = read_texts(files, columns)
    words = words_of(texts["text"])
    keys = [words.values[start:stop].tobytes() for start, stop in zip(words.starts[:-1], words.starts[1:], strict=True)]
    counted = pl.DataFrame({"words": pl.Series(keys, dtype=pl.Binary), "count": words.counts}).with_row_index("place")
    kept = counted.filter(pl.col("count") >= shortest).unique("words", keep="first", maintain_order=True)
    if kept.is_empty():
        what = f"hold no text of at least {shortest} words" + (f" in {', '.join(columns)}" if columns else "")
        where = ", ".join(file for file, _path in files)
        raise UserError(Mistake(where, what, "name the columns that hold the questions, or lower shortest"))
    chosen = texts[kept["place"]]
    return chosen["name"], words_of(chosen["text"])


def load_index(
    files: tuple[tuple[str, Path, str], ...], columns: tuple[str, ...], size: int, shortest: int
) -> tuple[pl.Series, Index]:
    """Return the names of evaluation texts and their index, made once a process. `files` are (name, path, stamp).

    The stamp is not read: it stands for the content, so that a file that was changed is read again. Parts of the rows are
    measured side by side; whoever comes first makes the index, and the others wait for it.
    """
    with _ONE_AT_A_TIME:
        return _load_index(files, columns, size, shortest)


@cache
def _load_index(
    files: tuple[tuple[str, Path, str], ...], columns: tuple[str, ...], size: int, shortest: int
) -> tuple[pl.Series, Index]:
    names, words = evaluation_texts([(file, path) for file, path, _stamp in files], columns, shortest)
    return names, build_index(words, run_sizes(words.counts, size))
