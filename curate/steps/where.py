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
            pl.sql_expr(sql)
        except (pl.exceptions.PolarsError, TypeError) as error:
            raise ValueError(
                f'is not an SQL expression ({str(error).splitlines()[0]}); for example sql: "length(text) > 10"'
            ) from error
        return sql

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the expression names."""
        return tuple(dict.fromkeys(pl.sql_expr(self.sql).meta.root_names()))

    def unfit(self, rows: pl.DataFrame) -> tuple[str, ...]:
        """Return how the condition fails on these rows."""
        try:
            rows.select(pl.sql_expr(self.sql).cast(pl.Boolean))
        except (pl.exceptions.PolarsError, TypeError) as error:
            what = f"its condition does not fit the columns' types ({str(error).splitlines()[0]})"
            texts = [column for column in self.columns() if rows.schema.get(column) == pl.String]
            column = texts[0] if texts else "column"
            return (f"{what}; declare types in the source: types: {{{column}: number}}",)
        return ()

    def rules(self, context: Context) -> tuple[Rule, ...]:  # noqa: ARG002
        """Return the rule: 1 where the condition is true, 0 where it is false, not measurable where a column is null."""
        holds = pl.sql_expr(self.sql).cast(pl.Boolean)
        return (Rule("condition", holds, minimum=1, below="condition_false", unmeasured="condition_unknown"),)
