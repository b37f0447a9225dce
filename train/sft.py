"""The phase `train`: supervised fine-tuning of a run's base model."""

import argparse
import json
import shutil
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from curate.errors import Mistake, UserError
from curate.files import digest_file, digest_text, replacing, write_text
from curate.locks import alone
from curate.packages import package_versions
from curate.recipe import Recipe
from curate.recipe_file import load_finished, place_of
from curate.steps.row_weights import COLUMN
from curate.store import RunDirectory
from train.bases import base_identity
from train.callbacks import loss_before, read_journal
from train.fit import fit_of
from train.job import Job, Ready, get_ready, prepare
from train.learning_rate import find_learning_rate
from train.model_files import describe, first_logits, reload_difference, save
from train.preflight import preflight, refuse, tell
from train.process import VERSIONED, run, say
from train.settings import further_seeds, settings_of
from train.surroundings import git_state, hardware, prepare_tracker
from train.trainer import METRICS, RANGE_TEST, SAMPLES, known_settings, make_trainer, start
from train.trainer_settings import settings_problems
from train.weighting import check_weighting

VERSION = 1
"""Rises when the same recipe trains another model."""
SEEDS = "seeds"
RELOAD_TOLERANCE = 1e-4  # the same weights on the same device give the same logits up to the order of sums
MERGE_TOLERANCE = 1e-3  # an adapter's product is rounded once more when it is added to the base's weights


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
    with alone(directory.path, "trains a model of this run", "wait until it has ended, or stop it"):
        fine_tune(directory, recipe, key, started)


def fine_tune(directory: RunDirectory, recipe: Recipe, key: str, started: float) -> None:
    """Check, train, and write `model/`; nobody else trains in this run meanwhile."""
    problems = settings_problems(settings_of(recipe).trainer, known_settings(), partial(place_of, directory.recipe))
    if problems:
        raise UserError(problems)
    certificate, ready = preflight(directory, recipe)
    refuse(certificate, directory)
    tell(certificate, directory, settings_of(recipe).accept)
    work = open_work_folder(directory, key)
    prepare_tracker(directory, recipe)
    notes = learn(directory, ready or get_ready(directory, recipe), work)
    notes |= {"preflight_sha256": digest_file(directory.preflight)}
    written = [directory.model, *([directory.seeds] if further_seeds(recipe) else [])]
    directory.finish_phase("train", key, written, started, notes)
    shutil.rmtree(work)


def learn(directory: RunDirectory, ready: Ready, work: Path) -> dict[str, str]:
    """Find the learning rate where that is asked for, tune with every seed, and return the notes of the recipe's own seed."""
    recipe, weights = ready.recipe, ready.encoded["train"].weights
    if weights:
        check_weighting(settings_of(recipe).trainer, partial(place_of, directory.recipe))
        say(f"train: rows count by their {COLUMN}, {min(weights):g} to {max(weights):g}")
    if settings_of(recipe).find_learning_rate:
        found = find_learning_rate(prepare(directory, ready), work / RANGE_TEST)
        recipe = with_settings(recipe, learning_rate=found.learning_rate)
    for seed in further_seeds(recipe):
        if not (work / SEEDS / str(seed)).is_dir():
            say(f"train: seed {seed}")
            job = replace(prepare(directory, ready), recipe=recipe.model_copy(update={"seed": seed}))
            with replacing(work / SEEDS / str(seed)) as temporary:
                tune(job, work / f"seed-{seed}", temporary)
    with replacing(directory.model) as temporary:
        notes = tune(replace(prepare(directory, ready), recipe=recipe), work, temporary)
        if (work / RANGE_TEST).is_file():
            shutil.copyfile(work / RANGE_TEST, temporary / RANGE_TEST)
    if further_seeds(recipe):
        with replacing(directory.seeds) as temporary:
            shutil.move(work / SEEDS, temporary)
    return notes


