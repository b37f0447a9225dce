"""What augmentation did: rows added and refused, and whom the added rows mention, before (their parents) and after (themselves)."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from audit import gap_intervals, intervals, metrics, resampling
from audit.attributes import COUNTED
from audit.evidence import PRONOUN_ATTRIBUTE, Evidence
from audit.families import holm
from audit.gaps import BETWEEN
from audit.intervals import Count
from audit.rates import Chance, Equals, Rate, counted
from audit.results import Interval, Measure, Selection
from audit.selecting import groups_in, holds, select
from audit.slugs import join, slug, slugs
from curate.groups import TermGroup
from curate.recipe import Recipe
from curate.steps.copying import Copying

ALL_STEPS = "all_steps"
NOTHING = "no row was added"
Pairs = tuple[int, int, int, int]


def augmentation_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return counts of added and refused rows by step, and the change of mentions by step and over all steps."""
    attempts, mentions = evidence.tables["attempts"], evidence.tables["mentions"]
    steps = [place.name for place in evidence.places if (attempts["step"] == place.name).any()]
    attributes = [*(name for name, group in recipe.groups.items() if isinstance(group, TermGroup)), PRONOUN_ATTRIBUTE]
    measures = [measure for step in steps for measure in _attempts(evidence, step)]
    rewriting = [step for step in steps if (mentions["step"] == step).any()]
    for step in [*rewriting, *([None] if rewriting else [])]:
        found = [measure for attribute in attributes for measure in _mentions(evidence, step, attribute, chance)]
        measures.extend(holm(found, f"the changes of mentions of {step or 'all steps'}"))
    return measures


