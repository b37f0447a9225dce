"""Commands that take a recipe: check, plan, curate, run; and the schema of recipes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.commands.shared import RUNS, Json, OwnSteps, Runs, exit_with, print_json, user_errors

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe file, for example recipes/demo.yaml.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override one setting, for example train.epochs=1; recorded in the run."
    ),
]


def check(
    recipe: RecipePath,
    overrides: Overrides = None,
    runs: Runs = RUNS,
    steps: OwnSteps = None,
    before_training: Annotated[
        bool,
        typer.Option(
            "--train", help="Curate, and check the rows as tokens too: everything that is known before a GPU is needed."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Find every mistake that can be found before work starts.

    In the recipe, its files, its columns, and what is installed; with --train also in what a model would learn from.
    """
    with _recipe_errors(recipe, overrides, as_json=as_json):
        from curate import phases  # noqa: PLC0415
        from curate.outside import lacking_groups  # noqa: PLC0415

        loaded = _load(recipe, overrides, steps, runs, training=True)
        checked = phases.check(loaded, recipe, overrides or (), runs)
        if before_training:
            exit_with(_preflight(loaded, recipe, overrides or [], runs, as_json=as_json))
            return
        found = (checked, phases.files(loaded, recipe, runs), lacking_groups(loaded, recipe.parent))
        from curate.terminal import checked as said  # noqa: PLC0415

        if as_json:
            print_json(said.in_json(*found))
            return
        from curate.errors import escaped  # noqa: PLC0415
        from curate.terminal import stdout  # noqa: PLC0415

        for line in said.in_words(recipe, *found):
            stdout.print(escaped(line), highlight=False, markup=False, soft_wrap=True)


