"""The phase `train`: supervised fine-tuning of a run's base model. The only file that imports trl."""

import argparse
import contextlib
import json
import shutil
import sys
import time
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from curate.errors import Mistake, UserError
from curate.files import digest_text, replacing, write_text
from curate.packages import package_versions
from curate.recipe import Recipe
from curate.recipe_file import load_finished, place_of
from curate.steps.row_weights import COLUMN
from curate.store import RunDirectory
from curate.train_settings import Train
from train.attention import packed_attention
from train.batches import TokenBatches, check_batch_tokens, token_trainer
from train.callbacks import Journal, journal_callback, read_journal
from train.job import Job, prepare
from train.model_files import describe, reload_difference, save
from train.models import base_identity, settings_of, uses_bfloat16
from train.packing import packs
from train.process import VERSIONED, run, say
from train.tokens import Encoded
from train.trainer_settings import settings_problems, trainer_settings
from train.weighting import check_weighting, weighted_trainer, with_weights

RELOAD_TOLERANCE = 1e-4  # the same weights on the same device give the same logits up to the order of sums


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m train.sft", description="Fine-tune the base model of a run.")
    parser.add_argument("run", type=Path, help="the run directory")
    train(RunDirectory(parser.parse_args().run))


def train(directory: RunDirectory) -> None:
    """Fine-tune the run's base model and write `model/`; return at once if that is done."""
    started = time.monotonic()
    directory.check_phase("curate")
    recipe = load_finished(directory.recipe)
    key = train_key(directory, recipe)
    if directory.is_done("train", key):
        say(f"train: nothing to do, {directory.model} is up to date")
        return
    problems = settings_problems(settings_of(recipe).trainer, known_settings(), partial(place_of, directory.recipe))
    if problems:
        raise UserError(problems)
    work = open_work_folder(directory, key)
    job = prepare(directory, recipe)
    if job.train.weights:
        check_weighting(settings_of(recipe).trainer, partial(place_of, directory.recipe))
        say(f"train: rows count by their {COLUMN}, {min(job.train.weights):g} to {max(job.train.weights):g}")
    with replacing(directory.model) as temporary:
        notes = tune(job, work, temporary)
        shutil.copyfile(work / "metrics.jsonl", temporary / "metrics.jsonl")
    directory.finish_phase("train", key, [directory.model], started, notes)
    shutil.rmtree(work)


def train_key(directory: RunDirectory, recipe: Recipe) -> str:
    """Return the key of this phase: everything that the model depends on."""
    files = directory.check_phase("curate").files
    data = [f"{name} {files[name]}" for name in ("data/train.parquet", "data/validation.parquet")]
    versions = [f"{name} {version}" for name, version in package_versions(VERSIONED).items()]
    settings = settings_of(recipe)
    return digest_text(
        "train",
        settings.model_dump_json(),
        recipe.task.model_dump_json(),
        str(recipe.seed),
        base_identity(settings.base),
        *data,
        *versions,
    )


def known_settings() -> list[str]:
    """Return the names of the settings that the installed trainer takes."""
    from trl import SFTConfig

    return [field.name for field in fields(SFTConfig) if field.init]


def open_work_folder(directory: RunDirectory, key: str) -> Path:
    """Return the folder for checkpoints; one that was begun for another key, and what a kill left half written, go first."""
    for half in directory.path.glob(f".{directory.model.name}.*"):
        shutil.rmtree(half)
    work = directory.path / ".train-work"
    named = work / "key"
    if not named.is_file() or named.read_text(encoding="utf-8") != key:
        shutil.rmtree(work, ignore_errors=True)
        write_text(named, key)
    return work


def tune(job: Job, work: Path, folder: Path) -> dict[str, str]:
    """Train, save to `folder`, load what was saved, compare its logits, and return notes for the manifest."""
    import torch

    trainer = make_trainer(job, work)
    before = {
        name: weight.detach().cpu().clone() for name, weight in trainer.model.named_parameters() if weight.requires_grad
    }
    checkpoint = last_checkpoint(work)
    if checkpoint:
        say(f"train: going on from step {checkpoint.name.rpartition('-')[2]}")
    try:
        with packed_attention(trainer.model) if trainer.padding_free else contextlib.nullcontext():
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        hint = "lower train.batch_size or batch_tokens (and raise gradient_accumulation), or max_length, or use method: lora"
        raise UserError(Mistake("train.batch_size", "the GPU's memory is not enough", hint)) from error
    history = read_journal(work / "metrics.jsonl")
    assert max((line.get("gradient_norm", 0.0) for line in history), default=0.0) > 0, (
        "the gradient was zero throughout"
    )
    changed = any(
        not torch.equal(before[name], weight.detach().cpu())
        for name, weight in trainer.model.named_parameters()
        if name in before
    )
    assert changed, "training changed no weight"
    model = trainer.accelerator.unwrap_model(trainer.model).eval()
    save(model, job, folder)
    difference = reload_difference(model, job, folder)
    assert difference <= RELOAD_TOLERANCE, f"the saved model gives other logits (difference {difference:g})"
    record = describe(trainer, job, difference)
    write_text(folder / "settings.json", record.model_dump_json(indent=2) + "\n")
    return {"device": job.device, "steps": str(record.steps), "validation_loss": str(record.best_validation_loss)}


