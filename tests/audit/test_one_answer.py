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
        (["1", "1", "1", None], [OneAnswer(model="tuned", label="1", rows=3, answered=3, others=1)]),
        (["1", "1", "0", "1"], []),
        ([None] * 4, []),
        (["1"] * 199 + ["0"], [OneAnswer(model="tuned", label="1", rows=199, answered=200, others=100)]),
    ],
)
def test_one_answer_is_found(said, found):
    table = predicted(said, (["1", "0"] * 100)[: len(said)])
    assert list(one_answers(table, ("tuned",))) == found
    assert one_answers(table, ("base",)) == one_answers(None, ("tuned",)) == ()


def audit(answered: int = 30, **changed: int) -> Audit:
    alike = OneAnswer(model="tuned", label="bad", **({"rows": answered, "answered": answered, "others": 10} | changed))
    return Audit(
        name="x", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=20, overlapping=(), steps=(),
        measures=(), verdicts=(), examples=(), cautions=(), one_answers=(alike,),
    )  # fmt: skip


def test_it_is_an_alarm_on_the_first_page_and_among_the_verdicts():
    (card,) = outcomes.section(audit()).blocks[0].cards
    assert card.found.replace("\u00a0", " ") == (
        "The tuned model answers bad to all of the 30 rows that it answered; 10 of them (33.3 %) have another label in truth."
    )
    assert ("! 1", "the tuned model answers bad to all rows") in [
        (fact.value, fact.detail) for fact in opening(audit()).facts if fact.name == "Alarms"
    ]
    assert "no sign of fairness" in in_words(audit().one_answers[0])


@pytest.mark.parametrize("found", [{"others": 0}, {"rows": 29}, {"answered": 19, "others": 10}])
def test_it_is_none_where_the_truth_is_alike_where_some_answers_differ_and_of_few_rows(found):
    assert outcomes.section(audit(**found)).blocks == ()
    assert "Alarms" not in [fact.name for fact in opening(audit(**found)).facts]
