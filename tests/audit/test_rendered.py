"""A report held against its audit: other fonts may move what is drawn to the left or right, and nothing else may differ."""

import re

import pytest

from audit.__main__ import read_audit
from audit.rendered import check_report
from audit.report.charts import svg_of
from audit.report.content import Bar, Bars
from audit.report.drawings import STYLE
from audit.report.html import html_of
from audit.report.sections import sections_of
from curate.findings import Findings
from curate.store import RunDirectory

LONG = "a step with a name so long that no chart has room for it, and so it is cut"
FIRST_PICTURE = re.compile(r"(<svg\b[^>]*>)(.*?)(</svg>)", re.DOTALL)
PLACES = "where marks of its pictures stand from left to right: they are drawn otherwise here, as with other fonts"


def checked(run: RunDirectory) -> Findings:
    return check_report(run, read_audit(run), "make it anew")


def told(run: RunDirectory) -> list[str]:
    return [str(mistake).replace(f"{run.path}/", "") for mistake in checked(run).mistakes]


def in_first_picture(change):
    """A change of what stands inside the first picture of a page."""
    return lambda page: FIRST_PICTURE.sub(lambda found: found[1] + change(found[2]) + found[3], page, count=1)


def replaced(old: str, new: str):
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize("font", ["monospace", "serif"])
def test_a_page_drawn_with_other_fonts(run, at_once, monkeypatch, font: str):
    stored, path = read_audit(run), run.report / "report.html"
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(STYLE, "font", font)
        page = html_of(stored, sections_of(stored))
    if page == path.read_text():
        pytest.skip("the machine has one font only")
    path.write_text(page)
    found = checked(run)
    assert (found.mistakes, found.not_judged) == ((), (f"report.html: {PLACES}",))
    assert "report.html: is what the stored audit is rendered to, but for places in its pictures" in found.verified


@pytest.mark.parametrize(
    "change",
    [
        in_first_picture(lambda inside: "<style>article.bad{display:none}</style>" + inside),
        in_first_picture(lambda inside: f"{inside}<foreignObject><p>all met</p></foreignObject>"),
        in_first_picture(lambda inside: inside + '<image href="data:image/png;base64,AA=="/>'),
        in_first_picture(lambda inside: inside + '<path d="M0,0h999v999h0Z" fill="#fff"/>'),
        in_first_picture(replaced("<g ", '<g style="position:fixed" ')),
        in_first_picture(replaced("<g ", '<g onclick="alert(1)" ')),
        in_first_picture(replaced("<text ", '<text opacity="0" ')),
        in_first_picture(replaced("translate(", "scale(9) translate(")),
        in_first_picture(lambda inside: re.sub(r"(translate\([^,]*,)[^)]*", r"\g<1>-999", inside)),
        in_first_picture(lambda inside: re.sub(r"(<text[^>]*>)[^<]*", r"\1all met", inside, count=1)),
        in_first_picture(lambda inside: re.sub(r"(<text[^>]*>)[^<]*", r"\1…", inside, count=1)),
        in_first_picture(replaced("</desc>", " and fair</desc>")),
        replaced('<svg role="img"', '<svg role="img" style="position:fixed;overflow:visible"'),
        lambda page: re.sub(r'(<svg[^>]* width=")860', r"\g<1>9999", page, count=1),
        replaced("</svg>", "</svg><svg><style>.bad{display:none}</style></svg>"),
        replaced("</style>", "</style><style>article.bad{display:none}</style>"),
        replaced("<head>", '<head><base href="https://example.org/">'),
        replaced('<section id="verdicts"', '<section hidden id="verdicts"'),
        replaced('<section id="verdicts"', '<!-- <section id="verdicts"'),
    ],
)  # fmt: skip
def test_whatever_fonts_cannot_change_is_named(run, at_once, change):
    path = run.report / "report.html"
    page = path.read_text()
    path.write_text(change(page))
    assert path.read_text() != page
    (said,) = told(run)
    assert said.startswith("report/report.html: is not what the stored audit is rendered to: line ")


def test_the_words_where_two_pages_part_are_told(run, at_once):
    path = run.report / "report.html"
    path.write_text(
        in_first_picture(lambda inside: "<style>article.bad{display:none}</style>" + inside)(path.read_text())
    )
    said = told(run)[0]
    assert '><style>article.bad{display:none}</style><title id="chart-1' in said
    assert "', rendered again it is '" in said


def test_a_long_word_may_be_cut_at_another_letter_and_no_other_may_stand_there(run, monkeypatch):
    def drawn() -> str:
        return f"<p>{svg_of(Bars('Rows', 'rows', (Bar(LONG, 8, 1, 0),)), 'chart-1')}</p>"

    path, page = run.report / "report.html", drawn()
    (cut,) = re.findall(r">([^<]*)…</text>", page)
    assert LONG.startswith(cut)
    monkeypatch.setattr("audit.rendered.html_of", lambda audit, sections: page)
    for word, mistakes in ((cut[:-3], 0), (LONG[: len(cut) + 3], 0), ("a step with another name", 1)):
        path.write_text(page.replace(f"{cut}…", f"{word}…"))
        assert len(checked(run).mistakes) == mistakes


def test_markdown_is_compared_to_the_letter(run, at_once):
    path = run.report / "report.md"
    path.write_text(path.read_text() + '<svg><g transform="translate(1,1)"></g></svg>\n')
    assert told(run)[0].startswith("report/report.md: is not what the stored audit is rendered to: line ")
