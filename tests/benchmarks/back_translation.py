"""What back-translation does to pronouns, guards off and on: `python tests/benchmarks/back_translation.py [FILE] [ROWS]`.

FILE is a json list with `text` (ToxiGen by default, from FAIRLEAD_DATA). Counts the rows that mention he, she and they (each
with its other forms) among the parents of the accepted copies and among the copies; needs Apertium on PATH.
"""

import json
import os
import sys
import time
from pathlib import Path

import polars as pl

from curate.apply import make_context
from curate.augment.guards import PRONOUNS
from curate.groups import LEXICONS, mentions, read_lexicon
from curate.rows import numbers
from curate.steps.back_translate import BackTranslate
from curate.task import Classification

TASK = Classification(kind="classification", text="text", label="label")


def read(path: Path, count: int) -> pl.DataFrame:
    """Return the first rows of a file, as the engine would number them."""
    texts = [record["text"] for record in json.loads(path.read_text(encoding="utf-8"))[:count]]
    frame = pl.DataFrame({"text": texts}).with_row_index("index", offset=1)
    return frame.select(
        numbers(0, pl.col("index")).alias("row"),
        pl.lit(None, dtype=pl.Int64).alias("parent"),
        "text",
        label=pl.lit("a"),
    )


def count(texts: pl.Series) -> dict[str, int]:
    """Return how many texts mention each class of pronouns."""
    found = texts.to_frame("text").select(mentions(pl.col("text"), PRONOUNS).alias("class")).explode("class")["class"]
    return {name: int((found == name).sum()) for name in PRONOUNS}


def main() -> None:
    """Print one line for guards off and one for guards on, and the reasons of refusal."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(os.environ["FAIRLEAD_DATA"]) / "toxigen.json"
    rows = read(path, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
    context = make_context(TASK, 7, {"gender": read_lexicon(LEXICONS / "gender.txt")})
    for guarded in (False, True):
        started = time.monotonic()
        outcome = BackTranslate(share=1.0, backend="apertium", guarded=guarded).apply(rows, context)
        copies = outcome.rows.filter(pl.col("parent").is_not_null())
        parents = rows.filter(pl.col("row").is_in(copies["parent"].implode()))
        print(
            f"guards {'on' if guarded else 'off'}: {copies.height} of {rows.height} copies, {time.monotonic() - started:.1f} s"
        )
        print(f"  rows that mention, parents: {count(parents['text'])}")
        print(f"  rows that mention, copies:  {count(copies['text'])}")
        refused = outcome.notes.filter(pl.col("candidate").is_not_null())["reason"].value_counts(sort=True)
        print(f"  refused: {dict(refused.iter_rows())}")


if __name__ == "__main__":
    main()
