"""The account of rows: what every stage returns, and the law that every one of them keeps."""

from dataclasses import dataclass

import polars as pl

from curate.manifest import StepRecord
from curate.steps.base import Batch, Filter, Rewrite, Select, Whole

AnyStep = Filter | Rewrite | Select | Batch | Whole


class ConservationError(Exception):
    """A step lost or made a row without an account of it. This is a fault of ours."""


@dataclass(frozen=True)
class NamedStep:
    """A step with its name in this recipe and its place (steps, then the split, then train_steps)."""

    place: int
    name: str
    step: AnyStep


@dataclass(frozen=True)
class Applied:
    """Rows after one stage, the ledger lines of its steps, and each step's account."""

    rows: pl.DataFrame
    ledger: pl.DataFrame
    records: tuple[StepRecord, ...]


def check_conservation(record: StepRecord) -> StepRecord:
    """Return the record, or raise if rows in = rows out + dropped + quarantined − added does not hold."""
    if record.rows_in != record.rows_out + record.dropped + record.quarantined - record.added:
        counts = (
            f"{record.rows_in:,} in, {record.rows_out:,} out, {record.dropped:,} dropped, "
            f"{record.quarantined:,} in quarantine, {record.added:,} added"
        )
        raise ConservationError(f"step '{record.step}' does not account for every row: {counts}")
    return record
