"""What happens while a model learns: metrics.jsonl, a progress bar, scores on validation rows, and samples of what it writes."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from curate.errors import Mistake, UserError
from train.attention import plain_attention
from train.progress import Progress

Said = TypeVar("Said")
NAMES = {
    "loss": "loss",
    "eval_loss": "validation_loss",
    "eval_accuracy": "validation_accuracy",
    "eval_macro_f1": "validation_macro_f1",
    "eval_worst_group_accuracy": "validation_worst_group_accuracy",
    "learning_rate": "learning_rate",
    "grad_norm": "gradient_norm",
    "epoch": "epoch",
}


class Lines:
    """A file of JSON lines that each say their step.

    A resumed run goes on in the same file, after the lines of steps that it will do again are taken out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, step: int) -> None:
        """Keep the lines up to `step`, the step from which the run goes on."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        kept = [line for line in lines if _step_of(line) <= step] if step else []
        self.path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def add(self, line: Mapping[str, Any]) -> None:
        """Write one line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class Journal(Lines):
    """One JSON line a log: step, loss or validation loss, learning rate, gradient norm, tokens a second."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._then, self._tokens = time.monotonic(), 0.0

    def begin(self, step: int) -> None:
        """Keep the lines up to `step`, the step from which the run goes on."""
        super().begin(step)
        self._then = time.monotonic()

    def write(self, step: int, logs: Mapping[str, float]) -> None:
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
            self.add(line)


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # a line that a kill cut short
        return math.inf


def read_journal(path: Path) -> list[dict[str, float]]:
    """Return the lines of a metrics.jsonl."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def loss_before(history: Sequence[Mapping[str, float]]) -> float | None:
    """Return the loss on validation rows before the first step, of the lines of a journal; None if it was not measured."""
    return next((line["validation_loss"] for line in history if line["step"] == 0), None)


def journal_callback(journal: Journal, measure: Callable[[Any], Mapping[str, float]] | None = None) -> Any:
    """Return a callback of the trainer that keeps the journal and shows a bar on stderr.

    What `measure` says of the model before its first step stands in the journal as step 0; a run that goes on has it already.
    """
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Hands what the trainer says to the journal and to the bar."""

        bar: Progress | None = None

        def on_train_begin(self, _args: Any, state: Any, _control: Any, model: Any, **_: Any) -> None:
            self.bar = Progress("training", state.max_steps)
            self.bar.__enter__()
            self.bar.start_at(state.global_step)
            found = {} if measure is None or state.global_step else _resting(model, measure)
            journal.begin(state.global_step)
            journal.write(state.global_step, found)

        def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
            assert self.bar is not None
            self.bar.advance(1)
            control.should_log |= control.should_save

        def on_epoch_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
            # the trainer forgets on resuming what it did not log, so that the curve would not be the same
            control.should_log |= control.should_save

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
            journal.write(state.global_step, logs)
            if self.bar is not None and "loss" in logs:
                self.bar.advance(0, loss=logs["loss"])

        def on_train_end(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
            assert self.bar is not None
            self.bar.__exit__(None, None, None)

    return Watch()


def judging_callback(judge: Callable[[Any], Mapping[str, float]], journal: Journal) -> Any:
    """Return a callback that adds to every evaluation what `judge` says of the model; stands before who stops by it."""
    from transformers import TrainerCallback

    class Judging(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Scores the model on the validation rows when the trainer evaluates it."""

        def on_evaluate(
            self, _args: Any, state: Any, _control: Any, metrics: dict[str, float], model: Any, **_: Any
        ) -> None:
            found = {f"eval_{name}": value for name, value in _resting(model, judge).items()}
            metrics.update(found)
            journal.write(state.global_step, found)

    return Judging()


def samples_callback(write: Callable[[Any], Mapping[str, str]], samples: Lines, every_steps: int) -> Any:
    """Return a callback that keeps, every so many steps, what the model writes: a line a row with step, row and text."""
    from transformers import TrainerCallback

    class Sampling(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Lets the model write while it learns."""

        def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            samples.begin(state.global_step)

        def on_step_end(self, _args: Any, state: Any, _control: Any, model: Any, **_: Any) -> None:
            if state.global_step % every_steps == 0:
                for row, text in _resting(model, write).items():
                    samples.add({"step": state.global_step, "row": row, "written": text})

    return Sampling()


def _resting(model: Any, ask: Callable[[Any], Said]) -> Said:
    """Ask a model while it is not learning, and let it learn on as it did."""
    learning = model.training
    model.eval()
    try:
        with plain_attention(model):
            return ask(model)
    finally:
        model.train(learning)
