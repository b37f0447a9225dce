"""The model card: its front matter is what the hub reads, its figures are those of the audit."""

from dataclasses import replace

import pytest
from people import RECIPE, cited, curated, material_of, tables

from audit.report.words import value_of
from audit.results import Measure
from audit.views.material import PERSON
from audit.views.model_card import _on_hub, model_card, results
from curate.errors import UserError


def test_the_hub_reads_the_front_matter(tuned):
    hub = pytest.importorskip("huggingface_hub")
    text = model_card(tuned)
    card = hub.ModelCard(text)
    assert card.data.model_name == tuned.manifest.name
    assert card.data.library_name == "transformers"
    by_id = {m.id: m for m in tuned.audit.measures}
    assert len(card.data.eval_results) == len(results(tuned.audit)) > 8
    for result in card.data.eval_results:
        measure = by_id[result.metric_args["measure"]]
        assert (result.metric_value, result.metric_type) == (measure.value, measure.metric)
        assert result.metric_args["n"] == measure.n
        assert (result.dataset_split, result.task_type) == ("test", "text-classification")
    accuracy = next(each for each in card.data.eval_results if each.metric_type == "accuracy")
    interval = by_id["tuned.accuracy"].interval
    assert (accuracy.metric_args["low"], accuracy.metric_args["high"]) == (interval.low, interval.high)
    again = hub.ModelCardData(model_name=card.data.model_name, eval_results=card.data.eval_results)
    assert again.to_dict()["model-index"] == card.data.to_dict()["model-index"]


def test_figures_by_group_have_n_and_interval(tuned):
    text, by_id = model_card(tuned), {m.id: m for m in tuned.audit.measures}
    found = tables(text)["The tuned model, by gender"]
    assert [row[0] for row in found][-1] == "unknown"
    for row in found:
        for name in cited(row[-1]):
            assert value_of(by_id[name]) in " ".join(row[1:-1]), name
    woman = next(row for row in found if row[0] == "woman")
    rate = by_id["tuned.false_positive_rate.gender.woman"]
    assert any(f"({rate.numerator} of {rate.n} · " in cell for cell in woman)


def test_what_stands_there_and_what_is_left_to_a_person(tuned):
    text = model_card(tuned)
    for title in (
        "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data", "Quantitative analyses",
        "Ethical considerations", "What nobody can tell from these data",
    ):  # fmt: skip
        assert f"## {title}\n" in text
    assert f"## Intended use\n\n{PERSON}" in text
    assert f"## Ethical considerations\n\n{PERSON}" in text
    assert "55 rows (rows.test)" in text
    assert set(cited(text)) <= {m.id for m in tuned.audit.measures}


def test_a_run_without_a_model_is_told(people):
    with pytest.raises(UserError, match="has no tuned model") as error:
        model_card(people)
    assert "its predictions came with the data; whoever trained their model can write its card" in str(error.value)


def test_a_baseline_makes_no_tuned_model(tmp_path):
    recipe = RECIPE.replace("prediction: selected, score: score", "prediction: selected, baseline: hired")
    compared = material_of(curated(tmp_path, recipe))
    assert compared.audit.models == ("base", "tuned")
    with pytest.raises(UserError, match="has no tuned model, and a model card is of one; its predictions came with"):
        model_card(compared)


def test_an_audit_of_data_alone_has_no_model(tmp_path):
    bare = RECIPE[: RECIPE.index("  metrics")].replace("prediction: selected, score: score, ", "")
    with pytest.raises(UserError, match="add train: to the recipe and run it again"):
        model_card(material_of(curated(tmp_path, bare)))


def test_a_run_that_was_not_trained_yet_is_told(unpredicted):
    with pytest.raises(UserError, match="fairlead train"):
        model_card(material_of(unpredicted))


@pytest.mark.parametrize(
    ("base", "on_hub"), [("demo", False), ("org/name", True), ("./here/model", False), ("/a/b", False)]
)
def test_bases_on_the_hub(base, on_hub):
    assert _on_hub(base) is on_hub


def test_a_probe_is_no_result_on_the_test_rows(tuned):
    asked = [
        Measure(id=f"{model}.probe.pairs.stereotype_preferred", title="Stereotype preferred", metric="stereotype_preferred",
                model=model, probe="pairs", value=0.5, n=10, numerator=5)
        for model in ("base", "tuned")
    ]  # fmt: skip
    audit = tuned.audit.model_copy(update={"measures": (*tuned.audit.measures, *asked)})
    assert results(audit) == results(tuned.audit)
    text = model_card(replace(tuned, audit=audit))
    assert tables(text)["The probes at a glance"][0][0] == "Stereotype preferred (pairs)"
    assert not [row for row in tables(text)["All test rows"] if "Stereotype" in row[0]]
