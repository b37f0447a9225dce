"""Prompt templates: text with `{column}` in it, and nothing else. No attribute, index, format or code can be named."""

import re
from collections.abc import Mapping
from string import Formatter

import polars as pl

_COLUMN = re.compile(r"[^\W\d]\w*")


def columns_of(template: str) -> tuple[str, ...]:
    """Return the columns that a template names, in order of first use.

    Raises ValueError for anything that is not `{column}`, `{{` or `}}`.
    """
    found: dict[str, None] = {}
    for _literal, column, specification, conversion in Formatter().parse(template):
        if column is None:
            continue
        written = column + (f"!{conversion}" if conversion else "") + (f":{specification}" if specification else "")
        if not _COLUMN.fullmatch(written):
            raise ValueError(
                f"a template may hold only {{column}}, not '{{{written}}}'; write {{{{ and }}}} for braces"
            )
        found[column] = None
    return tuple(found)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill a template; the values are never read as templates themselves."""
    parts = []
    for literal, column, _specification, _conversion in Formatter().parse(template):
        parts.append(literal)
        if column is not None:
            parts.append(values[column])
    return "".join(parts)


def fill_expression(template: str) -> pl.Expr:
    """Return the filled template as an expression over the row's columns; a null column fills as the empty text."""
    parts = []
    for literal, column, _specification, _conversion in Formatter().parse(template):
        parts.append(pl.lit(literal))
        if column is not None:
            parts.append(pl.col(column).cast(pl.String).fill_null(""))
    return pl.concat_str(parts)
