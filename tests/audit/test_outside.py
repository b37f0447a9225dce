"""Figures of text from elsewhere: by hand from the rows that are no copies, traced to their own table, and beside the test rows."""

import math
from math import sqrt

import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.evidence import Evidence
from audit.intervals import Count, newcombe
from audit.metrics import compute
from audit.model_rates import model_rate
from audit.outside import outside_measures, outside_table, unpaired
from audit.prediction_table import prediction_table
from audit.rates import overall
from audit.report.sections import outside as section
from audit.results import Audit, Interval, Measure
from curate.manifest import OutsideRecord

RECIPE = recipe(
    "sex",
    task={"kind": "classification", "label": "label", "text": "text", "labels": {"0": "no", "1": "yes"}, "positive": ["1"]},
    split={},
    train={"seeds": 1},
    audit={"outside": [{"path": "away.csv", "name": "away", "licence": "CC0"}], "minimum_group_size": 1},
)  # fmt: skip
HERE = {"truth": ["0", "1", "0", "1", "0"], "base": ["1", "1", "1", "0", "0"], "tuned": ["0", "1", "0", "1", "1"]}
TRUTH = ["0", "0", "1", "1", "0", "1", "0", "0"]
SAID = {"base": ["1", "1", "1", "0", "0", "0", "1", "0"], "tuned": ["0", "1", "1", "1", "1", "0", "0", "0"]}
SEX = [["f"], ["f"], ["f"], ["m"], ["m"], ["m"], ["m"], ["f"]]
COPY = [None] * 6 + ["rows/1", "rows/2"]
RECORD = OutsideRecord(
    name="away", path="away.csv", sha256="0", version=1, licence="CC0", rows=9, refused={"blank_text": 1}, copies=1, near_copies=1,
    copies_of_test=0, near_copies_of_test=0, repeats=0, unknown=(),
)  # fmt: skip


def answers(rows: pl.DataFrame, said: dict[str, list[str]]) -> dict[str, pl.DataFrame]:
    return {model: pl.DataFrame({"row": rows["row"], "answer": said[model]}) for model in ("base", "tuned")}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    here = kept(HERE["truth"], side="test", sex=[["f"]] * 5)
    away = kept(TRUTH, side="test", sex=SEX).with_columns(copy_of=pl.Series(COPY, dtype=pl.String))
    return Evidence(
        {
            "predictions": prediction_table(here, answers(here, HERE), RECIPE),
            "outside_away": outside_table(away, answers(away, SAID), RECIPE),
        },
        (),
    )


@pytest.fixture(scope="module")
def here(evidence) -> list[Measure]:
    return [overall(evidence, model_rate("accuracy", model), CHANCE) for model in ("base", "tuned")]


@pytest.fixture(scope="module")
def found(evidence, here) -> dict[str, Measure]:
    return by_id([*here, *outside_measures(evidence, RECIPE, ("base", "tuned"), here, CHANCE)])


@pytest.mark.parametrize("model", ["base", "tuned"])
def test_figures_are_of_the_rows_that_are_no_copies(found, model):
    from sklearn.metrics import f1_score

    truth, said = TRUTH[:6], SAID[model][:6]
    right = sum(one == other for one, other in zip(truth, said, strict=True))
    accuracy = found[f"{model}.outside.away.accuracy"]
    assert (accuracy.value, accuracy.numerator, accuracy.n) == (right / 6, right, 6)
    assert found[f"{model}.outside.away.macro_f1"].value == pytest.approx(f1_score(truth, said, average="macro"))
    assert found[f"{model}.outside.away.selection_rate"].value == said.count("1") / 6
    negative = [other for one, other in zip(truth, said, strict=True) if one == "0"]
    assert found[f"{model}.outside.away.false_positive_rate"].value == negative.count("1") / 3


def test_copies_are_counted(found):
    copies = found["outside.away.copies"]
    assert (copies.numerator, copies.n) == (2, 8)


def test_the_change_is_of_the_same_rows(found):
    change = found["change.outside.away.accuracy"]
    assert change.value == pytest.approx(3 / 6 - 2 / 6)
    assert change.interval.method == "Newcombe, paired"
    assert "Holm over base against tuned on away" in change.test


def test_groups_have_their_gap(found):
    # tuned: of f 0, 0, 1 the answers 0, 1, 1; of m 1, 0, 1 the answers 1, 1, 0
    assert found["tuned.outside.away.accuracy.sex.f"].value == pytest.approx(2 / 3)
    assert found["tuned.outside.away.accuracy.sex.m"].value == pytest.approx(1 / 3)
    assert found["tuned.outside.away.accuracy.sex.difference"].value == pytest.approx(1 / 3)
    assert found["tuned.outside.away.false_positive_rate.sex.difference"].value == pytest.approx(1 - 1 / 2)


