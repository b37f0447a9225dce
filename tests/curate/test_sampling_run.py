"""Sampling in a whole run: what each side holds afterwards, and what is said of it."""

import polars as pl
import pytest

from curate import engine
from curate.errors import UserError
from curate.files import read_parquet
from curate.recipe_file import parse_recipe
from curate.store import RunDirectory
from curate.verify import verify

RECIPE = """
version: 1
name: sampled
sources: [{path: web.csv}, {path: books.csv}]
task: {kind: classification, text: text, label: label}
groups: {who: {column: who}}
steps:
  - {step: date_window, column: at, earliest: 2020-01-02}
  - {step: cap, by: [source, who], rows: 60}
  - {step: mix, weights: {web: 0.75, books: 0.25}, rows: 120}
  - {step: sample, rows: 100, by: [label, source]}
split: {test: 0.2, validation: 0.1}
train_steps:
  - {step: mix, weights: {web: 1, books: 1}, rows: 80, shortage: repeat}
  - {step: balance, by: [label, who], method: weights}
"""


@pytest.fixture
def folder(tmp_path):
    for name, count in (("web", 200), ("books", 60)):
        place = pl.int_range(1, count + 1, eager=True)
        pl.DataFrame(
            {
                "text": [f"{name} says {number} {number * 7919 % 1000}" for number in place],
                "label": ["yes" if number % 3 else "no" for number in place],
                "who": ["b" if number % 5 == 0 else "a" for number in place],
                "at": ["2020-01-01T23:59:59Z" if number <= 10 else "2020-01-02" for number in place],
            }
        ).write_csv(tmp_path / f"{name}.csv")
    return tmp_path


def curated(folder, text: str = RECIPE) -> RunDirectory:
    run = engine.curate(engine.prepare(parse_recipe(text, "r.yaml"), folder, folder / "runs"))
    verify(run)
    return run


COPIES = "{step: mix, weights: {web: 1, books: 1}, rows: ROWS, shortage: repeat}"


def test_the_number_of_a_copy_that_is_gone_is_not_given_again(folder):
    again = [COPIES.replace("ROWS", rows) for rows in ("120", "60", "130")]
    run = curated(folder, RECIPE.partition("train_steps:")[0] + f"train_steps: [{', '.join(again)}]\n")
    ledger = read_parquet(run.ledger).filter(pl.col("place") > 4)
    made = ledger.filter(pl.col("event") == "added")
    gone = ledger.filter((pl.col("event") == "dropped") & pl.col("row").is_in(made["row"].implode()))
    assert made["step"].n_unique() == 2
    assert gone.height, "some copies were dropped in between"
    assert made["row"].n_unique() == made.height


def test_a_run_with_every_kind_of_sampling(folder):
    run = curated(folder)
    train, validation, test = (read_parquet(run.data(side)) for side in ("train", "validation", "test"))
    assert dict(train.group_by("source").len().iter_rows()) == {"web": 40, "books": 40}
    assert train["row_weight"].mean() == pytest.approx(1)
    cells = train.group_by("label", "who").agg(pl.col("row_weight").sum())["row_weight"]
    assert cells.to_list() == pytest.approx([20] * 4), "every cell counts the same"
    assert validation.height + test.height + train["parent"].is_null().sum() <= 100
    for held_out in (validation, test):
        assert held_out["row_weight"].null_count() == held_out["parent"].null_count() == held_out.height
    kept = pl.concat([train.filter(pl.col("parent").is_null()), validation, test])
    ledger = read_parquet(run.ledger)
    events = dict(
        ledger.group_by("step", "reason")
        .len()
        .select(pl.concat_str("step", "reason", separator=" "), "len")
        .iter_rows()
    )
    assert (events["date_window too_old"], events["sample not_sampled"]) == (20, 20)
    assert kept.height == 260 - ledger.filter(pl.col("event") == "dropped").height
    assert events["mix-2 added"] == train["parent"].count()
    assert ledger.filter(pl.col("reason") == "cell_weight")["value"].max() == pytest.approx(train["row_weight"].max())


def test_a_shortage_stops_the_run_and_says_what_would_do(folder):
    with pytest.raises(UserError, match=r"source 'books' has 50 rows, and the mixture needs 60; lower rows to 100"):
        curated(folder, RECIPE.replace("{web: 0.75, books: 0.25}, rows: 120", "{web: 0.5, books: 0.5}, rows: 120"))


def test_names_that_are_ours_or_unknown(folder):
    web = pl.read_csv(folder / "web.csv")
    web.with_columns(row_weight=1.0).write_csv(folder / "web.csv")
    text = RECIPE.replace("by: [label, source]", "by: [lable, source]")
    with pytest.raises(UserError) as error:
        curated(folder, text)
    said = [str(mistake) for mistake in error.value.mistakes]
    assert "web.csv: the column name 'row_weight' is ours; rename it: columns: {row_weight_: row_weight}" in said
    assert any(line.startswith("books.csv: has no column 'lable'; did you mean 'label'") for line in said), said


def test_weights_are_set_once():
    again = RECIPE + "  - {step: balance, by: [label], method: weights}\n"
    with pytest.raises(UserError, match=r"train_steps.2: fills row_weight again; keep one of the two steps"):
        parse_recipe(again, "r.yaml")
