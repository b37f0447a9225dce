"""Numbers of a model that are a quotient of sums over rows: loss, calibration error, and means of a number that each row has.

By group all rows are resampled at once, so that groups that share rows share their draws and every group's size varies too.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from audit import resampling
from audit.bleu import COUNTS, bleu_of_sums
from audit.certainty import BINS, TEMPERED
from audit.evidence import Evidence
from audit.part_gaps import Called, Levels, Of, bare_level, part_gaps
from audit.rates import Chance
from audit.resampling import Draws, Floats
from audit.results import Interval, Measure, Model, Selection
from audit.selecting import Equals, Patterns, holds
from audit.slugs import slugs
from curate.groups import group_column

TITLES = {
    "calibration_error": "Calibration error",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "tempered_calibration_error": "Calibration error after temperature",
    "tempered_brier": "Brier score after temperature",
    "tempered_log_loss": "Log loss after temperature",
    "loss": "Loss per token",
    "bits_per_byte": "Bits per byte",
    "exact_match": "Exact match",
    "bleu": "BLEU",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
    "ended": "Written texts that end by themselves",
    "written_tokens": "Tokens written",
    "repetition": "Repetition in written texts",
    "written_unparsed": "Written answers not understood",
    "written_accuracy": "Written answers that are right",
}
OF_LABELS = ("calibration_error", "brier", "log_loss")
OF_LOSS = ("loss", "bits_per_byte")
_RAISED = "differences in the bins do not cancel, so a small sample raises it, and so does resampling"
_FIXED = "the temperature is taken as it was fitted"
NOTES = {
    "calibration_error": _RAISED,
    "tempered_calibration_error": f"{_RAISED}; {_FIXED}",
    "tempered_brier": _FIXED,
    "tempered_log_loss": _FIXED,
}
BY_GROUP = (
    f"bootstrap of all rows; sums of {resampling.MANY:,} rows or more of the same groups drawn from their normal limit"
)
EMPTY = "there are no rows for it"
NOTHING = {
    "repetition": "no text that was written has four words",
    **dict.fromkeys(OF_LOSS, "no row for it has a token that was scored"),
}
"""Why a number is undefined, where it is not that there are no rows."""


@dataclass(frozen=True)
class Quotient:
    """Columns of numbers (rows × columns), zero where a row does not count, and the value of their sums (replicates × columns)."""

    columns: Floats
    value: Callable[[Floats], Floats]


def counted_rows(metric: str, model: Model) -> dict[str, str | bool | int]:
    """Return the equalities of the rows that count."""
    if metric.removeprefix(TEMPERED) in OF_LABELS:
        return {"labelled": True, f"{model}_answered": True, f"{model}_certain": True}
    if metric in OF_LOSS:
        return {f"{model}_scored": True}
    more = {"repetition": {f"{model}_repeatable": True}, "written_accuracy": {"labelled": True}}
    return {f"{model}_wrote": True, **more.get(metric, {})}


def hits_of(metric: str, model: Model) -> dict[str, str | bool | int]:
    """Return the equality of the rows that are hits, for those metrics that are shares of rows; nothing for the others."""
    hits: dict[str, dict[str, str | bool | int]] = {
        "exact_match": {f"{model}_exact": True},
        "ended": {f"{model}_ended": True},
        "written_unparsed": {f"{model}_wrote_label": False},
        "written_accuracy": {f"{model}_wrote_correct": True},
    }
    return hits.get(metric, {})


def quotient(table: pl.DataFrame, metric: str, model: Model) -> Quotient:
    """Return a metric of a table of predictions as a quotient of sums."""
    equals = counted_rows(metric, model)
    counts = _numbers(table, holds(table, equals), equals)
    if metric.endswith("calibration_error"):
        prefix = f"{model}_{metric.removesuffix('calibration_error')}"
        return Quotient(_bin_columns(table, model, prefix, counts), _error_of_bins)
    if metric == "bleu":
        return Quotient(_bleu_columns(table, model), bleu_of_sums)
    hits = hits_of(metric, model)
    top = holds(table, hits) if hits else pl.col(f"{model}_{'loss' if metric in OF_LOSS else metric}")
    under = {"loss": pl.col(f"{model}_tokens"), "bits_per_byte": pl.col(f"{model}_bytes") * math.log(2)}
    bottom = _numbers(table, under[metric], equals) if metric in under else counts
    return Quotient(np.column_stack([_numbers(table, top, equals), bottom]), _quotient)


def _numbers(table: pl.DataFrame, column: pl.Expr, equals: Equals) -> Floats:
    number = pl.when(holds(table, equals)).then(column.cast(pl.Float64)).otherwise(0.0).alias("number")
    return table.select(number)["number"].to_numpy()


def _bleu_columns(table: pl.DataFrame, model: Model) -> Floats:
    columns = np.zeros((len(table), COUNTS))
    wrote = table[f"{model}_wrote"].fill_null(value=False).to_numpy()
    if wrote.any():
        columns[wrote] = table[f"{model}_bleu"].filter(wrote).to_numpy()
    return columns


def _bin_columns(table: pl.DataFrame, model: Model, prefix: str, counts: Floats) -> Floats:
    """Return a column for each bin with how far accuracy and confidence are apart there, and one with the counts."""
    equals = counted_rows("calibration_error", model)
    apart = _numbers(table, pl.col(f"{model}_correct").cast(pl.Float64) - pl.col(f"{prefix}confidence"), equals)
    columns = np.zeros((len(table), BINS + 1))
    columns[np.arange(len(table)), table[f"{prefix}bin"].fill_null(0).to_numpy()] = apart
    columns[:, BINS] = counts
    return columns


def _error_of_bins(sums: Floats) -> Floats:
    return resampling.rates_of(np.abs(sums[:, :BINS]).sum(axis=1), sums[:, BINS])


def _quotient(sums: Floats) -> Floats:
    return resampling.rates_of(sums[:, 0], sums[:, 1])


def quotient_measures(
    evidence: Evidence, metric: str, model: Model, attributes: Sequence[str], chance: Chance
) -> list[Measure]:
    """Return one model's number over all rows, for every group of every attribute, and the gaps between groups."""
    table = evidence.tables["predictions"]
    made = quotient(table, metric, model)
    whole = _bare(evidence, metric, model)
    counted = table.select(holds(table, counted_rows(metric, model))).to_series().to_numpy()
    kept = made.columns if counted.all() else made.columns[counted]
    interval = resampling.bootstrap_rows(kept, made.value, chance.draws(whole.id))
    whole = _valued(whole, made.value(kept.sum(axis=0)[None, :]), interval)
    measures = [whole]
    for attribute in attributes:
        patterns = evidence.patterns("predictions", attribute)
        sums = sums_by_group(patterns, made.columns, chance.draws(f"{metric} {attribute}"))
        measures += _by_group(evidence, whole, attribute, made, sums, chance=chance)
    return measures


