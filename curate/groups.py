"""Who a row is about: groups from a column, from term lists, or from bins of a number.

Every attribute becomes one list column `group_<attribute>`, because memberships may overlap. A missing value is the
counted group `unknown`; a text that mentions no term is in the counted group `none mentioned`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Discriminator, Field, Tag, model_validator

from curate.errors import Mistake, UserError
from curate.settings import Settings
from curate.shown import shown

UNKNOWN = "unknown"
NONE_MENTIONED = "none mentioned"
LEXICONS = Path(__file__).parent / "lexicons"


class ColumnGroup(Settings):
    """Groups that stand in a column: one value, or a list of values where memberships overlap."""

    column: str = Field(description="the column with the group's name, or a list of names")


class TermGroup(Settings):
    """Groups that a text mentions, found by a term list: a lexicon's name or a path to a file of the same form."""

    terms: str = Field(description="a lexicon (age, disability, gender, orientation, race, religion) or a path to one")


class BinGroup(Settings):
    """Groups made from a number: `bins: [25, 45]` gives `< 25`, `25 to < 45` and `≥ 45`."""

    column: str = Field(description="the column with the number")
    bins: tuple[float, ...] = Field(min_length=1, description="the borders, rising; a border belongs to the upper bin")

    @model_validator(mode="after")
    def _rising(self) -> "BinGroup":
        if any(low >= high for low, high in pairwise(self.bins)):
            raise ValueError("bins must rise")
        return self


def _kind(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
    return "TermGroup" if "terms" in keys else "BinGroup" if "bins" in keys else "ColumnGroup"


Group = Annotated[
    Annotated[ColumnGroup, Tag("ColumnGroup")]
    | Annotated[TermGroup, Tag("TermGroup")]
    | Annotated[BinGroup, Tag("BinGroup")],
    Discriminator(_kind),
]


def group_column(attribute: str) -> str:
    """Return the name of the list column that holds an attribute's groups."""
    return f"group_{attribute}"


@cache
def read_lexicon(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a term list: lines `group: term, term, …`; `#` begins a comment; a group may take several lines.

    A term is matched whole, without regard to case; a final `*` matches any ending. A line with bars, `group: term | term | …`,
    says which term of one group stands for which of another (see `curate.counterparts`); its terms may repeat others.
    """
    lexicon: dict[str, tuple[str, ...]] = {}
    mistakes = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "see that it may be read, and save it as UTF-8"
        raise UserError(Mistake(str(path), f"cannot be read ({error})", hint)) from error
    for line_number, group, terms in term_lines(text):
        found = tuple(term for term in terms if term)
        where = f"{path}:{line_number}"
        if not group or not found:
            mistakes.append(Mistake(where, "is not 'group: term, term'", "see curate/lexicons/gender.txt"))
            continue
        before = lexicon.get(group, ())
        if isinstance(terms, Places):
            hint = "write one whole term between two bars, and open endings in a line of commas"
            mistakes += [
                Mistake(where, f"'{term}' is not one whole term", hint) for term in found if {"*", ","} & {*term}
            ]
            found = tuple(term for term in dict.fromkeys(found) if term not in before)
        lexicon[group] = (*before, *found)
    if not lexicon and not mistakes:
        mistakes.append(Mistake(str(path), "the term list is empty", "write lines of the form 'group: term, term'"))
    mistakes += [
        Mistake(str(path), f"the group '{group}' has more terms than one pattern holds", "keep the most telling ones")
        for group, terms in lexicon.items()
        if not _compiles(terms_pattern(terms))
    ]
    if mistakes:
        raise UserError(mistakes)
    return lexicon


class Places(tuple[str, ...]):
    """The terms of a line with bars, in their places; a place without a term is empty."""

    __slots__ = ()


def term_lines(text: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the number, the group and the terms of each line of a term list; no terms for a line that has no colon."""
    for line_number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        group, _colon, written = line.partition(":")
        barred = "|" in written
        terms = tuple(" ".join(term.lower().split()) for term in written.split("|" if barred else ","))
        yield line_number, group.strip(), Places(terms) if barred else terms


def _compiles(pattern: str) -> bool:
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError:
        return False
    return True


def terms_pattern(terms: tuple[str, ...]) -> str:
    """Return a regular expression (Rust and Python) that finds any of the terms as whole words, whatever their case.

    Of several terms at one place it finds the longest whole one, and one of any ending only where there is none.
    """
    longest_first = sorted(set(terms), key=lambda term: (-len(term), term))
    # one "any ending" for all open terms: hundreds of them would be more than Rust's engine takes
    opened = "|".join(re.escape(term.removesuffix("*")) for term in longest_first if term.endswith("*"))
    whole = [re.escape(term) for term in longest_first if not term.endswith("*")]
    joined = "|".join([*whole, rf"(?:{opened})\w*"] if opened or "*" in terms else whole)
    # re.escape escapes blanks and hyphens, which Rust's engine does not know as escapes outside a class
    return rf"(?i)\b(?:{joined})\b".replace(r"\ ", r"\s+").replace(r"\-", "-").replace(r"\'", "'")


def mentions(text: pl.Expr, lexicon: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """Return the list of groups that each text mentions, in the lexicon's order; `none mentioned` where there is none."""
    found = [pl.when(text.str.contains(terms_pattern(terms))).then(pl.lit(group)) for group, terms in lexicon.items()]
    listed = pl.concat_list(found).list.drop_nulls()
    return pl.when(listed.list.len() > 0).then(listed).otherwise(pl.lit([NONE_MENTIONED], dtype=pl.List(pl.String)))


def _bin_labels(bins: tuple[float, ...]) -> list[str]:
    borders = [repr(border).removesuffix(".0") for border in bins]
    inner = [f"{low} to < {high}" for low, high in pairwise(borders)]
    return [f"< {borders[0]}", *inner, f"≥ {borders[-1]}"]


def membership(
    group: ColumnGroup | TermGroup | BinGroup, text: pl.Expr, dtype: pl.DataType, lexicon: Path | None
) -> pl.Expr:
    """Return the list of groups that each row belongs to. `dtype` is the column's type (ignored for term lists)."""
    unknown = pl.lit([UNKNOWN], dtype=pl.List(pl.String))
    if isinstance(group, TermGroup):
        assert lexicon is not None
        return mentions(text.fill_null(""), read_lexicon(lexicon))
    column = pl.col(group.column)
    if isinstance(group, BinGroup):
        labels = _bin_labels(group.bins)
        number = column.cast(pl.Float64).fill_nan(None)
        place = pl.sum_horizontal(number >= border for border in group.bins)
        listed = pl.concat_list(pl.when(number.is_not_null()).then(place.replace_strict(range(len(labels)), labels)))
    elif isinstance(dtype, pl.List):
        value = shown(pl.element(), dtype.inner)  # type: ignore[arg-type]
        listed = column.list.eval(value.str.strip_chars()).list.unique(maintain_order=True)
    else:
        listed = pl.concat_list(shown(column, dtype).str.strip_chars())
    named = listed.list.eval(pl.element().filter(pl.element().is_not_null() & (pl.element() != "")))
    return pl.when(named.list.len() > 0).then(named).otherwise(unknown)
