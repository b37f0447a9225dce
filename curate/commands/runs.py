"""Commands that go on with a run or check it: train, audit, trace, view, verify, export."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from curate.commands.shared import NOT_MET, Json, RunPath, exit_with, print_json, user_errors
from curate.views import KINDS, Kind

Form = Literal["parquet", "jsonl", "datasets"]


def train(run: RunPath) -> None:
    """Fine-tune a model on a run, and predict with it.

    The base predicts too, on the same rows.
    """
    with user_errors():
        from curate import phases  # noqa: PLC0415
        from curate.errors import Mistake, UserError  # noqa: PLC0415

        if _recipe_of(run).train is None:
            raise UserError(
                Mistake(f"{run}/recipe.yaml", "has no train: part", "add train: to the recipe and run it again")
            )
        exit_with(phases.train(run))


def audit(run: RunPath, as_json: Json = False) -> None:
    """Audit a run, and write its report.

    What curation removed and augmentation added, group by group, and the base against the tuned model.
    """
    with user_errors(as_json=as_json):
        from curate import phases  # noqa: PLC0415

        _recipe_of(run)
        code = phases.audit(run, as_json=as_json)
        if code in (0, NOT_MET) and not as_json:
            from curate.store import RunDirectory  # noqa: PLC0415
            from curate.terminal import stdout  # noqa: PLC0415

            stdout.print(f"report: {RunDirectory(run).report / 'report.html'}", highlight=False, soft_wrap=True)
            stdout.print(f"every number of it: fairlead trace {run} MEASURE", highlight=False, soft_wrap=True)
        exit_with(code)


def trace(
    run: RunPath,
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help="A measure's id, as the report shows it.")],
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows to list for each rate; 0 for all.")] = 20,
    as_json: Json = False,
) -> None:
    """Recompute a number of the report from its rows, and list them."""
    with user_errors(as_json=as_json):
        from curate import phases  # noqa: PLC0415

        _recipe_of(run)
        exit_with(phases.trace(run, measure, rows=rows, as_json=as_json))


def view(
    run: RunPath,
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=f"Which document: {', '.join(KINDS)}.")],
    output: Annotated[Path | None, typer.Option("--output", help="A file outside the run; left out: print it.")] = None,
) -> None:
    """Show a run as a document for a reviewer.

    Markdown, or JSON-LD for croissant. Every figure has the id of its measure; what only a person can write is said to be so.
    """
    with user_errors():
        from curate import phases  # noqa: PLC0415

        _recipe_of(run)
        exit_with(phases.view(run, kind, output))


def verify(run: RunPath, as_json: Json = False) -> None:
    """Check a run's files, its account and its split once more.

    Every file is compared with its digest; rows, and crossings of the split, are counted again.
    """
    with user_errors(as_json=as_json):
        from curate import verify as verifying  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        lines = verifying.verify(RunDirectory(run))
        if as_json:
            print_json({"verified": lines})
        else:
            from curate.terminal import stdout  # noqa: PLC0415

            for line in lines:
                stdout.print(line, highlight=False, soft_wrap=True)


def export(
    run: RunPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    form: Annotated[
        Form, typer.Option("--as", help="datasets is a folder with a card that load_dataset opens.")
    ] = "datasets",
    rows_per_file: Annotated[int, typer.Option("--rows-per-file", min=1, help="Rows in a file at most.")] = 500_000,
    groups: Annotated[bool, typer.Option("--groups", help="Write the groups too that rows were audited by.")] = False,
) -> None:
    """Write a run's rows as parquet, jsonl or a data set.

    Parquet comes in shards; a data set is a folder with a card, filled from the ledger and the audit.
    """
    with user_errors():
        from curate import export as exporting  # noqa: PLC0415
        from curate import phases  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415
        from curate.terminal import stdout  # noqa: PLC0415

        def add_card(written: Path) -> None:
            exit_with(phases.card(run, written))

        finish = add_card if form == "datasets" else None
        files = exporting.export(RunDirectory(run), folder, form, rows_per_file, groups=groups, finish=finish)
        stdout.print(f"{folder}: {len(files)} files", highlight=False)


def _recipe_of(run: Path) -> Any:
    from curate.recipe_file import load_finished  # noqa: PLC0415
    from curate.store import RunDirectory  # noqa: PLC0415

    RunDirectory(run).read_manifest()
    return load_finished(RunDirectory(run).recipe)
