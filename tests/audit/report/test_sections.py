"""What the sections say: their order, the account, who was removed, what is folded away, and that nothing vanishes."""

import pytest
import sample_audits

from audit.report.content import Card, Cards, Dots, Fold, Prose, Section, Table, shown_ids
from audit.report.sections import (
    account,
    closing,
    curation,
    groups,
    mentions,
    models,
    outcomes,
    representation,
    sections_of,
)
from audit.results import Audit, Interval, Measure, StepAccount, Verdict


def audit(**fields: object) -> Audit:
    return sample_audits.bare().model_copy(update=fields)


def tables(section: Section | None) -> list[Table]:
    assert section is not None
    return [block for block in section.blocks if isinstance(block, Table)]


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def rate(name: str, value: float, n: int, **fields: object) -> Measure:
    return Measure.model_validate(
        {"id": name, "title": name, "value": value, "n": n, "numerator": round(value * n), **fields}
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "classification",
            [
                "verdicts",
                "account",
                "curation",
                "mentions",
                "representation",
                "models",
                "groups",
                "further",
                "cautions",
                "definitions",
                "provenance",
            ],
        ),
        ("given", ["verdicts", "account", "models", "groups", "cautions", "definitions", "provenance"]),
        ("instruction", ["verdicts", "account", "models", "cautions", "definitions", "provenance"]),
        ("bare", ["verdicts", "account", "cautions", "definitions", "provenance"]),
    ],
)
def test_sections_stand_in_the_order_of_a_reader_with_ten_minutes(name: str, expected: list[str]) -> None:
    assert [section.anchor for section in sections_of(getattr(sample_audits, name)())] == expected


@pytest.mark.parametrize("name", ["classification", "given", "instruction", "bare"])
def test_every_measure_is_shown(name: str) -> None:
    whole = getattr(sample_audits, name)()
    shown = {measure for section in sections_of(whole) for measure in shown_ids(section.blocks)}
    assert shown == {measure.id for measure in whole.measures}


def test_a_measure_of_a_kind_that_nobody_knows_lands_in_the_plain_table() -> None:
    odd = Measure(id="odd.one", title="Something new", metric="something_new", value=0.25, n=8, note="seen once")
    further = next(section for section in sections_of(audit(measures=(odd,))) if section.anchor == "further")
    (table,) = tables(further)
    assert cells(table) == [["Something new", "0.250"]]
    assert table.rows[0].ids == ("odd.one",)
    assert table.notes == ("Seen once.",)


def test_the_account_says_what_became_of_the_rows() -> None:
    assert account.lead(sample_audits.classification()) == (
        "6,514 rows came in; 908 were dropped and 4 were quarantined; 939 rows were added. 6,541 remain. "
        "Every line adds up: in = out + dropped + quarantined − added."
    )


def test_an_account_that_does_not_add_up_says_so() -> None:
    step = sample_audits.STEPS[3].model_copy(update={"rows_out": 6099})
    assert not account.balanced(step)
    assert account.lead(audit(steps=(step,))).endswith(
        "The account does not add up at length: do not rely on this run."
    )


def test_noted_rows_have_a_column_where_there_are_some() -> None:
    steps = tuple(
        StepAccount(
            step=name, rows_in=5, rows_out=5, dropped=0, quarantined=0, added=0, changed=0, noted=noted, reasons=why
        )
        for name, noted, why in (("read", 0, {}), ("decontaminate", 2, {"contaminated": 2}))
    )
    assert "Noted" not in [column.heading for column in account.steps_table(audit(steps=steps[:1])).columns]
    table = account.steps_table(audit(steps=steps))
    assert [column.heading for column in table.columns][-2:] == ["Noted", "Reasons"]
    assert [row.cells[-2].text for row in table.rows] == ["–", "2"]
    assert table.rows[1].cells[-1].details == ("2 contaminated",)
    assert "A noted row is named in the ledger and stays." in table.notes


def test_steps_that_see_training_rows_alone_are_called_so() -> None:
    table = account.steps_table(sample_audits.classification())
    assert (
        table.notes[1]
        == "From back_translate on, steps look at training rows only: fewer come in than went out before."
    )


def test_crossings_of_the_split_are_not_a_side() -> None:
    split = audit(split={"train": 8, "test": 2, "crossings": 0})
    section = account.section(split)
    assert cells(tables(section)[1]) == [["train", "8", "80.0\u00a0%"], ["test", "2", "20.0\u00a0%"]]
    assert Prose("No near-duplicate, copy or key stands on two sides of the split.") in section.blocks