def make_trainer(job: Job, work: Path) -> Any:
    """Make the trainer: a model object, tokenised rows, our callbacks."""
    import torch
    from transformers import EarlyStoppingCallback, PrinterCallback

    settings = settings_of(job.recipe)
    train_rows, validation_rows = _dataset(job.train), _dataset(job.validation)
    evaluates = len(validation_rows) > 0
    packed = packs(settings, job.loaded.model, bfloat16=uses_bfloat16(settings.precision, job.device))
    callbacks = [journal_callback(Journal(work / "metrics.jsonl"))]
    if settings.patience is not None and evaluates:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=settings.patience))
    torch.manual_seed(job.recipe.seed)
    trainer = _trainer_class(job)(
        model=job.loaded.model,
        args=trainer_arguments(
            job.recipe,
            job.device,
            work,
            rows=len(train_rows),
            evaluates=evaluates,
            packed=packed,
            batches=_batches(job),
        ),
        processing_class=job.loaded.tokenizer,
        train_dataset=train_rows,
        eval_dataset=validation_rows if evaluates else None,
        callbacks=callbacks,
        peft_config=_adapter(settings) if settings.method == "lora" else None,
    )
    if job.train.weights:
        trainer.data_collator = with_weights(trainer.data_collator)
    trainer.remove_callback(PrinterCallback)
    return trainer


def _trainer_class(job: Job) -> Any:
    from trl import SFTTrainer

    counted = token_trainer(SFTTrainer, settings_of(job.recipe).batch_tokens)
    return weighted_trainer(counted) if job.train.weights else counted


def _batches(job: Job) -> int | None:
    """Return how many batches an epoch has if they are counted in tokens."""
    limit = settings_of(job.recipe).batch_tokens
    if limit is None:
        return None
    kept = [[len(ids) for ids in side.supervised_rows().input_ids] for side in (job.train, job.validation)]
    check_batch_tokens(limit, kept[0] + kept[1])
    return len(TokenBatches(kept[0], limit, None))


def trainer_arguments(
    recipe: Recipe, device: str, folder: Path, *,
    rows: int, evaluates: bool, packed: bool = False, batches: int | None = None,
) -> Any:  # fmt: skip
    """Return the trainer's settings; raise `UserError` if the installed trainer refuses them."""
    from trl import SFTConfig

    settings = settings_of(recipe)
    named = trainer_settings(
        settings, recipe.seed, device, folder, batches=batches or rows / settings.batch_size, evaluates=evaluates,
        bfloat16=uses_bfloat16(settings.precision, device), packed=packed,
    )  # fmt: skip
    try:
        return SFTConfig(**named)
    except (TypeError, ValueError) as error:
        raise UserError(
            Mistake("train.trainer", str(error).strip().splitlines()[0], "mend the setting, or leave it out")
        ) from error


def _dataset(encoded: Encoded) -> Any:
    from datasets import Dataset

    kept = encoded.supervised_rows()
    weights = {COLUMN: list(kept.weights)} if kept.weights else {}
    lengths = [
        len(ids) for ids in kept.input_ids
    ]  # what batches are made by, or the trainer would read every row for it
    return Dataset.from_dict({"input_ids": kept.input_ids, "labels": kept.labels, "length": lengths, **weights})


def _adapter(settings: Train) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora.rank, lora_alpha=settings.lora.alpha, lora_dropout=settings.lora.dropout,
        target_modules="all-linear", task_type="CAUSAL_LM",
    )  # fmt: skip


def last_checkpoint(work: Path) -> Path | None:
    """Return the latest whole checkpoint; remove those that a kill left in pieces."""
    whole = []
    for folder in work.glob("checkpoint-*"):
        try:
            json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))  # written last
            whole.append(folder)
        except (OSError, ValueError):
            shutil.rmtree(folder)
    return max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


if __name__ == "__main__":
    sys.exit(run(main))
