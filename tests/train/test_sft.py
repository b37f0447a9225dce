"""Fine-tuning, end to end on a small run: what is written, what is refused, and that a stopped run goes on."""

import json
import signal
import subprocess
import sys

import polars as pl
import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.files import digest_file, read_parquet
from curate.locks import alone
from curate.recipe_file import load_finished
from train import callbacks, sft
from train.callbacks import read_journal
from train.draws import drawn_places
from train.model_record import ModelRecord
from train.predict import predict

# peft 0.21 reads a name of the model that transformers 5.23 calls by another
peft_warns = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
SIDES = {"train": labelled(80)[:48], "validation": labelled(80)[48:60], "test": labelled(80)[60:]}
HIGH = SMALL.replace("learning_rate: 5e-3", "learning_rate: 1.0").replace("[leaks]", "[leaks, learning_rate]")
TALKS = pl.DataFrame(
    {
        "row": range(1, 25),
        "messages": [
            [{"role": "user", "content": f"say {place % 3}"}, {"role": "assistant", "content": "abc"[place % 3]}]
            for place in range(24)
        ],
    },
)
TASKS = pl.DataFrame(
    {"row": range(1, 25), "question": [f"{place} {place}" for place in range(24)], "answer": ["yes", "no"] * 12}
)


def thirds(rows):
    return {"train": rows[:16], "validation": rows[16:20], "test": rows[20:]}


def test_two_processes_do_not_train_one_run(labelled_run):
    with (
        alone(labelled_run.path, "trains"),
        pytest.raises(
            UserError, match="another process trains a model of this run; wait until it has ended, or stop it"
        ),
    ):
        sft.train(labelled_run)
    assert not labelled_run.model.exists()


