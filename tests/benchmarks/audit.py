"""Group metrics with bootstrap intervals: ours on tables of cells against fairlearn's MetricFrame(n_boot=…), on the same rows in one run.

    python tests/benchmarks/audit.py --rows 100000 --replicates 1000 --peer-replicates 10
    python tests/benchmarks/audit.py --rows 2000 --replicates 10000 --peer-replicates 1000     (intervals compared)
    python tests/benchmarks/audit.py --rows 1000000 --replicates 10000 --peer-replicates 0 --whole    (1 million rows)

The peer's time is of so few replicates that it ends; the ratio is of the time a replicate of each. Intervals are compared in units
of their Monte Carlo error: the standard error of a percentile of so few replicates, by the normal approximation.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

sys.path.remove(str(Path(__file__).parent))  # this file is called like the package that it measures

from audit.attributes import attributes
from audit.calibration import certainty_measures
from audit.cells import Number, cells_of
from audit.classification import classification_measures
from audit.evidence import Evidence
from audit.fairness import fairness_measures
from audit.prediction_table import prediction_table
from audit.rates import Chance
from audit.run import _asked
from curate.recipe import Recipe

METRICS = (
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "precision",
    "balanced_accuracy",
    "f1",
)
SEXES, RACES = ("female", "male"), ("a", "b", "c", "d", "e", "f")
TAIL = 0.025


def rows_of(count: int, seed: int) -> pl.DataFrame:
    """Rows with two attributes, a truth, a prediction that errs more often for some groups, and its score."""
    random = np.random.default_rng(seed)
    sex, race = random.choice(2, count, p=[0.45, 0.55]), random.choice(6, count, p=[0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
    truth = random.random(count) < 0.2 + 0.03 * race
    wrong = random.random(count) < 0.1 + 0.02 * race + 0.05 * sex
    score = np.clip(0.5 + 0.35 * np.where(truth ^ wrong, 1, -1) + random.normal(0, 0.1, count), 0, 1)
    return pl.DataFrame(
        {
            "row": np.arange(count, dtype=np.int64),
            "row_name": pl.Series("row", np.arange(count)).cast(pl.String),
            "label": pl.Series(np.where(truth, "1", "0")),
            "answer": pl.Series(np.where(truth ^ wrong, "1", "0")),
            "score": score,
            "group_sex": pl.Series(np.array(SEXES)[sex]).reshape((-1, 1)).arr.to_list(),
            "group_race": pl.Series(np.array(RACES)[race]).reshape((-1, 1)).arr.to_list(),
        }
    )


def recipe_of(replicates: int) -> Recipe:
    """The recipe of such a table, its two attributes crossed."""
    return Recipe.model_validate(
        {
            "version": 1,
            "name": "benchmark",
            "sources": [{"path": "table.parquet"}],
            "task": {
                "kind": "classification",
                "label": "label",
                "prediction": "answer",
                "score": "score",
                "positive": ["1"],
            },
            "groups": {"sex": {"column": "sex"}, "race": {"column": "race"}},
            "audit": {"crossings": [["sex", "race"]], "replicates": replicates},
        }
    )


def evidence_of(rows: pl.DataFrame, recipe: Recipe) -> Evidence:
    """The table of predictions, as an audit has it."""
    return Evidence(
        {"predictions": prediction_table(rows, {"given": rows.select("row", "answer", "score")}, recipe)}, ()
    )


def ours(rows: pl.DataFrame, replicates: int) -> tuple[float, dict[str, tuple[float, float, float]]]:
    """Return seconds, and for every metric and group (and its gap) the value and the ends of its percentile interval."""
    started = time.perf_counter()
    recipe, chance = recipe_of(replicates), Chance(0.95, replicates, 7, 1)
    cells = cells_of(evidence_of(rows, recipe), ["given"], "race")
    found = {}
    for metric in METRICS:
        number = Number(metric, "given")
        values, drawn = (cells.values(tables, number, RACES) for tables in (cells.observed(), cells.resampled(chance)))
        gaps = [
            cells.gap(tables, number, "difference", RACES) for tables in (cells.observed(), cells.resampled(chance))
        ]
        for place, race in enumerate(RACES):
            found[f"{metric} {race}"] = (float(values[0, place]), *ends(drawn[:, place]))
        found[f"{metric} difference"] = (float(gaps[0][0]), *ends(gaps[1]))
    return time.perf_counter() - started, found


def ends(values: np.ndarray) -> tuple[float, float]:
    """The ends of a 95 % percentile interval."""
    low, high = np.nanquantile(values, [TAIL, 1 - TAIL])
    return float(low), float(high)


def peers(rows: pl.DataFrame, replicates: int) -> tuple[float, dict[str, tuple[float, float, float]]]:
    """Return the same of fairlearn's MetricFrame."""
    import fairlearn.metrics
    import sklearn.metrics

    functions = {
        metric: getattr(fairlearn.metrics, metric, None) or getattr(sklearn.metrics, f"{metric}_score", None)
        for metric in METRICS
    }
    functions["precision"] = partial(sklearn.metrics.precision_score, zero_division=0)
    truth, answers = ((rows[column] == "1").cast(pl.Int64).to_numpy() for column in ("label", "answer"))
    started = time.perf_counter()
    frame = fairlearn.metrics.MetricFrame(
        metrics=functions,
        y_true=truth,
        y_pred=answers,
        sensitive_features=rows["group_race"].list.first().to_numpy(),
        n_boot=replicates,
        ci_quantiles=[TAIL, 1 - TAIL],
        random_state=7,
    )
    low, high = frame.by_group_ci
    low_gap, high_gap = frame.difference_ci(method="between_groups")
    seconds = time.perf_counter() - started
    gaps = frame.difference(method="between_groups")
    found = {}
    for metric in METRICS:
        for race in RACES:
            found[f"{metric} {race}"] = tuple(float(each[metric][race]) for each in (frame.by_group, low, high))
        found[f"{metric} difference"] = tuple(float(each[metric]) for each in (gaps, low_gap, high_gap))
    return seconds, found


