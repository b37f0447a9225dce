"""keep: which copy stays for each criterion, and what the ledger says of it, for exact and near duplicates."""

import random
from datetime import date

import polars as pl
import pytest
from frames import apply, frame, index, of_sources
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curate import check as checking
from curate.errors import UserError
from curate.recipe_file import dump_recipe, parse_recipe
from curate.steps.exact import Exact
from curate.steps.minhash import Minhash

LONG = (
    "the quick brown fox jumps over the lazy dog near the river bank today while birds sing in old trees above us all"
)
STEPS = [Exact(normalise=True), Minhash(threshold=0.5)]


def kept(
    step, rows: pl.DataFrame, *keep: object, **told: object
) -> tuple[list[int], list[tuple[int, int, str | None]]]:
    """The positions that stay, and (gone, survivor, why) of the others."""
    applied = apply(type(step).model_validate({**step.model_dump(), "keep": keep}), rows, **told)
    gone = applied.ledger
    return index(applied.rows["row"]), list(
        zip(index(gone["row"]), index(gone["other_row"]), gone["detail"], strict=True)
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.step)
def test_each_criterion_and_its_reason(step):
    rows = frame(
        LONG, LONG + "  ", LONG.upper(),
        day=["2020-05-01", "2021-01-01T10:00:00+02:00", "last May"], score=[0.5, None, 2], text_score=["7", "x", " 10"],
    )  # fmt: skip
    assert kept(step, rows, "first") == ([1], [(2, 1, None), (3, 1, None)])
    assert kept(step, rows, "longest") == ([2], [(1, 2, "longest"), (3, 2, "longest")])
    assert kept(step, rows, {"newest": "day"}) == ([2], [(1, 2, "newest: day"), (3, 2, "newest: day")])
    assert kept(step, rows, {"oldest": "day"}) == ([1], [(2, 1, "oldest: day"), (3, 1, "oldest: day")])
    assert kept(step, rows, {"highest": "score"}) == ([3], [(1, 3, "highest: score"), (2, 3, "highest: score")])
    assert kept(step, rows, {"lowest": "score"})[0] == [1], "no score comes last"
    assert kept(step, rows, {"highest": "text_score"})[0] == [3]
    assert kept(step, rows, {"lowest": "text_score"})[0] == [1]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.step)
def test_a_tie_goes_to_the_next_criterion_and_at_last_to_the_first_row(step):
    rows = frame(LONG, LONG, LONG, score=[1, 3, 3], day=[date(2020, 1, 1), date(2020, 1, 1), date(2021, 1, 1)])
    by_both = [(1, 3, "highest: score"), (2, 3, "newest: day")]
    assert kept(step, rows, {"highest": "score"}, {"newest": "day"}) == ([3], by_both)
    assert kept(step, rows, "longest", {"highest": "score"}, "first") == ([2], [(1, 2, "highest: score"), (3, 2, None)])
    assert kept(step, rows.with_columns(score=pl.lit(None)), {"highest": "score"}) == (
        [1],
        [(2, 1, None), (3, 1, None)],
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.step)
def test_sources_in_the_recipes_order_or_in_one_of_their_own(step):
    rows = of_sources(a=1, b=1, c=2).with_columns(text=pl.Series([LONG, LONG + " !", LONG, LONG + " ?"]))
    sources = ("a", "b.part", "c")

    def survivor(*keep: object) -> tuple[int, set[str | None]]:
        applied = apply(type(step).model_validate({**step.model_dump(), "keep": keep}), rows, sources=sources)
        assert applied.rows.height + applied.ledger.height == 4
        place = rows["row"].to_list().index(applied.rows["row"][0])
        return place, set(applied.ledger["detail"])

    if isinstance(step, Exact):
        rows = rows.with_columns(text=pl.lit(LONG))
    else:
        assert survivor("longest") == (1, {"longest", None})
    assert survivor("source_priority") == (0, {"source_priority"})
    assert survivor({"source_priority": ["c", "b"]}) == (2, {"source_priority", None})
    assert survivor({"source_priority": ["b"]}) == (1, {"source_priority"}), "b.part is a file of the folder b"
    assert survivor({"source_priority": ["b", "c"]}, "longest")[0] == 1


def test_near_copies_are_paired_with_the_one_that_would_stay():
    """Of many copies the best is neither the first nor the one before: each is compared with it all the same."""
    words = LONG.split()
    texts = [" ".join([*words[:place], "x", *words[place + 1 :]]) for place in range(12)] + [LONG]
    rows = frame(*texts, score=[float(place % 5) for place in range(12)] + [9.0])
    stays, gone = kept(Minhash(threshold=0.4), rows, {"highest": "score"})
    assert stays == [13]
    assert {survivor for _row, survivor, _why in gone} == {13}


