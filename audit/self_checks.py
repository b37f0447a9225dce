"""The instrument held against what is known: published tables and worked examples, computed with the audit's own functions.

They are computed in every audit, so that a report shows what its numbers were made with: another version of a library, a broken
machine or a mistake of ours would show here.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from audit import delong, gap_intervals, intervals, metrics, resampling
from audit.evidence import Evidence
from audit.families import holm
from audit.gaps import gap_measures
from audit.intervals import Count
from audit.model_rates import model_rate
from audit.one_person_more import exchanged
from audit.rates import Chance, count_groups
from audit.resampling import Floats
from audit.results import Interval, Measure, SelfCheck
from audit.slugs import slugs

PROPUBLICA = "ProPublica 2016, How We Analyzed the COMPAS Recidivism Algorithm"
COMPAS = {
    ("African-American", True, True): 1369,
    ("African-American", True, False): 532,
    ("African-American", False, True): 805,
    ("African-American", False, False): 990,
    ("Caucasian", True, True): 505,
    ("Caucasian", True, False): 461,
    ("Caucasian", False, True): 349,
    ("Caucasian", False, False): 1139,
}
"""Defendants by race, whether they were charged again within two years, and whether the tool called them medium or high risk."""
COMPAS_RATES = {
    ("false_positive_rate", "African-American"): 0.4485,
    ("false_positive_rate", "Caucasian"): 0.2345,
    ("false_negative_rate", "African-American"): 0.2799,
    ("false_negative_rate", "Caucasian"): 0.4772,
}
FAIRLEARN = "fairlearn, documentation of MetricFrame"
KINDS = ("difference", "ratio", "lowest", "highest")
DOCUMENTED = {"accuracy": (0.2, 0.75, 0.6, 0.8), "selection_rate": (0.4, 0.5, 0.4, 0.8)}
WILSON = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}
"""Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3."""
NEWCOMBE = {
    ((56, 70), (48, 80)): (0.0524, 0.3339),
    ((9, 10), (3, 10)): (0.1705, 0.8090),
    ((5, 56), (0, 29)): (-0.0381, 0.1926),
}
"""Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10."""
DIGITS = 4


def self_checks() -> tuple[SelfCheck, ...]:
    """Compute every check."""
    return (*_compas(), *_fairlearn(), *_intervals(), *_tests(), *_impact_ratio(), _auc())


def _check(
    name: str, source: str, expected: Sequence[float], found: Sequence[float | None], digits: int = DIGITS
) -> SelfCheck:
    """Compare numbers as they are printed in the source, to so many digits after the point."""
    rounded = tuple(None if number is None else round(number, digits) + 0.0 for number in found)
    agrees = rounded == tuple(expected)
    return SelfCheck(name=name, source=source, expected=tuple(expected), found=rounded, agrees=agrees)


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def compas() -> Evidence:
    """Return the published table as the audit's own table of predictions, one line a defendant."""
    answered = {"labelled": True, "given_answered": True}
    rows = [
        {"group_race": [race], "label_positive": truth, "given_positive": told, "times": times, **answered}
        for (race, truth, told), times in COMPAS.items()
    ]
    table = pl.DataFrame(rows)
    return Evidence({"predictions": table.select(pl.exclude("times").repeat_by("times").explode())}, ())


def _compas() -> Iterator[SelfCheck]:
    evidence = compas()
    for (metric, race), expected in COMPAS_RATES.items():
        count = count_groups(evidence, model_rate(metric, "given"), "race").counts[race]
        yield _check(f"COMPAS, {metric.replace('_', ' ')}, {race}", PROPUBLICA, [expected], [count.rate])


