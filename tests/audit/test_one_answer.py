"""A model that answers all rows alike is found, and is an alarm where the truth is not all alike."""

import polars as pl
import pytest

from audit.one_answer import in_words, one_answers
from audit.report.opening import opening
from audit.report.sections import outcomes
from audit.results import Audit, OneAnswer


def predicted(said: list[str | None], truth: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"label": truth, "tuned_answer": said, "tuned_answered": [answer is not None for answer in said]},
        schema={"label": pl.String, "tuned_answer": pl.String, "tuned_answered": pl.Boolean},
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (["1", "1", "1", None], [OneAnswer(model="tuned", label="1", rows=3, answered=3, true=2)]),
        (["1", "1", "0", "1"], []),
        ([None] * 4, []),
        (["1"] * 199 + ["0"], [OneAnswer(model="tuned", label="1", rows=199, answered=200, true=100)]),
    ],
)
def test_one_answer_is_found(said, found):
    table = predicted(said, (["1", "0"] * 100)[: len(said)])
    assert list(one_answers(table, ("tuned",))) == found
    assert one_answers(table, ("base",)) == one_answers(None, ("tuned",)) == ()


def audit(true: int) -> Audit:
    alike = OneAnswer(model="tuned", label="bad", rows=3, answered=3, true=true)
    return Audit(
        name="x", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=1, overlapping=(), steps=(),
        measures=(), verdicts=(), examples=(), cautions=(), one_answers=(alike,),
    )  # fmt: skip


def test_it_is_an_alarm_on_the_first_page_and_among_the_verdicts():
    (card,) = outcomes.section(audit(true=2)).blocks[0].cards
    assert card.found.replace("\u00a0", " ") == (
        "The tuned model answers bad to 3 of 3 rows that it answered; 2 of them (66.7 %) are bad in truth."
    )
    assert ("! 1", "the tuned model answers bad to all rows") in [
        (fact.value, fact.detail) for fact in opening(audit(true=2)).facts if fact.name == "Alarms"
    ]
    assert "no sign of fairness" in in_words(audit(true=2).one_answers[0])


def test_it_is_none_where_every_row_has_that_label_in_truth():
    assert outcomes.section(audit(true=3)).blocks == ()
    assert "Alarms" not in [fact.name for fact in opening(audit(true=3)).facts]
