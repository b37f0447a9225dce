"""The summary in a terminal: verdicts in words, no line too long, nothing obeyed."""

from io import StringIO

import pytest
import sample_audits
from rendering import Rendered
from rich.console import Console

from audit.report.terminal import summary
from audit.results import Audit


def shown(audit: Audit, width: int) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(summary(audit))
    return console.export_text()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["classification", "given", "instruction", "bare"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = shown(getattr(sample_audits, name)(), width).splitlines()
    assert [line for line in lines if len(line) > width] == []
    assert lines[0].startswith("Audit of ")


def test_it_says_the_verdicts_in_words_those_that_need_attention_first() -> None:
    text = shown(sample_audits.classification(), 100)
    places = [text.index(word) for word in ("✗ NOT MET", "? INSUFFICIENT EVIDENCE", "✓ MET")]
    assert places == sorted(places)
    assert "Every line adds up" in text


def test_base_and_tuned_stand_side_by_side() -> None:
    lines = shown(sample_audits.instruction(), 100).splitlines()
    assert [line.split() for line in lines if line.startswith("ROUGE-L")] == [["ROUGE-L", "0.081", "0.274", "+0.193"]]


def test_what_is_undefined_pushes_no_name_out() -> None:
    audit = sample_audits.classification()
    why = "no row here was answered with a positive label, nor will it ever be"
    lost = [
        measure.model_copy(update={"value": None, "interval": None, "undefined": why})
        if measure.model == "base" and measure.metric == "accuracy"
        else measure
        for measure in audit.measures
    ]
    lines = shown(audit.model_copy(update={"measures": tuple(lost)}), 80).splitlines()
    rows = [line.split() for line in lines if line.startswith("Accuracy ")]
    assert rows
    assert all(row[1] == "undefined" for row in rows), rows


def test_no_string_reaches_the_terminal_as_a_command() -> None:
    audit = sample_audits.bare().model_copy(update={"name": "a\x1b[31m [red]b[/red] [/nothing]"})
    assert "a�[31m [red]b[/red] [/nothing]" in shown(audit, 100)


def test_a_hostile_audit_still_fits(hostile: Rendered) -> None:
    assert "\x1b" not in shown(hostile.audit, 100)
