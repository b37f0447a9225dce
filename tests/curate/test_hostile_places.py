"""Hostile places and surroundings: links in circles, pipes, devices, no memory, outputs that are full, closed or ASCII."""

import errno
import glob
import io
import os
import subprocess
import sys

import pytest
import typer
from hostile import LINES, mistakes, write
from hostile_recipes import BASE, KEYS, VALUES

from curate import cache
from curate.commands.shared import user_errors
from curate.errors import UserError
from curate.files import replacing
from curate.readers import read
from curate.recipe_file import parse_recipe
from curate.source_settings import FileSource
from curate.sources.folders import matching
from curate.terminal.console import PlainConsole

LINKS = ("again", "in/once")
CSV = f"text,label\n{LINES}"


def loops(folder):
    """A folder of files in which two links lead back to it, which would be walked for ever."""
    for name in ("a.csv", "in/b.csv", "in/deep/c.csv", "in/deep/d.json", ".hidden/e.csv", "_made/f.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(CSV)
    for name in LINKS:
        (folder / name).symlink_to((folder / name).parent)


@pytest.mark.parametrize(
    "pattern",
    ["**", "**/*.csv", "**/in/**", "in/**/*.csv", "**/**/c.*", "**/deep/*", "i*/**/[cd].*", "**/.hidden/*.csv"],
)
def test_links_in_circles_are_not_followed(tmp_path, pattern):
    loops(tmp_path / "d")
    base, found = matching(f"d/{pattern}", tmp_path)
    for name in LINKS:
        (tmp_path / "d" / name).unlink()
    names = glob.glob(f"d/{pattern}", root_dir=tmp_path, recursive=True)  # noqa: PTH207  (what it must equal)
    assert [str(base / name) for name in found] == sorted({name for name in names if (tmp_path / name).is_file()})


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkfifo, "is a pipe or a device, and no file"),
        (lambda at: at.symlink_to("/dev/zero"), "is a pipe or a device, and no file"),
        (lambda at: at.symlink_to(at.name), "is a link that leads nowhere"),
        (lambda at: at.symlink_to("nothing"), "is a link that leads nowhere"),
        (lambda at: None, "there is no such file"),
    ],
)
def test_what_is_no_file_is_said(tmp_path, make, what):
    make(tmp_path / "b.csv")
    [found] = mistakes(write(tmp_path, "[{path: b.csv}]"))
    assert f"b.csv: {what}; " in found


def test_a_file_whose_name_tells_no_format(tmp_path):
    found = mistakes(write(tmp_path, "[{path: rows}]", rows=CSV))
    assert found == [
        "rows: is a file whose name does not tell its format; add format: csv | tsv | json | jsonl | parquet | arrow | text"
    ]


def test_every_key_with_wrong_values_is_a_recipe_or_a_mistake():
    recipe = BASE + "groups: {g: {terms: gender}}\nsteps: [{step: length}]\nsplit: {}\naudit: {}\n"
    refused = 0
    for override in [f"{key}={value}" for place, key in enumerate(KEYS) for value in VALUES[place % 4 :: 4]]:
        try:
            parse_recipe(recipe, "r.yaml", (override,))
        except UserError as error:
            refused += 1
            assert all(mistake.where for mistake in error.mistakes)  # noqa: PT017  (some values are right)
    assert refused > len(KEYS) * len(VALUES) / 8


def test_no_memory_is_told_with_the_file(tmp_path, monkeypatch):
    def full(*_arguments):
        raise MemoryError
        yield  # which makes it a generator, as a reader is

    monkeypatch.setattr(read, "read_separated", full)
    with pytest.raises(UserError, match=r"a\.csv: holds more than there is memory for; "):
        next(read.read_chunks(FileSource(path="a.csv"), tmp_path / "a.csv", None))


@pytest.mark.parametrize(
    ("error", "code"), [(MemoryError(), 2), (BrokenPipeError(), 0), (OSError(errno.EFBIG, "large", "x"), 2)]
)
def test_ends_of_a_command(error, code, monkeypatch, capfd):
    with pytest.raises(typer.Exit) as ended, user_errors():
        raise error
    assert ended.value.exit_code == code


def test_errors_that_cannot_be_printed_are_the_users_still(monkeypatch):
    class Full(io.StringIO):
        def write(self, _text):
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(sys, "stderr", Full())
    with pytest.raises(typer.Exit) as ended, user_errors():
        raise OSError(errno.ENOSPC, "full")
    assert ended.value.exit_code == 2


def test_who_reads_no_further_stops_nothing(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as file:
        console = PlainConsole()
        console.file = file
        console.print("words")
        console.print("more")


def test_an_output_in_ascii_gets_escapes(tmp_path):
    (tmp_path / "\xe9\u2192\U0001f468").mkdir()
    script = (
        "import os, sys; from curate.cli import main; sys.argv[1:] = ['cache', 'list', '--runs', *os.listdir()]; main()"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "the cache of \\xe9\\u2192\\U0001f468 is empty\n")


@pytest.mark.parametrize("given", [None, "inside", "elsewhere"])
def test_an_error_names_what_was_to_be_written(tmp_path, given):
    for keep, path in ((replacing, tmp_path / "a"), (cache.keeping, tmp_path / "b")):
        with pytest.raises(OSError, match="full") as caught, keep(path) as temporary:
            raise OSError(errno.ENOSPC, "full", {None: None, "inside": str(temporary / "x"), "elsewhere": "/y"}[given])
        expected = {None: str(path) if keep is replacing else None, "inside": str(path / "x"), "elsewhere": "/y"}[given]
        assert caught.value.filename == expected
    assert list(tmp_path.iterdir()) == []
