"""What is told of the rows near the limits of a run: rows on either side of a limit, rows without a measurement, pairs."""

from typing import Literal

from curate.questions.answer import Answer

Beyond = Literal["dropped", "noted"]
"""What becomes of a row beyond a limit: a step that only notes names it in the ledger, and it stays."""


class NearRow(Answer):
    """One row near a limit, with its text on one line and what the rule found in it; for a pair also the row that stayed.

    An older row is named with the file or index that it is of; its text is not known here.
    """

    row: str
    value: float
    value_in_words: str
    text: str
    detail: str | None = None
    other_row: str | None = None
    other_text: str | None = None


class Edge(Answer):
    """One end of a rule's range. Only rows that reached the rule count; `kept` and `dropped` are the nearest, nearest first.

    `rows_kept` and `rows_dropped` count all rows on either side, and `beyond` says whether the latter were dropped or
    noted; `rows_at_limit` counts those kept whose value is the limit itself. A limit that is not `included` lies beyond.
    """

    step: str
    rule: str
    end: Literal["minimum", "maximum"]
    limit: float
    limit_in_words: str
    included: bool
    reason: str
    beyond: Beyond
    rows_kept: int
    rows_dropped: int
    rows_at_limit: int
    kept: tuple[NearRow, ...]
    dropped: tuple[NearRow, ...]


class Unmeasured(Answer):
    """The rows that reached a rule and could not be measured by it, so that they stand near no limit; `row` is the first."""

    step: str
    rule: str
    reason: str
    beyond: Beyond
    rows: int
    row: str
    text: str


class Pairs(Answer):
    """The pairs just above the threshold of a step that compares rows. Pairs below it were not stored by the run.

    `rows_dropped` counts rows that went for being like a row that stays, or an older row; `rows_chained` those that only a chain
    of such pairs joins with the row that stays, however little the two are alike: they are not among `dropped`.
    """

    step: str
    threshold: float
    rows_dropped: int
    rows_chained: int
    dropped: tuple[NearRow, ...]


class NearThreshold(Answer):
    """Every edge of a run, in the order in which its steps ran, what could not be measured, and every comparison of rows."""

    edges: tuple[Edge, ...]
    unmeasured: tuple[Unmeasured, ...]
    pairs: tuple[Pairs, ...]
