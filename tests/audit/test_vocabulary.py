"""What is compared is called what it is: base and tuned where a model was trained, baseline and predictions elsewhere."""

import pytest

from audit.results import Audit, Measure, Provenance, Verdict
from audit.vocabulary import PREDICTIONS, as_given, model_names, told

GIVEN = Provenance(what=PREDICTIONS, value="came with the data: baseline in column p, predictions in column q")


def audit_of(*provenance: Provenance, **parts: object) -> Audit:
    empty = {"steps": (), "measures": (), "verdicts": (), "examples": (), "cautions": (), "overlapping": ()}
    content = {"name": "a", "task": "classification", "confidence": 0.95, "minimum_group_size": 5, **empty, **parts}
    return Audit(models=("base", "tuned"), provenance=provenance, **content)


def measure(name: str, title: str, **more: object) -> Measure:
    return Measure(id=name, title=title, metric="accuracy", **more)


def test_a_trained_model_keeps_its_words():
    trained = audit_of(measures=(measure("tuned.accuracy", "Accuracy, tuned model", model="tuned"),))
    assert as_given(trained) is trained
    assert (model_names(trained)["tuned"], told(trained, "of the tuned model")) == ("Tuned", "of the tuned model")


def test_what_came_with_the_data_is_called_so():
    named = measure(
        "tuned.accuracy", "Accuracy, tuned model", model="tuned", test="Holm over every metric of the tuned answers"
    )
    change = measure("change.accuracy", "Change of accuracy, tuned − base")
    verdict = Verdict(
        gate="the change of the accuracy from base to tuned must be at least 0.0 points", outcome="met", measure="change.accuracy",
        sentence="The accuracy of the base model is 0.5. Accuracy: base 50.0 %, tuned 60.0 %.", limit=0, direction="min",
    )  # fmt: skip
    told_so = as_given(
        audit_of(GIVEN, measures=(named, change), verdicts=(verdict,), cautions=("2 answers of base name no label.",))
    )
    assert [each.title for each in told_so.measures] == [
        "Accuracy, predictions",
        "Change of accuracy, predictions − baseline",
    ]
    assert told_so.measures[0].test == "Holm over every metric of the predictions"
    assert "from the baseline to the predictions" in told_so.verdicts[0].gate
    assert (
        told_so.verdicts[0].sentence
        == "The accuracy of the baseline is 0.5. Accuracy: baseline 50.0 %, predictions 60.0 %."
    )
    assert told_so.cautions == ("2 answers of the baseline name no label.",)
    assert [each.id for each in told_so.measures] == ["tuned.accuracy", "change.accuracy"]


@pytest.mark.parametrize("model", ["base", None])
def test_a_group_that_is_called_like_a_model_keeps_its_name(model):
    title = ("Accuracy, base model, " if model else "Share of rows, ") + "kind: x, base model"
    kept = as_given(audit_of(GIVEN, measures=(measure("base.accuracy.kind.x", title, model=model),))).measures[0].title
    assert kept == ("Accuracy, baseline, " if model else "Share of rows, ") + "kind: x, base model"
