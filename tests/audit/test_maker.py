"""Who made an audit, by its key: a key or a version that somebody made up excuses no word, number, or line of a report."""

import pytest
from finished_run import MEASURE
from forged_run import LINES, forge, of_measure, seal, told

from audit.__main__ import audit_key, measure_table, read_audit
from audit.provenance import packages_of
from audit.report import write_report
from audit.verify import verify_audit
from curate import __version__
from curate.files import write_parquet
from curate.store import RunDirectory

UNKNOWN = "0" * 64
ALL_MET = "All of it keeps the limit: met."
OF_NONE = f"manifest.json: the key of the audit is of none that fairlead {__version__}, which the run names, makes of "
BY_ANOTHER = (
    f"manifest.json: by its key no fairlead {__version__} made the audit: what another one wrote cannot be judged"
)


def all_met(content) -> None:
    for verdict in content["verdicts"]:
        verdict["sentence"] = ALL_MET
    content["cautions"] = []


def name_packages(content, packages: dict[str, str]) -> None:
    (line,) = [line for line in content["provenance"] if line["what"] == "Packages of the audit"]
    line["value"] = ", ".join(f"{name} {version}" for name, version in packages.items())


def of_another_version(run: RunDirectory, change=lambda content: None) -> None:
    """Make the run one that names another version of fairlead, whose key nobody knows here."""
    run.write_manifest(run.read_manifest().model_copy(update={"fairlead": "0.0.9"}))
    forge(run, change)
    seal(run, key=UNKNOWN)


def test_an_unknown_key_excuses_nothing_where_the_run_names_this_version(run, at_once):
    seal(run, key=UNKNOWN)
    found = verify_audit(run)
    assert [line.partition(":")[0] for line in found.verified] == LINES  # all else is as it should be
    assert [str(mistake).replace(f"{run.path}/", "").startswith(OF_NONE) for mistake in found.mistakes] == [True]
    forge(run, all_met)
    first, second = told(run)
    assert first.startswith(OF_NONE)
    assert second.startswith('report/audit.json: verdicts.0.sentence is "All of it keeps the limit: met.", and ')


def test_an_audit_by_another_version_is_never_found_right(run, at_once):
    of_another_version(run, all_met)
    found = verify_audit(run)
    (mistake,) = found.mistakes
    assert str(mistake).replace(f"{run.path}/", "").startswith(BY_ANOTHER)
    assert "verify with the fairlead that made it (the run names 0.0.9)" in mistake.hint
    words, report = found.not_judged
    assert words.startswith(
        'audit: words read otherwise here: verdicts.0.sentence is "All of it keeps the limit: met."'
    )
    assert report == "report: not rendered again, because another version of fairlead wrote it"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of_measure(MEASURE, lambda measure: measure.update(value=0.99)), f"measure '{MEASURE}': value is 0.99, and"),
        (
            lambda content: content["verdicts"][1].update(outcome="met"),
            'verdicts.1.outcome is "met", and computed again',
        ),
        (lambda content: content["split"].update(test=1), "split.test is 1, and computed again it is "),
    ],
)
def test_no_number_or_outcome_is_excused_by_another_version(run, at_once, change, said: str):
    of_another_version(run, change)
    first, second, *_of_rows = told(run)
    assert first.startswith(BY_ANOTHER)
    assert second.startswith(f"report/audit.json: {said}")


def test_an_audit_made_with_other_packages_is_said_and_all_else_must_come_out_all_the_same(run, at_once):
    packages = {**packages_of(read_audit(run)), "numpy": "1.99"}
    forge(run, lambda content: name_packages(content, packages))
    stored = read_audit(run)
    write_parquet(run.report / "measures.parquet", measure_table(stored))
    write_report(stored, run.report)
    seal(run, key=audit_key(run, packages))
    found = verify_audit(run)
    assert (found.mistakes, [line.partition(":")[0] for line in found.verified]) == ((), LINES)
    (said,) = found.not_judged
    assert said.startswith("audit: it was made with numpy 1.99 (here ")
    assert said.endswith("a number that is resampled may come out otherwise for that alone")
    page = run.report / "report.html"
    page.write_text(page.read_text().replace("not met", "met"))
    seal(run)
    (said,) = told(run)
    assert said.startswith("report/report.html: is not what the stored audit is rendered to: line ")
    forge(run, of_measure(MEASURE, lambda measure: measure["interval"].update(low=0.1)))
    first = told(run)[0]
    assert first.startswith(f"report/audit.json: measure '{MEASURE}': interval.low is 0.1, and computed again it is 0.")
    assert "verify with the packages that made it (numpy 1.99 (here " in first


def test_only_the_versions_of_the_packages_are_excused_and_no_line_that_is_called_like_them(run, at_once):
    packages = {**packages_of(read_audit(run)), "numpy": "1.99"}

    def change(content) -> None:
        name_packages(content, packages)
        content["provenance"][3] = content["provenance"][-1]

    forge(run, change)
    seal(run, key=audit_key(run, packages))
    said = 'provenance.3.what is "Packages of the audit", and computed again it is "Licence of notes"'
    assert told(run)[0].startswith(f"report/audit.json: {said} (and 1 more fields differ); ")
