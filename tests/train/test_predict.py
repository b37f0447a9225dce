"""Prediction: what is written, and what is not done twice."""

import polars as pl
import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.files import read_parquet
from curate.recipe_file import load_finished
from train import sft
from train.draws import drawn_places
from train.predict import main, predict

FEW_SHOT = [f"predictions/few_shot/{name}" for name in ("base.parquet", "choice.json", "validation.parquet")]


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
            "written_tokens": pl.Int64,
            "ended": pl.Boolean,
            "generated_answer": pl.String,
        }
        assert said["row"].to_list() == test["row"].to_list()
        best = ["1" if one > nought else "0" for nought, one in zip(said["score_0"], said["score_1"], strict=True)]
        assert said["answer"].to_list() == best
        written = [place for place, text in enumerate(said["generated"]) if text is not None]
        assert written == drawn_places(20, 3, load_finished(labelled_run.recipe).seed)
        assert written != [0, 1, 2], "the first rows are no sample"
        assert set(said["generated_answer"]) <= {"0", "1", None}
        wrote = said.filter(pl.col("generated").is_not_null())
        assert wrote["written_tokens"].is_between(0, 4).all()  # at most max_new_tokens
        assert (wrote["ended"] | (wrote["written_tokens"] == 4)).all()
        assert said.filter(pl.col("generated").is_null())["ended"].is_null().all()
        validation = read_parquet(labelled_run.data("validation"))
        scored = read_parquet(labelled_run.validation_predictions(model))
        assert scored.columns == ["row", "score_0", "score_1", "answer"]
        assert scored["row"].to_list() == validation["row"].to_list()
    assert sorted(labelled_run.check_phase("predict").files) == [
        "predictions/base.parquet",
        *FEW_SHOT,
        "predictions/tuned.parquet",
        "predictions/validation/base.parquet",
        "predictions/validation/tuned.parquet",
    ]
    capsys.readouterr()
    predict(labelled_run)
    assert capsys.readouterr().err.count("nothing to do") == 6


def test_validation_rows_are_scored_as_if_they_were_test_rows(labelled_run):
    import shutil

    shutil.copy(labelled_run.data("test"), labelled_run.data("validation"))
    labelled_run.finish_phase("curate", "key", [labelled_run.recipe, labelled_run.path / "data"], 0.0)
    predict(labelled_run, ("base",))
    said, scored = (
        read_parquet(path) for path in (labelled_run.predictions("base"), labelled_run.validation_predictions("base"))
    )
    assert scored.equals(said.select(scored.columns))


def test_without_validation_rows_their_file_is_empty(tmp_path):
    every = labelled(40)
    run = make_run(tmp_path / "run", CLASSIFICATION, {"train": every[:30], "validation": every[:0], "test": every[30:]})
    predict(run, ("base",))
    scored = read_parquet(run.validation_predictions("base"))
    assert (scored.height, scored.schema["score_1"]) == (0, pl.Float64)


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
    assert sorted(labelled_run.check_phase("predict").files) == [
        "predictions/base.parquet",
        *FEW_SHOT,
        "predictions/validation/base.parquet",
    ]
    predict(labelled_run, ("tuned",))
    apart = labelled_run.check_phase("predict")
    assert len(apart.files) == 7
    capsys.readouterr()
    predict(labelled_run)
    assert capsys.readouterr().err.count("nothing to do") == 6
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
