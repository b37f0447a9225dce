"""What can be known about training before anything is spent: `python -m train.check RECIPE` prints mistakes and exits 2, else 0."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.recipe_file import finished_draft, place_of
from curate.recipe_rest import touched
from curate.task import Chat
from curate.train_settings import Train
from train.adapters import check_four_bits
from train.bases import WHERE, base_folder, local_base
from train.job import check_evaluation
from train.models import choose_device, load_config, load_tokenizer, longest_row, uses_bfloat16
from train.process import run
from train.room import longest_question, writes
from train.settings import settings_of
from train.trainer import known_settings, trainer_arguments
from train.trainer_settings import settings_problems

Place = Callable[[str], str]
"""Says where a setting, named by its dotted path, stands in the recipe."""


def main() -> int:
    """Read the command line, check, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m train.check", description="Check the train: part of a recipe against this machine."
    )
    parser.add_argument("recipe", type=Path, help="a recipe file")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="as for fairlead"
    )
    parser.add_argument("--json", action="store_true", help="print the mistakes as JSON")
    arguments = parser.parse_args()
    return run(partial(check, arguments.recipe, arguments.overrides), as_json=arguments.json)


def check(path: Path, overrides: Sequence[str] = ()) -> None:
    """Raise `UserError` with every mistake of a recipe's `train:` part, and of its form."""
    draft = finished_draft(path, overrides)
    place = partial(place_of, path, overrides=overrides)
    mistakes = list(draft.mistakes)
    sure = not touched("task", draft.doubtful) and not touched("train", draft.doubtful)
    if draft.recipe is not None and draft.recipe.train and sure:
        mistakes += train_problems(draft.recipe, place, path.parent)
    if mistakes:
        raise UserError(mistakes)


def train_problems(recipe: Recipe, place: Place, folder: Path) -> Iterator[Mistake]:
    """Yield what stands in the way of training this recipe here: settings, device, precision, base. `folder` is the recipe's."""
    settings = settings_of(recipe)
    unknown = settings_problems(settings.trainer, known_settings(), place) if settings.trainer else []
    yield from unknown
    try:
        device = choose_device(settings.device)
        uses_bfloat16(settings.precision, device)
        if settings.method == "qlora":
            check_four_bits(device)
        if (
            settings.trainer and not unknown
        ):  # what the trainer itself takes: it is long to load, and ours are known to fit
            with tempfile.TemporaryDirectory() as output:
                trainer_arguments(recipe, device, Path(output), rows=1, evaluates=True)
    except UserError as error:
        yield from _placed(error, place)
    for name, package in needed(settings).items():
        if find_spec(package) is None:
            what = f"train.{name}: {getattr(settings, name)} needs the package '{package}', which is not installed"
            yield Mistake(place(f"train.{name}"), what, f"pip install {package}")
    if recipe.split is not None and not recipe.split.published and recipe.split.validation == 0:
        try:
            check_evaluation(settings)
        except UserError as error:
            yield from _placed(error, place)
    if settings.base != "demo":
        yield from _base_problems(recipe, place, folder)


def needed(settings: Train) -> dict[str, str]:
    """Return the packages that settings need beyond those of the extras of ours, by the setting that needs them."""
    return {"tracker": settings.tracker} if settings.tracker != "none" else {}


def _base_problems(recipe: Recipe, place: Place, folder: Path) -> Iterator[Mistake]:
    settings = settings_of(recipe)
    beside = folder / settings.base
    if local_base(settings.base) is None and (beside / "config.json").is_file():
        what = f"{WHERE}: '{settings.base}' stands beside the recipe, where training, which reads the run alone, cannot find it"
        yield Mistake(place(WHERE), what, f"write {beside.resolve()}")
        return
    try:
        base = base_folder(settings.base, weights=False)
        tokenizer = load_tokenizer(base)
        if isinstance(recipe.task, Chat) and not tokenizer.chat_template:
            hint = "use an instruction-tuned base, or task: {kind: instruction}"
            yield Mistake(place(WHERE), f"{WHERE}: the base has no chat template", hint)
        config = load_config(base)
    except UserError as error:
        yield from _placed(error, place)
        return
    try:
        longest_row(config, settings.max_length)
        if writes(recipe):
            longest_question(config, settings)
    except UserError as error:
        yield from _placed(error, place)


def _placed(error: UserError, place: Place) -> Iterator[Mistake]:
    """Yield mistakes that name a setting, with the place where it stands."""
    for mistake in error.mistakes:
        yield Mistake(place(mistake.where), f"{mistake.where}: {mistake.what}", mistake.hint)


if __name__ == "__main__":
    sys.exit(main())
