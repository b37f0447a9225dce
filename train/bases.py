"""Which base a recipe names, and where it is: the demo base, a folder, or a model of the hub."""

import os
from pathlib import Path

from curate.errors import Mistake, UserError
from curate.files import digest_file, digest_text, read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.train_settings import Train
from train.demo_base import ensure_demo_base
from train.prompts import plain_texts
from train.settings import settings_of

WEIGHTS = "*.safetensors"
HUB_FILES = ("*.json", WEIGHTS, "*.model", "*.txt", "*.jinja")
WHERE = "train.base"
"""Where a recipe names its base."""


def local_base(name: str) -> Path | None:
    """Return the folder that a base names (as given, or in the folder that FAIRLEAD_DATA names), or None."""
    places = [
        Path(name).expanduser(),
        *([Path(os.environ["FAIRLEAD_DATA"]) / name] if os.environ.get("FAIRLEAD_DATA") else []),
    ]
    return next((place for place in places if place.is_dir()), None)


def base_folder(name: str, *, weights: bool = True) -> Path:
    """Return the folder of a base that is not `demo`: a local one, or the snapshot of a hub id (downloaded if need be)."""
    found = local_base(name)
    if found is not None:
        return found
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    hint = (
        "name 'demo', an absolute path (a relative one is looked up in the working folder and in FAIRLEAD_DATA) of a folder "
        "with config.json and *.safetensors, or a hub id such as Qwen/Qwen2.5-0.5B"
    )
    patterns = [pattern for pattern in HUB_FILES if weights or pattern != WEIGHTS]
    try:
        folder = Path(snapshot_download(name, allow_patterns=patterns, ignore_patterns=["*/*"], local_files_only=True))
        if any(folder.glob(WEIGHTS if weights else "config.json")):
            return folder
    except HFValidationError as error:
        raise UserError(Mistake(WHERE, f"'{name}' is neither a folder nor a hub id", hint)) from error
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(snapshot_download(name, allow_patterns=patterns, ignore_patterns=["*/*"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        what = f"'{name}' is no folder, is not in the hub's cache on this machine, and cannot be fetched ({type(error).__name__})"
        raise UserError(Mistake(WHERE, what, hint)) from error


def base_identity(name: str) -> str:
    """Return what a base is, for the key of a phase: the digest of a folder's files, or the commit of a hub snapshot."""
    if name == "demo":
        return "demo"
    if local_base(name) is None:
        return base_folder(name).name
    files = sorted(path for path in base_folder(name).iterdir() if path.is_file())
    return digest_text(*(f"{path.name} {digest_file(path)}" for path in files))


def prepare_base(run: RunDirectory, recipe: Recipe) -> Path:
    """Return the folder of the recipe's base; the demo base is made from the run's training text if it is not cached."""
    train = settings_of(recipe)
    if train.base != "demo":
        return base_folder(train.base)
    return ensure_demo_base(run.cache, demo_texts(run, recipe), train.demo, demo_positions(train), recipe.seed)


def demo_texts(run: RunDirectory, recipe: Recipe) -> list[str]:
    """Return the texts that the demo base of a run is made from."""
    return plain_texts(read_parquet(run.data("train")).sort("row"), recipe.task)


def demo_positions(train: Train) -> int:
    """Return the longest row that the demo base of a recipe must read, in tokens."""
    return train.max_length + train.generation.max_new_tokens