def monte_carlo_error(low: float, high: float, replicates: int) -> float:
    """The standard error of a 2.5 % percentile of normal values whose 95 % interval is that wide."""
    deviation = (high - low) / (2 * 1.959964)
    density = np.exp(-(1.959964**2) / 2) / np.sqrt(2 * np.pi)
    return deviation * np.sqrt(TAIL * (1 - TAIL) / replicates) / density


def compare(own: dict[str, tuple], peer: dict[str, tuple], replicates: tuple[int, int]) -> None:
    """Print how far values and ends lie apart."""
    apart = max(abs(own[name][0] - peer[name][0]) for name in own)
    print(f"point values: {len(own)} numbers, largest difference {apart:.1e}")
    off = []
    for name, (_value, low, high) in own.items():
        error = np.hypot(*(monte_carlo_error(low, high, made) for made in replicates))
        off += [
            abs(mine - theirs) / error for mine, theirs in zip((low, high), peer[name][1:], strict=True) if error > 0
        ]
    shares = ", ".join(f"{np.mean(np.array(off) <= width):.0%} within {width}" for width in (1, 2, 3))
    print(f"interval ends: {len(off)}, {shares} Monte Carlo errors (normal: 68 %, 95 %, 99.7 %)")


def whole(rows: pl.DataFrame, replicates: int) -> None:
    """Time every measure of the predictions: all metrics, all groups, the crossing, gaps, scores."""
    recipe, chance = recipe_of(replicates), Chance(0.95, replicates, 7, 20)
    started = time.perf_counter()
    evidence, asked = evidence_of(rows, recipe), _asked(recipe)
    evidence.cells("predictions")
    print(
        f"table of evidence and its {evidence.cells('predictions').height:,} cells: {time.perf_counter() - started:.2f} s"
    )
    for name, work in (
        ("over all rows", classification_measures),
        (f"rates, scores, gaps by group of {', '.join(attributes(recipe))}", fairness_measures),
        ("calibration, log loss and AUC (rank-based) by group", certainty_measures),
    ):
        begun = time.perf_counter()
        found = work(evidence, recipe, "given", asked, chance)
        print(f"{name}: {len(found):,} measures, {time.perf_counter() - begun:.2f} s")
    print(f"in all, {replicates:,} replicates: {time.perf_counter() - started:.2f} s")


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--peer-replicates", type=int, default=10, help="0: without the peer")
    parser.add_argument("--whole", action="store_true", help="time all measures of an audit of predictions too")
    given = parser.parse_args()
    rows = rows_of(given.rows, 7)
    ours(rows.head(1000), 100)  # what is imported and compiled once
    seconds, own = ours(rows, given.replicates)
    print(f"{given.rows:,} rows, {len(METRICS)} metrics, {len(RACES)} groups and the gap")
    print(
        f"ours: {given.replicates:,} replicates in {seconds:.2f} s, of them {1000 * seconds / given.replicates:.3f} ms each"
    )
    if given.peer_replicates:
        taken, peer = peers(rows, given.peer_replicates)
        print(
            f"MetricFrame: {given.peer_replicates:,} replicates in {taken:.1f} s, {1000 * taken / given.peer_replicates:.0f} ms each"
        )
        print(f"ratio of the time a replicate: {taken / given.peer_replicates / (seconds / given.replicates):,.0f}")
        compare(own, peer, (given.replicates, given.peer_replicates))
    if given.whole:
        whole(rows, given.replicates)


if __name__ == "__main__":
    main()
