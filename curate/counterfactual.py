"""Rows asked again as if they spoke of others: identity terms swapped in a sample of the rows as read, and the filters run on both.

One line for each drawn row, its group and each other group of the attribute for which the term list has counterparts. Asked are
the steps that look at one row alone, in the recipe's order and with its settings; steps that see all rows are not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate import rows as row_numbers
from curate.account import NamedStep
from curate.counterparts import in_pieces, read_counterparts, swapped
from curate.dataset import Dataset
from curate.groups import NONE_MENTIONED, TermGroup, group_column
from curate.laws import apply_row_local
from curate.manifest import Manifest
from curate.own_errors import own_errors_told
from curate.plan import named_steps
from curate.recipe import Recipe
from curate.secrets import without_secrets
from curate.steps.base import Context, Filter, Rewrite
from curate.task import Chat

BOTH, LACKING = "mentions_both", "no_counterpart"
"""Why a row is left out: it mentions the other group too, or a term in it has no counterpart there."""
LINES: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64, "row_name": pl.String, "attribute": pl.String, "from_group": pl.String, "to_group": pl.String,
    "left_out": pl.String, "terms": pl.List(pl.String),
    "step_before": pl.String, "reason_before": pl.String, "detail_before": pl.String,
    "step_after": pl.String, "reason_after": pl.String, "detail_after": pl.String, "rewritten_by": pl.List(pl.String),
}  # fmt: skip
"""The columns of the table. A null step keeps the row; a line that is left out was not asked, and its fates are null.

`terms` are the swapped ones (`muslims → christians`); `rewritten_by` the steps that change the one text otherwise than the other,
by reason or detail, where both are kept.
"""
_OF_SWAP = ("attribute", "from_group", "to_group", "left_out", "terms")
_PURPOSE = "swaps"
_OURS = "__swap_"
"""Begins the columns that are put beside those of the rows, which may have any name."""


def local_steps(recipe: Recipe) -> tuple[NamedStep, ...]:
    """Return the steps of a recipe that look at one row alone, also the user's own, in order."""
    return tuple(named for named in named_steps(recipe)[0] if isinstance(named.step, Filter | Rewrite))


def term_attributes(recipe: Recipe) -> tuple[str, ...]:
    """Return the attributes whose groups come from a term list."""
    return tuple(attribute for attribute, group in recipe.groups.items() if isinstance(group, TermGroup))


def has_swaps(recipe: Recipe, manifest: Manifest) -> bool:
    """Return whether a finished run of a recipe holds the table. A run from before there was the setting holds none."""
    asked = "swaps" in recipe.audit.model_fields_set and recipe.audit.swaps > 0
    local = any(stage.kind == "measure" for stage in manifest.stages)
    return asked and local and bool(recipe.task.text_columns and term_attributes(recipe))


def counterfactual(
    rows: Dataset, recipe: Recipe, context: Context, lexicons: Mapping[str, Path]
) -> pl.DataFrame | None:
    """Return the table (`LINES`) for the rows as read; None where the recipe asks for no swaps or has nothing to ask.

    Raises `UserError` for what a step of the user's own raises.
    """
    steps = local_steps(recipe)
    if not (recipe.audit.swaps and steps and recipe.task.text_columns and lexicons):
        return None
    drawn = _drawn(rows, tuple(lexicons), recipe)
    chosen = drawn["row"].unique().implode()
    originals = rows.scan().filter(pl.col("row").is_in(chosen)).collect(engine="streaming").sort("row")
    swaps = _swaps(originals, drawn, recipe, context, lexicons)
    asked = swaps.drop_nulls(f"{_OURS}turn")
    with own_errors_told(steps):
        rows_before = originals.join(asked, on="row", how="semi", maintain_order="left")
        before = _fates(rows_before, steps, recipe, context, "before")
        after = pl.concat(
            _fates(part.select(originals.columns), steps, recipe, context, "after").with_columns(
                turn=part[f"{_OURS}turn"]
            )
            for part in asked.partition_by(f"{_OURS}turn", maintain_order=True) or [asked]
        )
    lines = swaps.select("row", pl.col(f"^{_OURS}.*$").name.map(lambda name: name.removeprefix(_OURS)))
    turns = lines.select("row", "turn").drop_nulls().join(before, on="row").join(after, on=["row", "turn"])
    told = lines.join(turns, on=["row", "turn"], how="left", maintain_order="left")
    named = row_numbers.names(pl.col("row"), recipe.source_names).alias("row_name")
    hidden = [without_secrets(pl.col(name), recipe).alias(name) for name in ("detail_before", "detail_after")]
    whole = told.with_columns(named, *hidden, rewritten_by=_differing(steps))
    return whole.select(list(LINES)).cast(LINES)  # type: ignore[arg-type]


