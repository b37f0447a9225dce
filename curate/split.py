"""The split into train, validation and test, and the certificate that says that nothing crosses it."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.groups import group_column
from curate.near_duplicates import clusters, similar_pairs
from curate.normalise import folded
from curate.rows import draw
from curate.split_settings import Split
from curate.steps.base import Context, Outcome, no_notes

SIDES = ("train", "validation", "test")
CERTIFICATE_VERSION = 1


class Certificate(BaseModel):
    """How many rows of one side have a counterpart on another, and how that was looked for. Zero means that none was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = CERTIFICATE_VERSION
    published: bool
    seed: int
    near_duplicate_threshold: float
    key: str | None
    rows: dict[str, int]
    same_text: dict[str, int]
    near_duplicate: dict[str, int]
    same_key: dict[str, int]
    child_and_parent: dict[str, int]

    @property
    def crossings(self) -> int:
        """All crossings together."""
        return sum(
            sum(found.values()) for found in (self.same_text, self.near_duplicate, self.same_key, self.child_and_parent)
        )


def split_rows(rows: pl.DataFrame, split: Split, context: Context) -> Outcome:
    """Return the rows with their `side`.

    Rows that belong together (near-duplicates, the same text, the same key, a parent and its copies) are one cluster and get
    one side. Inside each stratum clusters are ordered by a draw from their first row's number and the seed, and cut at the shares.
    """
    pairs = _near_pairs(rows, split, context)
    if split.published:
        return _published(rows, split, context, pairs)
    together = clusters(rows["row"], pl.concat([pairs.select("row", "other_row"), *_bonds(rows, split, context)]))
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


def _near_pairs(rows: pl.DataFrame, split: Split, context: Context) -> pl.DataFrame:
    if not context.text_columns:
        return pl.DataFrame(schema={"row": pl.Int64, "other_row": pl.Int64, "similarity": pl.Float64})
    return similar_pairs(rows, context.text, split.near_duplicates, seed=context.seed, tick=context.tick)


def _bonds(rows: pl.DataFrame, split: Split, context: Context) -> list[pl.DataFrame]:
    """Return pairs of rows that must stay together for another reason than likeness."""
    keys = [pl.col(split.key).cast(pl.String)] if split.key else []
    keys += [folded(context.text).replace("", None)] if context.text_columns else []
    found = [rows.filter(pl.col("parent").is_not_null()).select("row", pl.col("parent").alias("other_row"))]
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
    parts = []
    for column in columns:
        name = group_column(column) if group_column(column) in rows.columns else column
        parts.append(
            pl.col(name).list.join("+") if isinstance(rows.schema[name], pl.List) else pl.col(name).cast(pl.String)
        )
    return pl.concat_str([part.fill_null("") for part in parts], separator="\x1f")


def _published(rows: pl.DataFrame, split: Split, context: Context, pairs: pl.DataFrame) -> Outcome:
    """Keep the published sides; name every row that leaks, and drop it from training (or validation) if the recipe says so."""
    leaks = crossing_rows(rows, pairs, context.text)
    reason = (
        pl.when(pl.col("similarity") < 1)
        .then(pl.lit("near_duplicate_of_later_side"))
        .otherwise(pl.lit("same_text_as_later_side"))
    )
    notes = leaks.select(
        "row", reason=reason, value="similarity", threshold=pl.lit(split.near_duplicates), other_row="other_row"
    )
    if split.leaks == "report":
        return Outcome(rows, notes)
    return Outcome(rows.join(notes, on="row", how="anti", maintain_order="left"), notes)


def crossing_rows(rows: pl.DataFrame, pairs: pl.DataFrame, text: pl.Expr) -> pl.DataFrame:
    """Return `row, other_row, similarity` of training (or validation) rows with a counterpart on a later side."""
    if rows.is_empty():
        return pl.DataFrame(schema={"row": pl.Int64, "other_row": pl.Int64, "similarity": pl.Float64})
    order = rows.select(
        "row", side=pl.col("side").replace_strict(SIDES, range(3), return_dtype=pl.Int8), text=folded(text)
    )
    same = order.join(order, on="text", suffix="_other").filter(
        (pl.col("side") < pl.col("side_other")) & (pl.col("text") != "")
    )
    same = same.select("row", pl.col("row_other").alias("other_row"), pl.lit(1.0).alias("similarity"))
    turned = pl.concat(
        [pairs, pairs.select(pl.col("other_row").alias("row"), pl.col("row").alias("other_row"), "similarity")]
    )
    sides = order.select("row", "side")
    near = (
        turned.join(sides, on="row")
        .join(sides.rename({"row": "other_row", "side": "side_other"}), on="other_row")
        .filter(pl.col("side") < pl.col("side_other"))
    )
    found = pl.concat([same, near.select("row", "other_row", "similarity")])
    return found.sort("row", "similarity", "other_row", descending=[False, True, False]).unique(
        "row", keep="first", maintain_order=True
    )


def certify(rows: pl.DataFrame, split: Split, context: Context) -> Certificate:
    """Count the crossings of finished sides, from the rows alone."""
    near = _near_pairs(rows, split, context)
    text = folded(context.text).replace("", None) if context.text_columns else pl.lit(None, dtype=pl.String)
    key = pl.col(split.key).cast(pl.String) if split.key else pl.lit(None, dtype=pl.String)
    sides = rows.select("row", "side")
    bonds = rows.filter(pl.col("parent").is_not_null()).select("row", pl.col("parent").alias("other_row"))
    crossing = {name: _pair_crossings(found, sides) for name, found in (("near", near), ("parent", bonds))}
    return Certificate(
        published=split.published,
        seed=context.seed,
        near_duplicate_threshold=split.near_duplicates,
        key=split.key,
        rows={side: int((rows["side"] == side).sum()) for side in SIDES},
        same_text=_key_crossings(rows, text),
        near_duplicate=crossing["near"],
        same_key=_key_crossings(rows, key),
        child_and_parent=crossing["parent"],
    )


def _key_crossings(rows: pl.DataFrame, key: pl.Expr) -> dict[str, int]:
    """Count, for each pair of sides, the rows of the later side whose key stands on the earlier one too."""
    keyed = rows.select("side", key=key).drop_nulls("key")
    found = {side: keyed.filter(pl.col("side") == side) for side in SIDES}
    return {
        f"{later} in {earlier}": found[later].join(found[earlier], on="key", how="semi").height
        for place, later in enumerate(SIDES)
        for earlier in SIDES[:place]
    }


def _pair_crossings(pairs: pl.DataFrame, sides: pl.DataFrame) -> dict[str, int]:
    """Count, for each pair of sides, the rows of the later side that are paired with a row of the earlier one."""
    both = pl.concat(
        [
            pairs.select("row", "other_row"),
            pairs.select(pl.col("other_row").alias("row"), pl.col("row").alias("other_row")),
        ]
    )
    sided = both.join(sides, on="row").join(sides.rename({"row": "other_row", "side": "other_side"}), on="other_row")
    return {
        f"{later} in {earlier}": sided.filter((pl.col("side") == later) & (pl.col("other_side") == earlier))[
            "row"
        ].n_unique()
        for place, later in enumerate(SIDES)
        for earlier in SIDES[:place]
    }


def read_certificate(path: Path) -> Certificate:
    """Read a certificate from its file."""
    return Certificate.model_validate_json(path.read_text(encoding="utf-8"))
