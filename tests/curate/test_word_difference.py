"""Two texts compared word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.questions import word_difference as module
from curate.questions.word_difference import marked, word_difference


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("the same", "the same", "the same"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("Tom &amp; Ann", "Tom & Ann", "Tom &[-amp;-] Ann"),
        ("a  b", "a b", "a [-·-]b"),
        ("a\tb\nc", "a b c", "a[-⇥-]{+·+}b[-⏎\n-]{+·+}c"),
        ("the old man sat", "a young woman sat", "[-the old man-]{+a young woman+} sat"),
        ("zero\u200bwidth", "zerowidth", r"[-zero\u200bwidth-]{+zerowidth+}"),
        ("\x1b[31m red", "red", r"[-\x1b[31m -]red"),
        ("\x1b same", "\x1b other", r"\x1b [-same-]{+other+}"),
    ],
)
def test_what_is_marked(old, new, said):
    assert marked(word_difference(old, new)) == said


words = st.lists(st.sampled_from(["a", "b", "cat", " ", "\n", ",", "é"]), max_size=30).map("".join)


@given(words, words)
def test_the_pieces_make_both_texts(old, new):
    pieces = word_difference(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == new


def test_long_texts_are_not_matched_in_squared_time(monkeypatch):
    monkeypatch.setattr(module, "MOST_TOKENS", 10)
    old, new = "same " + "a b c " * 3 + "end", "same " + "c b a " * 3 + "end"
    assert marked(word_difference(old, new)) == "same [-a b c a b c a b c-]{+c b a c b a c b a+} end"
