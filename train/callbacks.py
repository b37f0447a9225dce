"""What is written down while a model learns: metrics.jsonl, and a progress bar."""

import json
import math
import time
from pathlib import Path
from typing import Any

from curate.errors import Mistake, UserError
from train.progress import Progress

NAMES = {
    "loss": "loss",
    "eval_loss": "validation_loss",
    "learning_rate": "learning_rate",
    "grad_norm": "gradient_norm",
    "epoch": "epoch",
}


class Journal:
    """One JSON line a log: step, loss or validation loss, learning rate, gradient norm, tokens a second.

    A resumed run goes on in the same file, after the lines of steps that it will do again are taken out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._then, self._tokens = time.monotonic(), 0.0

    def begin(self, step: int) -> None:
        """Keep the lines up to `step`, the step from which the run goes on."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        kept = [line for line in lines if _step_of(line) <= step] if step else []
        self.path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
        self._then = time.monotonic()

    def write(self, step: int, logs: dict[str, float]) -> None:
        """Write one line; refuse a loss that is not a number."""
        line = {"step": step, **{ours: logs[theirs] for theirs, ours in NAMES.items() if theirs in logs}}
        now, tokens = time.monotonic(), logs.get("num_tokens")
        if tokens is not None and "loss" in line:
            line["tokens_per_second"] = round((tokens - self._tokens) / max(now - self._then, 1e-9), 1)
            self._then, self._tokens = now, tokens
        if any(not math.isfinite(line.get(name, 0.0)) for name in ("loss", "validation_loss", "gradient_norm")):
            what = f"the loss or its gradient is not a number at step {step}"
            raise UserError(Mistake("train.learning_rate", what, "lower the learning rate"))
        if len(line) > 1 and not line.keys() <= {"step", "epoch"}:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # a line that a kill cut short
        return math.inf


def read_journal(path: Path) -> list[dict[str, float]]:
    """Return the lines of a metrics.jsonl."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def journal_callback(journal: Journal) -> Any:
    """Return a callback of the trainer that keeps the journal and shows a bar on stderr."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Hands what the trainer says to the journal and to the bar."""

        bar: Progress | None = None

        def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            journal.begin(state.global_step)
            self.bar = Progress("training", state.max_steps)
            self.bar.__enter__()
            self.bar.start_at(state.global_step)

        def on_step_end(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
            assert self.bar is not None
            self.bar.advance(1)

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
            journal.write(state.global_step, logs)
            if self.bar is not None and "loss" in logs:
                self.bar.advance(0, loss=logs["loss"])

        def on_train_end(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
            assert self.bar is not None
            self.bar.__exit__(None, None, None)

    return Watch()
