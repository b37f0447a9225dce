"""Pictures: a section's chart data as one SVG with title and description inside; no element in it asks for anything outside."""

import re
from typing import Any

from markupsafe import Markup, escape

from audit.report.content import Bars, Chart, Curve, Lines, Paths, Reliability
from audit.report.drawings import FONT, draw_bars, draw_curve, draw_dots, draw_paths
from audit.report.lines import draw_lines
from audit.report.reliability import draw_reliability
from audit.report.words import legible

NOTHING_DRAWN = re.compile(r'<path class="(?:background|foreground)"[^>]*?d="(?:M0,0h0v0h0Z)?"[^>]*?/>')
NEEDLESS = re.compile(
    r' (?:role|aria-[a-z]+|class|pointer-events|stroke-miterlimit|font-family|version|xmlns:xlink)="[^"]*"| opacity="1"'
)  # fmt: skip
TAG = re.compile(r"<[^>]*>")
LONG_FRACTION = re.compile(r"(\d+\.\d\d)\d+")


def svg_of(chart: Chart, name: str) -> Markup:
    """Draw a chart as an SVG element; the ids inside it begin with `name`."""
    import vl_convert
    from altair import SCHEMA_VERSION

    version = ".".join(SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    svg: str = vl_convert.vegalite_to_svg(_legible(_drawing(chart)), vl_version=version)
    return Markup(_named(_trimmed(svg), chart, name))  # noqa: S704  (Vega escapes the data, `_named` its words)


def _drawing(chart: Chart) -> dict[str, Any]:
    match chart:
        case Bars():
            return draw_bars(chart)
        case Curve():
            return draw_curve(chart)
        case Paths():
            return draw_paths(chart)
        case Lines():
            return draw_lines(chart)
        case Reliability():
            return draw_reliability(chart)
    return draw_dots(chart)


def _legible(value: Any) -> Any:
    """Return a chart's specification without the characters that XML cannot hold: the renderer would end the process."""
    match value:
        case str():
            return legible(value)
        case dict():
            return {key: _legible(inner) for key, inner in value.items()}
        case list():
            return [_legible(inner) for inner in value]
    return value


def _trimmed(svg: str) -> str:
    """Cut what a picture does not need: paths without a line, roles (title and description speak), the thousandth of a pixel."""
    drawn = NEEDLESS.sub("", NOTHING_DRAWN.sub("", svg))
    return TAG.sub(lambda found: LONG_FRACTION.sub(r"\1", found.group()), drawn)


def _named(svg: str, chart: Chart, name: str) -> str:
    """Put title and description inside, and keep the ids of two pictures on one page apart."""
    svg = re.sub(r'(<[^>]*? id=")', rf"\g<1>{name}-", svg).replace("url(#", f"url(#{name}-")
    opening = f'<svg role="img" aria-labelledby="{name}-title {name}-description" font-family="{FONT}"'
    title, description = escape(legible(chart.title)), escape(legible(chart.description))
    words = f'<title id="{name}-title">{title}</title><desc id="{name}-description">{description}</desc>'
    head, _, rest = svg.partition(">")
    return f"{head.replace('<svg', opening, 1)}>{words}{rest}"
