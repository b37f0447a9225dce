"""The split into train, validation and test, and the certificate that says that nothing crosses it."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.groups import group_column
from curate.near_duplicates.comparison import Pairs
from curate.near_duplicates.resolution import clusters
from curate.near_duplicates.search import Candidates, Search, of_texts
from curate.near_duplicates.sketch import Sketching
from curate.normalise import folded
from curate.rows import draw
from curate.shown import shown
from curate.split_settings import Split
from curate.steps.base import Context, Outcome, no_notes

SIDES = ("train", "validation", "test")
CERTIFICATE_VERSION = 1
SPLIT_RECALL = 0.999
"""Of the pairs right at the threshold, the share that is to be found; a missed pair could part over two sides."""


class Certificate(BaseModel):
    """How many rows of a later side have a counterpart on an earlier one, by kind; `crossing_rows` counts each row once.

    Near-duplicates are looked for with other signatures than the split used (its seed plus one), so that the certificate
    does not only repeat what the split saw. Zero means that none was found. `not_all_compared` counts rows that are of a form
    that so many rows of an earlier side have that near-duplicates of theirs may have been overlooked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = CERTIFICATE_VERSION
    published: bool
    seed: int
    near_duplicate_threshold: float
    key: str | None
    rows: dict[str, int]
    crossing_rows: dict[str, int]
    same_text: dict[str, int]
    near_duplicate: dict[str, int]
    same_key: dict[str, int]
    child_and_parent: dict[str, int]
    not_all_compared: int = 0

    @property
    def crossings(self) -> int:
        """All crossing rows together."""
        return sum(self.crossing_rows.values())


def columns_seen(split: Split, context: Context, columns: Sequence[str]) -> list[str]:
    """Return which of the columns the split and its certificate look at, in their order."""
    named = {*context.text.meta.root_names(), *context.text_columns, context.label, split.key, "row", "parent", "side"}
    named |= {column for stratum in split.stratify for column in (stratum, group_column(stratum))}
    return [column for column in columns if column in named]


def split_rows(rows: pl.DataFrame, split: Split, context: Context) -> Outcome:
    """Return the rows with their `side`.

    Rows that belong together (near-duplicates, the same text, the same key, a parent and its copies) are one cluster and get
    one side. Inside each stratum clusters are ordered by a draw from their first row's number and the seed, and cut at the shares.
    """
    if split.published:
        return _published(rows, split, context)
    together = clusters(rows["row"], pl.concat(_bonds(rows, split, context)))
    keyed = rows.with_columns(together.alias("__cluster"), _stratum(rows, split.stratify).alias("__stratum"))
    grouped = keyed.group_by("__cluster", maintain_order=True).agg(
        pl.len().alias("size"), pl.col("__stratum").sort_by("row").first()
    )
    drawn = grouped.with_columns(draw(grouped["__cluster"], context.seed, "split").alias("draw")).sort(
        "__stratum", "draw", "__cluster"
    )
    place = (pl.col("size").cum_sum() - pl.col("size") / 2).over("__stratum") / pl.col("size").sum().over("__stratum")
    side = (
        pl.when(place < split.test)
        .then(pl.lit("test"))
        .when(place < split.test + split.validation)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )
    sided = keyed.join(drawn.select("__cluster", side.alias("side")), on="__cluster", how="left", maintain_order="left")
    return Outcome(sided.drop("__cluster", "__stratum"), no_notes())


def _candidates(rows: pl.DataFrame, split: Split, context: Context, seed: int) -> Candidates:
    texts = rows.select(context.text).to_series() if context.text_columns else pl.Series([""] * rows.height)
    search = Search(threshold=split.near_duplicates, sketching=Sketching(seed=seed % 2**32), recall=SPLIT_RECALL)
    return of_texts(texts, search, context.tick)


