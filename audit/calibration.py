"""How good a classifier's certainty is, over all rows and by group: calibration, Brier score, log loss, and AUC."""

from audit.attributes import attributes
from audit.evidence import Evidence
from audit.quotients import quotient_measures
from audit.ranking import is_scored, ranking_measures
from audit.rates import Chance
from audit.results import Measure, Model
from curate.recipe import Recipe

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
    if "auc" in asked and is_scored(evidence, model):
        measures += ranking_measures(evidence, model, by, chance)
    return measures
