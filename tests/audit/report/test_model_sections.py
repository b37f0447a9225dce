"""What the report shows of written texts, certainty, slices and the commonest label, in a small finished run."""

import pytest
from test_charts import words

from audit.__main__ import read_audit
from audit.report.charts import svg_of
from audit.report.content import Bin, Fold, Reliability, Section, Table
from audit.report.opening import opening
from audit.report.sections import certainty, groups, models, slices
from audit.report.words import number
from audit.results import Audit, Measure
from curate.files import read_parquet


@pytest.fixture(scope="module")
def audit(audited) -> Audit:
    return read_audit(audited)


@pytest.fixture(scope="module")
def by_id(audit) -> dict[str, Measure]:
    return {measure.id: measure for measure in audit.measures}


def table(section: Section | None, caption: str) -> Table:
    assert section is not None
    return next(block for block in section.blocks if isinstance(block, Table) and block.caption.startswith(caption))


def lines(found: Table) -> dict[str, list[str]]:
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in found.rows}


def percent(value: float) -> str:
    return number(value, "percent")


def test_certainty_stands_before_and_after_the_temperature(audit, by_id, audited):
    section = certainty.section(audit)
    shown = table(section, "On the test rows")
    assert [column.heading for column in shown.columns] == [
        "Figure", "Base, as stated", "Base, after", "Tuned, as stated", "Tuned, after", "Change, after",
    ]  # fmt: skip
    temperature = [by_id[f"{model}.temperature"].value for model in ("base", "tuned")]
    assert lines(shown)["Temperature"] == [
        "–", number(temperature[0], "number"), "–", number(temperature[1], "number"), "–",
    ]  # fmt: skip
    after = by_id["tuned.tempered_brier"].value
    assert lines(shown)["Brier score"][3] == number(after, "number")
    assert by_id["base.temperature"].n == read_parquet(audited.data("validation")).height


def test_the_picture_has_a_bin_for_every_measure_and_the_numbers_are_folded(audit, by_id):
    section = certainty.section(audit)
    assert section is not None
    (picture,) = (block for block in section.blocks if isinstance(block, Reliability))
    found = {(each.series, each.start): (each.accuracy, each.n) for each in picture.bins}
    assert found == {
        ("Base" if m.model == "base" else "Tuned", (int(m.id.split(".")[2]) - 1) / 10): (m.value, m.n)
        for m in by_id.values()
        if m.metric == "bin_accuracy"
    }
    assert [block.summary for block in section.blocks if isinstance(block, Fold)] == ["The same in numbers, bin by bin"]


def test_the_picture_of_reliability_writes_the_rows_of_each_bin():
    bins = (Bin("Base", 0.5, 0.55, 0.4, 0.3, 0.5, 1234), Bin("Tuned", 0.9, 0.97, 0.9, 0.8, 0.95, 56))
    svg = svg_of(Reliability("Sure", "How sure.", bins, 0.1), "r")
    assert {"1,234", "56", "n, base", "n, tuned", "Accuracy"} <= set(words(svg))
    alone = svg_of(Reliability("Sure", "How sure.", bins[:1], 0.1), "r")
    assert "n, tuned" not in words(alone)


def section_without_large_slices(audit):
    few = (
        m.model_copy(update={"value": None, "undefined": "none"}) if m.metric == "worst_slice_accuracy" else m
        for m in audit.measures
    )
    return slices.section(audit.model_copy(update={"measures": tuple(few)}))


def test_slices_stand_beside_all_rows_and_the_commonest_label(audit, by_id):
    section = slices.section(audit)
    shown = lines(table(section, "Accuracy in slices"))
    assert next(iter(shown)) == "all test rows"
    assert shown["all test rows"][-1] == percent(by_id["majority_baseline"].value)
    assert shown["long inputs"][1] == percent(by_id["tuned.accuracy.test_slice.long_inputs"].value)
    assert section is not None
    worst = by_id["tuned.worst_slice_accuracy"]
    assert f"{percent(worst.value)} on {worst.n} rows" in section.lead
    assert section.lead.endswith("No test row is in “rare labels”.")
    least = section_without_large_slices(audit)
    assert "No slice has at least 5 rows, so none is called the worst. No test row is in “rare labels”." in least.lead
    assert "test slice" not in str(groups.section(audit))


def test_the_worst_slice_is_named_with_its_rows(audit, by_id):
    name = "tuned.worst_slice_accuracy"
    worst = by_id[name].model_copy(update={"value": 0.4, "n": 30, "note": "worst for the tuned model is long inputs"})
    changed = audit.model_copy(update={"measures": tuple({**by_id, name: worst}.values())})
    section = slices.section(changed)
    assert section is not None
    reached = percent(by_id["tuned.accuracy"].value)
    assert (
        f"The worst slice of the tuned model is “long inputs”: {percent(0.4)} on 30 rows, {reached} on all."
        in section.lead
    )
    assert lines(table(section, "The worst slice of at least 5 rows"))["Accuracy, worst slice"] == [
        percent(by_id["base.worst_slice_accuracy"].value),
        percent(0.4),
    ]


def test_what_was_written_stands_in_a_table_of_its_own(audit, by_id):
    section = models.section(audit)
    shown = lines(table(section, "Texts written"))
    ended = [by_id[f"{name}.ended"].value for name in ("base", "tuned")]
    assert shown["Texts that end by themselves"][:2] == [percent(value) for value in ended]
    assert "Repetition" in shown
    assert "Texts that end by themselves" not in lines(table(section, "All test rows"))


def test_the_commonest_label_stands_by_every_accuracy(audit, by_id):
    baseline, macro = by_id["majority_baseline"], by_id["majority_baseline.macro_f1"]
    shown = lines(table(models.section(audit), "All test rows"))
    assert shown["Always the commonest label"][0] == percent(baseline.value)
    assert shown["Always the commonest label, Macro F1"][0] == percent(macro.value)
    fact = next(fact for fact in opening(audit).facts if fact.name == "Accuracy, tuned")
    assert fact.value == percent(by_id["tuned.accuracy"].value)
    assert fact.detail.endswith(f"always {baseline.label} {percent(baseline.value)}")
    elsewhere = baseline.model_copy(update={"id": "majority_baseline.outside.away", "probe": "away", "value": 0.0})
    assert fact in opening(audit.model_copy(update={"measures": (elsewhere, *audit.measures)})).facts
    found = groups.section(audit)
    assert found is not None
    by_group = next(
        table
        for block in found.blocks
        for table in (block.blocks if isinstance(block, Fold) else (block,))
        if isinstance(table, Table) and table.caption == "Accuracy, by gender"
    )
    assert by_group.columns[-1].heading == "Always the commonest label"
    assert lines(by_group)["woman"][-1] == percent(by_id["majority_baseline.gender.woman"].value)
