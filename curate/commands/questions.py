"""Commands that ask a finished run: the life of a row, rows near a limit, other limits, another run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.commands.shared import Json, OwnSteps, RunPath, print_json, user_errors

if TYPE_CHECKING:
    from curate.store import RunDirectory


def explain(
    run: RunPath,
    row: Annotated[
        str | None,
        typer.Argument(
            metavar="[ROW]", help="A row's name, for example toxigen/1042; with --near-threshold a step's name."
        ),
    ] = None,
    near_threshold: Annotated[
        bool,
        typer.Option("--near-threshold", help="Show the rows just kept and just dropped at each limit (of one step)."),
    ] = False,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows on either side of a limit.")] = 10,
    as_json: Json = False,
) -> None:
    """Tell the life of a row, or show rows near the limits.

    A row by its name; with --near-threshold those just kept and just dropped by each step.
    """
    with user_errors(as_json=as_json):
        from curate.store import RunDirectory  # noqa: PLC0415

        if near_threshold:
            _near_threshold(RunDirectory(run), row, rows, as_json=as_json)
        elif row is None:
            from curate.errors import Mistake, UserError  # noqa: PLC0415

            hint = "name a row, or add --near-threshold to see the rows near the limits"
            raise UserError(Mistake("explain", "is given no row", hint))
        else:
            _life(RunDirectory(run), row, as_json=as_json)


def _life(run: "RunDirectory", row: str, *, as_json: bool) -> None:
    from curate.questions.explain import explain as explained  # noqa: PLC0415

    found = explained(run, row)
    if as_json:
        print_json(found.model_dump())
        return
    from curate.terminal import stdout  # noqa: PLC0415
    from curate.terminal.life import life  # noqa: PLC0415

    stdout.print(life(found))


def _near_threshold(run: "RunDirectory", step: str | None, rows: int, *, as_json: bool) -> None:
    from curate.questions.near_threshold import near_threshold  # noqa: PLC0415

    found = near_threshold(run, step, rows)
    if as_json:
        print_json(found.model_dump())
        return
    from curate.terminal import stdout  # noqa: PLC0415
    from curate.terminal.near_threshold import near_rows  # noqa: PLC0415

    stdout.print(near_rows(found), highlight=False)


def what_if(
    run: RunPath,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A limit of a step, for example steps.2.min=30."),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="Examples of each change of fate.")] = 3,
    steps: OwnSteps = None,
    as_json: Json = False,
) -> None:
    """Move limits of a finished run, and see what changes.

    Told from the run's measurements: which rows and groups it would keep.
    """
    with user_errors(as_json=as_json):
        from curate.questions.what_if import what_if as asked  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        found = asked(RunDirectory(run), overrides or (), rows, steps)
        if as_json:
            print_json(found.model_dump())
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.what_if import what_if_view  # noqa: PLC0415

        stdout.print(what_if_view(found), highlight=False)


def diff(
    run: RunPath,
    other: Annotated[Path, typer.Argument(metavar="RUN", help="The run to compare it with.")],
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows to list for each kind of change.")] = 5,
    as_json: Json = False,
) -> None:
    """Compare two runs: settings, fates of rows, groups.

    Each row whose fate differs is told with the step that did it.
    """
    with user_errors(as_json=as_json):
        from curate.questions.diff import diff as compared  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        found = compared(RunDirectory(run), RunDirectory(other), rows)
        if as_json:
            print_json(found.model_dump())
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.diff import diff_view  # noqa: PLC0415

        stdout.print(diff_view(found), highlight=False)
