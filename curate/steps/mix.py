"""Mixtures: a stated total of rows, shared out to sources (or other values) by weight.

Other tools draw a source for each row with some probability and stop when a source is empty or every source was seen
(`interleave_datasets` of Hugging Face datasets, LLaMA-Factory's `mix_strategy`), draw each document by itself (datatrove's
`SamplerFilter`), or round up in every source (NeMo Curator's `blend_datasets`): there total and parts are only near what was
asked, and an empty source shows in nothing. Here both are exact, and a shortage is an error, a ledger line or a counted copy.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.errors import Mistake, UserError, did_you_mean
from curate.rows import MAXIMUM_COPIES, draw
from curate.steps.base import Choice, Context, Outcome, Select, StepSettings, Whole
from curate.steps.cells import SOURCE, cell, said
from curate.steps.quotas import by_weight, shares

Quotas = Mapping[str, int]


class Mixture(StepSettings):
    """The settings of a mixture, and how many rows each value gives."""

    step: Literal["mix"] = "mix"
    draws: ClassVar[bool] = True
    needs_text: ClassVar[bool] = False
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        min_length=1, description="value: weight, in any unit; a source with weight 0 is left out"
    )
    rows: int = Field(ge=1, description="rows in all")
    by: str = Field(default=SOURCE, description="source, a column, or an attribute of groups")
    shortage: Literal["error", "less", "repeat"] = Field(
        default="error", description="when a value has too few rows: stop, lower the total, or repeat rows"
    )

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if not any(self.weights.values()):
            raise ValueError("every weight is 0, so that no row could stay; give one a weight")
        return self

    def cells(self) -> tuple[str, ...]:
        """Return what the weights name values of."""
        return (self.by,)

    def misfits(self, sources: tuple[str, ...]) -> Iterator[str]:
        """Yield the sources that are unknown, and those that have no weight."""
        if self.by != SOURCE:
            return
        yield from (
            f"weights.{name}|unknown source '{name}'; {did_you_mean(name, sources)}"
            for name in self.weights
            if name not in sources
        )
        yield from (
            f"weights|the source '{name}' has no weight; write {name}: 0 to leave it out"
            for name in sources
            if name not in self.weights
        )

    def quotas(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """Return how many rows each value gives. Raises `UserError` where there are too few and no other way was named."""
        weighed = {name: weight for name, weight in self.weights.items() if weight}
        absent = [name for name in weighed if not sizes.get(name)]
        if absent:
            what = f"no row has the {self.by} '{absent[0]}', which is to make up part of the mixture"
            raise UserError(Mistake("step 'mix'", what, did_you_mean(absent[0], sorted(sizes))))
        wanted = by_weight(self.rows, weighed)
        short = [name for name in wanted if wanted[name] > sizes[name]]
        if not short or self.shortage == "repeat":
            return wanted
        total = min(int(sizes[name] / share) for name, share in shares(weighed).items())
        if self.shortage == "error":
            what = f"{self.by} '{short[0]}' has {sizes[short[0]]:,} rows, and the mixture needs {wanted[short[0]]:,}"
            hint = f"lower rows to {total}, or write shortage: less, which does that (under train_steps also repeat)"
            raise UserError(Mistake("step 'mix'", what, hint))
        return by_weight(total, weighed)

    def plan(self, facts: pl.DataFrame, context: Context) -> tuple[pl.DataFrame, Quotas]:
        """Return each row's `place` in the draw among the rows of its `cell`, from 1, with `size` and `quota`; and the quotas."""
        sizes = dict(facts.group_by("cell").len().sort("cell").iter_rows())
        quotas = self.quotas(sizes) if sizes else {}
        quota = pl.col("cell").replace_strict(quotas, default=0, return_dtype=pl.Int64)
        drawn = facts.with_columns(draw(facts["row"], context.seed, "mix").alias("place"))
        told = drawn.with_columns(
            place=pl.col("place").rank("ordinal").over("cell").cast(pl.Int64), size=pl.len().over("cell"), quota=quota
        )
        return told, quotas

    def notes(self, told: pl.DataFrame, quotas: Quotas) -> Choice:
        """Return the rows that go, and for a total that was lowered one line at the first row of every value that is too small."""
        reason = pl.when(pl.col("cell").is_in(list(quotas))).then(pl.lit("over_quota")).otherwise(pl.lit("no_weight"))
        about = {"value": pl.col("size"), "threshold": pl.col("quota"), "detail": said(pl.col("cell"))}
        gone = told.filter(pl.col("place") > pl.col("quota")).select("row", reason=reason, **about)
        total = sum(quotas.values())
        if total in (0, self.rows):
            return Choice(gone)
        wanted = by_weight(self.rows, {name: self.weights[name] for name in quotas})
        first = told.group_by("cell").agg(pl.col("row").min(), pl.col("size").first())
        small = first.with_columns(quota=pl.col("cell").replace_strict(wanted, default=0, return_dtype=pl.Int64))
        lowered = pl.format("{}: the total is lowered from {} to {} rows", said(pl.col("cell")), self.rows, total)
        noted = small.filter(pl.col("quota") > pl.col("size")).select(
            "row", reason=pl.lit("too_few_rows"), value="size", threshold="quota", detail=lowered
        )
        return Choice(gone, noted)


