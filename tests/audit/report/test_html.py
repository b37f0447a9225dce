"""The page holds every number, obeys nobody's text, asks nobody for anything, and can be read by everyone."""

import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from rendering import Rendered, read

from audit.report.html import breakable, traced
from audit.report.words import legible

MAXIMUM_SIZE = 600_000
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "a", "div", "header", "p", "h1", "h2", "h3", "dl", "dt", "dd", "span", "nav", "ol", "ul",
    "li", "main", "section", "article", "code", "wbr", "figure", "figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td", "small",
    "details", "summary", "footer", "svg", "desc", "g", "path", "line", "text", "rect", "tspan",
}  # fmt: skip
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_every_measure_can_be_found_by_its_id(report: Rendered) -> None:
    page = read(report.html)
    said = {attributes["title"] for attributes in page.having("code") if "title" in attributes}
    assert [m.id for m in report.audit.measures if legible(m.id) not in said] == []


def test_every_measure_id_stands_literally_in_the_source(classification: Rendered) -> None:
    assert [m.id for m in classification.audit.measures if m.id not in classification.html] == []


def test_nothing_that_a_string_says_becomes_an_element_or_an_attribute(report: Rendered) -> None:
    page = read(report.html)
    assert {tag for tag, _attributes in page.elements} - ALLOWED == set()
    assert [name for _tag, attributes in page.elements for name in attributes if name.startswith("on")] == []


def test_an_attack_is_shown_as_text(hostile: Rendered) -> None:
    assert "<script>alert('1')</script>" in "".join(read(hostile.html).text)


def test_the_page_asks_nobody_for_anything(report: Rendered) -> None:
    page = read(report.html)
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in page.having("meta")
    targets = [
        attributes[name]
        for _tag, attributes in page.elements
        for name in ("href", "src", "xlink:href", "action")
        if name in attributes
    ]
    assert [target for target in targets if not str(target).startswith("#")] == []
    style = re.search(r"<style>(.*?)</style>", report.html, re.DOTALL)
    assert style is not None
    assert "url(" not in style.group(1)
    assert "@import" not in style.group(1)


def test_links_lead_to_places_that_exist_and_no_id_is_given_twice(report: Rendered) -> None:
    page = read(report.html)
    names = Counter(attributes["id"] for _tag, attributes in page.elements if "id" in attributes)
    assert [name for name, times in names.items() if times > 1] == []
    assert [a["href"] for a in page.having("a") if str(a["href"]).removeprefix("#") not in names] == []


def test_landmarks_skip_link_and_table_headers(report: Rendered) -> None:
    page = read(report.html)
    assert [len(page.having(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
    assert page.having("a")[0] == {"class": "skip", "href": "#content"}
    assert {header.get("scope") for header in page.having("th")} == {"col", "row"}
    assert len(page.having("caption")) == len(page.having("table"))


def test_every_picture_says_what_it_shows_and_a_table_follows(classification: Rendered) -> None:
    pictures = re.findall(r"<svg.*?</svg>", classification.html, re.DOTALL)
    assert len(pictures) > 5
    for picture in pictures:
        root = ET.fromstring(picture)
        title, description = list(root)[:2]
        assert title.tag.endswith("title")
        assert description.tag.endswith("desc")
        assert title.text
        assert description.text
        assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"
    after = [classification.html[found.end() :] for found in re.finditer("</figure>", classification.html)]
    assert [rest[:60] for rest in after if not rest.lstrip().startswith('<div class="scroll"')] == []


def test_the_verdicts_stand_first_and_in_words(classification: Rendered) -> None:
    words = re.findall(
        r'<p class="outcome"><span class="symbol" aria-hidden="true">(.)</span> ([a-z ]+)</p>', classification.html
    )
    assert words == [("✗", "not met"), ("?", "insufficient evidence"), ("✓", "met")]
    assert classification.html.index('class="outcome"') < classification.html.index("<table>")


def test_the_word_that_only_a_person_may_say_is_not_there(report: Rendered) -> None:
    assert "complian" not in report.html.lower()


def test_thirteen_groups_and_the_rows_of_each_number_fit_into_six_hundred_kilobytes(classification: Rendered) -> None:
    assert len(classification.html.encode()) < MAXIMUM_SIZE


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [0, 1, 2], ids=["light", "dark", "print"])
@pytest.mark.parametrize("colour", ["ink", "quiet", "accent", "good", "bad", "open"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_every_text_colour_has_the_contrast_of_wcag_aa(bare: Rendered, palette: int, colour: str, ground: str) -> None:
    found = dict(
        re.findall(r"--([a-z]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", bare.html, re.DOTALL)[palette])
    )
    light, dark = sorted((_luminance(found[colour]), _luminance(found[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_an_id_that_continues_an_earlier_one_is_shown_short() -> None:
    assert traced(("a.b", "a.b.rest", "a.bc", "d", "d.ratio")) == [
        ("a.b", ""),
        ("a.b.rest", "a.b"),
        ("a.bc", ""),
        ("d", ""),
        ("d.ratio", "d"),
    ]


def test_an_id_may_break_after_a_dot_and_is_escaped() -> None:
    assert str(breakable("a.<b>.c")) == "a.<wbr>&lt;b&gt;.<wbr>c"
    assert str(breakable(".ratio")) == ".ratio"
