"""The rates of a classifier: of which rows each is, what counts, and why it may be undefined."""

from audit.rates import Equals, Rate
from audit.results import Model
from audit.slugs import slug
from curate.audit_settings import (
    COMPLEMENTS,
    MODEL_METRICS,
    ODDS_METRICS,
    ON_DEMAND,
    POSITIVE_METRICS,
    RATE_METRICS,
)

TITLES = {
    "accuracy": "Accuracy",
    "selection_rate": "Selection rate",
    "true_positive_rate": "True positive rate",
    "false_positive_rate": "False positive rate",
    "true_negative_rate": "True negative rate",
    "false_negative_rate": "False negative rate",
    "precision": "Precision",
}
NOTHING = {
    "accuracy": "no row here has both a label and an answer",
    "selection_rate": "no row here has an answer",
    "true_positive_rate": "no row here is truly positive",
    "false_positive_rate": "no row here is truly negative",
    "true_negative_rate": "no row here is truly negative",
    "false_negative_rate": "no row here is truly positive",
    "precision": "no row here was answered with a positive label",
}
NOTHING_OF_LABEL = {
    "selection_rate": NOTHING["selection_rate"],
    "true_positive_rate": "no row here is truly {label}",
    "false_positive_rate": "no row here is known not to be {label}",
    "precision": "no row here was answered with {label}",
}
ODDS = ("true_positive_rate", "false_positive_rate")
OF_SAME_ROWS = tuple(metric for metric in RATE_METRICS if metric != "precision")
"""Rates over rows that do not depend on the answers: each row counts in every model, and McNemar's test applies."""
HIGHER_IS_WORSE = ("false_positive_rate", "false_negative_rate")


def named(model: Model) -> str:
    """Return a model's name as it stands in a title."""
    return "given predictions" if model == "given" else f"{model} model"


def model_rate(metric: str, model: Model) -> Rate:
    """Return one of the rates of a model; the positive labels count as one."""
    answered, positive = f"{model}_answered", f"{model}_positive"
    equals: dict[str, Equals] = {
        "accuracy": {"labelled": True},
        "selection_rate": {},
        "precision": {"labelled": True, positive: True},
    }
    of_truth = {"label_positive": metric in ("true_positive_rate", "false_negative_rate")}
    hits: dict[str, Equals] = {"accuracy": {f"{model}_correct": True}, "precision": {"label_positive": True}}
    return Rate(
        prefix=(model, metric),
        metric=metric,
        title=f"{TITLES[metric]}, {named(model)}",
        table="predictions",
        model=model,
        equals={**equals.get(metric, of_truth), answered: True},
        hits=hits.get(metric, {positive: metric not in COMPLEMENTS}),
        nothing=NOTHING[metric],
    )


def label_rate_of(metric: str, model: Model, label: str) -> Rate:
    """Return one of the rates of a model for one label against all others."""
    answered, answer = f"{model}_answered", f"{model}_answer"
    equals: dict[str, Equals] = {
        "selection_rate": {},
        "true_positive_rate": {"label": label},
        "false_positive_rate": {"not_label": label},
        "precision": {"labelled": True, answer: label},
    }
    return Rate(
        prefix=(model, metric, "of", slug(label)),
        metric=metric,
        title=f"{TITLES[metric]} of {label}, {named(model)}",
        table="predictions",
        model=model,
        label=label,
        equals={**equals[metric], answered: True},
        hits={"label": label} if metric == "precision" else {answer: label},
        nothing=NOTHING_OF_LABEL[metric].format(label=label),
    )


def prevalence_rate(model: Model) -> Rate:
    """Return how many of the rows that a model answered are truly positive."""
    return Rate(
        prefix=(model, "prevalence"),
        metric="prevalence",
        title=f"Prevalence among the answered rows, {named(model)}",
        table="predictions",
        model=model,
        equals={"labelled": True, f"{model}_answered": True},
        hits={"label_positive": True},
        nothing="no row here has both a label and an answer",
    )


def rates_among(asked: tuple[str, ...], positive: tuple[str, ...]) -> tuple[str, ...]:
    """Return the rates to compute, in order: those asked and those that they rest on; of positive labels only if there are some."""
    needed = {**dict.fromkeys(ODDS_METRICS, ODDS), "bias_amplification": ("selection_rate",)}
    wanted = {*asked, *(rate for metric in asked for rate in needed.get(metric, ()))}
    return tuple(metric for metric in RATE_METRICS if metric in wanted and (positive or metric not in POSITIVE_METRICS))


def by_default(metrics: tuple[str, ...]) -> tuple[str, ...]:
    """Return the metrics to compute where a recipe lists none."""
    return tuple(metric for metric in MODEL_METRICS if metric in metrics and metric not in ON_DEMAND)