def plan(
    recipe: RecipePath,
    overrides: Overrides = None,
    runs: Runs = RUNS,
    steps: OwnSteps = None,
    estimated: Annotated[
        bool,
        typer.Option(
            "--estimate/--no-estimate", help="Probe one row in a hundred, and at least 2,000, for time and memory."
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Show what a recipe will do, and what it will take.

    Its stages, which of them are cached, an estimate of time and memory, and where the run will stand.
    """
    with _recipe_errors(recipe, overrides, as_json=as_json):
        from curate import engine  # noqa: PLC0415
        from curate.estimate import estimate  # noqa: PLC0415
        from curate.terminal import stderr, stdout  # noqa: PLC0415

        loaded = _load(recipe, overrides, steps, runs)
        prepared = engine.prepare(loaded, recipe.parent, runs, overrides or (), fetch=False)
        cached = tuple(engine.is_cached(prepared.run, stage) for stage in prepared.stages)
        done = prepared.run.is_done("curate", prepared.key)
        guess = None
        if estimated and not done and not all(cached):
            with stderr.status("Probing the first rows; on a new machine kernels are compiled first, once"):
                guess = estimate(prepared, recipe, steps)
        if as_json:
            from curate.terminal.plan import plan_in_json  # noqa: PLC0415

            stages = plan_in_json(prepared.stages, cached, guess)
            print_json({"run": str(prepared.run.path), "done": done, **stages, "models": list(prepared.recipe.models)})
        else:
            from curate.terminal.plan import after_curation, plan_table  # noqa: PLC0415

            stdout.print(plan_table(prepared.stages, cached, guess))
            stdout.print(after_curation(prepared.recipe, prepared.run, done=done), highlight=False, soft_wrap=True)


def curate(
    recipe: RecipePath,
    overrides: Overrides = None,
    runs: Runs = RUNS,
    steps: OwnSteps = None,
    as_json: Json = False,
) -> None:
    """Clean, dedupe, split and augment the rows of a recipe.

    The run directory holds them with the ledger, which tells what became of every row.
    """
    with _recipe_errors(recipe, overrides, as_json=as_json):
        run_path = _curate(_load(recipe, overrides, steps, runs), recipe, overrides or [], runs, as_json=as_json)
        from curate.store import RunDirectory  # noqa: PLC0415

        finished = RunDirectory(run_path)
        if as_json:
            from curate.losses import alarms, in_words, losses_of  # noqa: PLC0415
            from curate.questions.doubts import doubts_of  # noqa: PLC0415
            from curate.questions.quarantined import quarantine_reasons  # noqa: PLC0415
            from curate.recipe_file import load_finished  # noqa: PLC0415

            made = load_finished(finished.recipe)
            lost = losses_of(finished, made)
            account = json.loads(finished.read_manifest().model_dump_json(include={"steps", "stages", "sources"}))
            reasons = [reason.model_dump() for reason in quarantine_reasons(finished)]
            found = [
                {"sentence": in_words(loss), "limit": made.audit.largest_loss, **loss.model_dump()}
                for loss in alarms(lost, made)
            ]
            doubts = doubts_of(finished, made, lost)
            print_json({"run": str(run_path), **account, "quarantined": reasons, "alarms": found, "doubts": doubts})
        else:
            from curate.estimate import how_good  # noqa: PLC0415
            from curate.terminal import curated, stdout  # noqa: PLC0415

            stdout.print(curated(finished, how_good(finished)))
            stdout.print(f"run directory: {run_path}", highlight=False, soft_wrap=True)


def run(recipe: RecipePath, overrides: Overrides = None, runs: Runs = RUNS, steps: OwnSteps = None) -> None:
    """Do all that a recipe asks for, up to the report.

    Curate, train, predict, audit, report; without a `train:` part, curate and audit.
    """
    with _recipe_errors(recipe, overrides):
        from curate import phases  # noqa: PLC0415
        from curate.errors import UserError  # noqa: PLC0415
        from curate.estimate import how_good  # noqa: PLC0415
        from curate.many_groups import check_number_of_groups  # noqa: PLC0415
        from curate.store import RunDirectory  # noqa: PLC0415
        from curate.terminal import curated, finished, stdout  # noqa: PLC0415

        loaded = _load(recipe, overrides, steps, runs, training=True)
        checked = phases.check(loaded, recipe, overrides or (), runs)
        if checked.lacking is not None:
            raise UserError(checked.lacking)
        path = _curate(loaded, recipe, overrides or [], runs)
        stdout.print(curated(RunDirectory(path), how_good(RunDirectory(path))))
        if loaded.train is not None:
            check_number_of_groups(RunDirectory(path), loaded)
            exit_with(phases.train(path))
        code = phases.audit(path)
        if code in (0, 3):
            stdout.print(finished(RunDirectory(path).read_manifest(), str(path)))
        exit_with(code)


def schema(
    output: Annotated[Path | None, typer.Option("--output", help="Write to a file instead of the terminal.")] = None,
) -> None:
    """Print the JSON schema of recipes, for editors."""
    with user_errors():
        from curate.recipe_schema import recipe_schema  # noqa: PLC0415

        text = recipe_schema()
        if output is None:
            sys.stdout.write(text)
            return
        from curate.errors import Mistake, UserError  # noqa: PLC0415
        from curate.files import write_text  # noqa: PLC0415

        if not output.parent.is_dir():
            raise UserError(Mistake(str(output), "stands in no folder that there is", f"make {output.parent} first"))
        write_text(output, text)


def _load(recipe: Path, overrides: list[str] | None, steps: Path | None, runs: Path, *, training: bool = False) -> Any:
    """Read a recipe; one with mistakes is looked at as far as it holds, with `training` also by the trainer."""
    from curate import phases  # noqa: PLC0415
    from curate.own_steps import load_steps  # noqa: PLC0415

    return phases.load(recipe, overrides or (), load_steps(steps) if steps else (), runs=runs, training=training)


@contextmanager
def _recipe_errors(recipe: Path, overrides: list[str] | None, *, as_json: bool = False) -> Iterator[None]:
    """Turn a user's mistakes into lines; those that a part of the recipe leads to are told with the line of that part."""
    with user_errors(as_json=as_json):
        from curate.errors import UserError  # noqa: PLC0415
        from curate.recipe_file import with_lines  # noqa: PLC0415

        try:
            yield
        except UserError as error:
            raise UserError(with_lines(error.mistakes, recipe, overrides or ())) from error


def _preflight(loaded: Any, recipe: Path, overrides: list[str], runs: Path, *, as_json: bool) -> int:
    from curate import phases  # noqa: PLC0415
    from curate.errors import Mistake, UserError  # noqa: PLC0415

    if loaded.train is None:
        raise UserError(Mistake(str(recipe), "has no train: part to check", "add train:, or leave --train out"))
    phases.need_training_packages()
    return phases.preflight(_curate(loaded, recipe, overrides, runs, as_json=as_json), as_json=as_json)


def _curate(loaded: Any, recipe: Path, overrides: list[str], runs: Path, *, as_json: bool = False) -> Path:
    from curate import engine  # noqa: PLC0415
    from curate.bars import Bars, JsonLines  # noqa: PLC0415
    from curate.terminal import stderr  # noqa: PLC0415

    prepared = engine.prepare(loaded, recipe.parent, runs, overrides)
    with JsonLines() if as_json else Bars(stderr) as progress:
        return engine.curate(prepared, progress).path
