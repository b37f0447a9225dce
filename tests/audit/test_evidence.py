"""The evidence: what each table says of each row of the small run."""

import polars as pl
import pytest

from audit.evidence import Evidence
from audit.results import Selection
from audit.run import evidence_of
from audit.selecting import select


@pytest.fixture(scope="module")
def evidence(audited) -> Evidence:
    return evidence_of(audited)[2]


def line(table: pl.DataFrame, name: str) -> dict:
    return table.filter(row_name=name).to_dicts()[0]


def test_curation_tells_a_dropped_row(evidence):
    row = line(evidence.tables["curation"], "notes/12")
    assert (row["reached_length"], row["dropped_length"], row["reached_mask_pii"]) == (True, True, False)
    assert (row["dropped_all_steps"], row["side"], row["entered_train_steps"], row["reached_sample"]) == (
        True,
        None,
        False,
        False,
    )


def test_curation_tells_a_changed_row_and_a_side(evidence):
    curation = evidence.tables["curation"]
    assert line(curation, "notes/182")["changed_mask_pii"]
    assert not line(curation, "notes/181")["changed_mask_pii"]
    assert (line(curation, "notes/1")["side"], line(curation, "notes/1")["reached_sample"]) == ("test", False)
    assert (line(curation, "notes/3")["side"], line(curation, "notes/3")["reached_sample"]) == ("train", True)
    assert len(curation) == 240


def test_rest_is_an_equality_and_unknown_is_in_nobodys_rest(evidence):
    curation = evidence.tables["curation"]
    outside = select(curation, {"not_group_gender": "man"})["row_name"]
    assert line(curation, "notes/1")["group_gender"] == ["woman"]
    assert line(curation, "notes/17")["group_gender"] == ["unknown"]
    assert "notes/1" in outside
    assert "notes/17" not in outside
    picked = evidence.select(Selection(table="curation", equals={"not_group_gender": "woman", "dropped_length": True}))
    expected = curation.filter(
        pl.col("group_gender").list.contains("man") & (pl.col("row_name").str.extract(r"(\d+)").cast(int) % 12 == 0)
    )
    assert picked["row_name"].to_list() == expected["row_name"].to_list()


def test_rows_tell_what_was_made(evidence):
    rows = evidence.tables["rows"]
    made = select(rows, {"made": True})
    assert set(made["made_by"]) == {"sample"}
    assert set(made["side"]) == {"train"}
    assert line(rows, "notes/3+1")["made_by"] == "sample"
    assert evidence.learned_from == Selection(table="rows", equals={"side": "train"})


def test_mentions_before_and_after(evidence):
    mentions = evidence.tables["mentions"]
    assert len(mentions) == 30
    turned = mentions.filter(
        pl.col("before_mentioned").list.contains("woman") & pl.col("after_mentioned").list.contains("man")
    )
    assert len(turned) > 3
    assert turned["before_pronouns"].explode().unique().to_list() == ["she"]
    assert turned["after_pronouns"].explode().unique().to_list() == ["he"]


def test_attempts_hold_added_and_refused(evidence):
    assert evidence.tables["attempts"]["event"].value_counts().sort("event").rows() == [("added", 30), ("refused", 4)]


def test_predictions_stand_beside_the_truth(evidence):
    table = evidence.tables["predictions"]
    assert len(table) == 55
    assert not [column for column in table.columns if "score_" in column]
    right = table.filter(pl.col("base_answer") == pl.col("label"))
    assert right["base_correct"].all()
    assert set(table["change"]) == {"better", "worse", "same"}
    # softmax of -0.5 and -2.0
    assert table["base_confidence"].to_list() == pytest.approx([0.8175744761936437] * 55)
    assert set(table["base_bin"]) == {8}
    wrong = table.filter(~pl.col("base_correct"))
    assert wrong["base_brier"].to_list() == pytest.approx([0.8175744761936437**2] * len(wrong))
    assert int(table["base_wrote"].sum()) == 8
