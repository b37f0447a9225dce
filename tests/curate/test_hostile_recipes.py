"""Hostile recipes: every mistake told once, with its place, and never a traceback."""

import json

import pytest
from hostile import CLASSIFY, LINES, curate, mistakes, write

from curate.errors import UserError
from curate.recipe_file import parse_recipe
from curate.template import columns_of


def told(text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        parse_recipe(text, "r.yaml")
    return [str(mistake) for mistake in caught.value.mistakes]


BASE = f"version: 1\nname: r\nsources: [{{path: a.csv}}]\ntask: {CLASSIFY}\n"


@pytest.mark.parametrize(
    "sql",
    [
        "count(*) > 1",
        "length(text) > avg(length(text))",
        "row_number() over () > 2",
        "first (n) = '0'",
        "text in (select * from read_csv('/etc/passwd'))",
        "exists (SELECT 1)",
        "now() > when",
    ],
)
def test_a_condition_sees_one_row_alone(sql):
    assert "a condition sees each row alone" in told(BASE + f"steps: [{{step: where, sql: {json.dumps(sql)}}}]\n")[0]


@pytest.mark.parametrize("sql", ["text != 'select max(x) over'", '"count" > 3', "greatest(a, b) > 1", "max > 2"])
def test_the_words_of_queries_may_stand_in_texts_and_names(sql):
    assert parse_recipe(BASE + f"steps: [{{step: where, sql: {json.dumps(sql)}}}]\n", "r.yaml").steps[0].sql == sql


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "groups: {g: {terms: gender, column: g}}",
            "r.yaml:5: unknown key 'groups.g.column'; known: terms",
        ),
        ("groups: {g: {column: n, bins: []}}", "r.yaml:5: 'groups.g.bins' is an empty list; write at least one"),
        ("groups: {g: 3}", "r.yaml:5: 'groups.g' is '3'; write a map: {key: value}"),
        ("steps: 3", "r.yaml:5: 'steps' is '3'; write a list: [ … ]"),
        ("groups: {<<: {g: 3}}", "r.yaml:5: 'groups.g' is '3'; write a map: {key: value}"),
        (
            "audit: {metrics: [acuracy]}",
            "r.yaml:5: 'audit.metrics.0' cannot be 'acuracy'; did you mean 'accuracy'?",
        ),
    ],
)
def test_mistakes_are_told_once_and_where_they_are(more, expected):
    assert told(BASE + more + "\n") == [expected]


@pytest.mark.parametrize(
    ("sources", "what"),
    [
        ("[{path: a.csv, columns: {a: text, b: text}}]", "columns names 'text' twice"),
        ("[{path: a.csv, header: false, columns: [text, text]}]", "columns names 'text' twice"),
        ("[{path: a.csv, columns: {__a: text}}]", "two underscores is ours"),
        ("[{path: .csv, format: csv}]", "gives its rows no name"),
    ],
)
def test_sources_that_cannot_be_meant(sources, what):
    assert what in told(BASE.replace("[{path: a.csv}]", sources))[0]


@pytest.mark.parametrize(
    ("task", "what"),
    [
        ("{kind: classification, text: label, label: label}", "text names the column 'label'"),
        ("{kind: classification, text: text, label: label, labels: {a: '', b: y}}", "is blank"),
    ],
)
def test_tasks_that_cannot_be_meant(task, what):
    assert what in told(BASE.replace(CLASSIFY, task))[0]


@pytest.mark.parametrize("template", ["{text.x}", "{text[0]}", "{text!r}", "{text:>9}", "{}", "{ text }", "{text\n}"])
def test_what_is_wrong_in_a_template_is_quoted(template):
    with pytest.raises(ValueError, match="may hold only") as caught:
        columns_of(template)
    assert template in str(caught.value)


@pytest.mark.parametrize(
    "override",
    [
        "seed=" + "9" * 5000,
        "steps.².x=1",
        "steps.9.x=1",
        f"steps.{'9' * 5000}.x=1",
        f"steps.{'9' * 5000}=1",
        "=1",
        "seed=[1",
    ],
)
def test_overrides_that_cannot_be_applied(override):
    with pytest.raises(UserError, match="--set"):
        parse_recipe(BASE + "steps: [{step: exact}]\n", "r.yaml", (override,))


def test_a_name_of_thousands_of_digits_is_told():
    group = f"groups:\n  ? a.{'9' * 5000}\n  : {{terms: gender}}\n"
    assert "letters, digits and underscores" in told(BASE + group)[0]


def test_training_rows_are_balanced_by_an_attribute(tmp_path):
    more = "groups: {g: {terms: gender}}\nsplit: {}\ntrain_steps: [{step: balance, by: [g]}]"
    curate(write(tmp_path, "[{path: a.csv}]", more=more, a__csv="text,label\n" + LINES), 12)


def test_declared_types_of_unknown_columns_are_found_before_work_starts(tmp_path):
    recipe = write(tmp_path, "[{path: a.csv, types: {lable: text}}]", a__csv="text,label\na,x\n")
    assert mistakes(recipe) == ["a.csv: has no column 'lable'; did you mean 'label'?"]


def test_paths_that_no_file_can_have(tmp_path):
    assert "there is no such file" in mistakes(write(tmp_path, f"[{{path: {'a' * 5000}.csv}}]"))[0]
