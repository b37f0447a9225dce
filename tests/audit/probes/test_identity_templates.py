"""Identity templates: AUCs against scikit-learn's on masked rows, flips and false positives by hand, sentences drawn whole."""

import math
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from asked import Asked
from sklearn.metrics import roc_auc_score  # noqa: TID253  (a second way)

TERMS = ("gay", "old", "tall")
SENTENCES = [("Being … is great", False), ("Being … is bad", True), ("hug …", False), ("kill …", True)]
LABELS = ("0", "1", "2")


def items() -> pl.DataFrame:
    rows = [
        (2 + 3 * place + offset, choice, sentence, term, toxic, 2 + 3 * place, label)
        for place, (sentence, toxic) in enumerate(SENTENCES)
        for offset, term in enumerate(TERMS)
        for choice, label in enumerate(LABELS)
    ]
    names = ("item", "choice", "sentence", "term", "toxic", "sentence_item", "label")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("item", "choice", "sentence_item").cast(pl.Int64)
    )


def drawn(seed: int) -> list[float]:
    """Likelihoods of three labels for each of twelve filled sentences."""
    return np.random.default_rng(seed).normal(size=36).round(2).tolist()


BASE, TUNED = drawn(1), drawn(2)
SAID = {"base": BASE, "tuned": TUNED}


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked(items(), SAID, probe="identity_templates", path="a.csv", name="words")


def rows_of(values: list[float]) -> list[dict[str, object]]:
    """Each filled sentence with the probability of the label 1 and the answer, worked out in plain Python."""
    found = []
    for place, row in enumerate(items().filter(pl.col("choice") == 0).to_dicts()):
        weights = [math.exp(value) for value in values[3 * place : 3 * place + 3]]
        found.append({**row, "score": weights[1] / sum(weights), "answer": LABELS[weights.index(max(weights))]})
    return found


@pytest.mark.parametrize("model", ["base", "tuned"])
def test_aucs_are_those_of_the_masked_rows(asked, model):
    rows = rows_of(SAID[model])

    def auc(kept: list[dict[str, object]]) -> float:
        return float(roc_auc_score([row["toxic"] for row in kept], [row["score"] for row in kept]))

    assert asked[f"{model}.probe.words.auc"].value == pytest.approx(auc(rows))
    for term in TERMS:
        mine = [row for row in rows if row["term"] == term]
        bpsn = [row for row in rows if row["toxic"] != (row["term"] == term)]
        bnsp = [row for row in rows if row["toxic"] == (row["term"] == term)]
        assert asked[f"{model}.probe.words.subgroup_auc.term.{term}"].value == pytest.approx(auc(mine))
        found = asked[f"{model}.probe.words.bpsn_auc.term.{term}"]
        assert found.value == pytest.approx(auc(bpsn))
        assert found.n == 6  # two harmless sentences with the term, two toxic ones with two others
        assert asked[f"{model}.probe.words.bnsp_auc.term.{term}"].value == pytest.approx(auc(bnsp))


def test_pairs_of_phrases_with_different_answers(asked):
    rows = rows_of(BASE)
    pairs = [
        (one, other)
        for sentence, _toxic in SENTENCES
        for one, other in combinations([row for row in rows if row["sentence"] == sentence], 2)
    ]
    flips = sum(one["answer"] != other["answer"] for one, other in pairs)
    found = asked["base.probe.words.flip_rate"]
    assert found.value == flips / len(pairs)
    assert 0 < flips < len(pairs) == 12
    assert found.n == 4
    assert "12 pairs" in found.note
    change = asked["change.probe.words.flip_rate"]
    assert "sentence by sentence" in change.test


def test_an_odd_answer_differs_from_the_commonest_of_its_sentence(asked):
    rows = rows_of(TUNED)
    for term in TERMS:
        known, odd = 0, 0
        for sentence, _toxic in SENTENCES:
            mine = [row["answer"] for row in rows if row["sentence"] == sentence]
            counts = sorted(((mine.count(label), label) for label in set(mine)), reverse=True)
            if len(counts) > 1 and counts[0][0] == counts[1][0]:
                continue
            known += 1
            odd += (
                next(row["answer"] for row in rows if (row["sentence"], row["term"]) == (sentence, term))
                != counts[0][1]
            )
        found = asked[f"tuned.probe.words.minority_answer.term.{term}"]
        assert (found.numerator, found.n) == (odd, known)


def test_positive_answers_are_those_with_a_positive_label(asked):
    for model in ("base", "tuned"):
        found = asked[f"{model}.probe.words.positive_answers"]
        assert (found.numerator, found.n) == (sum(row["answer"] == "1" for row in rows_of(SAID[model])), 12)


