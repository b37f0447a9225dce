"""What `decontaminate` finds of disguised questions: `python tests/benchmarks/decontamination.py [ROWS_FOR_SPEED]`.

The 7,473 rows of alpaca_gsm8k.json hold the questions of gsm8k_train.jsonl, and none of gsm8k_test.jsonl (FAIRLEAD_DATA).
Each question is disguised and looked for: recall is over the training file, and a hit in the test file is false (some of the
peers' are questions of one pattern with other names and numbers). Our rule was chosen with these two files in view. The
interval is Wilson's, 95 %. Printed for our rule and for runs and shares that peers use (there a question of fewer words
than a run is found whole).
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from curate.evaluation_files import evaluation_texts
from curate.overlap import Index, best_matches, build_index, run_sizes
from curate.steps.decontaminate import Decontaminate

DATA = Path(os.environ["FAIRLEAD_DATA"])
DEFAULT = Decontaminate(against=("gsm8k_test.jsonl",))
PEERS = ((8, 0.5), (8, 0.7), (13, 0.0))
"""Words in a run, and the share of a question above which it is found: Tülu 3, PaLM (there of runs), GPT-3 (one run)."""
AROUND = 200
"""Words before a question, and as many after it, where it is embedded."""


def disguises(seed: int) -> dict[str, Callable[[str], str]]:
    """Return the disguises by name; the words around a question come from texts that have nothing to do with it."""
    chance = random.Random(seed)
    texts = json.loads((DATA / "alpaca_demo.json").read_text(encoding="utf-8"))[:100]
    filler = " ".join(f"{row['instruction']} {row['output']}" for row in texts).split()

    def embedded(text: str) -> str:
        at = chance.randrange(len(filler) - 2 * AROUND)
        before, after = filler[at : at + AROUND], filler[at + AROUND : at + 2 * AROUND]
        return f"{' '.join(before)} {text} {' '.join(after)}"

    def rewrapped(text: str) -> str:
        shapes, gaps = (str.upper, str.lower, str.title, str), (" ", "\n", "   ", "\t", ", ", " - ", "\r\n", " “")
        return "".join(chance.choice(shapes)(word) + chance.choice(gaps) for word in text.split())

    def one_word(text: str) -> str:
        words = text.split()
        words[chance.randrange(len(words))] = "elsewhere"
        return " ".join(words)

    return {
        "as it is": str,
        "embedded": embedded,
        "re-wrapped": rewrapped,
        "one word changed": one_word,
        "two words changed": lambda text: one_word(one_word(text)),
        "all of these, one word": lambda text: embedded(rewrapped(one_word(text))),
    }


def index_of(file: str, size: int, *, ours: bool = True) -> Index:
    """Return the index of the questions of a file."""
    _names, words = evaluation_texts([(file, DATA / file)], ("question",), DEFAULT.shortest)
    return build_index(words, run_sizes(words.counts, size) if ours else np.minimum(words.counts, size))


def measure(size: int, limit: float, questions: list[str], *, ours: bool) -> None:
    """Print a line for each disguise, found by one rule."""
    from statsmodels.stats.proportion import proportion_confint

    print(f"{'our rule: ' if ours else ''}runs of {size} words, more than {limit:.0%} of a question")
    train, test = (index_of(file, size, ours=ours) for file in ("gsm8k_train.jsonl", "gsm8k_test.jsonl"))
    for name, disguise in disguises(7).items():
        texts = pl.Series([disguise(question) for question in questions])
        found, false = (int((best_matches(texts, index).share > limit).sum()) for index in (train, test))
        low, high = proportion_confint(found, len(texts), method="wilson")
        print(
            f"  {name:<24} n {len(texts)}  found {found}  recall {found / len(texts):.4f} [{low:.4f}, {high:.4f}]"
            f"  false {false}  precision {found / (found + false):.4f}"
        )


def measure_speed(questions: list[str], rows: int) -> None:
    """Print how long many documents take: each about 400 words, one in ten with a question of the training file in it."""
    disguise = disguises(8)["embedded"]
    texts = pl.Series([disguise(questions[row % len(questions)] if row % 10 == 0 else "") for row in range(rows)])
    megabytes = int(texts.str.len_bytes().sum()) / 1e6
    started = time.monotonic()
    index = index_of("gsm8k_train.jsonl", DEFAULT.size)
    built = time.monotonic() - started
    started = time.monotonic()
    found = int((best_matches(texts, index).share > DEFAULT.max).sum())
    seconds = time.monotonic() - started
    print(
        f"{rows} documents, {megabytes:.0f} MB: index {built:.2f} s, documents {seconds:.2f} s "
        f"({rows / seconds:.0f} a second), {found} found"
    )


if __name__ == "__main__":
    asked = [record["instruction"] for record in json.loads((DATA / "alpaca_gsm8k.json").read_text(encoding="utf-8"))]
    measure(DEFAULT.size, DEFAULT.max, asked, ours=True)
    for size, limit in PEERS:
        measure(size, limit, asked, ours=False)
    measure_speed(asked, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
