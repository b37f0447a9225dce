"""The alarm: which source, label or group lost most of its rows to cleaning, counted a second way by hand."""

import json

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from curate import engine
from curate.cli import app
from curate.losses import Loss, alarms, cleaning_steps, in_words, judged, losses_of, too_few_in_words
from curate.recipe_file import load_recipe
from curate.terminal import curated

RECIPE = """
version: 1
name: lost
sources: [{path: web.csv}, {path: books.csv}]
task: {kind: classification, text: text, label: label, prompt: "{text}"}
groups: {kind: {column: kind}}
steps: [{step: length, min: 8}, {step: minhash, threshold: 0.9}, {step: sample, rows: 30}]
audit: {minimum_group_size: 5}
"""


@pytest.fixture
def run(tmp_path):
    """Of 20 web rows 12 are one text and 2 are too short; of 20 books one is a copy. The few rows `rare` are all too short."""
    pages = [f"page {place} of the web with words {place * 7} and {place * 11}" for place in range(20)]
    web = ["the same page again and again"] * 13 + ["short", "brief"] + pages[:5]
    books = [f"a book about {place} things and {place * 3} others of them" for place in range(19)]
    for name, texts in (("web", web), ("books", [*books, books[0]])):
        rows = {
            "text": texts,
            "label": ["a", "b"] * 10,
            "kind": ["rare" if len(text) < 8 else "plain" for text in texts],
        }
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv")
    (tmp_path / "lost.yaml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "lost.yaml")
    return engine.curate(engine.prepare(recipe, tmp_path, tmp_path / "runs")), recipe


def test_losses_are_counted_without_what_is_drawn(run):
    found = {(loss.kind, loss.name): loss for loss in losses_of(*run)}
    assert cleaning_steps(run[1]) == ("length", "minhash")
    assert found["source", "web"] == Loss(
        kind="source", column="source", name="web", rows=20, dropped=14, step="minhash", dropped_there=12
    )
    assert found["source", "books"] == Loss(
        kind="source", column="source", name="books", rows=20, dropped=1, step="minhash", dropped_there=1
    )
    assert (found["label", "a"].dropped + found["label", "b"].dropped, found["label", "a"].rows) == (15, 20)
    assert found["kind", "rare"].share == 1
    assert "rare" not in {loss.name for loss in judged(tuple(found.values()), run[1])}, "two rows are too few to tell"
    assert next(iter(found)) == ("kind", "rare")


def test_what_lost_more_than_the_limit_is_an_alarm(run):
    found, recipe = losses_of(*run), run[1]
    (alarm,) = alarms(found, recipe)
    assert in_words(alarm) == "source web lost 70.0% of its rows to cleaning (14 of 20, 12 of them at minhash)"
    looser = recipe.model_copy(update={"audit": recipe.audit.model_copy(update={"largest_loss": 0.7})})
    assert alarms(found, looser) == ()


def test_the_terminal_tells_an_alarm_before_anyone_trains(run, capsys):
    console = Console(width=200)
    console.print(curated(run[0], None))
    assert "alarm source web lost 70.0% of its rows to cleaning" in capsys.readouterr().out


def test_what_is_too_small_for_an_alarm_is_told_beside_it(run, capsys):
    said = too_few_in_words(losses_of(*run), run[1])
    assert said == (
        "too few rows to raise an alarm (audit.minimum_group_size: 5), but more than 50% of them lost to cleaning: "
        "group rare (kind) 2 of 2"
    )
    Console(width=200).print(curated(run[0], None))
    assert f"note {said}" in capsys.readouterr().out
    lower = run[1].model_copy(update={"audit": run[1].audit.model_copy(update={"minimum_group_size": 2})})
    assert too_few_in_words(losses_of(*run), lower) == ""
    assert [in_words(loss).split(" lost")[0] for loss in alarms(losses_of(*run), lower)] == [
        "group rare (kind)",
        "source web",
    ]


def test_json_tells_an_alarm(run):
    folder = run[0].path.parent.parent
    told = CliRunner().invoke(app, ["curate", str(folder / "lost.yaml"), "--runs", str(folder / "runs"), "--json"])
    (alarm,), (doubt,) = (json.loads(told.stdout)[name] for name in ("alarms", "doubts"))
    assert doubt.startswith("too few rows to raise an alarm")
    assert alarm["sentence"].startswith("source web lost 70.0% of its rows")
    assert (alarm["kind"], alarm["name"], alarm["rows"], alarm["dropped"], alarm["limit"]) == (
        "source",
        "web",
        20,
        14,
        0.5,
    )
