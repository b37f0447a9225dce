"""What goes with whom, before any model: which label goes with which group, and which words stand out in its rows."""

from audit.intervals import quantile
from audit.report.choosing import attributes_of, by_value, groups_of, having, only
from audit.report.content import Block, Cell, Column, Dots, Fold, Heading, Items, Row, Section, Table
from audit.report.contrasts import bare, contrast, p_cell
from audit.report.tables import Kind, Line, crossed, dot, overlap
from audit.report.words import cell_of, count, listed, methods_of, number
from audit.results import Audit, Measure

METRICS = ("npmi", "npmi_group", "npmi_label", "word_rows", "word_share", "log_odds")
NO_CAUSE = (
    "Going together is no cause, and no judgement of the people: it may come from how rows were found and labelled. But it is "
    "what a model can pick up in place of what the text means."
)
LABELS = "Labels: copies that the run made count as rows, because a model learns from them."
WORDS = (
    "Words: each row that was read counts once, and copies that the run made do not. A word is shown if at least ten rows of the "
    "group hold it, so that none tells what one row says, and if it stands out beyond chance after correction for every word and "
    "group tested."
)
DEFINING = (
    "Words by which a group was found (the terms of its list, and each word of a longer term) are left out of that group: they "
    "stand out by construction. Where groups come from a column, such words stay."
)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where neither labels nor words were held against groups."""
    measures = tuple(m for m in audit.measures if m.metric in METRICS)
    if not measures:
        return None
    blocks: list[Block] = []
    for attribute in attributes_of(measures):
        mine = having(measures, attribute=attribute)
        labels = tuple(m for m in mine if m.label is not None or m.metric == "npmi_group")
        blocks += [Heading(f"By {attribute}"), *overlap(audit, attribute), *_labels(audit, attribute, labels)]
        blocks += _words(attribute, tuple(m for m in mine if m not in labels))
    has_labels, has_words = (bool(having(measures, metric=metric)) for metric in ("npmi_label", "word_rows"))
    blocks += [
        Heading("How to read this"),
        Items((NO_CAUSE, *([LABELS] if has_labels else []), *([WORDS, DEFINING] if has_words else []))),
    ]
    what = listed([*(["labels"] if has_labels else []), *(["words"] if has_words else [])])
    lead = (
        f"Which {what} go together with which group in the rows to learn from, before any model is asked. An nPMI of 0 means: "
        "together as often as by chance. Above 0: more often, 1 would be always. Below 0: less often, −1 would be never."
    )
    return Section("associations", "What goes with whom", lead, tuple(blocks))


def _labels(audit: Audit, attribute: str, measures: tuple[Measure, ...]) -> list[Block]:
    pairs, sizes = having(measures, metric="npmi"), having(measures, metric="npmi_group")
    if not pairs:
        return []
    size = {m.group: m.numerator or 0 for m in sizes}
    few = {group for group, rows in size.items() if rows < audit.minimum_group_size}
    label = _widest(tuple(m for m in pairs if m.group not in few)) or pairs[0].label
    names = by_value(groups_of(sizes), having(pairs, label=label))
    lines = [Line("share of all rows", having(measures, metric="npmi_label"))]
    lines += [Line(name, having(measures, group=name), "few rows" if name in few else "") for name in names]
    kinds = [
        Kind("Rows of the group", lambda m: m.metric == "npmi_group"),
        *map(_kind, dict.fromkeys(m.label for m in pairs)),
    ]
    table = crossed(f"nPMI of each group and label, by {attribute}", "Group", lines, kinds)
    shown = [m for name in names if name not in few if (m := only(pairs, group=name, label=label)) is not None]
    if not shown:
        return [table]
    picture = Dots(
        title=f"How the label “{label}” goes with each group, by {attribute}",
        description=f"{contrast(audit, shown)} A dot is a group's nPMI, the line through it the interval. The dashed line is "
        "chance. Groups of few rows stand in the table alone.".strip(),
        axis=f"nPMI of the group and the label {label}",
        unit="number",
        dots=tuple(dot(f"{m.group} (n {count(size[m.group])})", "nPMI", m) for m in shown),
        reference=0.0,
    )
    return [picture, table]


def _kind(label: str | None) -> Kind:
    return Kind(f"Label “{label}”", lambda m: m.label == label)


def _widest(pairs: tuple[Measure, ...]) -> str | None:
    """Return the label on which the groups lie farthest apart, the first by name of equals; None where none is defined."""
    found = {}
    for label in sorted({m.label for m in pairs if m.label is not None}):
        values = [m.value for m in having(pairs, label=label) if m.value is not None]
        if values:
            found[label] = max(values) - min(values)
    return max(found, key=lambda label: found[label], default=None)


def _words(attribute: str, measures: tuple[Measure, ...]) -> list[Block]:
    compared = only(measures, metric="word_rows")
    if compared is None:
        return []
    ratios = having(measures, metric="log_odds")
    rows = [Row((Cell("rows compared"), Cell(count(compared.n))), (compared.id,))]
    for group in groups_of(ratios):
        words = [f"{word_of(m)} ({number(z_of(m), 'ratio')})" for m in having(ratios, group=group)]
        rows.append(Row((Cell(group), Cell(", ".join(words)))))
    said = "No other group has a word that stands out." if ratios else "No word stands out in any group."
    summary = Table(
        f"Words that stand out, by {attribute}, each with its z",
        (Column("Group"), Column("Words")),
        tuple(rows),
        (said, *methods_of([compared])),
    )
    inner = (summary, Fold(f"The same words, by {attribute}, with their rows", (_numbers(attribute, measures),)))
    title = f"Words that stand out, by {attribute} (they may hurt)"
    return [Fold(title, inner if ratios else (summary,))]


def _numbers(attribute: str, measures: tuple[Measure, ...]) -> Table:
    rows = []
    for ratio in having(measures, metric="log_odds"):
        share, rest, together = (only(measures, id=f"{ratio.id}.{end}") for end in ("share", "rest", "npmi"))
        cells = (
            Cell(word_of(ratio), (ratio.group or "",)),
            cell_of(share),
            cell_of(rest),
            Cell(number(z_of(ratio), "ratio")),
            p_cell(ratio),
            bare(ratio, n=0, numerator=None),
            bare(together, n=0, numerator=None),
        )
        rows.append(Row(cells, tuple(m.id for m in (ratio, share, rest, together) if m is not None)))
    numbers = ("Rows of the group", "Rows of the rest", "z", "Adjusted p", "Log-odds ratio", "nPMI")
    columns = (Column("Word and group"), *(Column(name, number=True) for name in numbers))
    shown = tuple(m for m in measures if m.metric != "word_rows")
    return Table(f"Words that stand out, by {attribute}", columns, tuple(rows), methods_of(shown))


def word_of(measure: Measure) -> str:
    """Return the word that a measure speaks of."""
    return str(measure.hits["words"])


def z_of(ratio: Measure) -> float:
    """Return a log-odds ratio over its standard error, which its interval holds."""
    assert ratio.value is not None
    assert ratio.interval is not None
    width = ratio.interval.high - ratio.interval.low
    return 2 * quantile(ratio.interval.confidence) * ratio.value / width
