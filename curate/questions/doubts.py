"""What a curator should know of a finished run before relying on it, beside the account: what was merged or overlooked, and how."""

import shlex
from collections.abc import Iterator

import polars as pl

from curate.files import scan_parquet
from curate.losses import Loss, too_few_in_words
from curate.manifest import StepFile
from curate.near_duplicates.in_words import UNFINISHED, chained_in_words, other_text_in_words, unfinished_in_words
from curate.recipe import Recipe
from curate.steps.minhash import CHAINED, NEAR, Minhash
from curate.store import RunDirectory
from curate.task import text_named


def doubts_of(run: RunDirectory, recipe: Recipe, lost: tuple[Loss, ...]) -> tuple[str, ...]:
    """Return a sentence for each: chained merges, rows that were not compared with all, older rows of other text, small losses."""
    too_few = too_few_in_words(lost, recipe)
    return (*_of_merges(run, recipe), *_of_older(run, recipe), *([too_few] if too_few else []))


def _of_merges(run: RunDirectory, recipe: Recipe) -> Iterator[str]:
    merging = [name for name, step in recipe.steps_by_name().items() if isinstance(step, Minhash)]
    if not merging:
        return
    lines = scan_parquet(run.ledger).filter(pl.col("step").is_in(merging), pl.col("event").is_in(["dropped", "noted"]))
    counts = {tuple(key): rows for *key, rows in lines.group_by("step", "event", "reason").len().collect().iter_rows()}
    for name in merging:
        chained, unfinished = counts.get((name, "dropped", CHAINED)), counts.get((name, "noted", UNFINISHED))
        if chained:
            merged = chained + counts.get((name, "dropped", NEAR), 0)
            path = shlex.quote(str(run.path))
            how = f"fairlead audit {path}, then fairlead trace {path} chained.{name} lists them"
            yield f"{chained_in_words(name, chained, merged)}; {how}"
        if unfinished:
            yield f"{name}: {unfinished_in_words(unfinished)}"


def _of_older(run: RunDirectory, recipe: Recipe) -> Iterator[str]:
    for file in run.read_manifest().files:
        said = other_text(file, recipe)
        if said:
            yield f"{file.step} against {file.path}: {said}"


def other_text(file: StepFile, recipe: Recipe) -> str:
    """Say whether an index holds the text of other columns than a step compared; empty where it does not, or for other files."""
    step = recipe.steps_by_name()[file.step]
    return other_text_in_words(text_named(recipe.task, step.on), file.parts) if isinstance(step, Minhash) else ""
