"""Near-duplicates: what each step that merged them looked for, what it is expected to have missed, and what only chains merged."""

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.evidence import Evidence
from audit.rates import Chance, Rate, overall
from audit.results import Measure, NearDuplicates, Selection
from audit.slugs import join, slug
from curate.recipe import Recipe
from curate.steps.minhash import CHAINED, Minhash

NOTHING_MERGED = "the step merged no row"
CURVE = tuple(round(place / 50, 2) for place in range(51))
"""The similarities at which the curve is drawn, beside the threshold."""


def merging_steps(recipe: Recipe) -> dict[str, Minhash]:
    """Return the steps of a recipe that merge near-duplicates, by name."""
    return {name: step for name, step in recipe.steps_by_name().items() if isinstance(step, Minhash)}


def near_duplicates_of(recipe: Recipe) -> tuple[NearDuplicates, ...]:
    """Return how each step looked for near-duplicates, with the curve of what it finds."""
    return tuple(_search_of(name, step) for name, step in merging_steps(recipe).items())


def _search_of(name: str, step: Minhash) -> NearDuplicates:
    bands = step.search(0).bands
    return NearDuplicates(
        step=name,
        threshold=step.threshold,
        unit=step.unit,
        shingle=step.shingle,
        clusters=step.clusters,
        permutations=step.permutations,
        bands=bands.count,
        band_rows=bands.rows,
        found_at_threshold=float(bands.found(step.threshold)),
        false_negatives=bands.missed(step.threshold),
        false_positives=bands.compared_in_vain(step.threshold),
        curve=tuple((similarity, float(bands.found(similarity))) for similarity in sorted({*CURVE, step.threshold})),
    )


def near_duplicate_table(ledger: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return one line a row that went as a near-duplicate: the step, the reason, the similarity, and for how many pairs it stands.

    A pair that had the probability p to be found stands for 1 / p; a row that only a chain merged stands for none (null).
    """
    parts = [ledger.clear().select("row", "row_name", "step", "reason", similarity="value", stands_for="value")]
    for name, step in merging_steps(recipe).items():
        lines = ledger.filter((pl.col("step") == name) & (pl.col("event") == "dropped"))
        found = pl.Series("found", step.search(0).bands.found(lines["value"].to_numpy()))
        verified = pl.when(lines["reason"] != CHAINED).then(1 / found)
        parts.append(lines.select("row", "row_name", "step", "reason", similarity="value", stands_for=verified))
    return pl.concat(parts).with_columns(verified=pl.col("stands_for").is_not_null())


def near_duplicate_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return for each step the expected share missed, and for connected clusters the share of rows that only a chain merged."""
    found = []
    for name, step in merging_steps(recipe).items():
        found.append(_missed(evidence, name, chance))
        if step.clusters == "connected":
            rate = Rate(
                prefix=("chained", name),
                metric="chained",
                title=f"Merged by a chain alone, of the rows that {name} dropped",
                table="near_duplicates",
                equals={"step": name},
                hits={"reason": CHAINED},
                nothing=NOTHING_MERGED,
                step=name,
            )
            found.append(overall(evidence, rate, chance))
    return found


def _missed(evidence: Evidence, name: str, chance: Chance) -> Measure:
    measure = Measure(
        id=join(("expected_missed", slug(name))),
        title=f"Near-duplicates that {name} is expected to have missed",
        metric="expected_missed",
        step=name,
        selection=Selection(table="near_duplicates", equals={"step": name, "verified": True}),
    )
    assert measure.selection is not None
    rows = evidence.select(measure.selection)
    measure = measure.model_copy(update={"n": len(rows)})
    value = metrics.value_of(measure, rows)
    if value is None:
        return measure.model_copy(update={"undefined": NOTHING_MERGED})
    columns = np.column_stack([np.ones(len(rows)), rows["stands_for"].to_numpy()])
    interval = resampling.bootstrap_rows(columns, lambda sums: 1 - sums[:, 0] / sums[:, 1], chance.draws(measure.id))
    note = "" if interval is not None else resampling.NO_SPREAD
    return measure.model_copy(update={"value": value, "interval": interval, "note": note})
