"""Rows before and after a step compared: what was dropped, changed and added, and the proof that no row was lost."""

import polars as pl

from curate import ledger
from curate import rows as row_numbers
from curate.account import Applied, ConservationError, check_conservation
from curate.errors import Mistake, UserError
from curate.groups import group_column, mentions
from curate.manifest import StepRecord
from curate.steps.base import NOTES_SCHEMA, Context, Outcome
from curate.task import AnyTask, as_text


def compare(before: pl.DataFrame, outcome: Outcome, step: tuple[int, str], context: Context, task: AnyTask) -> Applied:
    """Account for an outcome: number the added rows, write the ledger lines, check that no row is lost.

    `step` is the step's place and name.
    """
    place, name = step
    notes = filled(outcome.notes)
    kept = outcome.rows.filter(pl.col("row").is_not_null())
    added = _number_added(before, outcome.rows.filter(pl.col("row").is_null()), context)
    after = pl.concat([kept.select(before.columns), added.select(before.columns)]).sort("row")
    if after["row"].n_unique() != after.height or kept.join(before, on="row", how="anti").height:
        raise ConservationError(f"step '{name}' repeated a row or returned one that it was not given")
    refusals = notes.filter(pl.col("candidate").is_not_null())
    plain = notes.filter(pl.col("candidate").is_null()).unique("row", keep="first", maintain_order=True)
    gone = before.select("row").join(after, on="row", how="anti").sort("row")
    dropped = gone.join(plain, on="row", how="left", maintain_order="left")
    if dropped["reason"].null_count():
        raise ConservationError(f"step '{name}' dropped rows without a reason")
    made = (
        added.select("row", "parent")
        .sort("row")
        .join(
            plain.select(pl.col("row").alias("parent"), "reason", "value", "detail"),
            on="parent",
            how="left",
            maintain_order="left",
        )
    )
    changed = _changes(before, kept, plain, task)
    others = plain.join(
        pl.concat([gone, changed.select("row"), made.select(pl.col("parent").alias("row"))]), on="row", how="anti"
    ).sort("row")
    lines = [
        ledger.lines(dropped, place, name, "dropped"),
        ledger.lines(changed, place, name, "changed"),
        ledger.lines(
            made.rename({"parent": "other_row"}).with_columns(pl.col("reason").fill_null("added")), place, name, "added"
        ),
        ledger.lines(refusals.sort("row"), place, name, "refused"),
        ledger.lines(others, place, name, "noted"),
    ]
    record = StepRecord(
        step=name,
        rows_in=before.height,
        rows_out=after.height,
        dropped=dropped.height,
        quarantined=0,
        added=added.height,
        changed=changed["row"].n_unique(),
        refused=refusals.height,
        noted=ledger.rows_noted(others),
    )
    return Applied(after, pl.concat(lines), (check_conservation(record),))


def filled(notes: pl.DataFrame) -> pl.DataFrame:
    """Return notes with every column that notes may have."""
    return notes.select(
        (pl.col(name).cast(kind) if name in notes.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in NOTES_SCHEMA.items()
    )


def _number_added(before: pl.DataFrame, added: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Give every added row the next copy number of the row that was read, in the order of parents; renew its groups.

    The number of a copy that was made before and is gone is not given again.
    """
    if added.is_empty():
        return added
    root = row_numbers.root_of(pl.col("parent"))
    taken = (
        pl.concat([before.select("row"), context.made])
        .select(__root=row_numbers.root_of(pl.col("row")), __copy=row_numbers.copy_of(pl.col("row")))
        .group_by("__root")
        .agg(pl.col("__copy").max())
    )
    ranked = (
        added.with_columns(__root=root)
        .sort("parent", maintain_order=True)
        .with_columns(__place=pl.int_range(1, pl.len() + 1).over("__root"))
    )
    numbered = ranked.join(taken, on="__root", how="left", maintain_order="left").with_columns(
        __copy=pl.col("__copy").fill_null(0) + pl.col("__place")
    )
    if int(numbered["__copy"].max()) > row_numbers.MAXIMUM_COPIES:  # type: ignore[arg-type]
        what = f"would make more than {row_numbers.MAXIMUM_COPIES} copies of one row"
        raise UserError(Mistake("train_steps", what, "lower most_copies or the share"))
    fresh = numbered.with_columns((pl.col("__root") + pl.col("__copy")).alias("row")).drop(
        "__root", "__copy", "__place"
    )
    return fresh.with_columns(
        mentions(context.text.fill_null(""), lexicon).alias(group_column(attribute))
        for attribute, lexicon in context.terms.items()
    )


def _changes(before: pl.DataFrame, kept: pl.DataFrame, notes: pl.DataFrame, task: AnyTask) -> pl.DataFrame:
    """Return one line for every changed cell of a text column or of the label."""
    columns = [*task.text_columns, *([task.label] if task.label else [])]
    pair = before.select("row", *columns).join(
        kept.select("row", pl.col(columns).name.prefix("__after_")), on="row", maintain_order="left"
    )
    found = [pl.DataFrame(schema={"row": pl.Int64, "column": pl.String, "before": pl.String})]
    for column in columns:
        changed = pair.filter(pl.col(column).ne_missing(pl.col(f"__after_{column}")))
        text = as_text(pl.col(column), task) if column in task.text_columns else pl.col(column).cast(pl.String)
        found.append(changed.select("row", pl.lit(column).alias("column"), text.alias("before")))
    return (
        pl.concat(found)
        .sort("row", maintain_order=True)
        .join(notes.drop("candidate"), on="row", how="left", maintain_order="left")
    )
