"""What can be known about training before anything is spent: `python -m train.check RECIPE` prints mistakes and exits 2, else 0."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.recipe_file import load_recipe
from curate.task import Chat
from curate.train_settings import Train
from train.models import WHERE, base_folder, choose_device, load_tokenizer, longest_row, settings_of, uses_bfloat16
from train.process import run
from train.sft import known_settings
from train.trainer_settings import settings_problems, trainer_settings


def main() -> None:
    """Read the command line and check."""
    parser = argparse.ArgumentParser(
        prog="python -m train.check", description="Check the train: part of a recipe against this machine."
    )
    parser.add_argument("recipe", type=Path, help="a recipe file")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="as for fairlead"
    )
    arguments = parser.parse_args()
    recipe = load_recipe(arguments.recipe, arguments.overrides)
    mistakes = list(train_problems(recipe, str(arguments.recipe))) if recipe.train else []
    if mistakes:
        raise UserError(mistakes)


def train_problems(recipe: Recipe, where: str) -> Iterator[Mistake]:
    """Yield what stands in the way of training this recipe here: settings, device, precision, base."""
    settings = settings_of(recipe)
    unknown = settings_problems(settings.trainer, known_settings(), where)
    yield from unknown
    try:
        device = choose_device(settings.device)
        bfloat16 = uses_bfloat16(settings.precision, device)
    except UserError as error:
        yield from (Mistake(where, f"{mistake.where}: {mistake.what}", mistake.hint) for mistake in error.mistakes)
        return
    if not unknown:
        yield from _trainer_refuses(settings, device, where, bfloat16=bfloat16)
    if settings.base != "demo":
        yield from _base_problems(recipe, where)


def _trainer_refuses(settings: Train, device: str, where: str, *, bfloat16: bool) -> Iterator[Mistake]:
    from trl import SFTConfig

    with tempfile.TemporaryDirectory() as folder:
        try:
            SFTConfig(**trainer_settings(settings, 0, device, Path(folder), rows=1, evaluates=True, bfloat16=bfloat16))
        except (TypeError, ValueError) as error:
            yield Mistake(
                where, f"train.trainer: {str(error).strip().splitlines()[0]}", "mend the setting, or leave it out"
            )


def _base_problems(recipe: Recipe, where: str) -> Iterator[Mistake]:
    from transformers import AutoConfig

    settings = settings_of(recipe)
    try:
        folder = base_folder(settings.base, weights=False)
        tokenizer = load_tokenizer(folder)
        if isinstance(recipe.task, Chat) and not tokenizer.chat_template:
            yield Mistake(
                where,
                f"{WHERE}: the base has no chat template",
                "use an instruction-tuned base, or task: {kind: instruction}",
            )
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        longest_row(config, settings.max_length)
    except UserError as error:
        yield from (Mistake(where, f"{mistake.where}: {mistake.what}", mistake.hint) for mistake in error.mistakes)
    except (OSError, ValueError, KeyError) as error:
        yield Mistake(
            where,
            f"{WHERE}: its config does not load ({str(error).strip().splitlines()[0]})",
            "it may not need code of its own",
        )


if __name__ == "__main__":
    sys.exit(run(main))
