"""An audit of a table from anywhere, of two predictions of the same rows, and of two runs: through the command."""

import json
import re

import pytest
from typer.testing import CliRunner

from audit.__main__ import read_audit
from curate.cli import app
from curate.store import RunDirectory

ROWS = "id,y,p,q,sex,race\n" + "".join(
    f"{place},{place % 2},{(place // 2) % 2},{place % 2},{'fm'[place % 3 == 0]},{'ab'[place % 5 == 0]}\n"
    for place in range(60)
)
TABLE = ("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def audit(*arguments: str):
    return CliRunner().invoke(app, ["audit", *arguments])


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A table of two predictions, audited."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "table.csv").write_text(ROWS)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        result = audit(
            "--table", "table.csv", "--label", "y", "--prediction", "q", "--baseline", "p", "--groups", "sex"
        )
    assert result.exit_code == 0, result.output
    return folder


def audited(folder) -> dict:
    (run,) = (path for path in (folder / "runs").iterdir() if path.is_dir() and not path.name.startswith("."))
    return {measure.id: measure for measure in read_audit(RunDirectory(run)).measures}


def test_a_table_is_audited_with_its_groups_crossed(folder):
    result = audit("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex,race")
    assert result.exit_code == 0, result.output
    found = audited(folder)
    women = [place for place in range(60) if place % 3]
    assert found["given.selection_rate.sex.f"].n == len(women)
    assert found["given.selection_rate.sex.f"].numerator == sum((place // 2) % 2 for place in women)
    assert found["given.selection_rate.sex_race.f_b"].n == sum(place % 5 == 0 for place in women)


def test_predictions_of_a_class_that_no_row_has_are_told(folder):
    (folder / "table.csv").write_text(ROWS.replace("0,0,0,0,", "0,0,maybe,0,", 1))
    result = audit("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex")
    assert result.exit_code == 0, result.output
    (run,) = (path for path in (folder / "runs").iterdir() if (path / "manifest.json").is_file())
    told = "1 of 60 answers of given are classes that no row truly has: maybe (1). They count as wrong answers"
    assert any(caution.startswith(told) for caution in read_audit(RunDirectory(run)).cautions)


def test_two_predictions_of_the_same_rows_are_compared(compared):
    found = audited(compared)
    assert (found["base.accuracy"].value, found["tuned.accuracy"].value) == (0.5, 1.0)
    assert found["change.better"].value == 30
    assert found["mcnemar"].value == pytest.approx(2 * 0.5**30)


def test_nothing_is_called_tuned_where_nothing_was_trained(compared):
    report = next((compared / "runs").glob("table-*/report/report.md")).read_text()
    words = re.sub(r"`[^`]*`", "", report)  # ids keep the names base and tuned
    assert re.findall(r"(?i)[^.|]*(?:\btun|\bbase\b|both models|prompt)[^.|]*", words) == []
    assert "## Baseline against predictions" in words
    assert "no model was run here. Accuracy: 50.0\u00a0% in the baseline, 100.0\u00a0% in the predictions" in words
    assert "how they differ from the baseline's" in words
    assert "| Predictions | came with the data: baseline in column p, predictions in column q |" in words
    titles = {
        measure.title for measure in audited(compared).values() if measure.id.startswith(("base", "tuned", "change"))
    }
    assert not [title for title in titles if re.search(r"(?i)tun|base\b|model", title)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "audit: is given nothing to audit; name a run directory, or a --table"),
        (
            ("--table", "table.csv", "--label", "y"),
            "--prediction: is missing; a table needs it: its column\n--groups: is missing",
        ),
        (("runs/x", "--table", "table.csv"), "--table: is given beside a run directory; name one of the two"),
        (("--table", "table.csv", "--label", "y", "--prediction", "pp", "--groups", "sex"), "has no column 'pp'"),
        (("--table", "no.csv", "--label", "y", "--prediction", "p", "--groups", "sex"), "no.csv"),
        (
            ("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex,sex"),
            "--groups: names a column twice",
        ),
        (
            ("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex", "--positive", "yes"),
            "--positive: names 'yes', which no row has in y; its labels are '0', '1'; say which of them count as selected",
        ),
        (
            ("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex", "--baseline-score", "q"),
            "--table: baseline_score belongs to a baseline",
        ),
        (
            ("--table", "table.csv", "--label", "y", "--prediction", "p", "--groups", "sex", "--against", "runs/x"),
            "--against: has no effect on a table; name the other predictions of a table in --baseline, or two runs",
        ),
        (
            ("runs/x", "--label", "nonsense", "--groups", "zzz", "--positive", "1"),
            "--label: has no effect on a run; it says something of a --table; what a run is audited by is in its recipe\n--groups:",
        ),
        (("runs/x", "--against", "runs/y", "--baseline-score", "s"), "--baseline-score: has no effect on a run"),
        (("runs/x", "--separator", ";"), "--separator: has no effect on a run"),
        ((*TABLE, "--separator", ":"), "Invalid value for '--separator': ':' is not one of ;, |, tab"),
        (("runs/x", "--positive", "1"), "--positive: has no effect on a run"),
    ],
)
def test_a_mistake_is_told_and_no_traceback(folder, arguments, said):
    result = audit(*arguments)
    assert result.exit_code == 2
    assert said in result.output.replace("\n  ", "\n")
    assert "Traceback" not in result.output


