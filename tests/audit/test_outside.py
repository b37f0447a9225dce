"""Figures of text from elsewhere: by hand from the rows that are no copies, traced to their own table, and beside the test rows."""

import math
from math import sqrt

import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.evidence import Evidence
from audit.group_scores import overall_scores
from audit.intervals import Count, newcombe
from audit.metrics import compute
from audit.model_rates import model_rate
from audit.outside import outside_measures, outside_table, unpaired
from audit.prediction_table import prediction_table
from audit.rates import Chance, overall
from audit.report.sections import outside as section
from audit.report.words import interval_of
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
TRUTH = ["0", "0", "1", "1", "0", "1", "0", "0", "0", "0"]
SAID = {
    "base": ["1", "1", "1", "0", "0", "0", "1", "0", "0", "0"],
    "tuned": ["0", "1", "1", "1", "1", "0", "0", "0", "0", "0"],
}
CUT = [True] + [False] * 4 + [True, True, True, False, False]
SEX = [["f"], ["f"], ["f"], ["m"], ["m"], ["m"], ["m"], ["f"], ["f"], ["f"]]
LEARNED = ["1", "1", "0", "1"]
COPY = {
    "copy_of": [None] * 6 + ["rows/1", "rows/2", "rows/3", None],
    "copy_of_test": [None] * 6 + [False, False, True, None],
    "repeat_of": [None] * 7 + ["away/7", None, "away/1"],  # the first of them is a copy already
}
RECORD = OutsideRecord(
    name="away", path="away.csv", sha256="0", version=1, licence="CC0", rows=11, refused={"blank_text": 1}, copies=1, near_copies=1,
    copies_of_test=1, near_copies_of_test=0, repeats=1, unknown=("age",),
)  # fmt: skip


def answers(rows: pl.DataFrame, said: dict[str, list[str]]) -> dict[str, pl.DataFrame]:
    cut = pl.Series(CUT[: len(rows)])
    return {model: pl.DataFrame({"row": rows["row"], "answer": said[model], "cut": cut}) for model in ("base", "tuned")}


def copied(rows: pl.DataFrame, **columns: list) -> pl.DataFrame:
    kinds = {"copy_of": pl.String, "copy_of_test": pl.Boolean, "repeat_of": pl.String}
    return rows.with_columns(
        pl.Series(name, columns.get(name, [None] * len(rows)), dtype=kind) for name, kind in kinds.items()
    )


def evidence_with(away: pl.DataFrame, said: dict[str, list[str]]) -> Evidence:
    here = kept(HERE["truth"], side="test", sex=[["f"]] * 5)
    return Evidence(
        {
            "rows": kept(LEARNED, side="train", sex=[["f"]] * 4),
            "predictions": prediction_table(here, answers(here, HERE), RECIPE),
            "outside_away": outside_table(away, answers(away, said), RECIPE),
        },
        (),
    )


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return evidence_with(copied(kept(TRUTH, side="test", sex=SEX), **COPY), SAID)


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


def test_what_no_figure_is_of_is_counted_apart(found):
    counts = {name: found[f"outside.away.{name}"] for name in ("copies", "copies_of_test", "repeats")}
    assert {name: (m.numerator, m.n) for name, m in counts.items()} == {
        "copies": (2, 10), "copies_of_test": (1, 10), "repeats": (1, 10),
    }  # fmt: skip


def test_rows_that_lost_their_beginning_are_a_rate_of_the_rows_that_count(found):
    for model in ("base", "tuned"):
        cut = found[f"{model}.outside.away.cut"]
        assert (cut.numerator, cut.n, cut.value) == (2, 6, pytest.approx(1 / 3))
        assert cut.interval.method == found["tuned.outside.away.accuracy"].interval.method


def test_the_commonest_label_stands_beside_accuracy(found):
    # label 1 is the commonest that is learned from, and three of the six rows have it; of f 0, 0, 1, of m 1, 0, 1
    from sklearn.metrics import f1_score

    always = found["majority_baseline.outside.away"]
    assert (always.label, always.numerator, always.n) == ("1", 3, 6)
    assert found["majority_baseline.outside.away.sex.f"].value == pytest.approx(1 / 3)
    assert found["majority_baseline.outside.away.sex.m"].value == pytest.approx(2 / 3)
    expected = f1_score(TRUTH[:6], ["1"] * 6, average="macro", zero_division=0)
    assert found["majority_baseline.outside.away.macro_f1"].value == pytest.approx(expected)


@pytest.fixture(scope="module")
def macro_here(evidence) -> list[Measure]:
    return [measure for model in ("base", "tuned") for measure in overall_scores(evidence, model, ["macro_f1"], CHANCE)]


