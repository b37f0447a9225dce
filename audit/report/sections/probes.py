"""What the probes say: sets of sentences and questions that both models were asked, a part a probe, with what it cannot tell."""

from collections.abc import Sequence

from audit.report.choosing import by_value, groups_of, having, is_change
from audit.report.content import Block, Dots, Fold, Heading, Items, Prose, Section, Table
from audit.report.contrasts import contrast
from audit.report.definitions import define
from audit.report.probe_words import EXPLAINED, Explained, no_skill, one_answer
from audit.report.sections.models import kinds_of
from audit.report.tables import Kind, Line, crossed, dot, line_name
from audit.report.words import capital, count, plural
from audit.results import Audit, Measure, Model
from audit.slugs import slug
from audit.vocabulary import TRAINED
from curate.manifest import ProbeRecord

HEADLINES = (
    "stereotype_preferred",
    "bias_score_ambiguous",
    "bias_score_disambiguated",
    "pronoun_gap",
    "flip_rate",
    "probe_auc",
)
"""The figures of the table that compares probes at a glance."""
PICTURED = 12
"""So many groups a chart shows at most: the highest, or the lowest where a low figure is the finding."""
LOW_IS_BAD = ("probe_auc", "probe_subgroup_auc", "probe_bpsn_auc", "probe_bnsp_auc")
EVEN = {"stereotype_preferred": 0.5, "biased_answers": 0.5}
"""Where a dashed line stands: what a model without preference has."""
AGAINST_REST = (
    Kind("The rest", lambda m: m.compare == "rest"),
    Kind("Difference", lambda m: m.compare == "difference" and not is_change(m)),
)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no probe was asked."""
    overview = at_a_glance(audit)
    if overview is None:
        return None
    blocks: list[Block] = [overview]
    for record in audit.probes:
        mine = having(audit.measures, probe=record.name)
        if mine and record.probe in EXPLAINED:  # what ships with fairlead has a section of its own
            blocks += _probe(audit, record, mine)
    lead = (
        "Sets of sentences and questions that others made to look for stereotypes, asked of the base and of the tuned model alike; "
        "neither learnt from them. A probe can show a preference. None shows that there is no other, and none says what the "
        "model will do in its own task."
    )
    return Section("probes", "What the probes say", lead, tuple(blocks))


def at_a_glance(audit: Audit) -> Table | None:
    """Return the first figures of every probe side by side, or None where no probe was asked."""
    whole = [m for m in audit.measures if m.probe is not None and m.group is None and m.metric in HEADLINES]
    if not whole:
        return None
    lines = [
        Line(define(metric).name, having(whole, probe=probe, metric=metric), probe)
        for probe in dict.fromkeys(m.probe for m in whole)
        for metric in HEADLINES
        if probe is not None and having(whole, probe=probe, metric=metric)
    ]
    return crossed("The probes at a glance", "Figure", lines, kinds_of(audit))


def _probe(audit: Audit, record: ProbeRecord, mine: tuple[Measure, ...]) -> list[Block]:
    explained = EXPLAINED[record.probe]
    blocks: list[Block] = [Heading(f"{explained.title} ({record.name})"), Prose(_asked(record, explained, mine))]
    whole = having(mine, group=None)
    lines = [Line(_name(found[0], record), tuple(found)) for found in _alike(whole)]
    blocks.append(crossed(f"{record.name}: over all items", "Figure", lines, kinds_of(audit)))
    for found in _alike([m for m in mine if m.group is not None]):
        opened = (found[0].attribute, found[0].metric) in explained.open
        blocks += _by_group(audit, record, found, opened=opened)
    warnings = (*one_answer(whole, audit.models), *no_skill(whole, explained, audit.models))
    return [*blocks, Prose(f"What {explained.called} cannot tell:"), Items((*warnings, *explained.caveats))]


def _asked(record: ProbeRecord, explained: Explained, mine: tuple[Measure, ...]) -> str:
    """Say what was asked, of how many items, and how many of them could not be scored."""
    sample = f", drawn from {count(record.rows)} rows of the file" if record.drawn < record.rows else ""
    unscored = max((m.numerator or 0 for m in having(mine, metric="unscored")), default=0)
    left = (
        f" {plural(unscored, 'item')} {'was' if unscored == 1 else 'were'} not scored, for want of room: longer than "
        "train.max_length. No figure here is about them."
        if unscored
        else ""
    )
    return f"{explained.lead} {plural(record.items, 'item')}{sample}.{left}"


def _family(measure: Measure) -> tuple[str, ...]:
    """Return what is alike in the ids of a figure: its metric and condition, without whose it is and of which group."""
    words = measure.id.split(".")[3:]
    if measure.attribute is None:
        return tuple(words)
    return (*words[: words.index(slug(measure.attribute))], measure.attribute)


def _alike(measures: Sequence[Measure]) -> list[list[Measure]]:
    """Group measures that are the same figure, of several models or groups, in order of first appearance."""
    found: dict[tuple[str, ...], list[Measure]] = {}
    for measure in measures:
        found.setdefault(_family(measure), []).append(measure)
    return list(found.values())


def _name(measure: Measure, record: ProbeRecord) -> str:
    """Return a figure's name: its title up to the probe's name."""
    return capital(measure.title.split(f", {record.name},")[0])


def _by_group(audit: Audit, record: ProbeRecord, found: Sequence[Measure], *, opened: bool) -> list[Block]:
    """Return a figure by group: picture and table in the same order, or folded without the picture."""
    metric, attribute = found[0].metric, found[0].attribute or ""
    levels = [m for m in found if m.compare is None]
    ordered = by_value(groups_of(levels), having(levels, model=audit.models[-1]))
    ordered = ordered[::-1] if metric in LOW_IS_BAD else ordered
    lines = [Line(group, having(found, group=group)) for group in ordered]
    name = f"{_name(found[0], record)}, by {attribute}"
    table = crossed(f"{record.name}: {name}", capital(attribute), lines, kinds_of(audit), audit.minimum_group_size)
    rest = [_rest(audit, name, ordered, having(found, model=model)) for model in _with_rest(audit, found)]
    if opened:
        return [_dots(audit, name, ordered, levels), table, *rest]
    said = contrast(audit, having(levels, model=audit.models[-1]))
    return [Fold(f"{table.caption}. {said}".strip(), (table, *rest))]


def _with_rest(audit: Audit, found: Sequence[Measure]) -> list[Model]:
    return [model for model in audit.models if having(found, model=model, compare="rest")]


def _rest(audit: Audit, name: str, ordered: Sequence[str], mine: tuple[Measure, ...]) -> Fold:
    """Return one model's groups, each against the rest, folded."""
    model = TRAINED[mine[0].model] if mine[0].model is not None else ""
    lines = [Line(group, having(mine, group=group)) for group in ordered]
    kinds = (Kind(model, lambda m: m.compare is None), *AGAINST_REST)
    table = crossed(f"{name}, {model.lower()}: against the rest", "Group", lines, kinds, audit.minimum_group_size)
    return Fold(table.caption, (table,))


def _dots(audit: Audit, name: str, ordered: Sequence[str], levels: Sequence[Measure]) -> Dots:
    metric, shown = levels[0].metric, ordered[:PICTURED]
    marks = "Hollow circle: base model. Filled diamond: tuned model. " if len(audit.models) > 1 else ""
    which = "lowest" if metric in LOW_IS_BAD else "highest"
    few = f"The {PICTURED} {which} of {len(ordered)}. " if len(shown) < len(ordered) else ""
    even = "The dashed line stands for no preference. " if metric in EVEN else ""
    dots = [
        dot(line_name(group, having(levels, group=group)), TRAINED[m.model], m)
        for group in shown
        for m in having(levels, group=group)
        if m.model is not None
    ]
    definition = define(metric)
    return Dots(
        title=name,
        description=f"{few}{marks}{even}The line is the interval.",
        axis=definition.name,
        unit=definition.unit,
        dots=tuple(dots),
        reference=EVEN.get(metric),
    )