NO_LABELS = "y,p,sex\n" + ",1,f\n" * 30
SCORES = "y,p,sex\n" + "".join(f"0.{place:02},1,f\n" for place in range(10, 500))
NAMES = "y,p,sex\n" + "".join(f"person {place},1,f\n" for place in range(10, 50))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("y,p,sex\n", "--table: the table has no rows; name a file with a row for each prediction\n"),
        (NO_LABELS, "--label: none of the table's 30 rows has a label in y; name the column of the truth\n"),
        (f"{NO_LABELS}1,1\n", "--table: none of the table's 31 rows can be audited; table/2: y: no label\n"),
        (
            SCORES,
            "no row has in y; y has 490 different values, such as 0.10, 0.100, 0.101; it looks like a score, not a label\n",
        ),
        (
            NAMES,
            "y has 40 different values, such as person 10, person 11, person 12; name the column of labels in --label\n",
        ),
    ],
)
def test_a_table_without_labels_is_told(folder, rows, said):
    (folder / "table.csv").write_text(rows)
    result = audit(*TABLE)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--prediction", "y"), "--prediction: names y, the column of --label too; name a column of its own\n"),
        (("--score", "y"), "--score: names y, the column of --label too;"),
        (("--score", "p"), "--score: names p, the column of --prediction too;"),
        (("--baseline", "p"), "--baseline: names p, the column of --prediction too;"),
        (("--baseline", "y"), "--baseline: names y, the column of --label too;"),
        (("--baseline", "q", "--score", "q"), "--score: names q, the column of --baseline too;"),
        (
            ("--baseline", "q", "--score", "id", "--baseline-score", "q"),
            "--baseline-score: names q, the column of --baseline too;",
        ),
        (("--groups", "sex,y"), "--groups: names y, the column of --label too; name what a row is about\n"),
        (("--groups", "p"), "--groups: names p, the column of --prediction too;"),
    ],
)
def test_a_column_that_two_options_name_is_told(folder, arguments, said):
    result = audit(*TABLE, *arguments)
    assert result.exit_code == 2
    assert result.output.startswith(said)
    assert not (folder / "runs").exists()


def test_two_predictions_may_be_made_of_one_score(folder):
    result = audit(*TABLE, "--baseline", "q", "--score", "id", "--baseline-score", "id")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("sign", "named"), [(";", ";"), ("|", "|"), ("\t", "tab")])
def test_who_did_not_say_how_a_table_is_separated_is_told(folder, sign, named):
    (folder / "table.csv").write_text(ROWS.replace(",", sign))
    result = audit(*TABLE)
    assert result.exit_code == 2
    assert f'; add --separator "{named}"\n' in result.output


def test_a_table_may_be_separated_otherwise(folder):
    (folder / "table.csv").write_text(ROWS.replace(",", "\t"))
    result = audit(*TABLE, "--separator", "tab")
    assert result.exit_code == 0, result.output
    assert audited(folder)["given.selection_rate.sex.f"].n == sum(place % 3 > 0 for place in range(60))


def test_two_runs_are_compared_on_the_rows_of_the_same_names(folder, capfd):
    recipe = """
version: 1
name: NAME
sources: [{path: table.csv}]
task: {kind: classification, label: y, prediction: COLUMN, positive: ["1"]}
groups: {sex: {column: sex}}
audit: {replicates: 200, gates: [{metric: accuracy, min: 0.9}]}
"""
    for name, column in (("first", "p"), ("second", "q")):
        (folder / f"{name}.yaml").write_text(recipe.replace("NAME", name).replace("COLUMN", column))
        assert CliRunner().invoke(app, ["curate", f"{name}.yaml"]).exit_code == 0
    first, second = (next((folder / "runs").glob(f"{name}-*")) for name in ("first", "second"))
    result = audit(str(second), "--against", f"{second}/../{second.name}")
    assert result.exit_code == 2
    assert "the run that is audited; name another run" in result.output
    result = audit(str(second), "--against", str(first), "--json")
    assert result.exit_code == 0, result.output
    said = f"The answers of two runs: {second.name} against {first.name}, on the 60 rows that both were asked about."
    assert said in result.stderr
    found = json.loads(capfd.readouterr().out)
    assert said in found["cautions"], "a reviewer of the stored run sees it, too"
    values = {measure["id"]: measure["value"] for measure in found["measures"]}
    assert (values["base.accuracy"], values["tuned.accuracy"], values["change.accuracy"]) == (0.5, 1.0, 0.5)
    assert found["verdicts"][0]["outcome"] == "met"
    assert found["name"].startswith("second-")


def test_runs_without_a_row_in_common_are_told(folder):
    recipe = """
version: 1
name: NAME
sources: [{path: table.csv, name: NAME}]
task: {kind: classification, label: y, prediction: p, positive: ["1"]}
groups: {sex: {column: sex}}
"""
    for name in ("first", "second"):
        (folder / f"{name}.yaml").write_text(recipe.replace("NAME", name))
        CliRunner().invoke(app, ["curate", f"{name}.yaml"])
    first, second = (next((folder / "runs").glob(f"{name}-*")) for name in ("first", "second"))
    result = audit(str(second), "--against", str(first))
    assert result.exit_code == 2
    assert "was asked about none of the rows of" in result.output
