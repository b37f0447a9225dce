"""Whether audit.json holds what is read from it and no more, and the manifest tells its outcomes."""

import json
from collections.abc import Iterator

from audit.__main__ import outcomes
from audit.results import Audit
from curate.errors import Mistake
from curate.findings import Findings
from curate.repeated_keys import repeated_keys
from curate.store import RunDirectory


def check_as_read(run: RunDirectory, stored: Audit, hint: str) -> Findings:
    """Compare the text of `audit.json` and the outcomes in the manifest with the audit that is read; `hint` says what to do."""
    return Findings(mistakes=tuple(_mistakes(run, stored, hint)))


def _mistakes(run: RunDirectory, stored: Audit, hint: str) -> Iterator[Mistake]:
    path = run.report / "audit.json"
    text = path.read_bytes()
    twice = repeated_keys(text)
    if twice:
        yield Mistake(str(path), f"has the key '{twice[0]}' twice in one place", hint)
    elif json.loads(text) != json.loads(stored.model_dump_json()):
        yield Mistake(
            str(path), "is not written as an audit is: a field is missing, or a number is written as a text", hint
        )
    notes, expected = run.read_manifest().phases["audit"].notes, outcomes(stored)
    if notes != expected:
        name = next(name for name in {**expected, **notes} if notes.get(name) != expected.get(name))
        what = f"tells of {name} '{notes.get(name, 'nothing')}', and audit.json '{expected.get(name, 'nothing')}'"
        yield Mistake(str(run.manifest), what, hint)
