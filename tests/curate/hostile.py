"""Small recipes over hostile files, curated with every row accounted for."""

from pathlib import Path

import polars as pl
import pytest

from curate import check as checking
from curate import engine
from curate.account import check_conservation
from curate.errors import UserError
from curate.files import read_parquet
from curate.recipe_file import load_recipe
from curate.verify import verify

CLASSIFY = "{kind: classification, text: text, label: label}"
LINES = "".join(f"hello there number {i} word{i * 7},{'ab'[i % 2]}\n" for i in range(12))


def write(folder: Path, sources: str, task: str = CLASSIFY, more: str = "", **files: bytes | str) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    recipe = folder / "r.yaml"
    recipe.write_text(f"version: 1\nname: r\nsources: {sources}\ntask: {task}\n{more}")
    return recipe


def curate(recipe: Path, rows: int, *overrides: str):
    """Curate and verify a recipe; every one of `rows` rows must be in the source or in quarantine, and accounted for."""
    loaded = load_recipe(recipe, overrides)
    run = engine.curate(engine.prepare(loaded, recipe.parent, recipe.parent / "runs", overrides))
    verify(run)
    for record in run.read_manifest().steps:
        check_conservation(record)
    source, quarantine, ledger = (read_parquet(path) for path in (run.source, run.quarantine, run.ledger))
    sides = ("train", "validation", "test") if loaded.split else ("all",)
    kept = pl.concat([read_parquet(run.data(side)).select("row") for side in sides])
    events = ledger["event"].to_list()
    assert source.height + quarantine.height == rows
    assert source.height == kept.height + events.count("dropped") - events.count("added")
    assert kept["row"].n_unique() == kept.height
    return run


def mistakes(recipe: Path) -> list[str]:
    """What `check` finds."""
    with pytest.raises(UserError) as caught:
        checking.check(load_recipe(recipe), recipe.parent)
    return [str(mistake) for mistake in caught.value.mistakes]


def quarantine(run) -> list[tuple[int, str, str]]:
    return read_parquet(run.quarantine).select("line", "reason", "detail").rows()