def test_rows_that_cross_the_split_are_counted_once_and_then_by_kind() -> None:
    crossings = {
        "rows": {"validation in train": 1, "test in train": 240},
        "same text": {"test in train": 236},
        "near-duplicate": {"validation in train": 1, "test in train": 240},
    }
    section = account.section(audit(split={"train": 800, "test": 500, "crossings": 241}, crossings=crossings))
    (prose,) = (block for block in section.blocks if isinstance(block, Prose))
    assert prose.text == (
        "1 validation row has a counterpart on the train side (near-duplicate: 1). "
        "240 test rows have a counterpart on the train side (same text: 236, near-duplicate: 240). "
        "What a model saw in training can stand in its test."
    )
    table = next(table for table in tables(section) if table.caption == "Crossings of the split, by kind")
    assert [column.heading for column in table.columns] == ["Kind", "test in train", "validation in train"]
    assert cells(table) == [["same text", "236", "–"], ["near-duplicate", "240", "1"]]


def test_a_guard_that_holds_mentions_equal_is_named() -> None:
    whole = sample_audits.classification()
    step, attribute = next((m.step, m.attribute) for m in whole.measures if m.metric == "mention_change" and m.step)
    section = mentions.section(whole.model_copy(update={"guarded": {step: (attribute,)}}))
    said = [block.text for block in section.blocks if isinstance(block, Prose)]
    assert len(said) == 1
    assert said[0].startswith(
        f"Equal by construction: a guard of {step} refused every copy whose mentions, by {attribute},"
    )
    assert not [block for block in mentions.section(whole).blocks if isinstance(block, Prose)]


def test_examples_are_folded_and_name_the_row_that_was_kept() -> None:
    folds = [block for block in account.section(sample_audits.classification()).blocks if isinstance(block, Fold)]
    assert [fold.summary for fold in folds] == ["2 examples: minhash, near duplicate", "1 example: length, too short"]
    table = folds[0].blocks[0]
    assert isinstance(table, Table)
    assert table.rows[0].cells[2].details == ("toxigen/377: “women can be engineers and many of them are”",)


def card(verdict: Verdict, *measures: Measure) -> Card:
    section = outcomes.section(audit(verdicts=(verdict,), measures=measures))
    (cards,) = (block for block in section.blocks if isinstance(block, Cards))
    return cards.cards[0]


def test_a_verdict_says_what_was_asked_what_was_found_and_how_sure() -> None:
    interval = Interval(low=0.05, high=0.3, confidence=0.95, method="Newcombe")
    gap = rate("gap", 0.2, 100, metric="accuracy", compare="difference", interval=interval)
    verdict = Verdict(
        gate="the gap at most 10 points",
        outcome="insufficient evidence",
        sentence="It is 20.0 points.",
        measure="gap",
        limit=0.1,
        direction="max",
        smallest_detectable=0.15,
    )
    assert card(verdict, gap) == Card(
        outcome="insufficient evidence",
        symbol="?",
        tone="open",
        asked="The gap at most 10 points",
        found="It is 20.0 points.",
        sure="95\u00a0% interval: 5.0 to 30.0\u00a0points (Newcombe). "
        "Rows like these would show a gap of 15.0\u00a0points or more four times out of five.",
        ids=("gap",),
    )


def test_a_verdict_on_an_undefined_figure_is_not_good_news() -> None:
    nothing = Measure(
        id="gap", title="gap", metric="accuracy", compare="difference", undefined="only one group is large enough"
    )
    verdict = Verdict(
        gate="g", outcome="insufficient evidence", sentence="s", measure="gap", limit=0.1, direction="max"
    )
    assert card(verdict, nothing).sure == "The figure is undefined: only one group is large enough."


def test_a_verdict_without_its_measure_has_nothing_to_trace() -> None:
    verdict = Verdict(
        gate="g", outcome="insufficient evidence", sentence="s", measure="gone", limit=0.1, direction="max"
    )
    assert card(verdict).ids == ()
    assert card(verdict).sure == "This run measured nothing that could answer it."


def drops(step: str | None, first: float, second: float, p_value: float | None = None) -> list[Measure]:
    found = []
    for group, share, rest in (("men", first, second), ("women", second, first)):
        name, same = (
            f"drop_rate.{step}.g.{group}",
            {"metric": "drop_rate", "step": step, "attribute": "g", "group": group},
        )
        found += [
            rate(name, share, 100, **same),
            rate(f"{name}.rest", rest, 100, **same, compare="rest"),
            Measure.model_validate(
                {
                    "id": f"{name}.difference",
                    "title": name,
                    **same,
                    "compare": "difference",
                    "value": share - rest,
                    "p_adjusted": p_value,
                }
            ),
            Measure.model_validate(
                {
                    "id": f"{name}.ratio",
                    "title": name,
                    **same,
                    "compare": "ratio",
                    "value": share / rest if rest else None,
                }
            ),
        ]
    return found


