"""Slices of the test rows in which a model may fail unseen: rare labels, long inputs, texts unlike those that it learned from.

`group_test slice` lists a row's slices, as a group column lists its groups (no attribute of a recipe holds a blank); a row may be
in none or in several. `input_characters` and `likeness` are what the slices are cut from.

- rare labels: rows whose label has less than `RARE` of the rows that were learned from.
- long inputs: the tenth of the rows with the longest inputs, and those that are as long as the shortest of it.
- unlike training texts: the tenth whose nearest training text is farthest (see `likeness.py`), and those with one as far as theirs.

The last two are no slice where they would be all rows.

The worst slice is that with the lowest accuracy (or the highest loss) among those of `audit.minimum_group_size` rows or more. Its
interval is simultaneous over those (Bonferroni), for it was picked by looking.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from audit import intervals, resampling
from audit.attributes import SLICES
from audit.evidence import Evidence
from audit.intervals import Count
from audit.likeness import likeness
from audit.model_rates import model_rate, named
from audit.part_gaps import IntervalAt
from audit.quotients import TITLES, counted_rows, quotient
from audit.rates import Chance, Rate, plain_groups
from audit.results import Interval, Measure, Model, Selection
from audit.selecting import groups_in, select
from audit.slugs import join, slug, slugs
from curate import template
from curate.groups import group_column
from curate.recipe import Recipe
from curate.task import AnyTask, Chat, Classification, Instruction

COLUMN = group_column(SLICES)
RARE = 0.1
TENTH = 0.1
LABELS, LONG, UNLIKE = "rare labels", "long inputs", "unlike training texts"
NAMES = (LABELS, LONG, UNLIKE)
WORST = {"accuracy": "lowest", "loss": "highest"}
NONE = "no slice has at least {minimum} rows and this number"


def input_text(task: AnyTask) -> pl.Expr:
    """Return what a model reads of a row: the text, the filled prompt (plain text itself), or the turns before the last answer."""
    if isinstance(task, Instruction):
        return template.fill_expression(task.prompt) if task.prompt.strip() else pl.col(task.completion).fill_null("")
    if isinstance(task, Chat):
        role = pl.element().struct.field("role")
        spoken = pl.col(task.messages).list.reverse()
        answers = spoken.list.eval(role == "assistant")
        after = pl.when(answers.list.any()).then(answers.list.arg_max() + 1).otherwise(0)
        before = spoken.list.slice(after).list.reverse()
        return before.list.eval(pl.element().struct.field("content").fill_null("")).list.join("\n")
    assert task.text is not None, "a model that was asked has read a text"
    return pl.col(task.text).cast(pl.String).fill_null("")


def with_slices(table: pl.DataFrame, rows: pl.DataFrame, kept: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return the table of predictions with the slices of its rows; as it is where no model was trained."""
    if recipe.train is None:
        return table
    learned = kept.filter(pl.col("side") == "train")
    asked = rows.select("row", input_text(recipe.task).alias("text"))
    known = learned.select(input_text(recipe.task).alias("text"))["text"].to_list()
    found = asked.select("row", pl.col("text").str.len_chars().alias("input_characters")).with_columns(
        pl.Series("likeness", likeness(asked["text"].to_list(), known, recipe.seed)).fill_nan(None)
    )
    joined = table.join(found, on="row", how="left", maintain_order="left")
    length, like = pl.col("input_characters"), pl.col("likeness")
    inside = {
        LONG: _but_all(length >= length.quantile(1 - TENTH, interpolation="higher")),
        UNLIKE: _but_all(like <= like.quantile(TENTH, interpolation="lower")),
    }
    if isinstance(recipe.task, Classification):
        rare = rare_labels(table, learned[recipe.task.label].cast(pl.String))
        inside = {LABELS: pl.col("label").is_in(rare), **inside}
    marks = [pl.when(holds.fill_null(value=False)).then(pl.lit(name)) for name, holds in inside.items()]
    return joined.with_columns(pl.concat_list(marks).list.drop_nulls().alias(COLUMN))


def _but_all(holds: pl.Expr) -> pl.Expr:
    """Return the condition, and false of every row where it holds of all that are known."""
    return holds & ~holds.all(ignore_nulls=True)


def rare_labels(table: pl.DataFrame, learned: pl.Series) -> list[str]:
    """Return the labels of a table that have less than a tenth of the labels that were learned from, by name."""
    known = learned.drop_nulls()
    shares = {label: count / len(known) for label, count in known.value_counts().iter_rows()}
    return [label for label in table["label"].drop_nulls().unique().sort().to_list() if shares.get(label, 0) < RARE]


