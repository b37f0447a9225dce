"""Text from elsewhere: how well each model does on files that nothing was trained or chosen on, and how much worse than here.

The table `outside_<name>` holds what both models say of a file's rows, whether a row is a copy of one that is learned from or
chosen by (`copied`) or of a test row (`copied_from_test`), or another that repeats an earlier row (`repeated`): figures are of the
others (`counted`). `<model>_cut` says that a row was too long and lost its beginning. Figures are those of the test rows, worked
out on the file's rows alone. A drop is the figure on the test rows less that on the file: two sets of rows, so its interval is
unpaired, and worked out from the intervals of both (MOVER: Zou and Donner 2008, Statistics in Medicine 27:1693-1702; of two rates
it is Newcombe's). A macro-F1 over other labels is another figure: where the labels of both differ, its drop is undefined.
"""

from collections.abc import Mapping, Sequence
from math import hypot

import polars as pl

from audit import metrics
from audit.attributes import COUNTED, attributes
from audit.classification import baseline_measures, baseline_rate
from audit.comparison import comparison_measures
from audit.evidence import Evidence
from audit.families import holm_apart
from audit.group_rates import groups_and_gaps
from audit.group_scores import overall_scores
from audit.model_rates import model_rate, named
from audit.prediction_table import prediction_table
from audit.quotient_changes import quotient_changes
from audit.quotients import OF_LOSS, TITLES, quotient_measures
from audit.rates import Chance, Equals, Rate, overall, plain_groups
from audit.results import Interval, Measure, Model, Selection
from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification

PREFIX = "outside_"
"""What the tables of files are called by."""
COUNTED_ROWS = "counted"
LEFT_OUT = {
    "outside_copies": ("copied", "copies", "Copies of rows that were learned from or chosen by"),
    "outside_copies_of_test": ("copied_from_test", "copies_of_test", "Copies of test rows"),
    "outside_repeats": ("repeated", "repeats", "Rows that repeat an earlier row"),
}
"""Which rows no figure is of, by metric: their column, what ends the id, and how they are called."""
CUT = "outside_cut"
OF_SELECTED = ("selection_rate", "false_positive_rate")
NAMES = {"accuracy": "Accuracy", "macro_f1": "Macro F1", **{metric: TITLES[metric] for metric in OF_LOSS}}
"""The figures that drop, by metric."""
NONE_LEFT = "every row is a copy or a repeat"
SHOWN_LABELS = 5
"""So many labels are named that one side lacks."""
MOVER = "from both intervals (MOVER), unpaired"


