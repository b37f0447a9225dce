"""Whether a model learned its training rows by heart: its loss on them against its loss on validation rows."""

from typing import Any

from train.draws import drawn_places
from train.job import Job
from train.model_record import Fit
from train.models import LoadedModel
from train.scoring import log_likelihoods
from train.settings import settings_of
from train.tokens import Encoded


def fit_of(model: Any, job: Job) -> Fit | None:
    """Return the loss on validation rows and on as many training rows, drawn by the seed; None without validation rows.

    Losses are in nats a supervised token, of the model that is kept, without dropout.
    """
    validation, train = job.validation.supervised_rows(), job.train.supervised_rows()
    if not validation.input_ids:
        return None
    places = drawn_places(len(train.input_ids), len(validation.input_ids), job.recipe.seed)
    drawn = Encoded([train.input_ids[place] for place in places], [train.labels[place] for place in places])
    loaded, tokens = LoadedModel(model, job.loaded.tokenizer), settings_of(job.recipe).prediction_tokens
    losses = {}
    for side, rows in (("train", drawn), ("validation", validation)):
        likelihood, count = log_likelihoods(loaded, rows, tokens, lambda _done: None)
        losses[side] = -float(likelihood.sum()) / int(count.sum())
    return Fit(
        train_loss=losses["train"], validation_loss=losses["validation"], train_rows=len(places),
        validation_rows=len(validation.input_ids), largest_gap=settings_of(job.recipe).largest_loss_gap,
    )  # fmt: skip
