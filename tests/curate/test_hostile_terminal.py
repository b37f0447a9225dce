"""Texts, names and columns that would steer a terminal: no command prints them as they are, in words or as JSON."""

import io
import json

import polars as pl
import pytest
from hostile import write
from hostile_cases import CLASSIFY
from hostile_files import ESCAPES
from rich.text import Text
from typer.testing import CliRunner

from curate import cli
from curate.bars import JsonLines
from curate.errors import Mistake, escaped, escaped_json
from curate.terminal.console import PlainConsole

STEERING = {
    chr(code)
    for code in (
        *range(10),
        *range(11, 32),
        *range(127, 160),
        0x61C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
    )
}
MORE = """\
groups: {{g: {{column: g}}}}
steps: [{{step: whitespace}}, {{step: length, min: {least}}}, {{step: exact, normalise: true}}, {{step: minhash, threshold: 0.5}}]
split: {{stratify: [label]}}
"""


def asked(*arguments: object) -> str:
    """What a command prints, in words or as JSON; it must not fail, nor print what steers."""
    done = CliRunner().invoke(cli.app, list(map(str, arguments)), env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    assert sorted(STEERING & set(done.output)) == []
    return done.output


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two finished runs over texts that steer, with their recipe's folder."""
    folder = tmp_path_factory.mktemp("steering")
    rows = [
        {"text": f"row {n} of {text} {'words ' * n}", "label": text, "g": text, text: text}
        for n in range(6)
        for text in ESCAPES
    ]
    names = dict.fromkeys(key for row in rows for key in row)
    pl.DataFrame([names | row for row in rows]).write_parquet(folder / "a[b].parquet")
    found = []
    for least in (30, 40):
        recipe = write(folder, '[{path: "a[b].parquet", name: a}]', CLASSIFY, MORE.format(least=least))
        asked("curate", recipe, "--runs", folder / "runs")
        found.append(max((folder / "runs").glob("r-*"), key=lambda path: path.stat().st_mtime_ns))
    return folder, *found


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_no_command_prints_what_steers(runs, as_json):
    folder, first, second = runs
    for row in range(1, 37, 5):
        assert asked("explain", first, f"a/{row}", *as_json)
    assert "row 0" in asked("explain", first, "--near-threshold", *as_json)
    assert asked("what-if", first, "--set", "steps.1.min=60", *as_json)
    assert asked("diff", first, second, *as_json)
    for command in (
        ["check", folder / "r.yaml"],
        ["plan", folder / "r.yaml", "--no-estimate", "--runs", folder / "runs"],
    ):
        asked(*command, *as_json)
    asked("cache", "list", "--runs", folder / "runs", *as_json)
    asked("verify", first, *as_json)


def test_what_is_escaped_is_seen(runs):
    _folder, first, _second = runs
    assert r"\x1b[31mred\x1b[0m" in asked("explain", first, "a/1")
    assert r"\u202eevil\u202c" in asked("explain", first, "a/4")
    assert "[red]markup[/red] [link=http://x.y]z[/link] [/]" in asked("explain", first, "a/5")
    assert json.loads(asked("explain", first, "a/4", "--json"))["label"] == ESCAPES[3]


def test_what_a_view_forgets_the_console_escapes():
    for sign in sorted(STEERING):
        console = PlainConsole()
        console.file = io.StringIO()
        console.print(f"[b]:smile: {sign}", Text(sign))
        assert not STEERING & set(console.file.getvalue())
        assert console.file.getvalue().startswith("[b]:smile: ")
        assert not STEERING & set(str(Mistake(sign, sign, sign)))
        assert json.loads(escaped_json(json.dumps([sign], ensure_ascii=False))) == [sign]


def test_letters_are_left_as_they_are():
    assert escaped("é \u200d\U0001f468\u200d\U0001f469 שלום") == "é \u200d\U0001f468\u200d\U0001f469 שלום"
    assert escaped("a\tb\nc\rd", "\n\t") == "a\tb\nc\\rd"


def test_progress_as_json_cannot_steer(capsys):
    with JsonLines() as progress:
        progress.begin("\u009b2J\x1b[2J", 1)
    assert not STEERING & set(capsys.readouterr().err)