def test_no_row_goes_for_being_like_a_row_that_goes():
    words = [f"w{i}" for i in range(40)]
    rows = frame(*(" ".join(words[at : at + 34]) for at in (0, 3, 6)), score=[1, 3, 2])
    assert kept(Minhash(threshold=0.8), rows, "first")[0] == [1, 3]
    assert kept(Minhash(threshold=0.8), rows, {"highest": "score"})[0] == [2]
    assert kept(Minhash(threshold=0.8), rows, {"lowest": "score"})[0] == [1, 3]


KEEP = ["longest", {"highest": "score"}]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("abc "), st.integers(0, 3) | st.none()), min_size=1, max_size=25), st.integers()
)
def test_exact_keeps_the_best_of_each_text_whatever_the_order(made, seed):
    texts = [letter * 3 for letter, _score in made]
    rows = frame(*texts, score=[score for _letter, score in made])
    stays, gone = kept(Exact(), rows, *KEEP)
    best = {}
    for place, (letter, score) in enumerate(made, start=1):
        best.setdefault(letter, []).append((-1 if score is None else score, -place))
    assert stays == sorted(-max(found)[1] for found in best.values())
    assert {(texts[row - 1], texts[survivor - 1]) for row, survivor, _why in gone} <= {(text, text) for text in texts}
    assert {survivor for _row, survivor, _why in gone} <= set(stays)
    shuffled = random.Random(seed).sample(range(len(made)), len(made))
    assert kept(Exact(), rows[shuffled], *KEEP) == (stays, gone)


def test_exact_in_shares_is_exact_at_once(monkeypatch):
    texts = [f"text {random.Random(place).randrange(40)}" for place in range(300)]
    rows = frame(*texts, score=[place % 7 for place in range(300)])
    whole = kept(Exact(), rows, {"highest": "score"})
    monkeypatch.setattr("curate.steps.exact.SHARE_ROWS", 11)
    assert kept(Exact(), rows, {"highest": "score"}) == whole
    assert len(whole[0]) == len(set(texts))


def test_two_texts_that_share_half_of_their_hash_are_not_copies():
    facts = pl.DataFrame(
        {"row": [256, 512, 768], "low": [5, 5, 5], "high": [1, 2, 1]}, schema_overrides={"low": pl.UInt64}
    )
    dropped = Exact().choose(facts, None).dropped
    assert dropped.select("row", "other_row").rows() == [(768, 256)]


RECIPE = """version: 1
name: r
sources: [{path: data.csv}]
task: {kind: classification, text: text, label: label, prompt: "{text} is"}
steps: [{step: exact, keep: KEEP}]
"""


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ("[longst]", "r.yaml:5: 'steps.0.keep.0' cannot be 'longst'; did you mean 'longest'?"),
        ("[{newst: day}]", "r.yaml:5: unknown key 'steps.0.keep.0.newst'; did you mean 'newest'?"),
        ("[{newest: day, highest: score}]", "names not exactly one criterion"),
        ("[{newest: null}]", "names not exactly one criterion"),
        ("[]", "write at least one"),
        ("[first, longest]", "'longest' has no effect after first"),
        ("[longest, longest]", "keep names 'longest' twice"),
        ("[{source_priority: [dta]}]", "unknown source 'dta'; did you mean 'data'?"),
        ("[{source_priority: [data, data]}]", "names a source twice"),
    ],
)
def test_what_is_wrong_with_keep_is_told_with_its_line(keep, message):
    with pytest.raises(UserError) as caught:
        parse_recipe(RECIPE.replace("KEEP", keep), "r.yaml")
    assert message in str(caught.value)
    assert len(caught.value.mistakes) == 1


def test_a_missing_column_is_told_at_check(tmp_path):
    (tmp_path / "data.csv").write_text("text,label,score\na,b,1\n", encoding="utf-8")
    recipe = parse_recipe(RECIPE.replace("KEEP", "[{highest: scor}]"), "r.yaml")
    with pytest.raises(UserError, match="has no column 'scor'; did you mean 'score'"):
        checking.check(recipe, tmp_path)


def test_keep_is_written_as_it_was_read():
    recipe = parse_recipe(RECIPE.replace("KEEP", "[{source_priority: [data]}, {newest: day}, first]"), "r.yaml")
    assert recipe.steps[0].model_dump(mode="json")["keep"] == [
        {"source_priority": ["data"]},
        {"newest": "day"},
        "first",
    ]
    assert parse_recipe(dump_recipe(recipe), "r.yaml") == recipe
    with pytest.raises(ValidationError):
        Exact(keep=({"longest": "text"},))
