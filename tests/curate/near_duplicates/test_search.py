"""Stars, components and matches against brute force over all pairs that share a bucket, however they are compared."""

import itertools
import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from near_duplicates.corpora import (
    changed,
    corpus,
    in_buckets,
    plain_components,
    plain_stars,
    similarities,
    template,
    versions,
)

from curate.near_duplicates.buckets import Buckets
from curate.near_duplicates.comparison import Comparison
from curate.near_duplicates.parts import TextPart
from curate.near_duplicates.search import Candidates, Search, candidates, of_texts

TEXTS = {
    "single copies": corpus(300, 1),
    "a chain": versions(120, 2),
    "one template": template(150, 3),
    "two templates": [*template(60, 4), *corpus(60, 5), *template(60, 6, words=20)],
    "the same text": ["the same text again and again"] * 100,
    "nothing": [],
    "one text": ["one text alone"],
    "odd texts": [
        None,
        "",
        "?!",
        "a",
        "a a",
        "a a a a",
        "a a a a a a",
        "b b b b",
        "日本語のテキスト",
        "日本語のテキスト",
        "a",
    ],
}


def search(threshold: float = 0.7, **settings: object) -> Search:
    return Search(threshold=threshold, **settings)


def told(found: Candidates, threshold: float, texts: list[str | None]) -> dict[tuple[int, int], float]:
    """By brute force: the pairs that share a bucket and are alike."""
    alike = {pair: value for pair, value in similarities(texts).items() if value >= threshold}
    return in_buckets(alike, found.buckets.starts, found.buckets.rows)


@pytest.fixture(params=[4, 0], ids=["all pairs", "leaders first"])
def compared(request, monkeypatch):
    """All pairs of buckets at once, or those of leaders first, round by round, as in large buckets."""
    monkeypatch.setattr("curate.near_duplicates.comparison.MANY", request.param)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_stars_are_those_of_brute_force(name, threshold, compared):
    texts = TEXTS[name] if name != "odd texts" else TEXTS[name][:8]
    found = of_texts(pl.Series(texts, dtype=pl.String), search(threshold))
    gone = found.stars()
    expected = plain_stars(told(found, threshold, texts), len(texts))
    assert dict(zip(gone.later.tolist(), gone.similarity.tolist(), strict=True)).keys() == expected.keys()
    for row, other, similarity in zip(
        gone.later.tolist(), gone.earlier.tolist(), gone.similarity.tolist(), strict=True
    ):
        assert other not in expected, "no row goes for a row that goes"
        assert similarity == pytest.approx(similarities([texts[other], texts[row]])[1, 0])
        assert similarity >= threshold


@pytest.mark.parametrize("name", ["single copies", "two templates"])
def test_of_all_pairs_a_row_goes_for_the_most_similar_row_that_stays(name, monkeypatch):
    monkeypatch.setattr("curate.near_duplicates.comparison.MANY", 10**9)
    found = of_texts(pl.Series(TEXTS[name]), search())
    gone = found.stars()
    expected = plain_stars(told(found, 0.7, TEXTS[name]), len(TEXTS[name]))
    assert {row: other for row, (other, _value) in expected.items()} == dict(
        zip(gone.later.tolist(), gone.earlier.tolist(), strict=True)
    )


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "odd texts"])
def test_components_are_those_of_brute_force(name, compared):
    found = of_texts(pl.Series(TEXTS[name], dtype=pl.String), search())
    alike = told(found, 0.7, TEXTS[name])
    assert found.components().tolist() == plain_components(alike, len(TEXTS[name]))


def test_what_a_chain_merges_is_told_with_its_link(compared):
    texts = versions(40, 2)
    found = of_texts(pl.Series(texts), search(0.8))
    gone = found.connected()
    assert gone.row.tolist() == list(range(1, 40))
    assert set(gone.first.tolist()) == {0}
    true = similarities(texts)
    assert gone.similarity.tolist() == pytest.approx([true.get((row, 0), 0.0) for row in range(1, 40)])
    assert gone.similarity.min() < 0.2
    assert gone.link_similarity.min() >= 0.8
    for row, link, value in zip(gone.row.tolist(), gone.link.tolist(), gone.link_similarity.tolist(), strict=True):
        assert value == pytest.approx(true[max(row, link), min(row, link)])


