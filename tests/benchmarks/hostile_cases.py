"""What a hostile case is, and the forms that the same rows can take: every kind of file that a reader reads, plain and packed."""

import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import zstandard

CLASSIFY = "{kind: classification, text: text, label: label}"
STEPS = """\
steps: [{step: unicode}, {step: whitespace}, {step: length}, {step: letter_share, min: 0.1}, {step: character_repetition},
  {step: word_repetition}, {step: mask_pii}, {step: label_conflict}, {step: exact}, {step: minhash}]
split: {}
"""
LINES = ("csv", "tsv", "jsonl", "json", "txt")
"""Kinds of text: they may be packed."""
COLUMNAR = ("parquet", "arrow", "stream.arrow")
PACKED = ("csv.gz", "tsv.zst", "jsonl.gz", "jsonl.zst", "json.gz", "txt.zst")
KINDS = (*LINES, *COLUMNAR)
EVERY = (*KINDS, *PACKED)

Rows = Sequence[Mapping[str, str | None]]
GOOD: Rows = [{"text": f"hello there number {i} word{i * 7}", "label": "ab"[i % 2]} for i in range(12)]


@dataclass(frozen=True)
class Case:
    """Files in a folder and the recipe `r.yaml` that reads them; `wrap` is what stands before the command, if anything."""

    name: str
    recipe: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    prepare: Callable[[Path], None] | None = None
    arguments: tuple[str, ...] = ()
    shell: str = '"$@"'
    """How the command line `"$@"` is run, in a shell."""
    code: int | None = None
    """The exit code that alone is right; None where 0 and 2 both are."""


def recipe(sources: str, task: str = CLASSIFY, more: str = STEPS) -> bytes:
    """Return a recipe over some sources."""
    return f"version: 1\nname: r\nsources: {sources}\ntask: {task}\n{more}".encode("utf-8", "surrogatepass")


def source(kind: str) -> str:
    """Return the one source of a recipe that reads `a.<kind>`."""
    labels = ", labels: labels.txt" if kind.startswith("txt") else ""
    return f"[{{path: a.{kind}{labels}}}]"


def of_rows(name: str, kind: str, rows: Rows) -> Case:
    """Return a case of one file of some rows."""
    files = {f"a.{kind}": as_bytes(kind, rows)}
    if kind.startswith("txt"):
        files["labels.txt"] = "".join(f"{row['label']}\n" for row in rows).encode()
    return Case(f"{name}, {kind}", recipe(source(kind)), files)


def of_bytes(name: str, kind: str, content: bytes, **more: bytes) -> Case:
    """Return a case of one file of some bytes, unpacked; `more` are other files."""
    labels = {"labels.txt": b"a\nb\n" * 6} if kind.startswith("txt") else {}
    return Case(f"{name}, {kind}", recipe(source(kind)), {f"a.{kind}": packed(kind, content)} | labels | more)


def as_bytes(kind: str, rows: Rows) -> bytes:
    """Return rows as a file of a kind, packed if it is."""
    return packed(kind, _unpacked(kind.removesuffix(".gz").removesuffix(".zst"), rows))


def packed(kind: str, content: bytes) -> bytes:
    """Return bytes packed as the ending says."""
    if kind.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    return zstandard.compress(content) if kind.endswith(".zst") else content


def _unpacked(kind: str, rows: Rows) -> bytes:
    names = list(rows[0]) if rows else ["text", "label"]
    if kind in ("csv", "tsv"):
        frame = pl.DataFrame([dict(row) for row in rows], dict.fromkeys(names, pl.String), infer_schema_length=None)
        return frame.write_csv(separator="," if kind == "csv" else "\t").encode()
    if kind == "jsonl":
        return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    if kind == "json":
        return json.dumps([dict(row) for row in rows]).encode()
    if kind == "txt":
        return "".join(f"{row['text'] or ''}\n" for row in rows).encode()
    frame = pl.DataFrame([dict(row) for row in rows], dict.fromkeys(names, pl.String))
    file = io.BytesIO()
    if kind == "parquet":
        frame.write_parquet(file)
    elif kind == "arrow":
        frame.write_ipc(file)
    else:
        frame.write_ipc_stream(file)
    return file.getvalue()
