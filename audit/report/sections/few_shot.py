"""What was tried to give the base its best chance: examples in its prompt, chosen on validation rows."""

from audit.metrics import FEW_SHOT
from audit.report.choosing import having, ids_of, is_change, of_few_shot, only
from audit.report.content import Block, Cell, Column, Heading, Prose, Row, Table
from audit.report.definitions import define
from audit.report.tables import Kind, Line, crossed
from audit.report.words import cell_of, count, interval_of, methods_of, plural, value_of
from audit.results import Audit, Measure
from curate.few_shot import Candidate, FewShotChoice

CHOSEN = "✓ chosen"
KINDS = (
    Kind("Base without examples", lambda m: m.model == "base"),
    Kind("Base with examples", lambda m: of_few_shot(m) and not is_change(m)),
    Kind("Tuned", lambda m: m.model == "tuned"),
    Kind("Change from base with examples", lambda m: of_few_shot(m) and is_change(m)),
)
COLUMNS = (
    Column("Examples"), Column("Rows", number=True), Column("Tokens", number=True),
    Column("Accuracy, validation", number=True), Column("Log loss, validation", number=True), Column("Choice"),
)  # fmt: skip


def blocks(audit: Audit) -> list[Block]:
    """Return how the examples were chosen, and every candidate; nothing where the base was asked without examples alone."""
    choice = audit.few_shot
    if choice is None:
        return []
    found: list[Block] = [Heading("The base with examples in its prompt"), Prose(_told(audit, choice))]
    return [*found, _reached(audit), _tried(audit, choice)] if choice.candidates else found


def in_short(audit: Audit) -> str:
    """Return a sentence: what the base reaches with examples in its prompt; nothing where it was not asked so."""
    reached = only(audit.measures, metric=f"{FEW_SHOT}accuracy", compare=None)
    if reached is None or reached.value is None or audit.few_shot is None:
        return ""
    where = interval_of(reached) or "no interval"
    return f"The base with examples in its prompt ({audit.few_shot.chosen}): accuracy {value_of(reached)}, {where}."


def _reached(audit: Audit) -> Table:
    """Return what the base reaches on the test rows without and with examples, beside the tuned model."""
    whole = having(audit.measures, attribute=None, label=None, probe=None, compare=None)
    lines = [
        Line(define(metric).name, (*having(whole, metric=metric), *_with_examples(audit, metric)))
        for metric in ("accuracy", "macro_f1")
        if _with_examples(audit, metric)
    ]
    return crossed("The test rows, asked once after the chosen examples", "Figure", lines, KINDS)


def _with_examples(audit: Audit, metric: str) -> tuple[Measure, ...]:
    return having(audit.measures, metric=FEW_SHOT + metric)


def _told(audit: Audit, choice: FewShotChoice) -> str:
    best = choice.best
    if best is None:
        return f"The base was not asked with examples in its prompt: {choice.undefined}. What it then reaches is undefined."
    drawn = f", drawn by the seed from {count(choice.validation_rows_there)}"
    some = drawn if choice.validation_rows < choice.validation_rows_there else ""
    without = f" {_left_out(choice)}" if choice.left_out else ""
    cut = only(audit.measures, metric="few_shot_cut")
    fewer = (
        f" {count(cut.numerator)} of {plural(cut.n, 'test row')} saw fewer examples: they left no room for all."
        if cut is not None and cut.numerator
        else ""
    )
    return (
        f"The base was also asked after {plural(len(best.rows), 'training row')} with their answers ({best.name}), joined by blank "
        f"lines. They are the best of {plural(len(choice.candidates), 'candidate')} by accuracy on "
        f"{plural(choice.validation_rows, 'validation row')}{some} (a tie: by log loss, then by fewer examples); no test row was "
        f"looked at for it.{fewer}{without}"
    )


def _left_out(choice: FewShotChoice) -> str:
    tried = plural(len(choice.left_out), "candidate")
    return f"{tried} left no room for a row within {count(choice.longest)} tokens: {', '.join(choice.left_out)}."


def _tried(audit: Audit, choice: FewShotChoice) -> Table:
    mine = having(audit.measures, attribute=None)
    rows, shown = [], []
    for each in choice.candidates:
        accuracy = only(mine, metric="few_shot_tried", step=each.name)
        loss = only(mine, metric="few_shot_tried_log_loss", step=each.name)
        shown += [measure for measure in (accuracy, loss) if measure is not None]
        cells = (cell_of(accuracy), cell_of(loss), Cell(CHOSEN if each.name == choice.chosen else ""))
        rows.append(Row((*_named(each), *cells), ids_of(accuracy, loss)))
    always = only(mine, metric="few_shot_majority_baseline")
    if always is not None:
        shown.append(always)
        named, dash = Cell("Always the commonest label", (always.label or "",)), Cell("–")
        rows.append(Row((named, dash, dash, cell_of(always), dash, Cell("")), ids_of(always)))
    said = "The accuracy of the chosen one on validation rows is the highest of many, and so a little too good."
    where = "The training rows of each stand in predictions/few_shot/choice.json."
    notes = (said, where) if len(choice.candidates) > 1 else (where,)
    return Table("Every candidate on the validation rows", COLUMNS, tuple(rows), (*notes, *methods_of(shown)))


def _named(candidate: Candidate) -> tuple[Cell, Cell, Cell]:
    return Cell(candidate.name), Cell(count(len(candidate.rows))), Cell(count(candidate.tokens))
