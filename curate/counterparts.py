"""Which term of one group stands for which term of another, and texts in which the one stands in the other's place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from curate.groups import Places, mentions, read_lexicon, term_lines, terms_pattern

ARROW = " → "
_MARK = "\ue000"
"""What stands around a term while it is looked up: a character for private use."""
_SWAPPED = pl.Struct({"text": pl.String, "terms": pl.List(pl.String), "lacking": pl.Boolean})

Pair = tuple[str, str]


def read_counterparts(path: Path) -> dict[Pair, dict[str, str]]:
    """Return for each two groups of a term list the terms of the first that have a counterpart in the second, if there are any.

    Counterparts stand at one place of lines with bars: the first such line of one group is held against the first of the other,
    the second against the second, and so on. Of several the first counts, if it mentions the second group and not the first.
    """
    lexicon, lines = read_lexicon(path), dict[str, tuple[Places, ...]]()
    for _number, group, terms in term_lines(path.read_text(encoding="utf-8")):
        if isinstance(terms, Places):
            lines[group] = (*lines.get(group, ()), terms)
    mentioned = _mentioned(sorted({term for every in lines.values() for terms in every for term in terms}), lexicon)
    found: dict[Pair, dict[str, str]] = {}
    for one, other in ((one, other) for one in lexicon for other in lexicon if one != other):
        placed = _at_one_place(lines.get(one, ()), lines.get(other, ()))
        told = {
            term: there for term, there in placed.items() if other in mentioned[there] and one not in mentioned[there]
        }
        found |= {(one, other): told} if told else {}
    return found


def _mentioned(terms: list[str], lexicon: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Return the groups that each term mentions."""
    frame = pl.DataFrame({"term": pl.Series(terms, dtype=pl.String)})
    return dict(frame.select("term", mentions(pl.col("term"), lexicon).alias("groups")).iter_rows())


def _at_one_place(mine: tuple[Places, ...], theirs: tuple[Places, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, other in zip(mine, theirs, strict=False):
        for term, counterpart in zip(line, other, strict=False):
            if term and counterpart:
                found.setdefault(term, counterpart)
    return found


def in_pieces(text: pl.Expr, terms: tuple[str, ...]) -> pl.Expr:
    """Return each text as a list in which every second piece is one of the terms of a group, as its list has them with final stars.

    A text that holds the mark with which it is cut is one piece; null stays null.
    """
    cut = text.str.replace_all(terms_pattern(terms), f"{_MARK}${{0}}{_MARK}").str.split(_MARK)
    return pl.when(text.str.contains(_MARK, literal=True)).then(pl.concat_list(text)).otherwise(cut)


def swapped(pieces: pl.Expr, counterpart: Mapping[str, str]) -> pl.Expr:
    """Return a struct: the `text` of these pieces with every term replaced by its counterpart in the same case, and its `terms`.

    Those are told as `muslims → christians`, in the order of the text and in lower case. `lacking` says that a term has no
    counterpart; it stays as it is. Null stays null.
    """

    def each(lists: pl.Series) -> pl.Series:
        # a Python loop over the terms of the few rows that were drawn: each has a counterpart of its own, in its own case
        said = [None if value is None else _said(value.to_list(), counterpart) for value in lists]
        return pl.Series(lists.name, said, dtype=_SWAPPED)

    return pieces.map_batches(each, return_dtype=_SWAPPED, is_elementwise=True)


def _said(pieces: list[str], counterpart: Mapping[str, str]) -> dict[str, Any]:
    """Return the struct for one text, given in pieces of which every second one is a term."""
    found = [" ".join(piece.lower().split()) for piece in pieces[1::2]]
    others = [counterpart.get(term) for term in found]
    pieces[1::2] = [
        word if other is None else _in_case_of(word, other) for word, other in zip(pieces[1::2], others, strict=True)
    ]
    terms = [f"{term}{ARROW}{other}" for term, other in zip(found, others, strict=True) if other is not None]
    return {"text": "".join(pieces), "terms": terms, "lacking": None in others}


def _in_case_of(word: str, other: str) -> str:
    """Return a word in capitals, with a capital, or as it is, as another one stands in its text."""
    if word.isupper() and len(word) > 1:
        return other.upper()
    return other[:1].upper() + other[1:] if word[:1].isupper() else other
