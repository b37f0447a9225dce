"""Documents of 20 to 200 words under Zipf's law, 15 % of them copies of others with up to a tenth of their words changed; seeded.

A share of them may be forms: texts of a few templates, each with words of its own in so many places that few of them are alike,
while most share a band with very many. They are the worst that a search for near-duplicates can meet.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from documents import vocabulary

SEED = 1
SHORTEST, LONGEST = 20, 200
COPIES = 0.15
MOST_CHANGED = 0.10
BLOCK = 50_000
REMEMBERED = 0.1
"""Of the copies so many are of a document of an earlier block."""

TEMPLATES, TEMPLATE_WORDS, MOST_FILLED_IN = 5, 80, 0.25
"""Forms are of so many templates, of so many words each, of which up to this share are filled in."""

Words = npt.NDArray[np.int64]


def copies(count: int, seed: int = SEED, forms: float = 0) -> Iterator[pl.DataFrame]:
    """Yield blocks of `row, text, source, changed`: of a copy the row that it was made from, and the share of words changed."""
    chance = np.random.default_rng(seed)
    words = pl.Series("word", vocabulary(chance))
    odds = np.cumsum(1 / np.arange(1, len(words) + 1))
    odds /= odds[-1]
    templates = np.searchsorted(odds, np.random.default_rng(seed).random((TEMPLATES, TEMPLATE_WORDS)))
    kept: tuple[Words, list[Words]] = (np.empty(0, dtype=np.int64), [])
    for first in range(0, count, BLOCK):
        height = min(BLOCK, count - first)
        lengths = chance.integers(SHORTEST, LONGEST + 1, height)
        drawn = np.searchsorted(odds, chance.random(lengths.sum())).astype(np.int64)
        texts = np.split(drawn, np.cumsum(lengths)[:-1])
        source, changed = np.full(height, -1), np.zeros(height)
        originals: list[int] = []
        for place in range(height):  # a copy is made from a document before it
            if forms and chance.random() < forms:
                texts[place] = _changed(templates[chance.integers(TEMPLATES)], MOST_FILLED_IN, odds, chance)[0]
            elif originals and chance.random() < COPIES:
                source[place], changed[place], texts[place] = _copy(
                    first, texts, originals, kept, odds=odds, chance=chance
                )
            else:
                originals.append(place)
        kept = (first + np.array(originals[::10]), [texts[place] for place in originals[::10]])
        rows = np.arange(first, first + height)
        yield pl.DataFrame({"row": rows, "text": _joined(texts, words), "source": source, "changed": changed})


def _copy(
    first: int,
    texts: list[Words],
    originals: list[int],
    kept: tuple[Words, list[Words]],
    *,
    odds: npt.NDArray[np.float64],
    chance: np.random.Generator,
) -> tuple[int, float, Words]:
    if len(kept[1]) and chance.random() < REMEMBERED:
        place = chance.integers(len(kept[1]))
        source, words = int(kept[0][place]), kept[1][place]
    else:
        place = originals[chance.integers(len(originals))]
        source, words = first + place, texts[place]
    made, changed = _changed(words, MOST_CHANGED, odds, chance)
    return source, changed, made


def _changed(
    words: Words, most: float, odds: npt.NDArray[np.float64], chance: np.random.Generator
) -> tuple[Words, float]:
    """Return words of which up to a share are others, and which share it is."""
    made = words.copy()
    at = np.flatnonzero(chance.random(len(words)) < chance.uniform(0, most))
    made[at] = np.searchsorted(odds, chance.random(len(at)))
    return made, len(at) / len(words)


def _joined(texts: list[Words], words: pl.Series) -> pl.Series:
    document = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    frame = pl.DataFrame({"document": document, "word": words.gather(np.concatenate(texts))})
    return frame.group_by("document", maintain_order=True).agg(pl.col("word").str.join(" "))["word"]


def write_copies(folder: Path, count: int, seed: int = SEED, forms: float = 0) -> list[Path]:
    """Write the documents as parquet parts of a block each, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for place, block in enumerate(copies(count, seed, forms)):
        paths.append(folder / f"{place:05}.parquet")
        block.write_parquet(paths[-1], compression="uncompressed")
    return paths