def test_a_drop_is_unpaired_and_of_rates_newcombes(found):
    drop = found["tuned.outside.away.accuracy.drop"]
    assert drop.value == pytest.approx(4 / 5 - 3 / 6)
    assert drop.n == 11
    expected = newcombe(Count(4, 5), Count(3, 6), 0.95)
    assert (drop.interval.low, drop.interval.high) == pytest.approx((expected.low, expected.high))
    assert found["base.outside.away.accuracy.drop"].value == pytest.approx(2 / 5 - 2 / 6)
    assert "tuned.outside.away.macro_f1.drop" not in found  # there is none of the test rows


def test_an_unpaired_interval_by_hand():
    def number(value: float, low: float, high: float) -> Measure:
        ends = Interval(low=low, high=high, confidence=0.95, method="")
        return Measure(id="a", title="a", metric="loss", value=value, interval=ends)

    one = unpaired(number(3, 2, 5), number(1, 0.5, 1.25))
    assert (one.low, one.high) == pytest.approx((2 - sqrt(1 + 0.0625), 2 + sqrt(4 + 0.25)))
    assert unpaired(number(3, 2, 5), number(1, 0, 2).model_copy(update={"interval": None})) is None


def test_every_number_is_what_its_rows_give(evidence, found):
    for measure in found.values():
        value = compute(measure, evidence, found)
        assert value == measure.value or value == pytest.approx(measure.value)
    tables = {m.selection.table for m in found.values() if m.probe == "away" and m.selection is not None}
    assert tables == {"outside_away"}


def test_texts_have_loss_and_bits_per_byte():
    task = {"kind": "instruction", "prompt": "{q}", "completion": "a"}
    text = recipe(task=task, split={}, train={}, groups={}, audit={"outside": [{"path": "qa.jsonl", "name": "qa"}]})
    rows = pl.DataFrame(
        {"row": [1, 2, 3], "row_name": ["qa/1", "qa/2", "qa/3"], "q": ["x"] * 3, "a": ["ab", "abcd", "z"]}
    )
    rows = rows.with_columns(copy_of=pl.Series([None, None, "a/1"]))
    said = {
        model: pl.DataFrame({"row": [1, 2, 3], "loss": [loss, 4.0, 99.0], "tokens": [1, 2, 1], "bytes": [2, 4, 1]})
        for model, loss in (("base", 5.0), ("tuned", 2.0))
    }
    evidence = Evidence({"outside_qa": outside_table(rows, said, text)}, ())
    here = Measure(
        id="tuned.loss", title="Loss", metric="loss", model="tuned", value=1.5,
        interval=Interval(low=1, high=2, confidence=0.95, method=""),
    )  # fmt: skip
    found = by_id(outside_measures(evidence, text, ("base", "tuned"), [here], CHANCE))
    assert found["base.outside.qa.loss"].value == pytest.approx(9 / 3)
    assert found["tuned.outside.qa.loss"].value == pytest.approx(6 / 3)
    assert found["tuned.outside.qa.bits_per_byte"].value == pytest.approx(6 / math.log(2) / 6)
    assert found["change.outside.qa.loss"].value == pytest.approx(-1)
    assert found["tuned.outside.qa.loss.drop"].value == pytest.approx(1.5 - 2)


def test_the_report_tells_figures_test_rows_and_drops(found):
    told = Audit(
        name="x", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=1, overlapping=(), steps=(),
        measures=tuple(found.values()), verdicts=(), examples=(), cautions=(), outside=(RECORD,),
    )  # fmt: skip
    made = section.section(told)
    overview, heading, prose, *groups = made.blocks
    cells = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in overview.rows}
    assert [column.heading for column in overview.columns[1:]] == [
        "Base", "Tuned", "Change", "Test rows: Base", "Test rows: Tuned", "Test rows less these: Base",
        "Test rows less these: Tuned", "Rows of the file",
    ]  # fmt: skip
    assert [text.replace("\u00a0", " ") for text in cells["Accuracy"]] == [
        "33.3 %", "50.0 %", "+16.7 points", "40.0 %", "80.0 %", "6.7 points", "30.0 points", "–",
    ]  # fmt: skip
    assert cells["Copies in text from elsewhere"][-1].startswith("25.0")
    assert heading.text == "away"
    assert "1 row could not be asked (1 for blank text)." in prose.text
    assert (
        "2 rows are copies of rows that were learned from or chosen by (1 with the same text, 1 near-duplicate"
        in prose.text
    )
    assert [fold.summary for fold in groups] == [
        "away: Accuracy by sex", "away: Selection rate by sex", "away: False positive rate by sex"
    ]  # fmt: skip
    assert section.in_short(told).replace("\u00a0", " ") == (
        "On away (CC0; 6 rows from elsewhere): accuracy 50.0 %; test rows less this: 30.0 points."
    )
    assert section.section(told.model_copy(update={"outside": ()})) is None
