"""Near-duplicates in the audit: figures computed a second way from the ledger, and what the report says of them."""

import hashlib

import polars as pl
import pytest
from near_duplicates.corpora import corpus, new_part, template, versions
from rich.console import Console

from audit.__main__ import audit
from audit.report.content import Cards, Curve, Prose, Table
from audit.report.sections import account, near_duplicates, outcomes, sections_of
from audit.trace import trace
from curate import engine
from curate.files import read_parquet
from curate.index_part import Origin
from curate.near_duplicates.adding import NewPart, add_part
from curate.near_duplicates.sketch import Sketching
from curate.recipe_file import load_recipe
from curate.split import read_certificate
from curate.terminal import curated
from curate.verify import verify

SKETCHING = Sketching()
RECIPE = """
version: 1
name: near
sources: [{path: rows.csv}, {path: odd.csv}]
task: {kind: classification, text: text, label: label, prompt: "{text}"}
steps: [{step: minhash, threshold: 0.6, clusters: CLUSTERS, permutations: 32}]
audit: {minimum_group_size: 5, replicates: 200}
"""


@pytest.fixture(scope="module", params=["star", "connected"])
def audited(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    for name, texts in (("rows", corpus(60, 1)), ("odd", versions(40, 2))):
        labels = ["a", "b"] * (len(texts) // 2)
        pl.DataFrame({"text": texts, "label": labels}).write_csv(folder / f"{name}.csv")
    (folder / "near.yaml").write_text(RECIPE.replace("CLUSTERS", request.param))
    run = engine.curate(engine.prepare(load_recipe(folder / "near.yaml"), folder, folder / "runs"))
    audit(run)
    from audit.__main__ import read_audit

    return request.param, run, read_audit(run)


def test_the_expected_share_missed_is_what_the_ledger_gives(audited):
    _kind, run, found = audited
    (search,) = found.near_duplicates
    lines = read_parquet(run.ledger).filter(pl.col("reason") == "near_duplicate")
    weights = [1 / (1 - (1 - value**search.band_rows) ** search.bands) for value in lines["value"]]
    (measure,) = (measure for measure in found.measures if measure.metric == "expected_missed")
    assert measure.value == pytest.approx(1 - len(weights) / sum(weights))
    assert measure.n == len(weights) > 10
    assert measure.interval.low <= measure.value <= measure.interval.high
    assert trace(run, measure.id).agrees


def test_what_only_a_chain_merged_is_counted_and_warned_of(audited):
    kind, run, found = audited
    chained = [measure for measure in found.measures if measure.metric == "chained"]
    section = near_duplicates.section(found)
    warnings = [block.text for block in section.blocks if isinstance(block, Prose)]
    if kind == "star":
        assert (chained, warnings) == ([], [])
        return
    lines = read_parquet(run.ledger).filter(pl.col("event") == "dropped")
    count = int((lines["reason"] == "chained_near_duplicate").sum())
    assert (chained[0].numerator, chained[0].n) == (count, lines.height)
    assert count > 5
    assert f"{count} of {lines.height} rows that minhash dropped for one that stays are not like it" in warnings[0]
    assert trace(run, chained[0].id).agrees


def test_the_report_shows_the_curve_and_its_numbers(audited):
    _kind, _run, found = audited
    section = near_duplicates.section(found)
    (curve,) = (block for block in section.blocks if isinstance(block, Curve))
    (search,) = found.near_duplicates
    assert (search.bands * search.band_rows <= 32, search.found_at_threshold >= 0.95) == (True, True)
    assert dict(curve.points)[0.6] == pytest.approx(search.found_at_threshold)
    table = [block for block in section.blocks if isinstance(block, Table)][-1]
    shown = dict(
        zip((column.heading for column in table.columns), (cell.text for cell in table.rows[0].cells), strict=True)
    )
    assert shown["0.6"] == f"{100 * search.found_at_threshold:.1f}\u00a0%"
    assert shown["1"] == "100.0\u00a0%"
    assert "near-duplicates" in [each.anchor for each in sections_of(found)]


def test_merged_rows_of_different_labels_are_counted_as_the_source_has_them(audited):
    _kind, run, found = audited
    lines = read_parquet(run.ledger).filter(pl.col("event") == "dropped")
    labels = dict(read_parquet(run.source).select("row", "label").iter_rows())
    unlike = [labels[row] != labels[other] for row, other in lines.select("row", "other_row").iter_rows()]
    (measure,) = (measure for measure in found.measures if measure.metric == "other_label")
    assert (measure.numerator, measure.n) == (sum(unlike), lines.height)
    assert 5 < sum(unlike) < lines.height
    assert trace(run, measure.id).agrees


def test_what_a_chain_merged_is_among_the_examples_and_in_the_terminal(audited, capsys):
    kind, run, found = audited
    reasons = {example.reason for example in found.examples}
    Console(width=400).print(curated(run, None))
    shown = capsys.readouterr().out
    if kind == "star":
        assert (reasons, "chain" in shown) == ({"near_duplicate"}, False)
        return
    assert reasons == {"near_duplicate", "chained_near_duplicate"}
    assert f"fairlead audit {run.path}, then fairlead trace {run.path} chained.minhash lists them" in shown


def test_what_rows_were_held_against_is_in_the_report(tmp_path):
    texts = corpus(20, 5)
    pl.DataFrame({"text": texts, "label": ["a", "b"] * (len(texts) // 2)}).write_csv(tmp_path / "rows.csv")
    pl.DataFrame({"said": [texts[3]], "by": ["x"]}).write_ndjson(tmp_path / "old.jsonl")
    index = add_part(
        tmp_path / "seen", new_part("first", [pl.DataFrame({"name": ["n/1"], "text": [texts[5]]})]), SKETCHING
    )
    (part,) = index.record.parts
    recipe = RECIPE.replace("sources: [{path: rows.csv}, {path: odd.csv}]", "sources: [{path: rows.csv}]")
    recipe = recipe.replace(
        "CLUSTERS, permutations: 32", "star, against: [old.jsonl, seen], against_columns: [said, by]"
    )
    (tmp_path / "near.yaml").write_text(recipe)
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "near.yaml"), tmp_path, tmp_path / "runs"))
    audit(run)
    from audit.__main__ import read_audit

    found = read_audit(run)
    table = next(
        block for block in near_duplicates.section(found).blocks if "held against" in getattr(block, "caption", "")
    )
    digest = hashlib.sha256((tmp_path / "old.jsonl").read_bytes()).hexdigest()
    assert [tuple(cell.text for cell in row.cells) for row in table.rows] == [
        ("old.jsonl", "", "", "", ""),
        ("seen/index.json", "first", "first.jsonl", "text", "1"),
    ]
    told = [line.value for line in found.provenance if line.what == "Step minhash read"]
    assert told[0] == f"old.jsonl, SHA-256 {digest}"
    assert told[1].startswith("seen/index.json, first (1 row of first.jsonl), SHA-256 ")
    assert run.read_manifest().files[1].parts == (part,)
    (measure,) = (measure for measure in found.measures if measure.metric == "other_label")
    stayed = read_parquet(run.ledger).filter(pl.col("reason") == "near_duplicate").height
    assert (measure.n, stayed < found.steps[-1].dropped) == (stayed, True), "an older row has no label to compare"
    older = [example for example in found.examples if example.reason == "near_duplicate_of_older"]
    assert {example.other_row for example in older} <= {"n/1 of seen", "old/1 of old.jsonl"}
    assert older


def test_an_index_that_holds_the_text_of_other_columns_is_told(tmp_path, capsys):
    """Where an index holds questions with their answers, a question alone is not found in it."""
    pl.DataFrame({"text": ["the text"], "label": ["a"]}).write_csv(tmp_path / "rows.csv")
    frame = pl.DataFrame({"name": ["n/1"], "text": ["a question and its answer"]})
    add_part(
        tmp_path / "seen", NewPart("first", Origin(data="x.jsonl", text=("question", "answer")), [frame]), SKETCHING
    )
    recipe = RECIPE.replace("sources: [{path: rows.csv}, {path: odd.csv}]", "sources: [{path: rows.csv}]")
    (tmp_path / "near.yaml").write_text(recipe.replace("CLUSTERS, permutations: 32", "star, against: [seen]"))
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "near.yaml"), tmp_path, tmp_path / "runs"))
    said = "the text compared is text, that of 1 older row is question + answer"
    Console(width=400).print(curated(run, None))
    assert f"note minhash against seen/index.json: {said}" in capsys.readouterr().out
    audit(run)
    from audit.__main__ import read_audit

    (warning, *_rest) = (block for block in near_duplicates.section(read_audit(run)).blocks if isinstance(block, Prose))
    assert warning.text.startswith(f"Warning: seen/index.json: {said}")


