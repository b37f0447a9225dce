"""The account of every row: what came in, what left and why, what was made, and what remained."""

from collections.abc import Mapping

from audit.report.choosing import ids_of
from audit.report.content import Bar, Bars, Block, Cell, Column, Fold, Prose, Row, Section, Table
from audit.report.words import SPACE, count, listed, plural, value_of
from audit.results import Audit, Example, StepAccount
from curate.near_duplicates.in_words import unfinished_in_words

CROSSINGS = "crossings"
NONE_CROSSES = "No near-duplicate, copy or key stands on two sides of the split."
ROWS = "rows"


def balanced(step: StepAccount) -> bool:
    """Return whether a step's line adds up: rows in = rows out + dropped + quarantined − added."""
    return step.rows_in == step.rows_out + step.dropped + step.quarantined - step.added


def section(audit: Audit) -> Section:
    """Return the account: a picture of rows by step, its table, where the rows went, and examples."""
    blocks: list[Block] = []
    if audit.steps:
        blocks += [_bars(audit), steps_table(audit)]
    counted = [m for m in audit.measures if m.metric == "rows" and m.group is None]
    if counted:
        rows = tuple(Row((Cell(m.title), Cell(value_of(m))), ids_of(m)) for m in counted)
        blocks.append(Table("Where the rows stand", (Column("Which"), Column("Rows", number=True)), rows))
    elif audit.split:
        blocks.append(_split(audit))
    if CROSSINGS in audit.split:
        blocks += _crossings(audit)
    blocks += _examples(audit)
    return Section("account", "Account of every row", lead(audit), tuple(blocks))


def lead(audit: Audit) -> str:
    """Say in one breath how many rows came in and what became of them, and whether every line adds up."""
    if not audit.steps:
        return "No step was run: every row was audited as it was given."
    came, dropped, quarantined, added = totals(audit)
    parts = [f"{plural(dropped, 'was', 'were')} dropped", f"{plural(quarantined, 'was', 'were')} quarantined"]
    left = f"{plural(came, 'row')} came in; {listed(parts)}; {plural(added, 'row')} {'was' if added == 1 else 'were'} added. "
    wrong = [step.step for step in audit.steps if not balanced(step)]
    if wrong:
        return f"{left}The account does not add up at {listed(wrong)}: do not rely on this run."
    remain = count(came - dropped - quarantined + added)
    return f"{left}{remain} remain. Every line adds up: in = out + dropped + quarantined − added."


def totals(audit: Audit) -> tuple[int, int, int, int]:
    """Return how many rows came in, were dropped, were quarantined and were added, over all steps."""
    came = audit.steps[0].rows_in if audit.steps else 0
    return (
        came,
        sum(step.dropped for step in audit.steps),
        sum(step.quarantined for step in audit.steps),
        sum(step.added for step in audit.steps),
    )


def sides(audit: Audit) -> dict[str, int]:
    """Return the rows on each side of the split."""
    return {side: rows for side, rows in audit.split.items() if side != CROSSINGS}


def _train_only(audit: Audit) -> tuple[str, ...]:
    """Return the steps that looked at fewer rows than the step before them left: those of the training side."""
    pairs = zip(audit.steps, audit.steps[1:], strict=False)
    return tuple(after.step for before, after in pairs if after.rows_in < before.rows_out)


def _bars(audit: Audit) -> Bars:
    first = next(iter(_train_only(audit)), None)
    names = [step.step for step in audit.steps]
    fewer = set(names[names.index(first) :]) if first is not None else set()
    bars = tuple(
        Bar(
            step.step,
            step.rows_out,
            step.dropped + step.quarantined,
            step.added,
            "training rows" if step.step in fewer else "",
        )
        for step in audit.steps
    )
    return Bars(
        "Rows after each step",
        "Solid: the rows that went on. Outlined: the rows that left at this step. The numbers say how many.",
        bars,
    )


def steps_table(audit: Audit) -> Table:
    """Return the account by step: in, out, what left or came or was noted, and why."""
    some_noted = any(step.noted for step in audit.steps)
    more = ("Noted",) if some_noted else ()
    numbers = ("In", "Dropped", "Quarantined", "Added", "Out", "Text changed", "Copies refused", *more)
    rows = tuple(
        Row(
            (
                Cell(step.step),
                *(
                    Cell(_or_dash(value))
                    for value in (step.rows_in, step.dropped, step.quarantined, step.added, step.rows_out)
                ),
                Cell(_or_dash(step.changed)),
                Cell(_or_dash(step.refused)),
                *((Cell(_or_dash(step.noted)),) if some_noted else ()),
                _reasons(step),
            )
        )
        for step in audit.steps
    )
    columns = (Column("Step"), *(Column(name, number=True) for name in numbers), Column("Reasons"))
    notes = ["A changed row stays a row; a refused copy was never a row. Neither enters the sum."]
    if some_noted:
        notes.append("A noted row is named in the ledger and stays.")
    first = next(iter(_train_only(audit)), None)
    if first is not None:
        notes.append(f"From {first} on, steps look at training rows only: fewer come in than went out before.")
    return Table("Rows by step", columns, rows, tuple(notes))


