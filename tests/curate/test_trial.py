"""Sources looked at before work starts: those of which no row fits the recipe, and those that are separated by another sign."""

import pytest

from curate import phases
from curate.errors import UserError
from curate.recipe_file import with_lines

RECIPE = """\
version: 1
name: good
sources: [{path: FILE}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
"""


@pytest.fixture
def told(tmp_path):
    """Write a file, check a recipe over it, and return what is told, each line with its place in the recipe."""

    def check(name: str, content: str, settings: str = "") -> list[str]:
        (tmp_path / name).write_text(content)
        path = tmp_path / "r.yaml"
        path.write_text(RECIPE.replace("FILE", f'"{name}"{settings}'))
        try:
            phases.check(phases.load(path), path, ())
        except UserError as error:
            return [str(mistake).replace(str(path), "r.yaml") for mistake in with_lines(error.mistakes, path)]
        return []

    return check


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.jsonl",
            '{"text": 3, "label": "a"}\n' * 30,
            "none of its first 30 rows can be used (wrong_type at line 1: text",
        ),
        (
            "a.jsonl",
            "".join(f'{{"text": "t", "label": "{place % 3}"}}\n' for place in range(30)),
            "none of its first 30 rows can be used (unknown_label at line 1",
        ),
        ("a.jsonl", "", "holds no object with keys"),
        ("a.jsonl", "null\n\n", "holds no object with keys (not_an_object at 1: is null and not an object)"),
        ("a.json", "[]", "holds no object with keys"),
    ],
)
def test_files_of_which_no_row_can_be_used_are_told_with_their_line(told, name, content, expected):
    (line,) = told(name, content)
    assert line.startswith("r.yaml:3: ")
    assert expected in line


@pytest.mark.parametrize(
    "lines",
    [
        '{"text": 3, "label": "a"}\n' * 5,
        '{"text": "t", "label": "c"}\n' * 30,
        '{"text": "t", "label": "a"}\n' + '{"text": 3, "label": "a"}\n' * 30,
        "{broken\n" * 9_000 + '{"text": "t", "label": "a"}\n',
    ],
)
def test_rows_that_cannot_be_used_are_no_mistake_of_the_recipe(told, lines):
    assert told("a.jsonl", lines) == []


def test_another_separator_is_guessed(told):
    found = told("a.csv", "text;label\nhello, there;a\n")
    assert "has no column 'text', but one called 'text;label'; add separator: \";\" to the source" in found[0]
    assert told("a.csv", "text;label\nhello, there;a\n", ', separator: ";"') == []
