"""The whole path: a run directory goes in; audit.json, the table of measures, the report and the exit code come out."""

import json
import math

import polars as pl
import pytest
from synthetic_run import RECIPE, write_run

from audit import metrics
from audit.__main__ import audit, main, read_audit
from audit.augmentation import guarded_steps
from audit.examples import examples_of
from audit.provenance import crossings_of, split_of
from audit.run import audit_run, evidence_of
from curate.errors import UserError
from curate.files import digest_file
from curate.recipe import Recipe
from curate.recipe_file import load_recipe
from curate.store import RunDirectory


def test_every_measure_is_a_set_of_equalities(audited: RunDirectory):
    found = audit(audited)
    _recipe, models, evidence = evidence_of(audited)
    assert models == ("base", "tuned")
    measures = {measure.id: measure for measure in found.measures}
    assert len(measures) == len(found.measures) > 300
    for measure in found.measures:
        again = metrics.compute(measure, evidence, measures)
        if measure.value is None:
            assert (measure.id, again) == (measure.id, None)
            assert measure.undefined, measure.id
        else:
            assert again is not None, measure.id
            assert math.isclose(again, measure.value, rel_tol=1e-9, abs_tol=1e-12), measure.id
        if measure.selection is not None:
            assert len(evidence.select(measure.selection)) == measure.n, measure.id
        assert all(part in measures for part in measure.parts), measure.id


def test_every_interval_holds_its_value_and_is_in_order(audited: RunDirectory):
    for measure in audit(audited).measures:
        if measure.interval is not None:
            assert measure.value is not None, measure.id
            assert measure.interval.low <= measure.interval.high, measure.id
            if not measure.interval.method.startswith(("bootstrap", "paired bootstrap")):
                assert measure.interval.low - 1e-12 <= measure.value <= measure.interval.high + 1e-12, measure.id


def test_files_are_written_and_recorded(audited: RunDirectory):
    found = audit(audited)
    assert read_audit(audited) == found
    files = audited.check_phase("audit").files
    assert {"report/audit.json", "report/measures.parquet", "report/report.html", "report/report.md"} <= set(files)
    table = pl.read_parquet(audited.report / "measures.parquet")
    assert table["id"].to_list() == [measure.id for measure in found.measures]
    assert table.filter(id="tuned.accuracy")["value"].to_list() == [
        next(measure.value for measure in found.measures if measure.id == "tuned.accuracy")
    ]


def test_a_finished_audit_is_not_computed_again(audited: RunDirectory, monkeypatch):
    monkeypatch.setattr("audit.__main__.audit_run", lambda run: pytest.fail("computed again"))
    assert audit(audited) == read_audit(audited)


def test_a_gate_that_is_not_met_exits_with_3(audited: RunDirectory, capsys):
    assert main([str(audited.path)]) == 3
    printed = capsys.readouterr()
    assert "NOT MET" in printed.out.upper()
    assert printed.err == ""


def test_verdicts_in_words(audited: RunDirectory):
    accuracy, gap, ratio, mentions = audit(audited).verdicts
    assert (accuracy.outcome, accuracy.measure) == ("met", "tuned.accuracy")
    assert (gap.outcome, gap.measure) == ("not met", "tuned.false_positive_rate.gender.difference")
    assert "the false positive rate of the tuned model between groups of gender" in gap.sentence
    assert "not met" in gap.sentence
    assert (ratio.outcome, ratio.measure) == ("insufficient evidence", "drop_rate.length.gender.ratio")
    assert mentions.measure == "mention_change.all_steps.mentioned.difference"
    assert mentions.outcome == "not met"


