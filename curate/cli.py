"""The command line: every command is a thin shell over a Python function. Heavy imports wait until a command needs them."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from curate import __version__
from curate.commands import cache, questions
from curate.commands.shared import RUNS, Json, OwnSteps, RunPath, Runs, print_json, user_errors

app = typer.Typer(
    name="fairlead",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,
    help="A recipe goes in; clean data, a fine-tuned model and an audit come out; every row and every number can be asked why.",
    epilog="Exit codes: 0 fine, 1 a fault of ours, 2 something you can mend, 3 a gate of the recipe was not met.",
)

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe file, for example recipes/demo.yaml.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override one setting, for example train.epochs=1; recorded in the run."
    ),
]
Form = Literal["parquet", "jsonl", "datasets"]


def _exit_with(code: int) -> None:
    if code:
        raise typer.Exit(code if code in (2, 3) else 1)


def _version(*, value: bool) -> None:
    if value:
        sys.stdout.write(f"fairlead {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    _version_shown: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda value: _version(value=value), is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def check(recipe: RecipePath, overrides: Overrides = None, steps: OwnSteps = None, as_json: Json = False) -> None:
    """Find every mistake that can be found before work starts: in the recipe, its files, its columns and what is installed."""
    with user_errors(as_json=as_json):
        from curate import phases  # noqa: PLC0415

        taken = phases.check(_load(recipe, overrides, steps), recipe, overrides or ())
        if as_json:
            print_json({"mistakes": [], "conversations": [found.model_dump(mode="json") for found in taken]})
        else:
            from curate.errors import escaped  # noqa: PLC0415
            from curate.terminal import stdout  # noqa: PLC0415

            stdout.print(f"{recipe}: no mistakes found", highlight=False)
            for found in taken:
                stdout.print(escaped(found.in_words()), highlight=False, markup=False, soft_wrap=True)


@app.command()
def plan(
    recipe: RecipePath,
    overrides: Overrides = None,
    runs: Runs = RUNS,
    steps: OwnSteps = None,
    estimated: Annotated[
        bool, typer.Option("--estimate/--no-estimate", help="Probe one row in a hundred for time and memory.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Show the stages of a recipe, which of them are cached, what they will take, and where the run will stand."""
    with user_errors(as_json=as_json):
        from curate import engine  # noqa: PLC0415
        from curate.estimate import estimate  # noqa: PLC0415

        loaded = _load(recipe, overrides, steps)
        prepared = engine.prepare(loaded, recipe.parent, runs, overrides or (), fetch=False)
        cached = tuple(engine.is_cached(prepared.run, stage) for stage in prepared.stages)
        guess = estimate(prepared, recipe, steps) if estimated and not all(cached) else None
        if as_json:
            stages = [
                {"name": stage.name, "side": stage.side, "key": stage.key, "cached": there}
                for stage, there in zip(prepared.stages, cached, strict=True)
            ]
            said = {"estimate": guess.model_dump() if guess else None, "models": list(prepared.recipe.models)}
            print_json({"run": str(prepared.run.path), "stages": stages, **said})
        else:
            from curate.terminal import plan_table, stdout  # noqa: PLC0415

            stdout.print(plan_table(prepared.stages, cached, guess))
            then = (
                "then the data audit"
                if prepared.recipe.train is None
                else "then training, prediction with base and tuned model, and the audit"
            )
            stdout.print(f"{then}; run directory: {prepared.run.path}", highlight=False, soft_wrap=True)


@app.command()
def curate(
    recipe: RecipePath,
    overrides: Overrides = None,
    runs: Runs = RUNS,
    steps: OwnSteps = None,
    as_json: Json = False,
) -> None:
    """Clean, dedupe, split and augment; write the run directory with the ledger."""
    with user_errors(as_json=as_json):
        run_path = _curate(_load(recipe, overrides, steps), recipe, overrides or [], runs, as_json=as_json)
        from curate.store import RunDirectory  # noqa: PLC0415

        manifest = RunDirectory(run_path).read_manifest()
        if as_json:
            print_json(
                {"run": str(run_path), **json.loads(manifest.model_dump_json(include={"steps", "stages", "sources"}))}
            )
        else:
            from curate.terminal import curated, stdout  # noqa: PLC0415

            stdout.print(curated(RunDirectory(run_path)))
            stdout.print(f"run directory: {run_path}", highlight=False, soft_wrap=True)


