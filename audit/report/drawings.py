"""The charts in altair: dots with intervals, and bars of rows. Shape and filling say whatever colour says.

Channels are written as objects: of a shorthand (`text="said:N"`) altair hashes its whole schema, which took a second a page.
"""

from collections.abc import Sequence
from typing import Any

from audit.report.content import Bar, Bars, Curve, Dot, Dots, Paths, Unit
from audit.report.words import count

INK, QUIET, LIGHT = "#1d2733", "#5b6673", "#e3e7eb"
FIRST, SECOND, PAPER = "#5b6673", "#0b4f6c", "#ffffff"
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
WIDTH, LABEL_WIDTH = 860, 230
LINE, DOUBLE_LINE, BAR_LINE, NAME_LINE, CURVE_HEIGHT, PATHS_HEIGHT = 22, 30, 24, 13, 220, 340
ROOM_FOR_WORDS = 1.28
STYLE: dict[str, Any] = {
    "aria": False,
    "background": PAPER,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "labelFontSize": 12, "labelLimit": LABEL_WIDTH, "labelPadding": 6, "titleColor": QUIET,
        "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 8, "gridColor": LIGHT, "domainColor": QUIET,
        "tickColor": QUIET,
    },
    "legend": {
        "orient": "top", "title": None, "labelFontSize": 12, "labelColor": INK, "labelLimit": WIDTH, "symbolSize": 90, "offset": 8,
    },
}  # fmt: skip
FORMATS: dict[Unit, str] = {"percent": "~%", "points": "+~%", "ratio": ".2f", "count": ",.0f", "number": "~g"}


def draw_dots(chart: Dots) -> dict[str, Any]:
    """Draw a line a group and a mark a series: hollow circle first, filled diamond second, each with its interval."""
    import altair as alt

    series = list(dict.fromkeys(dot.series for dot in chart.dots))
    lines = list(dict.fromkeys(dot.line for dot in chart.dots))
    several = len(series) > 1
    y: dict[str, Any] = {
        "y": alt.Y("line:N", sort=lines, title=None, scale=alt.Scale(domain=lines), axis=_names(grid=True))
    }
    if several:
        y["yOffset"] = alt.YOffset("series:N", sort=series, scale=alt.Scale(domain=series, paddingOuter=0.5))
    axis = alt.Axis(format=FORMATS[chart.unit], tickCount=6, title=chart.axis, domain=False, ticks=False)
    scale = alt.Scale(zero=chart.unit in ("percent", "count"), nice=True)
    marks = marks_of(series) if several else _one_mark()
    data = alt.Chart(alt.Data(values=[_record(dot) for dot in chart.dots if dot.value is not None]))
    rule = data.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2, strokeCap="round")
    layers = [
        *_reference(chart.reference),
        rule.encode(x=alt.X("low:Q", axis=axis, scale=scale), x2=alt.X2("high:Q"), stroke=marks["stroke"], **y),
        data.mark_point(size=70, strokeWidth=2, opacity=1).encode(
            x=alt.X("value:Q", axis=axis, scale=scale), **marks, **y
        ),
        _undefined(chart.dots).encode(x=alt.XValue(4), text=alt.Text("said:N"), **y),
    ]
    return styled(layers, len(lines) * (DOUBLE_LINE if several else LINE))


def draw_bars(chart: Bars) -> dict[str, Any]:
    """Draw a bar a step: solid for the rows that went on, outlined for those that left, the numbers written beside it."""
    import altair as alt

    limit = max((bar.kept + bar.dropped for bar in chart.bars), default=1) * ROOM_FOR_WORDS
    axis = alt.Axis(format=",.0f", tickCount=5, title="Rows", domain=False, ticks=False)
    y = alt.Y("step:N", sort=[bar.step for bar in chart.bars], title=None, axis=_names(grid=False))

    def x(field: str) -> Any:
        return alt.X(field, scale=alt.Scale(domain=[0, limit], nice=False), axis=axis)

    data = alt.Chart(alt.Data(values=[_bar(bar) for bar in chart.bars]))
    left = data.transform_filter("datum.whole > datum.kept").mark_bar(
        height=12, fill=PAPER, stroke=FIRST, strokeWidth=1.2
    )
    layers = (
        data.mark_bar(height=13, color=SECOND).encode(x=x("kept:Q"), y=y),
        left.encode(x=x("kept:Q"), x2=alt.X2("whole:Q"), y=y),
        data.mark_text(align="left", dx=8, fontSize=11.5, color=INK).encode(
            x=x("whole:Q"), y=y, text=alt.Text("said:N")
        ),
    )
    return styled(layers, BAR_LINE * len(chart.bars))


def draw_curve(chart: Curve) -> dict[str, Any]:
    """Draw a line from 0 to 1 on both axes, what lies on the side that counts filled, and a dashed line where that begins."""
    import altair as alt

    values = [{"x": x, "y": y, "counts": x >= chart.reference} for x, y in chart.points]
    axis = alt.Axis(format="~%", tickCount=5, domain=False, ticks=False)
    x = alt.X(
        "x:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=10, title=chart.x, grid=False, format=".1f")
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1]), axis=axis, title=chart.y)
    data = alt.Chart(alt.Data(values=values))
    filled = data.transform_filter("datum.counts").mark_area(color=SECOND, opacity=0.15, line=False)
    line = data.mark_line(color=SECOND, strokeWidth=2)
    layers = (filled.encode(x=x, y=y), line.encode(x=x, y=y), *_reference_at(chart.reference))
    return styled(layers, CURVE_HEIGHT)


