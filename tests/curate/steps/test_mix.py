"""Mixtures: the total is met, the parts are exact, and a shortage is never silent."""

import polars as pl
import pytest
from frames import apply, frame, of_sources, sizes
from pydantic import ValidationError

from curate.errors import UserError
from curate.recipe_file import parse_recipe
from curate.steps.mix import Mix, TrainMix

SOURCES = ("web", "books", "wiki")
ROWS = of_sources(web=100, books=20, wiki=40)


def mixed(step: object, rows: pl.DataFrame = ROWS, **more: object) -> object:
    return apply(step, rows, sources=SOURCES, **more)


def test_every_source_gives_exactly_its_part():
    applied = mixed(Mix(weights={"web": 0.7, "books": 0.3, "wiki": 0}, rows=50))
    assert sizes(applied.rows) == {"books": 15, "web": 35}
    reasons = applied.ledger.group_by("reason", "detail", "value", "threshold").len().sort("reason", "detail").rows()
    assert reasons == [
        ("no_weight", "wiki", 40.0, 0.0, 40),
        ("over_quota", "books", 20.0, 15.0, 5),
        ("over_quota", "web", 100.0, 35.0, 65),
    ]
    assert mixed(Mix(weights={"web": 7, "books": 3, "wiki": 0}, rows=50)).rows.equals(applied.rows), "any unit"
    assert not mixed(Mix(weights={"web": 7, "books": 3, "wiki": 0}, rows=50), seed=8).rows.equals(applied.rows)


def test_too_few_rows_are_an_error_that_says_what_would_do():
    step = Mix(weights={"web": 1, "books": 1, "wiki": 2}, rows=100)
    with pytest.raises(UserError, match=r"source 'books' has 20 rows, and the mixture needs 25; lower rows to 80,"):
        mixed(step)
    assert sizes(mixed(step.model_copy(update={"rows": 80})).rows) == {"books": 20, "web": 20, "wiki": 40}


def test_less_lowers_the_total_and_says_so():
    applied = mixed(Mix(weights={"web": 1, "books": 1, "wiki": 2}, rows=100, shortage="less"))
    assert sizes(applied.rows) == {"books": 20, "web": 20, "wiki": 40}
    assert applied.records[0].noted == 0, "the notes are about sources"
    noted = applied.ledger.filter(pl.col("event") == "noted").select("reason", "value", "threshold", "detail").rows()
    assert noted == [
        ("too_few_rows", 20.0, 25.0, "books: the total is lowered from 100 to 80 rows"),
        ("too_few_rows", 40.0, 50.0, "wiki: the total is lowered from 100 to 80 rows"),
    ]


def test_repeat_adds_copies_of_training_rows_with_their_parents():
    step = TrainMix(weights={"web": 1, "books": 1, "wiki": 0}, rows=100, shortage="repeat")
    applied = mixed(step)
    assert sizes(applied.rows) == {"books": 50, "web": 50}
    copies = applied.rows.filter(pl.col("parent").is_not_null())
    assert sizes(copies) == {"books": 30}
    each = applied.rows.filter(pl.col("label") == "books").group_by(pl.coalesce("parent", "row")).len()["len"]
    assert sorted(each) == [2] * 10 + [3] * 10, "every row is there, and as often as the others but for one"
    assert sizes(applied.ledger, "event") == {"added": 30, "dropped": 90}
    texts = ROWS.select(parent="row", of="text")
    assert copies.join(texts, on="parent").filter(pl.col("text") != pl.col("of")).is_empty()


def test_repeat_has_a_limit():
    with pytest.raises(UserError, match=r"would repeat a row 499 times, and a row can have 255 copies; lower rows"):
        mixed(TrainMix(weights={"web": 0, "books": 1, "wiki": 0}, rows=10_000, shortage="repeat"))


def test_the_training_step_without_a_shortage_is_the_step_before_the_split():
    settings = {"weights": {"web": 2, "books": 1, "wiki": 1}, "rows": 40, "shortage": "less"}
    one, other = mixed(Mix(**settings)), mixed(TrainMix(**settings))
    assert other.rows.equals(one.rows)
    assert other.ledger.equals(one.ledger)


def test_the_values_of_a_column_and_of_groups():
    rows = frame(*"abcdef", kind=[1, 1, 2, 2, 2, 3], group_who=[["w"], ["w"], ["m"], ["w", "m"], ["m"], ["m"]])
    assert sizes(mixed(Mix(weights={"1": 1, "2": 1}, rows=4, by="kind"), rows).rows, "kind") == {1: 2, 2: 2}
    applied = mixed(Mix(weights={"w": 1, "m": 1}, rows=4, by="who"), rows)
    assert applied.rows.select(pl.col("group_who").list.join("+"))["group_who"].sort().to_list() == ["m", "m", "w", "w"]
    with pytest.raises(UserError, match=r"no row has the who 'women', .*; known: m, w, w\+m"):
        mixed(Mix(weights={"women": 1, "m": 1}, rows=4, by="who", shortage="less"), rows)


RECIPE = """
version: 1
name: mixed
sources: [{path: web.csv}, {path: books.csv}]
task: {kind: classification, text: text, label: label}
steps:
  - {step: mix, rows: 10, SETTINGS}
"""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("weights: {wbe: 1, books: 1}", "steps.0.weights.wbe: unknown source 'wbe'; did you mean 'web'?"),
        ("weights: {books: 1}", "steps.0.weights: the source 'web' has no weight; write web: 0 to leave it out"),
        ("weights: {web: 0, books: 0}", "steps.0: every weight is 0, so that no row could stay; give one a weight"),
        ("weights: {web: -1, books: 1}", "'steps.0.weights.web' is '-1'; write at least 0"),
        ("weights: {web: 1, books: 1}, shortage: repeat", "steps.0: shortage: repeat adds rows and may stand under"),
    ],
)
def test_mistakes_are_found_with_the_recipe(settings, message):
    with pytest.raises(UserError) as error:
        parse_recipe(RECIPE.replace("SETTINGS", settings), "r.yaml")
    assert any(str(mistake).startswith(f"r.yaml:7: {message}") for mistake in error.value.mistakes), str(error.value)


def test_a_source_needs_no_column_of_that_name():
    from curate.recipe import needed_columns

    recipe = parse_recipe(RECIPE.replace("SETTINGS", "weights: {web: 1, books: 1}"), "r.yaml")
    assert needed_columns(recipe) == ("text", "label")
    other = parse_recipe(RECIPE.replace("SETTINGS", "weights: {a: 1}, by: kind"), "r.yaml")
    assert needed_columns(other) == ("text", "label", "kind")


def test_bad_numbers():
    with pytest.raises(ValidationError):
        Mix(weights={"web": float("inf")}, rows=3)
