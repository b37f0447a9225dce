"""How well a model fits rows: its loss on validation rows, before and after training, and on as many training rows."""

from typing import Any

from train.draws import drawn_places
from train.job import Job
from train.model_record import Fit
from train.models import LoadedModel
from train.scoring import log_likelihoods
from train.settings import settings_of
from train.tokens import Encoded


def fit_of(model: Any, job: Job, before: float | None) -> Fit | None:
    """Return the loss on validation rows and on as many training rows (or all), drawn by the seed; None without validation rows.

    Losses are in nats a supervised token, of the model that is kept, without dropout; `before` is that on validation rows before
    the first step, if it is known.
    """
    validation, train = job.validation.supervised_rows(), job.train.supervised_rows()
    if not validation.input_ids:
        return None
    places = drawn_places(len(train.input_ids), len(validation.input_ids), job.recipe.seed)
    drawn = Encoded([train.input_ids[place] for place in places], [train.labels[place] for place in places])
    return Fit(
        train_loss=loss_of(model, drawn, job), validation_loss=loss_of(model, validation, job), validation_loss_before=before,
        train_rows=len(places), validation_rows=len(validation.input_ids),
        largest_gap=settings_of(job.recipe).largest_loss_gap,
    )  # fmt: skip


def loss_of(model: Any, rows: Encoded, job: Job) -> float:
    """Return a model's mean loss on tokenised rows, one or more, in nats a supervised token."""
    loaded, tokens = LoadedModel(model, job.loaded.tokenizer), settings_of(job.recipe).prediction_tokens
    likelihood, count = log_likelihoods(loaded, rows, tokens, lambda _done: None)
    return -float(likelihood.sum()) / int(count.sum())