def draw_paths(chart: Paths) -> dict[str, Any]:
    """Draw a line for each group over the stages, a dot at every stage, and the group's name at the end of its line."""
    import altair as alt

    known = [value for path in chart.paths for value in path.values if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = (high - low or 0.01) * 0.06
    values = [
        {"name": path.name, "stage": stage, "value": value}
        for path in chart.paths
        for stage, value in zip(chart.stages, path.values, strict=True)
        if value is not None
    ]
    named = [
        {"stage": chart.stages[-1], **each}
        for each in _apart(chart, (high - low + 2 * room) * NAME_LINE / PATHS_HEIGHT)
    ]
    x = alt.X(
        "stage:N",
        sort=list(chart.stages),
        title=None,
        scale=alt.Scale(domain=list(chart.stages), padding=0.1),
        axis=alt.Axis(labelAngle=0, labelLimit=WIDTH // max(len(chart.stages), 1), domain=False, ticks=False),
    )
    axis = alt.Axis(format="~%", tickCount=5, domain=False, ticks=False, title=chart.axis)
    y = alt.Y("value:Q", scale=alt.Scale(domain=[low - room, high + room], nice=False, zero=False), axis=axis)
    data = alt.Chart(alt.Data(values=values))
    names = alt.Chart(alt.Data(values=named)).mark_text(align="left", dx=8, fontSize=11.5, color=INK)
    layers = (
        data.mark_line(strokeWidth=1.5, color=SECOND).encode(x=x, y=y, detail=alt.Detail("name:N")),
        data.mark_point(size=36, filled=True, color=SECOND, opacity=1).encode(x=x, y=y),
        names.encode(x=x, y=y, text=alt.Text("name:N")),
    )
    return styled(layers, PATHS_HEIGHT)


def _apart(chart: Paths, line: float) -> list[dict[str, Any]]:
    """Return where the name of each line stands: at its end, or as far below the name above it as a line of words is high."""
    ends = sorted(((path.values[-1], path.name) for path in chart.paths if path.values[-1] is not None), reverse=True)
    placed: list[dict[str, Any]] = []
    for value, name in ends:
        assert value is not None
        lowest = placed[-1]["value"] - line if placed else value
        placed.append({"name": name, "value": min(value, lowest)})
    return placed


def _reference_at(value: float) -> list[Any]:
    import altair as alt

    rule = alt.Chart(alt.Data(values=[{"x": value, "said": f"threshold {value:g}"}]))
    return [
        rule.mark_rule(strokeDash=[4, 3], color=QUIET, strokeWidth=1.2).encode(x=alt.X("x:Q")),
        rule.mark_text(align="left", dx=6, fontSize=11.5, color=INK).encode(
            x=alt.X("x:Q"), y=alt.YValue(CURVE_HEIGHT - 12), text=alt.Text("said:N")
        ),
    ]


def styled(layers: Sequence[Any], height: int) -> dict[str, Any]:
    """Return the specification of a chart of layers, with the size, type, grid and white ground that every chart shares.

    They are put into the finished specification: altair copies a whole chart for each setting.
    """
    import altair as alt

    drawn: dict[str, Any] = alt.layer(*layers).to_dict(validate=False)
    size = {"width": WIDTH, "height": height, "autosize": {"type": "fit-x", "contains": "padding"}}
    padding = {"left": 4, "right": 12, "top": 6, "bottom": 4}
    return {**drawn, **size, "padding": padding, "config": STYLE}


def _names(*, grid: bool) -> Any:
    import altair as alt

    return alt.Axis(domain=False, ticks=False, grid=grid, labelPadding=10)


def marks_of(series: list[str]) -> dict[str, Any]:
    """Return how two series differ: by shape, by filling and by colour, so that any one of them is enough."""
    import altair as alt

    def scale(*values: str) -> Any:
        return alt.Scale(domain=series, range=list(values)[: len(series)])

    return {
        "shape": alt.Shape("series:N", sort=series, scale=scale("circle", "diamond")),
        "stroke": alt.Stroke("series:N", sort=series, scale=scale(FIRST, SECOND)),
        "fill": alt.Fill("series:N", sort=series, scale=scale(PAPER, SECOND)),
    }


def _one_mark() -> dict[str, Any]:
    import altair as alt

    return {"shape": alt.ShapeValue("circle"), "stroke": alt.StrokeValue(SECOND), "fill": alt.FillValue(SECOND)}


def _reference(value: float | None) -> list[Any]:
    import altair as alt

    if value is None:
        return []
    line = alt.Chart(alt.Data(values=[{"value": value}])).mark_rule(strokeDash=[4, 3], color=QUIET, strokeWidth=1.2)
    return [line.encode(x=alt.X("value:Q"))]


def _undefined(dots: tuple[Dot, ...]) -> Any:
    """Return the word that stands in the place of a mark where there is no number."""
    import altair as alt

    values = [{"line": dot.line, "series": dot.series, "said": "undefined"} for dot in dots if dot.value is None]
    return alt.Chart(alt.Data(values=values)).mark_text(align="left", fontStyle="italic", fontSize=11, color=QUIET)


def _record(dot: Dot) -> dict[str, Any]:
    return {"line": dot.line, "series": dot.series, "value": dot.value, "low": dot.low, "high": dot.high}


def _bar(bar: Bar) -> dict[str, Any]:
    moves = [f"−{count(bar.dropped)}"] if bar.dropped else []
    moves += [f"+{count(bar.added)}"] if bar.added else []
    said = f"{count(bar.kept)}  ({', '.join(moves)})" if moves else count(bar.kept)
    return {
        "step": bar.step,
        "kept": bar.kept,
        "whole": bar.kept + bar.dropped,
        "said": f"{said}, {bar.note}" if bar.note else said,
    }
