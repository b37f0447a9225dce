"""Why rows of a run are in quarantine: how many for each reason, and one of them to look at."""

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.errors import shortened
from curate.files import scan_parquet
from curate.store import RunDirectory

LONGEST = 200
"""Characters of what is wrong with the example."""


class QuarantineReason(BaseModel):
    """One reason, the number of rows that it sent to quarantine, the name of the first of them, and what is wrong with it."""

    model_config = ConfigDict(frozen=True)

    reason: str
    rows: int
    example: str
    detail: str


def quarantine_reasons(run: RunDirectory) -> tuple[QuarantineReason, ...]:
    """Return the reasons for which rows are in quarantine, the most frequent first."""
    first = pl.col("source", "line", "detail").first()
    counts = scan_parquet(run.quarantine).group_by("reason", maintain_order=True).agg(first, rows=pl.len())
    return tuple(
        QuarantineReason(
            reason=line["reason"],
            rows=line["rows"],
            example=f"{line['source']}/{line['line']}",
            detail=shortened(line["detail"], LONGEST),
        )
        for line in counts.sort("rows", "reason", descending=[True, False]).collect().iter_rows(named=True)
    )
