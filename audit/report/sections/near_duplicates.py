"""Near-duplicates: what was looked for and how surely it is found, what was probably missed, and what only chains merged."""

from collections.abc import Iterator

from audit.report.choosing import ids_of, only
from audit.report.content import Block, Cell, Column, Curve, Heading, Prose, Row, Section, Table
from audit.report.words import cell_of, count, methods_of, number, plural
from audit.results import Audit, NearDuplicates, StepAccount
from curate.manifest import StepFile
from curate.near_duplicates.in_words import UNFINISHED, chained_in_words, columns_in_words, unfinished_in_words

SHOWN = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The similarities of the table beside the curve; all of them are points of the curve."""


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no step merged near-duplicates."""
    if not audit.near_duplicates:
        return None
    several = len(audit.near_duplicates) > 1
    blocks: list[Block] = []
    for search in audit.near_duplicates:
        blocks += [Heading(search.step)] if several else []
        blocks += [Prose(f"Warning: {said}.") for said in _warnings(audit, search)]
        blocks += [_found(audit, search), *_against(search), _curve(search), _points(search)]
    lead = (
        "A row goes if its shingles have a Jaccard similarity of at least the threshold with a row that stays (with clusters: "
        "connected, also if a chain of such rows joins the two). Every similarity was verified on the shingles themselves; the "
        "ledger holds it, and the row that stayed. Pairs are compared only if "
        "their signatures agree in some band, so a few near-duplicates are missed. How many, is told here."
    )
    return Section("near-duplicates", "Near-duplicates", lead, tuple(blocks))


def _warnings(audit: Audit, search: NearDuplicates) -> Iterator[str]:
    """Yield what a reader should know first: chained merges, rows not compared with all, an index that holds other text."""
    chained = only(audit.measures, metric="chained", step=search.step)
    if chained is not None and chained.numerator:
        yield chained_in_words(search.step, chained.numerator, chained.n)
    unfinished = _account(audit, search).reasons.get(UNFINISHED, 0)
    if unfinished:
        yield f"{unfinished_in_words(unfinished)}; the expected share missed does not count those"
    yield from search.other_text


def _account(audit: Audit, search: NearDuplicates) -> StepAccount:
    return next(step for step in audit.steps if step.step == search.step)


def _found(audit: Audit, search: NearDuplicates) -> Table:
    reasons = {reason: rows for reason, rows in _account(audit, search).reasons.items() if reason != UNFINISHED}
    measures = [
        measure
        for metric in ("expected_missed", "chained", "other_label")
        if (measure := only(audit.measures, metric=metric, step=search.step)) is not None
    ]
    said = f"{search.threshold:g} on sets of {search.shingle} {search.unit}"
    bands = f"{search.bands} bands of {search.band_rows}, of {search.permutations} permutations"
    rows = [
        Row((Cell("Threshold"), Cell(said))),
        Row((Cell("Clusters"), Cell(search.clusters))),
        Row((Cell("Signatures"), Cell(bands))),
        Row((Cell("Found of pairs right at the threshold"), Cell(number(search.found_at_threshold, "percent")))),
        *(Row((Cell(f"Dropped as {reason}"), Cell(plural(rows, "row")))) for reason, rows in reasons.items()),
        *(Row((Cell(measure.title), cell_of(measure)), ids_of(measure)) for measure in measures),
    ]
    columns = (Column("What"), Column("Value", number=True))
    return Table(f"What {search.step} looked for and found", columns, tuple(rows), methods_of(measures))


def _against(search: NearDuplicates) -> list[Block]:
    """Return the older files and indexes, as they were then: of an index each part."""
    rows = [
        Row(tuple(map(Cell, cells)))
        for file in search.against
        for cells in (_parts(file) if file.parts else [(file.path, "", "", "", "")])
    ]
    columns = (Column("Held against"), Column("Part"), Column("Of"), Column("Text"), Column("Rows", number=True))
    note = "Digests stand under provenance; those of the files of each part in the run's manifest.json."
    return [Table(f"Older rows that {search.step} was held against", columns, tuple(rows), (note,))] if rows else []


def _parts(file: StepFile) -> list[tuple[str, ...]]:
    return [
        (file.path, part.name, str(part.origin), columns_in_words(part.origin.text), count(part.rows))
        for part in file.parts
    ]


def _curve(search: NearDuplicates) -> Curve:
    return Curve(
        f"Pairs that {search.step} compares, by their similarity",
        "The filled part counts: what is above it, to the right of the threshold, is missed. What is under it to the left is "
        "compared in vain, and stays.",
        "Jaccard similarity of a pair",
        "Compared",
        search.curve,
        search.threshold,
    )


def _points(search: NearDuplicates) -> Table:
    shown = sorted({*SHOWN, search.threshold})
    compared = dict(search.curve)
    row = Row((Cell("Compared"), *(Cell(number(compared[similarity], "percent")) for similarity in shown)))
    columns = (Column("Similarity of the pair"), *(Column(f"{similarity:g}", number=True) for similarity in shown))
    note = (
        f"If pairs of every similarity were equally many: {number(search.false_negatives, 'percent')} of all pairs would be near-"
        f"duplicates that are missed, {number(search.false_positives, 'percent')} would be compared and stay."
    )
    return Table(f"The same in numbers: 1 − (1 − s^{search.band_rows})^{search.bands}", columns, (row,), (note,))
