"""How well the models answer, over all test rows: overall, by label, confusion and calibration."""

from collections.abc import Mapping

from audit.certainty import TEMPERED
from audit.report.choosing import (
    BASELINES,
    CHANGE,
    DATA_METRICS,
    WRITTEN_METRICS,
    having,
    ids_of,
    is_change,
    of_few_shot,
    only,
)
from audit.report.content import Block, Cell, Column, Heading, Row, Section, Table
from audit.report.definitions import define
from audit.report.sections import few_shot
from audit.report.tables import Kind, Line, crossed
from audit.report.words import cell_of, count, methods_of, number, tested, value_of
from audit.results import Audit, Measure, Model
from audit.vocabulary import came_with_data, model_names, told

BY_LABEL = ("precision", "recall", "f1")
SAME_ROWS = {
    False: "Both models answered the same prompts about the same test rows.",
    True: "Baseline and predictions came with the data, for the same rows; no model was run here.",
}
BEFORE_AND_AFTER = {False: ("before tuning", "after"), True: ("in the baseline", "in the predictions")}
"""How the two are told, by whether they came with the data."""
ALWAYS = {
    "majority_baseline": "Always the commonest label",
    "majority_macro_f1": "Always the commonest label, Macro F1",
}
"""How the rows of the baseline are called."""
ALWAYS_COLUMN = Kind(ALWAYS["majority_baseline"], lambda m: m.metric == "majority_baseline")
CHANGED = "Change"
BOUNDS = {"best_case": ", at best", "worst_case": ", at worst"}


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no predictions were audited."""
    measures = tuple(m for m in audit.measures if m.attribute is None and m.metric not in DATA_METRICS)
    if not audit.models or not measures:
        return None
    whole = overall(audit)
    blocks: list[Block] = [whole] if whole is not None else []
    blocks += few_shot.blocks(audit)
    alone = written(audit)
    if alone is not None:
        blocks += [Heading("What the models wrote by themselves"), alone]
    by_label = tuple(m for m in measures if m.metric in BY_LABEL and m.label is not None)
    if by_label:
        blocks += [Heading("By label"), _labels(audit, by_label)]
    confusion = having(measures, metric="confusion")
    if confusion:
        blocks += [Heading("Confusion"), *_confusion(audit, confusion)]
    title = told(audit, "Base against tuned") if "tuned" in audit.models else "The given predictions"
    return Section("models", title, _lead(audit, measures), tuple(blocks))


def _lead(audit: Audit, measures: tuple[Measure, ...]) -> str:
    if audit.models == ("given",):
        return "These predictions came with the data; no model was run here. They are compared with the labels in the data."
    asked = SAME_ROWS[came_with_data(audit)]
    metric = next(
        (name for name in ("accuracy", "exact_match", "loss") if only(measures, metric=name, model="tuned")), None
    )
    base, tuned = (only(measures, metric=metric, model=model, compare=None) for model in ("base", "tuned"))
    if metric is None or base is None or tuned is None:
        return asked
    before, after = BEFORE_AND_AFTER[came_with_data(audit)]
    baseline = only(measures, metric="majority_baseline") if metric == "accuracy" else None
    beside = f"; always answering the commonest label: {value_of(baseline)}" if baseline is not None else ""
    return f"{asked} {define(metric).name}: {value_of(base)} {before}, {value_of(tuned)} {after}{beside}."


def kinds_of(audit: Audit, compare: str | None = None) -> list[Kind]:
    """Return a column for each model, one for the change from base to tuned, and the bounds that unread answers leave."""
    names = model_names(audit)
    kinds = [_model_kind(names, model, compare) for model in audit.models]
    kinds.append(Kind(CHANGED, lambda m: is_change(m) and m.compare in (compare, CHANGE)))
    if compare is None:
        kinds += [_model_kind(names, model, bound, BOUNDS[bound]) for model in audit.models for bound in BOUNDS]
    return kinds


def _model_kind(names: Mapping[Model, str], model: Model, compare: str | None, suffix: str = "") -> Kind:
    return Kind(names[model] + suffix, lambda m: m.model == model and m.compare == compare and not is_change(m))


def overall(audit: Audit) -> Table | None:
    """Return the figures over all rows, base and tuned side by side, or None where no predictions were audited."""
    unlabelled = having(audit.measures, attribute=None, label=None)
    elsewhere = (*DATA_METRICS, "confusion", *BASELINES, *WRITTEN_METRICS, "temperature")
    measures = tuple(
        m for m in unlabelled if m.metric not in elsewhere and not m.metric.startswith(TEMPERED) and not of_few_shot(m)
    )
    if not audit.models or not measures:
        return None
    tests = having(measures, metric="mcnemar")
    baselines = [m for metric in BASELINES if (m := only(audit.measures, metric=metric, attribute=None)) is not None]
    rest = tuple(m for m in measures if m not in tests)
    lines = [Line(define(metric).name, having(rest, metric=metric)) for metric in dict.fromkeys(m.metric for m in rest)]
    table = crossed(
        "All rows" if audit.models == ("given",) or came_with_data(audit) else "All test rows",
        "Figure",
        lines,
        kinds_of(audit),
    )
    rows = list(table.rows)
    filler = len(table.columns) - 1
    dashes = [Cell("–")] * (filler - 1)
    rows[:0] = [
        Row((Cell(ALWAYS[m.metric], (m.label,) if m.label else ()), cell_of(m), *dashes), ids_of(m)) for m in baselines
    ]
    for test in tests:
        said = Cell(tested(test) or "undefined", (test.undefined,) if test.undefined else ())
        cells = [said if column.heading == CHANGED else Cell("–") for column in table.columns[1:]]
        rows.append(Row((Cell(define(test.metric).name, (test.title,)), *cells), ids_of(test)))
    notes = tuple(dict.fromkeys((*table.notes, *methods_of([*baselines, *tests]))))
    return Table(table.caption, table.columns, tuple(rows), notes)


def written(audit: Audit) -> Table | None:
    """Return what shows of the texts that the models wrote by themselves, or None where they wrote none."""
    measures = tuple(m for m in having(audit.measures, attribute=None) if m.metric in WRITTEN_METRICS)
    lines = [Line(define(metric).name, having(measures, metric=metric)) for metric in WRITTEN_METRICS]
    table = crossed("Texts written after the prompts of test rows that the seed drew", "Figure", lines, kinds_of(audit))
    return table if table.rows else None


def _labels(audit: Audit, measures: tuple[Measure, ...]) -> Table:
    lines = [
        Line(label, having(measures, label=label, metric=metric), define(metric).name)
        for label in dict.fromkeys(m.label for m in measures)
        for metric in BY_LABEL
        if label is not None
    ]
    return crossed("Precision, recall and F1", "Label", lines, kinds_of(audit))


def _confusion(audit: Audit, measures: tuple[Measure, ...]) -> list[Block]:
    names = model_names(audit)
    return [_matrix(f"{names[model]}: true label by answer", having(measures, model=model)) for model in audit.models]


def _matrix(caption: str, measures: tuple[Measure, ...]) -> Table:
    truths = tuple(dict.fromkeys(m.label for m in measures))
    answers = tuple(dict.fromkeys(_answer(m) for m in measures))
    rows = []
    for truth in truths:
        mine = {_answer(m): m for m in having(measures, label=truth)}
        found = [mine.get(answer) for answer in answers]
        cells = (Cell(_rows(m), _share(m)) if m is not None else Cell("–") for m in found)
        rows.append(Row((Cell(truth or "all"), *cells), ids_of(*found)))
    return Table(
        caption, (Column("True label"), *(Column(f"Answered {answer}", number=True) for answer in answers)), tuple(rows)
    )


def _answer(measure: Measure) -> str:
    """Return the answer that a confusion cell counts: by its hits, or by its id where the answer was not understood."""
    return next(
        (str(value) for key, value in measure.hits.items() if key.endswith("_answer")), measure.id.rsplit(".", 1)[-1]
    )


def _rows(measure: Measure) -> str:
    if measure.numerator is not None:
        return count(measure.numerator)
    return value_of(measure)


def _share(measure: Measure) -> tuple[str, ...]:
    if measure.numerator is None or not measure.n:
        return ()
    return (f"{number(measure.numerator / measure.n, 'percent')} of the label",)
