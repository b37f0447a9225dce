"""How an item of a framework is answered from a run: by evidence, with examples of measures, by a person's words, or by why not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from audit.results import Measure
from audit.views.material import Material
from curate.steps.balance import Balance
from curate.steps.copying import Copying

Status = Literal["evidence", "a person must write this", "not applicable"]
IDS = 4
"""So many measures of a kind are named as examples."""
DATA = ("share", "label_rate", "drop_rate", "label_impact_ratio")
RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "equalized_odds",
    "accuracy",
    "loss",
    "exact_match",
)
WRITTEN: Status = "a person must write this"


@dataclass(frozen=True)
class Found:
    """What a run has of an item: its status, where the evidence is or why there is none, and examples of measures."""

    status: Status
    where: str
    ids: tuple[str, ...] = ()


Look = Callable[[Material], Found]


def written(what: str) -> Look:
    """Return the answer that only a person can give."""
    return lambda _material: Found(WRITTEN, what)


def recorded(where: str) -> Look:
    """Return the answer that every run's own records give."""
    return lambda _material: Found("evidence", where)


def not_applicable(why: str) -> Look:
    """Return the answer that the item is not about what a run holds."""
    return lambda _material: Found("not applicable", why)


def measured(metrics: tuple[str, ...], where: str, **wanted: object) -> Look:
    """Return the answer that measures give, if the run has some of these metrics; else it is left to a person."""

    def look(material: Material) -> Found:
        found = [m for m in material.audit.measures if m.metric in metrics and _fits(m, wanted)]
        if not found:
            return Found(WRITTEN, "This run measured nothing of it.")
        return Found("evidence", where, _examples(found))

    return look


def _fits(measure: Measure, wanted: dict[str, object]) -> bool:
    return all(
        getattr(measure, key) is not None if value is ... else getattr(measure, key) == value
        for key, value in wanted.items()
    )


def _examples(found: list[Measure]) -> tuple[str, ...]:
    """Return the first measure of each metric, then further ones, as many as are shown."""
    first = {m.metric: m.id for m in reversed(found)}
    ordered = [first[metric] for metric in dict.fromkeys(m.metric for m in found)]
    return tuple(dict.fromkeys((*ordered, *(m.id for m in found))))[:IDS]


def origin(material: Material) -> Found:
    """Look whether every source states its origin."""
    silent = [source.name for source in material.manifest.sources if source.origin is None]
    if silent:
        return Found(WRITTEN, f"No origin is stated for {', '.join(silent)}.")
    return Found(
        "evidence",
        "Provenance in the report: origin, licence and digest of each source. How and why it was collected is for a person.",
    )


def _balancing(material: Material) -> list[str]:
    return [name for name, step in material.recipe.steps_by_name().items() if isinstance(step, Balance | Copying)]


def mitigation(material: Material) -> Found:
    """Look for steps that balance or augment, and for gates."""
    steps = _balancing(material)
    gates = tuple(verdict.measure for verdict in material.audit.verdicts)
    if not steps and not gates:
        return Found(WRITTEN, "The recipe neither balances rows nor sets a gate.")
    did = [f"steps {', '.join(steps)}"] if steps else []
    did += ["verdicts of the gates"] if gates else []
    return Found(
        "evidence",
        f"In the report: {' and '.join(did)}. What else was done, and whether it is enough, is for a person.",
        gates[:IDS],
    )


def balanced(material: Material) -> Found:
    """Look for steps that balance or augment rows, and for what they did."""
    steps = _balancing(material)
    if not steps:
        return Found("not applicable", "The recipe neither balances nor augments rows.")
    return measured(
        ("added_rows", "refused", "mention_change", "label_rate"), f"In the report: what {', '.join(steps)} did."
    )(material)


def crossed(material: Material) -> Found:
    """Look for groups, and for crossings of two attributes."""
    attributes = (*material.recipe.attributes, *material.recipe.crossings)
    if not attributes:
        return Found(WRITTEN, "The recipe names no groups.")
    lacking = "" if material.recipe.crossings else " No crossing of two attributes was asked for."
    return Found(
        "evidence", f"Groups of {', '.join(attributes)}.{lacking} Which groups might be harmed is for a person."
    )


def limits(material: Material) -> Found:
    """Look for gates with their verdicts."""
    gates = tuple(verdict.measure for verdict in material.audit.verdicts)
    if not gates:
        return Found(WRITTEN, "The recipe sets no gate.")
    return Found("evidence", "Verdicts in the report. Why these limits are acceptable is for a person.", gates[:IDS])


def special(material: Material) -> Found:
    """Look whether rows were told apart by attributes of people at all."""
    if not material.recipe.groups:
        return Found("not applicable", "Rows were told apart by no attribute of people.")
    named = ", ".join(material.recipe.attributes)
    return Found(
        WRITTEN, f"Rows were audited by {named}. Whether these are special categories, and that each condition holds."
    )


def methods(material: Material) -> Found:
    """Say where the steps on the data, and those of training if there was some, are recorded."""
    train = material.recipe.train
    if train is None:
        return Found(
            "evidence",
            "recipe.yaml and manifest.json: every step on the data. This run trained no model; its making is for a person.",
        )
    return Found(
        "evidence",
        f"recipe.yaml and manifest.json: every step on the data, and how {train.base} was tuned. The system around the "
        "model is for a person.",
    )


def resources(material: Material) -> Found:
    """Say where the machine, time and memory of each phase are recorded."""
    phases = ", ".join(material.manifest.phases)
    return Found(
        "evidence",
        f"manifest.json: platform, seconds and peak memory of {phases}. The architecture of the system is for a person.",
    )


def small(material: Material) -> Found:
    """Say how small groups are treated."""
    least = material.audit.minimum_group_size
    return Found(
        "evidence",
        f"Every table has n and an interval; groups under {least:,} rows are listed and set no gap. See the cautions.",
    )


def disability(material: Material) -> Found:
    """Look for an attribute that is about disability."""
    if any("disab" in attribute.lower() for attribute in material.recipe.attributes):
        return measured(RATES, "In the report: figures by disability.", group=...)(material)
    return Found(WRITTEN, "No attribute of the recipe is about disability.")
