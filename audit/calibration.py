"""How good a classifier's certainty is: calibration, Brier score, log loss and AUC, over all rows and by group.

Over all rows also what they become with a temperature that was fitted on validation rows, and accuracy by stated confidence.
"""

from audit.attributes import CONFIDENCE, attributes
from audit.certainty import BINS, TEMPERED
from audit.evidence import Evidence
from audit.intervals import Count
from audit.model_rates import named
from audit.quotients import TITLES, counted_rows, quotient_measures
from audit.ranking import is_scored, ranking_measures
from audit.rates import Chance, Equals, Rate, counted
from audit.results import Measure, Model, Selection
from audit.slugs import join
from audit.temperature import HIGHEST, LOWEST, at_bound, fitting_rows, temperature_interval, temperature_of
from curate.recipe import Recipe

NOT_ASKED = "no model was asked about the validation rows"
NO_ROWS = "there are no validation rows with a label, so no temperature can be fitted"
TOGETHER = {"calibration_error": ("calibration_error", "brier"), "log_loss": ("log_loss",)}


def certainty_measures(
    evidence: Evidence, recipe: Recipe, model: Model, asked: tuple[str, ...], chance: Chance
) -> list[Measure]:
    """Return what is asked of a model's scores; nothing where it gave none."""
    by, columns = attributes(recipe), evidence.tables["predictions"].columns
    wanted = [metric for name, metrics in TOGETHER.items() if name in asked for metric in metrics]
    measures = []
    if f"{model}_confidence" in columns:
        measures += [found for metric in wanted for found in quotient_measures(evidence, metric, model, by, chance)]
        if recipe.train is not None and wanted:
            measures += tempered_measures(evidence, model, wanted, chance)
        if "calibration_error" in wanted:
            measures += reliability_measures(evidence, model, chance)
    if "auc" in asked and is_scored(evidence, model):
        measures += ranking_measures(evidence, model, by, chance)
    return measures


def tempered_measures(evidence: Evidence, model: Model, wanted: list[str], chance: Chance) -> list[Measure]:
    """Return the temperature that was fitted on validation rows, and what is wanted of the test rows once it is applied."""
    temperature = _temperature(evidence, model, chance)
    found = [temperature]
    for metric in (f"{TEMPERED}{name}" for name in wanted):
        if temperature.value is not None:
            found += quotient_measures(evidence, metric, model, (), chance)
        else:
            title = f"{TITLES[metric]}, {named(model)}"
            name = join((model, metric))
            found.append(Measure(id=name, title=title, metric=metric, model=model, undefined=temperature.undefined))
    return found


def _temperature(evidence: Evidence, model: Model, chance: Chance) -> Measure:
    bare = Measure(
        id=join((model, "temperature")), title=f"Temperature, {named(model)}", metric="temperature", model=model
    )
    if f"{model}_certain" not in evidence.tables.get("validation", {}):
        return bare.model_copy(update={"undefined": NOT_ASKED})
    selection = Selection(table="validation", equals=fitting_rows(model))
    rows = evidence.select(selection)
    value = temperature_of(rows, model)
    fitted = bare.model_copy(update={"selection": selection, "n": len(rows)})
    if value is None:
        return fitted.model_copy(update={"undefined": NO_ROWS})
    interval = temperature_interval(rows, model, value, chance.confidence)
    bound = f"that of the {named(model)} is at the bound of what is tried, {LOWEST:g} to {HIGHEST:g}"
    note = bound if at_bound(value) else ""
    return fitted.model_copy(update={"value": value, "interval": interval, "note": note})


def reliability_measures(evidence: Evidence, model: Model, chance: Chance) -> list[Measure]:
    """Return for each bin of stated confidence that has rows its accuracy and its mean confidence."""
    rate = Rate(
        (model, "bin_accuracy"),
        "bin_accuracy",
        f"Accuracy by stated confidence, {named(model)}",
        "predictions",
        {f"{model}_correct": True},
        "no row has this confidence",
        Equals(counted_rows("calibration_error", model)),
        model=model,
    )
    rows = evidence.select(Selection(table="predictions", equals=rate.equals))
    found = []
    for place in range(BINS):
        inside = rows.filter(rows[f"{model}_bin"] == place)
        if inside.is_empty():
            continue
        name, within = bin_name(place), Equals({f"{model}_bin": place})
        count = Count(int(inside[f"{model}_correct"].sum()), len(inside))
        called, more = (rate.id(str(place + 1)), f"{rate.title}: {name}"), {"attribute": CONFIDENCE, "group": name}
        accuracy = counted(rate, called, count, within, chance.confidence, **more)
        mean = accuracy.model_copy(
            update={
                "id": join((model, "bin_confidence", str(place + 1))),
                "title": f"Mean confidence, {named(model)}: {name}",
                "metric": "bin_confidence",
                "value": float(inside[f"{model}_confidence"].to_numpy().mean()),
                "numerator": None,
                "interval": None,
                "hits": {},
            }
        )
        found += [accuracy, mean]
    return found


def bin_name(place: int) -> str:
    """Return a bin of confidence in words."""
    return f"{100 * place // BINS} to {100 * (place + 1) // BINS} %"
