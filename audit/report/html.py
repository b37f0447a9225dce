"""The report as one HTML file that asks nobody for anything: styles and pictures inside, no script, everything escaped."""

from collections.abc import Sequence
from itertools import count

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from audit.report.charts import svg_of
from audit.report.content import Chart, Section
from audit.report.opening import opening
from audit.report.selections import selection_in_words
from audit.report.words import legible
from audit.results import Audit


def html_of(audit: Audit, sections: Sequence[Section]) -> str:
    """Render an audit's sections as one page."""
    numbers = count(1)

    def draw(chart: Chart) -> Markup:
        return svg_of(chart, f"chart-{next(numbers)}")

    environment = Environment(
        loader=PackageLoader("audit.report"), autoescape=True, undefined=StrictUndefined, finalize=_legible, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["draw"] = draw
    environment.globals["traced"] = traced
    environment.globals["rows_of"] = {measure.id: selection_in_words(measure) for measure in audit.measures}
    environment.filters["breakable"] = breakable
    page = environment.get_template("report.html")
    return page.render(audit=audit, opening=opening(audit), sections=sections) + "\n"


def _legible(value: object) -> object:
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def traced(ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return each id with the earlier one that it continues (`….women.ratio` after `….women`), which need not be said again."""
    stems = [
        next((earlier for earlier in ids[:place] if name.startswith(f"{earlier}.")), "")
        for place, name in enumerate(ids)
    ]
    return list(zip(ids, stems, strict=True))


def breakable(name: str) -> Markup:
    """Return a measure's id with places where a narrow column may break it; copying it gives the id."""
    first, *rest = legible(name.removeprefix(".")).split(".")
    start = "." if name.startswith(".") else ""  # where it continues another id: it is not torn from its dot
    return Markup(".<wbr>").join([start + first, *rest])