def with_settings(recipe: Recipe, **changed: float) -> Recipe:
    """Return the recipe with other settings of training."""
    return recipe.model_copy(update={"train": settings_of(recipe).model_copy(update=changed)})


def train_key(directory: RunDirectory, recipe: Recipe) -> str:
    """Return the key of this phase: everything that the model depends on."""
    files = directory.check_phase("curate").files
    data = [f"{name} {files[name]}" for name in ("data/train.parquet", "data/validation.parquet")]
    versions = [f"{name} {version}" for name, version in package_versions(VERSIONED).items()]
    settings = settings_of(recipe)
    judged = [str(recipe.audit.minimum_group_size)] if settings.best_by == "worst_group_accuracy" else []
    return digest_text(
        f"train {VERSION}",
        *judged,
        settings.model_dump_json(),
        recipe.task.model_dump_json(),
        str(recipe.seed),
        base_identity(settings.base),
        *data,
        *versions,
    )


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
    work.mkdir(exist_ok=True)
    trainer = trained(job, work)
    model = trainer.accelerator.unwrap_model(trainer.model).eval()
    fit = fit_of(model, job, loss_before(read_journal(work / METRICS)))
    if fit is not None and fit.too_wide:
        gap = f"{fit.validation_loss:.2f} on validation rows, {fit.train_loss:.2f} on training rows (nats a token)"
        say(f"train: warning: the model may know its training rows by heart: its loss is {gap}")
    if fit is not None and fit.no_better:
        losses = f"{fit.validation_loss:.2f} nats a token, and {fit.validation_loss_before:.2f} before the first step"
        hint = "another learning rate, more epochs or more rows may help"
        say(f"train: warning: training did not lower the loss on validation rows: it is {losses}; {hint}")
    record, logits = describe(trainer, job, fit), first_logits(model, job)
    save(model, job, folder)
    difference = reload_difference(logits, job, folder)
    most = MERGE_TOLERANCE if settings_of(job.recipe).lora.merge else RELOAD_TOLERANCE
    assert difference <= most, f"the saved model gives other logits (difference {difference:g})"
    record = record.model_copy(update={"reload_difference": difference})
    write_text(folder / "settings.json", record.model_dump_json(indent=2) + "\n")
    for name in (METRICS, SAMPLES):
        if (work / name).is_file():
            shutil.copyfile(work / name, folder / name)
    state = git_state(Path.cwd())
    return {
        "device": job.device,
        "hardware": hardware(job.device),
        **({"git": state} if state else {}),
        "steps": str(record.steps),
        "validation_loss": str(record.best_validation_loss),
    }


def trained(job: Job, work: Path) -> Any:
    """Return the trainer after its last step, begun anew or gone on from a checkpoint, once it is sure that it learned.

    Raises `UserError` where it learned nothing at all.
    """
    import torch

    trainer = make_trainer(job, work)
    before = {
        name: weight.detach().cpu().clone() for name, weight in trainer.model.named_parameters() if weight.requires_grad
    }
    checkpoint = last_checkpoint(work)
    if checkpoint:
        say(f"train: going on from step {checkpoint.name.rpartition('-')[2]}")
    start(trainer, checkpoint)
    gradients = [line["gradient_norm"] for line in read_journal(work / METRICS) if "gradient_norm" in line]
    if gradients and max(gradients) == 0:
        hint = "see in train/preflight.json what is learned of each row; a lower train.learning_rate may help too"
        raise UserError(Mistake("train", "nothing was learned: the gradient was zero throughout", hint))
    changed = any(
        not torch.equal(before[name], weight.detach().cpu())
        for name, weight in trainer.model.named_parameters()
        if name in before
    )
    if not changed:
        what = f"training at the rate {trainer.args.learning_rate:g} changed no weight"
        raise UserError(Mistake("train.learning_rate", what, "raise train.learning_rate"))
    return trainer


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
