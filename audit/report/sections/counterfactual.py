"""The same rows, had they spoken of others: whose fate changes when the terms of one group stand in the place of another's."""

from collections.abc import Sequence

from audit.report.choosing import having, ids_of, only
from audit.report.content import Block, Cell, Column, Fold, Heading, Prose, Row, Section, Table
from audit.report.contrasts import bare, p_cell
from audit.report.words import PERCENT, cell_of, count, interval_of, listed, methods_of, plural, rows_of, value_of
from audit.results import Audit, Measure, SwapExample, Swaps

METRICS = ("flip", "swapped", "swap_lost", "swap_gained", "flipped_at", "changed_differently")
OPEN_PAIRS = 6
"""So few pairs of groups are all shown; of more those in which a row changes its fate."""
SAID = 3
"""So many pairs are told in the lead."""
REASONS = {
    "mentions_both": "because the row mentions the other group too",
    "no_counterpart": "because a term has no counterpart in the list",
}


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no identity terms were swapped."""
    swaps = audit.swaps
    if swaps is None:
        return None
    measures = tuple(m for m in audit.measures if m.metric in METRICS)
    blocks: list[Block] = [Prose(_how(swaps)), *_without(swaps)]
    wholes = [m for m in measures if m.metric == "flip" and m.group is None]
    for whole in sorted(wholes, key=lambda m: -(m.numerator or 0)):
        attribute = _attribute(whole)
        mine = having(measures, attribute=attribute)
        blocks += [
            Heading(f"By {attribute}"),
            Prose(_account(swaps, attribute, whole)),
            *_pairs(audit, attribute, mine, whole),
        ]
        blocks += _folds(swaps, attribute)
    return Section("swaps", "The same rows, had they spoken of others", lead(audit, measures), tuple(blocks))


def lead(audit: Audit, measures: Sequence[Measure]) -> str:
    """Say for the pairs with most changes what became of the rows, or that none changed and what that leaves open."""
    pairs = [m for m in measures if m.metric == "flip" and m.group is not None]
    least = audit.minimum_group_size
    flipping = sorted((m for m in pairs if m.numerator), key=lambda m: (m.n < least, -(m.value or 0), -m.n, m.id))
    if flipping:
        told = [_sentence(m, measures) for m in flipping[:SAID]]
        more = len(flipping) - len(told)
        rest = f" So it is with {plural(more, 'more pair', 'more pairs')} of groups." if more else ""
        return f"A row should not stay or go by whom it speaks of. {' '.join(told)}{rest}"
    wholes = [m for m in measures if m.metric == "flip" and m.group is None]
    swaps, rows = sum(m.n for m in pairs), sum(m.n for m in wholes)
    if not swaps:
        return (
            "Whether a row would stay or go had it spoken of others could not be asked: no drawn row could be swapped."
        )
    ends = listed(f"{100 * m.interval.high:.1f}{PERCENT} ({_attribute(m)})" for m in wholes if m.interval is not None)
    return (
        f"None of {plural(swaps, 'swap')} in {plural(rows, 'row')} changed whether a row is kept. With so many rows, a rate of up "
        f"to {ends} cannot be excluded (upper end of the {100 * audit.confidence:g}{PERCENT} interval)."
    )


def _attribute(whole: Measure) -> str:
    return str(whole.selection.equals["attribute"]) if whole.selection else ""


def _other(measure: Measure) -> str:
    return str(measure.selection.equals["to_group"]) if measure.selection else ""


def _sentence(flip: Measure, measures: Sequence[Measure]) -> str:
    kinds = {kind: only(measures, id=f"{flip.id}.{kind}") for kind in ("lost", "gained")}
    lost, gained = ((measure.numerator or 0) if measure is not None else 0 for measure in kinds.values())
    told = [f"{count(lost)} would have been dropped"] if lost else []
    told += [f"{count(gained)} that {'was' if gained == 1 else 'were'} dropped would have been kept"] if gained else []
    return f"Of {plural(flip.n, 'row')} that mention {flip.group}, {listed(told)} had they mentioned {_other(flip)}."


def _how(swaps: Swaps) -> str:
    whole = f" Not asked: {listed(swaps.not_asked)}, which may look at many rows at once." if swaps.not_asked else ""
    return (
        f"Up to {plural(swaps.drawn, 'row')} of each group were drawn from the rows as read. In a copy of each the group's terms "
        "were replaced by those that stand at their place in the term list for another group, in the same case, and both texts "
        f"went through {listed(swaps.asked)} with the recipe's settings.{whole} A swapped text may be odd English (“a asian”, “I "
        "saw his”), and a term may have another sense; which terms were swapped is told below, so that it can be judged."
    )


def _without(swaps: Swaps) -> list[Block]:
    if not swaps.without:
        return []
    lists = "the term list" if len(swaps.without) == 1 else "the term lists"
    said = f"Nothing was swapped by {listed(swaps.without)}: {lists} found in no row, or without counterparts (lines with bars)."
    return [Prose(said)]


def _account(swaps: Swaps, attribute: str, whole: Measure) -> str:
    made, out = swaps.swapped.get(attribute, 0), swaps.left_out.get(attribute, {})
    left = [f"{count(lines)} {REASONS.get(reason, reason)}" for reason, lines in out.items()]
    told = (
        f" Of {plural(made + sum(out.values()), 'possible swap')} these were left out: {listed(left)}." if left else ""
    )
    changed = f"{rows_of(whole)} rows change their fate in at least one swap ({value_of(whole)}, {interval_of(whole)})."
    return f"{plural(made, 'swap')} in {plural(whole.n, 'row')}.{told} {changed if whole.n else ''}".strip()


def _pairs(audit: Audit, attribute: str, measures: Sequence[Measure], whole: Measure) -> list[Block]:
    """Return the pairs of groups: all if they are few, else those with a change, and the others in a fold."""
    flips = having(measures, metric="flip")
    ordered = sorted(flips, key=lambda m: (not m.numerator, -(m.value or 0), -m.n, m.id))
    changed = [m for m in ordered if m.numerator]
    shown = ordered if len(ordered) <= OPEN_PAIRS else changed
    caption = f"Rows whose fate a swap changes, by {attribute}"
    blocks: list[Block] = [_table(audit, caption, shown, measures, whole)]
    at = having(measures, metric="flipped_at")
    if at:
        rows = tuple(Row((Cell(str(m.step)), Cell(str(m.label)), cell_of(m)), ids_of(m)) for m in at)
        columns = (Column("Step"), Column("Reason"), Column("Fates changed, of all swaps", number=True))
        blocks.append(Table(f"Which step changed them, by {attribute}", columns, rows))
    rest = [m for m in ordered if m not in shown]
    if rest:
        none = f"{plural(len(rest), 'pair')} of groups in which no swap changes a row's fate, by {attribute}"
        blocks.append(Fold(none, (_table(audit, none, rest, measures, None),)))
    return blocks


def _table(
    audit: Audit, caption: str, flips: Sequence[Measure], measures: Sequence[Measure], whole: Measure | None
) -> Table:
    differently = having(measures, metric="changed_differently")
    numbers = (
        "Fate changed",
        "Lost",
        "Gained",
        "Adjusted p",
        "Could be swapped",
        *(["Rewritten differently"] if differently else []),
    )
    columns = (Column("Mentions"), Column("Had it mentioned"), *(Column(name, number=True) for name in numbers))
    rows, shown = [], list[Measure]()
    if whole is not None:
        dashes = [Cell("–")] * (len(numbers) - 1)
        rows.append(
            Row((Cell("any group"), Cell("any other", ("rows, not swaps",)), cell_of(whole), *dashes), ids_of(whole))
        )
    for flip in flips:
        name = flip.id.removeprefix("flip.")
        lost, gained = (only(measures, id=f"{flip.id}.{kind}") for kind in ("lost", "gained"))
        able, unlike = only(measures, id=f"swapped.{name}"), only(measures, id=f"changed_differently.{name}")
        counts = [
            cell_of(m.model_copy(update={"n": 0, "numerator": None})) if m is not None else Cell("–")
            for m in (lost, gained)
        ]
        cells = [bare(flip), *counts, p_cell(flip), cell_of(able), *([cell_of(unlike)] if differently else [])]
        few = ("few rows",) if flip.n < audit.minimum_group_size else ()
        rows.append(
            Row((Cell(str(flip.group), few), Cell(_other(flip)), *cells), ids_of(flip, lost, gained, able, unlike))
        )
        shown += [flip, *([unlike] if unlike is not None else [])]
    notes = ("Lost: kept as it is, dropped after the swap. Gained: dropped as it is, kept after the swap.",)
    return Table(caption, columns, tuple(rows), (*notes, *methods_of(shown)))


def _folds(swaps: Swaps, attribute: str) -> list[Block]:
    examples = [example for example in swaps.examples if example.attribute == attribute]
    terms = [term for term in swaps.terms if term.attribute == attribute]
    blocks: list[Block] = []
    if examples:
        named = ("Row", "Mentions", "Swapped", "What became of it", "Text as read")
        lines = tuple(Row(tuple(Cell(said) for said in _example(example))) for example in examples)
        table = Table(f"Examples of changed fates, by {attribute}", tuple(map(Column, named)), lines)
        blocks.append(Fold(f"{plural(len(lines), 'example')} of changed fates, by {attribute}", (table,)))
    if terms:
        said: dict[tuple[str, str], list[str]] = {}
        for term in terms:
            said.setdefault((term.from_group, term.to_group), []).append(f"{term.terms} ({count(term.count)})")
        rows = tuple(Row((Cell(one), Cell(other), Cell(", ".join(every)))) for (one, other), every in said.items())
        columns = (Column("Mentions"), Column("Had it mentioned"), Column("Terms, and how often"))
        caption = f"Which terms were swapped, by {attribute}"
        blocks.append(Fold(caption, (Table(caption, columns, rows),)))
    return blocks


def _example(example: SwapExample) -> tuple[str, ...]:
    found = f" ({example.detail})" if example.detail else ""
    after = f"kept as it is, dropped by {example.step} after the swap"
    before = f"dropped by {example.step} as it is, kept after the swap"
    fate = f"{after if example.flip == 'lost' else before}: {example.reason}{found}"
    return (example.row, f"{example.from_group}, not {example.to_group}", ", ".join(example.terms), fate, example.text)
