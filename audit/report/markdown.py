"""The report as Markdown: the same sections, every word escaped; a picture is left to its title, because its table follows."""

import re
from collections.abc import Iterable, Sequence

from audit.report.content import (
    Bars,
    Block,
    Card,
    Cards,
    Cell,
    Curve,
    Dots,
    Fact,
    Facts,
    Fold,
    Heading,
    Items,
    Lines,
    Paths,
    Prose,
    Reliability,
    Section,
    Table,
)
from audit.report.opening import opening
from audit.report.words import legible
from audit.results import Audit

BREAKS = re.compile(r"[\t\n\u2028\u2029]+")
MARKUP = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")
OPENERS = re.compile(r"^(\s*)([-+#=]|\d+[.)](?=\s))")
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
PLAIN = re.compile(r"[\w.:+=/ -]+")


def markdown_of(audit: Audit, sections: Sequence[Section]) -> str:
    """Render an audit's sections as GitHub-flavoured Markdown."""
    head = opening(audit)
    parts = [f"# {escaped(head.title)}", escaped(head.sentence), *_block(Facts(head.facts))]
    return "\n\n".join([*parts, *sections_markdown(sections)]) + "\n"


def sections_markdown(sections: Sequence[Section]) -> list[str]:
    """Render sections, a text for each heading and block."""
    parts = []
    for section in sections:
        parts += [f"## {escaped(section.title)}", escaped(section.lead)]
        parts += [part for block in section.blocks for part in _block(block)]
    return parts


def escaped(text: str) -> str:
    """Return text so that Markdown shows it and never obeys it."""
    flat = BREAKS.sub(" ", legible(text)).strip(" ")
    plain = MARKUP.sub(lambda found: f"\\{found.group()}", flat).translate(ENTITIES)
    return OPENERS.sub(lambda found: f"{found.group(1)}{_guarded(found.group(2))}", plain)


def _guarded(opener: str) -> str:
    return f"{opener[:-1]}\\{opener[-1]}" if opener[0].isdigit() else f"\\{opener}"


def code(name: str) -> str:
    """Return a measure's id as code; one with unusual characters is written with entities, which no renderer obeys."""
    shown = BREAKS.sub(" ", legible(name))
    if PLAIN.fullmatch(shown):
        return f"`{shown}`"
    safe = "".join(letter if letter.isalnum() or letter in ". -" else f"&#{ord(letter)};" for letter in shown)
    return f"<code>{safe}</code>"


def _block(block: Block) -> list[str]:  # noqa: PLR0911  (one return a kind of block)
    match block:
        case Prose(text):
            return [escaped(text)]
        case Heading(text):
            return [f"### {escaped(text)}"]
        case Items(items):
            return ["\n".join(f"- {escaped(item)}" for item in items)]
        case Table():
            return _table(block)
        case Dots() | Bars() | Curve() | Paths() | Lines() | Reliability():
            return [f"*Picture in report.html: {escaped(block.title)}.* {escaped(block.description)}"]
        case Cards(cards):
            return [_card(card) for card in cards]
        case Facts(facts):
            return ["\n".join(_fact(fact) for fact in facts)]
        case Fold(summary, blocks):
            inner = [part for inside in blocks for part in _block(inside)]
            return [f"<details>\n<summary>{escaped(summary)}</summary>", *inner, "</details>"]


def _table(table: Table) -> list[str]:
    headings = [column.heading for column in table.columns]
    marks = ["---:" if column.number else "---" for column in table.columns]
    if table.traced:
        headings, marks = [*headings, "Trace"], [*marks, "---"]
    lines = [_line(escaped(heading) for heading in headings), _line(marks)]
    for row in table.rows:
        cells = [_cell(cell) for cell in row.cells]
        lines.append(_line([*cells, " ".join(code(name) for name in row.ids)] if table.traced else cells))
    return [
        f"**{escaped(table.caption)}**",
        "\n".join(lines),
        *([escaped(" ".join(table.notes))] if table.notes else []),
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    details = escaped(" · ".join(cell.details))
    return f"{escaped(cell.text)} ({details})" if cell.text and details else escaped(cell.text) or details


def _card(card: Card) -> str:
    lines = [f"**{card.symbol} {card.outcome.upper()}** {escaped(card.asked)}", "", f"- Found: {escaped(card.found)}"]
    if card.sure:
        lines.append(f"- How sure: {escaped(card.sure)}")
    if card.ids:
        lines.append(f"- Trace: {' '.join(code(name) for name in card.ids)}")
    return "\n".join(lines)


def _fact(fact: Fact) -> str:
    return f"- {escaped(fact.name)}: **{escaped(fact.value)}**" + (f" ({escaped(fact.detail)})" if fact.detail else "")
