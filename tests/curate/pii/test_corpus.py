"""Every kind of personal data on the hand-written corpus: what is found, what is missed, what is wrongly found, to the character."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from personal_data import MARKED, PATTERNED, corpus, expected, plain, scores

from curate.pii.kinds import kinds_of
from curate.pii.mask import Marker, mask, masked

LINES = list(corpus())
PIECES = [plain(line) for _region, line in LINES] + [
    "[EMAIL]",
    "[PHONE:12345678]",
    "1",
    "-",
    "@",
    ":",
    "00",
    "a@b.io",
    " ",
]


@pytest.mark.parametrize("region", sorted({region for region, _line in LINES}, key=str))
def test_what_is_found_is_what_is_marked(region):
    kinds = kinds_of(PATTERNED, region=region)
    lines = [line for of, line in LINES if of == region]
    found = [mask(plain(line), kinds, Marker())[0] for line in lines]
    assert found == [expected(line) for line in lines]


def test_the_corpus_has_hard_cases_of_every_kind():
    frame = scores()
    assert sorted(frame["kind"]) == sorted(PATTERNED)
    assert all(frame["found"] >= 4)
    assert all(frame["missed"] >= 2)
    assert frame.filter(pl.col("wrong") == 0)["kind"].to_list() == ["iban"]


@pytest.mark.parametrize("word", PATTERNED)
def test_alone_a_kind_finds_at_least_what_is_marked(word):
    for region, line in LINES:
        wanted = sum(1 for match in MARKED.finditer(line) if match[1] == word and match[2] != "?")
        assert mask(plain(line), kinds_of((word,), region=region), Marker())[1][word] >= wanted


@pytest.mark.parametrize("region", [None, "US"])
def test_the_pretest_lets_every_text_with_a_finding_through(region):
    kinds = kinds_of(PATTERNED, region=region)
    texts = pl.Series("text", [plain(line) for _region, line in LINES])
    for kind in kinds:
        passes = texts.str.contains(kind.pretest).to_list()
        missed = [text for text, on in zip(texts, passes, strict=True) if not on and kind.find(text)]
        assert missed == []


texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)


@pytest.mark.parametrize("salt", [None, b"a salt for a test"])
@settings(max_examples=60, deadline=None)
@given(text=texts, region=st.sampled_from([None, "US", "DE"]))
def test_masking_twice_changes_nothing(salt, text, region):
    kinds = kinds_of(PATTERNED, region=region)
    once, counts = mask(text, kinds, Marker(salt))
    assert mask(once, kinds, Marker(salt)) == (once, {})
    frame = pl.DataFrame({"text": [text]}).select(masked(pl.col("text"), kinds, Marker(salt)).alias("said"))
    assert frame["said"].struct.field("text").item() == once
    assert frame["said"].struct.field("findings").item() == counts.total()


@settings(max_examples=60, deadline=None)
@given(text=texts)
def test_a_mask_covers_a_hash(text):
    """Hashing and masking find the same."""
    kinds = kinds_of(PATTERNED)
    hashed, counts = mask(text, kinds, Marker(b"salt"))
    assert mask(text, kinds, Marker())[1] == counts
    assert hashed.count(":") >= counts.total()
