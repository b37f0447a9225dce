"""A data set card: its front matter says only what the hub knows, and its figures are those of the exported rows."""

import json
from types import SimpleNamespace

import pytest

from audit.__main__ import audit
from audit.card import _licence, _size, audit_tables, card
from audit.card_sections import HURTFUL, Exported, columns, machine_made, personal_data, sources, warnings_of
from curate import engine
from curate.export import export
from curate.recipe_file import load_finished, parse_recipe


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (999_999_999, "100M<n<1B"),
        (1_000_000_000, "1B<n<10B"),
        (10_000_000_000, "10B<n<100B"),
        (100_000_000_000, "100B<n<1T"),
        (1_000_000_000_000, "n>1T"),
    ],
)
def test_size_categories(rows, category):
    assert _size(rows) == category


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        (["MIT", "MIT"], "mit"),
        (["CC BY-SA 4.0"], "cc-by-sa-4.0"),
        (["MIT", "Apache-2.0"], "other"),
        (["MIT", None], "unknown"),
        ([], "unknown"),
        (["MIT\x1b]0;pwn\x07"], "other"),
        (["mit\ntags: [x]"], "other"),
        (["mit\n"], "other"),
        (["my own: see LICENCE"], "other"),
        ([" "], "other"),
    ],
)
def test_licence(stated, written):
    assert _licence(SimpleNamespace(sources=[SimpleNamespace(licence=name) for name in stated])) == written


TEXTS = [f"note {i} about {'she' if i % 2 else 'he'}" + (f" to a{i}@b.org" if i % 10 == 0 else "") for i in range(60)]
ROWS = [{"text": text, "label": "ha" if i % 3 == 0 else "no", "severe_toxicity": 0.5} for i, text in enumerate(TEXTS)]
MARKED = """
version: 1
name: marked
sources: [{path: a.jsonl, name: a, origin: here, licence: MIT}]
task: {kind: classification, text: text, label: label, labels: {ha: hateful, no: neutral}, positive: [ha]}
groups: {mentioned: {terms: gender}}
steps: [{step: length, min: 12}, {step: mask_pii, kinds: [email, phone]}]
split: {near_duplicates: 1.0}
train_steps: [{step: balance, by: [label], to: largest}]
audit: {replicates: 100, gates: [{metric: drop_rate, compare: difference, group: mentioned, max: 0.5}]}
"""
TALKS = """
version: 1
name: talks
sources: [{path: a.jsonl, name: a, origin: "https://x.org/hate-speech"}]
task: {kind: chat}
audit: {replicates: 100}
"""


def exported(folder, text, rows):
    """Curate rows, export them, and return the data with the folder."""
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = engine.curate(engine.prepare(parse_recipe(text, "r.yaml"), folder, folder / "runs"))
    export(run, folder / "out", "datasets")
    return Exported.of(run, load_finished(run.recipe), folder / "out"), folder / "out"


def cells(table):
    return [tuple(cell.text for cell in row.cells) for row in table.rows]


def test_what_a_card_says_of_the_rows(tmp_path):
    data, folder = exported(tmp_path, MARKED, [*ROWS, {"text": "short", "label": "no"}, {"text": 1, "label": "no"}])
    rows = data.rows.collect()
    made = rows.filter(rows["parent"].is_not_null())
    assert rows.height - made.height == 60
    [table] = machine_made(data).blocks
    assert cells(table) == [("balance", str(made.height), "repeated as it stands", "added")]
    [table] = personal_data(data).blocks
    assert cells(table) == [("email", "6", "6"), ("phone", "0", "0")]
    [table] = sources(data, 20).blocks
    assert cells(table) == [("a", "here", "MIT", "a.jsonl", "62", "1")]
    hateful = int((rows["label"] == "ha").sum())
    assert warnings_of(data) == [
        f"{hateful} rows of {rows.height} ({100 * hateful / rows.height:.1f}\u00a0%) have the label “ha” (hateful)",
        "there is a column “severe_toxicity”",
    ]
    [table] = columns(data).blocks
    told = {name: (kind, meaning) for name, kind, meaning in cells(table)}
    assert list(told) == rows.columns
    assert told["label"] == ("text", "The label: ha (hateful), no (neutral). Counted as selected: ha.")
    assert told["severe_toxicity"] == ("number", "From the source.")
    written = card(data, audit(data.run), folder)
    assert "- not-for-all-audiences\n" in written
    assert "Gates: **✓ 1 of 1 met**" in written
    assert "| 1 too short |" in written
    assert "<details>" not in written
    assert "“short”" not in audit_tables(audit(data.run)), "no text of a row that is not in the data set"


def test_what_a_card_says_of_conversations(tmp_path):
    said = [{"from": "human", "value": "hi", "weight": 1}, {"from": "gpt", "value": "ho", "weight": 0}]
    data, folder = exported(tmp_path, TALKS, [{"conversations": said}])
    [table] = sources(data, 20).blocks
    assert cells(table) == [("a", "https://x.org/hate-speech", "not stated", "a.jsonl", "sharegpt", "weight", "1", "0")]
    assert cells(columns(data).blocks[0])[-1][:2] == ("messages", "list of {role, content}")
    assert warnings_of(data) == ["the source a comes from https://x.org/hate-speech"]
    assert machine_made(data).lead == "No row was made from another one."
    assert personal_data(data).lead == "No step looked for personal data. Texts may hold what they held."
    lines = {line.what: line.value for line in audit(data.run).provenance}
    assert lines["Source a"].endswith(", taken for sharegpt; keys of its turns left out: weight")
    assert 'data["train"]' in card(data, audit(data.run), folder)


@pytest.mark.parametrize(
    "name", ["hate", "Hate speech", "canon violence", "toxicity_score", "is_racist", "severe_threat"]
)
def test_names_that_warn(name):
    assert HURTFUL.search(name)


@pytest.mark.parametrize(
    "name",
    [
        "chateau",
        "sexual_orientation",
        "neutral",
        "ham",
        "whatever",
        "offense",
        "abuser_id2",
        "non-toxic",
        "Non-hateful",
        "not_abusive",
        "is_not_toxic",
        "anti-racism",
        "no hate",
    ],
)
def test_names_that_do_not(name):
    assert not HURTFUL.search(name)
