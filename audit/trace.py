"""`python -m audit.trace RUN MEASURE`: recompute one number from its rows, compare it with the stored one, list the rows."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audit.__main__ import read_audit
from audit.mistakes import reported
from audit.recomputed import Recomputed, recompute
from audit.results import Audit, Measure
from audit.run import evidence_of
from curate.errors import Mistake, UserError, did_you_mean, escaped, escaped_json
from curate.store import RunDirectory

ROWS = 20


@dataclass(frozen=True)
class Traced:
    """A measure computed again, and the measures of rows that it rests on, each with its rows in the evidence."""

    whole: Recomputed
    leaves: tuple[Recomputed, ...]

    @property
    def agrees(self) -> bool:
        """Whether the stored value is what the rows give, and so is every value and count behind it."""
        return self.whole.agrees and all(leaf.agrees for leaf in self.leaves)


def trace(run: RunDirectory, name: str) -> Traced:
    """Recompute a measure from the evidence, which is built anew from the run's files."""
    found = _checked_audit(run)
    measures = {measure.id: measure for measure in found.measures}
    if name not in measures:
        raise UserError(
            Mistake(str(run.report / "audit.json"), f"no measure is called '{name}'", _nearest(name, list(measures)))
        )
    _recipe, _models, evidence = evidence_of(run)
    leaves = tuple(recompute(leaf, evidence, measures) for leaf in _leaves(measures[name], measures))
    return Traced(recompute(measures[name], evidence, measures), leaves)


def _checked_audit(run: RunDirectory) -> Audit:
    """Read the audit after comparing the digests of what the audit wrote; raises `UserError` if something changed since."""
    if "audit" in run.read_manifest().phases:
        try:
            run.check_phase("audit")
        except UserError as error:
            hint = f"run 'fairlead audit {run.path}' again"
            raise UserError([replace(mistake, hint=hint) for mistake in error.mistakes]) from error
    return read_audit(run)


def _nearest(name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    return (
        hint
        if hint.startswith("did you mean")
        else f"there are {len(known)} measures; 'fairlead audit RUN --json' lists them"
    )


def _leaves(measure: Measure, measures: Mapping[str, Measure]) -> list[Measure]:
    """Return the measures of rows that a measure rests on: itself, or those of its parts."""
    if not measure.parts:
        return [measure] if measure.selection is not None else []
    found = [leaf for part in measure.parts for leaf in _leaves(measures[part], measures)]
    return list({leaf.id: leaf for leaf in found}.values())


def as_json(traced: Traced, limit: int) -> str:
    """Return the trace as JSON; `limit` rows a measure, 0 for all."""
    leaves = [_leaf_json(leaf, limit) for leaf in traced.leaves]
    written = json.dumps(
        {
            "schema_version": 1,
            "id": traced.whole.measure.id,
            "stored": traced.whole.measure.value,
            "recomputed": traced.whole.value,
            "agrees": traced.agrees,
            "rests_on": leaves,
        },
        indent=2,
        ensure_ascii=False,
    )
    return escaped_json(written)


def _leaf_json(leaf: Recomputed, limit: int) -> dict[str, Any]:
    measure, rows = leaf.measure, leaf.rows
    assert measure.selection is not None
    assert rows is not None
    return {
        "id": measure.id,
        "stored": measure.value,
        "recomputed": leaf.value,
        "n": len(rows),
        "numerator": leaf.hits,
        "selection": measure.selection.model_dump(),
        "hits": measure.hits,
        "rows": (rows.head(limit) if limit else rows).to_dicts(),
        "rows_left_out": max(len(rows) - limit, 0) if limit else 0,
    }


def as_text(traced: Traced, limit: int) -> str:
    """Return the trace in words; `limit` rows a measure, 0 for all."""
    measure = traced.whole.measure
    lines = [
        measure.title,
        f"{measure.id} = {_number(measure.value)}"
        + (f" (undefined: {measure.undefined})" if measure.undefined else ""),
    ]
    if measure.interval is not None:
        interval = measure.interval
        lines.append(
            f"{100 * interval.confidence:g} % interval {interval.low:.6g} to {interval.high:.6g} ({interval.method})"
        )
    lines += [_test(measure)] if measure.p_value is not None else []
    lines += [f"note: {measure.note}"] if measure.note else []
    lines += [f"made of: {', '.join(measure.parts)}"] if measure.parts else []
    lines.append(
        "the stored value is what the rows give"
        if traced.agrees
        else f"THE STORED VALUE IS NOT WHAT THE ROWS GIVE: {_number(traced.whole.value)}"
    )
    for leaf in traced.leaves:
        own = leaf.measure.id == measure.id
        lines += ["", *(() if own else (_leaf_line(leaf),)), *_rows_of(leaf, limit)]
    return "\n".join(map(escaped, lines))


def _test(measure: Measure) -> str:
    """Return a measure's test; after a correction first the p-value that the report shows."""
    alone = f"p = {measure.p_value:.4g}"
    said = (
        alone
        if measure.p_adjusted is None
        else f"adjusted p = {measure.p_adjusted:.4g} ({alone} before the correction)"
    )
    return f"test: {measure.test}, {said}"


def _leaf_line(leaf: Recomputed) -> str:
    said = f"{leaf.measure.id} = {_number(leaf.measure.value)}, from the rows {_number(leaf.value)}"
    return said if leaf.agrees else f"{said}  <-- DIFFERENT"


def _rows_of(leaf: Recomputed, limit: int) -> list[str]:
    """Return the rows that a number is worked out from."""
    measure, rows = leaf.measure, leaf.rows
    assert measure.selection is not None
    assert rows is not None
    wanted = measure.selection.equals
    where = " and ".join(f"{column} = {_shown(value)}" for column, value in wanted.items()) or "every row"
    counted = " and ".join(f"{column} = {_shown(value)}" for column, value in measure.hits.items())
    lines = [f"  table {measure.selection.table}, rows where {where}: {len(rows):,}"]
    lines += [f"  of them where {counted}: {leaf.hits:,}, marked *"] if counted else []
    ordered = rows.sort("hit", descending=True, maintain_order=True) if counted else rows
    shown = ordered.head(limit) if limit else ordered
    lines += [f"    {'*' if counted and hit else ' '} {name}" for name, hit in shown.iter_rows()]
    left = len(rows) - len(shown)
    return [*lines, *([f"      and {left:,} more (--rows 0 lists all)"] if left else [])]


def _shown(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.10g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and trace; return 0, 1 where the stored number is not what the rows give, 2 for a user's mistake."""
    parser = argparse.ArgumentParser(
        prog="python -m audit.trace", description="Recompute one number of an audit from its rows."
    )
    parser.add_argument("run", type=Path, help="the run directory")
    parser.add_argument("measure", help="the id of a measure, as the report prints it beside the number")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rows", type=_count, default=ROWS, help=f"rows to list for each rate ({ROWS}; 0 for all)")
    given = parser.parse_args(arguments)
    shown = as_json if given.json else as_text
    return reported(lambda: _print_trace(trace(RunDirectory(given.run), given.measure), shown, given.rows))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no number of rows; give 20, or 0 for all")
    return int(text)


def _print_trace(traced: Traced, shown: Callable[[Traced, int], str], limit: int) -> int:
    sys.stdout.write(shown(traced, limit) + "\n")
    if not traced.agrees:
        sys.stderr.write(
            f"{escaped(traced.whole.measure.id)}: stored {_number(traced.whole.measure.value)}, "
            f"from its rows {_number(traced.whole.value)}: they differ\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
