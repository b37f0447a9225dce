"""Who is in the data: the share of each group, and how often each label stands on its rows."""

from dataclasses import dataclass

from audit.report.choosing import LAST, attributes_of, groups_of, having, only
from audit.report.content import Block, Fold, Heading, Prose, Section, Table
from audit.report.contrasts import against_rest, rates_by_group
from audit.report.tables import Kind, Line, crossed, overlap
from audit.results import Audit, Measure

METRICS = ("share", "label_rate", "known_share")
PLACES = {"read": "as read", "split": "in training rows before training steps"}
LEARNED = {"train": "in training rows", "all": "in all kept rows"}
BETWEEN = "split"
AGAINST = (
    Kind("Share of known rows", lambda m: m.compare is None),
    Kind("Less the reference", lambda m: m.compare == "difference"),
    Kind("Over the reference", lambda m: m.compare == "ratio"),
)
FIRST_SIDES = ("read", "train", "all")


@dataclass(frozen=True)
class Label:
    """A label whose rate was measured, and in which rows: of a step, or (no step) those to learn from."""

    label: str | None
    step: str | None
    side: str

    @property
    def name(self) -> str:
        """The label and the rows, as a heading."""
        place = LEARNED.get(self.side, self.side) if self.step is None else PLACES.get(self.step, self.step)
        return f"Label “{self.label}”, {place}"

    def of(self, measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
        """Return the rates of this label in these rows."""
        return having(measures, metric="label_rate", label=self.label, step=self.step)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where neither groups nor labels were counted."""
    measures = tuple(m for m in audit.measures if m.metric in METRICS and m.model is None)
    if not measures:
        return None
    blocks: list[Block] = []
    whole = having(measures, attribute=None)
    if whole:
        blocks.append(_labels(whole))
    for attribute in attributes_of(measures):
        blocks += [Heading(f"By {attribute}"), *overlap(audit, attribute)]
        blocks += _attribute(audit, attribute, whole, having(measures, attribute=attribute))
    lead = (
        "How many rows speak of each group, and how often each label stands on them. Unequal label rates are a property of the "
        "data that a model learns; whether they mirror the world or the collection, these data do not say."
    )
    return Section("representation", "Who is in the data, and with which label", lead, tuple(blocks))


def side_of(measure: Measure) -> str:
    """Return whose share a measure is: of the rows as read, or of one side."""
    equals = measure.selection.equals if measure.selection else {}
    return str(equals.get("side", "read"))


def _labels(measures: tuple[Measure, ...]) -> Table:
    lines = [Line(label.name, label.of(measures)) for label in _labels_in(measures)]
    return crossed("Labels over all rows", "Label", lines, [Kind("Label rate", lambda m: m.metric == "label_rate")])


def _labels_in(measures: tuple[Measure, ...]) -> tuple[Label, ...]:
    """Return the labels; of each the rows as read come first, those to learn from last, as they do in a run."""
    counted = [m for m in having(measures, metric="label_rate") if m.selection is not None]
    sides = {(m.label, m.step): side_of(m) for m in counted}
    return tuple(
        Label(*key, side) for key, side in sorted(sides.items(), key=lambda item: (str(item[0][0]), _time(item[0][1])))
    )


def _time(step: str | None) -> int:
    """Return when in a run the rows were counted: as read first, those to learn from last."""
    return len(PLACES) + 1 if step is None else list(PLACES).index(step) if step in PLACES else len(PLACES)


def _attribute(audit: Audit, attribute: str, whole: tuple[Measure, ...], measures: tuple[Measure, ...]) -> list[Block]:
    labels, sides = _labels_in(measures), tuple(dict.fromkeys(side_of(m) for m in having(measures, metric="share")))
    compared = tuple(label for label in labels if any(m.compare for m in label.of(measures)))
    lines = [Line("all rows", whole), *(Line(group, having(measures, group=group)) for group in _by_size(measures))]
    first = [_side_kind(side) for side in sides if side in FIRST_SIDES]
    first += [_label_kind(label) for label in compared if label.step != BETWEEN]
    second = [_side_kind(side) for side in sides if side not in FIRST_SIDES]
    second += [_label_kind(label) for label in labels if label not in compared or label.step == BETWEEN]
    blocks: list[Block] = []
    for label in compared[-1:]:
        title, axis = f"{label.name}, by {attribute}", f"Rows of the group with the label {label.label}"
        blocks.append(rates_by_group(audit, title, axis, "Label rate", _with_whole(label, whole, measures)))
    blocks.append(crossed(f"Shares and labels, by {attribute}", "Group", lines, first, audit.minimum_group_size))
    for label in compared:
        table = against_rest(audit, f"{label.name}, by {attribute}", "Label rate", _with_whole(label, whole, measures))
        blocks.append(Fold(f"{label.name}: each group against the rest", (table,)))
    blocks += _reference(audit, attribute, having(measures, metric="known_share"))
    further = crossed(f"Further shares, by {attribute}", "Group", lines, second, audit.minimum_group_size)
    return [*blocks, *([Fold(further.caption, (further,))] if further.rows else [])]


def _reference(audit: Audit, attribute: str, measures: tuple[Measure, ...]) -> list[Block]:
    """Return the shares against those that the groups have elsewhere, and where these are from."""
    lines = [Line(group, having(measures, group=group)) for group in groups_of(measures)]
    source = dict(audit.references).get(attribute)
    if not lines or source is None:
        return []
    table = crossed(f"Against the shares of {source}, by {attribute}", "Group", lines, AGAINST)
    said = (
        f"The reference shares are those of {source}, as the recipe states them, and are taken as exact. A difference says that "
        "these rows are not such as chance would draw there; whether they should be is another question."
    )
    return [table, Prose(said)]


def _with_whole(label: Label, whole: tuple[Measure, ...], measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    pooled = only(label.of(whole), compare=None)
    return label.of(measures) if pooled is None else (pooled, *label.of(measures))


def _side_kind(side: str) -> Kind:
    name = "Share as read" if side == "read" else f"Share of {side} rows"
    return Kind(name, lambda m: m.metric == "share" and m.compare is None and side_of(m) == side)


def _label_kind(label: Label) -> Kind:
    return Kind(label.name, lambda m: bool(label.of((m,))) and m.compare is None)


def _by_size(measures: tuple[Measure, ...]) -> tuple[str, ...]:
    """Return the groups, the largest as read first, the counted leftovers last."""
    size = {m.group: m.numerator or 0 for m in reversed(having(measures, metric="share"))}
    return tuple(
        sorted(
            groups_of(measures), key=lambda group: (LAST.index(group) + 1 if group in LAST else 0, -size.get(group, 0))
        )
    )
