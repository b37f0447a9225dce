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
    """Return the reasons for which rows are in quarantine, the most frequent first. What is there may be larger than memory."""
    lines = scan_parquet(run.quarantine).with_row_index("place")
    counts = lines.group_by("reason").agg(pl.col("place").min(), rows=pl.len()).collect(engine="streaming")
    first = lines.filter(pl.col("place").is_in(counts["place"].implode())).select("reason", "source", "line", "detail")
    told = counts.join(first.collect(engine="streaming"), on="reason").sort("rows", "reason", descending=[True, False])
    return tuple(
        QuarantineReason(
            reason=line["reason"],
            rows=line["rows"],
            example=f"{line['source']}/{line['line']}",
            detail=shortened(line["detail"], LONGEST),
        )
        for line in told.iter_rows(named=True)
    )
