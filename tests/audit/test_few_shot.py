"""The base with examples: its figures and changes by hand, every candidate, what is undefined, and what the report says."""

import math

import numpy as np
import polars as pl
import pytest
from audit_frames import CHANCE, by_id, kept, recipe

from audit.evidence import Evidence
from audit.few_shot import TABLE, TRIED, few_shot_measures, tried_table
from audit.metrics import compute
from audit.prediction_table import prediction_table
from audit.recomputed import recompute
from audit.report.content import Prose, Table
from audit.report.sections import few_shot as section
from audit.report.sections.models import overall
from audit.resampling import NO_SPREAD
from audit.results import Audit
from curate.few_shot import Candidate, FewShotChoice

TASK = {
    "kind": "classification",
    "label": "label",
    "text": "text",
    "labels": {"0": "no", "1": "yes"},
    "positive": ["1"],
}
RECIPE = recipe(task=TASK, split={}, train={}, groups={})
TRUTH = ["0", "0", "1", "1", "0", "1", "0", "0"]
BASE = ["1", "1", "1", "1", "1", "0", "0", "1"]
TUNED = ["0", "0", "1", "1", "0", "0", "1", "0"]
NAMES = ("1 per label, draw 1", "2 per label, draw 1")
SCORES = {NAMES[0]: [(-1.0, -2.0), (-1.0, -900.0)], NAMES[1]: [(-3.0, -2.0), (-2.0, -1.5)]}
CHOICE = FewShotChoice(
    validation_rows=2, validation_rows_there=5, longest=64, left_out={"4 per label, draw 1": "its 90 tokens leave no room"},
    candidates=tuple(
        Candidate(name=name, per_label=k, draw=1, rows=("a/1", "a/2") * k, tokens=20 * k, accuracy=0.5, log_loss=1.0)
        for k, name in enumerate(NAMES, start=1)
    ),
    chosen=NAMES[1],
)  # fmt: skip
NOTHING = FewShotChoice(
    validation_rows=0,
    validation_rows_there=0,
    longest=64,
    undefined="there are no validation rows to choose examples by",
)


def evidence(answers=BASE, scores=SCORES) -> Evidence:
    """Eight test rows with two answers, two validation rows (of labels 0 and 1) after two candidates; 1 is commoner in training."""
    rows = kept(TRUTH, side="test").with_columns(text=pl.lit("x"))
    said = {
        "base": pl.DataFrame({"row": rows["row"][: len(answers)], "answer": pl.Series(answers, dtype=pl.String)}),
        "tuned": pl.DataFrame({"row": rows["row"], "answer": TUNED}),
    }
    tried = [
        {"candidate": name, "row": row, "score_0": no, "score_1": yes, "answer": "1" if yes > no else "0"}
        for name, pairs in scores.items()
        for row, (no, yes) in enumerate(pairs, start=1)
    ]
    cut = pl.Series([True, False, False, True, False, False, False, False]) if answers else pl.lit(None, pl.Boolean)
    table = prediction_table(rows, said, RECIPE).with_columns(cut=cut)
    validation = tried_table(
        kept(["0", "1"], side="validation").with_columns(text=pl.lit("x")), pl.DataFrame(tried), RECIPE
    )
    learned = kept(["1", "1", "0"], side="train")
    return Evidence({TABLE: table, TRIED: validation, "predictions": table, "rows": learned}, ())


@pytest.fixture(scope="module")
def found():
    return by_id(few_shot_measures(evidence(), CHOICE, ("accuracy", "macro_f1"), CHANCE))


def test_figures_and_changes_by_hand(found):
    from scipy.stats import binomtest
    from sklearn.metrics import f1_score

    accuracy, change = found["few_shot.accuracy"], found["change.few_shot.accuracy"]
    assert (accuracy.value, accuracy.n, accuracy.model) == (3 / 8, 8, None)
    assert change.value == 6 / 8 - 3 / 8
    assert change.parts == ("few_shot.accuracy", "tuned.accuracy")
    # rows 1, 2, 5 and 8 are right after tuning alone, row 7 before it alone
    assert change.p_value == pytest.approx(binomtest(4, 5).pvalue)
    assert change.interval.method == "Newcombe, paired"
    assert change.title == "Change of accuracy, tuned − base with examples"
    macro, moved = found["few_shot.macro_f1"], found["change.few_shot.macro_f1"]
    by_hand = [float(f1_score(TRUTH, said, average="macro")) for said in (BASE, TUNED)]
    assert macro.value == pytest.approx(by_hand[0])
    assert moved.value == pytest.approx(by_hand[1] - by_hand[0])
    assert moved.interval.low <= moved.value <= moved.interval.high
    assert "the base with examples against tuned" in change.test
    smaller, larger = sorted((change.p_value, moved.p_value))  # Holm over two tests
    assert sorted((change.p_adjusted, moved.p_adjusted)) == pytest.approx(
        [min(1, 2 * smaller), min(1, max(2 * smaller, larger))]
    )


def test_every_candidate_by_hand(found):
    right = [found[f"few_shot.tried.{k}_per_label_draw_1"].value for k in (1, 2)]
    assert right == [1 / 2, 1 / 2]
    losses = [found[f"few_shot.tried.{k}_per_label_draw_1.log_loss"].value for k in (1, 2)]
    first = (math.log1p(math.exp(-1)) + 899.0) / 2  # a chance too small for a number is a large loss, and not infinite
    second = (math.log1p(math.exp(1)) + math.log1p(math.exp(-0.5))) / 2
    assert losses == pytest.approx([first, second])
    numbers = [
        np.mean([np.logaddexp(*pair) - pair[truth] for truth, pair in enumerate(SCORES[name])]) for name in NAMES
    ]
    assert losses == pytest.approx(numbers), "as prediction computes it"