def test_an_alarm_is_the_first_card(audited):
    _kind, run, found = audited
    (alarm,) = found.alarms
    assert alarm.sentence.startswith("source odd lost ")
    card = next(block for block in outcomes.section(found).blocks if isinstance(block, Cards)).cards[0]
    assert (card.outcome, card.ids) == ("alarm", ("lost.source.odd",))
    assert trace(run, "lost.source.odd").agrees


def test_an_audit_without_such_a_step_has_no_section(audited):
    assert near_duplicates.section(audited[2].model_copy(update={"near_duplicates": ()})) is None


def test_names_that_look_alike_and_an_attribute_called_source_are_flagged_apart(tmp_path):
    rows = {"text": ["short"] * 20 + [f"text {place} is long enough" for place in range(20)], "g": ["x"] * 40}
    rows["label"] = ["yes!", "yes?"] * 10 + ["no"] * 20
    pl.DataFrame(rows).write_csv(tmp_path / "web.csv")
    recipe = RECIPE.replace(
        "sources: [{path: rows.csv}, {path: odd.csv}]", "sources: [{path: web.csv}]\ngroups: {source: {column: g}}"
    )
    recipe = recipe.replace("CLUSTERS", "star").replace("steps: [", "steps: [{step: length, min: 8}, ")
    (tmp_path / "near.yaml").write_text(recipe.replace("{minimum", "{largest_loss: 0.4, minimum"))
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "near.yaml"), tmp_path, tmp_path / "runs"))
    audit(run)
    from audit.__main__ import read_audit

    found = read_audit(run)
    told = [alarm.sentence.partition(" lost")[0] for alarm in found.alarms]
    assert told == ["label yes!", "label yes?", "source web", "group x (source)"]
    assert all(trace(run, alarm.measure).agrees for alarm in found.alarms)