def outside_tables(run: RunDirectory, recipe: Recipe, models: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return the table of every file that a model was asked about."""
    record = run.read_manifest().phases.get("predict")
    files = record.files if record is not None else {}
    tables: dict[str, pl.DataFrame] = {}
    for file in recipe.audit.outside:
        paths = {model: run.outside_predictions(file.name, model) for model in models}
        said = {model: read_parquet(path) for model, path in paths.items() if str(path.relative_to(run.path)) in files}
        if said:
            tables[f"{PREFIX}{file.name}"] = outside_table(read_parquet(run.outside(file.name)), said, recipe)
    return tables


def outside_table(rows: pl.DataFrame, said: Mapping[str, pl.DataFrame], recipe: Recipe) -> pl.DataFrame:
    """Return the rows of a file with each model's answers, which of them are left out, and which were cut."""
    answers = dict(said)
    if not isinstance(recipe.task, Classification):  # nothing is written of them
        answers = {model: each.with_columns(answer=pl.lit(None, dtype=pl.String)) for model, each in said.items()}
    copied, of_test = pl.col("copy_of").is_not_null(), pl.col("copy_of_test").fill_null(value=False)
    repeated = pl.col("repeat_of").is_not_null()
    more = rows.select(
        "row",
        (copied & ~of_test).alias("copied"),
        (copied & of_test).alias("copied_from_test"),
        (repeated & ~copied).alias("repeated"),
        (~repeated & ~copied).alias(COUNTED_ROWS),
    )
    for model, each in said.items():
        cut = each.select("row", pl.col("cut").alias(f"{model}_cut"))
        more = more.join(cut, on="row", how="left", maintain_order="left")
    return prediction_table(rows, answers, recipe).join(more, on="row", how="left", maintain_order="left")


def outside_measures(
    evidence: Evidence, recipe: Recipe, models: Sequence[Model], here: Sequence[Measure], chance: Chance
) -> list[Measure]:
    """Return the figures of every file, their changes and drops; `here` are the measures of the test rows."""
    by_id, found = {measure.id: measure for measure in here if measure.probe is None}, list[Measure]()
    for file in recipe.audit.outside:
        table = evidence.tables.get(f"{PREFIX}{file.name}")
        if table is None:
            continue
        asked = [model for model in models if f"{model}_answer" in table.columns]
        counted = {**evidence.tables, "predictions": table.filter(pl.col(COUNTED_ROWS))}
        kept = Evidence(counted, ())
        figures = _figures(kept, recipe, asked, chance, file.name)
        figures += [overall(kept, _cut_rate(model), chance) for model in asked]
        mine = [_of_file(measure, file.name) for measure in figures]
        uneven = _uneven(evidence.tables.get("predictions"), kept.tables["predictions"])
        if kept.tables["predictions"].is_empty():
            uneven = ""
            mine = [each.model_copy(update={"undefined": NONE_LEFT}) if each.undefined else each for each in mine]
        drops = _drops(by_id, mine, uneven, chance.minimum)
        found += [*_left_out(evidence, file.name, chance), *mine, *drops]
    return found


def _figures(kept: Evidence, recipe: Recipe, models: Sequence[Model], chance: Chance, name: str) -> list[Measure]:
    """Return the figures of the rows that are no copies, as if they were the test rows, and what tuning changed."""
    by = [each for each in attributes(recipe) if set(kept.groups("predictions", each)) - set(COUNTED)]
    both, found = {"base", "tuned"} <= set(models), list[Measure]()
    if not isinstance(recipe.task, Classification):
        for model in models:
            found += [
                measure
                for metric in OF_LOSS
                for measure in quotient_measures(kept, metric, model, by, chance)
                if measure.compare is None or (measure.compare == "difference" and measure.group is None)
            ]
        return [*found, *(quotient_changes(kept, found, chance) if both else [])]
    rates = ("accuracy", *(OF_SELECTED if recipe.task.positive else ()))
    found += baseline_measures(kept, chance)
    found += [measure for each in by for measure in plain_groups(kept, baseline_rate(kept), each, chance)]
    for model in models:
        whole = [overall(kept, model_rate(metric, model), chance) for metric in rates]
        whole[1:1] = overall_scores(kept, model, ["macro_f1"], chance)
        groups = [
            measure
            for attribute in by
            for metric in rates
            for measure in groups_and_gaps(kept, model_rate(metric, model), attribute, chance)
            if measure.compare != "ratio"
        ]
        found += [*whole, *holm_apart(groups, f"the {model} answers on {name}")]
    if not both:
        return found
    changes = comparison_measures(kept, by, found, chance)
    return [*found, *(_on_file(change, name) for change in changes)]


def _on_file(change: Measure, name: str) -> Measure:
    """Return a change whose family of tests names the file."""
    return change.model_copy(
        update={"test": change.test.replace("base against tuned", f"base against tuned on {name}")}
    )


def _of_file(measure: Measure, name: str) -> Measure:
    """Return a measure of the file's rows under its own name, with its rows in the file's own table."""
    selection = measure.selection
    if selection is not None:
        selection = Selection(table=f"{PREFIX}{name}", equals={**selection.equals, COUNTED_ROWS: True})
    return measure.model_copy(
        update={
            "id": _id(measure.id, name),
            "title": f"{measure.title}, on {name}",
            "probe": name,
            "selection": selection,
            "parts": tuple(_id(part, name) for part in measure.parts),
        }
    )


def _id(known: str, name: str) -> str:
    """Return the id of a figure of a file: `tuned.outside.tweets.accuracy`, `majority_baseline.outside.tweets`."""
    whose, dot, rest = known.partition(".")
    return f"{whose}.outside.{name}{dot}{rest}"


def _left_out(evidence: Evidence, name: str, chance: Chance) -> list[Measure]:
    """Return the shares of the file's rows that no figure is of; `fairlead trace` names them."""
    rates = [
        Rate(
            ("outside", name, ending), metric, f"{title}, in {name}", f"{PREFIX}{name}", {column: True}, "there are no rows"
        )
        for metric, (column, ending, title) in LEFT_OUT.items()
    ]  # fmt: skip
    return [overall(evidence, rate, chance).model_copy(update={"probe": name, "interval": None}) for rate in rates]


def _cut_rate(model: Model) -> Rate:
    """Return the share of rows that a model read without their beginning."""
    title, hits = f"Rows that lost their beginning, {named(model)}", Equals({f"{model}_cut": True})
    return Rate((model, "cut"), CUT, title, "predictions", hits, "there are no rows", model=model)


def _uneven(here: pl.DataFrame | None, there: pl.DataFrame) -> str:
    """Return why macro-F1 of the test rows and of a file is not over the same labels; nothing where it is."""
    if here is None or "label" not in here.columns:
        return ""
    ours, theirs = (set(table["label"].drop_nulls().to_list()) for table in (here, there))
    lacking = {"the file has": sorted(ours - theirs), "the test rows have": sorted(theirs - ours)}
    return "; ".join(f"{who} no row of {_named_labels(labels)}" for who, labels in lacking.items() if labels)


def _named_labels(labels: Sequence[str]) -> str:
    shown, more = ", ".join(labels[:SHOWN_LABELS]), len(labels) - SHOWN_LABELS
    return f"{'label' if len(labels) == 1 else 'labels'} {shown}{f' and {more} more' if more > 0 else ''}"


def _drops(here: Mapping[str, Measure], mine: Sequence[Measure], uneven: str, minimum: int) -> list[Measure]:
    """Return how much lower each figure is on the file than on the test rows, where both were measured.

    `uneven` says why macro-F1 cannot be compared; of fewer than `minimum` rows on either side there is no interval.
    """
    levels = [m for m in mine if m.metric in NAMES and (m.attribute, m.compare) == (None, None)]
    pairs = [(here[f"{m.model}.{m.metric}"], m) for m in levels if f"{m.model}.{m.metric}" in here]
    return [_drop(one, other, uneven if other.metric == "macro_f1" else "", minimum) for one, other in pairs]


def _drop(here: Measure, there: Measure, uneven: str, minimum: int) -> Measure:
    assert here.model is not None
    bare = Measure(
        id=f"{there.id}.drop",
        title=f"{NAMES[here.metric]}, {named(here.model)}: test rows less {there.probe}",
        metric=f"{here.metric}_drop",
        model=here.model,
        probe=there.probe,
        compare="difference",
        n=here.n + there.n,
        parts=() if uneven else (here.id, there.id),
        undefined=uneven or "; ".join(dict.fromkeys(part.undefined for part in (here, there) if part.undefined)),
    )
    if uneven:
        return bare
    value = metrics.combine(bare, [here.value, there.value])
    if min(here.n, there.n) < minimum:
        return bare.model_copy(
            update={"value": value, "note": f"fewer than {minimum} rows" if value is not None else ""}
        )
    return bare.model_copy(update={"value": value, "interval": unpaired(here, there)})


def unpaired(one: Measure, other: Measure) -> Interval | None:
    """Return the interval of the difference of two numbers of different rows, from the intervals of both (see above).

    None where one has none. An interval that does not hold its own number, as a bootstrap's may be, adds nothing on that side.
    """
    if one.interval is None or other.interval is None or one.value is None or other.value is None:
        return None
    below = hypot(max(one.value - one.interval.low, 0), max(other.interval.high - other.value, 0))
    above = hypot(max(one.interval.high - one.value, 0), max(other.value - other.interval.low, 0))
    value = one.value - other.value
    return Interval(low=value - below, high=value + above, confidence=one.interval.confidence, method=MOVER)
