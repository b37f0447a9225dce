"""Text from elsewhere: files that nothing was trained, chosen or fitted on, beside the test rows."""

from audit.outside import CUT, LEFT_OUT, NAMES, OF_SELECTED
from audit.quotients import OF_LOSS
from audit.report.choosing import BASELINES, groups_of, having, is_change, only
from audit.report.content import Block, Fold, Heading, Prose, Section, Table
from audit.report.definitions import define
from audit.report.sections.models import ALWAYS, kinds_of
from audit.report.tables import Kind, Line, crossed
from audit.report.words import capital, count, interval_of, listed, plural, value_of
from audit.results import Audit, Measure, Model
from audit.vocabulary import model_names
from curate.manifest import OutsideRecord

LEAD = (
    "The test rows come from where the training rows come from. These files are said to come from elsewhere: what was checked is "
    "that no figure is of a row that is a copy of a training, validation or test row, as near-duplicates are found. Both models "
    "were asked about them after training, and nothing was trained, chosen or fitted on the files; whether the base had read them "
    "before cannot be seen. They went through no step of the recipe, so what cleaning or masking did to the test rows was not done "
    "to them. A file may be harder or easier by itself: it is a sign of that if the base model, too, does worse or better there."
)
DROP = "_drop"
FIGURES = (*NAMES, *OF_SELECTED)
ALWAYS_ON_FILE = Kind(ALWAYS["majority_baseline"], lambda m: m.metric in BASELINES)
BASELINE_OF = dict(zip(("accuracy", "macro_f1"), BASELINES, strict=True))
"""What always answering the commonest label reaches, by the figure that it stands beside."""


COLUMNS = (
    Kind("This text", lambda m: m.probe is not None and m.metric not in BASELINES and not m.metric.endswith(DROP)),
    ALWAYS_ON_FILE,
    Kind("Test rows", lambda m: m.probe is None),
    Kind("Test rows less this text", lambda m: m.metric.endswith(DROP)),
)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no model was asked about text from elsewhere."""
    overview = at_a_glance(audit)
    if overview is None:
        return None
    blocks: list[Block] = [overview]
    for record in audit.outside:
        mine = having(audit.measures, probe=record.name)
        if mine:
            told = " ".join((_told(record), *_cut(mine), *_compared(audit, mine)))
            blocks += [Heading(record.name), Prose(told), *_groups(audit, record.name, mine)]
    return Section("outside", "Text from elsewhere", LEAD, tuple(blocks))


def at_a_glance(audit: Audit) -> Table | None:
    """Return the figures of every file beside those of the test rows, or None where no model was asked about one."""
    lines = [
        line
        for record in audit.outside
        for metric in (*FIGURES, CUT, *LEFT_OUT)
        for line in _lines(audit, record.name, metric)
    ]
    return crossed("Text from elsewhere, beside the test rows", "Figure", lines, COLUMNS) if lines else None


def _lines(audit: Audit, file: str, metric: str) -> list[Line]:
    """Return a line of a figure for each model and one for what tuning changed; or one alone, of what has no model."""
    mine = _of(having(audit.measures, probe=file, group=None, attribute=None), metric)
    here = having(audit.measures, metric=metric, probe=None, group=None, attribute=None, label=None)
    found: list[tuple[str, Model | None, bool]] = [(name, model, False) for model, name in model_names(audit).items()]
    lines = []
    for said, model, change in (*found, ("change", None, True), ("", None, False)):
        of_model = tuple(
            m for m in (*mine, *here) if (m.model, is_change(m)) == (model, change) and m.metric not in BASELINES
        )
        always = having(mine, metric=BASELINE_OF[metric]) if model is not None and metric in BASELINE_OF else ()
        if any(m.probe is not None for m in of_model):
            name = f"{_name(metric)}, {said.lower()}" if said else _name(metric)
            lines.append(Line(name, (*of_model, *always), file))
    return lines


def in_short(audit: Audit) -> str:
    """Return a sentence a file: what the tuned model reaches on it, beside the commonest label and the test rows."""
    said = []
    for record in audit.outside:
        mine = having(audit.measures, probe=record.name, attribute=None)
        reached = next((m for metric in NAMES if (m := _level(mine, metric, "tuned")) is not None), None)
        if reached is None:
            continue
        baseline = only(mine, metric=BASELINE_OF.get(reached.metric, ""))
        always = f"; always answering the commonest label: {_with_interval(baseline)}" if baseline is not None else ""
        drop = only(mine, metric=f"{reached.metric}{DROP}", model="tuned")
        less = f"; {against_test_rows(drop)}" if drop is not None else ""
        said.append(
            f"On {record.name} ({record.licence or 'licence not stated'}; {plural(reached.n, 'row')}, said to be from elsewhere): "
            f"{_name(reached.metric)} {_with_interval(reached)}{always}{less}."
        )
    return " ".join(said)


def against_test_rows(drop: Measure) -> str:
    """Say a drop with its interval: worse or better than on the test rows only where the interval leaves out 0."""
    if drop.value is None:
        return f"not compared with the test rows ({drop.undefined})"
    if drop.interval is None:
        return f"not told apart from the test rows (test rows less these: {value_of(drop)}; {drop.note})"
    way = _direction(drop)
    if way:
        size = drop.model_copy(update={"value": abs(drop.value)})
        return f"{way} by {value_of(size)} than on the test rows (test rows less these: {_with_interval(drop)})"
    return f"not told apart from the test rows (test rows less these: {_with_interval(drop)})"


def _direction(drop: Measure) -> str:
    """Return `worse` or `better` than on the test rows where the interval of a drop leaves out 0, and nothing elsewhere."""
    interval = drop.interval
    if interval is None or interval.low <= 0 <= interval.high:
        return ""
    lower_is_better = drop.metric.removesuffix(DROP) in OF_LOSS
    return "worse" if (interval.low > 0) != lower_is_better else "better"


def _with_interval(measure: Measure) -> str:
    if measure.value is None:
        return f"undefined ({measure.undefined})"
    return f"{value_of(measure)}, {interval_of(measure) or 'without an interval'}"


def _level(mine: tuple[Measure, ...], metric: str, model: Model) -> Measure | None:
    return only(mine, metric=metric, model=model, compare=None, group=None)


def _compared(audit: Audit, mine: tuple[Measure, ...]) -> list[str]:
    """Say how each model does on a file against the test rows, and what the base's drop tells of the file itself."""
    said, names = [], model_names(audit)
    for model in audit.models:
        drop = next(
            (m for metric in NAMES if (m := only(mine, metric=f"{metric}{DROP}", model=model)) is not None), None
        )
        if drop is None:
            continue
        harder = {"worse": "harder", "better": "easier"}.get(_direction(drop)) if model == "base" else None
        sign = f", a sign that the file is {harder} by itself" if harder else ""
        said.append(f"{names[model]}: {_name(drop.metric.removesuffix(DROP))} is {against_test_rows(drop)}{sign}.")
    return said


