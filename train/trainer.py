"""TRL's trainer as a recipe sets it: a model object, tokenised rows, our batches and callbacks. The only file that imports trl."""

import contextlib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.steps.row_weights import COLUMN
from curate.train_settings import ADAPTERS
from train.adapters import adapter_config, keep_float32, trains_float32
from train.attention import CannotPackError, packed_attention
from train.callbacks import Journal, Lines, journal_callback, judging_callback, samples_callback
from train.fit import loss_of
from train.job import Job
from train.models import LoadedModel, uses_bfloat16
from train.packing import packs
from train.samples import writer_of
from train.settings import settings_of
from train.token_batches import TokenBatches, token_trainer
from train.tokens import Encoded
from train.trainer_settings import trainer_settings
from train.validation import judge_of
from train.weighting import weighted_trainer, with_weights

METRICS, SAMPLES, RANGE_TEST = "metrics.jsonl", "samples.jsonl", "learning_rate.json"
"""Files that training writes beside a model."""


def known_settings() -> list[str]:
    """Return the names of the settings that the installed trainer takes."""
    from trl import SFTConfig

    return [field.name for field in fields(SFTConfig) if field.init]


def make_trainer(job: Job, work: Path, callbacks: Sequence[Any] | None = None) -> Any:
    """Make the trainer: a model object, tokenised rows, and what happens while it learns (ours, or these `callbacks` alone)."""
    import torch
    from transformers import PrinterCallback

    settings = settings_of(job.recipe)
    train_rows, validation_rows = _dataset(job.train), _dataset(job.validation)
    evaluates = len(validation_rows) > 0
    packed = packs(settings, job.loaded.model, bfloat16=uses_bfloat16(settings.precision, job.device))
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
        callbacks=callbacks_of(job, work) if callbacks is None else list(callbacks),
        peft_config=adapter_config(settings),
    )
    if settings.method in ADAPTERS:
        keep_float32(trainer.model)
    assert trains_float32(trainer.model), "a weight that is trained is not float32"
    if job.train.weights:
        trainer.data_collator = with_weights(trainer.data_collator)
    trainer.remove_callback(PrinterCallback)
    return trainer


def callbacks_of(job: Job, work: Path) -> list[Any]:
    """Return what happens while the model learns: the journal, scores on validation rows, samples of it, an end in time."""
    from transformers import EarlyStoppingCallback

    settings, journal, tokenizer = settings_of(job.recipe), Journal(work / METRICS), job.loaded.tokenizer
    judge, validation = judge_of(job.recipe, job.validation_rows), job.validation.supervised_rows()

    def measure(model: Any) -> dict[str, float]:
        judged = judge(LoadedModel(model, tokenizer)) if judge is not None else {}
        return {"eval_loss": loss_of(model, validation, job)} | {
            f"eval_{name}": value for name, value in judged.items()
        }

    callbacks = [journal_callback(journal, measure if validation.input_ids else None)]
    if judge is not None:
        callbacks.append(judging_callback(lambda model: judge(LoadedModel(model, tokenizer)), journal))
    if settings.samples.every_steps is not None and job.validation_rows.height:
        write = writer_of(job.recipe, job.validation_rows, job.loaded)
        lines = Lines(work / SAMPLES)
        callbacks.append(
            samples_callback(lambda model: write(LoadedModel(model, tokenizer)), lines, settings.samples.every_steps)
        )
    if settings.patience is not None and validation.input_ids:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=settings.patience))
    return callbacks


def start(trainer: Any, checkpoint: Path | None = None) -> None:
    """Train, from a checkpoint if there is one. Raises `UserError` for too little memory, or a base that cannot be packed."""
    import torch

    try:
        with packed_attention(trainer.model) if trainer.padding_free else contextlib.nullcontext():
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        hint = "lower train.batch_size or batch_tokens (and raise gradient_accumulation), or max_length, or use method: lora"
        raise UserError(Mistake("train.batch_size", "the GPU's memory is not enough", hint)) from error
    except CannotPackError as error:
        what = f"rows cannot be packed: the base {error}"
        raise UserError(Mistake("train.packing", what, "write packing: false, and batch_size")) from error


def _trainer_class(job: Job) -> Any:
    from trl import SFTTrainer

    counted = token_trainer(SFTTrainer, settings_of(job.recipe).batch_tokens)
    return weighted_trainer(counted) if job.train.weights else counted


def _batches(job: Job) -> int | None:
    """Return how many batches an epoch has if they are counted in tokens."""
    limit = settings_of(job.recipe).batch_tokens
    if limit is None:
        return None
    return len(TokenBatches([len(ids) for ids in job.train.supervised_rows().input_ids], limit, None))


def trainer_arguments(
    recipe: Recipe, device: str, folder: Path, *,
    rows: int, evaluates: bool, packed: bool = False, batches: int | None = None,
) -> Any:  # fmt: skip
    """Return the trainer's settings; raise `UserError` if the installed trainer refuses them."""
    from trl import SFTConfig

    settings = settings_of(recipe)
    named = trainer_settings(
        settings, recipe.seed, device, folder, name=recipe.name, batches=batches or rows / settings.batch_size, evaluates=evaluates,
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
    lengths = [len(ids) for ids in kept.input_ids]  # batches are made by it, or the trainer would read every row
    return Dataset.from_dict({"input_ids": kept.input_ids, "labels": kept.labels, "length": lengths, **weights})
