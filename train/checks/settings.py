"""Checks of the settings: the schedule, the learning rate, the precision, the packing."""

from train.certificate import Check
from train.job import Ready
from train.models import WEIGHTS_DTYPE
from train.outlook import steps_of, toy_model
from train.packing import obstacle
from train.settings import settings_of

FEWEST_STEPS = 20
"""Fewer steps of the optimiser than this rarely change a model."""
USUAL_RATES = {"full": (2e-6, 2e-4), "adapter": (2e-5, 2e-3)}
"""A decade on either side of the default of TRL's SFTConfig, 2e-5; adapters take about ten times the rate of full fine-tuning
(Schulman and Thinking Machines Lab 2025, LoRA Without Regret)."""


def schedule(ready: Ready) -> Check:
    """Check that the warm-up ends before the run does, and that the run is long enough to change a model."""
    planned = steps_of(ready)
    if not planned.steps:
        said = f"no step: {planned.rows:,} rows fill no batch, and dataloader_drop_last leaves them out"
        return Check(name="schedule", outcome="failed", said=said, hint="lower train.batch_size, or leave it out")
    if planned.warmup_steps >= planned.steps:
        said = f"the warm-up takes {planned.warmup_steps:,} steps, and the whole run {planned.steps:,}"
        return Check(name="schedule", outcome="failed", said=said, hint="lower train.warmup, or raise train.epochs")
    said = f"{planned.steps:,} steps, {planned.warmup_steps:,} of them to warm up"
    if planned.steps < FEWEST_STEPS:
        return Check(
            name="schedule", outcome="warned", said=f"{said}; few models change in so few",
            hint="raise train.epochs, or lower train.batch_size or train.gradient_accumulation",
        )  # fmt: skip
    return Check(name="schedule", outcome="passed", said=said)


def learning_rate(ready: Ready) -> Check:
    """Check that the learning rate is one that others train such a model with; the small base `demo` takes a higher one."""
    settings = settings_of(ready.recipe)
    if settings.find_learning_rate:
        return Check(name="learning_rate", outcome="passed", said="a range test looks for it before training")
    rate, (low, high) = settings.learning_rate, USUAL_RATES["full" if settings.method == "full" else "adapter"]
    said = f"{rate:g}, method: {settings.method}"
    if settings.base == "demo" or low <= rate <= high:
        return Check(name="learning_rate", outcome="passed", said=said)
    usual = f"for method: {settings.method} rates from {low:g} to {high:g} are usual"
    return Check(
        name="learning_rate", outcome="warned", said=f"{said}; {usual}", hint="see what a rate in between does"
    )


def precision(ready: Ready) -> Check:
    """Check that weights that are trained are float32: in bfloat16 an update smaller than 1/256 of a weight is lost."""
    settings = settings_of(ready.recipe)
    if WEIGHTS_DTYPE != "float32" and settings.method == "full":
        said = (
            f"all weights would be trained in {WEIGHTS_DTYPE}; an update smaller than 1/256 of a weight would be lost"
        )
        return Check(
            name="precision", outcome="failed", said=said, hint="train float32 weights under bfloat16 autocast"
        )
    return Check(
        name="precision", outcome="passed", said="weights that are trained, and the optimiser's state, are float32"
    )


def packing(ready: Ready) -> Check:
    """Check that rows that stand end to end do not see one another: two of them have the logits of each alone (a small model)."""
    settings = settings_of(ready.recipe)
    if settings.packing is False:
        return Check(name="packing", outcome="passed", said="rows are padded, as train.packing: false asks")
    reason = obstacle(settings, toy_model(ready), bfloat16=False)
    if reason is None:
        said = "two rows end to end have the logits of each alone, in a small model of the base's kind"
        return Check(name="packing", outcome="passed", said=said)
    asked = settings.packing is True or settings.batch_tokens is not None
    said = f"rows {'cannot stand end to end' if asked else 'are padded'}: {reason}"
    hint = "write packing: false, and batch_size in place of batch_tokens" if asked else ""
    return Check(name="packing", outcome="failed" if asked else "warned", said=said, hint=hint)
