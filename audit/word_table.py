"""The evidence table `words`: every row to learn from that was not made from another, with its groups and its different words."""

import polars as pl

from audit.evidence import described
from curate.kernels.text import UNSPACED
from curate.pii.mask import without_marks
from curate.recipe import Recipe
from curate.task import whole_text

SLICE = 50_000
"""Rows whose words are found at once: texts of words take many times the room of the numbers that are kept of them."""
_SIGNS = "".join(rf"\p{{{script}}}" for script in UNSPACED)
WORD = rf"[{_SIGNS}]|[\w--[{_SIGNS}]]+"


def word_table(kept: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return the rows to learn from, but for copies: a copy's words are its original's, and say nothing a second time."""
    side = "train" if recipe.split is not None else "all"
    learned = kept.filter(pl.col("side") == side, pl.col("parent").is_null())
    text = whole_text(recipe.task)
    parts = [part.select(words_of(text).alias("words")) for part in learned.iter_slices(SLICE)]
    words = pl.concat(parts) if parts else pl.DataFrame(schema={"words": pl.List(pl.Categorical)})
    return described(learned, recipe).with_columns(words["words"])


def words_of(text: pl.Expr) -> pl.Expr:
    """Return the different words of each text in lower case, as near-duplicates are compared by them; a mask's mark is none.

    A word is a run of letters, digits and marks; a sign of a script that puts no blanks between words is a word (see
    `curate/near_duplicates/shingles.py`).
    """
    found = without_marks(text.fill_null("")).str.to_lowercase().str.extract_all(WORD)
    return found.cast(pl.List(pl.Categorical)).list.unique()