def test_matches_are_the_most_similar_of_the_others(compared):
    texts = [*corpus(60, 7), *template(40, 8)]
    found = of_texts(pl.Series(texts), search())
    queries = np.arange(len(texts)) % 3 == 0
    among = np.arange(len(texts)) % 3 == 1
    matches = found.matches(queries, among)
    alike = told(found, 0.7, texts)
    best: dict[int, float] = {}
    for (later, earlier), value in alike.items():
        for row, other in ((later, earlier), (earlier, later)):
            if queries[row] and among[other]:
                best[row] = max(best.get(row, 0), value)
    rows = dict(zip(matches.later.tolist(), matches.similarity.tolist(), strict=True))
    assert rows == pytest.approx(best)
    assert len(best) > 5
    assert among[matches.earlier].all()


def test_an_order_decides_which_row_stays():
    texts = TEXTS["two templates"]
    found = of_texts(pl.Series(texts), search())
    order = np.random.default_rng(1).permutation(len(texts)).astype(np.uint32)
    turned = of_texts(pl.Series([texts[place] for place in order]), search())
    expected, gone = turned.stars(), found.stars(order)
    assert gone.later.tolist() == order[expected.later].tolist()
    assert gone.earlier.tolist() == order[expected.earlier].tolist()
    assert np.array_equal(gone.similarity, expected.similarity)
    joined, merged = turned.connected(), found.connected(order)
    assert merged.first.tolist() == order[joined.first].tolist()


def test_parts_threads_and_slices_change_nothing(monkeypatch, tmp_path):
    texts = pl.Series([*corpus(120, 9), None, "", *template(30, 1)])
    whole = of_texts(texts, search(0.6)).stars()
    ticked: list[int] = []
    for threads, sizes in ((1, (50, 140)), (5, (1, 2, 3)), (2, ())):
        monkeypatch.setattr(pl, "thread_pool_size", lambda threads=threads: threads)
        monkeypatch.setattr("curate.kernels.text.SLICE_BYTES", 5000 * threads)
        cuts = [0, *sizes, len(texts)]
        cut = [TextPart(texts[low:high], search().sketching) for low, high in itertools.pairwise(cuts)]
        for folder in (None, tmp_path):
            with candidates(
                lambda cut=cut: cut,
                len(texts),
                search(0.6),
                folder=folder,
                tick=lambda rows, _gone=0: ticked.append(rows),
            ) as found:
                again = found.stars()
            assert all(
                np.array_equal(getattr(again, name), getattr(whole, name))
                for name in ("later", "earlier", "similarity")
            )
    assert sum(ticked) == 6 * len(texts)
    assert list(tmp_path.iterdir()) == [], "what was on disk is gone"


def test_rows_that_are_fixed_stay_and_are_not_compared(compared):
    texts = [*["a text that is there often"] * 5, "a text that is there often", "another text that is new"]
    found = of_texts(pl.Series(texts), search()).stars(fixed=5)
    assert (found.later.tolist(), found.earlier.tolist()) == ([5], [0])


def test_rows_of_one_colour_are_not_held_against_each_other():
    texts = ["one and the same text"] * 3
    found = of_texts(pl.Series(texts), search()).stars(colours=np.array([5, 9, 5], dtype=np.uint32))
    assert (found.later.tolist(), found.earlier.tolist()) == ([1], [0])


def test_nearly_all_true_pairs_are_found():
    texts = corpus(300, 1)
    found = of_texts(pl.Series(texts), search())
    true = {pair for pair, value in similarities(texts).items() if value >= 0.7}
    assert len(true) > 50
    assert len(told(found, 0.7, texts)) >= 0.95 * len(true)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(alphabet="ab ,.", max_size=12), max_size=12))
