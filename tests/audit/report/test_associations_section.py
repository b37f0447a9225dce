"""What goes with whom, in the report: what is shown, what is folded away, what is said where nothing stands out."""

import sample_audits

from audit.association import Together, log_odds, log_odds_interval, npmi, npmi_interval
from audit.report.content import Dots, Fold, Heading, Items, Section, Table, shown_ids
from audit.report.html import html_of
from audit.report.markdown import markdown_of
from audit.report.sections import associations, sections_of
from audit.resampling import Draws
from audit.results import Audit, Measure

SIZES = {"x": 300, "y": 200, "few": 9, "none mentioned": 500}
BOTH = {"x": 200, "y": 60, "few": 9, "none mentioned": 240}
N, LABELLED = 1000, 509
DRAWS = Draws(200, 7, "section", 0.95)


def pair(name: str, group: str, label: str, both: int, other: int) -> Measure:
    counts = Together(both, SIZES[group], other, N)
    return Measure(
        id=name, title=name, metric="npmi", attribute="who", group=group, label=label, value=npmi(counts), n=N, numerator=both,
        interval=npmi_interval(counts, DRAWS),
    )  # fmt: skip


def share(name: str, metric: str, count: int, n: int, **fields: object) -> Measure:
    stated = {"attribute": "who", "value": count / n, "n": n, "numerator": count, **fields}
    return Measure.model_validate({"id": name, "title": name, "metric": metric, **stated})


def labels() -> list[Measure]:
    found = [
        share("npmi_label.who.1", "npmi_label", LABELLED, N, label="1"),
        share("npmi_label.who.0", "npmi_label", N - LABELLED, N, label="0"),
    ]
    for group, size in SIZES.items():
        found.append(share(f"npmi_group.who.{group}", "npmi_group", size, N, group=group))
        found.append(pair(f"npmi.who.{group}.0", group, "0", size - BOTH[group], N - LABELLED))
        found.append(pair(f"npmi.who.{group}.1", group, "1", BOTH[group], LABELLED))
    return found


def compared() -> Measure:
    return Measure(
        id="word_rows.who",
        title="Rows",
        metric="word_rows",
        attribute="who",
        value=900.0,
        n=900,
        numerator=900,
        note="pairs tested: 80",
    )


def word(group: str, text: str, inside: int, outside: int) -> list[Measure]:
    odds, name = log_odds(inside, outside, 3000, 6000), f"word.who.{group}.{text}"
    value = float(odds.value)
    ratio = Measure(
        id=name, title=name, metric="log_odds", attribute="who", group=group, value=value, n=900, numerator=inside,
        interval=log_odds_interval(value, float(odds.error), 0.95), p_value=1e-9, p_adjusted=1e-6, test="one-sided test of z",
        hits={"group_who": group, "words": text},
    )  # fmt: skip
    both = Together(inside, SIZES[group], inside + outside, 900)
    mutual = ratio.model_copy(
        update={"id": f"{name}.npmi", "metric": "npmi", "value": npmi(both), "p_adjusted": None, "p_value": None}
    )
    return [
        ratio,
        share(f"{name}.share", "word_share", inside, SIZES[group], group=group, hits={"words": text}),
        share(
            f"{name}.rest", "word_share", outside, 900 - SIZES[group], group=group, compare="rest", hits={"words": text}
        ),
        mutual,
    ]


def audit(*measures: Measure) -> Audit:
    return sample_audits.bare().model_copy(update={"measures": measures, "minimum_group_size": 20})


def section(*measures: Measure) -> Section:
    found = associations.section(audit(*measures))
    assert found is not None
    return found


def test_without_such_measures_there_is_no_section():
    assert associations.section(audit(share("share.who.x", "share", 3, 9, group="x"))) is None


