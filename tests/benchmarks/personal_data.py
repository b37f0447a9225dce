"""Recall and precision of each kind of personal data on a hand-written corpus, and speed: `python tests/benchmarks/personal_data.py`.

Recall: of what is personal data, the share that is found, to the character. Precision: of what is found, the share that is
personal data. The corpus (tests/curate/pii/corpus.txt) is made to be hard: it holds what is known to be missed and what is
wrongly found, so that these shares say less about usual texts than the lists of misses below them.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import polars as pl

from curate.demo import generate
from curate.pii.kinds import NAMED, ORDER, kinds_of
from curate.pii.mask import Marker, masked

CORPUS = Path(__file__).parents[1] / "curate" / "pii" / "corpus.txt"
PATTERNED = tuple(word for word in ORDER if word not in NAMED)
MARKED = re.compile(r"\{\{(\w+)([?!]?)\|(.*?)\}\}")


def corpus() -> Iterator[tuple[str | None, str]]:
    """Yield the region and the marked text of every line."""
    region = None
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## region: "):
            region = line.removeprefix("## region: ").replace("none", "") or None
        elif line and not line.startswith("#"):
            yield region, line


def expected(marked: str) -> str:
    """The text as it should be masked, known misses left and known false alarms masked."""
    return MARKED.sub(lambda m: m[3] if m[2] == "?" else f"[{m[1].upper()}]", marked)


def plain(marked: str) -> str:
    """The text without its marks."""
    return MARKED.sub(lambda m: m[3], marked)


def scores() -> pl.DataFrame:
    """`kind, found, missed, wrong, recall, precision` by the marks; a test holds that the marks are what happens."""
    marks = [match.groups() for _region, line in corpus() for match in MARKED.finditer(line)]
    frame = pl.DataFrame(marks, schema=["kind", "mark", "value"], orient="row")
    counted = frame.group_by("kind").agg(
        found=(pl.col("mark") == "").sum(), missed=(pl.col("mark") == "?").sum(), wrong=(pl.col("mark") == "!").sum()
    )
    found = pl.col("found")
    return counted.with_columns(
        recall=(found / (found + pl.col("missed"))).round(2), precision=(found / (found + pl.col("wrong"))).round(2)
    ).sort("kind")


def texts(rows: int) -> list[str]:
    """Texts of 200 characters from the demo's sentences, its planted personal data among them; every fourth has a number."""
    made, _truth = generate(4000, 3)
    joined = " ".join(made["text"])
    random = Random(7)
    starts = [random.randrange(len(joined) - 200) for _row in range(rows)]
    return [joined[at : at + 200] if row % 4 else f"In 2024, {joined[at : at + 191]}" for row, at in enumerate(starts)]


def seconds(rows: pl.DataFrame, words: tuple[str, ...], region: str | None) -> tuple[float, int]:
    """How long masking takes, and in how many texts something was found."""
    started = time.perf_counter()
    done = rows.select(masked(pl.col("text"), kinds_of(words, region=region), Marker()).alias("said"))["said"]
    return time.perf_counter() - started, int((done.struct.field("findings") > 0).sum())


if __name__ == "__main__":
    with pl.Config(tbl_rows=20, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(scores())
    rows = pl.DataFrame({"text": texts(100_000)})
    kinds_of(("phone",), region="US")[0].find("+1 202 555 0147")  # the library loads once, outside the clock
    for words, region in [
        *(((word,), None) for word in PATTERNED),
        (("phone",), "US"),
        (("email", "phone", "ip_address"), None),
        (PATTERNED, None),
        (PATTERNED, "US"),
    ]:
        name = words[0] if len(words) == 1 else f"{len(words)} kinds"
        took, hits = seconds(rows, words, region)
        print(
            f"{name:16} region {region or 'none':5} {took:6.2f} s for 100,000 texts of 200 characters, {hits} with findings"
        )
