"""`python -m audit.verify RUN`: compute a stored audit again, and say of every part of it whether it is what the run gives.

In two ways: the whole audit is computed anew and compared field by field, and each measure is computed from its own rows, as
`audit.trace` does. Then the table of measures and the report are held against the stored audit. Exit code 0, 2 for a mistake
that the user can mend, 3 if something is not as it should be.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from audit.__main__ import measure_table, read_audit
from audit.as_read import check_as_read
from audit.differences import Absent, Difference, differences, shown
from audit.maker import Maker, maker_of
from audit.mistakes import reported
from audit.provenance import PACKAGES
from audit.recomputed import Recomputed, recompute
from audit.rendered import check_report
from audit.report.words import plural
from audit.results import Audit, Measure
from audit.run import audit_run, evidence_of
from curate.errors import Mistake, UserError, escaped, escaped_json
from curate.files import read_parquet
from curate.findings import AMISS, Findings
from curate.store import RunDirectory

Found = TypeVar("Found")

NUMBERS = ("value", "n", "numerator")
WORDS = ("title", "note", "undefined", "test", "method", "sentence", "gate")
"""The fields of an audit that are sentences or names for people; another version of fairlead may write them otherwise."""
WORDY = ("cautions", "provenance")
"""The parts that are nothing but sentences."""
NOT_RENDERED = "report: not rendered again, because the audit is not what the run gives"
NOT_OURS = "report: not rendered again, because another version of fairlead wrote it"
UNSOUND = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError),
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),
)
"""What computing raises where files of a run contradict each other; the audit that is stored was computed without."""


def verify_audit(run: RunDirectory) -> Findings:
    """Compute the audit of a run again, and return what of the stored one is right and what is not.

    The files have to be those that the manifest names (`curate.verify` compares them first).
    """
    stored = read_audit(run)
    maker = maker_of(run, stored)
    again = _computing(run, lambda: audit_run(run))
    fields = _of_fields(run, stored, again, maker)
    found = maker.found + fields + _of_rows(run, stored, again) + _of_table(run, stored)
    if fields.mistakes or maker.other_fairlead:
        return found + Findings(not_judged=(NOT_RENDERED if fields.mistakes else NOT_OURS,))
    return found + check_as_read(run, stored, maker.hint) + check_report(run, stored, maker.hint)


def _computing(run: RunDirectory, work: Callable[[], Found]) -> Found:
    """Compute something from a run's files; what cannot be computed is no fault of the code that computed it before."""
    try:
        return work()
    except UNSOUND as error:
        said = (str(error).splitlines() or [""])[0]
        what = f"the audit cannot be computed from its files ({type(error).__name__}: {said})"
        raise UserError(
            Mistake(str(run.path), what, "files were changed with their digests; run the recipe again")
        ) from error


def _of_fields(run: RunDirectory, stored: Audit, again: Audit, maker: Maker) -> Findings:
    """Compare the stored audit with the one computed again, field by field."""
    found = list(differences(_content(stored), _content(again)))
    excused = [each for each in found if _is_excused(each, again, maker)]
    judged = [each for each in found if each not in excused]
    where, hint = str(run.report / "audit.json"), maker.hint
    of_measures = [each for each in judged if each.place[0] == "measures"]
    others = [each for each in judged if each.place[0] != "measures"]
    mistakes = [Mistake(where, f"{others[0]}{_more(len(others), 'fields')}", hint)] if others else []
    names = tuple(dict.fromkeys(each.place[1] for each in of_measures))
    if names:
        mistakes.append(Mistake(where, f"{_of_measure(of_measures[0])}{_more(len(names), 'measures')}", hint))
    elif [measure.id for measure in stored.measures] != [measure.id for measure in again.measures]:
        mistakes.append(Mistake(where, "lists its measures in another order, or one of them twice", hint))
    if mistakes:
        return Findings(mistakes=tuple(mistakes))
    counted = f"{plural(len(again.measures), 'measure')}, {plural(len(again.verdicts), 'verdict')}"
    if not maker.other_fairlead:
        return Findings((f"audit: computed anew it has the same {counted}, account and alarms, field by field",))
    words = (f"audit: words read otherwise here: {excused[0]}{_more(len(excused), 'fields')}",) if excused else ()
    return Findings((f"audit: computed anew the numbers and outcomes of {counted} are the same",), not_judged=words)


def _content(audit: Audit) -> dict[str, Any]:
    """Return an audit as JSON holds it, its measures by their ids."""
    content: dict[str, Any] = json.loads(audit.model_dump_json())
    return {**content, "measures": {measure["id"]: measure for measure in content["measures"]}}