def _or_dash(value: int) -> str:
    return count(value) if value else "–"


def _reasons(step: StepAccount) -> Cell:
    ordered = sorted(step.reasons.items(), key=lambda item: (-item[1], item[0]))
    return Cell("", tuple(f"{count(number)} {reason.replace('_', ' ')}" for reason, number in ordered))


def _split(audit: Audit) -> Table:
    whole = sum(sides(audit).values())
    rows = tuple(
        Row((Cell(side), Cell(count(number)), Cell(f"{100 * number / whole:.1f}{SPACE}%" if whole else "undefined")))
        for side, number in sides(audit).items()
    )
    return Table(
        "Where the rows stand", (Column("Side"), Column("Rows", number=True), Column("Share", number=True)), rows
    )


def _crossings(audit: Audit) -> list[Block]:
    """Say which rows of a later side have a counterpart on an earlier one, each row once, and then by kind."""
    unsure = [Prose(f"Not sure: {unfinished_in_words(audit.not_all_compared)}.")] if audit.not_all_compared else []
    if audit.split[CROSSINGS] == 0:
        none = "No near-duplicate, copy or key was found on two sides of the split." if unsure else NONE_CROSSES
        return [Prose(none), *unsure]
    by_kind = {kind: pairs for kind, pairs in audit.crossings.items() if kind != ROWS}
    pairs = audit.crossings.get(ROWS, {})
    said = [_crossing(pair, rows, by_kind) for pair, rows in pairs.items()] or [
        f"{plural(audit.split[CROSSINGS], 'crossing')} between the sides of the split, counted by kind."
    ]
    found: list[Block] = [Prose(f"{' '.join(said)} What a model saw in training can stand in its test.")]
    return [*found, *([_kinds_of_crossing(by_kind)] if by_kind else []), *unsure]


def _crossing(pair: str, rows: int, by_kind: Mapping[str, Mapping[str, int]]) -> str:
    later, _in, earlier = pair.partition(" in ")
    kinds = [f"{kind}: {count(found[pair])}" for kind, found in by_kind.items() if pair in found]
    counted = plural(rows, f"{later} row has", f"{later} rows have")
    return f"{counted} a counterpart on the {earlier} side" + (f" ({', '.join(kinds)})." if kinds else ".")


def _kinds_of_crossing(by_kind: Mapping[str, Mapping[str, int]]) -> Table:
    pairs = sorted({pair for found in by_kind.values() for pair in found})
    rows = tuple(
        Row((Cell(kind), *(Cell(_or_dash(found.get(pair, 0))) for pair in pairs))) for kind, found in by_kind.items()
    )
    columns = (Column("Kind"), *(Column(pair, number=True) for pair in pairs))
    note = (
        "Rows of the later side. A row can cross in more than one way, so the kinds may add up to more than the rows."
    )
    return Table("Crossings of the split, by kind", columns, rows, (note,))


def _examples(audit: Audit) -> list[Block]:
    kinds = dict.fromkeys((example.step, example.reason) for example in audit.examples)
    return [
        _example_fold(step, reason, [e for e in audit.examples if (e.step, e.reason) == (step, reason)])
        for step, reason in kinds
    ]


def _example_fold(step: str, reason: str, examples: list[Example]) -> Fold:
    rows = tuple(
        Row(
            (
                Cell(example.row),
                Cell(", ".join(example.groups) or "–"),
                Cell(f"“{example.text}”", _other(example)),
            )
        )
        for example in examples
    )
    summary = f"{plural(len(examples), 'example')}: {step}, {reason.replace('_', ' ')}"
    return Fold(summary, (Table(summary, (Column("Row"), Column("Groups"), Column("Text, masked and cut")), rows),))


def _other(example: Example) -> tuple[str, ...]:
    if example.other_row is None:
        return ()
    return (f"{example.other_row}: “{example.other_text}”" if example.other_text else example.other_row,)