def test_a_run_is_trained_recorded_and_not_trained_again(labelled_run, capsys):
    sft.train(labelled_run)
    record = ModelRecord.model_validate_json((labelled_run.model / "settings.json").read_text())
    assert (record.steps, record.seed, record.attention, record.precision) == (
        12,
        7,
        "sdpa, rows end to end",
        "float32",
    )
    assert record.train_tokens.rows == 48
    assert record.trained_parameters == record.parameters
    assert record.reload_difference < 1e-4
    lines = read_journal(labelled_run.model / "metrics.jsonl")
    assert set(lines[0]) == {"step", "validation_loss", "validation_accuracy", "validation_macro_f1"}
    assert {"step", "loss", "learning_rate", "gradient_norm", "tokens_per_second", "epoch"} <= set(lines[1])
    validation = [line["validation_loss"] for line in lines if "validation_loss" in line]
    assert len(validation) == 3
    assert record.fit.validation_loss_before == validation[0]
    assert record.best_validation_loss == pytest.approx(min(validation))
    assert sorted(path.name for path in labelled_run.model.iterdir()) == [
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "metrics.jsonl",
        "model.safetensors",
        "settings.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert str(labelled_run.path) not in "".join(path.read_text() for path in labelled_run.model.glob("*.json"))
    assert set(labelled_run.check_phase("train").files) == {
        f"model/{path.name}" for path in labelled_run.model.iterdir()
    }
    assert not (labelled_run.path / ".train-work").exists()
    capsys.readouterr()
    sft.train(labelled_run)
    assert "nothing to do" in capsys.readouterr().err


def test_a_training_that_makes_the_model_no_better_says_so(tmp_path, capsys):
    settings = HIGH.replace("epochs: 2", "epochs: 1")
    run = make_run(tmp_path / "runs" / "worse", CLASSIFICATION, SIDES, settings)
    sft.train(run)
    fit = ModelRecord.model_validate_json((run.model / "settings.json").read_text()).fit
    assert fit.validation_loss > fit.validation_loss_before
    assert fit.no_better
    said = f"it is {fit.validation_loss:.2f} nats a token, and {fit.validation_loss_before:.2f} before the first step"
    assert f"warning: training did not lower the loss on validation rows: {said}" in capsys.readouterr().err


def test_a_stopped_run_goes_on_and_ends_with_the_same_weights(labelled_run, tmp_path, monkeypatch, capsys):
    sft.train(labelled_run)
    whole = {name: digest_file(labelled_run.model / name) for name in ("model.safetensors", "settings.json")}
    again = make_run(tmp_path / "runs" / "again", CLASSIFICATION, SIDES)
    write = callbacks.Journal.write

    def stop_at_nine(self, step, logs):
        if step == 9:
            raise KeyboardInterrupt
        write(self, step, logs)

    with monkeypatch.context() as patched:
        patched.setattr(callbacks.Journal, "write", stop_at_nine)
        with pytest.raises(KeyboardInterrupt):
            sft.train(again)
    work = again.path / ".train-work"
    assert not again.model.exists()
    (work / "checkpoint-9").mkdir()  # a checkpoint that a kill left in pieces
    (work / "checkpoint-9" / "model.safetensors").write_text("half")
    capsys.readouterr()
    sft.train(again)
    assert "going on from step 6" in capsys.readouterr().err
    assert {name: digest_file(again.model / name) for name in whole} == whole
    assert [line["step"] for line in read_journal(again.model / "metrics.jsonl")] == [
        line["step"] for line in read_journal(labelled_run.model / "metrics.jsonl")
    ]


def test_a_killed_run_goes_on_with_the_same_curve(labelled_run, tmp_path):
    """SIGKILL in the middle of a step, patience spent in part: the curve and the weights are those of a run in one piece."""
    settings = SMALL.replace("epochs: 2", "epochs: 9") + "  patience: 2\n  best_by: accuracy\n"
    whole = make_run(tmp_path / "runs" / "whole", CLASSIFICATION, SIDES, settings)
    sft.train(whole)
    stopped = ModelRecord.model_validate_json((whole.model / "settings.json").read_text())
    assert stopped.stopped_early
    logged = [line["step"] for line in read_journal(whole.model / "metrics.jsonl") if "loss" in line]
    last = max(step for step in logged if step < stopped.steps)
    again = make_run(tmp_path / "runs" / "again", CLASSIFICATION, SIDES, settings)
    code = (
        "import os, signal, sys; from pathlib import Path; from train.process import prepare_environment; prepare_environment()\n"
        "from curate.store import RunDirectory; from train import callbacks, sft\n"
        "write = callbacks.Journal.write\n"
        "def kill(self, step, logs):\n"
        f"    os.kill(os.getpid(), signal.SIGKILL) if step == {last} else write(self, step, logs)\n"
        "callbacks.Journal.write = kill; sft.train(RunDirectory(Path(sys.argv[1])))"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(again.path)], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert not again.model.exists()
    sft.train(again)
    for name in ("model.safetensors", "settings.json"):
        assert digest_file(again.model / name) == digest_file(whole.model / name)
    kept = ("step", "loss", "validation_loss", "validation_accuracy", "learning_rate", "gradient_norm")
    curves = [
        [{key: line[key] for key in kept if key in line} for line in read_journal(run.model / "metrics.jsonl")]
        for run in (whole, again)
    ]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("settings", [SMALL, HIGH.replace("epochs: 2", "epochs: 9") + "  patience: 1\n"])
def test_a_run_killed_after_its_last_step_ends_with_the_same_weights(tmp_path, monkeypatch, settings):
    whole = make_run(tmp_path / "runs" / "whole", CLASSIFICATION, SIDES, settings)
    sft.train(whole)
    again = make_run(tmp_path / "runs" / "again", CLASSIFICATION, SIDES, settings)
    with monkeypatch.context() as patched:
        patched.setattr(sft, "describe", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            sft.train(again)
    (again.path / ".model.1").mkdir()  # what a kill in the middle of writing leaves
    sft.train(again)
    for name in ("model.safetensors", "settings.json"):
        assert digest_file(again.model / name) == digest_file(whole.model / name)
    assert not (again.path / ".model.1").exists()


def _interrupt(*_):
    raise KeyboardInterrupt


def test_work_begun_for_other_settings_is_thrown_away(labelled_run):
    work = sft.open_work_folder(labelled_run, "one")
    (work / "checkpoint-6").mkdir()
    assert sft.open_work_folder(labelled_run, "one") == work
    assert (work / "checkpoint-6").is_dir()
    sft.open_work_folder(labelled_run, "two")
    assert sorted(path.name for path in work.iterdir()) == ["key"]


def test_the_validation_loss_stops_the_run(tmp_path):
    worse = HIGH.replace("epochs: 2", "epochs: 9") + "  patience: 1\n"
    run = make_run(tmp_path / "runs" / "stop", CLASSIFICATION, SIDES, worse)
    sft.train(run)
    record = ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    assert record.stopped_early
    assert record.best_step < record.steps < 54


def test_without_validation_rows_it_trains_to_the_end(tmp_path):
    run = make_run(tmp_path / "runs" / "none", CLASSIFICATION, {**SIDES, "validation": SIDES["validation"][:0]})
    sft.train(run)
    record = ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    assert (record.steps, record.best_validation_loss, record.validation_tokens.rows) == (12, None, 0)


@peft_warns
@pytest.mark.parametrize("method", ["full", "lora"])
def test_chat(tmp_path, method):
    run = make_run(tmp_path / "runs" / "chat", "{kind: chat}", thirds(TALKS), f"{SMALL}  method: {method}\n")
    sft.train(run)
    predict(run)
    for model in ("base", "tuned"):
        answers = read_parquet(run.predictions(model))
        assert answers.columns == ["row", "loss", "tokens", "bytes", "answer", "written_tokens", "ended"]
        assert answers["tokens"].to_list() == [2, 2, 2, 2]
        drawn = drawn_places(4, 3, load_finished(run.recipe).seed)
        assert [place for place, answer in enumerate(answers["answer"]) if answer is not None] == drawn
    losses = [read_parquet(run.predictions(model))["loss"].sum() for model in ("base", "tuned")]
    assert losses[1] < losses[0]


@peft_warns
def test_an_adapter_is_saved_alone_and_loads_on_its_base(tmp_path):
    run = make_run(tmp_path / "runs" / "lora", CLASSIFICATION, SIDES, f"{SMALL}  method: lora\n")
    sft.train(run)
    names = {path.name for path in run.model.iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json"} <= names
    assert "model.safetensors" not in names
    assert json.loads((run.model / "adapter_config.json").read_text())["base_model_name_or_path"] == "demo"
    record = ModelRecord.model_validate_json((run.model / "settings.json").read_text())
    assert 0 < record.trained_parameters < record.parameters
    predict(run)
    scores = [read_parquet(run.predictions(model))["score_1"].to_list() for model in ("base", "tuned")]
    assert scores[0] != scores[1]


def test_plain_text_is_learned_whole(tmp_path):
    run = make_run(tmp_path / "runs" / "plain", "{kind: instruction, completion: answer}", thirds(TASKS))
    sft.train(run)
    predict(run, ("tuned",))
    answers = read_parquet(run.predictions("tuned"))
    assert answers["answer"].to_list() == [None] * 4  # nothing is asked, so nothing is written
    from train.models import load_tokenizer

    tokenizer = load_tokenizer(run.model)
    assert answers["tokens"].to_list() == [
        len(tokenizer(text, add_special_tokens=False)["input_ids"]) + 1 for text in thirds(TASKS)["test"]["answer"]
    ]


def test_instructions(tmp_path):
    task = '{kind: instruction, prompt: "{question}\\nAnswer:", completion: answer}'
    run = make_run(tmp_path / "runs" / "tasks", task, thirds(TASKS))
    sft.train(run)
    predict(run, ("tuned",))
    answers = read_parquet(run.predictions("tuned"))
    assert answers["row"].to_list() == [21, 22, 23, 24]
    assert (answers["loss"] > 0).all()
    assert not run.predictions("base").exists()


def test_a_learning_rate_that_breaks_the_model_is_named(tmp_path):
    run = make_run(
        tmp_path / "runs" / "nan",
        CLASSIFICATION,
        SIDES,
        HIGH.replace("1.0", "1e30") + "  trainer: {max_grad_norm: 0}\n",
    )
    with pytest.raises(UserError, match="lower the learning rate"):
        sft.train(run)


def test_a_learning_rate_that_leaves_nothing_of_the_model_is_refused(tmp_path):
    run = make_run(tmp_path / "runs" / "high", CLASSIFICATION, SIDES, SMALL.replace("5e-3", "5"))
    with pytest.raises(UserError, match=r"learning_rate: 5, method: full: a step of adamw.* lower train.learning_rate"):
        sft.train(run)
    assert not run.cache.exists()


def test_a_training_that_changes_no_weight_is_told(tmp_path):
    run = make_run(tmp_path / "runs" / "low", CLASSIFICATION, SIDES, HIGH.replace("1.0", "1e-30"))
    with pytest.raises(UserError, match=r"at the rate 1e-30 changed no weight; raise train.learning_rate"):
        sft.train(run)
    assert not run.model.exists()


def test_a_training_without_a_gradient_is_told(labelled_run, monkeypatch):
    write = callbacks.Journal.write
    monkeypatch.setattr(
        callbacks.Journal, "write",
        lambda self, step, logs: write(self, step, logs | ({"grad_norm": 0.0} if "grad_norm" in logs else {})),
    )  # fmt: skip
    with pytest.raises(UserError, match="nothing was learned: the gradient was zero throughout"):
        sft.train(labelled_run)


def test_a_training_that_logs_nothing_is_one(tmp_path):
    run = make_run(tmp_path / "runs" / "quiet", CLASSIFICATION, SIDES, SMALL + "  trainer: {logging_strategy: 'no'}\n")
    sft.train(run)
    assert run.model.exists()


def test_a_wrong_trainer_setting_stops_before_any_work(tmp_path):
    run = make_run(tmp_path / "runs" / "wrong", CLASSIFICATION, SIDES, SMALL + "  trainer: {adam_beta: 0.9}\n")
    with pytest.raises(UserError, match="did you mean 'adam_beta"):
        sft.train(run)
    assert not run.cache.exists()


def test_changed_data_are_noticed(labelled_run):
    labelled_run.data("train").write_bytes(b"other")
    with pytest.raises(UserError, match=r"train.parquet: is not what 'curate' wrote"):
        sft.train(labelled_run)


def test_the_saved_model_is_what_was_trained(labelled_run):
    from train.models import load_model

    sft.train(labelled_run)
    base = next(labelled_run.cache.iterdir())
    before, after = load_model(base, "cpu"), load_model(labelled_run.model, "cpu")
    changed = [not torch.equal(old, new) for old, new in zip(before.parameters(), after.parameters(), strict=True)]
    assert all(changed)
