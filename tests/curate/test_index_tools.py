"""The commands on an index: a run's rows and a file's, what is told, and what a user may do wrong."""

import hashlib
import json

import polars as pl
import pytest
from near_duplicates.corpora import template
from typer.testing import CliRunner

from curate.cli import app
from curate.near_duplicates import matching
from curate.steps import minhash
from curate.steps.minhash import Minhash

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
    assert (told["text"], told["other_text"].split(":")[0]) == (
        ["said"],
        "the text compared is said, that of 40 older rows is text",
    )
    assert pl.read_parquet("hits.parquet").rows() == [("new/1", "rows/5", 1.0), ("new/2", "rows/32", 1.0)]
    code, out, _err = fairlead("index", "match", "seen", "new.jsonl", "--rows", 1)
    assert "and 1 more" in out
    assert "not sure the text compared is said, that of 40 older rows is text" in " ".join(out.split())
    out = fairlead("index", "match", "seen", "new.jsonl", "--rows", 0, "--output", "hits.csv")[1]
    assert ("all 2 are in hits.csv" in out, "older row " in out) == (True, False)
    assert "not sure" not in fairlead("index", "match", "seen", run, "--text", "text")[1]
    assert json.loads(fairlead("index", "verify", "seen", "--json")[1]) == {"files": 4, "rows": 40}


def test_sides_of_a_run_are_parts_of_their_own(folder):
    run = run_of(folder)
    assert fairlead("index", "add", "seen", run, "--side", "train")[0] == 0
    assert fairlead("index", "add", "seen", "new.jsonl", "--name", "later")[0] == 0
    told = json.loads(fairlead("index", "list", "seen", "--json")[1])
    assert [(part["name"], part["rows"]) for part in told["parts"]] == [(f"{run.name}.train", 28), ("later", 4)]
    key = json.loads((run / "manifest.json").read_text())["phases"]["curate"]["key"]
    assert told["parts"][0]["origin"] == {"data": str(run), "side": "train", "digest": key, "text": ["text"]}
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
    (("add", "seen", "RUN", "--text", "label"), "is no text of this run"),
    (("add", "small.yaml", "new.jsonl"), "is a file; name the folder of an index"),
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
    """It is looked for beside the recipe, wherever the command runs."""
    (folder / "sub").mkdir()
    for place in ("", "sub/"):
        (folder / place / "next.yaml").write_text(RECIPE + "steps: [{step: minhash, against: [older/seen]}]\n")
        code, _out, said = fairlead("check", f"{place}next.yaml")
        assert code == 2
        assert f"make the index: fairlead index add {place}older/seen DATA" in " ".join(said.split())


def test_a_recipe_drops_what_an_index_holds(folder):
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + "steps: [{step: minhash, against: [seen]}]\n")
    code, _out, said = fairlead("curate", "next.yaml")
    assert code == 0, said
    run = next(path for path in (folder / "runs").iterdir() if path.name.startswith("next-"))
    told = json.loads(fairlead("explain", run, "rows/5", "--json")[1])["events"][-1]["in_words"]
    assert told == "minhash: dropped (near_duplicate_of_older); similarity 1 (limit 0.8) to the older row new/1 of seen"
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


def damage(folder, name):
    file = folder / "seen" / "parts" / "new" / name
    content = bytearray(file.read_bytes())
    content[-8:] = b"damaged!"
    file.write_bytes(content)


@pytest.mark.parametrize("name", ["signatures.npy", "shingles.npy"])
def test_nothing_is_held_against_a_damaged_index(folder, name):
    """Not a row would be found, and the recipe's result would be kept as that of the index as it was."""
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    damage(folder, name)
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + "steps: [{step: minhash, against: [seen]}]\n")
    for command in (("index", "match", "seen", "new.jsonl"), ("check", "next.yaml"), ("curate", "next.yaml")):
        code, _out, said = fairlead(*command)
        assert (code, "is not what was added" in " ".join(said.split())) == (2, True), command
    assert not [path for path in (folder / "runs").iterdir() if path.name.startswith("next-")]


