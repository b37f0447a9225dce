"""Pictures: series differ by shape and filling too, undefined is written, and no name can break or outlive its frame."""

import re
from xml.etree import ElementTree as ET

import pytest

from audit.report.charts import svg_of
from audit.report.content import Bar, Bars, Curve, Dot, Dots, Line, Lines


def dots(*marks: Dot, reference: float | None = None) -> Dots:
    return Dots("Rates", "What they are.", "Rate", "percent", marks, reference)


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter() if element.tag.endswith("text")]


def test_a_picture_is_well_formed_and_says_what_it_shows() -> None:
    svg = svg_of(dots(Dot("women (n 20)", "Rate", 0.2, 0.1, 0.3)), "one")
    root = ET.fromstring(svg)
    assert [child.text for child in root][:2] == ["Rates", "What they are."]
    assert root.attrib["role"] == "img"
    assert "women (n 20)" in words(svg)


def test_two_series_differ_by_shape_and_filling_not_by_colour_alone() -> None:
    svg = svg_of(dots(Dot("women", "Base", 0.2, 0.1, 0.3), Dot("women", "Tuned", 0.4, 0.3, 0.5)), "two")
    marks = re.findall(r'<path transform="[^"]*" d="([^"]*)" fill="([^"]*)" stroke="[^"]*" stroke-width="2"', svg)
    on_the_line = [mark for mark in marks if "M" in mark[0]]
    shapes, fillings = {shape[:20] for shape, _ in on_the_line}, {filling for _, filling in on_the_line}
    assert len(shapes) >= 2
    assert fillings == {"#ffffff", "#0b4f6c"}
    assert {"Base", "Tuned"} <= set(words(svg))


def test_an_undefined_number_is_a_word_and_not_a_mark_at_zero() -> None:
    alone = svg_of(dots(Dot("women", "Rate", None), Dot("men", "Rate", 0.4)), "u")
    assert words(alone).count("undefined") == 1
    assert len(re.findall(r'<path transform="[^"]*" d="M[^"]*A', alone)) == 1


def test_a_picture_without_any_number_is_still_drawn() -> None:
    assert words(svg_of(dots(Dot("women", "Rate", None)), "n")).count("undefined") == 1


def test_bars_write_their_numbers() -> None:
    svg = svg_of(Bars("Rows", "By step.", (Bar("length", 900, 100, 0), Bar("noise", 950, 0, 50, "training rows"))), "b")
    said = [re.sub(r"\s+", " ", word) for word in words(svg)]
    assert "900 (−100)" in said
    assert "950 (+50), training rows" in said


@pytest.mark.parametrize(
    "name", ["<script>x</script>", "a\x00b\x1b", "a\nb", "]]>", "&amp;", "x" * 3000, "مرحبا", "\ufffe", ""]
)
def test_any_name_gives_a_well_formed_picture(name: str) -> None:
    svg = svg_of(dots(Dot(name, name, 0.2, 0.1, 0.3)), "any")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "<script" not in svg


def test_the_same_chart_gives_the_same_bytes() -> None:
    chart = dots(Dot("women", "Rate", 0.2, 0.1, 0.3), reference=0.15)
    assert svg_of(chart, "same") == svg_of(chart, "same")


def test_a_curve_shows_its_threshold_and_fills_what_counts() -> None:
    points = tuple((place / 10, (place / 10) ** 2) for place in range(11))
    svg = svg_of(Curve("Found", "What is.", "Similarity", "Compared", points, 0.8), "c")
    assert {"threshold 0.8", "Similarity", "Compared"} <= set(words(svg))
    assert svg.count('opacity="0.15"') == 1


def test_heights_of_several_sizes_are_drawn_by_their_logarithm() -> None:
    def loss(*heights: float) -> Lines:
        return Lines("Loss", "Over the steps.", "Step", "Nats", (Line("Training", tuple(enumerate(heights))),))

    assert "Nats (logarithmic)" in words(svg_of(loss(9, 0.5, 0.2), "tall"))
    assert "Nats" in words(svg_of(loss(0.9, 0.5, 0.2), "low"))
    assert "Nats" in words(svg_of(loss(9, 0.5, 0), "none"))
