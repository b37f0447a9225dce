"""Trace: a number recomputed from its rows, and a loud word where it is not what they give."""

import errno
import json
import shutil

import pytest
from typer.testing import CliRunner

from audit.__main__ import main as audit_main
from audit.__main__ import read_audit
from audit.trace import main
from curate.cli import app
from curate.files import digest_file
from curate.store import RunDirectory


def seal(run: RunDirectory) -> None:
    """Give the manifest the digest of the report as it stands, as who forges both would."""
    manifest = run.read_manifest()
    record = manifest.phases["audit"]
    files = {**record.files, "report/audit.json": digest_file(run.report / "audit.json")}
    phases = {**manifest.phases, "audit": record.model_copy(update={"files": files})}
    run.write_manifest(manifest.model_copy(update={"phases": phases}))


def test_a_damaged_audit_is_a_users_mistake(audited: RunDirectory, tmp_path, capsys):
    shutil.copytree(audited.path, tmp_path / "copy")
    run = RunDirectory(tmp_path / "copy")
    for damaged in (b'{"schema_version": 1', b'{"name": "x"}', b"\xff"):
        (run.report / "audit.json").write_bytes(damaged)
        seal(run)
        assert main([str(run.path), "rows.read"]) == 2
        assert "is damaged, or was written by another fairlead; run 'fairlead audit" in capsys.readouterr().err


def test_what_the_system_refuses_is_a_users_mistake(audited: RunDirectory, monkeypatch, capsys):
    def refuse(_run: RunDirectory) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "audit.json")

    monkeypatch.setattr("audit.trace.read_audit", refuse)
    monkeypatch.setattr("audit.__main__.audit", refuse)
    for command in (lambda: main([str(audited.path), "rows.read"]), lambda: audit_main([str(audited.path)])):
        assert command() == 2
        assert capsys.readouterr().err.startswith("audit.json: cannot be used (Permission denied)")


def test_the_command_line_passes_the_number_of_rows_on(audited: RunDirectory, capfd):
    measure = "drop_rate.length.gender.woman"
    for rows, listed in (("3", 3), ("0", 91)):
        CliRunner().invoke(app, ["trace", str(audited.path), measure, "--rows", rows, "--json"])
        (leaf,) = json.loads(capfd.readouterr().out)["rests_on"]
        assert (leaf["n"], len(leaf["rows"]), leaf["rows_left_out"]) == (91, listed, 91 - listed)


def test_a_number_of_rows_is_not_below_zero(audited: RunDirectory, capsys):
    with pytest.raises(SystemExit):
        main([str(audited.path), "rows.read", "--rows", "-1"])
    assert "'-1' is no number of rows; give 20, or 0 for all" in capsys.readouterr().err


def test_a_rate_names_its_rows(audited: RunDirectory, capsys):
    assert main([str(audited.path), "drop_rate.length.gender.woman", "--rows", "3"]) == 0
    said = capsys.readouterr().out
    assert "the stored value is what the rows give" in said
    assert "rows where reached_length = true and group_gender = woman" in said
    assert "* notes/36" in said
    assert "(--rows 0 lists all)" in said


def test_a_gap_rests_on_the_rates_of_its_groups(audited: RunDirectory, capsys):
    assert main([str(audited.path), "change.equalized_odds.gender.difference", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"] is True
    names = [leaf["id"] for leaf in found["rests_on"]]
    assert "base.true_positive_rate.gender.man" in names
    assert "tuned.false_positive_rate.gender.woman" in names
    assert all(leaf["stored"] == leaf["recomputed"] for leaf in found["rests_on"])


def test_the_p_value_of_the_report_comes_first(audited: RunDirectory, capsys):
    found = {measure.id: measure for measure in read_audit(audited).measures}["change.accuracy"]
    assert main([str(audited.path), found.id]) == 0
    expected = f"adjusted p = {found.p_adjusted:.4g} (p = {found.p_value:.4g} before the correction)"
    assert expected in capsys.readouterr().out


def test_all_rows_can_be_listed(audited: RunDirectory, capsys):
    main([str(audited.path), "refused.sample.too_similar", "--json", "--rows", "0"])
    (leaf,) = json.loads(capsys.readouterr().out)["rests_on"]
    assert len(leaf["rows"]) == leaf["n"] == 34
    assert [row["row_name"] for row in leaf["rows"] if row["hit"]] == ["notes/3", "notes/4", "notes/6", "notes/7"]


def test_an_unknown_measure_is_a_users_mistake(audited: RunDirectory, capsys):
    assert main([str(audited.path), "tuned.acuracy"]) == 2
    assert "did you mean 'tuned.accuracy'?" in capsys.readouterr().err


def test_a_run_without_audit_is_a_users_mistake(unpredicted: RunDirectory, capsys):
    assert main([str(unpredicted.path), "rows.read"]) == 2
    assert "this run has no audit" in capsys.readouterr().err


def test_a_forged_number_is_found(audited: RunDirectory, tmp_path, capsys):
    shutil.copytree(audited.path, tmp_path / "copy")
    report = tmp_path / "copy" / "report" / "audit.json"
    content = json.loads(report.read_text())
    measure = next(m for m in content["measures"] if m["id"] == "tuned.accuracy")
    measure["value"] += 0.01
    report.write_text(json.dumps(content))
    assert main([str(tmp_path / "copy"), "tuned.accuracy"]) == 2
    said = capsys.readouterr().err
    assert "audit.json: is not what 'audit' wrote" in said
    assert f"run 'fairlead audit {tmp_path / 'copy'}' again" in said
    seal(RunDirectory(tmp_path / "copy"))
    for name in ("tuned.accuracy", "change.accuracy"):
        assert main([str(tmp_path / "copy"), name]) == 1
        printed = capsys.readouterr()
        assert "THE STORED VALUE IS NOT WHAT THE ROWS GIVE" in printed.out
        assert "they differ" in printed.err
