"""What each metric is, as a function of rows; the audit and `audit.trace` compute with the same functions."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import get_args

import numpy as np
import polars as pl

from audit import delong, one_person_more
from audit.association import log_odds_of, npmi_of
from audit.bleu import bleu_of_rows
from audit.certainty import TEMPERED
from audit.evidence import Evidence
from audit.intervals import Count
from audit.probes import values as probe_values
from audit.probes.values import MADE_OF
from audit.resampling import Floats, Integers, mcnemar_p, rates_of
from audit.results import Measure
from audit.selecting import holds
from audit.temperature import temperature_of
from curate.audit_settings import ODDS_METRICS, Compare

GROUP_GAPS: tuple[str, ...] = get_args(Compare)
CHANGE = "tuned_minus_base"
FEW_SHOT = "few_shot_"
"""What the metrics of the base with examples in its prompt begin with (see `few_shot.py`)."""
FEW_SHOT_CUT, FEW_SHOT_LOSS = f"{FEW_SHOT}cut", f"{FEW_SHOT}tried_log_loss"
COUNTS = (
    "rows", "confusion", "added_rows", "refused", "better", "worse", "word_rows", "swap_lost", "swap_gained", "flipped_at",
    FEW_SHOT_CUT,
)  # fmt: skip
IMPACT_RATIOS = (
    "impact_ratio", "scoring_impact_ratio", "label_impact_ratio", "ll144_impact_ratio", "ll144_scoring_impact_ratio",
)  # fmt: skip
ONE_PERSON_MORE = ("impact_ratio_one_more", "scoring_impact_ratio_one_more", "label_impact_ratio_one_more")

DROPS = ("accuracy_drop", "macro_f1_drop", "loss_drop", "bits_per_byte_drop")
"""A figure of the test rows less that of text from elsewhere."""
OF_PARTS: Mapping[str, Callable[[Sequence[float]], float]] = {
    **MADE_OF,
    "seed_spread": stdev,
    **dict.fromkeys(DROPS, lambda values: values[0] - values[1]),
}
"""What makes one number of the numbers of several measures."""


def combine(measure: Measure, parts: Sequence[float | None]) -> float | None:
    """Return the value of a measure that is made of others; None where one of them, or the result, is undefined."""
    values = [value for value in parts if value is not None]
    if len(values) < len(parts) or not values:
        return None
    changed = measure.id.startswith("change.") or measure.metric == "label_shift"
    if changed or measure.metric in OF_PARTS:
        return values[1] - values[0] if changed else OF_PARTS[measure.metric](values)
    if measure.reference is not None:
        return values[0] - measure.reference if measure.compare == "difference" else values[0] / measure.reference
    if measure.metric == "mention_change" and measure.group is not None:
        before, after = values
        return after - before if measure.compare is None else after / before if before > 0 else None
    if measure.metric in ODDS_METRICS:
        return of_odds(measure.metric, measure.compare or "")(values)
    two = measure.group is not None or measure.metric == "bias_amplification"
    return _against(measure, *values) if two else gap(measure.compare or "", values)


def of_odds(metric: str, compare: str) -> Callable[[Iterable[float]], float]:
    """Return what makes one number of the gaps of the true and of the false positive rate: the worse of them, or their mean."""
    if metric == "equalized_odds_mean":
        return fmean
    return max if compare == "difference" else min


def _against(measure: Measure, inside: float, outside: float) -> float | None:
    if measure.compare == "difference":
        return inside - outside
    divided = measure.compare == "ratio" or measure.metric in IMPACT_RATIOS
    assert divided, f"{measure.id} has parts and no way to combine them"
    return inside / outside if outside > 0 else None


def gap(compare: str, values: Sequence[float]) -> float | None:
    """Return a gap over the numbers of groups; one to all rows has theirs first. None for a ratio of nothing to nothing."""
    match compare:
        case "difference":
            return max(values) - min(values)
        case "ratio":
            return min(values) / max(values) if max(values) > 0 else None
        case "difference_to_overall":
            return max(abs(value - values[0]) for value in values[1:])
        case "ratio_to_overall":
            return min(_folded(value, values[0]) for value in values[1:]) if values[0] > 0 else None
    return {"lowest": min, "highest": max}[compare](values)


def _folded(one: float, other: float) -> float:
    return min(one, other) / max(one, other)


def compute(measure: Measure, evidence: Evidence, measures: Mapping[str, Measure]) -> float | None:
    """Compute a measure's value anew from the evidence; None where it is undefined."""
    if measure.metric == "mcnemar":
        worse, better = (compute(measures[part], evidence, measures) for part in measure.parts)
        assert worse is not None
        assert better is not None
        return mcnemar_p(int(worse), int(better))
    if measure.metric in ONE_PERSON_MORE:
        return one_person_more.ratio_after([_count(measures[part], evidence) for part in measure.parts])
    if measure.parts:
        return combine(measure, [compute(measures[part], evidence, measures) for part in measure.parts])
    if measure.selection is None:
        return None
    return value_of(measure, evidence.select(measure.selection))


