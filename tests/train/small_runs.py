"""Small run directories, written as the phase `curate` leaves them."""

from pathlib import Path

import polars as pl

from curate import rows
from curate.files import write_parquet, write_text
from curate.manifest import Manifest
from curate.recipe_file import dump_recipe, parse_recipe
from curate.store import RunDirectory

SMALL = """
  base: demo
  demo: {hidden_size: 32, layers: 1, heads: 2, vocabulary: 400, steps: 3, batch_size: 4, block_size: 32}
  epochs: 2
  learning_rate: 5e-3
  batch_size: 8
  max_length: 96
  generation: {rows: 3, max_new_tokens: 4}
  accept: [leaks]
"""
SENTENCES = (
    "the fair was {} and the band was {}",
    "we found the soup {} but the bread {}",
    "a {} evening with a {} end",
)
GOOD, BAD = ("lovely", "bright", "warm"), ("dreadful", "grim", "sour")


def labelled(count: int, source: int = 0) -> pl.DataFrame:
    """Rows whose words say their label, numbered as a source's rows are."""
    made = []
    for place in range(count):
        words, label = (GOOD, "1") if place % 2 else (BAD, "0")
        text = SENTENCES[place % 3].format(words[place % 3], words[(place // 2) % 3])
        made.append({"row": rows.number(source, place + 1), "text": text, "label": label, "parent": None})
    return pl.DataFrame(made, schema={"row": pl.Int64, "text": pl.String, "label": pl.String, "parent": pl.Int64})


def make_run(folder: Path, task: str, sides: dict[str, pl.DataFrame], train: str = SMALL) -> RunDirectory:
    """Write a run directory as the phase `curate` leaves it."""
    text = f"version: 1\nname: small\nsources: [{{path: a.jsonl}}]\ntask: {task}\nsplit: {{}}\ntrain:{train}"
    run = RunDirectory(folder)
    write_text(run.recipe, dump_recipe(parse_recipe(text, "recipe.yaml")))
    for side, frame in sides.items():
        write_parquet(run.data(side), frame)
    run.write_manifest(Manifest(name="small", fairlead="0", python="3", platform="test", seed=7, packages={}))
    run.finish_phase("curate", "key", [run.recipe, run.path / "data"], 0.0)
    return run


def ready_of(tokenizer, task: str, sides: dict[str, pl.DataFrame], train: str = "{base: demo}"):
    """Rows as tokens, as the checks before training see them; the sides that are left out are empty."""
    from curate.train_settings import DemoBase
    from train.demo_base import make_config
    from train.encode import encode_answers
    from train.job import SIDES, Ready
    from train.models import Outline
    from train.settings import settings_of

    text = f"version: 1\nname: small\nsources: [{{path: a.jsonl}}]\ntask: {task}\nsplit: {{}}\ntrain: {train}"
    recipe = parse_recipe(text, "recipe.yaml")
    every = {side: sides.get(side, sides["train"][:0]) for side in SIDES}
    small = make_config(tokenizer, DemoBase(hidden_size=32, layers=1, heads=2), 128)
    most = settings_of(recipe).max_length
    encoded = {side: encode_answers(frame, recipe, tokenizer, most, side) for side, frame in every.items()}
    return Ready(recipe, "cpu", Outline(small, tokenizer), every, encoded)


CLASSIFICATION = (
    '{kind: classification, text: text, label: label, labels: {0: bad, 1: good}, prompt: "{text}\\nThis is"}'
)


def gpt2(folder: Path, train: str = SMALL, positions: int = 96) -> str:
    """Write a base to a folder whose positions are learnt and whose layers are `Conv1D`, and return the settings that name it."""
    from transformers import GPT2Config, GPT2LMHeadModel

    from train.demo_base import make_tokenizer

    tokenizer = make_tokenizer(labelled(60)["text"].to_list(), 400)
    GPT2LMHeadModel(
        GPT2Config(vocab_size=len(tokenizer), n_positions=positions, n_embd=32, n_layer=1, n_head=2)
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    named = train.replace("base: demo", f"base: {folder}")
    return "".join(line for line in named.splitlines(keepends=True) if not line.startswith("  demo:"))