def _near(rows: pl.DataFrame, found: Candidates, side: str, others: tuple[str, ...]) -> Pairs:
    """Return the rows of a side that are like a row on others, each with the most similar, as their places."""
    queries, among = (rows["side"].is_in(each).to_numpy() for each in ((side,), others))
    return found.matches(queries, among)


def _bonds(rows: pl.DataFrame, split: Split, context: Context) -> list[pl.DataFrame]:
    """Return pairs of rows that must stay together: near-duplicates, a copy and its parent, rows of one key or one text.

    Near-duplicates that are too many to be compared may be parted: the certificate counts such rows.
    """
    likeness = _candidates(rows, split, context, context.seed).components()
    near = rows.select("row", other_row=rows["row"][likeness]).filter(pl.col("row") != pl.col("other_row"))
    keys = [shown(pl.col(split.key), rows.schema[split.key])] if split.key else []
    keys += [folded(context.text).replace("", None)] if context.text_columns else []
    found = [near, rows.filter(pl.col("parent").is_not_null()).select("row", pl.col("parent").alias("other_row"))]
    for key in keys:
        first = (
            rows.with_columns(key.alias("__key"))
            .filter(pl.col("__key").is_not_null())
            .with_columns(pl.col("row").min().over("__key").alias("other_row"))
        )
        found.append(first.filter(pl.col("row") != pl.col("other_row")).select("row", "other_row"))
    present = rows["row"].implode()
    return [pairs.filter(pl.col("other_row").is_in(present)) for pairs in found]


def _stratum(rows: pl.DataFrame, columns: Sequence[str]) -> pl.Expr:
    if not columns:
        return pl.lit("")
    names = [group_column(column) if group_column(column) in rows.columns else column for column in columns]
    parts = [shown(pl.col(name), rows.schema[name]) for name in names]
    return pl.concat_str([part.fill_null("") for part in parts], separator="\x1f")


def _published(rows: pl.DataFrame, split: Split, context: Context) -> Outcome:
    """Keep the published sides; name every row that leaks, and drop it from training (or validation) if the recipe says so.

    Near-duplicates that are too many to be compared may be overlooked: the certificate counts such rows.
    """
    found = _candidates(rows, split, context, context.seed)
    pairs = [_near(rows, found, side, SIDES[place:]) for place, side in enumerate(SIDES[:-1], 1)]
    near = [
        pl.DataFrame(
            {"row": rows["row"][each.later], "other_row": rows["row"][each.earlier], "similarity": each.similarity}
        )
        for each in pairs
    ]
    leaks = crossing_rows(rows, pl.concat(near), context.text)
    reason = (
        pl.when("same_text").then(pl.lit("same_text_as_later_side")).otherwise(pl.lit("near_duplicate_of_later_side"))
    )
    notes = leaks.select(
        "row", reason=reason, value="similarity", threshold=pl.lit(split.near_duplicates), other_row="other_row"
    )
    if split.leaks == "report":
        return Outcome(rows, notes)
    return Outcome(rows.join(notes, on="row", how="anti", maintain_order="left"), notes)


def crossing_rows(rows: pl.DataFrame, near: pl.DataFrame, text: pl.Expr) -> pl.DataFrame:
    """Return `row, other_row, similarity, same_text` of training (or validation) rows with a counterpart on a later side.

    `near` tells those that have one for their likeness.
    """
    if rows.is_empty():
        schema = {"row": pl.Int64, "other_row": pl.Int64, "similarity": pl.Float64, "same_text": pl.Boolean}
        return pl.DataFrame(schema=schema)
    order = rows.select(
        "row", side=pl.col("side").replace_strict(SIDES, range(3), return_dtype=pl.Int8), text=folded(text)
    )
    # the first row of each text on each side is enough, and keeps a text of a thousand copies from a million pairs
    firsts = order.filter(pl.col("text") != "").group_by("text", "side").agg(pl.col("row").min())
    same = order.join(firsts, on="text", suffix="_other").filter(pl.col("side") < pl.col("side_other"))
    same = same.select("row", other_row="row_other", similarity=pl.lit(1.0), same_text=pl.lit(True))  # noqa: FBT003
    found = pl.concat([same, near.with_columns(same_text=pl.lit(False))])  # noqa: FBT003
    found = found.sort("row", "same_text", "similarity", "other_row", descending=[False, True, True, False])
    return found.unique("row", keep="first", maintain_order=True)


