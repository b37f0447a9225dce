"""Commands that go on with a run or check it: train, audit, trace, view, verify, seal, export."""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from curate.commands.shared import Json, RunPath, exit_with, one_of, tell_findings, telling, user_errors
from curate.views import KINDS, Kind

Form = Literal["parquet", "jsonl", "datasets"]
FORMS: tuple[Form, ...] = get_args(Form)


def train(run: RunPath) -> None:
    """Fine-tune a model on a run, and predict with it.

    The base predicts too, on the same rows.
    """
    with user_errors():
        from curate import phases  # noqa: PLC0415
        from curate.errors import Mistake, UserError  # noqa: PLC0415
        from curate.many_groups import check_number_of_groups  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        recipe = _recipe_of(run)
        if recipe.train is None:
            raise UserError(
                Mistake(f"{run}/recipe.yaml", "has no train: part", "add train: to the recipe and run it again")
            )
        check_number_of_groups(RunDirectory(run), recipe)
        exit_with(phases.train(run))


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
    kind: Annotated[
        Kind,
        typer.Argument(
            metavar="KIND",
            help=f"Which document: {', '.join(KINDS)}.",
            parser=one_of(KINDS),
            autocompletion=lambda: list(KINDS),
        ),
    ],
    output: Annotated[Path | None, typer.Option("--output", help="A file outside the run; left out: print it.")] = None,
) -> None:
    """Show a run as a document for a reviewer.

    Markdown, or JSON-LD for croissant. Every figure has the id of its measure; what only a person can write is said to be so.
    """
    with user_errors():
        from curate import phases  # noqa: PLC0415

        _recipe_of(run)
        exit_with(phases.view(run, kind, output))


def verify(
    run: RunPath,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help="Demand a seal by this key (OpenSSH's .pub, or PEM)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a run's files, account, split, audit and seal.

    Every file is compared with its digest; rows, crossings of the split, and every measure of the audit are computed again
    from the data and the predictions. Exit code 3 if anything is not as it should be.
    """
    with user_errors(as_json=as_json):
        from curate import verify as verifying  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        demanded = None
        if public_key is not None:
            from curate.keys import read_public_key  # noqa: PLC0415

            demanded = read_public_key(public_key)
        with telling() as tell:
            found = verifying.examine(RunDirectory(run), demanded, tell)
        exit_with(tell_findings(found, as_json=as_json))


def seal(
    run: RunPath,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="A private ed25519 key (OpenSSH's, or PEM).")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", metavar="FILE", help="Make a new key, and FILE.pub beside it.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Who seals; it is signed too.")] = "",
    as_json: Json = False,
) -> None:
    """Sign a run that verifies, so that nothing can change unseen.

    The signature is of the manifest, and so of every file, and of the name and the time. The key's passphrase is asked for, or
    taken from the environment variable FAIRLEAD_KEY_PASSPHRASE.
    """
    with user_errors(as_json=as_json):
        from curate.commands.sealing import key_for, tell_seal  # noqa: PLC0415
        from curate.sealing import seal_run  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415

        place = RunDirectory(run)
        make_key = key_for(place, key, new_key)
        with telling() as tell:
            done = seal_run(place, make_key, name, tell)
        exit_with(tell_seal(place, done, as_json=as_json))


def export(
    run: RunPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            metavar="FORM",
            help=f"One of {', '.join(FORMS)}; datasets is a folder with a card that load_dataset opens.",
            parser=one_of(FORMS),
            autocompletion=lambda: list(FORMS),
        ),
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
