"""What augmentation did to mentions: how often each group was spoken of before rows were made, and after."""

import re
from collections.abc import Mapping

from audit.report.choosing import attributes_of, groups_of, having, only
from audit.report.content import Block, Dots, Fold, Heading, Prose, Section
from audit.report.contrasts import WHOLE
from audit.report.tables import Kind, Line, crossed, dot
from audit.report.words import listed, unit_of, value_of
from audit.results import Audit, Measure

MENTIONS = ("mention_before", "mention_after", "mention_change")
DIGEST = r"[0-9a-f]{64}"
COUNTS = ("added_rows", "refused")
LABELS = ("label_shift", "made_label_rate")
BETWEEN = {"difference": "Gap: largest less smallest change", "ratio": "Gap: smallest over largest ratio"}
KINDS = (
    Kind("In originals", lambda m: m.metric == "mention_before"),
    Kind("In copies", lambda m: m.metric == "mention_after"),
    Kind("Change", lambda m: m.metric == "mention_change" and m.compare != "ratio"),
    Kind("Ratio", lambda m: m.metric == "mention_change" and m.compare == "ratio"),
)
SHIFTS = (
    Kind("Before", lambda m: m.metric == "label_rate" and m.step == "split"),
    Kind("After", lambda m: m.metric == "label_rate" and m.step is None),
    Kind("Shift", lambda m: m.metric == "label_shift"),
)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where nothing was made from other rows."""
    measures = tuple(m for m in audit.measures if m.metric in MENTIONS)
    counts = tuple(m for m in audit.measures if m.metric in COUNTS)
    labels = tuple(m for m in audit.measures if m.metric in LABELS)
    if not measures and not counts and not labels:
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
    blocks += _labels(audit, labels)
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


def _labels(audit: Audit, measures: tuple[Measure, ...]) -> list[Block]:
    """Return, for each attribute, how the training steps moved label rates, and the label rates of what each step made."""
    if not measures:
        return []
    by_rate = {m.id: m for m in audit.measures if m.metric == "label_rate"}
    blocks: list[Block] = [Heading("Label rates before and after the training steps")]
    for attribute in attributes_of(measures):
        mine = having(measures, attribute=attribute)
        lines = [
            Line(group, tuple(m for shift in having(mine, group=group) for m in (shift, *_parts(shift, by_rate))))
            for group in groups_of(mine)
        ]
        made = dict.fromkeys(m.step for m in having(mine, metric="made_label_rate"))
        kinds = [*SHIFTS, *(_made_kind(audit, step) for step in made)]
        blocks.append(crossed(f"Label rates, by {attribute}", "Group", lines, kinds, audit.minimum_group_size))
    return blocks


def _parts(shift: Measure, by_id: Mapping[str, Measure]) -> tuple[Measure, ...]:
    return tuple(by_id[part] for part in shift.parts if part in by_id)


def _made_kind(audit: Audit, step: str | None) -> Kind:
    """Return the column of the rows that a step made; the tool that made them stands in its heading, digests of files do not."""
    used = next((line.value for line in audit.provenance if line.what == f"Step {step} made with"), "")
    tool = ", ".join(part for part in used.split(", ") if not re.fullmatch(DIGEST, part))
    return Kind(
        f"Made by {step}" + (f" ({tool})" if tool else ""), lambda m: m.metric == "made_label_rate" and m.step == step
    )


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
