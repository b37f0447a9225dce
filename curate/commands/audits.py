"""The command `audit`: of a run, of a table of labels and predictions, or of a run against another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.commands.shared import NOT_MET, RUNS, Json, Runs, exit_with, user_errors

if TYPE_CHECKING:
    from curate.recipe import Recipe
    from curate.store import RunDirectory


def audit(
    run: Annotated[Path | None, typer.Argument(metavar="[RUN]", help="A run directory; or name a --table.")] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="RUN", help="Another run: its answers to the same rows are the base."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="Labels and predictions from anywhere, to audit alone."),
    ] = None,
    label: Annotated[str | None, typer.Option("--label", metavar="COLUMN", help="The table's truth.")] = None,
    prediction: Annotated[
        str | None, typer.Option("--prediction", metavar="COLUMN", help="The table's predictions.")
    ] = None,
    score: Annotated[str | None, typer.Option("--score", metavar="COLUMN", help="How sure they are, if known.")] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="COLUMN", help="Other predictions of the same rows, to compare them with."),
    ] = None,
    baseline_score: Annotated[
        str | None, typer.Option("--baseline-score", metavar="COLUMN", help="How sure those are, if known.")
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option("--groups", metavar="COLUMNS", help="Who a row is about: sex,race. Up to three are crossed."),
    ] = None,
    positive: Annotated[
        str, typer.Option("--positive", metavar="LABELS", help="The labels that count as selected.")
    ] = "1",
    runs: Runs = RUNS,
    as_json: Json = False,
) -> None:
    """Audit a run, or a table of labels and predictions.

    What curation removed and augmentation added, group by group, and the base against the tuned model. The report is in the run
    directory; of a table, and of two runs, one is made.
    """
    with user_errors(as_json=as_json):
        from curate import phases  # noqa: PLC0415
        from curate.errors import Mistake, UserError  # noqa: PLC0415
        from curate.recipe_file import load_finished  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        if table is not None and run is not None:
            raise UserError(Mistake("--table", "is given beside a run directory", "name one of the two"))
        if table is not None:
            columns = {"label": label, "prediction": prediction, "score": score, "baseline": baseline}
            audited = _of_table(table, {**columns, "baseline_score": baseline_score}, groups, positive, runs)
        elif run is None:
            raise UserError(Mistake("audit", "is given nothing to audit", "name a run directory, or a --table"))
        else:
            RunDirectory(run).read_manifest()
            load_finished(RunDirectory(run).recipe)
            audited = run if against is None else _of_two(run, against, runs)
        code = phases.audit(audited, as_json=as_json)
        if code in (0, NOT_MET) and not as_json:
            _tell(audited)
        exit_with(code)


def _tell(run: Path) -> None:
    """Say where the report is."""
    from curate.store import RunDirectory  # noqa: PLC0415
    from curate.terminal import stdout  # noqa: PLC0415

    stdout.print(f"report: {RunDirectory(run).report / 'report.html'}", highlight=False, soft_wrap=True)
    stdout.print(f"every number of it: fairlead trace {run} MEASURE", highlight=False, soft_wrap=True)


def _of_table(table: Path, columns: dict[str, str | None], groups: str | None, positive: str, runs: Path) -> Path:
    """Return the run directory that was made of a table for its audit."""
    from curate.errors import Mistake, UserError  # noqa: PLC0415
    from curate.table_recipe import check_positive, table_recipe  # noqa: PLC0415

    needed = {"--label": columns["label"], "--prediction": columns["prediction"], "--groups": groups}
    missing = [
        Mistake(option, "is missing", "a table needs it: its column") for option, given in needed.items() if not given
    ]
    if missing:
        raise UserError(missing)
    names, labels = ([name.strip() for name in (said or "").split(",") if name.strip()] for said in (groups, positive))
    recipe = table_recipe(table, columns, names, labels)
    made = _made(recipe, runs)
    check_positive(made, recipe)
    return made.path


def _of_two(run: Path, against: Path, runs: Path) -> Path:
    """Return the run directory that was made of the answers of two runs to the same rows."""
    from curate.store import RunDirectory  # noqa: PLC0415
    from curate.two_runs import recipe_of_two  # noqa: PLC0415

    return _made(recipe_of_two(RunDirectory(run), RunDirectory(against), runs), runs).path


def _made(recipe: "Recipe", runs: Path) -> "RunDirectory":
    from curate import engine  # noqa: PLC0415
    from curate.bars import Bars  # noqa: PLC0415
    from curate.terminal import stderr  # noqa: PLC0415

    with Bars(stderr) as progress:
        return engine.curate(engine.prepare(recipe, Path.cwd(), runs), progress)
