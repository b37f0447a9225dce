"""What stands at the end: measures of no other section, what nobody can tell, definitions and provenance."""

from audit.report.choosing import ids_of
from audit.report.content import Block, Cell, Column, Fold, Items, Prose, Row, Section, Table
from audit.report.definitions import DEFINITIONS, TERMS
from audit.report.words import SPACE, cell_of, methods_of
from audit.results import Audit, Measure
from audit.vocabulary import model_names, told

FOLD_FROM = 12


def other_measures(audit: Audit, measures: tuple[Measure, ...]) -> Section | None:
    """Return a plain table of measures that no other section shows, or None where there are none."""
    if not measures:
        return None
    columns = (Column("What"), Column("Value", number=True))
    rows = tuple(
        Row((Cell(m.title, _whose(audit, m)), cell_of(m, audit.minimum_group_size)), ids_of(m)) for m in measures
    )
    table = Table("Further measures", columns, rows, methods_of(measures))
    blocks: tuple[Block, ...] = (
        (table,) if len(rows) < FOLD_FROM else (Fold(f"{len(rows)} further measures", (table,)),)
    )
    return Section("further", "Further measures", "Figures that belong to none of the sections above.", blocks)


def _whose(audit: Audit, measure: Measure) -> tuple[str, ...]:
    model = model_names(audit)[measure.model].lower() if measure.model is not None else None
    named = (model, measure.step, measure.attribute, measure.group, measure.label)
    said = " · ".join(str(name) for name in named if name is not None)
    return (said,) if said else ()


def cautions(audit: Audit) -> Section:
    """Return what these data cannot tell."""
    lead = "What stands here is not a weakness of one figure but a limit of this evidence. Read it before you sign."
    blocks: tuple[Block, ...] = (
        (Items(audit.cautions),) if audit.cautions else (Prose("The audit recorded no caution."),)
    )
    return Section("cautions", "What nobody can tell from these data", lead, blocks)


def definitions(audit: Audit) -> Section:
    """Return the terms used here, and those metrics that this audit measured."""
    used = dict.fromkeys(m.metric for m in audit.measures)
    metrics = [
        Row((Cell(DEFINITIONS[name].name), Cell(told(audit, DEFINITIONS[name].meaning))))
        for name in used
        if name in DEFINITIONS
    ]
    terms = [Row((Cell(term), Cell(meaning))) for term, meaning in TERMS.items()]
    columns = (Column("Word"), Column("Meaning"))
    blocks: tuple[Block, ...] = (
        Table("How to read a figure", columns, tuple(terms)),
        *([Table("What was measured", columns, tuple(metrics))] if metrics else []),
    )
    lead = (
        f"Intervals are at {100 * audit.confidence:g}{SPACE}% confidence unless a table says otherwise. A group with fewer than "
        f"{audit.minimum_group_size} rows is marked “few rows”."
    )
    return Section("definitions", "Definitions", lead, blocks)


def provenance(audit: Audit) -> Section:
    """Return where the data, the software and the numbers came from."""
    rows = tuple(Row((Cell(line.what), Cell(line.value))) for line in audit.provenance)
    columns = (Column("What"), Column("Value"))
    blocks: tuple[Block, ...] = (
        (Table("Where this came from", columns, rows),) if rows else (Prose("None was recorded."),)
    )
    lead = (
        "What went into this run, so that it can be made again. Every figure has a name, printed beside it: "
        "“fairlead trace RUN NAME” recomputes it and lists its rows."
    )
    return Section("provenance", "Provenance", lead, blocks)
