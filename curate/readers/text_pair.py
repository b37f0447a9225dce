"""A pair of files: one text a line, one label a line."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.file_bytes import text_lines
from curate.readers.lines import Lines
from curate.readers.rejects import INDEX, Rejects, is_broken


def read_pair(path: Path, labels_path: Path, rejects: Rejects, chunk_bytes: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield `number, rows` of each chunk. Lines end with a line feed alone: other separators belong to the text."""
    with text_lines(path, newline="\n") as text_stream, text_lines(labels_path, newline="\n") as label_stream:
        texts, number = Lines(text_stream), 0
        while True:
            first, text_lines_taken = texts.take(chunk_bytes)
            labels = list(islice(label_stream, len(text_lines_taken)))
            if len(labels) < len(text_lines_taken) or (not text_lines_taken and next(label_stream, None) is not None):
                raise UserError(_unequal(path, labels_path))
            if not text_lines_taken and number:
                return
            yield number, _frame(first, text_lines_taken, labels, rejects)
            number += 1


def _frame(first: int, texts: list[str], labels: list[str], rejects: Rejects) -> pl.DataFrame:
    index, kept = [], []
    for line, (raw, label) in enumerate(zip(texts, labels, strict=True), start=first):
        text = raw.removesuffix("\n")
        if is_broken(text) or is_broken(label):
            rejects.add(line, "bad_utf8", "holds bytes that are not UTF-8", text)
        else:
            index.append(line)
            kept.append((text.removesuffix("\r"), label.strip()))
    frame = pl.DataFrame(kept, schema={"text": pl.String, "label": pl.String}, orient="row")
    return frame.with_columns(pl.Series(INDEX, index, dtype=pl.Int64)).select(INDEX, "text", "label")


def _unequal(path: Path, labels_path: Path) -> Mistake:
    counts = []
    for file in (path, labels_path):
        with text_lines(file, newline="\n") as lines:
            counts.append(sum(1 for _line in lines))
    what = f"has {counts[0]:,} lines, and {labels_path} has {counts[1]:,}"
    return Mistake(str(path), what, "each text needs its label on the same line; fetch both files again")
