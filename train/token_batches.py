"""Batches counted in tokens: an order that a resumed run takes up again, and a validation loss that no batch weighs twice."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from curate.errors import Mistake, UserError
from train.tokens import MASKED

ROOM = 3
"""A micro-batch must have room for so many of the longest row, or an even cut could leave one empty (`token_batches`)."""


def token_batches(lengths: Sequence[int], order: Any, limit: int) -> list[list[int]]:
    """Return the places of rows, in this order, cut into runs of at most `limit` tokens that are about equally full.

    The number of runs hangs on the lengths alone, not on the order, so that every epoch has as many steps. A run holds the rows
    that begin in one of so many equal parts of all tokens: a part is at most limit - longest + 1 tokens, so that a run stays
    within the limit, and at least the longest row, so that in each part a row begins.
    """
    sizes = np.asarray(lengths, dtype=np.int64)[order]
    total, longest = int(sizes.sum()), int(sizes.max())
    runs = -(-total // (limit - longest + 1))
    begins = sizes.cumsum() - sizes
    borders = np.flatnonzero(np.diff(begins * runs // total)) + 1
    return [part.tolist() for part in np.split(np.asarray(order), borders)]


class TokenBatches:
    """A batch sampler of so many tokens a micro-batch: in a new order each epoch by the seed, or as they stand without one."""

    def __init__(self, lengths: Sequence[int], limit: int, seed: int | None) -> None:
        self.lengths, self.limit, self.seed, self.epoch = lengths, limit, seed, 0
        self.count = len(token_batches(lengths, np.arange(len(lengths)), limit))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(len(self.lengths))
        if self.seed is not None:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        return iter(token_batches(self.lengths, order, self.limit))

    def set_epoch(self, epoch: int) -> None:
        """Take the order of this epoch; a resumed run so goes on in the order that it left."""
        self.epoch = epoch


def check_batch_tokens(limit: int, lengths: Sequence[int]) -> None:
    """Raise `UserError` if a micro-batch of so many tokens has no room for three of the longest row."""
    longest = max(lengths, default=0)
    if limit < ROOM * longest:
        what = f"{limit:,} tokens are less than {ROOM} times the longest row ({longest:,} tokens)"
        raise UserError(Mistake("train.batch_tokens", what, "raise it, lower train.max_length, or write batch_size"))


def token_trainer(trainer: type, limit: int | None) -> Any:
    """Return a class of trainer whose validation loss is a mean over tokens, and whose batches hold up to `limit` tokens."""

    class ByTokens(trainer):  # type: ignore[misc]  # a class that has no types
        """Counts tokens where the trainer counts rows."""

        def _get_dataloader(self, dataset: Any, description: str, *, is_training: bool = False, **others: Any) -> Any:
            if limit is None:
                return super()._get_dataloader(dataset, description, is_training=is_training, **others)
            from torch.utils.data import DataLoader

            loader = DataLoader(
                self._remove_unused_columns(dataset, description=description),
                batch_sampler=TokenBatches(list(dataset["length"]), limit, self.args.data_seed if is_training else None),
                collate_fn=self.data_collator, num_workers=self.args.dataloader_num_workers,
                pin_memory=self.args.dataloader_pin_memory, prefetch_factor=self.args.dataloader_prefetch_factor,
            )  # fmt: skip
            return self.accelerator.prepare(loader)

        def prediction_step(self, model: Any, inputs: Any, *others: Any, **named: Any) -> Any:
            loss, logits, labels = super().prediction_step(model, inputs, *others, **named)
            tokens = int((inputs["labels"][..., 1:] != MASKED).sum())
            self.judged.append((float(loss) * tokens, tokens))
            return loss, logits, labels

        def evaluation_loop(self, *others: Any, metric_key_prefix: str = "eval", **named: Any) -> Any:
            self.judged: list[tuple[float, int]] = []
            output = super().evaluation_loop(*others, metric_key_prefix=metric_key_prefix, **named)
            losses, tokens = zip(*self.judged, strict=True)
            output.metrics[f"{metric_key_prefix}_loss"] = sum(losses) / sum(tokens)
            return output

    return ByTokens