def _count(measure: Measure, evidence: Evidence) -> Count:
    assert measure.selection is not None
    rows = evidence.select(measure.selection)
    return Count(hits_in(rows, measure.hits), len(rows))


def value_of(measure: Measure, rows: pl.DataFrame) -> float | None:
    """Return the value of a measure of rows that are selected already; None where it is undefined."""
    if measure.metric in COUNTS:
        return float(hits_in(rows, measure.hits))
    if rows.is_empty():
        return None
    if measure.metric in SCORES:
        return SCORES[measure.metric](measure, rows)
    return hits_in(rows, measure.hits) / len(rows)


def hits_in(rows: pl.DataFrame, hits: Mapping[str, str | bool | int]) -> int:
    """Return how many of the rows satisfy every equality of the hits."""
    return int(rows.select(holds(rows, hits).sum()).item()) if hits else len(rows)


def f1(labels: pl.Series, answers: pl.Series, label: str) -> float | None:
    """Return 2·tp / (2·tp + fp + fn), or None for a label that stands nowhere."""
    found = int(((labels == label) & (answers == label)).sum())
    asked = int((labels == label).sum()) + int((answers == label).sum())
    return 2 * found / asked if asked else None


def f1_of(measure: Measure, rows: pl.DataFrame) -> float | None:
    """Return F1 of a measure's label, or of the positive labels together."""
    if measure.label is not None:
        return f1(rows["label"], rows[f"{measure.model}_answer"], measure.label)
    truly, told = (rows[column].cast(pl.String) for column in ("label_positive", f"{measure.model}_positive"))
    return f1(truly, told, "true")


def balanced_accuracy(rows: pl.DataFrame, model: str) -> float | None:
    """Return the mean of true positive and true negative rate; None where one of them is over no rows."""
    right = rows["label_positive"] == rows[f"{model}_positive"]
    positive, negative = right.filter(rows["label_positive"]), right.filter(~rows["label_positive"])
    return (float(positive.mean()) + float(negative.mean())) / 2 if len(positive) and len(negative) else None  # type: ignore[arg-type]


def macro_f1(labels: pl.Series, answers: pl.Series) -> float | None:
    """Return the mean F1 over the labels that stand in the truth or in the answers (as scikit-learn does)."""
    every = pl.concat([labels, answers]).drop_nulls().unique().sort().to_list()
    return float(np.mean([f1(labels, answers, label) for label in every])) if every else None


def macro_f1_of_cells(draws: Integers, truths: Sequence[str], answers: Sequence[str]) -> Floats:
    """Return macro-F1 for tables of cells (replicates × cells); `truths` and `answers` say what each cell is."""
    every = sorted({*truths, *answers})
    if not every:
        return np.full(len(draws), np.nan)
    truth = np.array([[value == label for label in every] for value in truths], dtype=np.float64)
    answer = np.array([[value == label for label in every] for value in answers], dtype=np.float64)
    asked = draws @ truth + draws @ answer
    scores = rates_of(2 * (draws @ (truth * answer)), asked)
    present = (asked > 0).sum(axis=-1)
    return rates_of(np.nansum(scores, axis=1), present)


