"""Two runs compared: every kind of change, counted and named."""

import pytest
from asked_runs import RECIPE, ROWS, curate, write

from curate.errors import UserError
from curate.questions.diff import diff


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return write(tmp_path_factory.mktemp("diff"))


@pytest.fixture(scope="module")
def run(recipe):
    return curate(recipe)


def names(found):
    return {change.kind: [example.row for example in change.examples] for change in found.changes}


def test_a_run_is_like_itself(run):
    found = diff(run, run)
    assert (found.changes, found.settings, found.sources, found.same) == ((), (), (), 11)


def test_rows_that_changed_fate_and_the_step_that_did_it(recipe, run):
    found = diff(run, curate(recipe, "steps.1.min=11", "steps.1.max=50", "steps.4.min=1"))
    assert names(found) == {"now_dropped": ["a/4"], "now_kept": ["a/9", "a/11"]}
    steps = {change.kind: change.steps for change in found.changes}
    assert steps["now_dropped"] == (("kept", "length: too_short", 1),)
    assert steps["now_kept"] == (("length-2: too_short", "kept", 1), ("length: too_long", "kept", 1))
    assert [(change.setting, change.first, change.second) for change in found.settings] == [
        ("steps.length.min", 10, 11),
        ("steps.length.max", 40, 50),
        ("steps.length-2.min", 2, 1),
    ]
    assert found.same == 8
    assert (found.kept_first, found.kept_second) == (4, 5)
    red = next(shift for shift in found.groups if shift.group == "red")
    assert (red.rows_before, red.share_before, red.rows_after, red.share_after) == (1, 1 / 4, 3, 3 / 5)


def test_dropped_by_another_step_and_counts_beyond_the_rows_listed(recipe, run):
    found = diff(run, curate(recipe, "steps.1.min=12"), rows=1)
    changes = {change.kind: change for change in found.changes}
    assert changes["dropped_elsewhere"].rows == 2
    assert len(changes["dropped_elsewhere"].examples) == 1
    assert set(changes["dropped_elsewhere"].steps) == {
        ("letter_share: few_letters", "length: too_short", 1),
        ("length-2: too_short", "length: too_short", 1),
    }


def test_texts_and_labels_that_differ(tmp_path):
    conflict = RECIPE.replace("{step: exact}", "{step: label_conflict, resolve: keep}")
    rows = [*ROWS, ("a text that is kept", "a", "red")]
    first = curate(write(tmp_path / "one", conflict.replace("  - {step: whitespace}\n", ""), rows))
    second = curate(write(tmp_path / "two", conflict.replace("keep}", "majority}"), rows))
    found = diff(first, second)
    assert names(found) == {"other_label": ["a/8"], "other_text": ["a/4"]}
    steps = {change.kind: change.steps for change in found.changes}
    assert steps == {"other_label": (("nothing", "label_conflict", 1),), "other_text": (("nothing", "whitespace", 1),)}
    assert [change.setting for change in found.settings] == ["steps.label_conflict.resolve", "steps.whitespace"]


def test_other_sources_are_matched_by_name(tmp_path, run):
    other = curate(write(tmp_path, rows=[*ROWS[:-2], ("a new row that is kept", "a", "red")]))
    found = diff(run, other)
    assert [source.name for source in found.sources] == ["a"]
    assert names(found) == {"now_kept": ["a/11"], "only_first": ["a/12"]}
    assert names(diff(other, run)) == {"now_dropped": ["a/11"], "only_second": ["a/12"]}


def test_other_sides_and_copies(tmp_path):
    recipe = write(tmp_path, RECIPE + "split: {test: 0.5}\ntrain_steps: [{step: balance, by: [label], to: largest}]\n")
    found = diff(curate(recipe), curate(recipe, "seed=8"))
    kinds = set(names(found))
    assert "other_side" in kinds
    assert kinds <= {"other_side", "only_first", "only_second"}
    made = [did for change in found.changes if change.kind == "only_first" for did, _second, _count in change.steps]
    assert made in ([], ["made, kept in train"])


def test_a_run_that_is_not_there(tmp_path, run):
    from curate.store import RunDirectory

    with pytest.raises(UserError, match="there is no such run"):
        diff(run, RunDirectory(tmp_path / "none"))


def test_the_order_of_steps_is_a_setting(tmp_path):
    lines = RECIPE.splitlines()
    place = lines.index("  - {step: letter_share, min: 0.5}")
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    found = diff(curate(write(tmp_path / "one")), curate(write(tmp_path / "two", "\n".join(lines) + "\n")))
    (change,) = found.settings
    assert change.setting == "order of the steps"
    assert change.second == ["whitespace", "length", "exact", "letter_share", "length-2"]