def test_the_log_loss_of_a_candidate_has_the_interval_of_a_mean_over_rows(found):
    measure = found["few_shot.tried.2_per_label_draw_1.log_loss"]
    lower, higher = sorted((math.log1p(math.exp(1)), math.log1p(math.exp(-0.5))))
    # two rows: of all resamples a quarter are the one twice, a quarter the other twice, so a 95 % interval ends at these
    assert (measure.interval.low, measure.interval.high) == pytest.approx((lower, higher))
    assert measure.interval.method == "bootstrap, 400 replicates, seed 7"
    alike = [(-1.0, -2.0), (-2.0, -1.0)]
    same = by_id(few_shot_measures(evidence(scores={NAMES[0]: alike, NAMES[1]: alike}), CHOICE, ("accuracy",), CHANCE))
    fixed = same["few_shot.tried.2_per_label_draw_1.log_loss"]
    assert (fixed.value, fixed.interval, fixed.note) == (pytest.approx(math.log1p(math.exp(-1))), None, NO_SPREAD)


def test_the_commonest_label_stands_beside_the_candidates(found):
    measure = found["few_shot.tried.majority_baseline"]
    assert (measure.label, measure.value, measure.numerator, measure.n) == ("1", 1 / 2, 1, 2)
    assert measure.title == "Accuracy of always answering 1, on the validation rows that were asked"
    assert measure.interval.method == "Wilson"


def test_rows_that_saw_fewer_examples_are_counted(found):
    measure = found["few_shot.cut"]
    assert (measure.value, measure.numerator, measure.n, measure.interval) == (2.0, 2, 8, None)
    assert recompute(measure, evidence(), found).rows.filter("hit")["row_name"].to_list() == ["rows/1", "rows/4"]


def test_every_number_is_traced(found):
    tuned = {
        f"tuned.{m.metric.removeprefix('few_shot_')}": m.model_copy(
            update={
                "id": m.id.replace("few_shot", "tuned"), "metric": m.metric.removeprefix("few_shot_"), "model": "tuned",
                "selection": m.selection.model_copy(update={"equals": {"labelled": True, "tuned_answered": True}}),
                "hits": {"tuned_correct": True} if m.hits else {},
            }
        )
        for m in (found["few_shot.accuracy"], found["few_shot.macro_f1"])
    }  # fmt: skip
    for measure in found.values():
        assert compute(measure, evidence(), {**found, **tuned}) == pytest.approx(measure.value)
        assert recompute(measure, evidence(), {**found, **tuned}).agrees


def test_nothing_chosen_is_undefined_and_says_why():
    found = by_id(few_shot_measures(evidence([]), NOTHING, ("accuracy", "macro_f1"), CHANCE))
    assert {m.value for m in found.values()} == {None}
    assert {m.undefined for m in found.values()} == {NOTHING.undefined}
    assert list(found) == [
        "few_shot.accuracy", "few_shot.macro_f1", "change.few_shot.accuracy", "change.few_shot.macro_f1",
    ]  # fmt: skip
    assert few_shot_measures(evidence(), None, ("accuracy",), CHANCE) == []


def audit_of(measures, choice) -> Audit:
    return Audit(
        name="a", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=1, overlapping=(),
        steps=(), measures=tuple(measures), verdicts=(), examples=(), cautions=(), few_shot=choice,
    )  # fmt: skip


def test_the_report_says_what_was_chosen_and_how(found):
    _heading, prose, _reached, table = section.blocks(audit_of(found.values(), CHOICE))
    assert isinstance(prose, Prose)
    assert "after 4 training rows with their answers (2 per label, draw 1)" in prose.text
    assert "best of 2 candidates by accuracy on 2 validation rows, drawn by the seed from 5" in prose.text
    assert "1 candidate left no room for a row within 64 tokens: 4 per label, draw 1." in prose.text
    assert isinstance(table, Table)
    assert "2 of 8 test rows saw fewer examples: they left no room for all." in prose.text
    assert [(row.cells[0].text, row.cells[5].text) for row in table.rows] == [
        (NAMES[0], ""), (NAMES[1], "✓ chosen"), ("Always the commonest label", ""),
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1].cells[1:4]] == ["4", "40", "50.0\u00a0%"]
    always = table.rows[2].cells
    assert (always[0].details, always[3].text, always[3].details[0]) == (("1",), "50.0\u00a0%", "1 of 2")
    whole = found["few_shot.cut"].model_copy(update={"value": 0.0, "numerator": 0})
    _heading, prose, _reached, _table = section.blocks(audit_of({**found, "few_shot.cut": whole}.values(), CHOICE))
    assert "saw fewer examples" not in prose.text
    (_heading, alone) = section.blocks(audit_of([], NOTHING))
    assert "there are no validation rows to choose examples by. What it then reaches is undefined." in alone.text
    assert section.blocks(audit_of([], None)) == []


def test_it_stands_beside_base_and_tuned(found):
    tuned = found["few_shot.accuracy"].model_copy(
        update={"id": "tuned.accuracy", "metric": "accuracy", "model": "tuned"}
    )
    told = audit_of([tuned, *found.values()], CHOICE)
    assert [row.cells[0].text for row in overall(told).rows] == ["Accuracy"]  # the tuned model's alone
    shown = section.blocks(told)[2]
    assert [column.heading for column in shown.columns] == [
        "Figure", "Base with examples", "Tuned", "Change from base with examples",
    ]  # fmt: skip
    assert shown.rows[0].ids == ("few_shot.accuracy", "tuned.accuracy", "change.few_shot.accuracy")
    assert [row.cells[0].text for row in shown.rows] == ["Accuracy", "Macro F1"]