def _is_excused(difference: Difference, again: Audit, maker: Maker) -> bool:
    """Return whether whoever made the audit may have written this place otherwise: no number or outcome ever, only words."""
    place = difference.place
    if maker.other_fairlead:
        words = isinstance(difference.stored, str) and isinstance(difference.found, str)
        return place[0] in WORDY or (words and place[-1] in WORDS)
    versions = [("provenance", str(at), "value") for at, line in enumerate(again.provenance) if line.what == PACKAGES]
    return maker.other_packages and place in versions


def _of_measure(difference: Difference) -> str:
    _measures, name, *field = difference.place
    if not field:
        stored = not isinstance(difference.stored, Absent)
        return f"measure '{name}' " + ("is none of this run's" if stored else "of this run is missing")
    return f"measure '{name}': {Difference(tuple(field), difference.stored, difference.found)}"


def _more(count: int, what: str) -> str:
    return f" (and {count - 1:,} more {what} differ)" if count > 1 else ""


def _of_rows(run: RunDirectory, stored: Audit, again: Audit) -> Findings:
    """Compute each stored value and its counts from the measure's own rows, by the definition that it has in this run."""
    _recipe, _models, evidence = evidence_of(run)
    definitions = {measure.id: measure for measure in again.measures}
    known = [
        definitions[measure.id].model_copy(update={name: getattr(measure, name) for name in NUMBERS})
        for measure in stored.measures
        if measure.id in definitions
    ]
    wrong = [each for each in (recompute(one, evidence, definitions) for one in known) if not each.agrees]
    if not wrong:
        line = f"measures: each of {len(known)} has the value that its own rows give, as 'fairlead trace' computes it"
        return Findings((line,))
    what = f"{_against_rows(wrong[0])}{_more(len(wrong), 'measures')}"
    hint = f"'fairlead trace {run.path} {wrong[0].measure.id}' lists the rows"
    return Findings(mistakes=(Mistake(str(run.report / "audit.json"), what, hint),))


def _against_rows(found: Recomputed) -> str:
    measure, value = found.measure, "undefined" if found.value is None else f"{found.value:.10g}"
    stored = "undefined" if measure.value is None else f"{measure.value:.10g}"
    counts = "" if found.rows is None else f", {_counted(measure)}; there are {found.hits:,} of {len(found.rows):,}"
    return f"measure '{measure.id}' is not what its rows give: stored {stored}, computed from them {value}{counts}"


def _counted(measure: Measure) -> str:
    return f"of {measure.n:,} rows" if measure.numerator is None else f"{measure.numerator:,} of {measure.n:,} rows"


def _of_table(run: RunDirectory, stored: Audit) -> Findings:
    """Compare the table of measures with the stored audit."""
    path, expected = run.report / "measures.parquet", measure_table(stored).to_dicts()
    table = _computing(run, lambda: read_parquet(path).to_dicts())
    found = next(iter(differences(table, expected)), None)
    if found is None:
        return Findings((f"{path.name}: says the same of {len(table)} measures as audit.json",))
    place, *column = found.place
    name = expected[int(place)]["id"] if int(place) < len(expected) else f"in line {place}"
    field, here, there = ".".join(column) or "it", shown(found.stored), shown(found.found)
    what = f"measure '{name}' is not as in audit.json: {field} is {here}, there {there}"
    hint = f"remove {run.report} and run 'fairlead audit {run.path}' to make it anew"
    return Findings(mistakes=(Mistake(str(path), what, hint),))


def as_text(found: Findings) -> str:
    """Return findings in lines, what is right first."""
    lines: Iterable[str] = (*found.verified, *(f"not judged: {line}" for line in found.not_judged))
    return "".join(f"{escaped(line)}\n" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and verify; return 0, 3 where something is not as it should be, 2 for a user's mistake."""
    parser = argparse.ArgumentParser(prog="python -m audit.verify", description="Compute the audit of a run again.")
    parser.add_argument("run", type=Path, help="the run directory")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    return reported(lambda: _print_findings(_found(RunDirectory(given.run)), as_json=given.json))


def _found(run: RunDirectory) -> Findings:
    """Return the findings; in a run that has an audit, what cannot be read or computed is one of them."""
    manifest = run.read_manifest()
    try:
        return verify_audit(run)
    except UserError as error:
        if "audit" not in manifest.phases:
            raise
        return Findings(mistakes=error.mistakes)


def _print_findings(found: Findings, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(escaped_json(json.dumps(found.in_json(), indent=2, ensure_ascii=False)) + "\n")
    else:
        sys.stdout.write(as_text(found))
        sys.stderr.write("".join(f"{mistake}\n" for mistake in found.mistakes))
    return AMISS if found.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