def test_odd_texts_go_for_true_pairs_alone(texts):
    found = of_texts(pl.Series(texts, dtype=pl.String), search(0.5)).stars()
    true = similarities(texts)
    for row, other, value in zip(found.later.tolist(), found.earlier.tolist(), found.similarity.tolist(), strict=True):
        assert value == pytest.approx(true[row, other])
        assert value >= 0.5


def test_a_text_of_ten_megabytes_is_compared():
    generator = random.Random(1)
    long = " ".join(f"w{generator.randrange(10**6)}" for _ in range(1_400_000))
    assert len(long) > 10_000_000
    found = of_texts(pl.Series(["short", long, "", changed(long, 1000, generator), long[:1000]]), search(0.9)).stars()
    assert (found.later.tolist(), found.earlier.tolist()) == ([3], [1])
    assert 0.99 < found.similarity[0] < 1


def test_texts_of_one_repeated_word_do_not_collapse():
    texts = ["spam " * 10, "eggs " * 10, "spam", "spam spam", "ham " * 1000, "spam " * 7]
    found = of_texts(pl.Series(texts), search()).stars()
    assert (found.later.tolist(), found.earlier.tolist()) == ([5], [0]), "only those of the same shingles are alike"


def test_texts_without_blanks_are_compared_by_their_signs():
    chinese = "我们在这里写一段没有空格的中文文本用来测试近似重复的检测是否可靠"
    texts = [
        chinese,
        chinese.replace("测试", "检查"),
        "今天天气很好我们去公园散步吧然后回家吃饭看电视早点休息明天还要上班",
    ]
    found = of_texts(pl.Series(texts), search(0.6)).stars()
    assert (found.later.tolist(), found.earlier.tolist()) == ([1], [0])
    signs = [{text[at : at + 3] for at in range(len(text) - 2)} for text in texts[:2]]
    assert found.similarity[0] == pytest.approx(len(signs[0] & signs[1]) / len(signs[0] | signs[1]))


FORMS = template(200, 11, words=40, holes=12)


def test_rows_of_one_form_that_were_not_all_compared_are_told(few_compared):
    found = of_texts(pl.Series(FORMS), search(0.6))
    gone = found.stars()
    assert len(gone.unfinished) > 20
    assert not set(gone.unfinished.tolist()) & set(gone.later.tolist())
    assert not set(gone.earlier.tolist()) & set(gone.later.tolist()), "no row goes for a row that goes"
    true = similarities(FORMS)
    for row, other, value in zip(gone.later.tolist(), gone.earlier.tolist(), gone.similarity.tolist(), strict=True):
        assert value == pytest.approx(true[row, other])
        assert value >= 0.6
    told_of = set(gone.unfinished.tolist())
    undetected = [pair for pair in told(found, 0.6, FORMS) if not set(pair) & set(gone.later.tolist())]
    assert undetected
    assert all(set(pair) <= told_of for pair in undetected), "both are told"


def test_components_that_may_be_one_are_told_by_their_first_rows(few_compared):
    found = of_texts(pl.Series(FORMS), search(0.5))
    merged, alike = found.connected(), told(found, 0.5, FORMS)
    everything = plain_components(alike, 200)
    first = dict(zip(merged.row.tolist(), merged.first.tolist(), strict=True))
    assert all(everything[row] == everything[other] for row, other in first.items())
    apart = [pair for pair in alike if first.get(pair[0], pair[0]) != first.get(pair[1], pair[1])]
    assert apart
    assert all({first.get(row, row) for row in pair} <= set(merged.unfinished.tolist()) for pair in apart)
    assert not set(merged.unfinished.tolist()) & set(first)


