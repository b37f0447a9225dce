"""The report held against the audit that it was rendered from: rendered again and compared, byte by byte.

Fonts of another machine widen words, and with them move marks of the pictures to the left or right, and cut long words. Nothing
else may differ: no element, attribute, colour, height or word, in the pictures or around them.
"""

import re
from itertools import takewhile
from pathlib import Path

from audit.report.html import html_of
from audit.report.markdown import markdown_of
from audit.report.sections import sections_of
from audit.results import Audit
from curate.errors import Mistake
from curate.findings import Findings
from curate.store import RunDirectory

PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
MARK = re.compile(r"<(?:g|line|path|text) [^<>]*>")
ACROSS = re.compile(r'( x2="|\btranslate\(|[MLh])-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?')
"""Where a mark stands from left to right: a line's end, a shift, or a point or a stroke of a path."""
WORDS = re.compile(r"(?<=>)([^<>]*)</text>")
CUT = "…"
"""What Vega ends a word with that has no room."""
LONGEST, BEFORE = 100, 20
"""Characters that are told of a place where two texts differ, and of those how many before it."""


def check_report(run: RunDirectory, stored: Audit, hint: str) -> Findings:
    """Render the stored audit again and compare `report.html` and `report.md` with that; `hint` says what to do if they differ.

    Of pictures that are the same but for fonts it is not judged where their marks stand from left to right.
    """
    sections = sections_of(stored)
    return _compared(run.report / "report.md", markdown_of(stored, sections), hint) + _compared(
        run.report / "report.html", html_of(stored, sections), hint
    )


def _compared(path: Path, rendered: str, hint: str) -> Findings:
    name = path.name
    stored = path.read_bytes().decode(errors="replace")
    if stored == rendered:
        return Findings((f"{name}: is what the stored audit is rendered to",))
    page = path.suffix == ".html"
    one, other = (without_places(stored), without_places(rendered)) if page else (stored, rendered)
    if page and _is_same_but_for_cuts(one, other):
        why = "where marks of its pictures stand from left to right: they are drawn otherwise here, as with other fonts"
        return Findings(
            (f"{name}: is what the stored audit is rendered to, but for places in its pictures",),
            not_judged=(f"{name}: {why}",),
        )
    what = f"is not what the stored audit is rendered to: {_first_difference(one, other)}"
    return Findings(mistakes=(Mistake(str(path), what, hint),))


def without_places(page: str) -> str:
    """Return a page without the numbers that say where the marks of its pictures stand from left to right."""
    return PICTURE.sub(lambda picture: MARK.sub(lambda mark: ACROSS.sub(r"\1", mark.group()), picture.group()), page)


def _is_same_but_for_cuts(stored: str, rendered: str) -> bool:
    """Return whether two pages say the same, where words of their pictures may be cut at another letter."""
    one, other = WORDS.split(stored), WORDS.split(rendered)
    if len(one) != len(other) or one[::2] != other[::2]:
        return False
    return all(map(_is_same_word, one[1::2], other[1::2]))


def _is_same_word(stored: str, rendered: str) -> bool:
    """Return whether two words are the same, or one of them is the beginning of the other and was cut there."""
    return stored == rendered or any(
        cut.endswith(CUT) and cut != CUT and other.startswith(cut.removesuffix(CUT))
        for cut, other in ((stored, rendered), (rendered, stored))
    )


def _first_difference(stored: str, rendered: str) -> str:
    """Return in words where two unequal texts part: the line, and in both of them what stands there and shortly before."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(stored, rendered, strict=False)))
    line = stored.rfind("\n", 0, same) + 1
    start = max(line, same - BEFORE)
    one, other = (
        text[start : same + 1] + text[same + 1 : same + LONGEST].partition("\n")[0] for text in (stored, rendered)
    )
    return f"line {stored.count(chr(10), 0, line) + 1} is '{one}', rendered again it is '{other}'"