def _called(metric: str, model: Model) -> Called:
    return Called(TITLES[metric], metric, model)


def _bare(evidence: Evidence, metric: str, model: Model, of: Of | None = None) -> Measure:
    attribute, group, _word = of or (None, None, None)
    members = {group_column(attribute): group} if attribute is not None and group is not None else {}
    selection = Selection(table="predictions", equals={**counted_rows(metric, model), **members})
    bare = bare_level(evidence, _called(metric, model), selection, of)
    return bare.model_copy(update={"note": NOTES.get(metric, "")})


def _valued(bare: Measure, value: Floats, interval: Interval | None) -> Measure:
    """Give a measure its value, which is one number or nan, with its interval or why it has none."""
    number = float(value[0])
    if np.isnan(number):
        return bare.model_copy(update={"undefined": NOTHING.get(bare.metric, EMPTY)})
    return with_interval(bare, number, interval)


def with_interval(measure: Measure, value: float, interval: Interval | None) -> Measure:
    """Give a measure its value and its interval, or say why it has none."""
    note = measure.note if interval is not None else resampling.NO_SPREAD
    return measure.model_copy(update={"value": value, "interval": interval, "note": note})


def _by_group(
    evidence: Evidence, whole: Measure, attribute: str, made: Quotient, sums: "GroupSums", *, chance: Chance
) -> list[Measure]:
    metric, model = whole.metric, whole.model
    assert model is not None

    def interval_at(measure: Measure, confidence: float) -> Interval | None:
        method = chance.says(BY_GROUP)
        return resampling.percentile(made.value(sums.drawn[measure.group]), confidence, method)

    each = []
    for group, word in slugs(evidence.groups("predictions", attribute)).items():
        bare = _bare(evidence, metric, model, (attribute, group, word))
        each.append(_valued(bare, made.value(sums.observed[group][None, :]), interval_at(bare, chance.confidence)))
    return [*each, *part_gaps(evidence, Levels(_called(metric, model), attribute, whole, each, interval_at), chance)]


class GroupSums(NamedTuple):
    """Sums of row columns for every group, and for None of all rows: observed (columns), and resampled (replicates × columns)."""

    observed: dict[str | None, Floats]
    drawn: dict[str | None, Floats]


def sums_by_group(patterns: Patterns, columns: Floats, draws: Draws) -> GroupSums:
    """Return for every group the sums of row columns, observed and resampled; groups that share rows share their draws."""
    names: list[str | None] = [None, *dict.fromkeys(group for groups, _places in patterns for group in groups)]
    members = np.array(
        [[name is None or name in groups for name in names] for groups, _places in patterns], dtype=float
    )
    places = [rows.astype(np.int64) for _groups, rows in patterns]
    observed = np.stack([columns[rows].sum(axis=0) for rows in places], axis=1) @ members
    drawn = resampling.resampled_groups(columns, places, members, draws)
    return GroupSums(
        {name: observed[:, place] for place, name in enumerate(names)},
        {name: drawn[:, :, place] for place, name in enumerate(names)},
    )