def slice_measures(
    evidence: Evidence, recipe: Recipe, models: Sequence[Model], baseline: Rate | None, chance: Chance
) -> list[Measure]:
    """Return accuracy (or loss) of each model in every slice, the worst slice, and the accuracy of the commonest label there."""
    table = evidence.tables["predictions"]
    if COLUMN not in table.columns or not groups_in(table, COLUMN):
        return []
    found = [] if baseline is None else plain_groups(evidence, baseline, SLICES, chance)
    for model in models:
        if isinstance(recipe.task, Classification):
            each = plain_groups(evidence, model_rate("accuracy", model), SLICES, chance)
            found += [*each, _worst(each, model, _wilson, chance)]
        else:
            each = _losses(evidence, model, chance)
            found += [*each, _worst(each, model, _resampled(evidence, model, chance), chance)]
    return [with_rule(measure, table) for measure in found]


def _wilson(measure: Measure, confidence: float) -> Interval | None:
    return intervals.wilson(Count(measure.numerator or 0, measure.n), confidence)


def _losses(evidence: Evidence, model: Model, chance: Chance) -> list[Measure]:
    made = quotient(evidence.tables["predictions"], "loss", model)
    interval_at, found = _resampled(evidence, model, chance), []
    for name, word in slugs(evidence.groups("predictions", SLICES)).items():
        selection = Selection(table="predictions", equals={**counted_rows("loss", model), COLUMN: name})
        bare = Measure(
            id=join((model, "loss", slug(SLICES), word)),
            title=f"{TITLES['loss']}, {named(model)}, {SLICES}: {name}",
            metric="loss",
            model=model,
            attribute=SLICES,
            group=name,
            n=evidence.count(selection),
            selection=selection,
        )
        value = float(made.value(made.columns[_places(evidence, name)].sum(axis=0)[None, :])[0])
        shown = {"undefined": "there are no rows for it"} if np.isnan(value) else {"value": value}
        found.append(bare.model_copy(update={**shown, "interval": interval_at(bare, chance.confidence)}))
    return found


def _resampled(evidence: Evidence, model: Model, chance: Chance) -> IntervalAt:
    made = quotient(evidence.tables["predictions"], "loss", model)

    def interval_at(measure: Measure, confidence: float) -> Interval | None:
        draws = resampling.Draws(chance.replicates, chance.seed, measure.id, confidence)
        return resampling.bootstrap_rows(made.columns[_places(evidence, measure.group or "")], made.value, draws)

    return interval_at


def _places(evidence: Evidence, name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (
        evidence.tables["predictions"].select(pl.col(COLUMN).list.contains(name).alias("inside"))["inside"].to_numpy()
    )


def _worst(each: Sequence[Measure], model: Model, interval_at: IntervalAt, chance: Chance) -> Measure:
    metric = each[0].metric
    compare = WORST[metric]
    bare = Measure(
        id=join((model, f"worst_slice_{metric}")),
        title=f"Worst slice, {named(model)}",
        metric=f"worst_slice_{metric}",
        model=model,
        attribute=SLICES,
        compare=compare,
    )
    large = [measure for measure in each if measure.value is not None and measure.n >= chance.minimum]
    if not large:
        return bare.model_copy(update={"undefined": NONE.format(minimum=chance.minimum)})
    sign = 1 if compare == "lowest" else -1
    worst = min(large, key=lambda measure: (sign * (measure.value or 0.0), measure.group or ""))
    interval = interval_at(worst, 1 - (1 - chance.confidence) / len(large))
    if interval is not None:
        method = f"{interval.method}, simultaneous over {len(large)} slices (Bonferroni)"
        interval = interval.model_copy(update={"confidence": chance.confidence, "method": method})
    parts = tuple(measure.id for measure in large)
    found = {
        "n": worst.n,
        "value": worst.value,
        "parts": parts,
        "interval": interval,
        "note": f"worst for the {named(model)} is {worst.group}",
    }
    return bare.model_copy(update=found)


def with_rule(measure: Measure, table: pl.DataFrame) -> Measure:
    """Return a slice's measure with the rule of its slice in words, as it came out here."""
    if measure.group is None:
        return measure
    rows = select(table, {COLUMN: measure.group})
    share = f"{100 * len(rows) / len(table):.0f} % of the rows"
    match measure.group:
        case "rare labels":
            labels = ", ".join(rows["label"].unique().sort().to_list())
            rule = f"labels with less than {100 * RARE:g} % of the rows that were learned from: {labels}"
        case "long inputs":
            shortest = int(rows["input_characters"].to_numpy().min())
            rule = f"{share}, the longest: of {shortest:,} characters or more"
        case _:
            highest = float(rows["likeness"].to_numpy().max())
            rule = (
                f"{share}, those farthest from any training text: cosine of TF-IDF word weights {highest:.2f} or less"
            )
    return measure.model_copy(update={"note": f"{measure.group}: {rule}"})