def _drawn(rows: Dataset, attributes: Sequence[str], recipe: Recipe) -> pl.DataFrame:
    """Return `row, attribute, from_group` of so many rows of each group: those with the lowest draws, wherever they stand."""
    keys = ("attribute", "from_group")
    found = pl.DataFrame(schema={"row": pl.Int64, "draw": pl.UInt64, "attribute": pl.String, "from_group": pl.String})
    for frame in rows.frames([group_column(attribute) for attribute in attributes]):
        draws = frame.with_columns(row_numbers.draw(frame["row"], recipe.seed, _PURPOSE))
        members = [
            draws.select("row", "draw", attribute=pl.lit(attribute), from_group=group_column(attribute))
            .explode("from_group", empty_as_null=False)
            .filter(pl.col("from_group") != NONE_MENTIONED)
            for attribute in attributes
        ]
        every = pl.concat([found, *members]).sort("draw", "row")
        found = every.group_by(keys, maintain_order=True).head(recipe.audit.swaps).select(found.columns)
    return found.drop("draw")


def _swaps(
    originals: pl.DataFrame, drawn: pl.DataFrame, recipe: Recipe, context: Context, lexicons: Mapping[str, Path]
) -> pl.DataFrame:
    """Return the rows with swapped texts, `attribute, from_group, to_group`, what was swapped, and why a row is left out."""
    made = []
    for attribute, path in lexicons.items():
        known = read_counterparts(path)
        for one, terms in context.terms[attribute].items():
            mine = drawn.filter((pl.col("attribute") == attribute) & (pl.col("from_group") == one))
            rows = originals.join(mine, on="row", how="semi", maintain_order="left")
            cut = rows.with_columns(
                _cut(column, terms, recipe).alias(f"__cut_{column}") for column in recipe.task.text_columns
            )
            made += [
                _pair(cut, (attribute, one, other), counterpart, recipe).select(
                    *originals.columns, *(f"{_OURS}{name}" for name in _OF_SWAP)
                )
                for (first, other), counterpart in known.items()
                if first == one
            ]
    empty = {f"{_OURS}{name}": pl.lit(None, dtype=LINES[name]) for name in _OF_SWAP}
    return _turned(pl.concat([originals.clear().with_columns(**empty), *made]))


def _pair(
    cut: pl.DataFrame, pair: tuple[str, str, str], counterpart: Mapping[str, str], recipe: Recipe
) -> pl.DataFrame:
    """Return the drawn rows of one group, whose texts are cut at its terms, with these swapped for those of another."""
    attribute, one, other = pair
    groups = pl.col(group_column(attribute))
    texts = recipe.task.text_columns
    told = cut.with_columns(_told(f"__cut_{column}", counterpart, recipe).alias(f"__told_{column}") for column in texts)
    terms, lacking = zip(*(_found(f"__told_{column}", recipe) for column in texts), strict=True)
    every = pl.concat_list(terms)
    unswapped = pl.any_horizontal(lacking) | (every.list.len() == 0)
    of_swap = {
        "attribute": pl.lit(attribute),
        "from_group": pl.lit(one),
        "to_group": pl.lit(other),
        "left_out": pl.when(groups.list.contains(other)).then(pl.lit(BOTH)).when(unswapped).then(pl.lit(LACKING)),
        "terms": every,
    }
    return told.with_columns(
        *(_text(f"__told_{column}", recipe).alias(column) for column in texts),
        groups.list.eval(pl.when(pl.element() == one).then(pl.lit(other)).otherwise(pl.element())),
        **{f"{_OURS}{name}": value for name, value in of_swap.items()},
    )


