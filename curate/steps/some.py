"""Rewriting of the texts of a column that need it; a search for what needs it is cheaper than the rewriting of all."""

from collections.abc import Callable

import polars as pl


def rewrite_some(
    text: pl.Expr, needy: Callable[[pl.Series], pl.Series], rewrite: Callable[[pl.Series], pl.Series]
) -> pl.Expr:
    """Return the text, rewritten where `needy` is true; the others, and absent ones, as they are.

    `when` and `then` would not do: Polars computes both branches for every row.
    """

    def apply(texts: pl.Series) -> pl.Series:
        places = needy(texts).fill_null(value=False).arg_true()
        return texts.clone().scatter(places, rewrite(texts.gather(places))) if len(places) else texts

    return text.map_batches(apply, return_dtype=pl.String, is_elementwise=True)
