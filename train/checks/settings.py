"""Checks of the settings: the schedule, the learning rate, the precision, the packing."""

from train.certificate import Check, Outcome
from train.job import Ready
from train.outlook import steps_of, toy_model
from train.packing import obstacle
from train.rates import fault_of, usual_rates
from train.settings import settings_of
from train.trainer_settings import ALWAYS

FEWEST_STEPS = 20
"""Fewer steps of the optimiser than this rarely change a model."""

HALVED = tuple(f"{name}_dtype={kind}" for name in ("momentum", "variance") for kind in ("bfloat16", "float16"))
"""What `optim_args` may say of the state of `adamw_anyprecision`, the one optimiser of transformers that takes such a type."""


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
    """Check that the learning rate is one that others train such a model with, and none at which nothing can be learned."""
    settings = settings_of(ready.recipe)
    if settings.find_learning_rate:
        said = "a range test looks for it before training, in place of train.learning_rate"
        return Check(name="learning_rate", outcome="passed", said=said)
    rate, (low, high) = settings.learning_rate, usual_rates(settings)
    said = f"{rate:g}, method: {settings.method}"
    if low <= rate <= high:
        return Check(name="learning_rate", outcome="passed", said=said)
    of = "base: demo" if settings.base == "demo" else f"method: {settings.method}"
    usual, fault = f"for {of} rates from {low:g} to {high:g} are usual", fault_of(rate, settings)
    if not fault:
        hint = "see what a rate in between does"
        return Check(name="learning_rate", outcome="warned", said=f"{said}; {usual}", hint=hint)
    outcome: Outcome = "accepted" if "learning_rate" in settings.accept else "failed"
    hint = f"{'lower' if rate > high else 'raise'} train.learning_rate; {usual}"
    return Check(name="learning_rate", outcome=outcome, said=f"{said}: {fault}", hint=hint)


def precision(ready: Ready) -> Check:
    """Check that the optimiser's state is float32, as the weights that are trained are: less precise means lose small updates."""
    trainer = settings_of(ready.recipe).trainer
    optimiser, options = str(trainer.get("optim", ALWAYS["optim"])), str(trainer.get("optim_args", ""))
    weights = "weights that are trained are float32"
    halved = [option for option in HALVED if option in options.replace(" ", "")]
    if halved:
        said = f"{weights}, but the state of the optimiser {optimiser} would be less ({', '.join(halved)})"
        hint = "leave that out of train.trainer.optim_args: a mean of 8 bits of precision does not see small gradients"
        return Check(name="precision", outcome="failed", said=said, hint=hint)
    bits = next((bits for bits in (4, 8) if f"{bits}bit" in optimiser), None)
    if bits is not None:
        said = f"{weights}; the optimiser {optimiser} keeps its state in {bits} bits"
        hint = f"leave train.trainer.optim out ({ALWAYS['optim']}) where the memory is enough"
        return Check(name="precision", outcome="warned", said=said, hint=hint)
    return Check(
        name="precision", outcome="passed", said=f"{weights}, and what the optimiser {optimiser} keeps is no less"
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