def test_without_gates_the_exit_code_is_0(tmp_path, capsys):
    run = write_run(tmp_path / "small-1", RECIPE[: RECIPE.index("  gates:")], predicted=False)
    assert main([str(run.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "small-1"


def test_before_prediction_the_data_alone_are_audited(unpredicted: RunDirectory, audited: RunDirectory):
    found = audit_run(unpredicted)
    assert found.models == ()
    everything = {measure.id: measure for measure in read_audit(audited).measures}
    assert [everything[measure.id] for measure in found.measures] == list(
        found.measures
    )  # the same numbers, made again
    assert any("audit of the data alone" in caution for caution in found.cautions)
    assert [verdict.outcome for verdict in found.verdicts][:2] == ["insufficient evidence", "insufficient evidence"]
    assert "was not measured in this run" in found.verdicts[0].sentence


def test_a_changed_file_is_an_error_that_names_it(unpredicted: RunDirectory, capsys):
    pl.read_parquet(unpredicted.data("test")).head(3).write_parquet(unpredicted.data("test"))
    assert main([str(unpredicted.path)]) == 2
    assert "data/test.parquet: is not what 'curate' wrote" in capsys.readouterr().err


def test_no_run_is_an_error(tmp_path, capsys):
    assert main([str(tmp_path / "nothing")]) == 2
    assert "there is no such run" in capsys.readouterr().err


def test_provenance_accounts_and_cautions(audited: RunDirectory):
    found = audit(audited)
    lines = {line.what: line.value for line in found.provenance}
    assert "SHA-256 " + "0" * 64 in lines["Source notes"]
    assert (lines["Licence of notes"], lines["Origin of notes"]) == ("CC0", "not stated")
    assert "fairlearn" in lines["Packages of the audit"]
    length = next(step for step in found.steps if step.step == "length")
    assert (length.dropped, length.reasons) == (20, {"too_short": 20})
    said = " ".join(found.cautions)
    assert "from one seed" in said
    assert "term list" in said
    assert "gender is unknown for 14 of 240 rows read (5.8 %)" in said
    assert "compliant" not in said


def test_examples_are_masked_and_cut(unpredicted: RunDirectory):
    source = pl.read_parquet(unpredicted.source).with_columns(text=pl.lit("write to a.b@example.org " + "x" * 300))
    source.write_parquet(unpredicted.source / "00000.parquet")
    found = examples_of(unpredicted, load_recipe(unpredicted.recipe))
    assert [example.step for example in found] == ["length"] * 3
    assert {example.text for example in found} == {("write to [EMAIL] " + "x" * 300)[:159] + "…"}
    assert found[0].reason == "too_short"


def test_brackets_and_stars_in_a_path_are_letters(tmp_path, capsys):
    run = write_run(tmp_path / "runs [1]" / "small *", RECIPE[: RECIPE.index("  gates:")])
    assert main([str(run.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "small *"


@pytest.mark.parametrize("known", [0.4, 0.0])
def test_most_or_all_of_an_attribute_may_be_unknown(tmp_path, known):
    asked = RECIPE.replace("gender: {column: gender}, ", "gender: {column: gender}, hidden: {column: hidden}, ")
    run = write_run(tmp_path / "small-1", asked)
    for path in (run.source / "00000.parquet", *(run.data(side) for side in ("train", "validation", "test"))):
        rows = pl.read_parquet(path)
        listed = pl.when(pl.col("row") % 10 < known * 10).then(pl.lit(["a"])).otherwise(pl.lit(["unknown"]))
        rows.with_columns(group_hidden=listed).write_parquet(path)
    seal_curate(run)
    found = {measure.id: measure for measure in audit_run(run).measures}
    assert any(name.startswith("drop_rate") and name.endswith("hidden.unknown") for name in found)
    assert not any(name.endswith("hidden.unknown.rest") for name in found)
    assert ("tuned.accuracy.hidden.a" in found) == (known > 0)


def seal_curate(run: RunDirectory) -> None:
    """Give the manifest the digests of the data as they stand."""
    manifest = run.read_manifest()
    record = manifest.phases["curate"]
    sealed = record.model_copy(update={"files": {name: digest_file(run.path / name) for name in record.files}})
    run.write_manifest(manifest.model_copy(update={"phases": {**manifest.phases, "curate": sealed}}))


def test_a_recipe_without_metrics_gets_all_that_fit_and_a_short_list_only_those(tmp_path):
    line = next(line for line in RECIPE.splitlines() if "metrics:" in line)
    few = RECIPE.replace(line, "  metrics: [macro_f1]")
    asked = {
        name: {m.metric for m in audit_run(write_run(tmp_path / name, text)).measures if m.model == "tuned"}
        for name, text in (("all", RECIPE.replace(line + "\n", "")), ("few", few))
    }
    assert asked["all"] - asked["few"] == {
        "selection_rate", "true_positive_rate", "equalized_odds", "calibration_error", "brier", "log_loss", "balanced_accuracy",
        "bias_amplification", "prevalence", "auc", "bpsn_auc", "bnsp_auc", "impact_ratio", "impact_ratio_one_more", "scoring_rate",
        "scoring_impact_ratio", "scoring_impact_ratio_one_more", "temperature", "tempered_calibration_error", "tempered_brier",
        "tempered_log_loss", "bin_accuracy", "bin_confidence",
    }  # fmt: skip
    assert {"accuracy", "macro_f1", "f1", "confusion", "false_positive_rate"} <= asked["few"]  # the last for a gate


def test_a_report_of_accuracy_alone_is_written(tmp_path):
    line = next(line for line in RECIPE.splitlines() if "metrics:" in line)
    run = write_run(tmp_path / "small-1", RECIPE[: RECIPE.index("  gates:")].replace(line, "  metrics: []"))
    audit(run)
    assert "Accuracy" in (run.report / "report.md").read_text()


@pytest.mark.parametrize(
    ("task", "metric", "said"),
    [
        ("labels", "rouge_l", "'rouge_l' is not a metric of a task of kind classification; known: accuracy, macro_f1, calibration_error"),
        ("labels", "selection_rate", "'selection_rate' needs task.positive"),
        ("texts", "accuracy", "'accuracy' is not a metric of a task of kind instruction; known: loss, bits_per_byte, exact_match, bleu, rouge_l, chrf"),
    ],
)  # fmt: skip
def test_a_listed_metric_that_does_not_fit_the_task_is_refused(tmp_path, task, metric, said):
    tasks = {
        "labels": "{kind: classification, text: text, label: label}",
        "texts": '{kind: instruction, prompt: "{q}", completion: a}',
    }
    text = (
        f"version: 1\nname: t\nsources: [{{path: a.csv}}]\ntask: {tasks[task]}\naudit:\n  metrics: [loss, {metric}]\n"
    )
    place = 1 if task == "texts" else 0
    (tmp_path / "r.yaml").write_text(text if task == "texts" else text.replace("loss, ", ""))
    with pytest.raises(UserError) as raised:
        load_recipe(tmp_path / "r.yaml")
    assert f"audit.metrics.{place}: {said}" in str(raised.value)


def test_crossings_of_the_split_by_kind_and_pair_of_sides(unpredicted: RunDirectory):
    none = dict.fromkeys(("validation in train", "test in train", "test in validation"), 0)
    counts = {"same_text": {**none, "test in train": 3}, "near_duplicate": {**none, "test in train": 4}}
    for rows, total in (({"crossing_rows": {**none, "test in train": 4}}, 4), ({}, 7)):
        content = {"rows": {"train": 9, "test": 5}, "same_key": none, "child_and_parent": none, **counts, **rows}
        unpredicted.certificate.write_text(json.dumps(content))
        assert split_of(unpredicted) == {"train": 9, "test": 5, "crossings": total}
        found = crossings_of(unpredicted)
        assert (found["same text"], found["near-duplicate"]) == ({"test in train": 3}, {"test in train": 4})
        assert found.get("rows") == ({"test in train": 4} if rows else None)
        assert "same key" not in found


def test_one_answer_for_everything_is_called_degenerate(tmp_path):
    run = write_run(tmp_path / "small-1")
    answers = pl.read_parquet(run.predictions("base")).with_columns(answer=pl.lit("0"))
    answers.write_parquet(run.predictions("base"))
    manifest = run.read_manifest()
    record = manifest.phases["predict"]
    sealed = record.model_copy(update={"files": {name: digest_file(run.path / name) for name in record.files}})
    run.write_manifest(manifest.model_copy(update={"phases": {**manifest.phases, "predict": sealed}}))
    cautions = audit_run(run).cautions
    (said,) = (caution for caution in cautions if "one and the same answer" in caution)
    assert said.startswith("The base model has one and the same answer, 0, for 55 of 55 answered rows.")
    assert "against this degenerate model" in said
    assert any("zero-shot only" in caution for caution in cautions)


def test_which_steps_hold_mentions_equal_by_construction():
    steps = [
        {"step": "word_noise"},
        {"step": "word_noise", "guarded": False},
        {"step": "back_translate", "guards": {"identity": False}},
    ]
    asked = Recipe.model_validate(
        {
            "version": 1, "name": "t", "sources": [{"path": "a.csv"}], "split": {"test": 0.2}, "train_steps": steps,
            "task": {"kind": "classification", "text": "text", "label": "label"}, "groups": {"who": {"terms": "gender"}},
        }
    )  # fmt: skip
    assert guarded_steps(asked) == {"word_noise": ("who", "pronouns"), "back_translate": ("pronouns",)}
