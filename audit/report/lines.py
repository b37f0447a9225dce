"""The picture of lines over numbers: losses over steps, a loss over learning rates. Each line has its own dash, shape and name."""

from collections.abc import Sequence
from typing import Any

from audit.report.content import Lines
from audit.report.drawings import FIRST, INK, PAPER, QUIET, SECOND, styled

HEIGHT = 280
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
SHAPES = ("circle", "diamond", "square", "triangle-up")
MOST_POINTS = 30
"""A line of more points is drawn without marks."""
TALL = 10
"""From this ratio of the highest point to the lowest on, heights are drawn by their logarithm."""


def draw_lines(chart: Lines) -> dict[str, Any]:
    """Draw each line with the marks of its points, and where the chart marks a place a dashed line across."""
    import altair as alt

    names = [line.name for line in chart.lines]
    values = [{"name": line.name, "x": x, "y": y} for line in chart.lines for x, y in line.points]
    few = {line.name for line in chart.lines if len(line.points) <= MOST_POINTS}
    kind = "log" if chart.logarithmic else "linear"
    x = alt.X(
        "x:Q", scale=alt.Scale(type=kind, nice=False, zero=False),
        axis=alt.Axis(title=chart.x, grid=False, tickCount=8, format=".0e" if chart.logarithmic else ",.0f"),
    )  # fmt: skip
    tall = is_tall([y for line in chart.lines for _x, y in line.points])
    title = f"{chart.y} (logarithmic)" if tall else chart.y
    y = alt.Y(
        "y:Q", scale=alt.Scale(type="log" if tall else "linear", zero=False),
        axis=alt.Axis(title=title, tickCount=5, domain=False, ticks=False, format="~g" if tall else ""),
    )  # fmt: skip
    colours = [FIRST, SECOND, INK, QUIET][: len(names)]
    colour = alt.Color("name:N", sort=names, scale=alt.Scale(domain=names, range=colours))
    dash = alt.StrokeDash("name:N", sort=names, scale=alt.Scale(domain=names, range=list(DASHES[: len(names)])))
    shape = alt.Shape("name:N", sort=names, scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])))
    data = alt.Chart(alt.Data(values=values))
    marked = alt.Chart(alt.Data(values=[each for each in values if each["name"] in few]))
    layers = [
        data.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash),
        marked.mark_point(size=50, filled=True, fill=PAPER, opacity=1).encode(x=x, y=y, stroke=colour, shape=shape),
        *_mark(chart),
    ]
    return styled(layers, HEIGHT)


def is_tall(heights: Sequence[float]) -> bool:
    """Return whether the highest point is so many times the lowest that the low ones would lie on the floor."""
    return min(heights) > 0 and max(heights) / min(heights) >= TALL


def _mark(chart: Lines) -> list[Any]:
    import altair as alt

    if chart.mark is None:
        return []
    rule = alt.Chart(alt.Data(values=[{"x": chart.mark}]))
    return [rule.mark_rule(strokeDash=[4, 3], color=QUIET, strokeWidth=1.2).encode(x=alt.X("x:Q"))]
