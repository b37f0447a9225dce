"""Rendering a sample audit, and reading tables back out of a page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from audit.report.html import html_of
from audit.report.markdown import markdown_of
from audit.report.sections import sections_of
from audit.results import Audit


@dataclass(frozen=True)
class Rendered:
    """A sample audit with its HTML and its Markdown."""

    audit: Audit
    html: str
    markdown: str


def rendered(audit: Audit) -> Rendered:
    """Render an audit both ways."""
    sections = sections_of(audit)
    return Rendered(audit, html_of(audit, sections), markdown_of(audit, sections))


@dataclass
class Page(HTMLParser):
    """What a page holds, as a browser would read it: elements with attributes, text, titles, and tables as lists of cells."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag in ("small", "code") and self._in_cell():
            self.tables[-1][-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._in_cell():
            self.tables[-1][-1][-1] += data

    def _in_cell(self) -> bool:
        return "td" in self.inside or "th" in self.inside

    def having(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of this kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def read(html: str) -> Page:
    """Read a page."""
    page = Page()
    page.feed(html)
    page.close()
    return page


def read_markdown(markdown: str) -> Page:
    """Read Markdown as a page that shows it."""
    return read(MarkdownIt("commonmark").enable("table").render(markdown))
