"""What augmentation did to mentions: how often each group was spoken of before rows were made, and after."""

from audit.report.choosing import attributes_of, groups_of, having, only
from audit.report.content import Block, Dots, Fold, Heading, Prose, Section
from audit.report.contrasts import WHOLE
from audit.report.tables import Kind, Line, crossed, dot
from audit.report.words import listed, unit_of, value_of
from audit.results import Audit, Measure

MENTIONS = ("mention_before", "mention_after", "mention_change")
COUNTS = ("added_rows", "refused")
BETWEEN = {"difference": "Gap: largest less smallest change", "ratio": "Gap: smallest over largest ratio"}
KINDS = (
    Kind("In originals", lambda m: m.metric == "mention_before"),
    Kind("In copies", lambda m: m.metric == "mention_after"),
    Kind("Change", lambda m: m.metric == "mention_change" and m.compare != "ratio"),
    Kind("Ratio", lambda m: m.metric == "mention_change" and m.compare == "ratio"),
)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where nothing was made from other rows."""
    measures = tuple(m for m in audit.measures if m.metric in MENTIONS)
    counts = tuple(m for m in audit.measures if m.metric in COUNTS)
    if not measures and not counts:
        return None
    blocks: list[Block] = []
    for attribute in attributes_of(measures):
        blocks += [Heading(f"By {attribute}"), *_guarded(audit, attribute)]
        mine = having(measures, attribute=attribute)
        for place, step in enumerate(
            sorted(dict.fromkeys(m.step for m in mine), key=lambda step: (step is not None, step or ""))
        ):
            shown = _step(audit, attribute, step, having(mine, step=step))
            blocks += shown if place == 0 else [Fold(f"Mentions by {step or WHOLE}, by {attribute}", tuple(shown))]
    if counts:
        lines = [Line(m.title, (m,)) for m in counts]
        blocks += [
            Heading("Made and refused"),
            crossed("Rows made, and copies that a guard refused", "What", lines, [Kind("Rows", lambda _: True)]),
        ]
    lead = (
        "Rows that a machine makes from other rows can speak of other people than their originals did. Of the rows made: how "
        "many originals mention each group, and how many copies do. Equal figures: on balance, nobody was written in or out."
    )
    return Section("mentions", "What augmentation did to mentions", lead, tuple(blocks))


def _guarded(audit: Audit, attribute: str) -> list[Prose]:
    """Say which steps let no copy mention another group than its original, so that equal figures are no finding."""
    steps = [step for step, kept in audit.guarded.items() if attribute in kept]
    if not steps:
        return []
    guard = "a guard of" if len(steps) == 1 else "guards of"
    return [
        Prose(
            f"Equal by construction: {guard} {listed(steps)} refused every copy whose mentions, by {attribute}, "
            "differ from its original's. The equality is the guard's work, not a finding about the rewriting; the copies "
            "refused, counted under "
            "“Made and refused”, show what would have happened without it."
        )
    ]


def _step(audit: Audit, attribute: str, step: str | None, measures: tuple[Measure, ...]) -> list[Block]:
    groups = groups_of(measures)
    changes = having(measures, metric="mention_change", compare=None)
    ordered = sorted(groups, key=lambda group: -abs(_value(only(changes, group=group))))
    lines = [Line(group, having(measures, group=group)) for group in ordered]
    lines += [Line(BETWEEN.get(m.compare or "", m.title), (m,)) for m in having(measures, group=None)]
    by = f" by {step}" if step else ", all steps together"
    table = crossed(
        f"Mentions in originals and in copies{by}, by {attribute}", "Group", lines, KINDS, audit.minimum_group_size
    )
    picture = _dots(attribute, ordered, measures)
    return [picture, table] if picture.dots else [table]


def _value(measure: Measure | None) -> float:
    return measure.value if measure is not None and measure.value is not None else 0.0


def _dots(attribute: str, ordered: list[str], measures: tuple[Measure, ...]) -> Dots:
    dots, unit = [], unit_of(measures[0])
    for group in ordered:
        before, after = (only(measures, group=group, metric=metric) for metric in ("mention_before", "mention_after"))
        if before is not None and after is not None:
            name, unit = group, unit_of(before)
            dots += [dot(name, "Originals", before), dot(name, "Copies", after)]
    most = next(iter(ordered), None)
    change = only(measures, group=most, metric="mention_change", compare=None)
    if change is None:
        said = ""
    elif change.value:
        said = f"The largest change is that of {most}: {value_of(change)}. "
    else:
        said = "On balance, no group is mentioned more or less than before. "
    return Dots(
        title=f"Mentions in originals and in copies, by {attribute}",
        description=f"{said}Hollow circle: originals. Filled diamond: copies.",
        axis="Made rows that mention the group",
        unit=unit,
        dots=tuple(dots),
    )
