"""What stands in audit.json is what is read from it, and what the manifest tells of the gates is what the audit says."""

import json

from forged_run import forge, seal, told


def test_a_key_that_stands_twice_is_named(run, at_once):
    path = run.report / "audit.json"
    text = path.read_text()
    path.write_text(text.replace('"outcome": "not met"', '"outcome": "met", "outcome": "not met"', 1))
    seal(run)
    (said,) = told(run)
    assert said.startswith("report/audit.json: has the key 'outcome' twice in one place; the audit was changed after")


def test_a_number_in_quotes_and_a_field_that_is_left_out(run, at_once):
    said = "report/audit.json: is not written as an audit is: a field is missing, or a number is written as a text"
    sound = (run.report / "audit.json").read_text()
    forge(run, lambda content: content.update(confidence=str(content["confidence"])))
    assert told(run)[0].startswith(said)
    (run.report / "audit.json").write_text(sound)
    forge(run, lambda content: content["verdicts"][1].pop("needed"))
    assert told(run)[0].startswith(said)


def test_space_between_the_fields_is_no_mistake(run, at_once):
    forge(run, lambda content: None)
    assert (run.report / "audit.json").read_text() == json.dumps(json.loads((run.report / "audit.json").read_text()))
    assert told(run) == []


def test_outcomes_in_the_manifest_are_those_of_the_audit(run, at_once):
    notes = run.read_manifest().phases["audit"].notes
    assert notes["gate 2"].endswith(": not met")
    seal(run, notes={**notes, "gate 2": notes["gate 2"].replace("not met", "met")})
    (said,) = told(run)
    assert said.startswith(
        f"manifest.json: tells of gate 2 '{notes['gate 2'].replace('not met', 'met')}', and audit.json '"
    )
    seal(run, notes={**notes, "gate 3": "all: met"})
    assert told(run)[0].startswith("manifest.json: tells of gate 3 'all: met', and audit.json 'nothing'")
