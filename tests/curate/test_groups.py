"""Groups from columns, term lists and bins."""

import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from curate.errors import UserError
from curate.groups import BinGroup, ColumnGroup, Group, TermGroup, membership, mentions, read_lexicon, terms_pattern


def members(group, series, lexicon=None):
    frame = pl.DataFrame({"x": series})
    return frame.select(membership(group, pl.col("x"), frame.schema["x"], lexicon)).to_series().to_list()


def test_a_column_of_values_or_lists_and_the_unknown():
    assert members(ColumnGroup(column="x"), ["a", " ", None]) == [["a"], ["unknown"], ["unknown"]]
    assert members(ColumnGroup(column="x"), [1, None]) == [["1"], ["unknown"]]
    assert members(ColumnGroup(column="x"), [["a", "b", "a"], [""], [], None]) == [["a", "b"], *[["unknown"]] * 3]


def test_bins_hold_their_lower_border():
    assert members(BinGroup(column="x", bins=(25, 45)), [24.9, 25, 44, 45, None]) == [
        ["< 25"],
        ["25 to < 45"],
        ["25 to < 45"],
        ["≥ 45"],
        ["unknown"],
    ]
    with pytest.raises(ValidationError, match="must rise"):
        BinGroup(column="x", bins=(5, 5))


def test_mentions_are_whole_words_whatever_the_case():
    lexicon = {"women": ("she", "trans woman", "wom*"), "men": ("he",)}
    frame = pl.DataFrame({"t": ["SHE said the", "a trans  woman", "Womanly he", "shed", ""]})
    found = frame.select(mentions(pl.col("t"), lexicon)).to_series().to_list()
    assert found == [["women"], ["women"], ["women", "men"], ["none mentioned"], ["none mentioned"]]


@pytest.mark.parametrize("term", ["a.b", "c++", "x(y", "non-binary", "o'clock", "[z]", "a|b"])
def test_terms_are_text_not_patterns(term):
    frame = pl.DataFrame({"t": [f"say {term} now".replace("++", "")]})
    frame.select(pl.col("t").str.contains(terms_pattern((term,))))  # compiles
    assert pl.DataFrame({"t": ["axb"]}).select(pl.col("t").str.contains(terms_pattern(("a.b",)))).item() is False


def test_the_lexicon_file(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_text("# a comment\nmen: he, Him # another\nwomen: she\nmen: man\n")
    assert read_lexicon(path) == {"men": ("he", "him", "man"), "women": ("she",)}
    bad = tmp_path / "bad.txt"
    bad.write_text("men he\nwomen:\n")
    with pytest.raises(UserError) as caught:
        read_lexicon(bad)
    assert [mistake.where for mistake in caught.value.mistakes] == [f"{bad}:1", f"{bad}:2"]


def test_the_kind_of_a_group_is_told_by_its_keys():
    adapter = TypeAdapter(Group)
    assert isinstance(adapter.validate_python({"terms": "gender"}), TermGroup)
    assert isinstance(adapter.validate_python({"column": "x", "bins": [1]}), BinGroup)
    assert isinstance(adapter.validate_python({"column": "x"}), ColumnGroup)
