"""Text from elsewhere: how well each model does on files that nothing was trained or chosen on, and how much worse than here.

The table `outside_<name>` holds what both models say of a file's rows, and whether a row is a copy of one that is learned from or
chosen by (`copied`): no figure is of copies. Figures are those of the test rows, worked out on the file's rows alone. A drop is the
figure on the test rows less that on the file: two sets of rows, so its interval is unpaired, and worked out from the intervals of
both (MOVER: Zou and Donner 2008, Statistics in Medicine 27:1693-1702; of two rates it is Newcombe's).
"""

from collections.abc import Mapping, Sequence
from math import hypot

import polars as pl

from audit import metrics
from audit.attributes import COUNTED, attributes
from audit.comparison import comparison_measures
from audit.evidence import Evidence
from audit.families import holm_apart
from audit.group_rates import groups_and_gaps
from audit.group_scores import overall_scores
from audit.model_rates import model_rate, named
from audit.prediction_table import prediction_table
from audit.quotient_changes import quotient_changes
from audit.quotients import OF_LOSS, TITLES, quotient_measures
from audit.rates import Chance, Rate, overall
from audit.results import Interval, Measure, Model, Selection
from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification

PREFIX = "outside_"
"""What the tables of files are called by."""
COPIED, COPIES = "copied", "outside_copies"
OF_SELECTED = ("selection_rate", "false_positive_rate")
OF_CLASSIFIER = ("accuracy", "macro_f1")
NAMES = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", **{metric: TITLES[metric] for metric in OF_LOSS}}
"""The figures that drop, by metric."""
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
    """Return the rows of a file with each model's answers, and whether a row is `copied`."""
    answers = dict(said)
    if not isinstance(recipe.task, Classification):  # nothing is written of them
        answers = {model: each.with_columns(answer=pl.lit(None, dtype=pl.String)) for model, each in said.items()}
    copied = rows.select("row", pl.col("copy_of").is_not_null().alias(COPIED))
    return prediction_table(rows, answers, recipe).join(copied, on="row", how="left", maintain_order="left")


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
        kept = Evidence({"predictions": table.filter(~pl.col(COPIED))}, ())
        figures = _figures(kept, recipe, asked, chance, file.name)
        mine = [_of_file(measure, file.name) for measure in figures]
        found += [_copies(evidence, file.name, chance), *mine, *_drops(by_id, mine, file.name, asked)]
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
        selection = Selection(table=f"{PREFIX}{name}", equals={**selection.equals, COPIED: False})
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
    """Return the id of a figure of a file: `tuned.outside.tweets.accuracy`."""
    whose, _dot, rest = known.partition(".")
    return f"{whose}.outside.{name}.{rest}"


def _copies(evidence: Evidence, name: str, chance: Chance) -> Measure:
    """Return the share of the file's rows that are copies; `fairlead trace` names them."""
    rate = Rate(
        ("outside", name, "copies"), COPIES, f"Copies of rows that were learned from or chosen by, in {name}",
        f"{PREFIX}{name}", {COPIED: True}, "there are no rows",
    )  # fmt: skip
    return overall(evidence, rate, chance).model_copy(update={"probe": name, "interval": None})


def _drops(here: Mapping[str, Measure], mine: Sequence[Measure], name: str, models: Sequence[Model]) -> list[Measure]:
    """Return how much lower each figure is on the file than on the test rows, where both were measured."""
    there = {measure.id: measure for measure in mine}
    pairs = [(f"{model}.{metric}", _id(f"{model}.{metric}", name)) for model in models for metric in NAMES]
    return [_drop(here[one], there[other]) for one, other in pairs if one in here and other in there]


def _drop(here: Measure, there: Measure) -> Measure:
    assert here.model is not None
    bare = Measure(
        id=f"{there.id}.drop",
        title=f"{NAMES[here.metric]}, {named(here.model)}: test rows less {there.probe}",
        metric=f"{here.metric}_drop",
        model=here.model,
        probe=there.probe,
        compare="difference",
        n=here.n + there.n,
        parts=(here.id, there.id),
        undefined="; ".join(dict.fromkeys(part.undefined for part in (here, there) if part.undefined)),
    )
    value = metrics.combine(bare, [here.value, there.value])
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
