"""A path that is no run says what it is, and names the run that may be meant."""

from pathlib import Path

import pytest

from curate.errors import UserError
from curate.recipe_file import load_recipe
from curate.run_mistakes import not_a_run


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    for name in ("sms-aaaaaa", "toxigen-bbbbbb"):
        (tmp_path / "runs" / name / "data").mkdir(parents=True)
        (tmp_path / "runs" / name / "manifest.json").write_text("{}")
        (tmp_path / "runs" / name / "recipe.yaml").write_text("name: x\n")
    (tmp_path / "runs" / "begun-cccccc" / "data").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "sms.yaml").write_text("name: sms\n")
    (tmp_path / "notes.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("runs/sms-aaaaab", "there is no such run; did you mean 'runs/sms-aaaaaa'?"),
        ("toxigen-bbbbbb", "there is no such run; did you mean 'runs/toxigen-bbbbbb'?"),
        (
            "sms.yaml",
            "is a recipe and not a run; 'fairlead curate sms.yaml' makes a run of it, or finds it, and prints its folder",
        ),
        ("runs/sms-aaaaaa/recipe.yaml", "is a part of a run; give the run: runs/sms-aaaaaa"),
        ("runs/sms-aaaaaa/data", "is a part of a run; give the run: runs/sms-aaaaaa"),
    ],
)
def test_the_run_that_may_be_meant(here, path, said):
    assert str(not_a_run(Path(path))) == f"{path}: {said}"


def test_what_is_there_instead(here):
    both = "runs/sms-aaaaaa, runs/toxigen-bbbbbb"
    said = str(not_a_run(Path("runs")))
    assert said.startswith("runs: holds runs and is none; give one of them: ")
    assert sorted(said.partition("them: ")[2].split(", ")) == both.split(", ")
    assert not_a_run(Path("empty")).what == "is not a run: it holds no manifest.json"
    assert not_a_run(Path("notes.txt")).what == "is a file, and a run is a folder"
    unfinished = not_a_run(Path("runs/begun-cccccc"))
    assert (unfinished.where, unfinished.what) == (
        "runs/begun-cccccc/manifest.json",
        "not found; the run is not finished",
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("runs/sms-aaaaaa", "is a run and not a recipe; the recipe of that run is runs/sms-aaaaaa/recipe.yaml"),
        ("smms.yaml", "there is no such recipe file; did you mean 'sms.yaml'?"),
        ("empty", "is a folder and not a recipe; the recipes that come with fairlead are in recipes/"),
    ],
)
def test_paths_that_are_no_recipe(here, path, said):
    with pytest.raises(UserError) as error:
        load_recipe(Path(path))
    assert str(error.value) == f"{path}: {said}"
