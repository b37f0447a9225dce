"""The certificate: written before training, kept, refused where a check failed, and named by the model."""

import json
import sys

import polars as pl
import pytest
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.files import digest_file
from curate.recipe_file import load_finished
from train import preflight as checking
from train import sft
from train.certificate import Certificate
from train.preflight import main, preflight, refuse, tell

SIDES = {"train": labelled(80)[:48], "validation": labelled(80)[48:60], "test": labelled(80)[60:]}


def unended(run):
    """A run whose rows are cut too often: a `maximum_truncated` of none, and rows that are too long."""
    return make_run(
        run, CLASSIFICATION, SIDES, SMALL.replace("max_length: 96", "max_length: 16\n  maximum_truncated: 0")
    )


def test_a_certificate_is_written_once_and_says_the_same_again(labelled_run):
    recipe = load_finished(labelled_run.recipe)
    found, ready = preflight(labelled_run, recipe)
    first = digest_file(labelled_run.preflight)
    assert ready is not None
    assert found.failed == ()
    assert found.sides["train"].rows == 48
    assert found.labels["train"] == {"0": 24, "1": 24}
    assert [check.outcome for check in found.checks if check.name == "leaks"] == ["accepted"]
    again, nothing = preflight(labelled_run, recipe)
    assert (again, nothing) == (found, None)
    labelled_run.preflight.unlink()
    preflight(labelled_run, recipe)
    assert digest_file(labelled_run.preflight) == first


def test_the_tokenizer_is_that_of_the_base_that_is_trained(labelled_run):
    from train.bases import prepare_base
    from train.models import base_outline, load_tokenizer, tokenizer_identity

    recipe = load_finished(labelled_run.recipe)
    outline = base_outline(labelled_run, recipe)
    assert not labelled_run.cache.exists()  # no weights were made for it
    made = load_tokenizer(prepare_base(labelled_run, recipe))
    assert tokenizer_identity(made) == tokenizer_identity(outline.tokenizer)


def test_training_refuses_and_nothing_was_made(tmp_path, capsys):
    run = unended(tmp_path / "runs" / "cut")
    with pytest.raises(UserError, match=r"preflight.json: truncation: .* rows are longer .*: a/1, a/2"):
        sft.train(run)
    assert not run.model.exists()
    assert not run.cache.exists()
    assert Certificate.model_validate_json(run.preflight.read_text()).failed[0].name == "truncation"
    assert run.read_manifest().phases["preflight"].notes == {"failed": "truncation"}


def test_all_that_failed_is_told_at_once(tmp_path):
    rows = SIDES["train"].filter((pl.col("label") == "0") | (pl.col("row") < 256 * 6))
    settings = SMALL.replace("max_length: 96", "max_length: 16\n  maximum_truncated: 0\n  warmup: 500")
    run = make_run(tmp_path / "runs" / "bad", CLASSIFICATION, {**SIDES, "train": rows}, settings)
    found, _ready = preflight(run, load_finished(run.recipe))
    with pytest.raises(UserError) as caught:
        refuse(found, run)
    assert [mistake.what.split(":")[0] for mistake in caught.value.mistakes] == ["truncation", "labels", "schedule"]


def test_the_model_names_its_certificate(labelled_run):
    sft.train(labelled_run)
    assert labelled_run.read_manifest().phases["train"].notes["preflight_sha256"] == digest_file(labelled_run.preflight)


def test_too_little_memory_is_told(labelled_run, monkeypatch, capsys):
    found, _ready = preflight(labelled_run, load_finished(labelled_run.recipe))
    monkeypatch.setattr(checking, "free_memory", lambda _device: found.memory.training - 1)
    tell(found, labelled_run)
    assert "memory, warned: training will take about" in capsys.readouterr().err
    monkeypatch.setattr(checking, "free_memory", lambda _device: found.memory.training)
    tell(found, labelled_run)
    assert "memory, warned" not in capsys.readouterr().err


def test_batches_without_room_for_the_longest_row_are_refused_before_a_weight_is_loaded(tmp_path):
    run = make_run(
        tmp_path / "runs" / "small", CLASSIFICATION, SIDES, SMALL.replace("  batch_size: 8\n", "  batch_tokens: 64\n")
    )
    with pytest.raises(UserError, match=r"train.batch_tokens: 64 tokens are less than 3 times the longest row"):
        preflight(run, load_finished(run.recipe))


def test_what_is_accepted_in_vain_is_told(labelled_run, capsys):
    found, _ready = preflight(labelled_run, load_finished(labelled_run.recipe))
    tell(found, labelled_run, ("leaks", "answers"))
    assert "train.accept names answers, which passed" in capsys.readouterr().err


def test_another_setting_is_checked_anew(labelled_run):
    from train.preflight import preflight_key

    recipe = load_finished(labelled_run.recipe)
    assert recipe.train is not None
    other = recipe.model_copy(update={"train": recipe.train.model_copy(update={"max_length": 64})})
    assert preflight_key(labelled_run, recipe) != preflight_key(labelled_run, other)
    assert recipe.split is not None
    published = recipe.model_copy(update={"split": recipe.split.model_copy(update={"published": True})})
    assert preflight_key(labelled_run, recipe) != preflight_key(labelled_run, published)
    by_group = recipe.model_copy(update={"train": recipe.train.model_copy(update={"best_by": "worst_group_accuracy"})})
    larger = by_group.model_copy(update={"audit": recipe.audit.model_copy(update={"minimum_group_size": 50})})
    assert preflight_key(labelled_run, by_group) != preflight_key(labelled_run, larger)


def test_the_command_prints_a_table_and_ends_with_2_where_a_check_failed(tmp_path, monkeypatch, capsys):
    run = unended(tmp_path / "runs" / "cut")
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setattr(sys, "argv", ["train.preflight", str(run.path)])
    assert main() == 2
    told = capsys.readouterr()
    assert "✗  truncation" in told.out
    assert "✓  end_token" in told.out
    assert told.err.count("truncation: ") == 1
    monkeypatch.setattr(sys, "argv", ["train.preflight", str(run.path), "--json"])
    assert main() == 2
    assert json.loads(capsys.readouterr().out)["sides"]["train"]["rows"] == 48
