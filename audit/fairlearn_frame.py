"""What fairlearn says of the same rows: the only file that imports it.

Its MetricFrame runs on the table of distinct cells with their counts as weights: the same values as on rows, at a cost that does
not grow with them. It is asked only where a number is defined: fairlearn, like scikit-learn, answers 0 for a rate over no rows.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from audit.evidence import Evidence
from audit.results import Measure
from audit.selecting import COUNT, select
from curate.groups import group_column

OF_LABELS = ("accuracy", "macro_f1")


def _function(metric: str) -> Callable[..., float]:
    from fairlearn import metrics as fairlearn
    from sklearn import metrics as sklearn

    scikit: dict[str, Callable[..., float]] = {
        "accuracy": sklearn.accuracy_score,
        "precision": partial(sklearn.precision_score, zero_division=0),
        "balanced_accuracy": sklearn.balanced_accuracy_score,
        "f1": partial(sklearn.f1_score, zero_division=0),
        "macro_f1": partial(sklearn.f1_score, average="macro", zero_division=0),
    }
    return scikit[metric] if metric in scikit else getattr(fairlearn, metric)


def frame_of(cells: pl.DataFrame, metrics: Sequence[str]) -> Any:
    """Return fairlearn's MetricFrame over cells `category, truth, answer, rows`."""
    from fairlearn.metrics import MetricFrame

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of numbers that are undefined; those are not asked for
        return MetricFrame(
            metrics={metric: _function(metric) for metric in metrics},
            y_true=cells["truth"].to_numpy(),
            y_pred=cells["answer"].to_numpy(),
            sensitive_features=cells["category"].to_list(),
            sample_params={metric: {"sample_weight": cells[COUNT].to_numpy()} for metric in metrics},
        )


def cells_by_group(evidence: Evidence, metric: str, model: str, attribute: str) -> pl.DataFrame:
    """Return the distinct cells of truth and answer for each group of an attribute; a row counts in every group that it is in."""
    if metric in OF_LABELS:
        truth, answer = pl.col("label"), pl.col(f"{model}_answer")
    else:
        truth, answer = pl.col("label_positive").cast(pl.Int64), pl.col(f"{model}_positive").cast(pl.Int64)
    if metric == "selection_rate":
        truth = answer  # the truth plays no part in it, and may be missing
    equals: dict[str, bool] = {f"{model}_answered": True, **({} if metric == "selection_rate" else {"labelled": True})}
    rows = select(evidence.cells("predictions"), equals)
    cells = rows.select(truth=truth, answer=answer, category=pl.col(group_column(attribute)), **{COUNT: pl.col(COUNT)})
    each = cells.explode("category", empty_as_null=False).group_by("category", "truth", "answer")
    return each.agg(pl.col(COUNT).sum()).sort("category", "truth", "answer")


def check_agreement(measures: Sequence[Measure], evidence: Evidence, model: str, attribute: str) -> None:
    """Assert that every group's number that is defined is what fairlearn (or through it scikit-learn) says of the same cells."""
    mine = [
        m for m in measures if m.group is not None and m.compare is None and m.label is None and m.value is not None
    ]
    by_rows: dict[tuple[bool, bool], list[str]] = {}
    for metric in dict.fromkeys(m.metric for m in mine):
        by_rows.setdefault((metric in OF_LABELS, metric == "selection_rate"), []).append(metric)
    for metrics in by_rows.values():
        cells = cells_by_group(evidence, metrics[0], model, attribute)
        by_group = frame_of(cells, metrics).by_group
        _check([m for m in mine if m.metric in metrics], by_group)


def _check(measures: Sequence[Measure], by_group: Mapping[str, Any]) -> None:
    for measure in measures:
        theirs = float(by_group[measure.metric][measure.group])
        assert measure.value is not None
        assert math.isclose(measure.value, theirs, rel_tol=1e-9, abs_tol=1e-12), (
            f"{measure.id}: fairlearn says {theirs}, the counts {measure.value}"
        )
