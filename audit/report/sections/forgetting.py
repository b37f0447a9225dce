"""What the model forgot: everyday questions before and after tuning, and how far its next words moved on neutral texts."""

from collections.abc import Sequence

from audit.probes.general import beats_guessing
from audit.provenance import BASE_MODEL
from audit.report.choosing import having, only
from audit.report.content import Block, Dots, Fold, Items, Prose, Section, Table
from audit.report.definitions import define
from audit.report.sections.models import kinds_of
from audit.report.tables import Kind, Line, crossed, dot, line_name
from audit.report.words import capital, count, number, plural, tested, value_of
from audit.results import Audit, Measure
from audit.vocabulary import TRAINED
from curate.probes import SHIPPED

HEADLINES = (
    "general_accuracy",
    "general_accuracy_per_byte",
    "general_guessing",
    "general_lost",
    "general_gained",
    "neutral_bits_per_byte",
    "kl_to_base",
    "kl_from_base",
)
"""The figures over all items, in the order in which they are told."""
SHORT = {
    "general_accuracy": "Questions right",
    "general_guessing": "Guessing",
    "neutral_bits_per_byte": "Bits per byte",
    "kl_to_base": "KL(base ‖ tuned)",
}
BY_AREA = ("general_accuracy", "general_accuracy_per_byte")
LEAD = (
    "Whoever tunes a model on one task may spoil it for others. So both models were asked the same everyday questions (facts, "
    "sums, common sense, grammar, reading, instructions) and read the same everyday texts, which come with fairlead; neither "
    "learnt from them."
)
MISSING = Kind("Both", lambda m: m.model is None and not m.id.startswith("change."))
"""What is of the items, or of two models together."""
CANNOT = (
    (
        "A hundred and twenty questions see a loss of several points, not of one; the table says what they could have seen. That a "
        "loss is not shown does not say that there is none."
    ),
    (
        "The questions are short, in English and easy for a large model. They say nothing of other languages, of long texts, of "
        "code, of safety or of any skill that is not asked; a model may lose those and keep these."
    ),
    (
        "The model does not write here: of given continuations the likeliest is taken. A tuned model that knows an answer may no "
        "longer give it when asked in words, or the other way round."
    ),
    (
        "A divergence says that the next words changed, not that they became worse: a new tone or a new format moves it too. Bits "
        "per byte tell more of that, for they hold both models against texts that people may read."
    ),
    (
        "KL(base ‖ tuned) takes the base for the reference: what the base would have written is what is to be kept. Its size "
        "depends on the vocabulary, so compare it between models tuned from one base alone. Texts longer than train.max_length "
        "are read in parts, so compare bits per byte and divergences between runs of one max_length alone."
    ),
    "The questions and texts are public with fairlead; a base that was trained on them would look better than it is.",
)
DEMO = (
    "The base of this run is the demo’s: it was trained from nothing, on the recipe’s own text alone. So its general knowledge is "
    "none, and no figure here says what tuning would do to a model that has some."
)
NEVER_KNEW = (
    "{model} model: {found} right, and guessing has {guessing} ({test}). That is not shown to be better than guessing: "
    "{so}"
)
SO = {
    "base": "there was little to forget, and a change from it says little of forgetting.",
    "tuned": "of what is asked here it shows no knowledge.",
}


def section(audit: Audit) -> Section | None:
    """Return the section, or None where neither model was asked."""
    overview = at_a_glance(audit)
    if overview is None:
        return None
    mine = of_forgetting(audit)
    blocks: list[Block] = [*_in_words(audit, mine), overview]
    areas = tuple(dict.fromkeys(m.group for m in mine if m.group is not None))
    if areas:
        right, per_byte = (_by_area(audit, areas, mine, metric) for metric in BY_AREA)
        blocks += [_dots(audit, areas, mine), right, Fold(per_byte.caption, (per_byte,))]
    blocks += [Prose("What this cannot tell:"), Items(CANNOT)]
    return Section("forgetting", "What the model forgot", LEAD, tuple(blocks))


def of_forgetting(audit: Audit) -> tuple[Measure, ...]:
    """Return the measures of what the model forgot."""
    names = {probe.name for probe in SHIPPED}
    return tuple(m for m in audit.measures if m.probe in names)