def test_what_was_found_in_an_index_that_is_damaged_meanwhile_is_not_kept(folder, monkeypatch):
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + "steps: [{step: minhash, against: [seen]}]\n")
    arrays = folder / "seen" / "parts" / "new" / "shingles.npy"
    whole = arrays.read_bytes()
    for module, command in ((minhash, ("curate", "next.yaml")), (matching, ("index", "match", "seen", "new.jsonl"))):
        candidates = module.candidates

        def damaged(*given, candidates=candidates, **more):
            damage(folder, "shingles.npy")
            return candidates(*given, **more)

        monkeypatch.setattr(module, "candidates", damaged)
        code, _out, said = fairlead(*command)
        assert (code, "is not what was added" in " ".join(said.split())) == (2, True), said
        monkeypatch.setattr(module, "candidates", candidates)
        arrays.write_bytes(whole)
    assert fairlead("curate", "next.yaml")[0] == 0
    run = next(path for path in (folder / "runs").iterdir() if path.name.startswith("next-"))
    account = {step["step"]: step["dropped"] for step in json.loads((run / "manifest.json").read_text())["steps"]}
    assert account["minhash"] == 2


def test_a_run_keeps_what_its_rows_were_held_against(folder):
    """An index that has grown since is not what the run saw; the parts that it saw are named with their digests."""
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + "steps: [{step: minhash, against: [seen]}]\n")
    before = (folder / "seen" / "index.json").read_bytes()
    code, _out, said = fairlead("curate", "next.yaml")
    assert code == 0, said
    assert fairlead("index", "add", "seen", "two.jsonl", "--text", "one")[0] == 0
    run = next(path for path in (folder / "runs").iterdir() if path.name.startswith("next-"))
    (file,) = json.loads((run / "manifest.json").read_text())["files"]
    assert (file["step"], file["path"]) == ("minhash", "seen/index.json")
    assert file["sha256"] == hashlib.sha256(before).hexdigest()
    assert file["parts"] == json.loads(before)["parts"]
    digest = hashlib.sha256((folder / "new.jsonl").read_bytes()).hexdigest()
    origin = {"data": "new.jsonl", "side": None, "digest": digest, "text": ["said"]}
    assert [(part["origin"], part["rows"]) for part in file["parts"]] == [(origin, 4)]


def test_an_index_that_grows_or_goes_while_a_step_reads_it_is_told(folder, monkeypatch):
    """Its result would be kept under the digest of what the index was before."""
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + "steps: [{step: minhash, against: [seen]}]\n")
    choose = Minhash.choose

    def grown(step, facts, context):
        chosen = choose(step, facts, context)
        assert fairlead("index", "add", "seen", "rows.csv", "--text", "text")[0] == 0
        return chosen

    def gone(step, facts, context):
        chosen = choose(step, facts, context)
        (folder / "seen" / "index.json").rename(folder / "elsewhere.json")
        return chosen

    for change in (grown, gone):
        monkeypatch.setattr(Minhash, "choose", change)
        code, _out, said = fairlead("curate", "next.yaml")
        assert (code, "seen/index.json: changed while it was read" in " ".join(said.split())) == (2, True), said
    (folder / "elsewhere.json").rename(folder / "seen" / "index.json")
    monkeypatch.setattr(Minhash, "choose", choose)
    assert fairlead("curate", "next.yaml")[0] == 0
    run = next(path for path in (folder / "runs").iterdir() if path.name.startswith("next-"))
    account = {step["step"]: step["dropped"] for step in json.loads((run / "manifest.json").read_text())["steps"]}
    assert account["minhash"] == 40, "all rows are in the index now"


def test_missing_and_unfit_older_files_are_told_together(folder):
    assert fairlead("index", "add", "seen", "new.jsonl")[0] == 0
    steps = "steps: [{step: minhash, shingle: 5, against: [seen, gone, two.jsonl], against_columns: [three]}]\n"
    (folder / "next.yaml").write_text(RECIPE.replace("small", "next") + steps)
    code, _out, said = fairlead("check", "next.yaml")
    said = " ".join(said.split())
    assert code == 2
    for told in (
        "gone/index.json: there is no such file",
        "was made with shingle 3",
        "has no column 'three'",
        "3 mistakes",
    ):
        assert told in said
