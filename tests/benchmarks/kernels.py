"""Seconds of each measurement on 100,000 documents, beside a plain reference: `python tests/benchmarks/kernels.py [DOCUMENTS]`.

The documents are made from a seed: words by Zipf's law, about 120 a document, one in four with curly quotes, one in twenty a copy
of an earlier one with one word changed. The reference (sets of n-grams in Python, datasketch for every row, Polars' own
expressions, ftfy for every text) runs on a sample of 2,000 documents and its seconds are multiplied: the column says so.
Where other programs run, the seconds of processors (all threads) tell more.
"""

import random
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from curate.kernels import minhash, repetition, units
from curate.kernels.compiled import load_kernels
from curate.kernels.text import character_classes
from curate.near_duplicates.search import Search, of_texts
from curate.steps import CharacterRepetition, LetterShare, Unicode, Whitespace, WordRepetition
from curate.steps.base import Context, Filter

TEXT = pl.col("text")
CONTEXT = Context(text=TEXT, text_columns=("text",), label=None, seed=7)
SAMPLE = 2_000
WORDS = 30_000
MODULES = (units, repetition, minhash)


def documents(count: int, seed: int) -> pl.DataFrame:
    """Return `row, text`."""
    draw, shuffle = np.random.default_rng(seed), random.Random(seed)
    letters = list("eeeeetttaaaooiinnsshhrrdlcumwfgypbvk")
    words = ["".join(shuffle.choices(letters, k=shuffle.randint(2, 9))) for _ in range(WORDS)]
    shares = 1 / np.arange(1, WORDS + 1)
    lengths = draw.normal(120, 25, count).clip(20, 220).astype(int)
    drawn = iter(draw.choice(WORDS, size=int(lengths.sum()), p=shares / shares.sum()).tolist())
    texts: list[str] = []
    for place, length in enumerate(lengths.tolist()):
        parts = [words[next(drawn)] for _ in range(length)]
        if place % 20 == 19:  # a near copy
            parts = texts[shuffle.randrange(place)].split()
            parts[shuffle.randrange(len(parts))] = "changed"
        if place % 4 == 0:
            parts[3] = f"“{parts[3]}”"
        texts.append(" ".join(parts))
    return pl.DataFrame({"row": range(1, count + 1), "text": texts})


def seconds(work: Callable[[], object]) -> np.ndarray:
    """Return how long a call takes, and how long processors work for it (in all threads)."""
    started = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - started


def told(spent: np.ndarray) -> str:
    """Return seconds as text."""
    return f"{spent[0]:6.2f} s ({spent[1]:6.2f} s of processors)"


def first_use() -> list[tuple[str, np.ndarray]]:
    """Return the seconds of what happens once a process: machine code (compiled, or read from disk), the classes."""
    found = [
        (f"machine code of {module.__name__}", seconds(lambda module=module: load_kernels(module)))
        for module in MODULES
    ]
    return [*found, ("classes of characters", seconds(character_classes))]


def measure(step: Filter, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the rule of a filter measures."""
    return rows.select(step.rules(CONTEXT)[0].measure)


def plain_shares(units: list[list[str]], size: int) -> list[float]:
    """Return the shares of repeated n-grams by sets of tuples."""
    grams = [[tuple(part[at : at + size]) for at in range(len(part) - size + 1)] for part in units]
    return [1 - len(set(part)) / len(part) if part else 0.0 for part in grams]


def plain_minhash(rows: pl.DataFrame) -> int:
    """Return how many rows are like an earlier one, by datasketch's signatures and index."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.8, num_perm=128)
    found = 0
    for row, words in rows.select("row", TEXT.str.to_lowercase().str.extract_all(r"\w+")).iter_rows():
        sketch = MinHash(num_perm=128)
        sketch.update_batch({" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)})
        found += bool(index.query(sketch))
        index.insert(row, sketch)
    return found


def plain_unicode(rows: pl.DataFrame) -> list[str]:
    """Return every text as ftfy has it."""
    from ftfy import fix_text

    return [fix_text(text) for text in rows["text"]]


PARTS: dict[str, tuple[Callable[[pl.DataFrame], object], Callable[[pl.DataFrame], object]]] = {
    "unicode": (lambda rows: rows.select(Unicode().rewrite(TEXT)), plain_unicode),
    "whitespace": (
        lambda rows: rows.select(Whitespace().rewrite(TEXT)),
        lambda rows: rows.select(TEXT.str.replace_all(r"\s+", " ").str.strip_chars()),
    ),
    "letter_share": (
        lambda rows: measure(LetterShare(), rows),
        lambda rows: rows.select(TEXT.str.count_matches(r"\p{L}") / TEXT.str.count_matches(r"\S")),
    ),
    "character_repetition": (
        lambda rows: measure(CharacterRepetition(), rows),
        lambda rows: plain_shares([list(text) for text in rows["text"]], 10),
    ),
    "word_repetition": (
        lambda rows: measure(WordRepetition(), rows),
        lambda rows: plain_shares([text.lower().split() for text in rows["text"]], 5),
    ),
    "minhash": (lambda rows: of_texts(rows["text"], Search(threshold=0.8)).stars(), plain_minhash),
}


def main(count: int) -> None:
    """Print one line a part."""
    rows = documents(count, 1)
    characters = rows["text"].str.len_chars()
    print(f"{count:,} documents of {characters.mean():.0f} characters ({characters.sum() / 1e6:.0f} million)")
    once = first_use()
    for name, spent in once:
        print(f"  once a process: {name:<30} {told(spent)}")
    sample, total = rows.head(SAMPLE), sum(spent for _name, spent in once)
    for name, (ours, plain) in PARTS.items():
        ours(sample)
        spent = seconds(lambda ours=ours: ours(rows))
        reference = seconds(lambda plain=plain: plain(sample)) * count / sample.height
        total += spent
        print(f"  {name:<22} {told(spent)}   reference, scaled from {sample.height:,}: {told(reference)}")
    print(
        f"  together {told(total)}; {len(of_texts(rows['text'], Search(threshold=0.8)).stars()):,} near-copies, {count // 20:,} made"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
