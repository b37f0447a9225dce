"""What tuning works on: a recipe's base, loaded, and its rows as checked tokens."""

from dataclasses import dataclass, replace
from pathlib import Path

from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from train.encode import encode_answers
from train.models import LoadedModel, choose_device, load_base, longest_row, prepare_base, settings_of
from train.process import say
from train.tokens import Encoded, check_encoded
from train.weighting import row_weights


@dataclass(frozen=True)
class Job:
    """Everything that tuning needs, read and checked."""

    recipe: Recipe
    base: Path
    device: str
    loaded: LoadedModel
    train: Encoded
    validation: Encoded


def prepare(directory: RunDirectory, recipe: Recipe) -> Job:
    """Load the base and turn the rows into checked tokens."""
    settings = settings_of(recipe)
    device = choose_device(settings.device)
    base = prepare_base(directory, recipe)
    loaded = load_base(base, recipe, device)
    maximum = longest_row(loaded.model.config, settings.max_length)
    encoded = {}
    for side in ("train", "validation"):
        path = directory.data(side)
        rows = read_parquet(path).sort("row")
        encoded[side] = encode_answers(rows, recipe, loaded.tokenizer, maximum, str(path))
        if rows.height or side == "train":
            check_encoded(loaded.tokenizer, encoded[side], settings.maximum_truncated, str(path))
        cut, left_out = encoded[side].cut, len(encoded[side].left_out)
        if cut:
            lost = f"lost their beginning, {left_out:,} are left out"
            say(f"train: {cut:,} of {rows.height:,} {side} rows are longer than {maximum} tokens and {lost}")
    train = replace(encoded["train"], weights=row_weights(read_parquet(directory.data("train")).sort("row")))
    return Job(recipe, base, device, loaded, train, encoded["validation"])
