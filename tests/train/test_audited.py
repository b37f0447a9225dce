"""What the audit reads of a training, from the very files that a training writes."""

import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from audit.evidence import seeds_of
from audit.report.charts import svg_of
from audit.report.content import Cards, Lines, Table
from audit.report.opening import opening
from audit.report.sections import training as section
from audit.report.sections.alarms import by_heart, no_better
from audit.report.sections.outcomes import section as outcomes_section
from audit.results import Audit
from audit.training import training_of
from audit.training_results import TrainingPoint
from curate.errors import UserError
from train import sft
from train.callbacks import read_journal
from train.certificate import CHECK_NAMES
from train.model_record import ModelRecord
from train.predict import predict

SIDES = {"train": labelled(80)[:48], "validation": labelled(80)[48:60], "test": labelled(80)[60:]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    settings = SMALL.replace(
        "  learning_rate: 5e-3\n", "  find_learning_rate: true\n  seeds: 2\n  largest_loss_gap: 0.00001\n"
    )
    made = make_run(tmp_path_factory.mktemp("runs") / "one", CLASSIFICATION, SIDES, settings)
    assert training_of(made) is None
    sft.train(made)
    predict(made)
    return made


def test_it_says_what_the_record_and_the_journal_say(run):
    found, record = training_of(run), ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    assert found is not None
    assert (found.steps, found.best_step, found.method, found.seeds) == (record.steps, record.best_step, "full", (8,))
    assert (found.loss_gap, found.overfits) == (record.fit.gap, record.fit.too_wide)
    lines = read_journal(run.model / "metrics.jsonl")
    losses = {line["step"]: line["validation_loss"] for line in lines if "validation_loss" in line}
    assert {p.step: p.validation_loss for p in found.curve if p.validation_loss is not None} == losses
    assert sorted(check.name for check in found.checks) == sorted(CHECK_NAMES)
    assert found.range_test is not None
    assert found.range_test.learning_rate == found.learning_rate
    assert seeds_of(run) == [8]


def test_the_section_shows_curves_checks_and_the_rate(run):
    found = training_of(run)
    curves = list(section._curves(found))
    pictures = [block for block in curves if isinstance(block, Lines)]
    assert [[line.name for line in picture.lines] for picture in pictures] == [
        ["Training", "Validation"], ["Accuracy, validation", "Macro F1, validation"],
    ]  # fmt: skip
    assert pictures[0].mark == found.best_step
    checks = next(block for block in section._checks(found.checks) if isinstance(block, Table))
    outcomes = [row.cells[1].text for row in checks.rows]
    assert outcomes == sorted(outcomes, key=lambda said: section.ORDER.index(said.split()[1]))
    for place, picture in enumerate([*pictures, section._range_test(found.range_test)]):
        drawn = svg_of(picture, f"c{place}")
        assert all(line.name in drawn for line in picture.lines)
    endless = section._range_test(found.range_test.model_copy(update={"turned": False})).description
    assert (
        "the loss fell to the end, so the test did not show which is too high; that at which it fell fastest" in endless
    )
    assert by_heart(found).asked.startswith("Loss on validation rows at most 0.000")


def test_the_first_of_equally_good_steps_is_called_so(run):
    found = training_of(run)
    curve = (
        *found.curve,
        TrainingPoint(step=98, validation_accuracy=0.5),
        TrainingPoint(step=99, validation_accuracy=0.5),
    )
    told = found.model_copy(update={"best_by": "accuracy", "best_value": 0.5, "best_step": 98, "curve": curve})
    alike = sum(point.validation_accuracy == 0.5 for point in curve if point.step)
    assert f"step 98 were kept, the first of {alike} that were equally good by accuracy" in section._lead(told)
    alone = told.model_copy(update={"best_value": 0.75, "curve": (TrainingPoint(step=98, validation_accuracy=0.75),)})
    assert "step 98 were kept, the best by accuracy" in section._lead(alone)


def test_a_model_that_training_made_no_better_raises_an_alarm(run):
    found = training_of(run)
    assert found.curve[0].step == 0
    assert found.curve[0].validation_loss == found.validation_loss_before
    assert found.no_better is False
    worse = found.model_copy(update={"validation_loss_before": 1.25, "validation_loss": 1.25})
    assert worse.no_better is True
    assert (
        no_better(worse).found
        == "The loss is 1.250 nats a token on 12 validation rows, and was 1.250 before the first step."
    )
    audit = Audit(
        name="one", task="a task", models=(), confidence=0.95, minimum_group_size=10, overlapping=(), steps=(), measures=(),
        verdicts=(), examples=(), cautions=(), training=worse.model_copy(update={"largest_loss_gap": 10.0}),
    )  # fmt: skip
    (fact,) = (fact for fact in opening(audit).facts if fact.name == "Alarms")
    assert (fact.value, fact.detail) == ("! 1", "was not made better by training")
    (cards,) = (block for block in outcomes_section(audit).blocks if isinstance(block, Cards))
    assert cards.cards == (no_better(worse),)
    unknown = found.model_copy(update={"validation_loss_before": None})
    assert unknown.no_better is False


def test_changed_files_are_noticed(run):
    path = run.model / "metrics.jsonl"
    before = path.read_bytes()
    path.write_bytes(before + b"{}\n")
    with pytest.raises(UserError, match=r"metrics.jsonl: is not what 'train' wrote"):
        training_of(run)
    path.write_bytes(before)
