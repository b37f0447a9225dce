"""Which source, label or group lost most of its rows to cleaning: an alarm before anyone trains on what is left.

Steps that draw rows on purpose (`sample`, `cap`, `mix`, `balance`) take none in this count, and rows that could not be read are
not in it: they have neither a label nor a group.
"""

from collections.abc import Iterator

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.files import scan_parquet
from curate.groups import UNKNOWN, group_column
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification

SHOWN = 3
"""So many that are too small to be judged are named."""


class Loss(BaseModel):
    """What a source, a label or a group lost: `dropped` of its `rows` read, most of them at `step`.

    `column` is where the audit's evidence has its name: `source`, `label`, or the groups of an attribute.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    column: str
    name: str
    rows: int
    dropped: int
    step: str | None = None
    dropped_there: int = 0

    @property
    def share(self) -> float:
        """The share of its rows that is gone."""
        return self.dropped / self.rows


def cleaning_steps(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the steps before the split whose drops count."""
    names = recipe.step_names()[: len(recipe.steps)]
    return tuple(name for name, step in zip(names, recipe.steps, strict=True) if not step.draws)


def losses_of(run: RunDirectory, recipe: Recipe) -> tuple[Loss, ...]:
    """Return what each source, label and group lost, the largest share first."""
    gone = scan_parquet(run.ledger).filter(
        pl.col("event") == "dropped", pl.col("step").is_in(list(cleaning_steps(recipe)))
    )
    columns = list(_columns(recipe))
    named = {column: expression for _kind, column, expression in columns}
    rows = scan_parquet(run.source).select("row", **named).join(gone.select("row", "step"), on="row", how="left")
    found = [loss for kind, column, _expression in columns for loss in _of(kind, column, rows)]
    return tuple(sorted(found, key=lambda loss: (-loss.share, loss.kind, loss.name)))


def judged(found: tuple[Loss, ...], recipe: Recipe) -> tuple[Loss, ...]:
    """Return those of at least `minimum_group_size` rows."""
    return tuple(loss for loss in found if loss.rows >= recipe.audit.minimum_group_size)


def alarms(found: tuple[Loss, ...], recipe: Recipe) -> tuple[Loss, ...]:
    """Return those that are judged and lost more than the recipe's `largest_loss`."""
    return tuple(loss for loss in judged(found, recipe) if loss.share > recipe.audit.largest_loss)


def too_few_in_words(found: tuple[Loss, ...], recipe: Recipe) -> str:
    """Say which lost more than the recipe's `largest_loss` and have too few rows to be judged, the largest first; or nothing."""
    least, most = recipe.audit.minimum_group_size, recipe.audit.largest_loss
    few = [loss for loss in found if loss.rows < least and loss.share > most]
    if not few:
        return ""
    few.sort(key=lambda loss: -loss.rows)
    named = ", ".join(f"{_called(loss)} {loss.dropped:,} of {loss.rows:,}" for loss in few[:SHOWN])
    more = f" and {len(few) - SHOWN:,} more" if len(few) > SHOWN else ""
    return (
        f"too few rows to raise an alarm (audit.minimum_group_size: {least:,}), but more than {100 * most:g}% of them lost to "
        f"cleaning: {named}{more}"
    )


def in_words(loss: Loss) -> str:
    """Return a loss as a sentence: `source web lost 62.0 % of its rows to cleaning (1,240 of 2,000, 1,100 of them at minhash)`."""
    most = f", {loss.dropped_there:,} of them at {loss.step}" if loss.step else ""
    return f"{_called(loss)} lost {loss.share:.1%} of its rows to cleaning ({loss.dropped:,} of {loss.rows:,}{most})"


def _called(loss: Loss) -> str:
    """Return what a loss is of: `source web`, `label spam`, `group women (gender)`."""
    return f"{loss.kind} {loss.name}" if loss.column in ("source", "label") else f"group {loss.name} ({loss.kind})"


def _columns(recipe: Recipe) -> Iterator[tuple[str, str, pl.Expr]]:
    """Yield what is told of (`source`, `label`, an attribute), its column in the audit's evidence, and where it is read."""
    yield "source", "source", pl.col("source")
    if isinstance(recipe.task, Classification):
        yield "label", "label", pl.col(recipe.task.label)
    for attribute in recipe.attributes:
        yield attribute, group_column(attribute), pl.col(group_column(attribute))


def _of(kind: str, column: str, rows: pl.LazyFrame) -> Iterator[Loss]:
    named = rows.select("step", name=column)
    if isinstance(named.collect_schema()["name"], pl.List):
        named = named.explode("name", empty_as_null=True)
    texts = named.select("step", pl.col("name").cast(pl.String)).drop_nulls("name")
    counts = texts.group_by("name", "step").len().sort("name", "len", "step", descending=[False, True, False]).collect()
    for (name,), part in counts.group_by("name", maintain_order=True):
        if name == UNKNOWN and column not in ("source", "label"):
            continue
        gone = part.drop_nulls("step")
        most = gone.row(0, named=True) if gone.height else {"step": None, "len": 0}
        yield Loss(
            kind=kind,
            column=column,
            name=str(name),
            rows=int(part["len"].sum()),
            dropped=int(gone["len"].sum()),
            step=most["step"],
            dropped_there=most["len"],
        )
