"""Near-duplicates: what each step looked for and was held against, what it is expected to have missed, and what it merged.

Merges are told apart that only a chain made, and those of rows with different labels.
"""

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.evidence import Evidence
from audit.rates import Chance, Equals, Rate, overall
from audit.results import Measure, NearDuplicates, Selection
from audit.slugs import join, slug
from curate.manifest import StepFile
from curate.questions.doubts import other_text
from curate.recipe import Recipe
from curate.steps.minhash import CHAINED, OLDER, Minhash
from curate.store import RunDirectory
from curate.task import Classification

NOTHING_MERGED = "the step merged no such row"
CURVE = tuple(round(place / 50, 2) for place in range(51))
"""The similarities at which the curve is drawn, beside the threshold."""


def merging_steps(recipe: Recipe) -> dict[str, Minhash]:
    """Return the steps of a recipe that merge near-duplicates, by name."""
    return {name: step for name, step in recipe.steps_by_name().items() if isinstance(step, Minhash)}


def near_duplicates_of(run: RunDirectory, recipe: Recipe) -> tuple[NearDuplicates, ...]:
    """Return how each step looked for near-duplicates, with the curve of what it finds, and the older rows that it was given."""
    files = run.read_manifest().files
    return tuple(
        _search_of(name, step, tuple(file for file in files if file.step == name), recipe)
        for name, step in merging_steps(recipe).items()
    )


def _search_of(name: str, step: Minhash, against: tuple[StepFile, ...], recipe: Recipe) -> NearDuplicates:
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
        against=against,
        other_text=tuple(f"{file.path}: {said}" for file in against if (said := other_text(file, recipe))),
    )


def near_duplicate_table(ledger: pl.DataFrame, source: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return one line a row that went as a near-duplicate: the step, the reason, the similarity, and for how many pairs it stands.

    A pair that had the probability p to be found stands for 1 / p; a row that only a chain merged stands for none (null).
    `of_older` says that it went for an older row. Else `labelled` says that it and the row that stays have labels, as read, and
    `other_label` that these differ.
    """
    columns = ("row", "row_name", "step", "reason", "other_row")
    parts = [ledger.clear().select(*columns, similarity="value", stands_for="value")]
    for name, step in merging_steps(recipe).items():
        lines = ledger.filter((pl.col("step") == name) & (pl.col("event") == "dropped"))
        found = pl.Series("found", step.search(0).bands.found(lines["value"].to_numpy()))
        verified = pl.when(lines["reason"] != CHAINED).then(1 / found)
        parts.append(lines.select(*columns, similarity="value", stands_for=verified))
    every = pl.concat(parts).with_columns(verified=pl.col("stands_for").is_not_null())
    every = every.with_columns(_other_label(every, source, recipe), of_older=pl.col("reason") == OLDER)
    return every.with_columns(labelled=pl.col("other_label").is_not_null()).drop("other_row")


def _other_label(lines: pl.DataFrame, source: pl.DataFrame, recipe: Recipe) -> pl.Series:
    if not isinstance(recipe.task, Classification):
        return pl.Series("other_label", [None] * lines.height, dtype=pl.Boolean)
    labels = source.select("row", label=recipe.task.label)
    own = lines.join(labels, on="row", how="left", maintain_order="left")["label"]
    other = lines.join(labels, left_on="other_row", right_on="row", how="left", maintain_order="left")["label"]
    return (own != other).alias("other_label")


def near_duplicate_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return for each step the expected share missed, the share merged by a chain alone, and that of rows with another label.

    The second is told of connected clusters, the third of classification.
    """
    found = []
    for name, step in merging_steps(recipe).items():
        found.append(_missed(evidence, name, chance))
        rates = []
        if step.clusters == "connected":
            rates.append(_rate("chained", "Merged by a chain alone", name, {"of_older": False}, {"reason": CHAINED}))
        if isinstance(recipe.task, Classification):
            rates.append(
                _rate("other_label", "Merged with another label", name, {"labelled": True}, {"other_label": True})
            )
        found += [overall(evidence, rate, chance) for rate in rates]
    return found


def _rate(metric: str, title: str, step: str, of: Equals, hits: Equals) -> Rate:
    return Rate(
        prefix=(metric, step),
        metric=metric,
        title=f"{title}, of the rows that {step} dropped for one that stays",
        table="near_duplicates",
        equals={"step": step, **of},
        hits=hits,
        nothing=NOTHING_MERGED,
        step=step,
    )


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