def _cut(mine: tuple[Measure, ...]) -> list[str]:
    """Say how many rows lost their beginning, once if it is the same for every model."""
    found = {(m.numerator or 0, m.n) for m in having(mine, metric=CUT)}
    long = "longer than the models read (train.max_length, or less where the base reads less)"
    return [
        f"{count(cut)} of {plural(rows, 'row')} {'is' if cut == 1 else 'are'} {long} and lost "
        f"{'its' if cut == 1 else 'their'} beginning."
        for cut, rows in sorted(found)
        if cut
    ]


def _name(metric: str) -> str:
    return NAMES[metric] if metric in NAMES else define(metric).name


def _of(measures: tuple[Measure, ...], metric: str) -> tuple[Measure, ...]:
    return tuple(m for m in measures if m.metric in (metric, f"{metric}{DROP}", BASELINE_OF.get(metric)))


def _told(record: OutsideRecord) -> str:
    """Say where a file is from, which of its rows no figure is of, and which groups are unknown."""
    reasons = [f"{count(rows)} for {reason.replace('_', ' ')}" for reason, rows in record.refused.items()]
    refused = (
        f" {plural(sum(record.refused.values()), 'row')} could not be asked ({listed(reasons)})." if reasons else ""
    )
    unknown, one = listed(record.unknown), len(record.unknown) == 1
    lacking = (
        f" {capital(unknown)} {'is' if one else 'are'} unknown in every row (the file has no such column, or an empty one), so no "
        f"figure is by {'it' if one else 'them'}."
        if unknown
        else ""
    )
    where = f"origin: {record.origin or 'not stated'}; licence: {record.licence or 'not stated'}"
    return f"{record.path}, {plural(record.rows, 'row')}; {where}.{refused} {_left_out(record)}{lacking}"


def _left_out(record: OutsideRecord) -> str:
    """Say how many rows are copies and repeats, and of how many the figures are."""
    kinds = (
        (record.copies, record.near_copies, "rows that were learned from or chosen by"),
        (record.copies_of_test, record.near_copies_of_test, "test rows"),
    )
    found = [
        f"{_are(same + near, 'is a copy', 'are copies')} of {whose} "
        f"({count(same)} with the same text, {plural(near, 'near-duplicate')})"
        for same, near, whose in kinds
        if same + near
    ]
    if record.repeats:
        found.append(f"{_are(record.repeats, 'repeats', 'repeat')} an earlier row of the file")
    if not found:
        none = "None is a copy of a training, validation or test row, and none repeats another"
        return f"{none}; figures are of {plural(record.asked, 'row')}."
    left = sum(same + near for same, near, _whose in kinds) + record.repeats
    whose = "it" if left == 1 else "them"
    return f"{capital(listed(found))}: no figure is of {whose}. Figures are of {plural(record.asked, 'row')}."


def _are(rows: int, one: str, many: str) -> str:
    return f"{plural(rows, 'row')} {one if rows == 1 else many}"


def _groups(audit: Audit, name: str, mine: tuple[Measure, ...]) -> list[Block]:
    """Return each figure by group, folded, with its gap between groups."""
    blocks: list[Block] = []
    cuts = dict.fromkeys((m.metric, m.attribute) for m in mine if m.attribute is not None and m.metric in FIGURES)
    for metric, attribute in cuts:
        found = _of(having(mine, attribute=attribute), metric)
        lines = [Line(group, having(found, group=group)) for group in groups_of(found)]
        caption = f"{name}: {_name(metric)} by {attribute}"
        table = crossed(caption, str(attribute), lines, [*kinds_of(audit), ALWAYS_ON_FILE], audit.minimum_group_size)
        gap = Line("Highest less lowest", having(found, group=None))
        gaps = crossed(f"{caption}, gap", "Gap", [gap], kinds_of(audit, "difference"))
        blocks.append(Fold(caption, (table, *([gaps] if gaps.rows else []))))
    return blocks
