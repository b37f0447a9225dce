"""What a recipe may say under `audit:`. It lives here, because the whole recipe is checked before anything runs."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from curate.outside_settings import OutsideFile
from curate.probes import AnyProbe
from curate.settings import Settings

RateMetric = Literal[
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "precision",
]
"""Shares of rows, overall and by group."""
ScoreMetric = Literal["balanced_accuracy", "f1", "macro_f1"]
"""Numbers of the table of truth and answer that are no share of rows, overall and by group."""
ModelMetric = Literal[
    RateMetric,
    ScoreMetric,
    "equalized_odds",
    "equalized_odds_mean",
    "bias_amplification",
    "auc",
    "calibration_error",
    "log_loss",
    "loss",
    "bits_per_byte",
    "exact_match",
    "bleu",
    "rouge_l",
    "chrf",
]
DataMetric = Literal["drop_rate", "label_rate", "mention_change"]
ForgettingMetric = Literal["general_accuracy", "kl_to_base"]
"""What a model forgot: accuracy on the general probe, and how far the tuned model's next words are from the base's."""
Compare = Literal["difference", "ratio", "difference_to_overall", "ratio_to_overall", "lowest", "highest"]
RATE_METRICS: tuple[str, ...] = get_args(RateMetric)
SCORE_METRICS: tuple[str, ...] = get_args(ScoreMetric)
MODEL_METRICS: tuple[str, ...] = get_args(ModelMetric)
DATA_METRICS: tuple[str, ...] = get_args(DataMetric)
INSTRUCTION_METRICS = ("loss", "bits_per_byte", "exact_match", "bleu", "rouge_l", "chrf")
FORGETTING_METRICS: tuple[str, ...] = get_args(ForgettingMetric)
POSITIVE_METRICS = tuple(
    metric for metric in MODEL_METRICS
    if metric not in (*INSTRUCTION_METRICS, "accuracy", "macro_f1", "calibration_error", "log_loss")
)  # fmt: skip
"""These need a label that counts as selected."""
COMPLEMENTS = ("true_negative_rate", "false_negative_rate")
"""One less the false and the true positive rate."""
ON_DEMAND = (*COMPLEMENTS, "equalized_odds_mean")
"""What others say already in other words: measured where a recipe lists them or a gate needs them."""
GROUP_METRICS = (
    *(*RATE_METRICS, *SCORE_METRICS, "auc", "calibration_error", "log_loss"),
    *("loss", "bits_per_byte", "exact_match"),
)
"""These are measured for groups."""
ODDS_METRICS = ("equalized_odds", "equalized_odds_mean")
"""Made of the gaps of the true and of the false positive rate: the worse of them (fairlearn's `worst_case`), or their mean."""
GAP_METRICS = (*ODDS_METRICS, "bias_amplification")
"""These are gaps between groups already."""
UNBOUNDED_METRICS = ("loss", "bits_per_byte", "log_loss", "bleu", "chrf", "mention_change", "kl_to_base")
"""These are no shares from 0 to 1."""
CROSSED = " × "


def crossing_name(crossing: tuple[str, str]) -> str:
    """Return the name of the attribute that two attributes make together, for example `sex × race`."""
    return CROSSED.join(crossing)


class Gate(Settings):  # one alone is not checked: which settings fit together is in recipe_misfits.py
    """A limit that the audit must meet. `compare` turns a metric of groups into one number over an attribute.

    `of` says whose number: a model's (`tuned`, `base`, `given` for predictions that came with the data), the change
    `tuned_minus_base`, or left out for a metric of the data.
    """

    metric: Literal[ModelMetric, DataMetric, ForgettingMetric]
    of: Literal["tuned", "base", "given", "tuned_minus_base"] | None = None
    compare: Compare | None = Field(
        default=None,
        description="over the groups: max − min, min / max, the farthest from all rows (to_overall), the lowest, or the highest",
    )
    group: str | None = Field(
        default=None, description="the attribute whose groups are compared, or a crossing such as 'sex × race'"
    )
    step: str | None = Field(default=None, description="the step, for drop_rate; left out: all steps together")
    max: float | None = None
    min: float | None = None


class Reference(Settings):
    """Shares that groups have elsewhere, such as in a census, to hold the data against; and where these are from."""

    source: str = Field(min_length=1, description="where the shares are from, for the report")
    shares: dict[str, float] = Field(min_length=1, description="group → its share, from 0 to 1")


class LocalLaw144(Settings):
    """Which attributes New York City's Local Law 144 is to be told of, and the categories left out of its impact ratios.

    A category may be left out if it has less than 2 % of the data, with a justification; of the crossing, too, if it is a part.
    """

    sex: str = Field(description="the attribute that is the sex categories")
    race: str = Field(description="the attribute that is the race/ethnicity categories")
    left_out: dict[str, dict[str, Annotated[str, Field(pattern=r"\S")]]] = Field(
        default={},
        description="attribute → category → the auditor's justification for leaving it out of the impact ratios",
    )


class Audit(Settings):
    """What is measured, and the limits that it must meet."""

    metrics: tuple[ModelMetric, ...] | None = Field(
        default=None,
        description="metrics of the models; left out: every one that fits the task, but for the true and false negative rate. "
        "Accuracy over all rows, the table of labels, confusion and baseline of a classifier are always measured, and so is what a "
        "gate needs",
    )
    crossings: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="pairs of attributes whose groups are crossed, such as [sex, race]; each is audited as an attribute",
    )
    reference: dict[str, Reference] = Field(
        default={}, description="attribute → the shares that its groups are held against, and their source"
    )
    ll144: LocalLaw144 | None = Field(
        default=None,
        description="for 'fairlead view RUN ll144': sex, race and their crossing, which crossings must name",
    )
    gates: tuple[Gate, ...] = ()
    probes: tuple[AnyProbe, ...] = Field(
        default=(), description="sets of sentences or questions that the base and the tuned model are both asked"
    )
    outside: tuple[OutsideFile, ...] = Field(
        default=(),
        description="files of text from elsewhere, a second test set: both models are asked about them, and nothing is trained, "
        "chosen or fitted on them",
    )
    forgetting: bool | None = Field(
        default=None,
        description="where a model is trained: ask base and tuned model the questions and texts that come with fairlead, to see "
        "what tuning made it forget; left out: yes",
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
    swaps: int = Field(
        default=200,
        ge=0,
        description="rows drawn for each group of a term list: their terms are swapped for another group's, to see whether steps "
        "that look at one row alone treat them alike; 0 for none",
    )
    examples: int = Field(default=3, ge=0, description="example rows under a finding in the report; 0 for none")
