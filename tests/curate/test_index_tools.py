"""The commands on an index: a run's rows and a file's, what is told, and what a user may do wrong."""

import json

import polars as pl
import pytest
from near_duplicates.corpora import template
from typer.testing import CliRunner

from curate.cli import app

RECIPE = """
version: 1
name: small
sources: [{path: rows.csv}]
task: {kind: classification, text: text, label: label, prompt: "{text}"}
split: {test: 0.3, validation: 0}
"""


def fairlead(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A finished run of forty rows, a file of new rows, and a file of two columns."""
    monkeypatch.chdir(tmp_path)
    texts = [f"row {place} says {place * 7} things of its own, {place % 3} of them odd" for place in range(40)]
    pl.DataFrame({"text": texts, "label": ["a", "b"] * 20}).write_csv("rows.csv")
    (tmp_path / "small.yaml").write_text(RECIPE)
    code, _out, said = fairlead("curate", "small.yaml")
    assert code == 0, said
    pl.DataFrame({"said": [texts[3], texts[30], "nothing of the kind", None]}).write_ndjson("new.jsonl")
    pl.DataFrame({"one": ["a b"], "two": ["c d"]}).write_ndjson("two.jsonl")
    return tmp_path


def run_of(folder):
    return next(path for path in (folder / "runs").iterdir() if path.name.startswith("small-"))


def test_rows_of_a_run_are_found_again(folder):
    run = run_of(folder)
    code, out, _err = fairlead("index", "add", "seen", run)
    assert (code, "40 rows; shingles of 3 words, 128 permutations, seed 1" in out) == (0, True)
    code, out, _err = fairlead("index", "match", "seen", "new.jsonl")
    assert (code, "2 of 4 rows (50.0%)" in " ".join(out.split())) == (0, True)
    code, out, _err = fairlead("index", "match", "seen", "new.jsonl", "--json", "--output", "hits.parquet")
    told = json.loads(out)
    assert told["hits"] == [["new/1", "rows/5", 1.0], ["new/2", "rows/32", 1.0]]
    assert told["found_at_threshold"] >= 0.95
    assert pl.read_parquet("hits.parquet").rows() == [("new/1", "rows/5", 1.0), ("new/2", "rows/32", 1.0)]
    code, out, _err = fairlead("index", "match", "seen", "new.jsonl", "--rows", 1)
    assert "and 1 more" in out
    assert json.loads(fairlead("index", "verify", "seen", "--json")[1]) == {"files": 4, "rows": 40}


def test_sides_of_a_run_are_parts_of_their_own(folder):
    run = run_of(folder)
    assert fairlead("index", "add", "seen", run, "--side", "train")[0] == 0
    assert fairlead("index", "add", "seen", "new.jsonl", "--name", "later")[0] == 0
    told = json.loads(fairlead("index", "list", "seen", "--json")[1])
    assert [(part["name"], part["rows"]) for part in told["parts"]] == [(f"{run.name}.train", 28), ("later", 4)]
    found = json.loads(fairlead("index", "match", "seen", run, "--side", "test", "--json")[1])
    assert (found["rows"], found["older_rows"]) == (12, 32)
    test = set(pl.read_parquet(run / "data" / "test.parquet")["row_name"])
    assert {row for row, _older, _value in found["hits"]} == {"rows/5", "rows/32"} & test


def test_an_index_keeps_its_settings(folder):
    assert (
        fairlead("index", "add", "seen", "new.jsonl", "--unit", "characters", "--shingle", 5, "--permutations", 64)[0]
        == 0
    )
    assert fairlead("index", "add", "seen", "two.jsonl", "--text", "two", "--text", "one")[0] == 0
    told = json.loads(fairlead("index", "list", "seen", "--json")[1])
    assert (told["unit"], told["shingle"], told["permutations"], len(told["parts"])) == ("characters", 5, 64, 2)


@pytest.mark.parametrize(("arguments", "told"), [
    (("add", "seen", "gone.jsonl"), "there is no such file or run"),
    (("add", "seen", "small.yaml"), "cannot be read"),
    (("add", "seen", "two.jsonl"), "2 columns that hold text (one, two); name those that are meant: --text COLUMN"),
    (("add", "seen", "two.jsonl", "--text", "three"), "three"),
    (("add", "seen", "new.jsonl", "--side", "test"), "is no run"),
    (("add", "seen", "RUN", "--text", "text"), "has no effect on a run"),
    (("add", "seen", "RUN", "--side", "tset"), "its sides: train, validation, test"),
    (("match", "gone", "new.jsonl"), "is no index"),
    (("list", "gone"), "is no index"),
    (("match", "kept", "new.jsonl", "--output", "hits.txt"), "has no known ending"),
    (("match", "kept", "new.jsonl", "--output", "two.jsonl"), "exists already"),
    (("match", "kept", "new.jsonl", "--threshold", "0.01", "--recall", "0.999"), "make an index with --permutations 688"),
    (("add", "kept", "new.jsonl", "--shingle", "5"), "was made with shingle 3"),
    (("add", "kept", "new.jsonl"), "holds 'new' already"),
])  # fmt: skip
def test_mistakes_are_told_and_change_nothing(folder, arguments, told):
    assert fairlead("index", "add", "kept", "new.jsonl")[0] == 0
    before = sorted(path for path in folder.rglob("*") if ".cache" not in path.parts)
    named = [str(run_of(folder)) if argument == "RUN" else argument for argument in arguments]
    code, _out, said = fairlead("index", *named)
    assert code == 2
    assert told in " ".join(said.split())
    assert sorted(path for path in folder.rglob("*") if ".cache" not in path.parts) == before


def test_check_says_how_an_index_that_is_not_there_is_made(folder):
    (folder / "next.yaml").write_text(RECIPE + "steps: [{step: minhash, against: [older/seen]}]\n")
    code, _out, said = fairlead("check", "next.yaml")
    assert code == 2
    assert "make the index: fairlead index add older/seen DATA" in " ".join(said.split())


def test_a_recipe_drops_what_an_index_holds(folder):
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + "steps: [{step: minhash, against: [seen]}]\n")
    code, _out, said = fairlead("curate", "next.yaml")
    assert code == 0, said
    run = next(path for path in (folder / "runs").iterdir() if path.name.startswith("next-"))
    told = json.loads(fairlead("explain", run, "rows/5", "--json")[1])["events"][-1]["in_words"]
    assert told == "minhash: dropped (near_duplicate_of_older); similarity 1 (limit 0.8) to the older row new/1"
    assert fairlead("curate", "next.yaml")[2].strip().endswith("unchanged since the last run")
    assert fairlead("index", "add", "seen", "rows.csv", "--text", "text")[0] == 0
    code, _out, said = fairlead("curate", "next.yaml")
    assert "unchanged since the last run" not in said, "the index has changed"


def test_rows_that_could_not_be_compared_with_all_are_told(folder, few_compared):
    texts = template(200, 11, words=40, holes=12)
    for name, part in (("old", texts[:150]), ("new_forms", texts[150:])):
        pl.DataFrame({"text": part}).write_ndjson(folder / f"{name}.jsonl")
    assert fairlead("index", "add", "forms", "old.jsonl")[0] == 0
    found = json.loads(fairlead("index", "match", "forms", "new_forms.jsonl", "--json")[1])
    unsure = found["not_all_compared"]
    assert len(unsure) > 5
    assert not set(unsure) & {row for row, _older, _value in found["hits"]}
    said = " ".join(fairlead("index", "match", "forms", "new_forms.jsonl")[1].split())
    assert f"not sure {len(unsure)} rows share a band with more rows than are compared" in said
