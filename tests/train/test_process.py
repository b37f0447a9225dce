"""Exit codes and what is printed."""

import pytest

from curate.errors import Mistake, UserError
from train import process


def test_a_users_mistakes_are_lines_without_a_traceback(capsys):
    def fails() -> None:
        raise UserError([Mistake("a", "is wrong", "mend it"), Mistake("b", "is wrong too")])

    assert process.run(fails) == 2
    assert capsys.readouterr() == ("", "a: is wrong; mend it\nb: is wrong too\n")


def test_a_fault_of_ours_keeps_its_traceback():
    def fails() -> None:
        raise AssertionError("ours")

    with pytest.raises(AssertionError, match="ours"):
        process.run(fails)


def test_a_missing_package_names_the_extra(monkeypatch, capsys):
    monkeypatch.setattr(process, "PACKAGES", ("torch", "no_such_package"))
    assert process.run(lambda: None) == 2
    assert capsys.readouterr().err == "train: needs the package 'no_such_package'; pip install 'fairlead[train]'\n"
