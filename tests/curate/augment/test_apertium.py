"""The Apertium backend: nothing is lost on the way, and a text is no part of its neighbour."""

from pathlib import Path

import pytest

from curate.augment.apertium import Apertium, apertium_problem, directions, from_stream, to_stream
from curate.errors import UserError

needs_apertium = pytest.mark.skipif(
    apertium_problem("en", "es") is not None,
    reason="needs apertium with the pair eng-spa (apt-get install apertium apertium-eng-spa)",
)


def quiet(_done: int) -> None:
    """Do nothing."""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a program called apertium, which knows eng-spa and runs the given shell command, first on PATH."""

    def put(command: str) -> None:
        path = tmp_path / "apertium"
        path.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then printf "  eng-spa\\n  spa-eng\\n"; else {command}; fi\n')
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "[x] ^y$ {z} a/b \\ <q> @me",
        "[number 3]",
        ".[]",
        "\\",
        "two\nlines",
        "a\n\nparagraph",
        "*starred #hash",
        "“quoted” – é 😀",
    ],
)
def test_a_text_survives_the_stream_format(text):
    part = to_stream(text, 3)
    assert part.endswith("\0")
    assert part.count("\0") == 1
    assert from_stream(part.removesuffix("\0"), 3) == text


def test_white_space_is_made_regular_and_null_bytes_go():
    assert from_stream(to_stream(" a \t b\0c\r\nd  \n\n\n e ", 0).removesuffix("\0"), 0) == "a b c\nd\n\ne"


def test_a_part_with_another_number_is_no_answer():
    assert from_stream("hola.[][number 4]", 3) is None
    assert from_stream("hola", 3) is None


def test_languages_are_named_as_apertium_names_them():
    assert directions("en", "es") == ("eng-spa", "spa-eng")
    assert directions("eng", "xyz") == ("eng-xyz", "xyz-eng")


def test_what_is_missing_is_named_with_its_package(tmp_path, monkeypatch, program):
    program("cat")
    assert apertium_problem("en", "es") is None
    assert (
        apertium_problem("en", "fr") == "apertium has no eng-fra and no fra-eng here; apt-get install apertium-eng-fra"
    )
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert apertium_problem("es", "en") == "apertium is not on PATH; apt-get install apertium apertium-eng-spa"


def test_more_text_than_the_pipes_hold_comes_back_in_order(program):
    program("cat")
    texts = [f"text {number} " + "word " * 40 for number in range(5_000)]
    ticks: list[int] = []
    assert Apertium("en", "es").round_trip(texts, ticks.append) == [text.strip() for text in texts]
    assert sum(ticks) == 10_000


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("head -c 30", "gave 1 of 3 texts back and ended with 0"),
        ("cat; exit 4", "gave 3 of 3 texts back and ended with 4"),
        ("sed s/number.1/number_x/", "gave 1 of 3 texts back and ended with 0"),
        ("echo broken >&2; exit 1", "gave 0 of 3 texts back and ended with 1"),
    ],
)
def test_a_lost_text_stops_the_step(program, command, what):
    program(command)
    with pytest.raises(UserError, match=what):
        Apertium("en", "es").round_trip(["one", "two", "three"], quiet)


def test_what_the_program_said_is_in_the_error(program):
    program("echo the dictionary is broken >&2; exit 1")
    with pytest.raises(UserError, match="the dictionary is broken"):
        Apertium("en", "es").round_trip(["one"], quiet)


@needs_apertium
def test_texts_come_back_each_in_its_place():
    texts = ["The house is big", "", "women\nmen", "A house [sic] with 3/5 {big} ^_^ $5 a\\b", "qwxyzq"]
    made = Apertium("en", "es").round_trip(texts, quiet)
    assert [made[0].lower(), made[1], made[2].lower(), made[4]] == ["the house is big", "", "women\nmen", "qwxyzq"]
    assert [mark for mark in ("[sic]", "3/5", "{", "}", "^_^", "$5", "\\b") if mark not in made[3]] == []


@needs_apertium
def test_a_text_does_not_run_on_into_its_neighbour():
    alone = Apertium("en", "es").round_trip(["The black"], quiet)
    beside = Apertium("en", "es").round_trip(["The black", "cat sleeps"], quiet)
    assert beside[0] == alone[0]
    assert "cat" in beside[1].lower()
