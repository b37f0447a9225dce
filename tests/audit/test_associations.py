"""What goes with whom in what is learned from: groups with labels, and groups with words, each counted a second way."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from audit_frames import by_id
from synthetic_run import RECIPE, write_run

from audit import metrics
from audit import word_associations as word_associations_module
from audit.__main__ import audit, read_audit
from audit.evidence import Evidence, row_table
from audit.label_associations import label_associations
from audit.rates import Chance
from audit.trace import trace
from audit.word_associations import defining_words, lexicons_of, word_associations
from audit.word_table import WORD, word_table, words_of
from curate import ledger
from curate.groups import LEXICONS, read_lexicon
from curate.kernels.text import encode
from curate.kernels.units import word_hashes
from curate.recipe import Recipe
from curate.recipe_file import load_recipe

CHANCE = Chance(confidence=0.95, replicates=400, seed=7, minimum=5)
TASK = {"kind": "classification", "text": "text", "label": "label"}


def recipe(task: dict | None = None, **groups: dict) -> Recipe:
    return Recipe.model_validate(
        {"version": 1, "name": "test", "sources": [{"path": "rows.csv"}], "task": task or TASK, "groups": groups}
    )


def found(kept: pl.DataFrame, asked: Recipe, lexicons: dict | None = None, chance: Chance = CHANCE):
    """The evidence of kept rows, and every measure of what goes together in them."""
    tables = {"rows": row_table(kept, pl.DataFrame(schema=ledger.SCHEMA), asked)}
    evidence = Evidence(tables, (), {"words": lambda: word_table(kept, asked)})
    measures = [
        *label_associations(evidence, asked, chance),
        *word_associations(evidence, asked, lexicons or {}, chance),
    ]
    return evidence, by_id(measures)


def rows(texts: list[str], labels: list[str | None], groups: list[list[str]], parents: list[int | None] | None = None):
    count = len(texts)
    return pl.DataFrame(
        {
            "row": pl.Series(range(1, count + 1), dtype=pl.Int64),
            "row_name": [f"rows/{place}" for place in range(1, count + 1)],
            "parent": pl.Series(parents or [None] * count, dtype=pl.Int64),
            "side": ["all"] * count,
            "text": texts,
            "label": pl.Series(labels, dtype=pl.String),
            "group_who": pl.Series(groups, dtype=pl.List(pl.String)),
        }
    )


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """600 rows of three groups, two of which overlap, some unknown; `kitchen` goes with a, `office` with b, the rest with nobody."""
    random = np.random.default_rng(11)
    kinds = [["a"], ["b"], ["a", "b"], ["c"], ["unknown"], ["none mentioned"]]
    groups = [kinds[place] for place in random.choice(6, size=600, p=[0.2, 0.2, 0.1, 0.2, 0.1, 0.2])]
    common = [f"word{place}" for place in range(40)]
    texts, labels = [], []
    for who in groups:
        words = list(random.choice(common, size=8))
        words += ["Kitchen"] if random.random() < (0.5 if "a" in who or "unknown" in who else 0.05) else []
        words += ["office,", "OFFICE"] if random.random() < (0.5 if "b" in who else 0.05) else []
        texts.append(" ".join(words))
        labels.append(
            None if random.random() < 0.05 else "1" if random.random() < (0.7 if "a" in who else 0.3) else "0"
        )
    return rows(texts, labels, groups)


@pytest.fixture(scope="module")
def of_many(many):
    return found(many, recipe(who={"column": "who"}))


def test_labels_from_masked_rows(many, of_many):
    _evidence, measures = of_many
    labels = np.array(many["label"].to_list(), dtype=object)
    lists = many["group_who"].to_list()
    known = np.array([label is not None and who != ["unknown"] for label, who in zip(labels, lists, strict=True)])
    for group in ("a", "b", "c", "none mentioned"):
        member = np.array([group in who for who in lists])[known]
        for label in ("0", "1"):
            has = (labels == label)[known]
            joint, one, other = (
                (cell.sum() + 0.5 * parts) / (known.sum() + 2)
                for cell, parts in ((member & has, 1), (member, 2), (has, 2))
            )
            measure = measures[f"npmi.who.{group.replace(' ', '_')}.{label}"]
            assert measure.value == pytest.approx(math.log(joint / one / other) / -math.log(joint))
            assert (measure.numerator, measure.n) == ((member & has).sum(), known.sum())
            assert measure.interval.low < measure.value < measure.interval.high
        margin = measures[f"npmi_group.who.{group.replace(' ', '_')}"]
        assert (margin.numerator, margin.n) == (member.sum(), known.sum())
    assert measures["npmi_label.who.1"].numerator == (labels == "1")[known].sum()
    assert measures["npmi.who.a.1"].value > 0 > measures["npmi.who.c.1"].value
    assert not [name for name in measures if "unknown" in name]


def test_words_from_masked_rows(many, of_many):
    _evidence, measures = of_many
    shown = {(m.group, m.hits["words"]) for m in measures.values() if m.metric == "log_odds"}
    assert shown == {("a", "kitchen"), ("b", "office")}
    documents = [set(text.lower().replace(",", "").split()) for text in many["text"]]
    lists = many["group_who"].to_list()
    inside = [words for words, who in zip(documents, lists, strict=True) if "b" in who]
    outside = [words for words, who in zip(documents, lists, strict=True) if "b" not in who and who != ["unknown"]]
    y, y_rest = (sum("office" in words for words in side) for side in (inside, outside))
    n, n_rest = (sum(len(words) for words in side) for side in (inside, outside))
    prior, prior_words = 0.1 * (y + y_rest), 0.1 * (n + n_rest)
    odds = (y + prior) / (n + prior_words - y - prior)
    odds_rest = (y_rest + prior) / (n_rest + prior_words - y_rest - prior)
    error = math.sqrt(1 / (y + prior) + 1 / (y_rest + prior))
    measure = measures["word.who.b.office"]
    assert measure.value == pytest.approx(math.log(odds / odds_rest))
    assert measure.interval.high == pytest.approx(measure.value + 1.959964 * error)
    assert measure.p_value == pytest.approx(math.erfc(measure.value / error / math.sqrt(2)) / 2)
    assert (measure.numerator, measure.n) == (y, len(inside) + len(outside))
    share, rest = measures["word.who.b.office.share"], measures["word.who.b.office.rest"]
    assert (share.numerator, share.n, rest.numerator, rest.n) == (y, len(inside), y_rest, len(outside))
    compared = measures["word_rows.who"]
    assert compared.n == len(inside) + len(outside)
    assert compared.note == "words of at least 10 rows: 42; groups large enough: 3; pairs tested: 126"
    assert measure.test.endswith("(126 tests)")
    assert measure.p_adjusted == pytest.approx(126 * measure.p_value, rel=0.02)


def test_every_measure_is_what_its_rows_give(of_many):
    evidence, measures = of_many
    for measure in measures.values():
        rows_of = evidence.select(measure.selection)
        assert (len(rows_of), metrics.hits_in(rows_of, measure.hits)) == (measure.n, measure.numerator), measure.id
        assert metrics.compute(measure, evidence, measures) == pytest.approx(measure.value), measure.id


def test_the_order_of_the_rows_moves_nothing(many, of_many):
    shuffled = many.sample(fraction=1, shuffle=True, seed=5).with_columns(group_who=pl.col("group_who").list.reverse())
    assert found(shuffled, recipe(who={"column": "who"}))[1] == of_many[1]


def test_rows_whose_groups_are_unknown_are_on_no_side(many, of_many):
    louder = many.with_columns(
        text=pl.when(pl.col("group_who").list.contains("unknown"))
        .then(pl.lit("kitchen office zebra"))
        .otherwise(pl.col("text")),
    )
    assert found(louder, recipe(who={"column": "who"}))[1] == of_many[1]


def test_a_row_of_two_groups_is_inside_both():
    kept = rows(["x y"] * 4, ["1", "0", "1", "0"], [["a", "b"], ["a"], ["b"], ["c"]])
    _evidence, measures = found(kept, recipe(who={"column": "who"}))
    assert [measures[f"npmi_group.who.{group}"].numerator for group in "abc"] == [2, 2, 1]
    assert [measures[f"npmi.who.{group}.1"].numerator for group in "abc"] == [1, 2, 0]


def test_undefined_says_why():
    kept = rows(["x"] * 4, ["1", "1", "1", None], [["a"], ["a"], ["b"], ["c"]])
    _evidence, measures = found(kept, recipe(who={"column": "who"}))
    assert measures["npmi.who.a.1"].undefined == "every row is one with the label"
    assert measures["npmi.who.c.1"].undefined == "no row is one of the group"
    assert {measures[f"npmi.who.{group}.1"].value for group in "abc"} == {None}
    nobody = found(rows(["x"], ["1"], [["unknown"]]), recipe(who={"column": "who"}))[1]
    assert set(nobody) == {"npmi_label.who.1", "word_rows.who"}
    assert nobody["npmi_label.who.1"].undefined == "no labelled row has a known group"
    assert nobody["word_rows.who"].value == 0


def test_a_word_of_fewer_than_ten_rows_is_never_shown():
    def shown(count: int) -> set[object]:
        texts = ["the secret ofx"] * count + ["the common word"] * (100 - count) + ["the common word"] * 400
        _evidence, measures = found(
            rows(texts, ["1"] * 500, [["a"]] * 100 + [["b"]] * 400), recipe(who={"column": "who"})
        )
        return {m.hits["words"] for m in measures.values() if m.metric == "log_odds" and m.group == "a"}

    assert shown(9) == set()
    assert shown(20) == {"secret", "ofx"}


def test_a_group_of_few_rows_and_a_group_of_all_are_not_compared(many):
    few = found(many, recipe(who={"column": "who"}), chance=Chance(0.95, 400, 7, minimum=150))[1]
    assert {m.group for m in few.values() if m.metric == "log_odds"} == {"a", "b"}
    everybody = many.with_columns(group_who=pl.lit(["a"], dtype=pl.List(pl.String)))
    alone = found(everybody, recipe(who={"column": "who"}))[1]
    assert alone["word_rows.who"].note.endswith("groups large enough: 0; pairs tested: 0")


@pytest.mark.parametrize("largest", [2, 20])
def test_of_a_large_vocabulary_the_commonest_words_are_tested(many, monkeypatch, largest):
    monkeypatch.setattr(word_associations_module, "LARGEST_VOCABULARY", largest)
    measures = found(many, recipe(who={"column": "who"}))[1]
    expected = f"words of at least 10 rows: {largest}; groups large enough: 3; pairs tested: {3 * largest}"
    assert measures["word_rows.who"].note == expected
    known = many.filter(~pl.col("group_who").list.contains("unknown"))["text"].to_list()
    counts = Counter(word for text in known for word in set(text.lower().replace(",", "").split()))
    commonest = sorted(counts, key=lambda word: (-counts[word], word))[:largest]
    shown = {m.hits["words"] for m in measures.values() if m.metric == "log_odds"}
    assert shown == {"kitchen", "office"} & set(commonest)


def test_nothing_stands_out_where_groups_are_dealt_at_random(many):
    for seed in range(10):
        dealt = many.with_columns(group_who=pl.col("group_who").sample(fraction=1, shuffle=True, seed=seed))
        measures = found(dealt, recipe(who={"column": "who"}))[1]
        assert not [name for name in measures if name.startswith("word.")], seed


def test_copies_are_learned_from_but_their_words_count_once(many, of_many):
    copies = many.head(50).with_columns(parent="row", row=pl.col("row") + 1000, text=pl.lit("zebra " * 3))
    _evidence, measures = found(pl.concat([many, copies]), recipe(who={"column": "who"}))
    words = {name: measure for name, measure in of_many[1].items() if name.startswith("word")}
    assert {name: measure for name, measure in measures.items() if name.startswith("word")} == words
    assert measures["npmi_group.who.a"].n > of_many[1]["npmi_group.who.a"].n
    assert measures["npmi.who.a.1"].note == ""  # `made` is what the ledger says, and this ledger is empty


def test_words_that_define_a_group_are_left_out_of_that_group_alone():
    lexicon = {"woman": ("she", "mother*"), "trans": ("trans woman", "non-binary")}
    assert defining_words(lexicon["woman"]) == ("she", "mother*")
    assert defining_words(lexicon["trans"]) == ("trans", "woman", "non", "binary")
    texts = ["she sang"] * 30 + ["mothers sang"] * 30 + ["a trans woman sat"] * 30 + ["it is"] * 60
    groups = [["woman"]] * 60 + [["trans"]] * 30 + [["none mentioned"]] * 60
    asked = recipe(who={"terms": "gender"})
    kept = rows(texts, ["1"] * 150, groups)
    shown = {
        given: {(m.group, m.hits["words"]) for m in found(kept, asked, lists)[1].values() if m.metric == "log_odds"}
        for given, lists in (("listed", {"who": lexicon}), ("unlisted", {}))
    }
    left_out = {("woman", "she"), ("woman", "mothers"), ("trans", "trans"), ("trans", "woman")}
    assert shown["listed"] == {("woman", "sang"), ("trans", "a"), ("trans", "sat")}
    assert shown["unlisted"] == shown["listed"] | left_out


def test_no_word_that_makes_a_mention_is_missed():
    lexicon = read_lexicon(LEXICONS / "gender.txt")
    defining = defining_words(lexicon["transgender"])
    assert {"transgender*", "trans", "transphobi*", "community"} <= set(defining)


TEXTS = ["Don’t stop-it, n°1 a_b", "女人 and ひと", "über ÉCOLE", "", "  ", "x" * 300]


def test_words_are_those_by_which_near_duplicates_are_compared():
    texts = pl.Series(TEXTS)
    counts = texts.str.to_lowercase().str.extract_all(WORD).list.len()
    assert counts.to_list() == word_hashes(encode(texts.str.to_lowercase()), signs=True).counts.tolist()
    words = texts.alias("text").to_frame().select(words_of(pl.col("text"))).to_series().to_list()
    assert [set(found) for found in words[:3]] == [
        {"don", "t", "stop", "it", "n", "1", "a_b"}, {"女", "人", "and", "ひ", "と"}, {"über", "école"},
    ]  # fmt: skip


def test_what_was_masked_is_no_word():
    texts = pl.DataFrame({"text": ["write to [EMAIL] or [EMAIL:9f86d081] now", None]})
    assert [sorted(words) for words in texts.select(words_of(pl.col("text"))).to_series()] == [
        ["now", "or", "to", "write"],
        [],
    ]


def test_an_instruction_has_words_of_all_its_columns_and_no_labels(many):
    task = {"kind": "instruction", "prompt": "{asked}", "completion": "text"}
    kept = many.drop("label").with_columns(asked=pl.lit("a question"))
    _evidence, measures = found(kept, recipe(task, who={"column": "who"}))
    assert not [name for name in measures if name.startswith("npmi")]
    assert measures["word.who.a.kitchen.share"].numerator > 30
    assert measures["word_rows.who"].note.startswith("words of at least 10 rows: 44;")


def test_without_text_there_are_labels_alone_and_without_groups_nothing(many):
    without_text = recipe({"kind": "classification", "label": "label", "prediction": "answer"}, who={"column": "who"})
    assert not [name for name in found(many, without_text)[1] if name.startswith("word")]
    assert found(many, recipe())[1] == {}


def test_traced_from_a_finished_run(audited):
    measures = [m for m in read_audit(audited).measures if m.metric in ("npmi", "log_odds", "word_share", "word_rows")]
    shown = {(m.attribute, m.group, m.hits["words"]) for m in measures if m.metric == "log_odds"}
    assert shown == {("gender", "man", "he"), ("gender", "woman", "she")}  # `mentioned` was found by these words
    for name in (
        "word.gender.woman.she",
        "word.gender.woman.she.npmi",
        "word.gender.woman.she.rest",
        "npmi.gender.man.1",
    ):
        assert trace(audited, name).agrees
    learned = pl.read_parquet(audited.data("train")).filter(pl.col("parent").is_null())
    women = learned.filter(pl.col("group_gender").list.contains("woman"))
    share = next(m for m in measures if m.id == "word.gender.woman.she.share")
    assert (share.numerator, share.n) == (women["text"].str.contains(r"\bshe\b").sum(), women.height)
    assert next(m for m in measures if m.id == "npmi.gender.man.1").note.startswith("copies that the run made count")


def test_the_term_lists_of_a_run(tmp_path):
    run = write_run(tmp_path / "small-1", predicted=False)
    lists = lexicons_of(run, load_recipe(run.recipe))
    assert lists.keys() == {"mentioned"}
    assert "she" in lists["mentioned"]["woman"]


def test_without_attributes_an_audit_says_nothing_of_it(tmp_path):
    asked = RECIPE.replace("groups: {gender: {column: gender}, mentioned: {terms: gender}}\n", "")
    run = write_run(tmp_path / "small-1", asked[: asked.index("  gates:")], predicted=False)
    assert not [m for m in audit(run).measures if m.metric in ("npmi", "log_odds", "word_rows")]
