"""Modules that steps of the user's own import: found, and part of the digest."""

import importlib
import json
import sys

import pytest
from own import OWN, fairlead, write

from curate.errors import UserError
from curate.files import digest_file
from curate.own_steps import load_steps


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


@pytest.mark.parametrize(
    "how", ["from helper import LIMIT", "import helper", "from package import helper", "import package.helper"]
)
def test_a_changed_helper_is_another_file(folder, how, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    helper = folder / ("package/helper.py" if "package" in how else "helper.py")
    helper.parent.mkdir(exist_ok=True)
    (folder / "my_steps.py").write_text(f"{how}\n{OWN}")
    codes = []
    for content in ("LIMIT = 10", "LIMIT = 100", "LIMIT = 10", "LIMIT = 10"):
        helper.write_text(content)
        codes.append(load_steps(folder / "my_steps.py")[0].code)
    assert codes[0] == codes[2] == codes[3] != codes[1]
    assert codes[0] != digest_file(folder / "my_steps.py")


def test_a_helper_that_was_there_before_counts_if_a_name_leads_to_it(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    (folder / "earlier_helper.py").write_text("def limit():\n    return 1\n")
    (folder / "my_steps.py").write_text("from earlier_helper import limit\n" + OWN)
    importlib.import_module("earlier_helper")
    first = load_steps(folder / "my_steps.py")[0].code
    (folder / "earlier_helper.py").write_text("def limit():\n    return 2\n")
    assert load_steps(folder / "my_steps.py")[0].code != first


LATE = OWN.replace("        capitals,", "        {how}\n        capitals,")


@pytest.mark.parametrize(
    ("how", "file"),
    [
        ("import helper", "helper.py"),
        ("from helper import LIMIT", "helper.py"),
        ("from package import helper", "package/helper.py"),
        ("from package.helper import LIMIT", "package/helper.py"),
        ("import package.second", "package/helper.py"),
    ],
)
def test_a_helper_that_a_method_imports_late_counts(folder, how, file):
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text("")
    (folder / "package" / "second.py").write_text("def late():\n    from .helper import LIMIT\n    return LIMIT\n")
    (folder / "my_steps.py").write_text(LATE.replace("{how}", how))
    codes = []
    for content in ("LIMIT = 10", "LIMIT = 100", "LIMIT = 10"):
        (folder / file).write_text(content)
        codes.append(load_steps(folder / "my_steps.py")[0].code)
    assert codes[0] == codes[2] != codes[1]


def test_a_file_beside_the_steps_is_found_and_hides_no_package(folder, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    (folder / "helper.py").write_text("LIMIT = 10")
    (folder / "json.py").write_text("raise OSError('not this one')")
    (folder / "my_steps.py").write_text("import json\nimport helper\n" + OWN)
    assert [step.__name__ for step in load_steps(folder / "my_steps.py")] == ["Shouting", "Dots"]
    assert sys.path[-1] == str(folder)
    (folder / "helper.py").unlink()
    with pytest.raises(UserError, match="No module named 'helper'"):
        load_steps(folder / "my_steps.py")


def test_what_is_installed_is_no_helper(folder):
    (folder / "my_steps.py").write_text("import json, numpy, this_is_us\n".replace(", this_is_us", "") + OWN)
    assert load_steps(folder / "my_steps.py")[0].code == digest_file(folder / "my_steps.py")


def test_a_changed_helper_runs_again(folder):
    (folder / "my_steps.py").write_text("import helper\n" + OWN.replace("self.max", "self.max * helper.TIMES"))
    said = []
    for content in ("TIMES = 1", "TIMES = 10"):
        (folder / "helper.py").write_text(content)
        done = fairlead(folder, "curate", "own.yaml", "--steps", "my_steps.py", "--json")
        said.append([step["dropped"] for step in json.loads(done.stdout)["steps"] if step["step"] == "shouting"])
    assert said == [[1], [0]]
