"""The command `audit`: of a run, of a table of labels and predictions, or of a run against another."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.commands.shared import NOT_MET, RUNS, Json, Runs, exit_with, one_of, user_errors

if TYPE_CHECKING:
    from curate.errors import UserError
    from curate.recipe import Recipe
    from curate.store import RunDirectory


OfRun = Annotated[Path | None, typer.Argument(metavar="[RUN]", help="A run directory; or name a --table.")]
Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="RUN", help="Another run: its answers to the same rows are the baseline."),
]
Table = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="Labels and predictions from anywhere, to audit alone."),
]
Label = Annotated[str | None, typer.Option("--label", metavar="COLUMN", help="The table's truth.")]
Prediction = Annotated[str | None, typer.Option("--prediction", metavar="COLUMN", help="The table's predictions.")]
Score = Annotated[str | None, typer.Option("--score", metavar="COLUMN", help="How sure they are, if known.")]
Baseline = Annotated[
    str | None,
    typer.Option("--baseline", metavar="COLUMN", help="Other predictions of the same rows, to compare them with."),
]
BaselineScore = Annotated[
    str | None, typer.Option("--baseline-score", metavar="COLUMN", help="How sure those are, if known.")
]
Groups = Annotated[
    str | None,
    typer.Option("--groups", metavar="COLUMNS", help="Who a row is about: sex,race. Up to three are crossed."),
]
Positive = Annotated[
    str | None,
    typer.Option("--positive", metavar="LABELS", help="The labels that count as selected; 1 if none are named."),
]
SEPARATORS = (";", "|", "tab")
Separator = Annotated[
    str | None,
    typer.Option(
        "--separator",
        metavar="SIGN",
        help='What stands between two fields of a csv: ";", "|" or tab.',
        parser=one_of(SEPARATORS),
        autocompletion=lambda: list(SEPARATORS),
    ),
]
POSITIVE = "1"


def audit(
    run: OfRun = None,
    against: Against = None,
    table: Table = None,
    label: Label = None,
    prediction: Prediction = None,
    score: Score = None,
    baseline: Baseline = None,
    baseline_score: BaselineScore = None,
    groups: Groups = None,
    positive: Positive = None,
    separator: Separator = None,
    runs: Runs = RUNS,
    as_json: Json = False,
) -> None:
    """Audit a run, or a table of labels and predictions.

    What curation removed and augmentation added, group by group, and the base against the tuned model, or predictions
    against a baseline. The report is in the run directory; of a table, and of two runs, one is made.
    """
    columns = {"label": label, "prediction": prediction, "score": score, "baseline": baseline}
    columns["baseline_score"] = baseline_score
    with user_errors(as_json=as_json):
        from curate import phases  # noqa: PLC0415

        if table is not None:
            _check_of_table(run, against)
            audited = _of_table(table, columns, groups, positive, separator, runs)
        else:
            of_table = {**columns, "groups": groups, "positive": positive, "separator": separator}
            audited = _of_run(run, against, of_table, runs)
        code = phases.audit(audited, as_json=as_json)
        if code in (0, NOT_MET) and not as_json:
            _tell(audited)
        exit_with(code)


def _check_of_table(run: Path | None, against: Path | None) -> None:
    """Raise `UserError` for runs that are named beside a table."""
    from curate.errors import Mistake, UserError  # noqa: PLC0415

    mistakes = []
    if run is not None:
        mistakes.append(Mistake("--table", "is given beside a run directory", "name one of the two"))
    if against is not None:
        hint = "name the other predictions of a table in --baseline, or two runs"
        mistakes.append(Mistake("--against", "has no effect on a table", hint))
    if mistakes:
        raise UserError(mistakes)


def _of_run(run: Path | None, against: Path | None, of_table: dict[str, str | None], runs: Path) -> Path:
    """Return the run directory to audit: the run's own, or one made of two runs. Raises `UserError` for options of a table."""
    from curate.errors import Mistake, UserError  # noqa: PLC0415
    from curate.recipe_file import load_finished  # noqa: PLC0415
    from curate.store import RunDirectory  # noqa: PLC0415

    if run is None:
        raise UserError(Mistake("audit", "is given nothing to audit", "name a run directory, or a --table"))
    options = [f"--{name.replace('_', '-')}" for name, given in of_table.items() if given is not None]
    hint = "it says something of a --table; what a run is audited by is in its recipe"
    if options:
        raise UserError([Mistake(option, "has no effect on a run", hint) for option in options])
    RunDirectory(run).read_manifest()
    load_finished(RunDirectory(run).recipe)
    return run if against is None else _of_two(run, against, runs)


