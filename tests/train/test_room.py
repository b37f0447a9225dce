"""Room for what a model writes: a prompt and its answer fit the positions of the base together, and every cut is told."""

import pytest
from small_runs import CLASSIFICATION, SMALL, gpt2, labelled, make_run

from curate.errors import UserError
from curate.files import read_parquet
from curate.recipe_file import load_recipe
from curate.train_settings import Train
from train import sft
from train.callbacks import read_journal
from train.check import train_problems
from train.predict import predict
from train.room import longest_question, writes

SIDES = {"train": labelled(80)[:24], "validation": labelled(80)[48:52], "test": labelled(80)[60:64]}


def written(count: int) -> Train:
    return Train.model_validate({"max_length": 96, "generation": {"max_new_tokens": count}})


def test_a_prompt_has_the_positions_that_the_longest_answer_leaves():
    from transformers import BloomConfig, GPT2Config

    config = GPT2Config(n_positions=100)
    assert [longest_question(config, written(count)) for count in (4, 5, 92)] == [96, 95, 8]
    with pytest.raises(UserError) as caught:
        longest_question(config, written(93))
    (mistake,) = caught.value.mistakes
    assert mistake.where == "train.generation.max_new_tokens"
    assert mistake.what == "93 tokens leave 7 of the base's 100 positions to the prompt"
    assert mistake.hint == "write at most 92; up to 4 leave prompts of train.max_length tokens whole"
    assert longest_question(BloomConfig(), written(4000)) == 96  # its positions have no end


def gpt2_run(folder, new_tokens, more=""):
    settings = SMALL.replace("epochs: 2", "epochs: 1").replace("5e-3", "1e-3")
    settings = settings.replace("max_new_tokens: 4", f"max_new_tokens: {new_tokens}") + more
    return make_run(folder / "run", CLASSIFICATION, SIDES, gpt2(folder / "base", settings, 96))


def test_what_leaves_no_room_is_refused_by_the_check_and_before_training(tmp_path):
    run = gpt2_run(tmp_path, 96)
    recipe = load_recipe(run.recipe)
    (found,) = train_problems(recipe, lambda dotted: dotted, tmp_path)
    assert found.where == "train.generation.max_new_tokens"
    assert "96 tokens leave 0 of the base's 96 positions" in found.what
    with pytest.raises(UserError, match="96 tokens leave 0 of"):
        sft.train(run)
    silent = recipe.train.model_copy(update={"generation": recipe.train.generation.model_copy(update={"rows": 0})})
    recipe = recipe.model_copy(update={"train": silent})
    assert not writes(recipe)
    assert list(train_problems(recipe, lambda dotted: dotted, tmp_path)) == []


def test_up_to_the_last_position_is_written_and_cut_prompts_are_counted(tmp_path, capsys):
    run = gpt2_run(tmp_path, 86, "  samples: {every_steps: 3, rows: 2}\n")
    sft.train(run)
    assert "train, samples: 2 of 2 prompts to be continued lose their beginning" in capsys.readouterr().err
    assert [line["step"] for line in read_journal(run.model / "samples.jsonl")] == [3, 3]
    predict(run, ("base",))
    said = capsys.readouterr().err
    assert "predict, base: 3 of 3 prompts to be continued lose their beginning" in said
    assert "leave 10 tokens to a prompt" in said
    wrote = read_parquet(run.predictions("base")).drop_nulls("generated")
    assert wrote.height == 3
    assert (wrote["ended"] | (wrote["written_tokens"] == 86)).all()
