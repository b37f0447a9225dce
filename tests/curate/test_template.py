"""Prompt templates name columns and nothing else."""

import polars as pl
import pytest

from curate import template


def test_columns_in_order():
    assert template.columns_of("{b} and {a} and {b} {{c}}") == ("b", "a")


@pytest.mark.parametrize("text", ["{a.__class__}", "{a[0]}", "{a!r}", "{a:>10}", "{}", "{0}", "{a b}", "{a", "a}"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"template|expected|[Ss]ingle"):
        template.columns_of(text)


def test_values_are_never_templates():
    assert template.fill("{a}{{}}", {"a": "{b}"}) == "{b}{}"
    frame = pl.DataFrame({"a": ["{b}", None]})
    assert frame.select(template.fill_expression("<{a}>")).to_series().to_list() == ["<{b}>", "<>"]