def _fairlearn() -> Iterator[SelfCheck]:
    """Yield the documented example: ten rows, and for each metric difference, ratio, lowest and highest of the groups."""
    truth, told = [1, 1, 1, 1, 1, 0, 0, 1, 1, 0], [0, 1, 1, 1, 1, 0, 0, 0, 1, 1]
    table = pl.DataFrame({"label_positive": truth, "given_positive": told}).select(
        pl.all().cast(pl.Boolean),
        given_correct=pl.col("label_positive") == pl.col("given_positive"),
        group_sex=pl.Series([["Female"]] * 5 + [["Male"]] * 5),
        labelled=pl.lit(value=True),
        given_answered=pl.lit(value=True),
    )
    evidence, chance = Evidence({"predictions": table}, ()), Chance(0.95, 100, 0, 1)
    for metric, expected in DOCUMENTED.items():
        rate = model_rate(metric, "given")
        groups = count_groups(evidence, rate, "sex")
        gaps = {
            gap.compare: gap.value for gap in gap_measures(rate, groups, slugs(tuple(groups.counts)), chance, KINDS)
        }
        name = f"{metric.replace('_', ' ').capitalize()} of ten rows: {', '.join(KINDS)}"
        yield _check(name, FAIRLEARN, expected, [gaps[kind] for kind in KINDS])


def _intervals() -> Iterator[SelfCheck]:
    source = "Newcombe 1998, Statistics in Medicine 17:857-872, table I"
    for (hits, n), expected in WILSON.items():
        yield _check(
            f"Wilson interval of {hits} of {n}", source, expected, _ends(intervals.wilson(Count(hits, n), 0.95))
        )
    source = "Newcombe 1998, Statistics in Medicine 17:873-890, table II"
    for (one, other), expected in NEWCOMBE.items():
        found = _ends(intervals.newcombe(Count(*one), Count(*other), 0.95))
        yield _check(f"Newcombe interval of {one[0]}/{one[1]} − {other[0]}/{other[1]}", source, expected, found)


def _tests() -> Iterator[SelfCheck]:
    tea = resampling.fisher_p(3, 4, 1, 4)
    yield _check(
        "Fisher's exact test of the lady tasting tea, 3 of 4 and 1 of 4", "34/70, by counting tables", [0.4857], [tea]
    )
    yield _check("Exact McNemar test, 4 against 11", "3882/32768, by counting", [0.1185], [resampling.mcnemar_p(4, 11)])
    bare = [Measure(id=str(p), title="", metric="", p_value=p) for p in (0.01, 0.04, 0.03, 0.005)]
    adjusted = [measure.p_adjusted for measure in holm(bare, "four tests")]
    yield _check("Holm over 0.01, 0.04, 0.03, 0.005", "Holm 1979, by hand", [0.03, 0.06, 0.06, 0.02], adjusted)


def _impact_ratio() -> Iterator[SelfCheck]:
    counts = [Count(48, 80), Count(12, 40)]
    ratio = metrics.gap("ratio", [count.rate for count in counts])
    yield _check(
        "Impact ratio of 12 of 40 to 48 of 80", "NYC Local Law 144, definition; by hand: 0.30 / 0.60", [0.5], [ratio]
    )
    found = gap_intervals.gap_ratio(counts, 0.95)
    katz = intervals.katz(counts[1], counts[0], 0.95)
    both = [end for interval in (found, katz) for end in _ends(interval)]
    yield _check(
        "Its interval (Katz), as a gap and as a ratio",
        "by hand: exp(ln 0.5 ± 1.96 · 0.2582)",
        [0.3014, 0.8294] * 2,
        both,
    )
    before = [Count(3, 20), Count(16, 80)]
    group, highest = exchanged(before)
    yield _check(
        "One person more: 3 of 20 against 16 of 80, the ratio and both rates after it",
        "Uniform Guidelines, questions and answers, 44 FR 11996, question 21 (it cuts 18.75 % to 18.7)",
        [0.75, 0.2, 0.1875],
        [metrics.gap("ratio", [count.rate for count in before]), group.rate, highest.rate],
    )


def _auc() -> SelfCheck:
    found = delong.auc(_floats(0.35, 0.8), _floats(0.1, 0.4))
    return _check("AUC of 0.35, 0.8 against 0.1, 0.4", "scikit-learn, documentation of roc_auc_score", [0.75], [found])


def _floats(*values: float) -> Floats:
    return pl.Series(values, dtype=pl.Float64).to_numpy()
