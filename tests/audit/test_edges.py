"""Rows near a limit, in the audit of a run that the engine made: the nearest on either side, by hand."""

import pytest

from audit.report.sections import curation
from audit.run import audit_run
from curate import engine
from curate.recipe_file import load_recipe
from curate.store import RunDirectory

RECIPE = """
version: 1
name: near
sources: [{path: rows.csv}]
task: {kind: classification, text: text, label: y, positive: ["1"]}
groups: {sex: {column: sex}}
steps: [{step: length, min: 10}, {step: mask_pii, kinds: [email]}]
audit: {examples: EXAMPLES, swaps: 0}
"""


def made(folder, examples: int) -> RunDirectory:
    texts = ["x" * length for length in (3, 8, 9, 10, 12, 40)] + ["me@example.org"]
    lines = [f"{text},{place % 2},{'fm'[place % 2]}" for place, text in enumerate(texts)]
    (folder / "rows.csv").write_text("text,y,sex\n" + "\n".join(lines) + "\n")
    (folder / "near.yaml").write_text(RECIPE.replace("EXAMPLES", str(examples)))
    return engine.curate(engine.prepare(load_recipe(folder / "near.yaml"), folder, folder / "runs"))


def test_the_nearest_rows_on_either_side_with_their_groups(tmp_path):
    (edge,) = audit_run(made(tmp_path, 2)).edges
    assert (edge.step, edge.reason, edge.rows_dropped, edge.rows_kept) == ("length", "too_short", 3, 4)
    assert [(near.row, near.groups) for near in edge.dropped] == [("rows/4", ("sex: f",)), ("rows/3", ("sex: m",))]
    assert [near.row for near in edge.kept] == ["rows/5", "rows/6"]


def test_a_text_near_a_limit_is_masked(tmp_path):
    (edge,) = audit_run(made(tmp_path, 5)).edges
    assert "me@example.org" not in str(edge)
    assert "[EMAIL]" in {near.text for near in edge.kept}


@pytest.mark.parametrize(("examples", "there"), [(2, True), (0, False)])
def test_the_report_shows_them_unless_examples_are_off(tmp_path, examples, there):
    audit = audit_run(made(tmp_path, examples))
    folds = [block.summary for block in curation.section(audit).blocks if block.kind == "fold"]
    assert any("just on either side of length" in summary for summary in folds) is there