def at_a_glance(audit: Audit) -> Table | None:
    """Return the figures over all questions and texts side by side, or None where no model was asked."""
    whole = [m for m in of_forgetting(audit) if m.group is None]
    metrics = (*HEADLINES, *(metric for metric in dict.fromkeys(m.metric for m in whole) if metric not in HEADLINES))
    lines = [Line(define(metric).name, having(whole, metric=metric)) for metric in metrics]
    if not whole:
        return None
    return crossed("Before and after tuning", "Figure", lines, [*kinds_of(audit), MISSING])


def in_short(audit: Audit) -> Table | None:
    """Return the few figures that a terminal has room for, or None where no model was asked."""
    whole = [m for m in of_forgetting(audit) if m.group is None and m.metric in SHORT]
    lines = [Line(SHORT[metric], having(whole, metric=metric)) for metric in SHORT]
    return crossed("What the model forgot", "Figure", lines, [*kinds_of(audit), MISSING]) if whole else None


def _in_words(audit: Audit, mine: Sequence[Measure]) -> list[Block]:
    """Say first whether the models do better than guessing: who never knew forgets nothing."""
    guessing = only(mine, metric="general_guessing", group=None)
    said = []
    for model in audit.models:
        right = only(mine, metric="general_accuracy", model=model, group=None)
        if right is None or right.value is None or guessing is None or beats_guessing(right, audit.confidence):
            continue
        found = {"found": value_of(right), "guessing": value_of(guessing), "test": tested(right)}
        said.append(NEVER_KNEW.format(model=TRAINED[model], so=SO.get(model, ""), **found))
    if _is_demo(audit):
        said.append(DEMO)
    turned = _turned(mine)
    return [*([Prose(turned)] if turned else []), *([Items(tuple(said))] if said else [])]


def _is_demo(audit: Audit) -> bool:
    """Return whether the base was the demo's, by the provenance."""
    return any(line.what == BASE_MODEL and line.value.startswith("demo,") for line in audit.provenance)


def _turned(mine: Sequence[Measure]) -> str:
    """Return in a sentence how many questions were lost and gained, and how far the next words moved."""
    lost, gained = (only(mine, metric=metric, group=None) for metric in ("general_lost", "general_gained"))
    apart = only(mine, metric="kl_to_base")
    parts = []
    if lost is not None and gained is not None:
        verb = "was" if lost.numerator == 1 else "were"
        parts.append(
            f"Of {plural(lost.n, 'question')}, {count(lost.numerator or 0)} {verb} right before tuning and wrong after, and "
            f"{count(gained.numerator or 0)} the other way round."
        )
    if apart is not None and apart.value is not None:
        parts.append(
            f"On {plural(apart.n, 'text')}, the tuned model is {number(apart.value, 'number')} nats per token away from the base, "
            "by KL(base ‖ tuned)."
        )
    return " ".join(parts)


def _by_area(audit: Audit, areas: Sequence[str], mine: Sequence[Measure], metric: str) -> Table:
    lines = [
        Line(capital(area), (*having(mine, group=area, metric=metric), *_guessing(mine, area, metric)))
        for area in areas
    ]
    kinds = [*kinds_of(audit), Kind("Guessing", lambda m: m.metric == "general_guessing")]
    return crossed(f"{define(metric).name}, by area", "Area", lines, kinds, audit.minimum_group_size)


def _guessing(mine: Sequence[Measure], area: str, metric: str) -> tuple[Measure, ...]:
    """Return what guessing has in an area; it is told once, in the first of the tables."""
    return having(mine, group=area, metric="general_guessing") if metric == BY_AREA[0] else ()


def _dots(audit: Audit, areas: Sequence[str], mine: Sequence[Measure]) -> Dots:
    levels = [m for m in having(mine, metric=BY_AREA[0], compare=None) if m.group is not None]
    dots = [
        dot(capital(line_name(area, having(levels, group=area))), TRAINED[m.model], m)
        for area in areas
        for m in having(levels, group=area)
        if m.model is not None
    ]
    marks = "Hollow circle: base model. Filled diamond: tuned model. " if len(audit.models) > 1 else ""
    definition = define(BY_AREA[0])
    return Dots(
        title=f"{definition.name}, by area",
        description=f"{marks}The line is the interval. What guessing has is in the table.",
        axis=definition.name,
        unit=definition.unit,
        dots=tuple(dots),
    )
