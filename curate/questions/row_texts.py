"""The texts of single rows of a finished run: as read, as they were at a step, and as they are now; personal data masked."""

from collections.abc import Mapping, Sequence

import polars as pl

from curate.apply import make_context
from curate.files import scan_parquet
from curate.measure import measure
from curate.plan import named_steps
from curate.recipe import Recipe
from curate.secrets import without_secrets
from curate.split import SIDES
from curate.steps.base import Rewrite
from curate.store import RunDirectory
from curate.task import as_text, whole_text

LINE = 200
"""Characters of a text that is shown on one line; the terminal may cut more."""


def rows_as_read(run: RunDirectory, rows: Sequence[int]) -> pl.DataFrame:
    """Return some rows as the source holds them, in order; those that are not in it are left out."""
    return scan_parquet(run.source).filter(pl.col("row").is_in(sorted(rows))).collect()


def rows_now(run: RunDirectory, recipe: Recipe, rows: Sequence[int]) -> pl.DataFrame:
    """Return those of some rows that are in the finished data, each with its `side` (`all` without a split)."""
    found = [
        scan_parquet(run.data(side)).filter(pl.col("row").is_in(sorted(rows))).with_columns(side=pl.lit(side)).collect()
        for side in sides_of(recipe)
    ]
    return pl.concat(found)


def sides_of(recipe: Recipe) -> tuple[str, ...]:
    """Return the sides into which a run's finished data is divided."""
    return SIDES if recipe.split else ("all",)


def rewritten_until(read: pl.DataFrame, recipe: Recipe, place: int) -> pl.DataFrame:
    """Return rows as they reached the step at a place: rewritten again as the steps before it did.

    A step of the user's own cannot be done again, because a run holds no code; masks are left to `shown_texts`.
    """
    before, _after = named_steps(recipe)
    steps = [
        named for named in before if named.place < place and isinstance(named.step, Rewrite) and not named.step.secret
    ]
    if not steps or read.is_empty():
        return read
    return pl.concat(
        part.rows for part in measure(read, steps, make_context(recipe.task, recipe.seed, {}), recipe.task)
    )


Texts = dict[int, dict[str, str | None]]
"""The text columns of some rows, by row and column; a conversation is its `role: content` lines."""


def shown_texts(rows: pl.DataFrame, recipe: Recipe) -> Texts:
    """Return the texts of some rows, personal data masked."""
    task = recipe.task
    return _texts(
        rows, {column: without_secrets(as_text(pl.col(column), task), recipe) for column in task.text_columns}
    )


def plain_texts(rows: pl.DataFrame, recipe: Recipe) -> Texts:
    """Return the texts of some rows as they are."""
    return _texts(rows, {column: as_text(pl.col(column), recipe.task) for column in recipe.task.text_columns})


def _texts(rows: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> Texts:
    shown = rows.select("row", **columns)
    return {line["row"]: {column: line[column] for column in columns} for line in shown.iter_rows(named=True)}


def whole(texts: Mapping[str, str | None] | None) -> str | None:
    """Return the text columns of a row as one text, or None if there is none."""
    found = [text for text in (texts or {}).values() if text is not None]
    return "\n".join(found) if found else None


def one_line(rows: pl.DataFrame, recipe: Recipe) -> dict[int, str]:
    """Return the whole text of some rows by row, each shortened to one line, personal data masked."""
    text = without_secrets(whole_text(recipe.task), recipe).fill_null("")
    line = text.str.slice(0, 4 * LINE).str.replace_all(r"\s+", " ").str.strip_chars()
    cut = (
        pl.when(line.str.len_chars() > LINE)
        .then(pl.concat_str(line.str.slice(0, LINE - 1), pl.lit("…")))
        .otherwise(line)
    )
    shown = rows.select("row", line=cut)
    return dict(zip(shown["row"].to_list(), shown["line"].to_list(), strict=True))
