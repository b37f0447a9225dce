"""The later phases as child processes: they meet us in the run directory, so torch never loads for who only cleans data."""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from curate.check import check as check_data
from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.sources.shapes import SourceShape

TRAIN_PACKAGES = ("torch", "transformers", "trl", "peft")


def run_module(module: str, *arguments: str) -> int:
    """Run `python -m module` with our own streams and return its exit code."""
    return subprocess.run([*_command(module), *arguments], check=False).returncode  # noqa: S603  (our own modules)


def _command(module: str) -> list[str]:
    return [sys.executable, "-P", "-m", module]  # -P: nothing in the working folder shadows us


def need_training_packages() -> None:
    """Raise `UserError` if the packages of the train extra are not installed."""
    missing = [package for package in TRAIN_PACKAGES if find_spec(package) is None]
    if missing:
        raise UserError(
            Mistake("train", f"needs {', '.join(missing)}, which are not installed", "pip install 'fairlead[train]'")
        )


def check(recipe: Recipe, path: Path, overrides: Sequence[str]) -> tuple[SourceShape, ...]:
    """Raise `UserError` with everything that can be known before work starts, of the data part and of the `train:` part.

    Returns what the sources of conversations were taken for.
    """
    mistakes: list[Mistake] = []
    taken: tuple[SourceShape, ...] = ()
    try:
        taken = check_data(recipe, path.parent)
    except UserError as error:
        mistakes += error.mistakes
    try:
        _check_training(recipe, path, overrides)
    except UserError as error:
        mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)
    return taken


def _check_training(recipe: Recipe, path: Path, overrides: Sequence[str]) -> None:
    """Check the `train:` part against what is installed: base, settings of the trainer, device."""
    if recipe.train is None:
        return
    need_training_packages()
    settings = [argument for override in overrides for argument in ("--set", override)]
    command = [*_command("train.check"), str(path), "--json", *settings]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, encoding="utf-8")  # noqa: S603  (our own module)
    if done.returncode not in (0, 2):
        raise SystemExit(1)  # a fault of ours, whose traceback it has printed
    mistakes = [Mistake(**mistake) for mistake in json.loads(done.stdout)["mistakes"]]
    if mistakes:
        raise UserError(mistakes)


def train(run: Path) -> int:
    """Fine-tune and predict with the base and the tuned model; stops at the first phase that fails."""
    need_training_packages()
    return run_module("train.sft", str(run)) or run_module("train.predict", str(run))


def audit(run: Path, *, as_json: bool = False) -> int:
    """Audit a run; 3 if a gate was not met."""
    return run_module("audit", str(run), *(["--json"] if as_json else []))


def trace(run: Path, measure: str, *, rows: int, as_json: bool = False) -> int:
    """Recompute one measure from its rows, and list so many of them; 0 for all."""
    return run_module("audit.trace", str(run), measure, "--rows", str(rows), *(["--json"] if as_json else []))


def card(run: Path, folder: Path) -> int:
    """Write the card of a data set that was exported to a folder; the run is audited first if it was not yet."""
    return run_module("audit.card", str(run), str(folder))
