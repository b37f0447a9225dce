"""Recipes that were sound, changed at random: whatever is wrong is told as mistakes, each once, and never by a traceback."""

from collections.abc import Iterator
from copy import deepcopy
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ruamel.yaml import YAML

from curate.errors import UserError
from curate.recipe_file import parse_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
JUNK = (None, 3, -1.5, True, "", [], {}, "x", ["a", {"b": 1}], {"step": 3}, {"metric": "acuracy"}, [[]], {1: 2})
OVERRIDES = ((), ("steps.0.min=3",), ("task.lable=x",), ("stepz.1.min=2",), ("audit.gates.0.max=3",))


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every map and list in a document with every key or position in it."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def without_a_letter(word: str, random: Random) -> str:
    at = random.randrange(len(word))
    return word[:at] + word[at + 1 :]


def change(document: Any, random: Random) -> None:
    node, key = random.choice(list(places(document)))
    how = random.choice(["junk", "key", "word", "gone", "more"])
    if how == "key" and isinstance(node, dict) and isinstance(key, str) and len(key) > 2:
        node[without_a_letter(key, random)] = node.pop(key)
    elif how == "word" and isinstance(node[key], str) and len(node[key]) > 2:
        node[key] = without_a_letter(node[key], random)
    elif how == "gone" and isinstance(node, dict):
        del node[key]
    elif how == "more" and isinstance(node, dict):
        node[random.choice(["lable", "foo", 1, None, "steps", "step"])] = deepcopy(random.choice(JUNK))
    else:
        node[key] = deepcopy(random.choice(JUNK))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_changed_recipe_is_sound_or_is_told_what_is_wrong(recipe):
    random, yaml = Random(recipe.stem), YAML(typ="safe")
    sound, wrong = 0, 0
    for _ in range(20):
        document = yaml.load(recipe.read_text())
        for _ in range(random.randint(1, 6)):
            change(document, random)
            if not document:
                break
        stream = StringIO()
        yaml.dump(document, stream)
        try:
            parse_recipe(stream.getvalue(), "r.yaml", random.choice(OVERRIDES))
            sound += 1
        except UserError as error:
            found = [str(mistake) for mistake in error.mistakes]
            assert found, stream.getvalue()
            assert len(set(found)) == len(found), found
            wrong += 1
    assert wrong > sound, "most changes do harm"
