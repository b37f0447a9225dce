"""Prediction: what is written, and what is not done twice."""

import polars as pl
import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.files import read_parquet
from curate.recipe_file import load_finished
from train import sft
from train.predict import drawn_places, main, predict


def test_both_models_answer_the_same_rows(labelled_run, capsys):
    sft.train(labelled_run)
    predict(labelled_run)
    test = read_parquet(labelled_run.data("test"))
    for model in ("base", "tuned"):
        said = read_parquet(labelled_run.predictions(model))
        assert dict(said.schema) == {
            "row": pl.Int64,
            "score_0": pl.Float64,
            "score_1": pl.Float64,
            "answer": pl.String,
            "generated": pl.String,
            "generated_answer": pl.String,
        }
        assert said["row"].to_list() == test["row"].to_list()
        best = ["1" if one > nought else "0" for nought, one in zip(said["score_0"], said["score_1"], strict=True)]
        assert said["answer"].to_list() == best
        written = [place for place, text in enumerate(said["generated"]) if text is not None]
        assert written == drawn_places(20, 3, load_finished(labelled_run.recipe).seed)
        assert written != [0, 1, 2], "the first rows are no sample"
        assert set(said["generated_answer"]) <= {"0", "1", None}
    assert sorted(labelled_run.check_phase("predict").files) == [
        "predictions/base.parquet",
        "predictions/tuned.parquet",
    ]
    capsys.readouterr()
    predict(labelled_run)
    assert capsys.readouterr().err.count("nothing to do") == 2


def test_a_small_model_learns_words_that_say_the_label(tmp_path):
    every = labelled(300)
    sides = {"train": every[:200], "validation": every[200:240], "test": every[240:]}
    run = make_run(
        tmp_path / "runs" / "learns",
        CLASSIFICATION,
        sides,
        SMALL.replace("epochs: 2", "epochs: 6").replace("5e-3", "1e-2"),
    )
    sft.train(run)
    predict(run)
    right = {}
    for model in ("base", "tuned"):
        said = read_parquet(run.predictions(model)).join(sides["test"], on="row")
        right[model] = (said["answer"] == said["label"]).mean()
    assert right["tuned"] == 1.0 > right["base"]


def test_one_model_at_a_time_ends_with_the_same_record(labelled_run, capsys):
    sft.train(labelled_run)
    predict(labelled_run, ("base",))
    assert sorted(labelled_run.check_phase("predict").files) == ["predictions/base.parquet"]
    predict(labelled_run, ("tuned",))
    apart = labelled_run.check_phase("predict")
    assert len(apart.files) == 2
    capsys.readouterr()
    predict(labelled_run)
    assert capsys.readouterr().err.count("nothing to do") == 2
    labelled_run.predictions("base").unlink()
    predict(labelled_run)
    assert labelled_run.check_phase("predict").files == apart.files
    assert labelled_run.check_phase("predict").key == apart.key


def test_the_tuned_model_must_be_there(labelled_run):
    with pytest.raises(UserError, match="the phase 'train' has not finished"):
        predict(labelled_run)


def test_the_base_needs_no_tuned_model_and_is_made_anew_if_the_cache_is_gone(labelled_run):
    import shutil

    predict(labelled_run, ("base",))
    first = labelled_run.check_phase("predict").files
    shutil.rmtree(labelled_run.cache)
    labelled_run.predictions("base").unlink()
    predict(labelled_run, ("base",))
    assert labelled_run.check_phase("predict").files == first


def test_the_command_line_knows_the_models(labelled_run, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["predict", str(labelled_run.path), "tunedd"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "tunedd" in capsys.readouterr().err
