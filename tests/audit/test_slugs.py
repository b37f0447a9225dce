"""Ids of measures: stable, readable, typeable."""

import pytest

from audit.slugs import join, slug, slugs


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("African-American", "african-american"), ("none mentioned", "none_mentioned"), ("< 25", "under_25"), ("≥ 45", "from_45"),
        ("25 to < 45", "25_to_under_45"), ("a/b", "a_b"), ("Größe", "größe"), ("difference", "difference_"), ("…", "blank_"), ("v1.2", "v1_2"),
    ],
)  # fmt: skip
def test_words(text, word):
    assert slug(text) == word


def test_two_names_with_one_word():
    assert slugs(("a b", "a/b", "c", "A B")) == {"a b": "a_b", "a/b": "a_b-2", "c": "c", "A B": "a_b-3"}


def test_absent_parts_are_left_out():
    assert join(("a", None, "", "b")) == "a.b"