def calibration_error(rows: pl.DataFrame, model: str, tempered: str = "") -> float:
    """Return the expected calibration error: |accuracy − mean confidence| over ten equal bins, weighted by their rows.

    With `tempered` the confidence is that after temperature scaling.
    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, equation 3 (with ten bins of equal width).
    """
    place, confidence = f"{model}_{tempered}bin", f"{model}_{tempered}confidence"
    bins = rows.group_by(place).agg(apart=(pl.col(f"{model}_correct").sum() - pl.col(confidence).sum()).abs())
    return float(bins.sort(place)["apart"].sum()) / len(rows)


def loss_per_token(rows: pl.DataFrame, model: str) -> float | None:
    """Return the loss over all tokens of the wanted answers, in nats."""
    tokens = int(rows[f"{model}_tokens"].sum())
    return float(rows[f"{model}_loss"].sum()) / tokens if tokens else None


def bits_per_byte(rows: pl.DataFrame, model: str) -> float | None:
    """Return the loss in bits over all bytes (UTF-8) of the wanted answers; the end token counts in the loss and has no bytes."""
    size = int(rows[f"{model}_bytes"].sum())
    return float(rows[f"{model}_loss"].sum()) / math.log(2) / size if size else None


def always(measure: Measure, rows: pl.DataFrame) -> pl.Series:
    """Return the answers of a model that always answers the label of a measure."""
    return pl.Series([measure.label], dtype=pl.String).new_from_index(0, len(rows))


def _mean(measure: Measure, rows: pl.DataFrame) -> float:
    return float(np.mean(rows[f"{measure.model}_{measure.metric}"].to_numpy()))


def _auc(measure: Measure, rows: pl.DataFrame) -> float | None:
    positive, scores = rows["label_positive"], rows[f"{measure.model}_score"]
    return delong.auc(scores.filter(positive).to_numpy(), scores.filter(~positive).to_numpy())


SCORES: Mapping[str, Callable[[Measure, pl.DataFrame], float | None]] = {
    "macro_f1": lambda measure, rows: macro_f1(rows["label"], rows[f"{measure.model}_answer"]),
    f"{FEW_SHOT}macro_f1": lambda _measure, rows: macro_f1(rows["label"], rows["base_answer"]),
    FEW_SHOT_LOSS: lambda _measure, rows: float(np.mean(rows["log_loss"].to_numpy())),
    "f1": f1_of,
    "calibration_error": lambda measure, rows: calibration_error(rows, str(measure.model)),
    "tempered_calibration_error": lambda measure, rows: calibration_error(rows, str(measure.model), TEMPERED),
    "loss": lambda measure, rows: loss_per_token(rows, str(measure.model)),
    "seed_loss": lambda _measure, rows: loss_per_token(rows, "tuned"),
    "bits_per_byte": lambda measure, rows: bits_per_byte(rows, str(measure.model)),
    "bleu": lambda measure, rows: bleu_of_rows(rows, str(measure.model)),
    "expected_missed": lambda _measure, rows: 1 - len(rows) / float(rows["stands_for"].sum()),
    **dict.fromkeys(("auc", "bpsn_auc", "bnsp_auc"), _auc),
    **dict.fromkeys(("brier", "log_loss", f"{TEMPERED}brier", f"{TEMPERED}log_loss"), _mean),
    **dict.fromkeys(("written_tokens", "repetition"), _mean),
    "bin_confidence": lambda measure, rows: float(np.mean(rows[f"{measure.model}_confidence"].to_numpy())),
    "temperature": lambda measure, rows: temperature_of(rows, str(measure.model)),
    "majority_macro_f1": lambda measure, rows: macro_f1(rows["label"], always(measure, rows)),
    "balanced_accuracy": lambda measure, rows: balanced_accuracy(rows, str(measure.model)),
    "rouge_l": _mean,
    "chrf": _mean,
    "npmi": npmi_of,
    "log_odds": log_odds_of,
    **probe_values.SCORES,
}
