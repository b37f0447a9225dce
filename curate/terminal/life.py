"""The life of a row in the terminal: what was measured, what changed word by word, and the copy that stayed, side by side."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from curate.errors import escaped
from curate.questions.explain import Life, Measurement
from curate.questions.life_events import Event
from curate.questions.word_difference import word_difference
from curate.terminal.words import Beside, Words

MARKS = {
    "kept": ("✓ ", "green"),
    "dropped": ("✗ ", "red"),
    "quarantined": ("✗ ", "red"),
    "added": ("+ ", "green"),
    "noted": ("~ ", "yellow"),
}


def life(found: Life) -> RenderableType:
    """Return the life of a row, step by step."""
    parts: list[RenderableType] = [
        Text.assemble(("read from " if found.text_as_read else "comes from ", "dim"), escaped(found.source))
    ]
    if found.label is not None:
        parts.append(Text.assemble(("label ", "dim"), escaped(found.label)))
    for attribute, groups in found.groups.items():
        parts.append(Text.assemble((f"{escaped(attribute)} ", "dim"), escaped(", ".join(groups))))
    if found.quarantined_for is not None:
        parts.append(Text.assemble(("in quarantine, for ", "dim"), escaped(found.quarantined_for)))
    if found.text_as_read:
        title = "as read, but personal data masked" if found.text_is_masked else "as read"
        parts.append(Panel(_visible(found.text_as_read), title=title, title_align="left", border_style="dim"))
    parts += _steps(found)
    if found.text_now is not None and found.text_now != found.text_as_read:
        parts.append(Panel(_visible(found.text_now), title="now", title_align="left", border_style="dim"))
    if found.copies:
        parts.append(Text.assemble(("copies made from it: ", "dim"), escaped(", ".join(found.copies))))
    if found.went_for_it:
        left = found.rows_that_went_for_it - len(found.went_for_it)
        more = f" and {left:,} more" if left else ""
        parts.append(Text.assemble(("rows that went for it: ", "dim"), escaped(", ".join(found.went_for_it)), more))
    fate = Text(escaped(f"{found.row}: {found.fate}"), style="bold")  # a title would be cut where it is long
    return Panel(Group(fate, *parts))


def _visible(text: str) -> Text:
    """Return a text whose control characters (but line breaks and tabs) are shown, so that they cannot steer the terminal."""
    return Text(escaped(text, "\n\t"))


def _steps(found: Life) -> Iterator[RenderableType]:
    """Yield measurements and events in the order of the steps.

    A row that a rule dropped or noted needs no second line for it, and a measurement that nothing limits decides nothing.
    """
    told = {(measured.place, measured.reason) for measured in found.measurements if measured.verdict != "kept"}
    lines: list[tuple[int, RenderableType]] = [
        (each.place, _measurement(each))
        for each in found.measurements
        if each.verdict != "kept" or each.minimum is not None or each.maximum is not None
    ]
    lines += [
        (event.place, _event(event, found))
        for event in found.events
        if event.event not in ("dropped", "noted") or (event.place, event.reason) not in told
    ]
    yield from (line for _place, line in sorted(lines, key=lambda line: line[0]))


def _measurement(measured: Measurement) -> RenderableType:
    step, _colon, said = escaped(measured.in_words).partition(": ")
    detail = f"; found: {measured.detail}" if measured.detail else ""
    return Text.assemble(MARKS[measured.verdict], (step, "bold"), f": {said}", (escaped(detail), "cyan"))


def _event(event: Event, found: Life) -> RenderableType:
    step, _colon, said = escaped(event.in_words).partition(": ")
    lines: list[RenderableType] = [Text.assemble(MARKS.get(event.event, ("~ ", "yellow")), (step, "bold"), f": {said}")]
    below = _below(event, found)
    if below is not None:
        lines.append(Padding(below, (0, 0, 0, 4)))
    return Group(*lines)


def _below(event: Event, found: Life) -> RenderableType | None:
    """Return the texts of an event: a difference in the row's own text, or two texts side by side."""
    if event.event == "changed":
        if event.before is not None and event.after is not None and event.before != event.after:
            return Words(word_difference(event.before, event.after))
        why = "the text before is not kept, because it held personal data" if event.before is None else ""
        return Text(why or "not to be seen here, where personal data are masked", style="dim")
    if event.candidate is not None:
        name, text = (event.other_row, event.other_text) if event.other_text is not None else (found.row, event.text)
        return Beside(str(name), text or "", "the refused copy", event.candidate)
    if event.other_text is None:
        return None
    if event.event == "added":
        return Beside(f"{event.other_row}, its parent", event.other_text, found.row, event.text or "")
    mine, other = f"{found.row} ({event.event})", str(event.other_row)
    if event.other_label != found.label:
        mine, other = f"{mine}, label {found.label}", f"{other}, label {event.other_label}"
    return Beside(mine, event.text or "", other, event.other_text)