class Mix(Mixture, Select):
    """Keeps `rows` rows in all, shared out to sources by `weights` (or to the values of a column or attribute that `by` names).

    Each source gives exactly its part, rounded by largest remainder, drawn without replacement by row number and seed.
    Where a source has too few rows, `shortage` says what happens: `error` stops, `less` lowers the total until every part
    can be given (the proportions stay, and the ledger names the source), `repeat` (training rows only) adds copies.
    """

    @model_validator(mode="after")
    def _drops_only(self) -> Self:
        if self.shortage == "repeat":
            raise ValueError(
                "shortage: repeat adds rows and may stand under train_steps only; so that no copy can reach a test row"
            )
        return self

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return the value of each row."""
        return {"cell": cell(self.cells(), context.schema, context.sources)}

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows that were not drawn."""
        return self.notes(*self.plan(facts, context))


class TrainMix(Mixture, Whole):
    """The mixture of training rows: as before the split, and with `shortage: repeat` a source with too few rows gives copies.

    Every row of such a source is there, and each is repeated as often as the others, but for one. A copy has its parent.
    """

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows that were drawn, and the copies."""
        facts = rows.select("row", cell=cell(self.cells(), rows.schema, context.sources))
        told, quotas = self.plan(facts, context)
        choice = self.notes(told, quotas)
        times = pl.col("quota") // pl.col("size") + (pl.col("place") <= pl.col("quota") % pl.col("size")).cast(pl.Int64)
        kept = told.filter(pl.col("place") <= pl.col("quota")).select("row", __copies=times.cast(pl.Int64) - 1)
        self._check_copies(kept)
        stay = rows.join(kept, on="row", maintain_order="left")
        again = stay.filter(pl.col("__copies") > 0)
        copies = again.select(pl.all().repeat_by("__copies").explode(empty_as_null=False)) if again.height else again
        added = copies.with_columns(parent="row", row=pl.lit(None, dtype=pl.Int64))
        return Outcome(
            pl.concat([stay, added]).select(rows.columns),
            pl.concat([choice.dropped, choice.noted], how="diagonal_relaxed"),
        )

    def _check_copies(self, kept: pl.DataFrame) -> None:
        most = int(kept["__copies"].max() or 0)  # type: ignore[arg-type]
        if most > MAXIMUM_COPIES:
            what = f"would repeat a row {most:,} times, and a row can have {MAXIMUM_COPIES} copies"
            raise UserError(Mistake("step 'mix'", what, "lower rows, or the weight of the source that has too few"))