def test_the_largest_contrasts_put_what_chance_hardly_explains_first() -> None:
    measures = (
        *drops("exact", 0.02, 0.01, 0.9),
        *drops("length", 0.2, 0.1, 0.001),
        *drops("minhash", 0.3, 0.05, 0.002),
    )
    table = curation.largest(audit(measures=measures), 3)
    assert table is not None
    assert [row[:2] for row in cells(table)] == [["minhash", "men"], ["minhash", "women"], ["length", "men"]]
    assert [row[5] for row in cells(table)] == ["6.00", "0.17", "2.00"]


def test_all_steps_stand_open_the_others_are_folded_and_idle_steps_last() -> None:
    measures = (*drops("exact", 0.0, 0.0), *drops("length", 0.2, 0.1, 0.001), *drops(None, 0.2, 0.1, 0.001))
    section = curation.section(audit(measures=measures))
    assert [table.caption for table in tables(section)] == [
        "The largest contrasts",
        "Dropped by all steps together, by g",
    ]
    assert section is not None
    assert [block.summary for block in section.blocks if isinstance(block, Fold)] == [
        "Dropped by length, by g. Highest for men (20.0\u00a0%), lowest for women (10.0\u00a0%).",
        "Nobody was dropped by exact",
    ]


def test_groups_stand_by_rate_with_the_counted_leftovers_last() -> None:
    same = {"metric": "drop_rate", "step": "length", "attribute": "g"}
    shares = (("unknown", 0.9), ("a", 0.1), ("b", 0.4), ("none mentioned", 0.5))
    section = curation.section(
        audit(measures=tuple(rate(group, share, 50, **same, group=group) for group, share in shares))
    )
    assert [row[0] for row in cells(tables(section)[0])] == ["b", "a", "none mentioned", "unknown"]


def test_an_undefined_rate_stands_as_such_in_table_and_picture() -> None:
    same = {"metric": "false_positive_rate", "model": "given", "attribute": "g"}
    nobody = Measure.model_validate(
        {"id": "b", "title": "b", "group": "b", "undefined": "no row is truly negative", **same}
    )
    section = groups.section(audit(models=("given",), measures=(rate("a", 0.5, 40, **same, group="a"), nobody)))
    (table,) = tables(section)
    assert [(row.cells[1].text, row.cells[1].details) for row in table.rows] == [
        ("50.0\u00a0%", ("20 of 40",)),
        ("undefined", ("no row is truly negative",)),
    ]
    assert section is not None
    (picture,) = (block for block in section.blocks if isinstance(block, Dots))
    assert [(dot.line, dot.value) for dot in picture.dots] == [("a (n 40)", 0.5), ("b", None)]


def test_a_gap_stands_beside_its_change() -> None:
    same = {"metric": "accuracy", "attribute": "g", "compare": "difference", "n": 90}
    values = (
        ("base.accuracy.g.difference", "base", 0.2),
        ("tuned.accuracy.g.difference", "tuned", 0.3),
        ("change.accuracy.g.difference", None, 0.1),
    )
    measures = tuple(
        Measure.model_validate({"id": name, "title": name, "model": model, "value": value, **same})
        for name, model, value in values
    )
    (table,) = groups.gap_tables(audit(models=("base", "tuned"), measures=measures), ("difference",))
    assert cells(table) == [["Accuracy", "20.0\u00a0points", "30.0\u00a0points", "+10.0\u00a0points"]]
    assert table.rows[0].ids == tuple(name for name, _model, _value in values)


def test_metrics_that_a_verdict_speaks_of_stand_open() -> None:
    section = groups.section(sample_audits.classification())
    assert section is not None
    pictures = [block.title for block in section.blocks if isinstance(block, Dots)]
    assert pictures[0] == "False positive rate, by target"
    assert len([title for title in pictures if title.endswith("by target")]) == groups.OPEN_METRICS


def test_the_confusion_table_has_the_answers_across() -> None:
    section = models.section(sample_audits.given())
    (table,) = (table for table in tables(section) if table.caption.endswith("true label by answer"))
    assert [column.heading for column in table.columns] == ["True label", "Answered hate", "Answered neutral"]
    assert cells(table) == [["hate", "413", "147"], ["neutral", "147", "413"]]


def test_shares_stand_by_side_and_largest_first() -> None:
    section = representation.section(sample_audits.classification())
    (table,) = (table for table in tables(section) if table.caption == "Shares and labels, by target")
    assert [column.heading for column in table.columns] == [
        "Group", "Share as read", "Share of train rows", "Label “hate”, as read", "Label “hate”, in training rows",
    ]  # fmt: skip
    sizes = [int(row.cells[1].details[0].split()[0]) for row in table.rows[1:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert table.rows[-1].cells[0].text == "unknown"


def test_definitions_cover_what_was_measured_and_no_more() -> None:
    measured = closing.definitions(sample_audits.instruction()).blocks[1]
    assert isinstance(measured, Table)
    assert [row[0] for row in cells(measured)] == ["Loss", "Exact match", "ROUGE-L", "chrF"]
