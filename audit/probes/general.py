"""The general probe: how many everyday questions each model gets right, against guessing, and which ones tuning lost.

A model answers with the continuation of the highest log-likelihood; as a second figure with that of the highest log-likelihood
divided by its UTF-8 bytes, so that a longer one is at no disadvantage. EleutherAI's lm-evaluation-harness has the first as `acc`,
and the second as `acc_norm`, by characters: of our items, which are ASCII, these are the bytes. Where two share the highest, it
gives no answer, which is not right; the harness takes the first of them.

Guessing gets one in as many as there are continuations, which is not the same for all items. So the number right by guessing has
the distribution of a sum of tosses with chances of their own, and the p-value is its exact upper tail.
Source: Gao and others, lm-evaluation-harness, `ConfigurableTask.process_results`; Hong 2013, On computing the distribution
function for the Poisson binomial distribution.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from audit import metrics
from audit.changes import with_detectable
from audit.evidence import Evidence
from audit.families import holm
from audit.model_rates import named
from audit.probes.rates import rate_changes, tied, unscored, whole_and_groups
from audit.probes.tables import Said, groups, is_highest, row_names, table_name, with_likelihoods
from audit.rates import Chance, Equals, Rate, overall
from audit.resampling import TOLERANCE, Floats
from audit.results import Measure, Model, Selection
from audit.slugs import join, slugs
from curate.probes.general import General

AREA = "area"
ANSWERED = {
    "general_accuracy": "the answer is the continuation with the highest log-likelihood",
    "general_accuracy_per_byte": "per byte: log-likelihoods are divided by the UTF-8 bytes of the continuation",
}
TEST = "right answers against guessing, exact, one-sided"
GUESSING = "guessing: one in as many continuations as an item has, on average over the items"
UNSCORED = "no item here was scored"


def table(probe: General, items: pl.DataFrame, said: Said) -> pl.DataFrame:
    """Return a line an item, with its `area`, what guessing has (`chance`), and whether each model is right."""
    choices = with_likelihoods(items, said)
    chosen = choices.with_columns(
        column
        for model in said
        for column in (
            is_highest(pl.col(model)).alias(f"{model}_whole"),
            is_highest(pl.col(model) / pl.col("bytes")).alias(f"{model}_per_byte"),
        )
    )
    judged = chosen.group_by("item", AREA).agg(
        (1 / pl.len()).alias("chance"), *(column for model in said for column in _judged(model))
    )
    return judged.sort("item").select(
        row_names(probe), *groups(area=AREA), "chance", pl.selectors.starts_with(*(f"{model}_" for model in said))
    )


def _judged(model: str) -> list[pl.Expr]:
    scored, whole = pl.col(model).is_not_null().all(), pl.col(f"{model}_whole").fill_null(value=False)
    per_byte = pl.col(f"{model}_per_byte").fill_null(value=False)
    return [
        scored.alias(f"{model}_scored"),
        (scored & ~whole.any()).alias(f"{model}_tied"),
        (whole & pl.col("correct")).any().alias(f"{model}_correct"),
        (per_byte & pl.col("correct")).any().alias(f"{model}_correct_per_byte"),
    ]


def measures(evidence: Evidence, probe: General, model: Model, chance: Chance) -> list[Measure]:
    """Return how often a model is right, over all items and by area, each over all items tested against guessing."""
    right = _rate(probe, model, "general_accuracy", "General questions right", "correct")
    per_byte = _rate(probe, model, "general_accuracy_per_byte", "General questions right, per byte", "correct_per_byte")
    found = [whole_and_groups(evidence, rate, (AREA,), chance) for rate in (right, per_byte)]
    tested = holm([_tested(evidence, each[0]) for each in found], f"the general probe against guessing, {named(model)}")
    levels = [measure for first, each in zip(tested, found, strict=True) for measure in (first, *each[1:])]
    return [*levels, tied(evidence, probe, model, chance), unscored(evidence, probe, model, chance)]


def _rate(probe: General, model: Model, metric: str, title: str, hit: str) -> Rate:
    return Rate(
        (model, metric),
        metric,
        f"{title}, {named(model)}",
        table_name(probe),
        {f"{model}_{hit}": True},
        UNSCORED,
        {f"{model}_scored": True},
        model=model,
    )


def _tested(evidence: Evidence, right: Measure) -> Measure:
    """Give an accuracy the p-value of guessing as well as that."""
    if right.value is None or right.numerator is None or right.selection is None:
        return right
    chances = evidence.select(right.selection)["chance"].to_numpy()
    p_value = guessing_p(chances, right.numerator)
    return right.model_copy(update={"p_value": p_value, "test": TEST, "note": ANSWERED[right.metric]})


def guessing_p(chances: Floats, right: int) -> float:
    """Return the probability that guesses with these chances are right at least so often, exactly."""
    at = np.ones(1)
    for chance in chances:  # over items: each adds one toss, and there are a hundred
        at = np.convolve(at, [1 - chance, chance])
    return float(min(at[right:].sum(), 1.0))


def guessing(evidence: Evidence, probe: General, models: Sequence[Model]) -> list[Measure]:
    """Return what guessing has, over the items that the models scored, in all and by area."""
    name = table_name(probe)
    found = [_guessing(evidence, Selection(table=name, equals=_scored(models)))]
    for area, word in slugs(evidence.groups(name, AREA)).items():
        selection = Selection(table=name, equals={**_scored(models), f"group_{AREA}": area})
        found.append(_guessing(evidence, selection, area, word))
    return found


def _guessing(evidence: Evidence, selection: Selection, area: str | None = None, word: str = "") -> Measure:
    rows = evidence.select(selection)
    made = Measure(
        id=join(("general_guessing", *((AREA, word) if area is not None else ()))),
        title="Guessing at the general questions" + (f", {AREA}: {area}" if area is not None else ""),
        metric="general_guessing",
        attribute=AREA if area is not None else None,
        group=area,
        n=len(rows),
        selection=selection,
        undefined="" if len(rows) else UNSCORED,
        note=GUESSING,
    )
    return made.model_copy(update={"value": metrics.value_of(made, rows)})


def changes(evidence: Evidence, probe: General, mine: Sequence[Measure], chance: Chance) -> list[Measure]:
    """Return the change of every accuracy, and how many items only one of the models has right."""
    moved = [with_detectable(change) for change in rate_changes(evidence, mine, chance)]
    return [*moved, *(overall(evidence, rate, chance) for rate in _turned(probe))]


def _turned(probe: General) -> list[Rate]:
    """Return the items that were lost (right in the base alone) and those that were gained, of all that both models scored."""
    scored = _scored(("base", "tuned"))
    hits: tuple[Equals, Equals] = (
        {"base_correct": True, "tuned_correct": False},
        {"base_correct": False, "tuned_correct": True},
    )
    called = (
        ("general_lost", "General questions that only the base model got right"),
        ("general_gained", "General questions that only the tuned model got right"),
    )
    return [
        Rate((metric,), metric, title, table_name(probe), hit, UNSCORED, scored)
        for (metric, title), hit in zip(called, hits, strict=True)
    ]


def _scored(models: Sequence[Model]) -> Equals:
    return {f"{model}_scored": True for model in models}


def beats_guessing(measure: Measure, confidence: float) -> bool:
    """Return whether a model does better than guessing, beyond chance."""
    p_value = measure.p_adjusted if measure.p_adjusted is not None else measure.p_value
    return p_value is not None and p_value <= 1 - confidence + TOLERANCE
