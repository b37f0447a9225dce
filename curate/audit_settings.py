"""What a recipe may say under `audit:`. It lives here, because the whole recipe is checked before anything runs."""

from typing import Literal, get_args

from pydantic import Field

from curate.probes import AnyProbe
from curate.settings import Settings

GroupMetric = Literal["accuracy", "selection_rate", "true_positive_rate", "false_positive_rate"]
ModelMetric = Literal[
    "accuracy",
    "macro_f1",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "equalized_odds",
    "calibration_error",
    "loss",
    "exact_match",
    "rouge_l",
    "chrf",
]
DataMetric = Literal["drop_rate", "label_rate", "mention_change"]
GROUP_METRICS: tuple[str, ...] = get_args(GroupMetric)
MODEL_METRICS: tuple[str, ...] = get_args(ModelMetric)
DATA_METRICS: tuple[str, ...] = get_args(DataMetric)
POSITIVE_METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "equalized_odds")
UNBOUNDED_METRICS = ("loss", "chrf", "mention_change")
"""These are no shares from 0 to 1."""
INSTRUCTION_METRICS = ("loss", "exact_match", "rouge_l", "chrf")


class Gate(Settings):  # one alone is not checked: which settings fit together is in recipe_misfits.py
    """A limit that the audit must meet. `compare` turns a metric of groups into one number over an attribute.

    `of` says whose number: a model's (`tuned`, `base`, `given` for predictions that came with the data), the change
    `tuned_minus_base`, or left out for a metric of the data.
    """

    metric: Literal[ModelMetric, DataMetric]
    of: Literal["tuned", "base", "given", "tuned_minus_base"] | None = None
    compare: Literal["difference", "ratio"] | None = Field(
        default=None, description="over the groups: max − min, or min / max"
    )
    group: str | None = Field(default=None, description="the attribute whose groups are compared")
    step: str | None = Field(default=None, description="the step, for drop_rate; left out: all steps together")
    max: float | None = None
    min: float | None = None


class Audit(Settings):
    """What is measured, and the limits that it must meet."""

    metrics: tuple[ModelMetric, ...] | None = Field(
        default=None,
        description="metrics of the models; left out: every one that fits the task. Accuracy over all rows, the table of labels, "
        "confusion and baseline of a classifier are always measured, and so is what a gate needs",
    )
    gates: tuple[Gate, ...] = ()
    probes: tuple[AnyProbe, ...] = Field(
        default=(), description="sets of sentences or questions that the base and the tuned model are both asked"
    )
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    replicates: int = Field(default=2000, ge=100, description="bootstrap and permutation replicates")
    minimum_group_size: int = Field(
        default=20, ge=1, description="smaller groups do not set a gap; they are listed with n and rate"
    )
    largest_loss: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="a source, label or group of which cleaning takes a larger share is flagged after curation and in the report",
    )
    examples: int = Field(default=3, ge=0, description="example rows under a finding in the report; 0 for none")
