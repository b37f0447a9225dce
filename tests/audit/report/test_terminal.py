"""The summary in a terminal: verdicts in words, no line too long, nothing obeyed."""

from io import StringIO

import pytest
import sample_audits
from rendering import Rendered
from rich.console import Console

from audit.report.terminal import summary
from audit.results import Audit, Interval, Measure
from curate.few_shot import Candidate, FewShotChoice


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


def test_what_stands_beside_the_figures_is_told_in_a_sentence_each() -> None:
    audit = sample_audits.classification()
    among = Interval(low=0.4, high=0.6, confidence=0.95, method="m")
    reached = Measure(id="few_shot.accuracy", title="", metric="few_shot_accuracy", value=0.5, n=60, interval=among)
    spread = Measure(
        id="tuned.seeds", title="Accuracy: spread", metric="seed_spread", value=0.012, n=60, parts=("a", "b", "c")
    )
    tried = Candidate(
        name="2 per label, draw 1", per_label=2, draw=1, rows=("a/1",), tokens=9, accuracy=0.5, log_loss=0.7
    )
    choice = FewShotChoice(
        validation_rows=60, validation_rows_there=60, longest=99, candidates=(tried,), chosen=tried.name
    )
    more = audit.model_copy(update={"measures": (*audit.measures, reached, spread), "few_shot": choice})
    lines = [line.replace("\u00a0", " ") for line in shown(more, 200).splitlines()]
    assert "The base with examples in its prompt (2 per label, draw 1): accuracy 50.0 %, 40.0 to 60.0 %." in lines
    assert "Over 3 seeds Accuracy scatters by 1.2 points (standard deviation)." in lines
    assert "seeds" not in shown(audit, 200)


def test_the_commonest_label_is_named() -> None:
    audit = sample_audits.classification()
    always = Measure(id="majority_baseline", title="", metric="majority_baseline", value=0.6, n=9, label="hate")
    rest = [m for m in audit.measures if m.metric != "majority_baseline"]
    lines = shown(audit.model_copy(update={"measures": (*rest, always)}), 120).splitlines()
    assert [line for line in lines if line.startswith("Always the commonest label (hate)")]


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
