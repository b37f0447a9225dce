"""What probes of a recipe do not fit, and gates on what a model forgot where that is not measured."""

from collections.abc import Iterator

from curate.audit_settings import Gate
from curate.probes import SHIPPED
from curate.recipe import Recipe


def probe_misfits(recipe: Recipe) -> Iterator[str]:
    """Yield probes that no model is asked, that are called alike, or that do not fit the task; and `forgetting` without effect."""
    names = [probe.name for probe in recipe.audit.probes]
    taken = [probe.name for probe in SHIPPED] if recipe.measures_forgetting else []
    for place, probe in enumerate(recipe.audit.probes):
        part = f"audit.probes.{place}"
        if recipe.train is None:
            yield f"{part}|no model is asked; add train: or leave the probe out"
        if probe.name in names[:place]:
            yield f"{part}|another probe is called '{probe.name}' too; give each a name"
        if probe.name in taken:
            yield f"{part}|'{probe.name}' is the name of a probe that comes with fairlead; give this one another"
        yield from (f"{part}{f'.{key}' if key else ''}|{message}" for key, message in probe.misfits(recipe.task))
    if recipe.train is None and recipe.audit.forgetting is not None:
        yield "audit.forgetting|has no effect without train:, for no model is tuned; leave it out"


def lacking_of_forgetting(recipe: Recipe, gate: Gate) -> Iterator[tuple[str, str]]:
    """Yield that a gate asks what a model forgot where that is not measured, or asks it of whom it cannot be."""
    if not recipe.measures_forgetting:
        why = "audit.forgetting is off; switch it on" if recipe.train is not None else "no model is tuned; add train:"
        yield "metric", f"'{gate.metric}' is not measured: {why}, or leave the gate out"
    elif gate.of == "given":
        yield "of", "there are no given predictions; write of: tuned"
    elif gate.metric == "kl_to_base" and gate.of not in (None, "tuned"):
        yield "of", "kl_to_base is of the tuned model, which is held against the base; write of: tuned"
