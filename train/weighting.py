"""Rows that count by weight: the column `row_weight` of the training rows, in the loss and in what the loss is divided by.

The loss of a step is the sum over rows of weight x loss of their tokens, divided by the sum of weight x tokens, over all
batches that one step accumulates. With every weight 1 that is the loss without weights.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.steps.row_weights import COLUMN
from train.tokens import MASKED

_OTHER_LOSSES = {"loss_type": "nll", "label_smoothing_factor": 0}
"""Settings of the trainer that make another loss than the sum over tokens, with the value that does not."""


def row_weights(rows: pl.DataFrame) -> tuple[float, ...]:
    """Return what each row counts; nothing if there is no such column. A row that a later step added without one counts 1."""
    return tuple(rows[COLUMN].fill_null(1.0)) if COLUMN in rows.columns else ()


def check_weighting(extra: Mapping[str, Any], place: Callable[[str], str]) -> None:
    """Raise `UserError` for settings of the trainer whose loss has no place for weights."""
    hint = "leave it out, or balance with method: resample"
    mistakes = [
        Mistake(place(f"train.trainer.{name}"), f"train.trainer.{name} does not go with weighted rows", hint)
        for name, plain in _OTHER_LOSSES.items()
        if extra.get(name, plain) != plain
    ]
    if mistakes:
        raise UserError(mistakes)


def with_weights(collate: Callable[[Sequence[Any]], dict[str, Any]]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Return a collator that hands on each token's weight, its row's, where rows have some, beside what `collate` makes of them."""

    def collated(rows: Sequence[Any]) -> dict[str, Any]:
        batch = collate(rows)
        if COLUMN in rows[0]:
            batch[COLUMN] = token_weights(rows, batch)
        return batch

    return collated


def token_weights(rows: Sequence[Any], batch: Mapping[str, Any]) -> Any:
    """Return the weight of every token in the form of the batch's labels: rows padded, or end to end in one."""
    import torch

    weights = torch.tensor([row[COLUMN] for row in rows], dtype=torch.float32)
    if "attention_mask" in batch:
        return weights[:, None].expand(batch["labels"].shape).contiguous()
    spread = weights.repeat_interleave(torch.tensor([len(row["input_ids"]) for row in rows]))[None]
    return torch.nn.functional.pad(spread, (0, batch["labels"].shape[1] - spread.shape[1]))


def weighted_trainer(trainer: type) -> Any:
    """Return a class of trainer that weighs rows; batches without weights (validation) have the plain loss."""
    import torch

    class Weighted(trainer):  # type: ignore[misc]  # a class that has no types
        """Weighs the log-probability of every token by its row's weight, and counts tokens by weight."""

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            named: list[str] = self._signature_columns  # type: ignore[has-type]
            self._signature_columns = list(dict.fromkeys([*named, COLUMN]))

        def _get_num_items_in_batch(self, batch_samples: list[Any], device: Any) -> Any:
            if not batch_samples or COLUMN not in batch_samples[0]:
                return super()._get_num_items_in_batch(batch_samples, device)
            counted = [((batch["labels"] != MASKED) * batch[COLUMN])[:, 1:].sum() for batch in batch_samples]
            items = torch.stack(counted).sum().to(device)
            return self.accelerator.gather(items).sum() if self.args.world_size > 1 else items

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            if COLUMN not in inputs:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            weight = inputs.pop(COLUMN)
            # the trainer divides by at least 1, and the weighted tokens of a step may be fewer
            scale = torch.as_tensor(num_items_in_batch).clamp(min=torch.finfo(torch.float32).tiny, max=1)
            weighing = weigh(model, weight / scale)
            return super().compute_loss(weighing, inputs, return_outputs, num_items_in_batch / scale)

    return Weighted


def weigh(model: Any, weight: Any) -> Callable[..., Any]:
    """Return the model with the log-probability of every token but the first, which is never predicted, times its weight."""

    def forward(**inputs: Any) -> Any:
        outputs = model(**inputs)
        outputs.log_probs = outputs.log_probs * weight.to(outputs.log_probs.dtype)[:, 1:]
        return outputs

    return forward