def _load(recipe: Path, overrides: list[str] | None, steps: Path | None) -> Any:
    from curate.own_steps import load_steps  # noqa: PLC0415
    from curate.recipe_file import load_recipe  # noqa: PLC0415

    return load_recipe(recipe, overrides or (), load_steps(steps) if steps else ())


def _curate(loaded: Any, recipe: Path, overrides: list[str], runs: Path, *, as_json: bool = False) -> Path:
    from curate import engine  # noqa: PLC0415
    from curate.bars import Bars, JsonLines  # noqa: PLC0415
    from curate.terminal import stderr  # noqa: PLC0415

    prepared = engine.prepare(loaded, recipe.parent, runs, overrides)
    with JsonLines() if as_json else Bars(stderr) as progress:
        return engine.curate(prepared, progress).path


@app.command()
def train(run: RunPath) -> None:
    """Fine-tune the base on a curated run, and predict with the base and the tuned model."""
    with user_errors():
        from curate import phases  # noqa: PLC0415
        from curate.errors import Mistake, UserError  # noqa: PLC0415

        if _recipe_of(run).train is None:
            raise UserError(
                Mistake(f"{run}/recipe.yaml", "has no train: part", "add train: to the recipe and run it again")
            )
        _exit_with(phases.train(run))


@app.command()
def audit(run: RunPath, as_json: Json = False) -> None:
    """Audit a run: what curation removed, what augmentation added, base against tuned; write the report."""
    with user_errors(as_json=as_json):
        from curate import phases  # noqa: PLC0415

        _recipe_of(run)
        _exit_with(phases.audit(run, as_json=as_json))


@app.command()
def run(recipe: RecipePath, overrides: Overrides = None, runs: Runs = RUNS, steps: OwnSteps = None) -> None:
    """Do everything that the recipe asks for: curate, train, predict, audit, report."""
    with user_errors():
        from curate import phases  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415
        from curate.terminal import curated, finished, stdout  # noqa: PLC0415

        loaded = _load(recipe, overrides, steps)
        phases.check(loaded, recipe, overrides or ())
        path = _curate(loaded, recipe, overrides or [], runs)
        stdout.print(curated(RunDirectory(path)))
        if loaded.train is not None:
            _exit_with(phases.train(path))
        code = phases.audit(path)
        if code in (0, 3):
            stdout.print(finished(RunDirectory(path).read_manifest(), str(path)))
        _exit_with(code)


app.command()(questions.explain)
app.command()(questions.what_if)
app.command()(questions.diff)
app.add_typer(cache.app, name="cache")


@app.command()
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
        _exit_with(phases.trace(run, measure, rows=rows, as_json=as_json))


@app.command()
def verify(run: RunPath, as_json: Json = False) -> None:
    """Compare every file of a run with its digest, and count the crossings of its split again."""
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


@app.command()
def export(
    run: RunPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    form: Annotated[
        Form, typer.Option("--as", help="datasets is a folder with a card that load_dataset opens.")
    ] = "datasets",
    rows_per_file: Annotated[int, typer.Option("--rows-per-file", min=1, help="Rows in a file at most.")] = 500_000,
    groups: Annotated[bool, typer.Option("--groups", help="Write the groups too that rows were audited by.")] = False,
) -> None:
    """Write a run's rows as sharded parquet, jsonl, or a data set folder with a card filled from the ledger and the audit."""
    with user_errors():
        from curate import export as exporting  # noqa: PLC0415
        from curate import phases  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415
        from curate.terminal import stdout  # noqa: PLC0415

        def add_card(written: Path) -> None:
            _exit_with(phases.card(run, written))

        finish = add_card if form == "datasets" else None
        files = exporting.export(RunDirectory(run), folder, form, rows_per_file, groups=groups, finish=finish)
        stdout.print(f"{folder}: {len(files)} files", highlight=False)


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("--output", help="Write to a file instead of the terminal.")] = None,
) -> None:
    """Print the JSON schema of recipes, for editors."""
    with user_errors():
        from curate.recipe_schema import recipe_schema  # noqa: PLC0415

        text = recipe_schema()
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8")


def _recipe_of(run: Path) -> Any:
    from curate.recipe_file import load_finished  # noqa: PLC0415
    from curate.store import RunDirectory  # noqa: PLC0415

    RunDirectory(run).read_manifest()
    return load_finished(RunDirectory(run).recipe)


def _quietly(command: Callable[[], None]) -> int:
    """Run the command line; a closed pipe is no traceback."""
    try:
        command()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def main() -> None:
    """Run the `fairlead` command."""
    raise SystemExit(_quietly(app))