def _cut(column: str, terms: tuple[str, ...], recipe: Recipe) -> pl.Expr:
    """Return a column's text in pieces, or its turns with their contents in pieces."""
    if not isinstance(recipe.task, Chat):
        return in_pieces(pl.col(column), terms)
    pieces = in_pieces(pl.element().struct.field("content"), terms).alias("pieces")
    return pl.col(column).list.eval(pl.struct(pl.element().struct.field("role"), pieces))


def _told(mark: str, counterpart: Mapping[str, str], recipe: Recipe) -> pl.Expr:
    """Return what becomes of a text, or of the content of each turn."""
    if not isinstance(recipe.task, Chat):
        return swapped(pl.col(mark), counterpart)
    told = swapped(pl.element().struct.field("pieces"), counterpart).alias("told")
    return pl.col(mark).list.eval(pl.struct(pl.element().struct.field("role"), told))


def _text(mark: str, recipe: Recipe) -> pl.Expr:
    """Return the new text of a column, or its new turns."""
    if not isinstance(recipe.task, Chat):
        return pl.col(mark).struct.field("text")
    content = pl.element().struct.field("told").struct.field("text").alias("content")
    return pl.col(mark).list.eval(pl.struct(pl.element().struct.field("role"), content))


def _found(mark: str, recipe: Recipe) -> tuple[pl.Expr, pl.Expr]:
    """Return which terms of a column were swapped, and whether one has no counterpart."""
    if not isinstance(recipe.task, Chat):
        told = pl.col(mark).struct
        return told.field("terms").fill_null([]), told.field("lacking").fill_null(value=False)
    inner = pl.element().struct.field("told").struct
    terms = pl.col(mark).list.eval(inner.field("terms").explode()).list.drop_nulls().fill_null([])
    return terms, pl.col(mark).list.eval(inner.field("lacking")).list.any().fill_null(value=False)


def _turned(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with a turn, null where a row is left out: those of one turn hold each row once, as stages do."""
    asked = pl.col(f"{_OURS}left_out").is_null()
    turn = pl.when(asked).then((asked.cum_sum() - 1).over("row").cast(pl.Int64))
    return lines.with_columns(turn.alias(f"{_OURS}turn"))


def _fates(rows: pl.DataFrame, steps: Sequence[NamedStep], recipe: Recipe, context: Context, when: str) -> pl.DataFrame:
    """Return for each row `step, reason, detail` of the step that drops it (null: kept), and the `changes` of its rewrites.

    The names of these end in `_before` or `_after`, as `when` says.
    """
    ledger = apply_row_local(rows, steps, recipe.task, context).ledger
    dropped = ledger.filter(pl.col("event") == "dropped").select("row", "step", "reason", "detail")
    said = pl.concat_str(pl.col("step", "column", "reason", "detail").fill_null(""), separator="\0")
    changes = ledger.filter(pl.col("event") == "changed").group_by("row").agg(changes=said)
    every = rows.select("row").join(dropped, on="row", how="left").join(changes, on="row", how="left")
    told = every.with_columns(pl.col("changes").fill_null(pl.lit([], dtype=pl.List(pl.String))))
    return told.select("row", pl.exclude("row").name.suffix(f"_{when}"))


def _differing(steps: Sequence[NamedStep]) -> pl.Expr:
    """Return the steps that change the one text otherwise than the other; null where a row was not asked or one is dropped."""
    before, after = pl.col("changes_before"), pl.col("changes_after")
    kept = pl.col("left_out").is_null() & pl.col("step_before").is_null() & pl.col("step_after").is_null()
    unlike = before.list.set_symmetric_difference(after).list.eval(pl.element().str.split("\0").list.first())
    rewrites = [named.name for named in steps if isinstance(named.step, Rewrite)]
    found = [pl.when(unlike.list.contains(name)).then(pl.lit(name)) for name in rewrites]
    return pl.when(kept).then(pl.concat_list(found).list.drop_nulls() if found else unlike)
