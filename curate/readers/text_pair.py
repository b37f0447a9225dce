"""A pair of files: one text a line, one label a line."""

from pathlib import Path

import polars as pl

from curate.errors import Mistake, UserError
from curate.readers.rejects import INDEX, Rejects, decode, is_broken


def read_pair(texts: bytes, labels: bytes, path: Path, labels_path: Path, rejects: Rejects) -> pl.DataFrame:
    """Read one text a line and one label a line. Lines end with a line feed alone: other separators belong to the text."""
    text_lines, label_lines = (decode(data).removesuffix("\n").split("\n") if data else [] for data in (texts, labels))
    if len(text_lines) != len(label_lines):
        what = f"has {len(text_lines):,} lines, and {labels_path} has {len(label_lines):,}"
        raise UserError(Mistake(str(path), what, "each text needs its label on the same line; fetch both files again"))
    index, kept = [], []
    for line, (text, label) in enumerate(zip(text_lines, label_lines, strict=True), start=1):
        if is_broken(text) or is_broken(label):
            rejects.add(line, "bad_utf8", "holds bytes that are not UTF-8", text)
        else:
            index.append(line)
            kept.append((text.removesuffix("\r"), label.strip()))
    frame = pl.DataFrame(kept, schema={"text": pl.String, "label": pl.String}, orient="row")
    return frame.with_columns(pl.Series(INDEX, index, dtype=pl.Int64)).select(INDEX, "text", "label")
