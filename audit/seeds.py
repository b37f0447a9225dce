"""How much hangs on the seed of training: the same figures of every model that was trained, and how far they scatter.

The table `seed_<n>` holds what the model of that seed says of the test rows. Figures are the accuracy (or the loss), and of each
gate on a gap between groups of a rate the largest difference between groups of `audit.minimum_group_size` rows or more.
"""

from dataclasses import replace
from statistics import stdev

from audit.attributes import COUNTED
from audit.evidence import Evidence
from audit.metrics import gap, value_of
from audit.model_rates import model_rate
from audit.rates import Chance, Rate, overall, plain_groups
from audit.results import Measure, Selection
from audit.slugs import join, slug
from curate.audit_settings import RATE_METRICS, Gate
from curate.recipe import Recipe
from curate.task import Classification

PREFIX = "seed_"
"""What the tables of seeds are called by."""
FIGURE, GAP, SPREAD = "seed_figure", "seed_gap", "seed_spread"


def seed_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return each figure for every seed and its spread; nothing where one model was trained."""
    seeds = sorted(int(name.removeprefix(PREFIX)) for name in evidence.tables if name.startswith(PREFIX))
    if not seeds:
        return []
    tables = {recipe.seed: "predictions", **{seed: f"{PREFIX}{seed}" for seed in seeds}}
    if not isinstance(recipe.task, Classification):
        figures = [[_loss(evidence, seed, table) for seed, table in tables.items()]]
        return [*figures[0], _spread("loss", "Loss", figures[0])]
    found = [overall(evidence, _rate("accuracy", seed, table), chance) for seed, table in tables.items()]
    measures = [*found, _spread("accuracy", "Accuracy", found)]
    for gate in gates_of_gaps(recipe):
        gaps = []
        for seed, table in tables.items():
            groups = plain_groups(evidence, _rate(gate.metric, seed, table), str(gate.group), chance)
            gaps.append(_gap(gate, seed, groups, chance.minimum))
            measures += [*groups, gaps[-1]]
        measures.append(_spread(f"{gate.metric}.{slug(str(gate.group))}", _title_of_gap(gate), gaps))
    return measures


def gates_of_gaps(recipe: Recipe) -> list[Gate]:
    """Return the gates on a rate's difference between groups, each rate and attribute once."""
    found = {
        (gate.metric, gate.group): gate
        for gate in recipe.audit.gates
        if gate.metric in RATE_METRICS and gate.group in recipe.groups and gate.compare is not None
    }
    return list(found.values())


def _rate(metric: str, seed: int, table: str) -> Rate:
    known = model_rate(metric, "tuned")
    title = f"{known.title.partition(',')[0]}, tuned with seed {seed}"
    return replace(
        known, prefix=("seeds", str(seed), metric), metric=FIGURE, title=title, table=table, model=None, step=str(seed)
    )


def _loss(evidence: Evidence, seed: int, table: str) -> Measure:
    selection = Selection(table=table, equals={"tuned_scored": True})
    bare = Measure(
        id=join(("seeds", str(seed), "loss")), title=f"Loss, tuned with seed {seed}", metric="seed_loss", value=None,
        n=evidence.count(selection), selection=selection, step=str(seed),
    )  # fmt: skip
    value = value_of(bare, evidence.select(selection))
    return bare.model_copy(update={"value": value, "undefined": "" if value is not None else "no row was scored"})


def _title_of_gap(gate: Gate) -> str:
    return f"{model_rate(gate.metric, 'tuned').title.partition(',')[0]}, gap by {gate.group}"


def _gap(gate: Gate, seed: int, groups: list[Measure], minimum: int) -> Measure:
    setters = [each for each in groups if each.n >= minimum and each.group not in COUNTED and each.value is not None]
    values = [each.value for each in setters if each.value is not None]
    return Measure(
        id=join(("seeds", str(seed), gate.metric, slug(str(gate.group)), "difference")),
        title=f"{_title_of_gap(gate)}, tuned with seed {seed}", metric=GAP, attribute=gate.group, compare="difference",
        value=gap("difference", values) if len(values) > 1 else None, n=sum(each.n for each in setters),
        undefined="" if len(values) > 1 else f"fewer than two groups have {minimum} rows",
        parts=tuple(each.id for each in setters), step=str(seed),
    )  # fmt: skip


def _spread(name: str, title: str, figures: list[Measure]) -> Measure:
    """Return the standard deviation of a figure over the seeds (n - 1 in its denominator); its parts are the figures."""
    values = [each.value for each in figures if each.value is not None]
    whole = len(values) == len(figures)
    return Measure(
        id=join(("seeds", *name.split("."), "spread")), title=f"{title}: standard deviation over {len(figures)} seeds",
        metric=SPREAD, value=stdev(values) if whole else None, n=len(figures),
        undefined="" if whole else "of one of the seeds it is undefined", parts=tuple(each.id for each in figures),
    )  # fmt: skip
