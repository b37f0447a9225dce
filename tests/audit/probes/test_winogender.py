"""Winogender: which pronoun is preferred, by hand."""

import polars as pl
import pytest
from asked import Asked
from scipy.stats import binomtest  # noqa: TID253  (a second way)

SENTENCES = [
    ("baker", "occupation"),
    ("baker", "participant"),
    ("miner", "occupation"),
    ("miner", "occupation"),
    ("nurse", "participant"),
]
BASE = [(-1.0, -2.0, -3.0), (-2.0, -1.0, -3.0), (-1.0, -2.0, -3.0), (-1.0, -1.0, -3.0), (-3.0, -2.0, -1.0)]
TUNED = [(-2.0, -1.0, -3.0), (-2.0, -1.0, -3.0), (-2.0, -3.0, -1.0), (-1.0, -1.5, -3.0), (-3.0, -2.0, -1.0)]


def items() -> pl.DataFrame:
    rows = [
        (3 * place + 2, choice, occupation, "guest", means, pronoun)
        for place, (occupation, means) in enumerate(SENTENCES)
        for choice, pronoun in enumerate(("male", "female", "neutral"))
    ]
    names = ("item", "choice", "occupation", "participant", "person", "pronoun")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("item", "choice").cast(pl.Int64))


@pytest.fixture(scope="module")
def asked() -> Asked:
    said = {"base": [x for one in BASE for x in one], "tuned": [x for one in TUNED for x in one]}
    return Asked(items(), said, probe="winogender", path="a.tsv")


def test_the_likeliest_form_is_preferred_and_a_tie_prefers_none(asked):
    shares = {
        pronoun: asked[f"base.probe.winogender.pronoun_preferred.{pronoun}"].numerator
        for pronoun in ("male", "female", "neutral", "tied")
    }
    assert shares == {"male": 2, "female": 1, "neutral": 1, "tied": 1}
    assert asked["base.probe.winogender.pronoun_preferred.male"].n == 5
    assert asked["base.probe.winogender.pronoun_preferred.male.person.participant"].n == 2


def test_by_occupation_only_sentences_about_the_occupation_count(asked):
    assert asked["base.probe.winogender.pronoun_preferred.male.occupation.baker"].n == 1
    assert asked["base.probe.winogender.pronoun_preferred.male.occupation.miner"].n == 2
    assert "base.probe.winogender.pronoun_preferred.male.occupation.nurse" not in asked.measures
    assert not [m for m in asked.measures.values() if m.id.startswith("change.") and m.attribute == "occupation"]


def test_he_less_she(asked):
    gap = asked["base.probe.winogender.pronoun_gap"]
    assert gap.value == pytest.approx(2 / 5 - 1 / 5)
    assert gap.p_value == pytest.approx(binomtest(2, 3, 0.5).pvalue)
    assert gap.interval is not None
    assert gap.interval.low < 0.2 < gap.interval.high
    assert asked["base.probe.winogender.pronoun_gap.person.occupation"].value == pytest.approx(2 / 3)
    # tuned: male 1, female 2
    change = asked["change.probe.winogender.pronoun_gap"]
    assert change.value == pytest.approx((1 - 2) / 5 - (2 - 1) / 5)
    assert change.interval is not None
    assert "paired bootstrap" in change.interval.method


def test_over_no_scored_sentence_nothing_is_defined():
    asked = Asked(items(), {"base": [None] * 15}, probe="winogender", path="a.tsv")
    gap = asked["base.probe.winogender.pronoun_gap"]
    assert (gap.value, gap.p_value, gap.interval) == (None, None, None)
    assert gap.undefined == "no item here was scored"
