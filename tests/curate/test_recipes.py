"""The recipes that come with fairlead: each is valid, says where its data comes from, and fits its file."""

from pathlib import Path

import pytest

from curate.audit_settings import DATA_METRICS
from curate.recipe import Recipe, file_sources
from curate.recipe_file import load_recipe
from curate.sources.find import lexicon_paths
from curate.sources.look import source_mistakes

FOLDER = Path(__file__).parents[2] / "recipes"
PATHS = sorted(FOLDER.glob("*.yaml"))
NAMES = ("alpaca", "c4_word_list", "chat", "compas", "davidson", "demo", "gsm8k", "sms", "toxigen", "tweeteval")


def recipe(name: str) -> Recipe:
    return load_recipe(FOLDER / f"{name}.yaml")


def test_these_recipes_come_with_fairlead() -> None:
    assert [path.stem for path in PATHS] == list(NAMES)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_recipe_is_valid_and_teaches(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=./recipe.schema.json"
    assert lines[1] == "#"
    assert load_recipe(path).name == path.stem
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", NAMES)
def test_every_file_says_its_origin(name: str) -> None:
    for _place, source in file_sources(recipe(name)):
        assert source.origin is not None
        assert source.origin.startswith("https://")
        assert (
            source.origin.split(" ")[0] in (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("\nversion:")[0]
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_term_list_is_shipped(name: str) -> None:
    assert all(path.is_file() for path in lexicon_paths(recipe(name), FOLDER).values())


@pytest.mark.parametrize("name", NAMES)
def test_the_files_have_the_columns(name: str, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_DATA", str(real_data))
    assert source_mistakes(recipe(name), FOLDER) == []


def test_the_demo_asks_for_what_was_planted() -> None:
    demo = recipe("demo")
    assert [source.row_prefix for source in demo.sources] == ["hiring"]
    asked = {(gate.metric, gate.group) for gate in demo.audit.gates}
    assert ("false_positive_rate", "gender") in asked
    assert ("drop_rate", "gender") in asked


def test_the_audits_alone_train_nothing() -> None:
    assert recipe("compas").models == ("given",)
    assert recipe("tweeteval").models == ()
    assert {gate.metric for gate in recipe("tweeteval").audit.gates} <= set(DATA_METRICS)
