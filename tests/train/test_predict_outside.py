"""What models say of text from elsewhere: the scores of test rows with the same texts; of texts the loss, and nothing is written."""

import polars as pl
import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.files import read_parquet, write_parquet
from curate.recipe_file import load_finished
from train.models import LoadedModel, align, load_model, load_tokenizer
from train.predict import ask, predict_key
from train.questions import Question, every_question
from train.settings import settings_of

OUTSIDE = "\naudit: {outside: [{path: away.csv, name: away}]}\n"
INSTRUCTION = "{kind: instruction, prompt: '{text}', completion: label}"


@pytest.fixture(scope="module")
def small(base_folder):
    made = LoadedModel(load_model(base_folder, "cpu"), load_tokenizer(base_folder))
    align(made, is_chat=False)
    return made


def run_of(folder, task: str):
    every = labelled(24)
    sides = {"train": every[:12], "validation": every[12:16], "test": every[16:]}
    run = make_run(folder / "runs" / "outside", task, sides, SMALL + OUTSIDE)
    write_parquet(run.outside("away"), every[16:].with_columns(copy_of=pl.lit(None, dtype=pl.String)))
    run.finish_phase("curate", "key", [run.recipe, run.path / "data"], 0.0)
    return run, load_finished(run.recipe)


def test_a_file_is_asked_as_the_test_rows_are(tmp_path, small):
    run, recipe = run_of(tmp_path, CLASSIFICATION)
    asked = [about for about in every_question(run, recipe) if about.outside is not None]
    assert [about.name for about in asked] == ["base outside away", "tuned outside away"]
    said, test = (ask(run, recipe, small, about) for about in (asked[0], Question("base")))
    assert said.columns == ["row", "score_0", "score_1", "answer", "cut"]
    assert said.drop("cut").equals(test.select("row", "score_0", "score_1", "answer"))
    assert "cut" not in test.columns
    assert asked[1].predictions(run) == run.path / "predictions" / "outside" / "away" / "tuned.parquet"


def test_the_key_of_an_answer_covers_the_file_and_no_other(tmp_path):
    run, recipe = run_of(tmp_path, CLASSIFICATION)
    about = {each.name: each for each in every_question(run, recipe) if each.model == "base"}
    before = {name: predict_key(run, recipe, each) for name, each in about.items()}
    write_parquet(run.outside("away"), read_parquet(run.outside("away"))[:2])
    run.finish_phase("curate", "key", [run.recipe, run.path / "data"], 0.0)
    after = {name: predict_key(run, recipe, each) for name, each in about.items()}
    assert {name for name in before if before[name] != after[name]} == {"base outside away"}


def test_of_texts_there_is_the_loss_and_nothing_is_written(tmp_path, small):
    run, recipe = run_of(tmp_path, INSTRUCTION)
    said, test = (ask(run, recipe, small, Question("base", outside=name)) for name in ("away", None))
    assert said.columns == ["row", "loss", "tokens", "bytes", "cut"]
    assert said.drop("cut").equals(test.select("row", "loss", "tokens", "bytes"))
    assert "cut" not in test.columns


@pytest.mark.parametrize("task", [CLASSIFICATION, INSTRUCTION])
def test_rows_that_lost_their_beginning_are_told(tmp_path, small, task):
    run, recipe = run_of(tmp_path, task)
    rows = read_parquet(run.outside("away")).with_columns(
        text=pl.when(pl.col("row") == pl.col("row").max()).then(pl.lit("word " * 200)).otherwise(pl.col("text"))
    )
    write_parquet(run.outside("away"), rows)
    said = ask(run, recipe, small, Question("base", outside="away"))
    assert settings_of(recipe).max_length < 200
    assert said["cut"].to_list() == [False] * 7 + [True]