def certify(rows: pl.DataFrame, split: Split, context: Context) -> Certificate:
    """Count the crossings of finished sides, from the rows alone."""
    text = folded(context.text).replace("", None) if context.text_columns else pl.lit(None, dtype=pl.String)
    key = shown(pl.col(split.key), rows.schema[split.key]) if split.key else pl.lit(None, dtype=pl.String)
    bonds = rows.filter(pl.col("parent").is_not_null()).select("row", pl.col("parent").alias("other_row"))
    near, unfinished = _near_over_sides(rows, _candidates(rows, split, context, context.seed + 1))
    found = {
        "same_text": _same_on_two_sides(rows, text),
        "near_duplicate": near,
        "same_key": _same_on_two_sides(rows, key),
        "child_and_parent": _paired_over_sides(bonds, rows),
    }
    return Certificate(
        published=split.published,
        seed=context.seed,
        near_duplicate_threshold=split.near_duplicates,
        key=split.key,
        rows={side: int((rows["side"] == side).sum()) for side in SIDES},
        crossing_rows=_count(pl.concat(found.values())),
        not_all_compared=unfinished,
        **{kind: _count(crossing) for kind, crossing in found.items()},
    )


def _pairs_of_sides() -> list[tuple[str, str]]:
    return [(later, earlier) for place, later in enumerate(SIDES) for earlier in SIDES[:place]]


def _count(crossing: pl.DataFrame) -> dict[str, int]:
    """Count the rows of each pair of sides, each row once."""
    rows = crossing.unique()
    return {
        f"{later} in {earlier}": int((rows["sides"] == f"{later} in {earlier}").sum())
        for later, earlier in _pairs_of_sides()
    }


def _same_on_two_sides(rows: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """Return `row, sides` of the rows of a later side whose key stands on an earlier one too."""
    keyed = rows.select("row", "side", key=key).drop_nulls("key")
    found = {side: keyed.filter(pl.col("side") == side) for side in SIDES}
    return pl.concat(
        found[later].join(found[earlier], on="key", how="semi").select("row", sides=pl.lit(f"{later} in {earlier}"))
        for later, earlier in _pairs_of_sides()
    )


def _near_over_sides(rows: pl.DataFrame, found: Candidates) -> tuple[pl.DataFrame, int]:
    """Return `row, sides` of the rows of a later side that are like a row of an earlier one, and how many may be overlooked."""
    near = {f"{later} in {earlier}": _near(rows, found, later, (earlier,)) for later, earlier in _pairs_of_sides()}
    unfinished = {row for pairs in near.values() for row in pairs.unfinished.tolist()}
    parts = [rows[pairs.later].select("row", sides=pl.lit(sides)) for sides, pairs in near.items()]
    return pl.concat(parts), len(unfinished)


def _paired_over_sides(pairs: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `row, sides` of the rows of a later side that are paired with a row of an earlier one."""
    sides = rows.select("row", "side")
    turned = pairs.select(pl.col("other_row").alias("row"), pl.col("row").alias("other_row"))
    both = pl.concat([pairs.select("row", "other_row"), turned])
    sided = both.join(sides, on="row").join(sides.rename({"row": "other_row", "side": "other_side"}), on="other_row")
    return pl.concat(
        sided.filter((pl.col("side") == later) & (pl.col("other_side") == earlier)).select(
            "row", sides=pl.lit(f"{later} in {earlier}")
        )
        for later, earlier in _pairs_of_sides()
    )


def read_certificate(path: Path) -> Certificate:
    """Read a certificate from its file."""
    return Certificate.model_validate_json(path.read_text(encoding="utf-8"))
