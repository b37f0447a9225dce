"""The later phases as child processes: they meet us in the run directory, so torch never loads for who only cleans data."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from curate.check import check as check_data
from curate.check import look_ahead
from curate.children import run_child
from curate.errors import Mistake, UserError
from curate.findings import AMISS, Findings
from curate.recipe import Recipe
from curate.recipe_file import Own, read_draft
from curate.sources.expand import Found, files_found
from curate.sources.remote import FETCHED
from curate.sources.shapes import SourceShape
from curate.train_settings import TRAIN_PACKAGES, Method
from curate.views import Kind


def run_module(module: str, *arguments: str) -> int:
    """Run `python -m module` with our own streams and return its exit code; it ends when we end."""
    return run_child([*_command(module), *arguments])


def _command(module: str) -> list[str]:
    return [sys.executable, "-P", "-m", module]  # -P: nothing in the working folder shadows us


def need_training_packages() -> None:
    """Raise `UserError` if the packages of the train extra are not installed."""
    missing = missing_training_packages()
    if missing:
        raise UserError(missing)


def missing_training_packages(method: Method = "full") -> Mistake | None:
    """Return what is to be installed before a model can be trained by this method; None if training can begin to look."""
    missing = [package for package in TRAIN_PACKAGES if find_spec(package) is None]
    if not missing:
        return None
    further = ["bitsandbytes"] if method == "qlora" and find_spec("bitsandbytes") is None else []
    hint = "pip install 'fairlead[train,qlora]'" if further else "pip install 'fairlead[train]'"
    return Mistake("train", f"needs {', '.join([*missing, *further])}, which are not installed", hint, "train")


@dataclass(frozen=True)
class Checked:
    """A recipe in which no mistake was found.

    `taken` is what its conversations were taken for.
    `lacking` are packages that cleaning and auditing data do without; the `train:` part is then not held against this machine.
    """

    taken: tuple[SourceShape, ...]
    lacking: Mistake | None = None


def load(
    path: Path, overrides: Sequence[str] = (), own: Own = (), *, runs: Path | None = None, training: bool = False
) -> Recipe:
    """Read a recipe file. Raises `UserError` with every mistake, also with those in the files that its sound parts name.

    `runs` is the folder whose cache has the copies of remote files, if it is known. With `training` the `train:` part of a
    recipe with mistakes is held against this machine too.
    """
    draft = read_draft(path, overrides, own)
    if not draft.mistakes:
        assert draft.recipe is not None
        return draft.recipe
    mistakes = list(draft.mistakes)
    if draft.recipe is not None:
        seen = look_ahead(draft.recipe, path.parent, _fetched(runs), draft.doubtful)
        mistakes += [draft.written.placed(mistake) for mistake in seen.mistakes]
        if training and draft.recipe.train is not None and missing_training_packages() is None:
            mistakes += training_mistakes(path, overrides)
    raise UserError(draft.written.in_order(mistakes))


def check(recipe: Recipe, path: Path, overrides: Sequence[str], runs: Path | None = None) -> Checked:
    """Raise `UserError` with everything that can be known before work starts, of the data part and of the `train:` part."""
    mistakes: list[Mistake] = []
    taken: tuple[SourceShape, ...] = ()
    lacking = missing_training_packages(recipe.train.method) if recipe.train is not None else None
    try:
        taken = check_data(recipe, path.parent, _fetched(runs))
    except UserError as error:
        mistakes += error.mistakes
    if recipe.train is not None and lacking is None:
        mistakes += training_mistakes(path, overrides)
    if mistakes:
        raise UserError([*mistakes, *([lacking] if lacking else [])])
    return Checked(taken, lacking)


def files(recipe: Recipe, path: Path, runs: Path) -> tuple[Found, ...]:
    """Return what the patterns and folders of a recipe's sources stand for."""
    return files_found(recipe, path.parent, _fetched(runs))


def _fetched(runs: Path | None) -> Path | None:
    return None if runs is None else runs / ".cache" / FETCHED


def training_mistakes(path: Path, overrides: Sequence[str]) -> list[Mistake]:
    """Return what is wrong with the `train:` part on this machine: base, settings of the trainer, device."""
    settings = [argument for override in overrides for argument in ("--set", override)]
    command = [*_command("train.check"), str(path), "--json", *settings]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, encoding="utf-8")  # noqa: S603  (our own module)
    if done.returncode not in (0, 2):
        raise SystemExit(1)  # a fault of ours, whose traceback it has printed
    return [Mistake(**mistake) for mistake in json.loads(done.stdout)["mistakes"]]


def preflight(run: Path, *, as_json: bool = False) -> int:
    """Check a run before it is trained and print what was found; 2 if a check failed."""
    need_training_packages()
    return run_module("train.preflight", str(run), *(["--json"] if as_json else []))


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


def verify_audit(run: Path) -> Findings:
    """Compute an audit again and return what of the stored one is right, and what is not."""
    command = [*_command("audit.verify"), str(run), "--json"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, encoding="utf-8")  # noqa: S603  (our own module)
    if done.returncode not in (0, AMISS):
        raise SystemExit(2 if done.returncode == 2 else 1)  # noqa: PLR2004  (it has printed why)
    return Findings.of_json(json.loads(done.stdout))


def card(run: Path, folder: Path) -> int:
    """Write the card of a data set that was exported to a folder; the run is audited first if it was not yet."""
    return run_module("audit.card", str(run), str(folder))


def view(run: Path, kind: Kind, output: Path | None) -> int:
    """Print or write a document for a reviewer; the run is audited first if it was not yet."""
    return run_module("audit.view", str(run), kind, *(["--output", str(output)] if output is not None else []))
