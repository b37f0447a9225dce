"""A range test of the learning rate before training: the rate rises from step to step, and the loss says how far it may.

Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3; the rate that is taken is a tenth of that with the
lowest smoothed loss (Gugger 2018, How Do You Find A Good Learning Rate). A loss that fell to the end of the test has not shown
where that is; then the rate is that at which it fell fastest (`steep` of fastai's lr_find).
"""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from curate.errors import Mistake, UserError
from curate.files import write_text
from curate.recipe import Recipe
from train.job import Job
from train.process import say
from train.progress import Progress
from train.rates import TOO_HIGH, usual_rates
from train.settings import settings_of
from train.tokens import Encoded
from train.trainer import make_trainer, start

SCHEMA_VERSION = 1
STEPS = 100
LOWEST, HIGHEST = 1e-6, 1.0
SMOOTHING = 0.9
"""How much of the smoothed loss a step keeps."""
DIVERGED = 4.0
"""The test ends where the smoothed loss is so many times its lowest value (fastai's LRFinder)."""
BELOW_LOWEST_LOSS = 10


class Point(BaseModel):
    """One step: its learning rate, the loss of its batch in nats a token before it, and the smoothed loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float
    loss: float
    smoothed: float


class RangeTest(BaseModel):
    """What a range test found, and the rate that training takes from it.

    `turned` says whether the loss rose again before the end; if not, the rate is that at which it fell fastest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    learning_rate: float
    turned: bool = True
    points: tuple[Point, ...]


def find_learning_rate(job: Job, path: Path) -> RangeTest:
    """Return what a range test found, from the file at `path` or by the test itself, which spoils the job's model.

    Raises `UserError` where the test shows no rate at which something can be learned.
    """
    if path.is_file():
        return RangeTest.model_validate_json(path.read_text(encoding="utf-8"))
    say(f"train: looking for a learning rate, {LOWEST:g} to {HIGHEST:g} in {STEPS} steps")
    points = smoothed(losses_of(job, path.parent))
    found = RangeTest(learning_rate=suggested(points), turned=has_turned(points), points=points)
    if found.learning_rate >= TOO_HIGH:
        low, high = usual_rates(settings_of(job.recipe))
        what = f"the range test found no rate: the loss fell faster and faster up to the rate {HIGHEST:g}"
        hint = f"write a learning_rate in its place; from {low:g} to {high:g} are usual"
        raise UserError(Mistake("train.find_learning_rate", what, hint))
    write_text(path, found.model_dump_json(indent=2) + "\n")
    if not found.turned:
        say(
            f"train: warning: the loss fell up to the rate {HIGHEST:g}, so the range test did not show which is too high"
        )
    how = "a tenth of that with the lowest loss" if found.turned else "that at which the loss fell fastest"
    say(f"train: the learning rate is {found.learning_rate:.2g}, {how}")
    return found


def rates() -> list[float]:
    """Return the rate of every step, evenly apart on a logarithmic scale."""
    return [LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1)) for step in range(STEPS)]


def losses_of(job: Job, folder: Path) -> list[float]:
    """Train with rising rates and return the loss of every step, up to the one at which it diverged."""
    from transformers import TrainerCallback

    planned, losses = rates(), list[float]()
    bar = Progress("learning rate", STEPS)

    class Rising(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Sets the rate of each step and keeps its loss."""

        def on_step_begin(self, _args: Any, state: Any, _control: Any, optimizer: Any, **_: Any) -> None:
            for group in optimizer.param_groups:
                group["lr"] = planned[state.global_step]

        def on_log(self, _args: Any, _state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
            if "loss" in logs:
                losses.append(logs["loss"])
                bar.advance(1, loss=logs["loss"])
                control.should_training_stop |= has_diverged(losses)

    with bar:
        start(make_trainer(replace(job, recipe=rising(job.recipe), validation=Encoded([], [])), folder, [Rising()]))
    return losses


def rising(recipe: Recipe) -> Recipe:
    """Return the recipe of the test: a step a log, no warm-up, no schedule, nothing evaluated or saved."""
    settings = settings_of(recipe)
    extra = {
        **{name: value for name, value in settings.trainer.items() if not name.startswith("eval_")},
        "max_steps": STEPS, "lr_scheduler_type": "constant", "logging_strategy": "steps", "logging_steps": 1, "save_strategy": "no",
    }  # fmt: skip
    train = settings.model_copy(update={"warmup": 0.0, "learning_rate": LOWEST, "trainer": extra, "tracker": "none"})
    return recipe.model_copy(update={"train": train})


def smoothed(losses: list[float]) -> tuple[Point, ...]:
    """Return the points of a curve of losses, smoothed exponentially and corrected for the beginning."""
    points, mean = [], 0.0
    for step, (rate, loss) in enumerate(zip(rates(), losses, strict=False), start=1):
        if not math.isfinite(loss):
            break
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        points.append(Point(learning_rate=rate, loss=loss, smoothed=mean / (1 - SMOOTHING**step)))
    return tuple(points)


def has_diverged(losses: list[float]) -> bool:
    """Return whether the loss is no number any more, or far above the lowest."""
    curve = [point.smoothed for point in smoothed(losses)]
    return len(curve) < len(losses) or curve[-1] > DIVERGED * min(curve)


def suggested(points: tuple[Point, ...]) -> float:
    """Return a tenth of the rate at which the smoothed loss is lowest; where it never turned, that at which it fell fastest."""
    if has_turned(points):
        return min(points, key=lambda point: point.smoothed).learning_rate / BELOW_LOWEST_LOSS
    falls = [before.smoothed - after.smoothed for before, after in pairwise(points)]
    return points[falls.index(max(falls))].learning_rate


def has_turned(points: tuple[Point, ...]) -> bool:
    """Return whether the smoothed loss rose again, or was no number any more, before the rates of the test came to their end."""
    return len(points) < STEPS or min(points, key=lambda point: point.smoothed) != points[-1]
