"""Counterparts: read from lines with bars, put into texts in the same case; those of our own lists mention their group alone."""

import polars as pl
import pytest

from curate.counterparts import in_pieces, read_counterparts, swapped
from curate.errors import UserError
from curate.groups import LEXICONS, mentions, read_lexicon

NAMES = ("age", "disability", "gender", "orientation", "race", "religion")


def write(tmp_path, text):
    path = tmp_path / "terms.txt"
    path.write_text(text)
    return path


def swap(path, one, other, *texts):
    terms, found = read_lexicon(path)[one], read_counterparts(path)[one, other]
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    told = frame.select(swapped(in_pieces(pl.col("text"), terms), found).alias("told")).unnest("told")
    return told.rows()


def test_terms_at_one_place_of_one_line_stand_for_each_other(tmp_path):
    path = write(
        tmp_path,
        "a: one | two | | two\nb: eins | zwei | drei | vier\na: five\na: six | seven\nb: sechs |\nc: un |\n",
    )
    assert read_counterparts(path) == {
        ("a", "b"): {"one": "eins", "two": "zwei", "six": "sechs"},
        ("b", "a"): {"eins": "one", "zwei": "two", "vier": "two", "sechs": "six"},
        ("a", "c"): {"one": "un"},
        ("c", "a"): {"un": "one"},
        ("b", "c"): {"eins": "un"},
        ("c", "b"): {"un": "eins"},
    }
    assert read_lexicon(path)["a"] == ("one", "two", "five", "six", "seven"), "each term once, places or not"


def test_a_counterpart_that_mentions_the_first_group_too_is_none(tmp_path):
    path = write(tmp_path, "a: woman | women\nb: trans woman | trans people\n")
    assert read_counterparts(path) == {
        ("a", "b"): {"women": "trans people"},
        ("b", "a"): {"trans woman": "woman", "trans people": "women"},
    }


@pytest.mark.parametrize("line", ["a: one* | two", "a: one, two | three"])
def test_what_has_a_place_is_one_whole_term(tmp_path, line):
    with pytest.raises(UserError, match="is not one whole term"):
        read_lexicon(write(tmp_path, f"{line}\nb: x | y\n"))


def test_case_and_plural_follow_the_text():
    path = LEXICONS / "religion.txt"
    texts = ("MUSLIMS and a Muslim's mosque", "muslims, Muslims")
    assert [told[0] for told in swap(path, "muslim", "jewish", *texts)] == [
        "JEWS and a Jewish's synagogue",
        "jews, Jews",
    ]


def test_her_and_hers_and_words_within_words():
    told = swap(LEXICONS / "gender.txt", "woman", "man", "She told her mother-in-law that the shed was hers")
    assert told == [
        (
            "He told his father-in-law that the shed was his",
            ["she → he", "her → his", "mother-in-law → father-in-law", "hers → his"],
            False,
        )
    ]


def test_a_term_without_counterpart_stays_and_is_told():
    path = LEXICONS / "gender.txt"
    assert swap(path, "woman", "man", "an actress and her", None, "nobody") == [
        ("an actress and his", ["her → his"], True),
        (None, None, None),
        ("nobody", [], False),
    ]


def test_the_mark_in_a_text_swaps_nothing():
    assert swap(LEXICONS / "gender.txt", "woman", "man", "\ue000she\ue000") == [("\ue000she\ue000", [], False)]


@pytest.mark.parametrize("name", NAMES)
def test_every_counterpart_of_our_lists_mentions_its_own_group_alone(name):
    path = LEXICONS / f"{name}.txt"
    lexicon = read_lexicon(path)
    pairs = read_counterparts(path)
    assert {group for pair in pairs for group in pair} == set(lexicon), "every group can be swapped"
    for (_one, other), found in pairs.items():
        terms = pl.DataFrame({"term": list(found.values())})
        groups = terms.select(mentions(pl.col("term"), lexicon)).to_series().to_list()
        assert groups == [[other]] * len(found), found


@pytest.mark.parametrize("name", NAMES)
def test_lines_with_bars_are_tables(name):
    """A line that has no partner at its place in any other group would be without effect."""
    text = (LEXICONS / f"{name}.txt").read_text(encoding="utf-8")
    counts = {}
    for line in text.splitlines():
        group, _colon, terms = line.partition(":")
        if "|" in terms and not line.startswith("#"):
            counts[group] = counts.get(group, 0) + 1
    assert len([group for group in counts if counts[group] == max(counts.values())]) > 1