def test_labels_have_a_picture_of_the_label_that_tells_groups_apart_most_and_a_table_of_all():
    found = section(*labels())
    assert [type(block) for block in found.blocks] == [Heading, Dots, Table, Heading, Items]
    picture, table = found.blocks[1:3]
    assert isinstance(picture, Dots)
    assert isinstance(table, Table)
    assert (picture.title, picture.reference) == ("How the label “1” goes with each group, by who", 0.0)
    assert [dot.line for dot in picture.dots] == [
        "x (n 300)",
        "y (n 200)",
        "none mentioned (n 500)",
    ]  # `few` is too few
    assert picture.description.startswith("Highest for x (0.1")
    assert [row.cells[0].text for row in table.rows] == ["share of all rows", "x", "few", "y", "none mentioned"]
    assert table.rows[2].cells[0].details == ("few rows",)
    assert [column.heading for column in table.columns] == ["Group", "Rows of the group", "Label “0”", "Label “1”"]
    assert table.rows[1].cells[1].details[0] == "300 of 1,000"
    assert table.rows[1].cells[3].details[0] == "200 of 1,000"
    assert found.lead.startswith("Which labels go together with which group")
    assert len(found.blocks[-1].items) == 2


def test_words_are_folded_with_z_and_rows_and_every_measure_is_there():
    measures = [*labels(), compared(), *word("x", "kitchen", 60, 10), *word("x", "<b>", 50, 12)]
    found = section(*measures)
    (fold,) = (block for block in found.blocks if isinstance(block, Fold))
    assert fold.summary == "Words that stand out, by who (they may hurt)"
    summary, inner = fold.blocks
    assert isinstance(summary, Table)
    z = float(log_odds(60, 10, 3000, 6000).z)
    assert summary.rows[0].cells[1].text == "900"
    assert summary.rows[1].cells[1].text.startswith(f"kitchen ({z:.2f}), <b> (")
    assert summary.notes == ("No other group has a word that stands out.", "Pairs tested: 80.")
    assert isinstance(inner, Fold)
    (numbers,) = inner.blocks
    assert isinstance(numbers, Table)
    said = [cell.text for cell in numbers.rows[0].cells]
    assert (said[0], said[3], said[4]) == ("kitchen", f"{z:.2f}", "<\u00a00.001")
    assert numbers.rows[0].cells[1].details[0] == "60 of 300"
    assert numbers.rows[0].cells[2].details[0] == "10 of 600"
    assert set(shown_ids(found.blocks)) == {measure.id for measure in measures}
    assert "further" not in [part.anchor for part in sections_of(audit(*measures))]


def test_where_no_word_stands_out_that_is_said():
    found = section(compared())
    (fold,) = (block for block in found.blocks if isinstance(block, Fold))
    (table,) = fold.blocks
    assert isinstance(table, Table)
    assert table.notes[0] == "No word stands out in any group."
    assert found.lead.startswith("Which words go together with which group")
    assert any("term" in item for item in found.blocks[-1].items)


def test_a_label_that_every_row_has_is_undefined_and_draws_no_mark():
    sizes = [share(f"npmi_group.who.{group}", "npmi_group", SIZES[group], N, group=group) for group in ("x", "y")]
    pairs = [
        Measure(id=f"npmi.who.{group}.1", title="", metric="npmi", attribute="who", group=group, label="1", n=N, numerator=9, undefined="every row is one with the label")
        for group in ("x", "y")
    ]  # fmt: skip
    found = section(*sizes, *pairs)
    (table,) = (block for block in found.blocks if isinstance(block, Table))
    assert table.rows[0].cells[2].text == "undefined"
    (picture,) = (block for block in found.blocks if isinstance(block, Dots))
    assert [dot.value for dot in picture.dots] == [None, None]


def test_words_are_text_and_never_markup():
    whole = audit(*labels(), compared(), *word("x", "<b>", 50, 12), *word("y", "*bold*", 50, 12))
    sections = sections_of(whole)
    page, document = html_of(whole, sections), markdown_of(whole, sections)
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "\\*bold\\*" in document
    assert "&lt;b&gt;" in document