def guarded_steps(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Return the steps whose guards hold mentions equal by construction, and the attributes of which that is true."""
    listed = tuple(name for name, group in recipe.groups.items() if isinstance(group, TermGroup))
    found: dict[str, tuple[str, ...]] = {}
    for name, step in recipe.steps_by_name().items():
        if isinstance(step, Copying) and step.guarded:
            kept = (
                *(listed if step.guards.identity else ()),
                *((PRONOUN_ATTRIBUTE,) if step.guards.pronouns else ()),
            )
            found |= {name: kept} if kept else {}
    return found


def _attempts(evidence: Evidence, step: str) -> list[Measure]:
    """Return how many rows a step added that are still there, and how many copies it refused, by reason."""
    rows, attempts = Selection(table="rows", equals={"made": True}), Selection(table="attempts", equals={"step": step})
    made, tried = evidence.select(rows), evidence.select(attempts)
    kept, added = int((made["made_by"] == step).sum()), int((tried["event"] == "added").sum())
    later = f"{added - kept} more were added and dropped by a later step" if added > kept else ""
    measures = [
        Measure(
            id=join(("added_rows", slug(step))),
            title=f"Rows added by {step}",
            metric="added_rows",
            step=step,
            value=float(kept),
            n=len(made),
            numerator=kept,
            selection=rows,
            hits={"made_by": step},
            note=later,
        )
    ]
    refused = tried.filter(pl.col("event") == "refused").group_by("reason").len().sort("reason")
    for reason, count in refused.iter_rows():
        measures.append(
            Measure(
                id=join(("refused", slug(step), slug(reason))),
                title=f"Copies refused by {step}: {reason}",
                metric="refused",
                step=step,
                value=float(count),
                n=len(tried),
                numerator=count,
                selection=attempts,
                hits={"event": "refused", "reason": reason},
            )
        )
    return measures


@dataclass(frozen=True)
class Turn:
    """The added rows of one step (None: of all steps) under one attribute, and for each group how mentions came and went."""

    step: str | None
    attribute: str
    n: int
    pairs: Mapping[str, Pairs]
    words: Mapping[str, str]

    def id(self, metric: str, *more: str) -> str:
        """Return the id of a measure."""
        return join((metric, slug(self.step) if self.step else ALL_STEPS, slug(self.attribute), *more))

    @property
    def where(self) -> str:
        """Whose rows, in words."""
        return f"{self.step or 'all steps'}, {self.attribute}"

    def large(self, minimum: int) -> tuple[str, ...]:
        """Return the groups that enough added rows, or their parents, mention."""
        named = [group for group in self.pairs if group not in COUNTED]
        return tuple(group for group in named if sum(self.pairs[group][:3]) >= minimum)


def _turn(evidence: Evidence, step: str | None, attribute: str) -> Turn:
    table = evidence.tables["mentions"]
    rows = select(table, _of(step))
    columns = [table.select(group=f"{when}_{attribute}") for when in ("before", "after")]
    groups = groups_in(pl.concat(columns), "group")
    return Turn(step, attribute, len(rows), {group: _pairs(rows, attribute, group) for group in groups}, slugs(groups))


def _of(step: str | None) -> Equals:
    return {"step": step} if step else {}


def _pairs(rows: pl.DataFrame, attribute: str, group: str) -> Pairs:
    """Count the rows that mention a group twice, before only, after only, and never."""
    before, after = (holds(rows, {f"{when}_{attribute}": group}) for when in ("before", "after"))
    cells = rows.select(before=before, after=after).group_by("before", "after").len()
    found = {(first, second): count for first, second, count in cells.iter_rows()}
    both, first, second, neither = (
        found.get(cell, 0) for cell in ((True, True), (True, False), (False, True), (False, False))
    )
    return both, first, second, neither


def _mentions(evidence: Evidence, step: str | None, attribute: str, chance: Chance) -> list[Measure]:
    """Return mentions before and after, and their change, for every group of an attribute, and the gaps between groups."""
    turn = _turn(evidence, step, attribute)
    measures = []
    for group in turn.pairs:
        shares = _shares(turn, group, chance)
        measures += [*shares, *_changes(turn, group, shares, chance)]
    by_id = {measure.id: measure for measure in measures}
    return [*measures, *(_gap(turn, by_id, compare, chance) for compare in BETWEEN)]


def _shares(turn: Turn, group: str, chance: Chance) -> list[Measure]:
    """Return how many of the added rows' parents mention a group, and how many of the rows themselves."""
    both, first, second, _neither = turn.pairs[group]
    measures = []
    for when, hits in (("before", both + first), ("after", both + second)):
        metric = f"mention_{when}"
        rate = Rate(
            (), metric, "", "mentions", {f"{when}_{turn.attribute}": group}, NOTHING, _of(turn.step), step=turn.step
        )
        called = (turn.id(metric, turn.words[group]), f"Mentions {when} {turn.where}: {group}")
        named = {"attribute": turn.attribute, "group": group}
        measures.append(counted(rate, called, Count(hits, turn.n), {}, chance.confidence, **named))
    return measures


def _changes(turn: Turn, group: str, shares: list[Measure], chance: Chance) -> list[Measure]:
    """Return after − before (exact McNemar) and after / before for one group."""
    both, first, second, _neither = turn.pairs[group]
    name = turn.id("mention_change", turn.words[group])
    common = {
        "metric": "mention_change",
        "step": turn.step,
        "attribute": turn.attribute,
        "group": group,
        "n": turn.n,
        "parts": tuple(share.id for share in shares),
    }
    change = Measure(
        id=name,
        title=f"Change of mentions by {turn.where}: {group}",
        interval=intervals.newcombe_paired(*turn.pairs[group], chance.confidence),
        p_value=resampling.mcnemar_p(first, second),
        test="exact McNemar",
        **common,
    )
    ratio = Measure(
        id=f"{name}.ratio",
        title=f"Mentions after over before, {turn.where}: {group}",
        compare="ratio",
        undefined="" if both + first else "no parent mentions the group",
        interval=intervals.log_paired(both, first, second, chance.confidence),
        **common,
    )
    values = [share.value for share in shares]
    return [made.model_copy(update={"value": metrics.combine(made, values)}) for made in (change, ratio)]


def _gap(turn: Turn, measures: Mapping[str, Measure], compare: str, chance: Chance) -> Measure:
    """Return max − min of the changes (or min / max of the ratios) over groups that enough added rows mention."""
    what = "largest less smallest change" if compare == "difference" else "smallest over largest ratio"
    more = ("ratio",) if compare == "ratio" else ()
    gap = Measure(
        id=turn.id("mention_change", compare),
        title=f"Change of mentions by {turn.where}: {what}",
        metric="mention_change",
        step=turn.step,
        attribute=turn.attribute,
        compare=compare,
        n=turn.n,
    )
    named = {
        group: measures[turn.id("mention_change", turn.words[group], *more)] for group in turn.large(chance.minimum)
    }
    parts = {group: part for group, part in named.items() if part.value is not None}
    if len(parts) < 2:  # noqa: PLR2004  (a gap needs two groups)
        few = f"fewer than two groups are mentioned in at least {chance.minimum} added rows or their parents"
        return gap.model_copy(update={"undefined": few})
    value = metrics.combine(gap, [part.value for part in parts.values()])
    ranked = sorted(parts, key=lambda group: (-(parts[group].value or 0.0), group))
    return gap.model_copy(
        update={
            "value": value,
            "undefined": "" if value is not None else "every ratio is 0",
            "parts": tuple(part.id for part in parts.values()),
            "interval": _gap_interval([turn.pairs[group] for group in parts], compare, chance)
            if value is not None
            else None,
            "note": f"highest {ranked[0]}, lowest {ranked[-1]}",
        }
    )


def _gap_interval(pairs: list[Pairs], compare: str, chance: Chance) -> Interval | None:
    """Return the gap's interval from simultaneous intervals of its parts."""
    each = 1 - (1 - chance.confidence) / len(pairs)
    found = [
        intervals.newcombe_paired(*pair, each) if compare == "difference" else intervals.log_paired(*pair[:3], each)
        for pair in pairs
    ]
    return gap_intervals.gap_of([interval for interval in found if interval is not None], chance.confidence, compare)
