"""Trace: a number recomputed from its rows, and a loud word where it is not what they give."""

import json
import shutil

from audit.trace import main
from curate.store import RunDirectory


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
    for name in ("tuned.accuracy", "change.accuracy"):
        assert main([str(tmp_path / "copy"), name]) == 1
        printed = capsys.readouterr()
        assert "THE STORED VALUE IS NOT WHAT THE ROWS GIVE" in printed.out
        assert "they differ" in printed.err
