"""The Markdown says what the page says, and obeys nobody's text either."""

import re

import pytest
from rendering import Page, Rendered, read, read_markdown

from audit.report.markdown import code, escaped
from audit.report.words import legible


def _tables(page: Page) -> list[list[list[str]]]:
    """Return the words and figures of every table, without the way in which either rendering sets them."""
    return [[[_plain(cell) for cell in row] for row in table] for table in page.tables]


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"[()·]", " ", re.sub(r"[\x00-\x1f]", " ", cell)).split())


def _without_traces(tables: list[list[list[str]]]) -> list[list[list[str]]]:
    return [[row[:-1] if table[0][-1] == "Trace" else row for row in table] for table in tables]


def test_both_renderings_hold_the_same_tables(report: Rendered) -> None:
    assert _without_traces(_tables(read_markdown(report.markdown))) == _without_traces(_tables(read(report.html)))


def test_every_measure_can_be_found_by_its_id(report: Rendered) -> None:
    words = "".join(read_markdown(report.markdown).text)
    assert [m.id for m in report.audit.measures if legible(m.id).replace("\n", " ") not in words] == []


def test_every_measure_id_stands_literally_in_the_source(classification: Rendered) -> None:
    assert [m.id for m in classification.audit.measures if f"`{m.id}`" not in classification.markdown] == []


def test_nothing_that_a_string_says_becomes_an_element(hostile: Rendered) -> None:
    assert "<script" not in hostile.markdown
    tags = {tag for tag, _attributes in read_markdown(hostile.markdown).elements}
    assert tags == {
        "h1", "h2", "h3", "p", "ul", "li", "strong", "em", "table", "thead", "tbody", "tr", "th", "td", "code", "details", "summary",
    }  # fmt: skip


def test_both_renderings_have_the_same_headings(classification: Rendered) -> None:
    headings = re.findall(r"^## (.*)$", classification.markdown, re.MULTILINE)
    assert headings == re.findall(r"<h2[^>]*>(.*?)</h2>", classification.html)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label_rate of *all*", r"label_rate of \*all\*"),
        ("_quiet_", r"\_quiet\_"),
        ("a | b", r"a \| b"),
        ("<b> & c", "&lt;b&gt; &amp; c"),
        ("one\ntwo", "one two"),
        ("1. first", r"1\. first"),
        ("# no heading", r"\# no heading"),
        ("- no list", r"\- no list"),
        ("1.5 to 2", "1.5 to 2"),
    ],
)
def test_text_is_shown_and_never_obeyed(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize("name", ["tuned.accuracy", "a|b`c", "<script>", "a&b", "ä.ö"])
def test_an_id_comes_out_as_it_went_in(name: str) -> None:
    page = read_markdown(f"| x |\n| --- |\n| {code(name)} |\n")
    assert page.tables[0][1][0].strip() == name
