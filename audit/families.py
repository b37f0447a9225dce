"""Many tests at once: Holm's correction over a family of measures, with the family's size in words."""

from collections.abc import Sequence

import numpy as np

from audit.resampling import Floats
from audit.results import Measure


def holm_apart(measures: Sequence[Measure], family: str) -> list[Measure]:
    """Return the measures with gaps over whole attributes corrected as one family, and single groups as another."""
    gaps = iter(holm([measure for measure in measures if measure.group is None], f"the gaps of {family}"))
    groups = iter(holm([measure for measure in measures if measure.group is not None], f"the groups of {family}"))
    return [next(gaps if measure.group is None else groups) for measure in measures]


def holm(measures: Sequence[Measure], family: str) -> list[Measure]:
    """Return the measures with `p_adjusted` over all of them that have a p-value, and the family named in `test`.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70, as statsmodels computes it.
    """
    from statsmodels.stats.multitest import multipletests

    tested = [place for place, measure in enumerate(measures) if measure.p_value is not None]
    found = list(measures)
    if not tested:
        return found
    adjusted = multipletests([measures[place].p_value for place in tested], method="holm")[1]
    for place, value in zip(tested, adjusted, strict=True):
        measure = measures[place]
        test = f"{measure.test}; Holm over {family} ({len(tested)} {'test' if len(tested) == 1 else 'tests'})"
        found[place] = measure.model_copy(update={"p_adjusted": float(value), "test": test})
    return found


def holm_of(p_values: Floats, tests: int) -> Floats:
    """Return p-values after Holm's correction over a family of `tests`; those that are not given are taken to be 1."""
    from statsmodels.stats.multitest import multipletests

    if len(p_values) == 0:
        return p_values
    whole = np.concatenate([p_values, np.ones(tests - len(p_values))])
    return np.asarray(multipletests(whole, method="holm")[1][: len(p_values)], dtype=np.float64)