@pytest.mark.parametrize("sizes", [(400, 3), (3, 400)])
def test_the_smaller_of_two_sides_leads(sizes, monkeypatch):
    """Each round compares about as many pairs as it looks at places, so that work counts as it is done."""
    old, new = sizes
    rows = np.tile(np.arange(old + new, dtype=np.uint32), 5)
    compared = []

    def unlike(later, earlier, _least):
        compared.append(len(later))
        return np.zeros(len(later))

    monkeypatch.setattr("curate.near_duplicates.comparison.AT_ONCE", 100)
    buckets = Buckets(np.arange(6) * (old + new), rows)
    comparison = Comparison(buckets, unlike, 0.8, old)
    colours = np.repeat(np.array([0, 1], dtype=np.uint32), [old, new])
    rounds = 1
    while not comparison.advance(colours):
        rounds += 1
    assert rounds <= 3
    assert sum(compared) == old * new, "every pair once in a round, however few are held at a time"
    assert max(compared) <= 400


def test_fixed_rows_do_not_lead(monkeypatch):
    monkeypatch.setattr("curate.near_duplicates.comparison.MANY", 0)
    monkeypatch.setattr("curate.near_duplicates.comparison.PATIENCE", 10**9)
    texts = template(300, 5, words=40, holes=12)
    found = of_texts(pl.Series(texts), search(0.8))
    families = np.arange(300, dtype=np.uint32)
    families[299] = 7
    gone = found.stars(colours=families, fixed=295)
    alike = {
        pair: value
        for pair, value in told(found, 0.8, texts).items()
        if pair[0] >= 295 and families[pair[0]] != families[pair[1]]
    }
    assert set(gone.later.tolist()) == set(plain_stars(alike, 300))
    assert len(gone.unfinished) == 0


def test_copies_among_rows_of_one_form_are_found_however_many_these_are(few_compared):
    copies = FORMS[50:150:10]
    found = of_texts(pl.Series([*FORMS, *copies]), search(0.8))
    assert set(range(200, 210)) <= set(found.stars().later.tolist())
    assert set(range(200, 210)) <= set(found.connected().row.tolist())
    is_copy = np.arange(210) >= 200
    matches = found.matches(is_copy, ~is_copy)
    assert matches.later.tolist() == list(range(200, 210))
    assert matches.similarity.tolist() == [1.0] * 10
    assert FORMS[matches.earlier[0]] == copies[0]


def test_what_is_not_all_compared_is_named_as_the_order_and_the_queries_name_it(few_compared):
    found = of_texts(pl.Series(FORMS), search(0.8))
    order = np.random.default_rng(1).permutation(200).astype(np.uint32)
    turned = of_texts(pl.Series([FORMS[place] for place in order]), search(0.8))
    assert found.stars(order).unfinished.tolist() == order[turned.stars().unfinished].tolist()
    queries = np.arange(200) % 2 == 0
    unfinished = found.matches(queries, ~queries).unfinished
    assert len(unfinished)
    assert queries[unfinished].all()


def test_what_all_pairs_find_does_not_depend_on_how_many_are_remembered(monkeypatch):
    texts = TEXTS["two templates"]
    expected = of_texts(pl.Series(texts), search()).stars()
    monkeypatch.setattr("curate.near_duplicates.comparison.MANY", 0)
    for at_once in (1, 50, 1000):
        monkeypatch.setattr("curate.near_duplicates.comparison.AT_ONCE", at_once)
        again = of_texts(pl.Series(texts), search()).stars()
        assert again.later.tolist() == expected.later.tolist()
        assert len(again.unfinished) == 0


def test_many_pairs_are_compared_few_at_a_time(monkeypatch, compared):
    texts = [*TEXTS["one template"], *TEXTS["single copies"]]
    expected = of_texts(pl.Series(texts), search())
    stars, components = expected.stars(), expected.components()
    for at_once in (1, 7, 500):
        monkeypatch.setattr("curate.near_duplicates.comparison.AT_ONCE", at_once)
        again = of_texts(pl.Series(texts), search())
        assert set(again.stars().later.tolist()) == set(stars.later.tolist())
        assert again.components().tolist() == components.tolist()