def test_rows_that_were_not_all_compared_are_told_wherever_a_person_looks(few_compared, tmp_path, capsys):
    texts = template(200, 11, words=40, holes=12)
    pl.DataFrame({"text": texts, "label": ["a", "b"] * 100}).write_csv(tmp_path / "forms.csv")
    recipe = RECIPE.replace("sources: [{path: rows.csv}, {path: odd.csv}]", "sources: [{path: forms.csv}]")
    recipe = recipe.replace("CLUSTERS, permutations: 32", "star").replace("threshold: 0.6", "threshold: 0.8")
    (tmp_path / "near.yaml").write_text(recipe + "split: {validation: 0.2, test: 0.3}\n")
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "near.yaml"), tmp_path, tmp_path / "runs"))
    noted = read_parquet(run.ledger).filter(pl.col("reason") == "not_all_compared")
    unsure = read_certificate(run.certificate).not_all_compared
    assert min(noted.height, unsure) > 5
    Console(width=200).print(curated(run, None))
    shown = capsys.readouterr().out
    assert f"not sure {unsure} rows share a band with more rows than are compared" in shown
    assert f"{unsure} rows share a band" in " ".join(verify(run))
    audit(run)
    from audit.__main__ import read_audit

    found = read_audit(run)
    prose = [block.text for block in near_duplicates.section(found).blocks if isinstance(block, Prose)]
    assert prose[0].startswith(f"Warning: {noted.height} rows share a band with more rows than are compared")
    prose = [block.text for block in account.section(found).blocks if isinstance(block, Prose)]
    assert any(text.startswith(f"Not sure: {unsure} rows share a band") for text in prose)
