"""Who is in the data, who was removed by which step, and what augmentation did: each number a second way, from masks."""

import polars as pl
import pytest

from audit.__main__ import read_audit
from audit.results import Measure
from audit.run import evidence_of


@pytest.fixture(scope="module")
def measures(audited) -> dict[str, Measure]:
    return {measure.id: measure for measure in read_audit(audited).measures}


@pytest.fixture(scope="module")
def tables(audited) -> dict[str, pl.DataFrame]:
    return dict(evidence_of(audited)[2].tables)


def woman(column: str = "group_gender") -> pl.Expr:
    return pl.col(column).list.contains("woman")


def test_shares_as_read_and_by_side(measures, tables):
    curation = tables["curation"]
    assert measures["share.gender.woman"].numerator == curation.filter(woman()).height
    assert measures["share.gender.woman"].n == measures["rows.read"].n == 240
    assert measures["share.gender.unknown"].numerator == 14
    train = tables["rows"].filter(side="train")
    assert measures["share.train.gender.woman"].value == pytest.approx(train.filter(woman()).height / train.height)
    assert measures["rows.train"].value == train.height


def test_label_rates_as_read_before_and_after_train_steps(measures, tables):
    read, learned = tables["curation"].filter(woman()), tables["rows"].filter(woman(), side="train")
    before = read.filter("entered_train_steps")
    assert measures["label_rate.read.gender.woman"].value == pytest.approx(read["label_positive"].mean())
    assert measures["label_rate.split.gender.woman"].value == pytest.approx(before["label_positive"].mean())
    assert measures["label_rate.gender.woman"].value == pytest.approx(learned["label_positive"].mean())
    assert measures["label_rate.gender.woman"].label == "1"
    men = tables["rows"].filter(pl.col("group_gender").list.contains("man"), side="train")
    gap = abs(learned["label_positive"].mean() - men["label_positive"].mean())
    assert measures["label_rate.gender.difference"].value == pytest.approx(gap)


def test_drop_rates_among_rows_that_reached_the_step(measures, tables):
    curation = tables["curation"]
    women, men = curation.filter(woman()), curation.filter(pl.col("group_gender").list.contains("man"))
    rate = measures["drop_rate.length.gender.woman"]
    assert (rate.numerator, rate.n) == (int(women["dropped_length"].sum()), women.height)
    ratio = measures["drop_rate.length.gender.woman.ratio"]
    assert ratio.value == pytest.approx(women["dropped_length"].mean() / men["dropped_length"].mean())
    assert ratio.interval.method == "Katz log"
    assert measures["drop_rate.length"].value == pytest.approx(20 / 240)
    assert measures["drop_rate.all_steps.gender.woman"].value == rate.value
    assert measures["drop_rate.all_steps.gender.woman"].step is None
    tested = measures["drop_rate.length.gender.woman.difference"]
    assert tested.p_adjusted >= tested.p_value
    assert "Holm over the groups of the drop rates of every step" in tested.test


def test_steps_that_dropped_nobody_and_that_no_gate_names_are_left_out(measures):
    assert not [
        name for name in measures if name.startswith(("drop_rate.mask_pii", "drop_rate.sample", "drop_rate.split"))
    ]


def test_rewrites_by_group(measures, tables):
    reached = tables["curation"].filter(woman() & pl.col("reached_mask_pii"))
    rate = measures["changed_rate.mask_pii.gender.woman"]
    assert (rate.numerator, rate.n) == (int(reached["changed_mask_pii"].sum()), reached.height)
    assert "changed_rate.length" not in measures


def test_mentions_before_after_and_their_change(measures, tables):
    mentions = tables["mentions"]
    before, after = mentions.filter(woman("before_mentioned")).height, mentions.filter(woman("after_mentioned")).height
    assert (
        measures["mention_before.sample.mentioned.woman"].numerator,
        measures["mention_after.sample.mentioned.woman"].numerator,
    ) == (before, after)
    change = measures["mention_change.sample.mentioned.woman"]
    assert change.value == pytest.approx((after - before) / 30)
    assert change.interval.method == "Newcombe, paired"
    assert change.interval.high < 0
    assert measures["mention_change.sample.mentioned.woman.ratio"].value == pytest.approx(after / before)
    gap = measures["mention_change.sample.mentioned.difference"]
    assert gap.value == pytest.approx(measures["mention_change.sample.mentioned.man"].value - change.value)
    assert gap.note == "highest man, lowest woman"
    assert measures["mention_change.all_steps.pronouns.she"].value == pytest.approx(change.value)
    he = mentions.filter(pl.col("after_pronouns").list.contains("he")).height
    assert measures["mention_after.sample.pronouns.he"].numerator == he


def test_added_and_refused(measures):
    assert (measures["added_rows.sample"].value, measures["added_rows.sample"].n) == (30.0, 30)
    refused = measures["refused.sample.too_similar"]
    assert (refused.value, refused.n) == (4.0, 34)


def test_label_rates_of_what_is_learned_from_say_that_copies_count(measures, tables):
    made = tables["rows"].filter("made", side="train").height
    assert made
    said = f"{made} of the rows to learn from are copies that the run made: they count as rows of their own"
    assert said in measures["label_rate.gender.woman"].note
    assert said in measures["label_rate.gender.difference"].note
    assert "copies" not in measures["label_rate.read.gender.woman"].note