def _tell(run: Path) -> None:
    """Say where the report is."""
    from curate.store import RunDirectory  # noqa: PLC0415
    from curate.terminal import stdout  # noqa: PLC0415

    stdout.print(f"report: {RunDirectory(run).report / 'report.html'}", highlight=False, soft_wrap=True)
    stdout.print(f"every number of it: fairlead trace {run} MEASURE", highlight=False, soft_wrap=True)


def _of_table(
    table: Path,
    columns: dict[str, str | None],
    groups: str | None,
    positive: str | None,
    separator: str | None,
    runs: Path,
) -> Path:
    """Return the run directory that was made of a table for its audit."""
    from curate.errors import Mistake, UserError  # noqa: PLC0415
    from curate.table_recipe import check_columns, check_labels, table_recipe  # noqa: PLC0415

    needed = {"--label": columns["label"], "--prediction": columns["prediction"], "--groups": groups}
    missing = [
        Mistake(option, "is missing", "a table needs it: its column") for option, given in needed.items() if not given
    ]
    if missing:
        raise UserError(missing)
    wanted = POSITIVE if positive is None else positive
    names, labels = ([name.strip() for name in (said or "").split(",") if name.strip()] for said in (groups, wanted))
    check_columns(columns, names)
    sign = None if separator is None else separator.replace("tab", "\t")
    recipe = table_recipe(table, columns, names, labels, separator=sign)
    try:
        made = _made(recipe, runs)
    except UserError as error:
        raise _in_options(error) from error
    check_labels(made, recipe)
    return made.path


def _in_options(error: "UserError") -> "UserError":
    """Return mistakes as one can mend them who has options and no recipe."""
    sign = re.compile(r'add separator: "(.+)" to the source')
    hints = [sign.sub(lambda found: f'add --separator "{found[1]}"', mistake.hint) for mistake in error.mistakes]
    told = [replace(m, hint=hint.replace(r"\t", "tab")) for m, hint in zip(error.mistakes, hints, strict=True)]
    return type(error)(told)


def _of_two(run: Path, against: Path, runs: Path) -> Path:
    """Return the run directory that was made of the answers of two runs to the same rows; say what was compared."""
    from curate.errors import Mistake, UserError  # noqa: PLC0415
    from curate.store import RunDirectory  # noqa: PLC0415
    from curate.terminal import stderr  # noqa: PLC0415
    from curate.two_runs import recipe_of_two, told_of_two  # noqa: PLC0415

    if run.resolve() == against.resolve():
        raise UserError(Mistake("--against", f"names {against}, the run that is audited", "name another run"))
    recipe = recipe_of_two(RunDirectory(run), RunDirectory(against), runs)
    stderr.print(told_of_two(recipe), highlight=False, soft_wrap=True)
    return _made(recipe, runs).path


def _made(recipe: "Recipe", runs: Path) -> "RunDirectory":
    from curate import engine  # noqa: PLC0415
    from curate.bars import Bars  # noqa: PLC0415
    from curate.terminal import stderr  # noqa: PLC0415

    with Bars(stderr) as progress:
        return engine.curate(engine.prepare(recipe, Path.cwd(), runs), progress)
