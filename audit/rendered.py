"""The report held against the audit that it was rendered from: rendered again and compared, byte by byte."""

import re
from itertools import zip_longest
from pathlib import Path

from audit.maker import Maker
from audit.report.html import html_of
from audit.report.markdown import markdown_of
from audit.report.sections import sections_of
from audit.results import Audit
from curate.errors import Mistake, shortened
from curate.findings import Findings
from curate.store import RunDirectory

PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
SPOKEN = re.compile(r"<(?:title|desc)\b.*?</(?:title|desc)>", re.DOTALL)
LONGEST = 100


def check_report(run: RunDirectory, stored: Audit, maker: Maker) -> Findings:
    """Render the stored audit again and compare `report.html` and `report.md` with that.

    What other versions would write otherwise is not judged; nor are the pictures in a page that is the same in all else,
    because their measures hang on the fonts of the machine that drew them.
    """
    sections = sections_of(stored)
    page, same = html_of(stored, sections), maker.same_fairlead
    return _compared(run.report / "report.md", markdown_of(stored, sections), maker.hint, judged=same) + _compared(
        run.report / "report.html", page, maker.hint, judged=same and maker.same_packages
    )


def _compared(path: Path, rendered: str, hint: str, *, judged: bool) -> Findings:
    name = path.name
    stored = path.read_bytes().decode(errors="replace")
    if stored == rendered:
        return Findings((f"{name}: is what the stored audit is rendered to",))
    if not judged:
        why = "not compared: it was made with other versions, which render an audit otherwise"
        return Findings(not_judged=(f"{name}: {why}",))
    if without_drawings(stored) == without_drawings(rendered):
        why = "its pictures are drawn otherwise here, as with other fonts; all else is what the stored audit is rendered to"
        return Findings(not_judged=(f"{name}: {why}",))
    what = f"is not what the stored audit is rendered to: {_first_line(without_drawings(stored), without_drawings(rendered))}"
    return Findings(mistakes=(Mistake(str(path), what, hint),))


def without_drawings(page: str) -> str:
    """Return a page with each picture put down to its title and description, on as many lines as it had."""
    return PICTURE.sub(_spoken, page)


def _spoken(picture: re.Match[str]) -> str:
    return "".join(SPOKEN.findall(picture.group())) + "\n" * picture.group().count("\n")


def _first_line(stored: str, rendered: str) -> str:
    """Return in words the first line of two unequal texts that is not the same in both."""
    pairs = enumerate(zip_longest(stored.split("\n"), rendered.split("\n"), fillvalue=""), start=1)
    number, (one, other) = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
    return f"line {number} is '{shortened(one, LONGEST)}', rendered again it is '{shortened(other, LONGEST)}'"