def test_macro_f1_drops_where_both_have_the_same_labels(evidence, macro_here):
    found = by_id([*macro_here, *outside_measures(evidence, RECIPE, ("base", "tuned"), macro_here, CHANCE)])
    drop = found["tuned.outside.away.macro_f1.drop"]
    assert drop.value == pytest.approx(found["tuned.macro_f1"].value - found["tuned.outside.away.macro_f1"].value)
    assert compute(drop, evidence, found) == pytest.approx(drop.value)


@pytest.mark.parametrize(
    ("truth", "why"),
    [
        (["0", "0"], "the file has no row of label 1"),
        (["0", "2"], "the file has no row of label 1; the test rows have no row of label 2"),
    ],
)
def test_macro_f1_over_other_labels_has_no_drop(macro_here, here, truth, why):
    away = copied(kept(truth, side="test", sex=[["f"], ["m"]]))
    evidence = evidence_with(away, {"base": ["0", "1"], "tuned": ["0", "0"]})
    every = [*here, *macro_here]
    found = by_id([*every, *outside_measures(evidence, RECIPE, ("base", "tuned"), every, CHANCE)])
    drop = found["tuned.outside.away.macro_f1.drop"]
    assert (drop.value, drop.undefined, drop.interval) == (None, why, None)
    assert compute(drop, evidence, found) is None
    assert found["tuned.outside.away.accuracy.drop"].value is not None


def test_a_file_of_copies_alone_has_no_figure(here, macro_here):
    away = copied(kept(["0", "1"], side="test", sex=[["f"], ["m"]]), copy_of=["a/1", "a/2"], copy_of_test=[True, False])
    evidence = evidence_with(away, {"base": ["0", "1"], "tuned": ["0", "0"]})
    every = [*here, *macro_here]
    found = by_id([*every, *outside_measures(evidence, RECIPE, ("base", "tuned"), every, CHANCE)])
    assert found["tuned.outside.away.accuracy"].value is None
    why = "every row is a copy or a repeat"
    assert {found[f"{name}.outside.away.accuracy"].undefined for name in ("base", "tuned", "change")} == {why}
    assert found["tuned.outside.away.accuracy.drop"].undefined == why
    assert found["tuned.outside.away.macro_f1.drop"].undefined == why
    assert found["outside.away.copies"].value == 0.5
    assert all(compute(measure, evidence, found) is None for measure in found.values() if measure.value is None)


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
    mine = [m for m in found.values() if m.probe == "away"]
    assert {m.selection.table for m in mine if m.selection is not None} == {"outside_away"}
    assert all(m.n == 10 or m.n <= 6 or m.metric.endswith("_drop") for m in mine)


