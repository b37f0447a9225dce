"""Exit codes and what is printed."""

import errno
import os
import sys

import pytest
from safetensors import SafetensorError

from curate.errors import Mistake, UserError
from train import process


def test_a_users_mistakes_are_lines_without_a_traceback(capsys):
    def fails() -> None:
        raise UserError([Mistake("a", "is wrong", "mend it"), Mistake("b", "is wrong too")])

    assert process.run(fails) == 2
    assert capsys.readouterr() == ("", "a: is wrong; mend it\nb: is wrong too\n")


def test_what_the_system_refuses_is_a_line_if_a_user_can_mend_it(capsys):
    def fills_the_disk() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/a/model")

    def loses_a_file() -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", "ours")

    assert process.run(fills_the_disk) == 2
    expected = "runs/a/model: cannot be used (No space left on device); free some space and run the same again\n"
    assert capsys.readouterr() == ("", expected)
    with pytest.raises(FileNotFoundError):
        process.run(loses_a_file)


def test_a_full_disk_under_the_weights_is_a_line_too(capsys):
    def saves() -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    assert process.run(saves) == 2
    assert capsys.readouterr().err.startswith("a file: cannot be used (No space left on device); free some space")


def test_as_json_the_mistakes_alone_stand_on_stdout(capsys):
    def chats_and_fails() -> None:
        sys.stdout.write("a library's greeting\n")
        raise UserError(Mistake("a", "is wrong", "mend it"))

    assert process.run(chats_and_fails, as_json=True) == 2
    expected = '{"mistakes": [{"where": "a", "what": "is wrong", "hint": "mend it"}]}\n'
    assert capsys.readouterr() == (expected, "a library's greeting\n")
    assert process.run(lambda: None, as_json=True) == 0
    assert capsys.readouterr() == ('{"mistakes": []}\n', "")


def test_a_fault_of_ours_keeps_its_traceback():
    def fails() -> None:
        raise AssertionError("ours")

    with pytest.raises(AssertionError, match="ours"):
        process.run(fails)


def test_a_missing_package_names_the_extra(monkeypatch, capsys):
    monkeypatch.setattr(process, "TRAIN_PACKAGES", ("torch", "no_such_package"))
    assert process.run(lambda: None) == 2
    assert capsys.readouterr().err == "train: needs the package 'no_such_package'; pip install 'fairlead[train]'\n"
