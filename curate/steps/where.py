"""A condition of the user's own, written in SQL over the row's columns."""

import re
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.steps.base import Context, Filter, Rule

_OF_MANY_ROWS = frozenset(
    """array_agg avg columns corr count covar covar_pop covar_samp cume_dist dense_rank first first_value generate_series
    group_concat lag last last_value lead listagg max median min now percent_rank quantile_cont quantile_disc range rank
    row_number stddev stddev_samp stdev stdev_samp string_agg sum total unnest var var_samp variance""".split()  # noqa: SIM905
)
"""The functions of Polars' SQL that look at more than one row, or at the clock."""
_LONGEST = 60
"""Characters of an expression that a mistake repeats in its example."""


class Where(Filter):
    """Keeps rows for which a Polars SQL expression is true, for example `toxicity_score > 4 OR label = 'neutral'`.

    The condition sees each row alone: queries, windows, aggregates and the clock are refused.
    """

    step: Literal["where"] = "where"
    needs_text: ClassVar[bool] = False
    sql: str = Field(description="an SQL expression over the columns; null counts as false")

    @field_validator("sql")
    @classmethod
    def _parses(cls, sql: str) -> str:
        bare = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "''", sql.lower())
        words = [*re.findall(r"\b(?:select|over)\b", bare), *re.findall(r"\b(\w+)\s*\(", bare)]
        wider = [word for word in words if word in _OF_MANY_ROWS or word in ("select", "over")]
        if wider:
            raise ValueError(f"'{wider[0]}' looks at more than one row; a condition sees each row alone")
        try:
            named = pl.sql_expr(sql).meta.root_names()
        except (pl.exceptions.PolarsError, TypeError) as error:
            raise ValueError(
                f'is not an SQL expression ({str(error).splitlines()[0]}); for example sql: "length(text) > 10"'
            ) from error
        if not named:
            raise ValueError('names no column, so it says the same of every row; for example sql: "length(text) > 10"')
        return sql

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the expression names."""
        return tuple(dict.fromkeys(pl.sql_expr(self.sql).meta.root_names()))

    def unfit(self, rows: pl.DataFrame) -> tuple[str, ...]:
        """Return how the condition fails on these rows, or that it is none: what it gives is not true or false."""
        columns = {column: rows.schema[column] for column in self.columns() if column in rows.schema}
        try:
            given = rows.select(pl.sql_expr(self.sql)).to_series().dtype
        except (pl.exceptions.PolarsError, TypeError) as error:
            held = ", ".join(f"column '{column}' holds {_in_words(kind)}" for column, kind in columns.items())
            said = str(error).splitlines()[0].replace("; ", ", ")
            return (
                f"its condition does not fit the columns' types ({held}: {said}); {_mend(self.sql, rows.select(*columns))}",
            )
        if given in (pl.Boolean, pl.Null):  # a column that holds nothing yet gives nothing yet
            return ()
        what = f"its condition gives {_in_words(given)}, not true or false"
        return (f"{what}; write a comparison, for example {_comparison(self.sql, given)}",)

    def rules(self, context: Context) -> tuple[Rule, ...]:  # noqa: ARG002
        """Return the rule: 1 where the condition is true, 0 where it is false, not measurable where a column is null."""
        holds = pl.sql_expr(self.sql).cast(pl.Boolean)
        return (Rule("condition", holds, minimum=1, below="condition_false", unmeasured="condition_unknown"),)


def _in_words(kind: pl.DataType) -> str:
    if isinstance(kind, pl.List | pl.Array):
        return f"lists of {_in_words(kind.inner)}"  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return "objects"
    if kind.is_temporal():
        return "dates or times"
    return "numbers" if kind.is_numeric() else {"String": "text", "Boolean": "true or false"}.get(str(kind), str(kind))


def _comparison(sql: str, kind: pl.DataType) -> str:
    """Return a condition on what an expression of some type gives; Polars' SQL knows every form of them."""
    short = sql.strip() if len(sql) <= _LONGEST else "…"
    if isinstance(kind, pl.List):
        if kind.inner == pl.String:
            return f"array_contains({short}, 'word')"
        return (
            f"array_contains({short}, 4)" if kind.inner.is_integer() else f"array_to_string({short}, ' ') LIKE '%word%'"
        )
    if isinstance(kind, pl.Struct) and kind.fields:
        return _comparison(f"{short}.{kind.fields[0].name}", kind.fields[0].dtype)  # type: ignore[arg-type]
    if kind.is_temporal():
        return f"{short} > DATE '2024-12-31'"
    return f"{short} > 4" if kind.is_numeric() else f"{short} = 'word'"


def _mend(sql: str, columns: pl.DataFrame) -> str:
    """Return what would make a condition fit its columns: another type of a column, where one helps, or another comparison."""
    kinds = columns.schema
    for column, kind in kinds.items():
        typed: pl.DataType | None = pl.Float64() if kind == pl.String else pl.String() if kind.is_numeric() else None
        if typed is not None and _is_condition(sql, columns.cast({column: typed}, strict=False)):
            name = _quoted(column)
            if kind == pl.String:
                return f"declare its type in a csv source, types: {{{column}: number}}, or write TRY_CAST({name} AS DOUBLE)"
            unquoted = "write the number without quotes, or, to read it as text, " if "'" in sql else "write "
            return f"{unquoted}CAST({name} AS VARCHAR)"
    nested = [column for column, kind in kinds.items() if kind.is_nested()]
    column = next(iter((*nested, *kinds)))
    asks = "to ask whether a member matches" if isinstance(kinds[column], pl.List) else "compare it as what it is"
    return f"{asks}, for example {_comparison(_quoted(column), kinds[column])}"


def _is_condition(sql: str, rows: pl.DataFrame) -> bool:
    try:
        return rows.select(pl.sql_expr(sql)).to_series().dtype == pl.Boolean
    except (pl.exceptions.PolarsError, TypeError):
        return False


def _quoted(column: str) -> str:
    return column if re.fullmatch(r"[A-Za-z_]\w*", column) else f'"{column}"'
