"""Values of a wrong form are told in the words of a recipe, whatever setting they are given to."""

import json
import re
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from curate.errors import UserError
from curate.recipe_file import parse_recipe
from curate.recipe_schema import recipe_schema
from curate.settings import Settings
from curate.value_forms import FORMS, PATTERNS

WRONG = (
    "x", "", "y" * 5000, "%Q", "2020-13-45", "é\0", 0, 1, 3, -1, 10**30, 1.5, 1e9, float("nan"), float("inf"), True, None,
    [], ["x"], ["x", "x"], [3], [None], [[]], [{}], {}, {"a": 3}, {"a": None}, {"a": []}, {"a": {"b": 1}},
)  # fmt: skip
TOLD_ELSEWHERE = {
    "extra_forbidden", "literal_error", "missing", "string_pattern_mismatch", "union_tag_invalid", "union_tag_not_found",
    "value_error", "default_factory_not_called",
}  # fmt: skip
"""The kinds that `recipe_mistakes.py` tells by themselves, patterns, and what only follows from another mistake."""


def settings(base: type[Settings] = Settings) -> Iterator[type[Settings]]:
    for kind in base.__subclasses__():
        yield from (kind, *settings(kind))


def test_every_kind_of_error_that_a_setting_gives_has_words():
    kinds = set()
    for kind in settings():
        if kind.__module__.startswith("curate."):
            for name in kind.model_fields:
                for value in WRONG:
                    try:
                        kind.model_validate({name: value})
                    except ValidationError as error:
                        kinds |= {detail["type"] for detail in error.errors()}
                    except TypeError:  # an abstract step, which no recipe can name
                        break
    assert kinds - TOLD_ELSEWHERE - set(FORMS) == set()
    assert len(kinds & set(FORMS)) > 12, "the settings were reached"


def test_every_pattern_of_the_schema_has_words():
    found = re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', recipe_schema())
    assert {json.loads(pattern) for pattern in found} == set(PATTERNS)


RECIPE = """\
version: 1
name: forms
sources: [{path: a.csv, header: true}]
task: {kind: classification, text: text, label: label}
groups: {age: {column: age, bins: [3]}}
steps: [{step: length, min: 3}]
split: {test: 0.2}
audit: {confidence: 0.9}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "name: forms",
            "name: My Data",
            "r.yaml:2: 'name' is 'My Data'; write small letters, digits, _ and -, 64 at most,",
        ),
        ("header: true", "header: maybe", "r.yaml:3: 'sources.0.header' is 'maybe'; write true or false"),
        ("path: a.csv", "path: 3", "r.yaml:3: 'sources.0.path' is '3'; write a text: put it in quotes"),
        ("path: a.csv", "path: [a.csv]", "r.yaml:3: 'sources.0.path' is a list; write a text"),
        ("column: age", "column: ", "r.yaml:5: 'groups.age.column' is empty; write a text"),
        ("[3]", "[x]", "r.yaml:5: 'groups.age.bins.0' is 'x'; write a number"),
        ("min: 3", "min: 1.5", "r.yaml:6: 'steps.0.min' is '1.5'; write a whole number"),
        ("min: 3", "min: -1", "r.yaml:6: 'steps.0.min' is '-1'; write at least 0"),
        ("test: 0.2", "test: 1", "r.yaml:7: 'split.test' is '1'; write less than 1"),
        ("confidence: 0.9", "confidence: 0.5", "r.yaml:8: 'audit.confidence' is '0.5'; write more than 0.5"),
        ("min: 3", "min: .nan", "r.yaml:6: 'steps.0.min' is 'nan'; write a number"),
        (
            "step: length",
            "step: [length]",
            "r.yaml:6: 'steps.0.step' is a list; write one of 'unicode', 'whitespace', 'length',",
        ),
        ("kind: classification", "kind: {}", "r.yaml:4: 'task.kind' is an empty map; write one of 'classification', "),
        ("[{step: length, min: 3}]", "length", "r.yaml:6: 'steps' is 'length'; write a list: [ … ]"),
    ],
)
def test_a_value_of_a_wrong_form(old, new, told):
    assert old in RECIPE
    with pytest.raises(UserError) as caught:
        parse_recipe(RECIPE.replace(old, new), "r.yaml")
    assert str(caught.value.mistakes[0]).startswith(told)
