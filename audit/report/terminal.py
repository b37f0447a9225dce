"""The audit in a terminal: verdicts in words, the largest contrasts, base against tuned; the rest is in the report."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from audit.report.choosing import attributes_of, without_probes
from audit.report.content import Cards, Cell, Row, Table, Tone
from audit.report.definitions import define
from audit.report.opening import opening
from audit.report.sections import (
    account,
    curation,
    few_shot,
    forgetting,
    groups,
    models,
    outcomes,
    outside,
    probes,
    training,
)
from audit.report.words import legible
from audit.results import Audit
from curate.audit_settings import CROSSED

STYLES: dict[Tone, str] = {"good": "green", "bad": "red", "open": "yellow"}
LARGEST = 5
USUAL = (
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "equalized_odds",
    "loss",
    "exact_match",
    "rouge_l",
    "chrf",
)
WIDEST_WORD = 23


def summary(audit: Audit) -> RenderableType:
    """Return what a terminal shows at the end of an audit; it fits 80 columns."""
    parts: list[RenderableType] = [_text(opening(audit).title, "bold"), _text(account.lead(audit)), Text()]
    parts += _verdicts(audit)
    parts += [line for said in beside(audit) for line in (Text(), _text(said))]
    rows = without_probes(audit)
    tables = [
        _in_one_line(_without(curation.largest(rows, LARGEST), "The rest", "Difference", "Verdict"), "Group"),
        _of_metrics(models.overall(rows), audit),
        *(_of_metrics(table, audit) for table in groups.gap_tables(rows, ("difference",), shown_attributes(rows))),
        forgetting.in_short(audit),
        _in_one_line(probes.at_a_glance(audit), "Figure"),
    ]
    parts += [part for table in tables if table is not None for part in (Text(), _table(table))]
    return Group(*parts)


def beside(audit: Audit) -> tuple[str, ...]:
    """Return in a sentence each what the base reaches with examples, what other seeds and text from elsewhere come to."""
    return tuple(filter(None, (few_shot.in_short(audit), training.in_short(audit), outside.in_short(audit))))


def _verdicts(audit: Audit) -> list[RenderableType]:
    section = outcomes.section(audit)
    parts: list[RenderableType] = [_text(section.lead, "bold")]
    for block in section.blocks:
        if isinstance(block, Cards):
            grid = RichTable.grid(padding=(0, 2, 0, 0))
            grid.add_column(width=WIDEST_WORD, no_wrap=True)
            grid.add_column(ratio=1)
            for card in block.cards:
                if grid.row_count:
                    grid.add_row()
                outcome = _text(f"{card.symbol} {card.outcome.upper()}", f"bold {STYLES[card.tone]}")
                grid.add_row(outcome, _text(card.found))
            parts += [Text(), grid]
    return parts


def shown_attributes(audit: Audit) -> tuple[str, ...]:
    """Return the attributes that a verdict speaks of; all but crossings where there is none."""
    judged = {verdict.measure for verdict in audit.verdicts}
    spoken_of = attributes_of(measure for measure in audit.measures if measure.id in judged)
    return spoken_of or tuple(name for name in attributes_of(audit.measures) if CROSSED not in name)


def _of_metrics(table: Table | None, audit: Audit) -> Table | None:
    """Return a table with the usual figures and those that a verdict speaks of; the report has them all."""
    if table is None:
        return None
    judged = {verdict.measure for verdict in audit.verdicts}
    asked = {measure.metric for measure in audit.measures if measure.id in judged}
    names = {*(define(metric).name for metric in (*USUAL, *asked)), *models.ALWAYS.values()}
    rows = (_with_label(row) for row in table.rows if row.cells[0].text in names)
    return Table(table.caption, table.columns, tuple(rows))


def _with_label(row: Row) -> Row:
    """Return a row whose name tells the label that it speaks of: `Always the commonest label (bad)`."""
    name, *rest = row.cells
    if name.text not in models.ALWAYS.values():
        return row
    return Row((Cell(" ".join((name.text, *(f"({detail})" for detail in name.details)))), *rest), row.ids)


def _without(table: Table | None, *headings: str) -> Table | None:
    """Return a table without some columns, for want of room."""
    if table is None:
        return None
    kept = [place for place, column in enumerate(table.columns) if column.heading not in headings]
    rows = tuple(Row(tuple(row.cells[place] for place in kept)) for row in table.rows)
    return Table(table.caption, tuple(table.columns[place] for place in kept), rows)


def _in_one_line(table: Table | None, heading: str) -> Table | None:
    """Return a table with the quiet lines of one column before its text: `gender: woman`."""
    if table is None:
        return None
    place = [column.heading for column in table.columns].index(heading)
    rows = []
    for row in table.rows:
        cells = list(row.cells)
        cells[place] = Cell(": ".join((*cells[place].details, cells[place].text)))
        rows.append(Row(tuple(cells)))
    return Table(table.caption, table.columns, tuple(rows))


def _table(table: Table) -> RenderableType:
    shown = RichTable(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        title=_text(table.caption, "bold"),
        title_justify="left",
        title_style="",
    )
    for column in table.columns:
        justify = "right" if column.number else "left"
        shown.add_column(_text(column.heading, "dim"), justify=justify, no_wrap=column.number, overflow="fold")  # type: ignore[arg-type]
    for row in table.rows:
        shown.add_row(*(_cell(cell) for cell in row.cells))
    return Padding(shown, (0, 0, 0, 0))


def _cell(cell: Cell) -> Text:
    """Return a cell's text with its interval: that is enough in a terminal, where a long line would push others out."""
    lines: Sequence[str] = [detail for detail in cell.details if " to " in detail][:1]
    return Text("\n").join([_text(cell.text), *(_text(line, "dim") for line in lines)])


def _text(text: str, style: str = "") -> Text:
    """Return text as it is: no markup is obeyed, and no control character reaches the terminal."""
    return Text(legible(text), style=style)
