"""The picture of reliability: accuracy over stated confidence with its interval, and under each bin how many rows are in it."""

from typing import Any

from audit.report.content import Bin, Reliability
from audit.report.drawings import INK, PAPER, QUIET, SECOND, marks_of, styled
from audit.report.words import count

HEIGHT = 380
LEFT = -0.14
"""Where the names of the rows of numbers stand, left of the lowest confidence."""
FIRST_LINE, LINE = -0.08, 0.08
"""How far under an accuracy of 0 the numbers of rows stand."""


def draw_reliability(chart: Reliability) -> dict[str, Any]:
    """Draw a mark a bin and series, a dashed line where confidence and accuracy are the same, and the rows of each bin."""
    import altair as alt

    series = list(dict.fromkeys(each.series for each in chart.bins))
    steps = [step / 10 for step in range(11)]
    lowest = FIRST_LINE - LINE * len(series)
    axis = {"format": "~%", "values": steps, "domain": False, "ticks": False}
    x_scale, y_scale = alt.Scale(domain=[LEFT, 1.02], nice=False), alt.Scale(domain=[lowest, 1.02], nice=False)
    x = alt.X("confidence:Q", scale=x_scale, axis=alt.Axis(title="Stated confidence (mean of the bin)", **axis))
    y = alt.Y("accuracy:Q", scale=y_scale, axis=alt.Axis(title="Accuracy", **axis))
    marks = marks_of(series) if len(series) > 1 else _one()
    diagonal = alt.Chart(alt.Data(values=[{"confidence": end, "accuracy": end} for end in (0, 1)]))
    data = alt.Chart(alt.Data(values=[vars(each) for each in chart.bins]))
    rows = alt.Chart(alt.Data(values=_numbers(chart, series))).mark_text(fontSize=11, color=INK, align="center")
    names = [
        {"confidence": LEFT, "accuracy": FIRST_LINE - LINE * place, "said": f"n, {name.lower()}"}
        for place, name in enumerate(series)
    ]
    layers = (
        diagonal.mark_line(strokeDash=[4, 3], color=QUIET, strokeWidth=1.2).encode(x=x, y=y),
        data.mark_rule(strokeWidth=2, strokeCap="round").encode(
            x=x, y=alt.Y("low:Q", scale=y_scale), y2=alt.Y2("high:Q"), stroke=marks["stroke"]
        ),
        data.mark_point(size=70, strokeWidth=2, opacity=1).encode(x=x, y=y, **marks),
        rows.encode(x=x, y=y, text=alt.Text("said:N")),
        alt.Chart(alt.Data(values=names))
        .mark_text(align="left", fontSize=11, color=QUIET)
        .encode(x=x, y=y, text=alt.Text("said:N")),
    )
    return styled(layers, HEIGHT)


def _numbers(chart: Reliability, series: list[str]) -> list[dict[str, Any]]:
    """Return the rows of each bin as words, in the middle of the bin, a line a series."""

    def placed(each: Bin) -> dict[str, Any]:
        height = FIRST_LINE - LINE * series.index(each.series)
        return {"confidence": each.start + chart.width / 2, "accuracy": height, "said": count(each.n)}

    return [placed(each) for each in chart.bins]


def _one() -> dict[str, Any]:
    import altair as alt

    return {"shape": alt.ShapeValue("circle"), "stroke": alt.StrokeValue(SECOND), "fill": alt.FillValue(PAPER)}