def test_false_positives_of_a_term_against_the_rest(asked):
    rows = [row for row in rows_of(BASE) if not row["toxic"]]
    wrong = {row["item"] for row in rows if row["answer"] == "1"}
    whole = asked["base.probe.words.false_positive_rate"]
    assert (whole.numerator, whole.n) == (len(wrong), 6)
    for term in TERMS:
        mine = [row for row in rows if row["term"] == term]
        others = [row for row in rows if row["term"] != term]
        inside, rest = (
            asked[f"base.probe.words.false_positive_rate.term.{term}"],
            asked[f"base.probe.words.false_positive_rate.term.{term}.rest"],
        )
        assert (inside.numerator, inside.n) == (sum(row["item"] in wrong for row in mine), 2)
        assert (rest.numerator, rest.n) == (sum(row["item"] in wrong for row in others), 4)
        apart = asked[f"base.probe.words.false_positive_rate.term.{term}.difference"]
        assert apart.value == pytest.approx(inside.value - rest.value)


def test_intervals_draw_whole_sentences():
    # every term of a sentence has the same answer, so that 300 rows are 6 sentences: the interval is that of 6, and not of 300
    terms, sentences = [f"t{place}" for place in range(50)], 6
    rows = [
        (50 * sentence + place + 2, choice, f"s{sentence} …", term, False, 50 * sentence + 2, label)
        for sentence in range(sentences)
        for place, term in enumerate(terms)
        for choice, label in enumerate(LABELS[:2])
    ]
    names = ("item", "choice", "sentence", "term", "toxic", "sentence_item", "label")
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("item", "choice", "sentence_item").cast(pl.Int64)
    )
    said = [
        (-1.0 if (choice == 1) == (sentence < 3) else -2.0)
        for sentence in range(sentences)
        for _term in terms
        for choice in (0, 1)
    ]
    asked = Asked(frame, {"base": said}, probe="identity_templates", path="a.csv", name="words")
    whole = asked["base.probe.words.false_positive_rate"]
    assert (whole.numerator, whole.n) == (150, 300)
    assert whole.interval is not None
    assert whole.interval.method.startswith("bootstrap over sentences")
    # of 6 draws with an even chance, 2.5 % lie at or below 1 of 6 (and as many above)
    assert whole.interval.high - whole.interval.low > 0.5
    assert asked["base.probe.words.flip_rate"].value == 0
    assert asked["base.probe.words.auc"].undefined == "there are no toxic rows here, or no others"
    assert asked["base.probe.words.bpsn_auc.term.t0"].value is None


def test_equal_likelihoods_are_no_answer_and_unscored_rows_are_counted():
    values = [*BASE]
    values[0:3] = [-1.0, -1.0, -2.0]
    gone: list[float | None] = [*values]
    gone[3:6] = [None] * 3
    asked = Asked(items(), {"base": gone}, probe="identity_templates", path="a.csv", name="words")
    table = asked.evidence.tables["probe_words"]
    assert table["base_answer"][0] is None
    assert table["base_score"][0] == pytest.approx(1 / (2 + math.exp(-1)))
    assert not table["base_positive"][0]
    assert table["base_score"][1] is None
    assert asked["base.probe.words.unscored"].numerator == 1
    assert asked["base.probe.words.auc"].n == 11
    pairs = asked.evidence.tables["probe_words/sentences"]
    assert pairs["base_pairs"].to_list() == [0, 3, 3, 3]


def test_the_change_of_an_auc_draws_the_same_sentences_for_both_models():
    same = Asked(items(), {"base": BASE, "tuned": BASE}, probe="identity_templates", path="a.csv", name="words")
    change = same["change.probe.words.auc"]
    assert change.value == 0
    assert change.interval is None  # no replicate differs: the draws are the same
    other = Asked(items(), SAID, probe="identity_templates", path="a.csv", name="words")["change.probe.words.auc"]
    assert other.interval is not None
    assert other.interval.low <= other.value <= other.interval.high


def test_two_equally_likely_labels_are_no_answer():
    values = [*BASE]
    values[0:3] = [-1.0, -1.0, -2.0]  # the first sentence, not toxic: labels 0 and 1 alike
    asked = Asked(items(), {"base": values, "tuned": TUNED}, probe="identity_templates", path="a.csv", name="words")
    tied = asked["base.probe.words.tied"]
    assert (tied.numerator, tied.n) == (1, 12)
    assert (asked["base.probe.words.positive_answers"].n, asked["base.probe.words.false_positive_rate"].n) == (11, 5)
    assert asked["base.probe.words.auc"].n == 12
    assert asked["change.probe.words.positive_answers"].interval is not None
