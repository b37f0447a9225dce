"""Text from elsewhere: files that nothing was trained, chosen or fitted on, beside the test rows."""

from audit.outside import COPIES, NAMES, OF_SELECTED
from audit.report.choosing import groups_of, having, only
from audit.report.content import Block, Fold, Heading, Prose, Section, Table
from audit.report.definitions import define
from audit.report.sections.models import kinds_of
from audit.report.tables import Kind, Line, crossed
from audit.report.words import count, listed, plural, value_of
from audit.results import Audit, Measure, Model
from audit.vocabulary import model_names
from curate.manifest import OutsideRecord

LEAD = (
    "The test rows come from where the training rows come from. These files do not: both models were asked about them after "
    "training, and nothing was trained, chosen or fitted on them. They went through no step of the recipe, so what cleaning or "
    "masking did to the test rows was not done to them. A file may be harder by itself: the base model’s drop says how much."
)
DROP = "_drop"
FIGURES = (*NAMES, *OF_SELECTED)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no model was asked about text from elsewhere."""
    overview = at_a_glance(audit)
    if overview is None:
        return None
    blocks: list[Block] = [overview]
    for record in audit.outside:
        mine = having(audit.measures, probe=record.name)
        if mine:
            blocks += [Heading(record.name), Prose(_told(record)), *_groups(audit, record.name, mine)]
    return Section("outside", "Text from elsewhere", LEAD, tuple(blocks))


def at_a_glance(audit: Audit) -> Table | None:
    """Return the figures of every file beside those of the test rows, or None where no model was asked about one."""
    lines = [
        Line(_name(metric), (*found, *_here(audit, metric)), record.name)
        for record in audit.outside
        for metric in FIGURES
        if (found := _of(having(audit.measures, probe=record.name, group=None, attribute=None), metric))
    ]
    lines += [
        Line(define(COPIES).name, found, record.name)
        for record in audit.outside
        if (found := having(audit.measures, probe=record.name, metric=COPIES))
    ]
    names = model_names(audit)
    drops = [_drop_kind(names[model], model) for model in audit.models]
    tests = [_test_kind(names[model], model) for model in audit.models]
    kinds = [*kinds_of(audit), *tests, *drops, Kind("Rows of the file", lambda m: m.metric == COPIES)]
    return crossed("Text from elsewhere, beside the test rows", "Figure", lines, kinds) if lines else None


def in_short(audit: Audit) -> str:
    """Return a sentence a file: what the tuned model reaches on it, and how much less than on the test rows."""
    said = []
    for record in audit.outside:
        mine = having(audit.measures, probe=record.name, model="tuned", group=None)
        reached = next((m for metric in NAMES if (m := only(mine, metric=metric, compare=None)) is not None), None)
        if reached is None:
            continue
        drop = only(mine, metric=f"{reached.metric}{DROP}")
        less = f"; test rows less this: {value_of(drop)}" if drop is not None else ""
        said.append(
            f"On {record.name} ({record.licence or 'licence not stated'}; {plural(reached.n, 'row')} from elsewhere): "
            f"{_name(reached.metric).lower()} {value_of(reached)}{less}."
        )
    return " ".join(said)


def _name(metric: str) -> str:
    return NAMES[metric] if metric in NAMES else define(metric).name


def _of(measures: tuple[Measure, ...], metric: str) -> tuple[Measure, ...]:
    return tuple(m for m in measures if m.metric in (metric, f"{metric}{DROP}"))


def _here(audit: Audit, metric: str) -> tuple[Measure, ...]:
    """Return a figure of the test rows, of each model."""
    plain = {"probe": None, "attribute": None, "group": None, "label": None, "compare": None}
    return tuple(m for m in having(audit.measures, metric=metric, **plain) if m.model is not None)


def _test_kind(name: str, model: Model) -> Kind:
    return Kind(f"Test rows: {name}", lambda m: m.model == model and m.probe is None)


def _drop_kind(name: str, model: Model) -> Kind:
    return Kind(f"Test rows less these: {name}", lambda m: m.model == model and m.metric.endswith(DROP))


def _told(record: OutsideRecord) -> str:
    """Say where a file is from, and which of its rows no figure is of."""
    reasons = [f"{count(rows)} for {reason.replace('_', ' ')}" for reason, rows in record.refused.items()]
    refused = (
        f" {plural(sum(record.refused.values()), 'row')} could not be asked ({listed(reasons)})." if reasons else ""
    )
    copies = record.copies + record.near_copies
    left = (
        f" {plural(copies, 'row')} {'is a copy' if copies == 1 else 'are copies'} of rows that were learned from or chosen by "
        f"({count(record.copies)} with the same text, {count(record.near_copies)} near-duplicates), and no figure is of them."
        if copies
        else " None is a copy of a row that was learned from or chosen by."
    )
    where = f"origin: {record.origin or 'not stated'}; licence: {record.licence or 'not stated'}"
    return f"{record.path}, {plural(record.rows, 'row')}; {where}.{refused}{left}"


def _groups(audit: Audit, name: str, mine: tuple[Measure, ...]) -> list[Block]:
    """Return each figure by group, folded, with its gap between groups."""
    blocks: list[Block] = []
    cuts = dict.fromkeys((m.metric, m.attribute) for m in mine if m.attribute is not None)
    for metric, attribute in cuts:
        found = having(mine, metric=metric, attribute=attribute)
        lines = [Line(group, having(found, group=group)) for group in groups_of(found)]
        caption = f"{name}: {_name(metric)} by {attribute}"
        table = crossed(caption, str(attribute), lines, kinds_of(audit), audit.minimum_group_size)
        gap = Line("Highest less lowest", having(found, group=None))
        gaps = crossed(f"{caption}, gap", "Gap", [gap], kinds_of(audit, "difference"))
        blocks.append(Fold(caption, (table, *([gaps] if gaps.rows else []))))
    return blocks