def test_texts_have_loss_and_bits_per_byte():
    task = {"kind": "instruction", "prompt": "{q}", "completion": "a"}
    text = recipe(task=task, split={}, train={}, groups={}, audit={"outside": [{"path": "qa.jsonl", "name": "qa"}]})
    rows = pl.DataFrame(
        {"row": [1, 2, 3], "row_name": ["qa/1", "qa/2", "qa/3"], "q": ["x"] * 3, "a": ["ab", "abcd", "z"]}
    )
    rows = copied(rows, copy_of=[None, None, "a/1"], copy_of_test=[None, None, False])
    said = {
        model: pl.DataFrame(
            {
                "row": [1, 2, 3],
                "loss": [loss, 4.0, 99.0],
                "tokens": [1, 2, 1],
                "bytes": [2, 4, 1],
                "cut": [False, True, True],
            }
        )
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
    drop = found["tuned.outside.qa.loss.drop"]
    assert drop.value == pytest.approx(1.5 - 2)
    assert (found["tuned.outside.qa.cut"].numerator, found["tuned.outside.qa.cut"].n) == (1, 2)
    assert "majority_baseline.outside.qa" not in found
    ends = {"confidence": 0.95, "method": ""}
    lower = drop.model_copy(update={"interval": Interval(low=-0.9, high=-0.1, **ends)})
    said = section.against_test_rows(lower).replace("\u00a0", " ")  # a higher loss on the file
    assert said == "worse by 0.500 than on the test rows (test rows less these: −0.500, −0.900 to −0.100)"


def test_the_report_tells_figures_test_rows_and_drops(found):
    told = Audit(
        name="x", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=1, overlapping=(), steps=(),
        measures=tuple(found.values()), verdicts=(), examples=(), cautions=(), outside=(RECORD,),
    )  # fmt: skip
    made = section.section(told)
    overview, heading, prose, *groups = made.blocks
    cells = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in overview.rows}
    assert [column.heading for column in overview.columns[1:]] == [
        "This text", "Always the commonest label", "Test rows", "Test rows less this text",
    ]  # fmt: skip
    plain = {name: [text.replace("\u00a0", " ") for text in texts] for name, texts in cells.items()}
    assert plain["Accuracy, base"] == ["33.3 %", "50.0 %", "40.0 %", "6.7 points"]
    assert plain["Accuracy, tuned"] == ["50.0 %", "50.0 %", "80.0 %", "30.0 points"]
    assert plain["Accuracy, change"][0] == "+16.7 points"
    assert cells["Macro F1, tuned"][1].startswith("33.3")
    assert [cells[f"Rows without their beginning, {model}"][0][:4] for model in ("base", "tuned")] == ["33.3", "33.3"]
    for name, share in (("Copies", "20.0"), ("Copies of test rows", "10.0"), ("Repeats", "10.0")):
        assert cells[f"{name} in text from elsewhere"][0].startswith(share)
    assert "said to come from elsewhere" in made.lead
    assert heading.text == "away"
    apart = {model: interval_of(found[f"{model}.outside.away.accuracy.drop"]) for model in ("base", "tuned")}
    assert prose.text.replace("\u00a0", " ") == (
        "away.csv, 11 rows; origin: not stated; licence: CC0. 1 row could not be asked (1 for blank text). 2 rows are copies of "
        "rows that were learned from or chosen by (1 with the same text, 1 near-duplicate), 1 row is a copy of test rows (1 with "
        "the same text, 0 near-duplicates) and 1 row repeats an earlier row of the file: no figure is of them. Figures are of "
        "6 rows. Age is unknown in every row (the file has no such column, or an empty one), so no figure is by it. 2 of 6 rows "
        "are longer than the models read (train.max_length, or less where the base reads less) and lost their beginning. "
        f"Base: Accuracy is not told apart from the test rows (test rows less these: 6.7 points, {apart['base']}). "
        f"Tuned: Accuracy is not told apart from the test rows (test rows less these: 30.0 points, {apart['tuned']})."
    )
    by_sex = {row.cells[0].text: row.cells[-1].text for row in groups[0].blocks[0].rows}
    assert groups[0].blocks[0].columns[-1].heading == "Always the commonest label"
    assert by_sex["f"].startswith("33.3")
    assert [fold.summary for fold in groups] == [
        "away: Accuracy by sex", "away: Selection rate by sex", "away: False positive rate by sex"
    ]  # fmt: skip
    low, always = (
        interval_of(found["tuned.outside.away.accuracy"]),
        interval_of(found["majority_baseline.outside.away"]),
    )
    assert section.in_short(told).replace("\u00a0", " ") == (
        f"On away (CC0; 6 rows, said to be from elsewhere): Accuracy 50.0 %, {low}; always answering the commonest label: "
        f"50.0 %, {always}; not told apart from the test rows (test rows less these: 30.0 points, {apart['tuned']})."
    ).replace("\u00a0", " ")
    assert section.section(told.model_copy(update={"outside": ()})) is None


def dropped(value: float, low: float, high: float) -> str:
    drop = Measure(
        id="base.outside.away.accuracy.drop", title="a", metric="accuracy_drop", model="base", probe="away",
        compare="difference", value=value, interval=Interval(low=low, high=high, confidence=0.95, method=""),
    )  # fmt: skip
    told = Audit(
        name="x", task="classification", models=("base",), confidence=0.95, minimum_group_size=1, overlapping=(), steps=(),
        measures=(drop,), verdicts=(), examples=(), cautions=(), outside=(RECORD,),
    )  # fmt: skip
    return section.section(told).blocks[2].text.replace("\u00a0", " ").partition("Base: ")[2]


def test_of_few_rows_a_drop_has_no_interval_and_no_direction(here, macro_here):
    away = copied(kept(["0", "1"], side="test", sex=[["f"], ["m"]]))
    evidence = evidence_with(away, {"base": ["0", "1"], "tuned": ["1", "0"]})
    chance = Chance(CHANCE.confidence, CHANCE.replicates, CHANCE.seed, minimum=3)
    every = [*here, *macro_here]
    drop = by_id([*every, *outside_measures(evidence, RECIPE, ("base", "tuned"), every, chance)])[
        "tuned.outside.away.accuracy.drop"
    ]
    assert (drop.value, drop.interval) == (pytest.approx(0.8), None)
    said = section.against_test_rows(drop).replace("\u00a0", " ")
    assert said == "not told apart from the test rows (test rows less these: 80.0 points; fewer than 3 rows)"


def test_worse_and_better_are_said_only_where_the_interval_leaves_out_0():
    assert dropped(0.2, 0.1, 0.3) == (
        "Accuracy is worse by 20.0 points than on the test rows (test rows less these: 20.0 points, 10.0 to 30.0), a sign that "
        "the file is harder by itself."
    )
    assert dropped(-0.2, -0.3, -0.1) == (
        "Accuracy is better by 20.0 points than on the test rows (test rows less these: −20.0 points, −30.0 to −10.0), a sign "
        "that the file is easier by itself."
    )
    assert dropped(-0.2, -0.5, 0.1) == (
        "Accuracy is not told apart from the test rows (test rows less these: −20.0 points, −50.0 to 10.0)."
    )
