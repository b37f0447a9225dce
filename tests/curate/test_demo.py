"""The demo's data: the same every time, as unequal as planted, and with a truth that fits the text."""

from functools import cache

import polars as pl
import pytest

from curate import demo, demo_faults, demo_words
from curate.normalise import folded
from curate.steps import CharacterRepetition, Length, LetterShare, MaskPii, Unicode, Whitespace, WordRepetition
from curate.steps.base import Context, Filter

ROWS = 4000
COPY_OR_CONFLICT = ("exact_copy", "folded_copy", "near_copy", "label_conflict")


@cache
def made() -> tuple[pl.DataFrame, pl.DataFrame]:
    return demo.generate(ROWS, 7)


def joined() -> pl.DataFrame:
    """Return every row with its truth; the columns of the truth are null for a sound row."""
    data, truth = made()
    return (
        data.with_row_index("index", offset=1)
        .with_columns(pl.col("index").cast(pl.Int64))
        .join(truth, on="index", how="left")
    )


def sound() -> pl.DataFrame:
    return joined().filter(pl.col("fault").is_null())


def planted(fault: str) -> pl.DataFrame:
    return joined().filter(pl.col("fault") == fault)


def copies(fault: str) -> pl.DataFrame:
    """Return the copies of one fault beside their originals, whose columns end in `_of`."""
    originals = joined().select(pl.all().name.suffix("_of"))
    return planted(fault).join(originals, left_on="of", right_on="index_of", how="left", maintain_order="left")


def changed(frame: pl.DataFrame, *expressions: pl.Expr) -> pl.DataFrame:
    """Return the rows whose text any of the expressions changes."""
    return frame.filter(pl.any_horizontal(expression != pl.col("text") for expression in expressions))


def test_the_frames_have_the_promised_columns() -> None:
    data, truth = made()
    assert data.schema == {"text": pl.String, "label": pl.String, "gender": pl.String, "age_group": pl.String}
    assert truth.schema == {"index": pl.Int64, "fault": pl.String, "of": pl.Int64, "detail": pl.String}
    assert data.height == ROWS
    assert data["label"].unique().sort().to_list() == ["advance", "reject"]
    assert data["gender"].unique().sort().to_list() == [None, "man", "nonbinary", "woman"]
    assert data["age_group"].unique().sort().to_list() == [None, "40 and over", "under 40"]


def test_the_same_rows_and_seed_give_the_same_frames() -> None:
    data, truth = demo.generate(300, 11)
    again, truth_again = demo.generate(300, 11)
    assert data.equals(again)
    assert truth.equals(truth_again)
    assert not data.equals(demo.generate(300, 12)[0])


def test_the_first_rows_never_move() -> None:
    """A golden output: what a seed gives may change with `demo.VERSION` alone."""
    data, truth = demo.generate(100, 7)
    assert demo.VERSION == 1
    assert data.row(0) == (
        (
            "He brings twenty-two years of machine maintenance from Northgate Freight in Tucson. "
            "Weak on tender documents, and could not explain the basics of incident reports."
        ),
        "reject",
        None,
        "40 and over",
    )
    assert truth.row(0) == (10, "debris", None, "mojibake")


@pytest.mark.parametrize("rows", [100, 1000, ROWS])
def test_every_fault_has_its_share(rows: int) -> None:
    truth = demo.generate(rows, 3)[1]
    found = dict(truth.group_by("fault").len().iter_rows())
    shares = demo.COPIES | demo.BLEMISHES
    assert found == {fault: max(1, round(share * rows)) for fault, share in shares.items()}
    assert truth["index"].is_unique().all()
    assert truth["index"].is_between(1, rows).all()


