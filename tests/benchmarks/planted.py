"""Recall and precision of each step on the demo's planted faults, from a finished run: `python tests/benchmarks/planted.py RUN`.

Recall: of the planted rows, the share on which the step acted (for copies: on the copy or on its original). Precision: of the
rows on which the step acted, the share with a planted fault of its kind. A near-copy counts as planted from the step's
threshold on; its similarity is known from when it was planted.
"""

import sys
from pathlib import Path

import polars as pl

from curate.recipe_file import load_recipe
from curate.store import RunDirectory

# step → the planted faults that it is there for
FAULTS = {
    "unicode": ("debris",),
    "whitespace": ("debris", "folded_copy"),
    "length": ("too_short",),
    "letter_share": ("few_letters",),
    "character_repetition": ("repetition",),
    "mask_pii": ("email", "phone", "ip_address"),
    "label_conflict": ("label_conflict",),
    "exact": ("exact_copy", "folded_copy"),
    "minhash": ("near_copy",),
}


def measure(run: RunDirectory) -> pl.DataFrame:
    """Return `step, faults, planted, acted, recall, precision` for every step that faults were planted for."""
    recipe = load_recipe(run.recipe)
    thresholds = {step.step: step.threshold for step in recipe.steps if step.step == "minhash"}
    planted, ledger = pl.read_parquet(run.planted), pl.read_parquet(run.ledger)
    lines = [_measure_step(step, faults, planted, ledger, thresholds) for step, faults in FAULTS.items()]
    return pl.DataFrame([line for line in lines if line["acted"] or line["planted"]])


def near_copies(run: RunDirectory) -> pl.DataFrame:
    """Return, for bands of true similarity, how many near-copies were planted and how many `minhash` removed."""
    planted = (
        pl.read_parquet(run.planted)
        .filter(pl.col("fault") == "near_copy")
        .with_columns(pl.col("detail").cast(pl.Float64))
    )
    gone = (
        pl.read_parquet(run.ledger)
        .filter((pl.col("step") == "minhash") & (pl.col("event") == "dropped"))["row"]
        .implode()
    )
    band = (pl.col("detail") * 10).floor().clip(0, 9) / 10
    return (
        planted.with_columns(similarity_from=band, removed=pl.col("row").is_in(gone) | pl.col("of").is_in(gone))
        .group_by("similarity_from")
        .agg(planted=pl.len(), removed=pl.col("removed").sum())
        .sort("similarity_from")
    )


def _measure_step(
    step: str, faults: tuple[str, ...], planted: pl.DataFrame, ledger: pl.DataFrame, thresholds: dict[str, float]
) -> dict[str, object]:
    wanted = ours = planted.filter(pl.col("fault").is_in(faults))
    if step == "unicode":  # the other debris is blanks, which are for whitespace
        wanted = wanted.filter(pl.col("detail") != "blanks")
    if step == "whitespace":
        wanted = wanted.filter(
            pl.col("detail").is_in(["blanks", "carriage_return", "double_blanks", "line_breaks", "blanks_around"])
        )
    acts = ledger.filter((pl.col("step") == step) & pl.col("event").is_in(["dropped", "changed"]))
    acted = set(acts["row"].to_list())
    pairs = wanted.select("row", "of", "detail").rows()
    if step in thresholds:
        pairs = [pair for pair in pairs if float(pair[2]) >= thresholds[step]]
    hit = sum(1 for row, of, _detail in pairs if row in acted or of in acted)
    right = {row for pair in ours.select("row", "of").rows() for row in pair}
    return {
        "step": step,
        "faults": ", ".join(faults),
        "planted": len(pairs),
        "acted": len(acted),
        "recall": hit / len(pairs) if pairs else None,
        "precision": len(acted & right) / len(acted) if acted else None,
    }


if __name__ == "__main__":
    with pl.Config(tbl_rows=20, fmt_str_lengths=60, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(measure(RunDirectory(Path(sys.argv[1]))))
        print(near_copies(RunDirectory(Path(sys.argv[1]))))
