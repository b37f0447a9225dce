"""The whole path: a run directory goes in; audit.json, the table of measures, the report and the exit code come out."""

import json
import math

import polars as pl
import pytest
from synthetic_run import RECIPE, write_run

from audit import metrics
from audit.__main__ import audit, main, read_audit
from audit.examples import examples_of
from audit.run import audit_run, evidence_of
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
    source.write_parquet(unpredicted.source)
    found = examples_of(unpredicted, load_recipe(unpredicted.recipe))
    assert [example.step for example in found] == ["length"] * 3
    assert {example.text for example in found} == {("write to [EMAIL] " + "x" * 300)[:159] + "…"}
    assert found[0].reason == "too_short"
