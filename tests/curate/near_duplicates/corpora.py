"""Made texts with planted copies, and near-duplicates by brute force: word sets and nothing of ours."""

import random
from collections.abc import Iterable
from itertools import combinations, pairwise

import numpy as np
import polars as pl

from curate.index_part import Origin
from curate.near_duplicates.adding import NewPart


def corpus(count: int, seed: int) -> list[str]:
    """Texts of 15 to 40 words, and of every third a copy with one word changed."""
    generator = random.Random(seed)
    words = [f"word{i}" for i in range(400)]
    texts = [" ".join(generator.choices(words, k=generator.randint(15, 40))) for _ in range(count)]
    return texts + [changed(text, 1, generator) for text in texts[: count // 3]]


def changed(text: str, count: int, generator: random.Random) -> str:
    parts = text.split()
    for at in generator.sample(range(len(parts)), count):
        parts[at] = f"changed{generator.randrange(10**6)}"
    return " ".join(parts)


def versions(count: int, seed: int, words: int = 60) -> list[str]:
    """Versions of one text, each the one before with a word changed: rows of one chain, of which the ends are not alike."""
    generator = random.Random(seed)
    texts = [" ".join(f"start{i}" for i in range(words))]
    while len(texts) < count:
        texts.append(changed(texts[-1], 1, generator))
    return texts


def template(count: int, seed: int, words: int = 40, holes: int = 3) -> list[str]:
    """Pages of one template, each with some words of its own: nearly all pairs of them are alike."""
    generator = random.Random(seed)
    page = " ".join(f"page{i}" for i in range(words))
    return [changed(page, generator.randint(0, holes), generator) for _ in range(count)]


def grams_of(text: str | None, size: int) -> set[tuple[str, ...]]:
    words = "".join(c if c.isalnum() else " " for c in (text or "").lower()).split()
    return {tuple(words[at : at + size]) for at in range(max(len(words) - size + 1, 1))} if words else set()


def similarities(texts: list[str | None], size: int = 3) -> dict[tuple[int, int], float]:
    """Every pair (later, earlier) that shares a shingle, with its Jaccard similarity."""
    sets = [grams_of(text, size) for text in texts]
    found = {}
    for earlier, later in combinations(range(len(texts)), 2):
        both = len(sets[earlier] & sets[later])
        if both:
            found[later, earlier] = both / (len(sets[earlier]) + len(sets[later]) - both)
    return found


def plain_stars(alike: dict[tuple[int, int], float], height: int) -> dict[int, tuple[int, float]]:
    """Row by row: it goes if it is like an earlier one that stays; then for the most similar, of equals the earliest."""
    gone: dict[int, tuple[int, float]] = {}
    for row in range(height):
        staying = [(-value, other) for (later, other), value in alike.items() if later == row and other not in gone]
        if staying:
            value, other = min(staying)
            gone[row] = (other, -value)
    return gone


def plain_components(alike: dict[tuple[int, int], float], height: int) -> list[int]:
    """The first row of each row's component, by walking until nothing changes."""
    first = list(range(height))
    moved = True
    while moved:
        moved = False
        for one, other in alike:
            low = min(first[one], first[other])
            moved |= first[one] != low or first[other] != low
            first[one] = first[other] = low
    return first


def in_buckets(
    alike: dict[tuple[int, int], float], starts: np.ndarray, rows: np.ndarray
) -> dict[tuple[int, int], float]:
    """Those of the pairs that share a bucket."""
    parts = [set(rows[start:stop].tolist()) for start, stop in pairwise(starts)]
    return {pair: value for pair, value in alike.items() if any(pair[0] in part and pair[1] in part for part in parts)}


def new_part(name: str, frames: Iterable[pl.DataFrame]) -> NewPart:
    """Return rows as a part to add to an index."""
    return NewPart(name, Origin(data=f"{name}.jsonl", text=("text",)), frames)
