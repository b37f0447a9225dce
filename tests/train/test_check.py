"""What `python -m train.check` finds before anything is spent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from curate.errors import UserError
from curate.recipe_file import dump_recipe, parse_recipe
from train.check import check, train_problems

RECIPE = """version: 1
name: small
sources: [{path: a.jsonl}]
task: {kind: classification, text: text, label: label, labels: {0: bad, 1: good}}
split: {}
train:
"""


def problems(train, task="classification", folder=Path("recipes")):
    text = RECIPE + "".join(f"  {line}\n" for line in train)
    if task == "chat":
        text = text.replace(
            "{kind: classification, text: text, label: label, labels: {0: bad, 1: good}}", "{kind: chat}"
        )
    return [str(mistake) for mistake in train_problems(parse_recipe(text, "r.yaml"), lambda _dotted: "r.yaml", folder)]


def test_a_good_recipe(base_folder):
    assert problems(["base: demo"]) == []
    assert problems([f"base: {base_folder}", "trainer: {max_grad_norm: 0.5, lr_scheduler_type: linear}"]) == []


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (["device: cuda"], "r.yaml: train.device: 'cuda' is not available here"),
        (["precision: bfloat16"], "r.yaml: train.precision: bfloat16 is not available on this cpu"),
        (["trainer: {lr_scheduler_type: cosin}"], "r.yaml: train.trainer: cosin is not a valid SchedulerType"),
        (
            ["trainer: {eval_strategy: steps, eval_steps: 3}"],
            "r.yaml: train.trainer: --load_best_model_at_end requires the save and eval",
        ),
        (
            ["trainer: {lr_scheduler: linear}"],
            "r.yaml: unknown setting 'train.trainer.lr_scheduler'; did you mean 'lr_scheduler_",
        ),
        (["base: no-one/nothing"], "r.yaml: train.base: 'no-one/nothing' is no folder"),
    ],
)
def test_each_mistake_is_one_line(train, expected):
    (found,) = problems(train)
    assert found.startswith(expected)
    assert "\n" not in found


def test_all_at_once(base_folder):
    found = problems([f"base: {base_folder}", "max_length: 4096", "trainer: {bf16: true, hub_token: x}"])
    assert [line.split(": ", 1)[1].split(";")[0] for line in found] == [
        "train.trainer.bf16 has a key of its own",
        "train.trainer.hub_token is set by fairlead",
        "train.max_length: 4096 tokens are more than the base's 2048 positions",
    ]


def test_a_chat_needs_a_template(base_folder, tmp_path):
    import shutil

    shutil.copytree(base_folder, tmp_path / "base")
    (tmp_path / "base" / "chat_template.jinja").unlink()
    assert problems([f"base: {base_folder}"], "chat") == []
    (found,) = problems([f"base: {tmp_path / 'base'}"], "chat")
    assert "has no chat template" in found


def test_the_command_exits_with_2_and_prints_lines_alone(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text(RECIPE + "  base: demo\n")
    command = [
        sys.executable,
        "-m",
        "train.check",
        str(recipe),
        "--set",
        "train.trainer={warmup: 3}",
        "--set",
        "train.device=cuda",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        "--set train.trainer: unknown setting 'train.trainer.warmup'",
        "--set train.device: train.device: 'cuda' is not available here",
    ]


def test_each_mistake_has_its_line(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text(RECIPE + "  base: no-one/nothing\n  trainer:\n    max_grad_norm: 1\n    warmup: 3\n")
    with pytest.raises(UserError) as caught:
        check(recipe)
    assert [mistake.where for mistake in caught.value.mistakes] == [f"{recipe}:10", f"{recipe}:7"]


def test_a_base_beside_the_recipe_is_named_by_its_path(base_folder):
    (found,) = problems([f"base: {base_folder.name}"], folder=base_folder.parent)
    assert found.startswith(f"r.yaml: train.base: '{base_folder.name}' stands beside the recipe")
    assert found.endswith(f"write {base_folder}")


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (["base: demo", "lora: {rank: 2}"], "r.yaml:8: train.lora: has no effect with method: full"),
        (["base: x", "demo: {layers: 2}"], "r.yaml:8: train.demo: has no effect with base: x"),
    ],
)
def test_settings_without_effect(train, expected):
    with pytest.raises(UserError) as caught:
        problems(train)
    assert [str(mistake).split(";")[0] for mistake in caught.value.mistakes] == [expected]


def test_a_resolved_recipe_with_its_defaults_loads(base_folder):
    recipe = parse_recipe(RECIPE + f"  base: {base_folder}\n", "r.yaml")
    assert parse_recipe(dump_recipe(recipe), "resolved.yaml") == recipe


def test_an_evaluation_without_validation_rows_is_refused(labelled_run):
    from curate.files import read_parquet, write_parquet
    from curate.recipe_file import load_recipe
    from train.job import get_ready

    train = "trainer: {eval_strategy: steps, eval_steps: 4, save_strategy: steps, save_steps: 4}"
    recipe = parse_recipe(RECIPE.replace("split: {}", "split: {validation: 0}") + f"  {train}\n", "r.yaml")
    (found,) = train_problems(recipe, lambda dotted: dotted, Path("recipes"))
    assert found.what == "train.trainer: eval_strategy: steps asks for validation rows, and there are none"
    assert problems([train]) == []
    recipe = load_recipe(labelled_run.recipe)
    settings = recipe.train.model_copy(update={"trainer": {"eval_strategy": "steps"}})
    recipe = recipe.model_copy(update={"train": settings})
    get_ready(labelled_run, recipe)
    none = read_parquet(labelled_run.data("validation"))[:0]
    write_parquet(labelled_run.data("validation"), none)  # the split may leave none of a small source
    with pytest.raises(UserError, match="eval_strategy: steps asks for validation rows"):
        get_ready(labelled_run, recipe)


def test_four_bits_that_are_not_there_or_do_not_work_are_a_mistake(monkeypatch):
    import bitsandbytes.functional

    assert problems(["method: qlora"]) == []

    def broken(*_arguments, **_settings):
        raise RuntimeError("no library of kernels\nof this CUDA")

    with monkeypatch.context() as patched:
        patched.setattr(bitsandbytes.functional, "quantize_4bit", broken)
        (found,) = problems(["method: qlora"])
    assert found.startswith(
        "r.yaml: train.method: qlora needs 'bitsandbytes', which does not work on this cpu (no library of kernels)"
    )
    monkeypatch.setattr("train.adapters.find_spec", lambda _name: None)
    (found,) = problems(["method: qlora"])
    assert found == (
        "r.yaml: train.method: qlora needs the package 'bitsandbytes', which is not installed; "
        "pip install 'fairlead[qlora]', or write method: lora"
    )
    assert problems(["method: lora"]) == []