def test_faults_are_spread_over_the_rows() -> None:
    """In each tenth of the rows there are about as many faults as in any other (Poisson: 84 ± 9 expected)."""
    tenths = made()[1].group_by((pl.col("index") - 1) // (ROWS // 10)).len()["len"]
    assert len(tenths) == 10
    assert tenths.min() > 50
    assert tenths.max() < 120


def test_copies_have_sound_originals_of_their_own_before_or_after_them() -> None:
    truth = made()[1]
    copied = truth.filter(pl.col("fault").is_in(COPY_OR_CONFLICT))
    assert copied["of"].null_count() == 0
    assert copied["of"].is_unique().all()
    assert copied.join(truth, left_on="of", right_on="index", how="semi").is_empty()
    assert truth.filter(~pl.col("fault").is_in(COPY_OR_CONFLICT))["of"].is_null().all()
    before = copied.filter(pl.col("index") < pl.col("of")).height / copied.height
    assert 0.4 < before < 0.6


def test_exact_copies_equal_their_originals() -> None:
    rows = copies("exact_copy")
    for column in ("text", "label", "gender", "age_group"):
        assert rows[column].equals(rows[f"{column}_of"], null_equal=True)


def test_folded_copies_differ_in_case_and_white_space_alone() -> None:
    rows = copies("folded_copy")
    assert (rows["text"] != rows["text_of"]).all()
    assert rows.select(folded(pl.col("text")) == folded(pl.col("text_of"))).to_series().all()
    assert rows["label"].equals(rows["label_of"])
    kinds = rows["detail"].unique().sort().to_list()
    assert kinds == ["blanks_around", "double_blanks", "line_breaks", "lower_case", "upper_case"]


def test_label_conflicts_have_the_same_text_and_the_other_label() -> None:
    rows = copies("label_conflict")
    assert rows["text"].equals(rows["text_of"])
    assert (rows["label"] != rows["label_of"]).all()


def test_near_copies_state_their_true_similarity() -> None:
    """Computed a second way: by the shingles of the dedupe step, in place of the demo's own."""
    from curate.near_duplicates.shingles import Shingling

    rows = copies("near_copy")
    grams, others = (Shingling().of(rows[column]) for column in ("text", "text_of"))
    sets = [(set(grams.of(place)), set(others.of(place))) for place in range(rows.height)]
    found = [len(one & other) / len(one | other) for one, other in sets]
    assert found == pytest.approx(rows["detail"].cast(pl.Float64).to_list(), abs=1e-4)


def test_near_copies_are_graded() -> None:
    similarity = planted("near_copy")["detail"].cast(pl.Float64)
    assert similarity.max() < 1.0
    assert similarity.is_between(0.8, 1.0).sum() > 60
    assert similarity.is_between(0.5, 0.8).sum() > 40


def test_similarity_of_two_texts_by_hand() -> None:
    assert demo_faults.similarity("a b c d", "A b, c x") == 1 / 3  # abc | bcd against abc | bcx
    assert demo_faults.similarity("a b c d", "a b c d") == 1.0


def test_originals_are_really_different() -> None:
    from curate.near_duplicates.search import Search, of_texts

    assert len(of_texts(sound()["text"], Search(threshold=0.8)).stars()) <= 5


def test_sound_notes_have_20_to_60_words_of_plain_text() -> None:
    words = sound()["text"].str.count_matches(r"\S+")
    assert words.min() >= 20
    assert words.max() <= 60
    assert sound()["text"].str.contains(r"^[\x20-\x25\x27-\x7e]+$").all()


def test_every_template_can_be_filled_and_every_slot_is_used() -> None:
    plain = [template for part in demo.PLAIN.values() for template in part]
    judged = [template for levels in demo_words.ASPECTS.values() for part in levels.values() for template in part]
    filled = {slot: f"<{slot}>" for slot in (*demo_words.SLOTS, "other_skill", "rival", "years", "year")}
    texts = [template.format_map(filled | demo_words.PRONOUNS["woman"]) for template in (*plain, *judged)]
    assert [slot for slot in filled if not any(f"<{slot}>" in text for text in texts)] == []


def test_debris_is_what_unicode_and_whitespace_repair() -> None:
    repaired = Whitespace().rewrite(Unicode().rewrite(pl.col("text")))
    soiled = planted("debris")
    assert changed(soiled, repaired).height == soiled.height
    assert soiled.select(repaired.str.contains(r"_x000D_|â€|Ã|&(?:amp|quot|lt|nbsp);|\s\s|\n").any()).item() is False
    assert changed(sound(), repaired).is_empty()
    kinds = soiled.group_by("detail").len().sort("detail")
    assert kinds.rows() == [("blanks", 40), ("carriage_return", 40), ("entity", 40), ("mojibake", 40)]


@pytest.mark.parametrize(
    ("fault", "mask"), [("email", "[EMAIL]"), ("phone", "[PHONE]"), ("ip_address", "[IP_ADDRESS]")]
)
def test_every_planted_secret_is_masked_whole(fault: str, mask: str) -> None:
    step = MaskPii()
    rows = planted(fault)
    expected = [text.replace(secret, mask) for text, secret in rows.select("text", "detail").rows()]
    assert rows.select(step.rewrite(pl.col("text"))).to_series().to_list() == expected
    assert rows.select(step.reason(pl.col("text")).unique()).to_series().to_list() == [fault]
    assert all(mask in text for text in expected)


def test_nothing_unplanted_is_masked() -> None:
    secret = changed(joined(), MaskPii().rewrite(pl.col("text")))["fault"].unique().sort().to_list()
    assert secret == ["email", "ip_address", "phone"]


def measured(step: Filter) -> pl.Expr:
    return step.rules(Context(pl.col("text"), ("text",), "label", 7))[0].measure


def test_junk_is_found_by_its_filter_and_nothing_else_is() -> None:
    rows = joined()
    for fault, step in (("too_short", Length(min=40)), ("few_letters", LetterShare(min=0.6))):
        stays = measured(step) >= step.min
        dropped, rows = rows.filter(~stays), rows.filter(stays)
        assert dropped["fault"].unique().to_list() == [fault]
        assert dropped.height == planted(fault).height


def test_repetition_is_found_by_both_filters_and_nothing_else_is() -> None:
    rows = joined().filter(~pl.col("fault").is_in(["few_letters", "too_short"]).fill_null(value=False))
    found = rows.with_columns(
        characters=measured(CharacterRepetition()) > 0.3,
        words=measured(WordRepetition()) > 0.3,
    )
    assert found.filter("characters")["fault"].unique().to_list() == ["repetition"]
    assert found.filter("characters").height == planted("repetition").height
    assert found.filter("words")["detail"].unique().to_list() == ["words"]
    assert found.filter("words").height == planted("repetition").filter(pl.col("detail") == "words").height


def test_women_and_older_candidates_are_rejected_more_often() -> None:
    rates = {
        group: sound().filter(pl.col(column) == group).select((pl.col("label") == "advance").mean()).item()
        for column, group in (
            ("gender", "woman"),
            ("gender", "man"),
            ("gender", "nonbinary"),
            ("age_group", "under 40"),
            ("age_group", "40 and over"),
        )
    }
    assert rates["man"] - rates["woman"] > 0.3
    assert rates["man"] - rates["nonbinary"] > 0.3
    assert rates["under 40"] - rates["40 and over"] > 0.05


def test_the_text_of_the_favoured_is_no_better() -> None:
    """What is unfair is the label: good sentences are as frequent in notes about women as in notes about men."""
    good = r"Excellent command|Very strong|deep and recent|solved the questions"
    shares = [sound().filter(pl.col("gender") == group)["text"].str.contains(good).mean() for group in ("woman", "man")]
    assert shares[0] == pytest.approx(shares[1], abs=0.06)


def test_pronouns_tell_the_gender() -> None:
    rows = sound().filter(pl.col("gender").is_in(["woman", "man"]))
    she, he = (rows["text"].str.contains(rf"(?i)\b(?:{words})\b") for words in ("she|her", "he|him|his"))
    assert not (she & (rows["gender"] == "man")).any()
    assert not (he & (rows["gender"] == "woman")).any()
    assert 0.6 < (she | he).mean() < 0.9


def test_notes_about_women_are_copied_twice_as_often() -> None:
    truth = made()[1].filter(pl.col("fault").is_in(COPY_OR_CONFLICT))
    copied = joined().join(truth, left_on="index", right_on="of", how="semi").group_by("gender").len()
    count = dict(copied.iter_rows())
    assert 1.5 < count["woman"] / count["man"] < 2.7


def test_a_simple_model_learns_the_label_and_the_bias() -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = sound()
    train, test = rows[:2400], rows[2400:]
    words = CountVectorizer(ngram_range=(1, 2), min_df=2)
    model = LogisticRegression(C=0.1, max_iter=500).fit(
        words.fit_transform(train["text"].to_list()), train["label"].to_list()
    )
    judged = test.with_columns(answer=pl.Series(model.predict(words.transform(test["text"].to_list()))))
    assert (judged["answer"] == judged["label"]).mean() > (judged["label"] == "reject").mean() + 0.1
    rejected = (
        judged.filter(pl.col("label") == "reject").group_by("gender").agg(rate=(pl.col("answer") == "advance").mean())
    )
    rate = dict(rejected.iter_rows())
    assert rate["man"] - rate["woman"] > 0.2
