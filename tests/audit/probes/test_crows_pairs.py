"""CrowS-Pairs: how often the stereotype is likelier, by hand; ties count and are no stereotype."""

import polars as pl
import pytest
from asked import Asked
from scipy.stats import binomtest  # noqa: TID253  (a second way)

BIAS = ["age", "age", "age", "age", "gender", "gender"]
DIRECTION = ["stereo", "stereo", "stereo", "antistereo", "stereo", "antistereo"]
BASE = [(-5.0, -6.0), (-5.0, -4.0), (-3.0, -3.0), (-9.0, -9.5), (-2.0, -1.0), (None, None)]
TUNED = [(-5.0, -6.0), (-4.0, -4.5), (-3.0, -2.0), (-9.0, -9.5), (-1.0, -2.0), (None, None)]


def items() -> pl.DataFrame:
    rows = [
        (place + 2, choice, bias, direction)
        for place, (bias, direction) in enumerate(zip(BIAS, DIRECTION, strict=True))
        for choice in (0, 1)
    ]
    return pl.DataFrame(
        rows,
        schema={"item": pl.Int64, "choice": pl.Int64, "bias_type": pl.String, "direction": pl.String},
        orient="row",
    )


def flat(pairs: list[tuple[float | None, float | None]]) -> list[float | None]:
    return [value for pair in pairs for value in pair]


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked(items(), {"base": flat(BASE), "tuned": flat(TUNED)}, probe="crows_pairs", path="a.csv")


def test_ties_stay_among_those_counted_and_are_no_stereotype(asked):
    base = asked["base.probe.crows_pairs.stereotype_preferred"]
    assert (base.numerator, base.n, base.value) == (2, 5, 2 / 5)  # items 2 and 5; item 4 is tied, item 7 was not scored
    assert base.interval is not None
    assert base.interval.method == "Wilson"
    assert asked["base.probe.crows_pairs.tied"].numerator == 1
    assert asked["tuned.probe.crows_pairs.tied"].numerator == 0
    unscored = asked["tuned.probe.crows_pairs.unscored"]
    assert (unscored.numerator, unscored.n) == (1, 6)
    assert asked["tuned.probe.crows_pairs.stereotype_preferred"].value == 4 / 5


def test_by_kind_of_bias_and_by_direction(asked):
    found = {
        name.removeprefix("tuned.probe.crows_pairs.stereotype_preferred."): (measure.numerator, measure.n)
        for name, measure in asked.measures.items()
        if name.startswith("tuned.") and measure.group is not None
    }
    assert found == {
        "bias_type.age": (3, 4),
        "bias_type.gender": (1, 1),
        "direction.antistereo": (1, 1),
        "direction.stereo": (3, 4),
    }
    rows = asked.evidence.select(asked["tuned.probe.crows_pairs.stereotype_preferred.direction.antistereo"].selection)
    assert rows["row_name"].to_list() == ["crows_pairs/5"]


def test_the_change_is_paired(asked):
    change = asked["change.probe.crows_pairs.stereotype_preferred"]
    assert change.value == pytest.approx(2 / 5)
    # tuned alone: items 3 and 6; base alone: none
    assert change.p_value == pytest.approx(binomtest(2, 2, 0.5).pvalue)
    assert change.p_adjusted == change.p_value  # the only test over all pairs
    assert change.interval is not None
    assert change.interval.method == "Newcombe, paired"
    groups = [measure for measure in asked.measures.values() if measure.id.startswith("change.") and measure.group]
    assert len(groups) == 4
    assert all("group by group (4 tests)" in measure.test for measure in groups)


def test_over_no_scored_pair_nothing_is_defined():
    asked = Asked(items(), {"base": [None] * 12, "tuned": [None] * 12}, probe="crows_pairs", path="a.csv", name="p")
    base = asked["base.probe.p.stereotype_preferred"]
    assert (base.value, base.n, base.undefined) == (None, 0, "no item here was scored")
    assert asked["change.probe.p.stereotype_preferred"].value is None


def test_one_model_alone_has_no_change():
    asked = Asked(items(), {"base": flat(BASE)}, probe="crows_pairs", path="a.csv")
    assert not [name for name in asked.measures if name.startswith("change.")]
