"""What is wrong is told in one go before work starts: form, files, columns, rows; each with the line of the recipe."""

import json
from pathlib import Path

import pytest
import typer

from curate import phases
from curate.commands import recipes
from curate.errors import UserError
from curate.recipe_file import with_lines

BOTH = """\
version: 1
name: both
sources:
  - {path: gone.csv}
  - path: a.csv
    name: a
task: {kind: classification, text: text, label: lable, labels: {a: x, b: y}}
groups:
  who: {terms: gendr}
  where: {column: plac}
steps:
  - {step: lenght, min: 20}
  - step: c4_word_list
    words: none.txt
  - step: where
    sql: scor > 4
split:
  stratify: [nothing]
audit:
  gates:
    - {metric: drop_rate, compare: ratio, group: whoo, min: 0.8}
"""
GOOD = """\
version: 1
name: good
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "a.csv").write_text(
        "text,label,score,day,mixed,none,some\n"
        "hello there,a,3,2020-01-01,2020-01-01,,\n"
        "good bye,b,5,2021-01-01,01/02/2025,,7\n"
    )
    return tmp_path


def told(folder: Path, text: str, *overrides: str) -> list[str]:
    """Return the mistakes that `check` tells, without the folder and the hints."""
    path = folder / "r.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        phases.check(phases.load(path, overrides), path, overrides)
    found = with_lines(caught.value.mistakes, path, overrides)
    return [f"{mistake.where}: {mistake.what}".replace(str(path), "r.yaml") for mistake in found]


def test_mistakes_of_every_kind_are_told_at_once_in_the_order_of_lines(folder):
    assert told(folder, BOTH) == [
        "r.yaml:4: gone.csv: there is no such file",
        "r.yaml:7: a.csv: has no column 'lable'",
        "r.yaml:9: groups.who: there is no term list 'gendr'",
        "r.yaml:10: a.csv: has no column 'plac'",
        "r.yaml:12: unknown step 'lenght'",
        "r.yaml:14: step 'c4_word_list': none.txt: there is no such file",
        "r.yaml:16: a.csv: has no column 'scor'",
        "r.yaml:18: a.csv: has no column 'nothing'",
        "r.yaml:21: audit.gates.0.group: unknown attribute 'whoo'",
    ]


def test_mistakes_of_files_alone_have_lines_too(folder):
    sound = BOTH.replace("lenght", "length").replace("whoo", "who")
    lines = [line.split(" ")[0] for line in told(folder, sound)]
    assert lines == ["r.yaml:4:", "r.yaml:7:", "r.yaml:9:", "r.yaml:10:", "r.yaml:14:", "r.yaml:16:", "r.yaml:18:"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("sources: [{path: a.csv, nme: x}]", ["r.yaml:3: unknown key 'sources.0.nme'"]),
        ("sources: [{path: a.csv, colums: {place: score}}]", ["r.yaml:3: unknown key 'sources.0.colums'"]),
        ("sources: [{path: gone.csv, nme: x}]", ["unknown key", "r.yaml:3: gone.csv: there is no such file"]),
        ("sources: [{pth: a.csv}]", ["r.yaml:3: unknown key 'sources.0.pth'"]),
        ("sources: [{path: a.csv}]\ngropus: {target: {column: score}}", ["r.yaml:4: unknown key 'gropus'"]),
        (
            "sources: [{path: a.csv}]\ngroups: {target: {colum: score}}",
            ["r.yaml:4: unknown key 'groups.target.colum'"],
        ),
        ("sources: 3", ["r.yaml:3: 'sources' is '3'"]),
    ],
)
def test_what_follows_from_a_mistake_is_no_mistake(folder, wrong, expected):
    more = (
        "steps: [{step: length, min: 1}]\nsplit: {stratify: [target]}\n"
        "audit: {gates: [{metric: drop_rate, compare: ratio, group: target, min: 0.8}]}\n"
    )
    if "target" not in wrong:
        more = "steps: [{step: mix, weights: {SOURCE: 1}, rows: 1}]\nsplit: {stratify: [label]}\n"
        more = more.replace("SOURCE", "x" if "nme: x" in wrong else "a")
    found = told(folder, GOOD.replace("sources: [{path: a.csv}]", wrong) + more)
    assert len(found) == len(expected), found
    assert [part for part, line in zip(expected, found, strict=True) if part not in line] == []


@pytest.mark.parametrize(
    "wrong", ["kind: clasification", "kind: classification, txt: text", "kind: classification, positive: 3"]
)
def test_a_mistaken_task_hides_no_missing_file(folder, wrong):
    text = GOOD.replace("kind: classification, text: text", wrong).replace("a.csv", "gone.csv")
    found = told(folder, text + "steps: [{step: length, min: 1}]\n")
    assert found[0] == "r.yaml:3: gone.csv: there is no such file"
    assert [line for line in found if "task" not in line and "kind" not in line] == found[:1]


def test_an_override_is_where_its_mistake_is(folder):
    assert told(folder, GOOD, "sources.0.path=gone.csv", "task.text=txt") == [
        "--set sources.0.path: gone.csv: there is no such file"
    ]
    assert told(folder, GOOD, "task.text=txt")[0] == "--set task.text: a.csv: has no column 'txt'"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{step: where, sql: score > 4}", "r.yaml:5: step 'where': its condition does not fit the columns' types"),
        ("{step: date_window, column: day, latest: 2021-01-01, format: '%d/%m/%Y'}", "r.yaml:5: step 'date_window': in the first 2 rows no date of column 'day' can be read as %d/%m/%Y (one is '2020-01-01')"),
        ("{step: label_conflict, resolve: newest, date: score}", "r.yaml:5: step 'label_conflict': in the first 2 rows no date of column 'score'"),
        ("{step: exact, keep: [{newest: score}]}", "r.yaml:5: step 'exact': in the first 2 rows no date of column 'score' can be read as iso8601"),
        ("{step: exact, keep: [longest, {highest: text}]}", "r.yaml:5: step 'exact': the first rows hold no number in column 'text' (the first is 'hello there')"),
        ("{step: minhash, keep: [{lowest: label}]}", "r.yaml:5: step 'minhash': the first rows hold no number in column 'label' (the first is 'a')"),
        ("{step: label_conflict, resolve: newest, date: mixed}", "r.yaml:5: step 'label_conflict': in the first 2 rows 1 of 2 dates of column 'mixed' cannot be read as iso8601"),
        ("{step: exact, keep: [{oldest: mixed}]}", "r.yaml:5: step 'exact': in the first 2 rows 1 of 2 dates of column 'mixed' cannot be read as iso8601 (one is '01/02/2025')"),
    ],
)  # fmt: skip
def test_a_step_that_does_not_fit_the_first_rows_is_told(folder, step, expected):
    (found,) = told(folder, f"{GOOD}steps: [{step}]\n")
    assert found.startswith(expected)


OBJECTS = """\
{"text": "a", "label": "a", "tags": ["p", "q"], "marks": [1.5], "size": 3, "in": {"depth": 1}, "nothing": null, "it is": true}
{"text": "b", "label": "b", "tags": ["r"], "marks": [], "size": 4, "in": {"depth": 2}, "nothing": null, "it is": false}
"""


@pytest.mark.parametrize(
    ("sql", "what", "mend"),
    [
        ("size", "its condition gives numbers, not true or false", "write a comparison, for example size > 4"),
        ("text", "its condition gives text, not true or false", "write a comparison, for example text = 'word'"),
        ("tags", "its condition gives lists of text, not true or false", "write a comparison, for example array_contains(tags, 'word')"),
        ("in", "its condition gives objects, not true or false", "write a comparison, for example in.depth > 4"),
        ("tags = 'p'", "(column 'tags' holds lists of text: ", "to ask whether a member matches, for example array_contains(tags, 'word')"),
        ("size > 3 AND marks = 1", "(column 'size' holds numbers, column 'marks' holds lists of numbers: ", "to ask whether a member matches, for example array_to_string(marks, ' ') LIKE '%word%'"),
        ("size = '4'", "(column 'size' holds numbers: ", "write the number without quotes, or, to read it as text, CAST(size AS VARCHAR)"),
        ("length(size) > 2", "(column 'size' holds numbers: ", "write CAST(size AS VARCHAR)"),
        ("text > 4", "(column 'text' holds text: ", "declare its type in a csv source, types: {text: number}, or write TRY_CAST(text AS DOUBLE)"),
    ],
)  # fmt: skip
def test_a_condition_that_is_none_or_fits_no_column_is_told_with_the_columns_real_type(folder, sql, what, mend):
    (folder / "o.jsonl").write_text(OBJECTS)
    path = folder / "r.yaml"
    path.write_text(f'{GOOD.replace("a.csv", "o.jsonl")}steps:\n  - {{step: where, sql: "{sql}"}}\n')
    with pytest.raises(UserError) as caught:
        phases.check(phases.load(path), path, ())
    (mistake,) = with_lines(caught.value.mistakes, path)
    assert mistake.where == f"{path}:6"
    assert what in mistake.what
    assert mistake.hint == mend


@pytest.mark.parametrize(
    "sql",
    ["array_contains(tags, 'p')", "array_to_string(marks, ' ') LIKE '%1%'", "length(CAST(size AS VARCHAR)) > 2", "TRY_CAST(text AS DOUBLE) > 4", "nothing > 4", "nothing", "size > 4", '"it is"'],
)  # fmt: skip
def test_what_a_mistaken_condition_is_told_to_be_fits(folder, sql):
    (folder / "o.jsonl").write_text(OBJECTS)
    path = folder / "r.yaml"
    path.write_text(f"{GOOD.replace('a.csv', 'o.jsonl')}steps:\n  - step: where\n    sql: |-\n      {sql}\n")
    assert phases.check(phases.load(path), path, ()) == phases.Checked(())


def test_a_condition_that_names_no_column_is_refused(folder):
    (found,) = told(folder, f"{GOOD}steps: [{{step: where, sql: '1'}}]\n")
    assert found == "r.yaml:5: steps.0.sql: names no column, so it says the same of every row"


@pytest.mark.parametrize(
    "step",
    [
        "{step: where, sql: label = 'a'}",
        "{step: date_window, column: day, latest: 2021-01-01}",
        "{step: exact, keep: [{newest: day}]}",
        "{step: date_window, column: label, latest: 2021-01-01}",
        "{step: date_window, column: mixed, latest: 2021-01-01}",
        "{step: exact, keep: [{newest: day}, {highest: score}]}",
        "{step: exact, keep: [{oldest: none}, {lowest: none}, {highest: some}]}",
    ],
)
def test_a_step_that_fits_is_none(folder, step):
    path = folder / "r.yaml"
    path.write_text(f"{GOOD}steps: [{step}]\n")
    assert phases.check(phases.load(path), path, ()) == phases.Checked(())


def test_types_are_told_by_all_sources_together(folder):
    (folder / "b.jsonl").write_text('{"text": "x y", "label": "a", "score": 3}\n')
    both = (
        GOOD.replace("[{path: a.csv}]", "[{path: b.jsonl}, {path: a.csv}]") + "steps: [{step: where, sql: score > 4}]\n"
    )
    assert told(folder, both)[0].startswith("r.yaml:5: step 'where': its condition does not fit")


TRAINED = GOOD + "split: {}\ntrain: {base: demo}\n"


def test_without_the_packages_of_training_check_says_so_and_run_ends(folder, monkeypatch, capsys):
    monkeypatch.setattr(phases, "TRAIN_PACKAGES", ("no_such_package",))
    path = folder / "trained.yaml"
    path.write_text(TRAINED)
    recipes.check(path)
    lacks = "needs no_such_package, which are not installed; pip install 'fairlead[train]'"
    assert capsys.readouterr().out.splitlines()[1:] == [f"train: not checked, and curate needs none of it: {lacks}"]
    recipes.check(path, as_json=True)
    assert [each["where"] for each in json.loads(capsys.readouterr().out)["not_checked"]] == ["train"]
    with pytest.raises(typer.Exit) as ended:
        recipes.run(path, runs=folder / "runs")
    assert (ended.value.exit_code, (folder / "runs").exists()) == (2, False)
    assert lacks in capsys.readouterr().err


def test_a_mistake_without_the_packages_tells_both(folder, monkeypatch):
    monkeypatch.setattr(phases, "TRAIN_PACKAGES", ("no_such_package",))
    found = told(folder, TRAINED.replace("a.csv", "gone.csv"))
    assert found == [
        "r.yaml:3: gone.csv: there is no such file",
        "r.yaml:6: train: needs no_such_package, which are not installed",
    ]


def test_a_recipe_without_sources_is_told_so(folder):
    (found,) = told(
        folder, "version: 1\nname: t\nsources: []\ntask: {kind: chat}\nsteps: [{step: where, sql: a = 1}]\n"
    )
    assert "sources" in found


@pytest.mark.parametrize(
    ("content", "expected", "hint"),
    [
        ('[{"text": "a", "label": "a"},\n {"text": "b", "label": "b"}', "is not JSON (column 29: Expecting ',' delimiter)", "the file seems to be cut off; fetch or write it again"),
        ('[{"text": "a", "label": "a"},\n {"text": "b', "is not JSON (column 11: Unterminated string starting at)", "the file seems to be cut off; fetch or write it again"),
        ('[{"text": "a", "label": "a"},\n {"text": "b"; "label": "b"}]', "is not JSON (column 14: Expecting ',' delimiter)", "mend the file there: a json file is one list, [{…}, {…}], a jsonl file one object a line"),
        ('{"text": "a", "label": "a"}\n{"text": "b", "label": "b"}\n', "is not JSON (column 1: Extra data)", "if there is one object a line, say format: jsonl"),
        ('{\n"text": "a", "label": "a"}', "does not hold a list of objects", "a json file is one list, [{…}, {…}], a jsonl file one object a line"),
        ("[" + '{"text": "a", "label": "a"},\n' * 50_000, "is not JSON (its list has no end)", "the file seems to be cut off; fetch or write it again"),
        ('{"text": "a", "label": "a"}\n' * 50_000, "does not hold a list of objects", "if there is one object a line, say format: jsonl"),
    ],
    ids=["cut", "cut-text", "slip", "lines", "object", "long-cut", "long-lines"],
)  # fmt: skip
def test_a_json_file_that_is_no_list_is_told_with_the_line_of_its_source(folder, content, expected, hint):
    (folder / "b.json").write_text(content)
    path = folder / "r.yaml"
    path.write_text(GOOD.replace("[{path: a.csv}]", "\n  - {path: a.csv}\n  - {path: b.json}"))
    with pytest.raises(UserError) as caught:
        phases.check(phases.load(path), path, ())
    (mistake,) = with_lines(caught.value.mistakes, path)
    assert mistake.where == f"{path}:5"
    assert mistake.what.startswith(str(folder / "b.json"))
    assert (mistake.what.endswith(expected), mistake.hint) == (True, hint)


def test_a_json_file_that_is_a_list_is_none(folder):
    path = folder / "r.yaml"
    path.write_text(GOOD.replace("a.csv", "a.json"))
    for rows in (2, 60_000):
        (folder / "a.json").write_text(json.dumps([{"text": "hello", "label": "a"}] * rows) + "\n")
        assert phases.check(phases.load(path), path, ()) == phases.Checked(())


def test_a_column_named_like_ours_is_told_with_the_line_of_its_source(folder):
    (folder / "b.csv").write_text("text,label,row\nhello,a,1\n")
    two = GOOD.replace("[{path: a.csv}]", "\n  - {path: a.csv}\n  - {path: b.csv}")
    assert told(folder, two) == ["r.yaml:5: b.csv: the column name 'row' is ours"]


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("label: lable,", "label: lable, positive: [c],", "r.yaml:7: task: positive names ['c']"),
        ("labels: {a: x, b: y}", "labels: [a, b]", "r.yaml:7: 'task.labels' is a list"),
        ("text: text", "text: [text]", "r.yaml:7: 'task.text' is a list"),
        ("kind: classification", "kind: clasification", "r.yaml:7: unknown kind 'clasification'"),
        ("label: lable,", "lable: lable,", "r.yaml:7: unknown key 'task.lable'"),
        ("\ntask:", "\ntaks:", "unknown key 'taks'"),
        ("    name: a\n", "    name: a\n    license: MIT\n", "unknown key 'sources.1.license'"),
        ("  stratify: [nothing]", "  test: 5\n  stratify: [nothing]", "'split.test' is '5'"),
        ("audit:\n", "audit:\n  metrics: [acuracy]\n", "'audit.metrics.0' cannot be 'acuracy'"),
    ],
)
def test_one_more_mistake_hides_no_other(folder, old, new, more):
    base = {line.split(": ", 1)[1] for line in told(folder, BOTH)}
    found = told(folder, BOTH.replace(old, new, 1))
    assert any(more in line for line in found), found
    assert base - {line.split(": ", 1)[1] for line in found} == set()


def test_what_four_bits_need_is_named_with_what_training_needs(monkeypatch):
    monkeypatch.setattr(phases, "TRAIN_PACKAGES", ("torch", "peft"))
    monkeypatch.setattr(phases, "find_spec", lambda _name: None)
    lacking = [phases.missing_training_packages(method) for method in ("lora", "qlora")]
    assert [(each.what, each.hint) for each in lacking if each] == [
        ("needs torch, peft, which are not installed", "pip install 'fairlead[train]'"),
        ("needs torch, peft, bitsandbytes, which are not installed", "pip install 'fairlead[train,qlora]'"),
    ]
