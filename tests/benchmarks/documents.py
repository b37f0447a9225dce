"""Seeded documents with planted faults: words of a made-up vocabulary under Zipf's law, of about 120 words and 700 characters each unless more are asked for."""

import numpy as np
import polars as pl

WORDS = 120
VOCABULARY = 30_000
ONE_SYLLABLE, TWO_SYLLABLES = 300, 5_000
"""The most frequent words are the shortest, as in any language."""
SHARES = {
    "plain": 0.82,
    "near_copy": 0.05,
    "odd_characters": 0.05,
    "exact_copy": 0.03,
    "too_short": 0.02,
    "repetitive": 0.02,
    "few_letters": 0.01,
}
SYLLABLES = [
    onset + vowel + coda
    for onset in ("b", "br", "c", "ch", "d", "f", "gr", "h", "l", "m", "n", "p", "r", "s", "st", "t", "th", "w")
    for vowel in ("a", "e", "i", "o", "ea")
    for coda in ("", "n", "r", "l")
]
DEBRIS = (
    " ",
    "\t",
    "\u00a0",
    "  ",
    "\u2009 ",
    " \u200b",
    "\r\n",
    " &amp; ",
    " caf\u00c3\u00a9 ",
    " \u201cso\u201d ",
    " \ufb01ne ",
)
SYMBOLS = ("---", "***", "###", "===", "$$", "%%%", "|", "@@", "!!!", "a", "be")


def documents(count: int, seed: int, mean_words: int = WORDS) -> pl.DataFrame:
    """Return `id, text, planted`: the same for the same count, seed and length. A copy is of a document before it."""
    chance = np.random.default_rng(seed)
    words = np.array(vocabulary(chance), dtype=object)
    odds = np.cumsum(1 / np.arange(1, len(words) + 1))
    lengths = np.clip(chance.lognormal(np.log(mean_words) - 0.18, 0.6, count), 12, 12.5 * mean_words).astype(int)
    drawn = words[np.searchsorted(odds, chance.random(lengths.sum()) * odds[-1])]
    planted = chance.choice(list(SHARES), count, p=list(SHARES.values()))
    planted[0] = "plain"
    ends = np.cumsum(lengths)
    texts: list[str] = []
    # a Python loop, because a copy is made from a text before it
    for place in range(count):
        plain = drawn[ends[place] - lengths[place] : ends[place]].tolist()
        texts.append(_text(str(planted[place]), plain, texts, chance))
    return pl.DataFrame({"id": range(count), "text": texts, "planted": planted.tolist()})


def vocabulary(chance: np.random.Generator) -> list[str]:
    """Return made-up words that can be read as English, the most frequent first."""
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        syllables = 1 if len(found) < ONE_SYLLABLE else 2 if len(found) < TWO_SYLLABLES else 3
        found["".join(chance.choice(SYLLABLES, syllables))] = None
    return list(found)


def _text(planted: str, words: list[str], before: list[str], chance: np.random.Generator) -> str:
    if planted in ("exact_copy", "near_copy"):
        copied = before[chance.integers(len(before))]
        return copied if planted == "exact_copy" else _nearly(copied, words, chance)
    if planted == "too_short":
        return " ".join(words[: chance.integers(1, 4)])[:19]
    if planted == "repetitive":
        return " ".join(words[:6] * 20)
    if planted == "few_letters":
        return " ".join(chance.choice(SYMBOLS, len(words)))
    if planted == "odd_characters":
        return _oddly(words, chance)
    return _sentences(words)


def _sentences(words: list[str]) -> str:
    """Return the words in sentences of twelve and paragraphs of five sentences."""
    sentences = [" ".join(words[at : at + 12]).capitalize() + "." for at in range(0, len(words), 12)]
    return "\n".join(" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5))


def _nearly(text: str, words: list[str], chance: np.random.Generator) -> str:
    """Return the text with one to four of its words changed."""
    parts = text.split(" ")
    for at, word in zip(chance.integers(0, len(parts), chance.integers(1, 5)), words, strict=False):
        parts[at] = word
    return " ".join(parts)


def _oddly(words: list[str], chance: np.random.Generator) -> str:
    """Return the words with debris between every tenth and the next: odd blanks, entities, mojibake, curly quotes, ligatures."""
    parts = [" ".join(words[at : at + 10]) for at in range(0, len(words), 10)]
    return "".join(
        part + debris for part, debris in zip(parts, chance.choice(DEBRIS, len(parts)).tolist(), strict=True)
    )
