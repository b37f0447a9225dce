"""The report of an audit: sections first, then one HTML file, the same as Markdown, and a summary for the terminal."""

from pathlib import Path

from audit.report.html import html_of
from audit.report.markdown import markdown_of
from audit.report.sections import sections_of
from audit.results import Audit
from curate.files import write_text


def write_report(audit: Audit, folder: Path) -> list[Path]:
    """Write `report.html` and `report.md` into a folder, each in one move, and return their paths."""
    sections = sections_of(audit)
    written = []
    for name, text in (("report.html", html_of(audit, sections)), ("report.md", markdown_of(audit, sections))):
        path = folder / name
        write_text(path, text)
        written.append(path)
    return written


__all__ = ["write_report"]
