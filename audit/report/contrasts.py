"""Each group against the rest: one table for any rate, whoever was dropped, rewritten, labelled or answered."""

from collections.abc import Sequence

from audit.report.choosing import by_value, groups_of, having, ids_of, only, spread
from audit.report.content import Cell, Column, Dots, Row, Table
from audit.report.tables import dot, line_name
from audit.report.words import cell_of, methods_of, number, probability, value_of
from audit.results import Audit, Measure

WHOLE = "all steps together"
BETWEEN = {
    "difference": "Gap: highest less lowest",
    "ratio": "Gap: lowest over highest",
    "difference_to_overall": "Farthest from all rows",
    "ratio_to_overall": "Farthest from all rows, ratio",
    "lowest": "Lowest",
    "highest": "Highest",
}
RATIOS = ("ratio", "ratio_to_overall")
EXTREMES = ("lowest", "highest")


def against_rest(audit: Audit, caption: str, verb: str, measures: Sequence[Measure]) -> Table:
    """Return a row a group: its rate, that of the rest, their ratio and difference, and how often chance does as much.

    A comparison has no n of its own there: the two rates that it compares stand beside it with theirs.
    """
    rates = having(measures, compare=None)
    whole = only(rates, group=None)
    rows = [Row((Cell("all rows"), cell_of(whole), *[Cell("–")] * 5), ids_of(whole))] if whole is not None else []
    rows += [_group(audit, group, having(measures, group=group)) for group in by_value(groups_of(measures), rates)]
    rows += [_between(m) for m in having(measures, group=None) if m.compare is not None and m.compare not in EXTREMES]
    numbers = (verb, "The rest", "Ratio", "Difference", "Adjusted p")
    columns = (Column("Group"), *(Column(name, number=True) for name in numbers), Column("Verdict"))
    return Table(caption, columns, tuple(rows), methods_of(measures))


def _group(audit: Audit, group: str, mine: tuple[Measure, ...]) -> Row:
    rate, rest, ratio, difference = (only(mine, compare=compare) for compare in (None, "rest", "ratio", "difference"))
    few = audit.minimum_group_size
    cells = (
        cell_of(rate, few),
        cell_of(rest),
        bare(ratio, n=0),
        bare(difference, n=0),
        p_cell(difference, ratio, rate),
        finding(audit, rate, difference),
    )
    return Row((Cell(group), *cells), ids_of(rate, rest, ratio, difference))


def bare(measure: Measure | None, **further: object) -> Cell:
    """Return a comparison without its p-value, which has a column of its own."""
    return cell_of(
        measure.model_copy(update={"p_value": None, "p_adjusted": None, **further}) if measure is not None else None
    )


def _between(gap: Measure) -> Row:
    dash, said = Cell("–"), bare(gap)
    places = (said, dash) if gap.compare in RATIOS else (dash, said)
    return Row((Cell(BETWEEN.get(gap.compare or "", gap.title)), dash, dash, *places, p_cell(gap), dash), ids_of(gap))


def finding(audit: Audit, rate: Measure | None, difference: Measure | None) -> Cell:
    """Say whether a group differs from the rest; if that is not shown, which difference so few rows would have shown."""
    if rate is None or difference is None or difference.p_value is None or difference.value is None:
        return Cell("–")
    p_value = difference.p_value if difference.p_adjusted is None else difference.p_adjusted
    if p_value <= 1 - audit.confidence:
        return Cell("higher than the rest" if difference.value > 0 else "lower than the rest")
    few = ("few rows",) if rate.n < audit.minimum_group_size else ()
    seen = () if difference.detectable is None else (f"could have seen {number(difference.detectable, 'points')}",)
    return Cell("no difference shown", (*few, *seen))


def p_cell(*measures: Measure | None) -> Cell:
    """Return the p-value of the first of these measures that was tested; the adjusted one where there is one."""
    for measure in measures:
        if measure is not None and measure.p_adjusted is not None:
            return Cell(probability(measure.p_adjusted))
        if measure is not None and measure.p_value is not None:
            return Cell(probability(measure.p_value), ("not adjusted",))
    return Cell("–")


def disparity(audit: Audit, measures: Sequence[Measure]) -> float:
    """Return how far apart a rate treats the groups: the largest difference of a large enough group from the rest."""
    large = {m.group for m in having(measures, compare=None) if m.n >= audit.minimum_group_size}
    differences = [m for m in having(measures, compare="difference") if m.group in large]
    return max(
        (abs(m.value) for m in differences if m.value is not None),
        default=spread(audit, having(measures, compare=None)),
    )


def contrast(audit: Audit, rates: Sequence[Measure]) -> str:
    """Say which two groups lie farthest apart, among those that are large enough."""
    large = [m for m in rates if m.group is not None and m.value is not None and m.n >= audit.minimum_group_size]
    if len(large) < 2:  # noqa: PLR2004  (a contrast needs two groups)
        return ""
    low, high = min(large, key=lambda m: m.value or 0.0), max(large, key=lambda m: m.value or 0.0)
    small = any(m.group is not None and m.n < audit.minimum_group_size for m in rates)
    of = f"Of groups with {audit.minimum_group_size:,} rows or more: highest" if small else "Highest"
    return f"{of} for {high.group} ({value_of(high)}), lowest for {low.group} ({value_of(low)})."


def rates_by_group(audit: Audit, title: str, axis: str, series: str, measures: Sequence[Measure]) -> Dots:
    """Return a picture of one rate: a dot and its interval for each group, and a line for all rows."""
    rates = having(measures, compare=None)
    chosen = [m for m in (only(rates, group=group) for group in by_value(groups_of(rates), rates)) if m is not None]
    pooled = only(rates, group=None)
    dashed = " The dashed line stands for all rows." if pooled is not None else ""
    return Dots(
        title=title,
        description=f"{contrast(audit, chosen)} A dot is a group's rate, the line through it the interval.{dashed}".strip(),
        axis=axis,
        unit="percent",
        dots=tuple(dot(line_name(m.group or "", [m]), series, m) for m in chosen),
        reference=pooled.value if pooled else None,
    )
