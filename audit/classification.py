"""How well a model classifies: accuracy, macro-F1, every label, confusion, calibration, and the answers that could not be read."""

from functools import partial

import polars as pl

from audit import metrics, resampling
from audit.evidence import Evidence, select
from audit.fairness import asked_rates, model_rate, named
from audit.intervals import Count
from audit.prediction_table import known_labels
from audit.quotients import quotient_measure
from audit.rates import Chance, Equals, Rate, counted, overall, plain_groups
from audit.resampling import Floats, Integers, OfCells
from audit.results import Interval, Measure, Model, Selection
from audit.slugs import join, slugs
from curate.recipe import Recipe
from curate.task import Classification

HIGHER_IS_WORSE = ("false_positive_rate",)


def classification_measures(
    evidence: Evidence, recipe: Recipe, model: Model, asked: tuple[str, ...], chance: Chance
) -> list[Measure]:
    """Return one model's measures over all rows: those that are asked for, accuracy, every label, confusion, unread answers."""
    task, table = recipe.task, evidence.tables["predictions"]
    assert isinstance(task, Classification)
    labels = known_labels(table["label"], task)
    rates = asked_rates(("accuracy", *asked), task.positive)
    measures = [overall(evidence, model_rate(metric, model), chance) for metric in rates]
    measures += _unread(evidence, recipe, model, rates, chance)
    measures += [macro_f1_measure(evidence, model, chance)] if "macro_f1" in asked else []
    measures += [
        measure for label, word in slugs(labels).items() for measure in _one_label(evidence, model, label, word, chance)
    ]
    measures += _confusion(evidence, model, labels)
    if "calibration_error" in asked and f"{model}_confidence" in table.columns:
        measures += [quotient_measure(evidence, metric, model, chance) for metric in ("calibration_error", "brier")]
    if f"{model}_wrote" in table.columns:
        measures += _written(evidence, model, chance)
    return measures


def judged(model: Model) -> Selection:
    """Return the rows that have a label and an answer of the model."""
    return Selection(table="predictions", equals={"labelled": True, f"{model}_answered": True})


def _unread(evidence: Evidence, recipe: Recipe, model: Model, rates: tuple[str, ...], chance: Chance) -> list[Measure]:
    """Return the share of unread answers; where there are some also by group, and what the rates could be at best and at worst."""
    rate = Rate(
        (model, "unparsed"),
        "unparsed",
        f"Answers not understood, {named(model)}",
        "predictions",
        {f"{model}_answered": False},
        "there are no rows",
        model=model,
    )
    measures = [overall(evidence, rate, chance)]
    if measures[0].numerator:
        for attribute in recipe.attributes:
            measures += plain_groups(evidence, rate, attribute, chance)
        for metric in rates:
            measures += bounds(evidence, recipe, model, metric, chance)
    return measures


def bounds(evidence: Evidence, recipe: Recipe, model: Model, metric: str, chance: Chance) -> list[Measure]:
    """Return a rate over all rows and by group as if every unread answer were a hit, and as if none were."""
    rate = model_rate(metric, model)
    equals = {key: value for key, value in rate.equals.items() if key != f"{model}_answered"}
    (hit,), measures = rate.hits, []
    for case, column in (("worst_case", hit), ("best_case", f"{hit}_or_unread")):
        called = {"worst_case": "best_case", "best_case": "worst_case"}[case] if metric in HIGHER_IS_WORSE else case
        title = f"{rate.title}, unread answers at {called.removesuffix('_case')}"
        bound = Rate(rate.prefix, rate.metric, title, rate.table, {column: True}, rate.nothing, equals, model=model)
        found = [overall(evidence, bound, chance)]
        found += [
            measure for attribute in recipe.attributes for measure in plain_groups(evidence, bound, attribute, chance)
        ]
        measures += [
            measure.model_copy(update={"id": f"{measure.id}.{called}", "compare": called}) for measure in found
        ]
    return measures


def macro_f1_measure(evidence: Evidence, model: Model, chance: Chance) -> Measure:
    """Return macro-F1 over the rows with a label and an answer; its interval resamples the cells of truth and answer."""
    selection, name = judged(model), f"{model}.macro_f1"
    rows = evidence.select(selection)
    cells = rows.group_by("label", f"{model}_answer").len().sort("label", f"{model}_answer")
    value = metrics.macro_f1(rows["label"], rows[f"{model}_answer"])
    scored = partial(
        metrics.macro_f1_of_cells, truths=cells["label"].to_list(), answers=cells[f"{model}_answer"].to_list()
    )
    return Measure(
        id=name,
        title=f"Macro-F1, {named(model)}",
        metric="macro_f1",
        model=model,
        value=value,
        n=len(rows),
        selection=selection,
        undefined="" if value is not None else "no row here has both a label and an answer",
        interval=_by_cells(cells, scored, name, chance) if value is not None else None,
    )


def _by_cells(cells: pl.DataFrame, value: OfCells, name: str, chance: Chance) -> Interval | None:
    counts = cells["len"].cast(pl.Int64).to_numpy()
    return resampling.bootstrap_cells(counts, value, chance.draws(name))


def _one_label(evidence: Evidence, model: Model, label: str, word: str, chance: Chance) -> list[Measure]:
    answered = judged(model)
    told, truly = Equals({**answered.equals, f"{model}_answer": label}), Equals({**answered.equals, "label": label})
    precision = Rate(
        (model, "precision"),
        "precision",
        f"Precision of {label}, {named(model)}",
        "predictions",
        {"label": label},
        "no row was answered with this label",
        told,
        model=model,
        label=label,
    )
    recall = Rate(
        (model, "recall"),
        "recall",
        f"Recall of {label}, {named(model)}",
        "predictions",
        {f"{model}_answer": label},
        "no row with an answer truly has this label",
        truly,
        model=model,
        label=label,
    )
    measures = []
    for rate in (precision, recall):
        rows = evidence.select(Selection(table=rate.table, equals=rate.equals))
        count = Count(metrics.hits_in(rows, rate.hits), len(rows))
        measures.append(counted(rate, (join((*rate.prefix, word)), rate.title), count, {}, chance.confidence))
    return [*measures, _f1(evidence, model, label, word, chance)]


def _f1(evidence: Evidence, model: Model, label: str, word: str, chance: Chance) -> Measure:
    rows, name = evidence.select(judged(model)), join((model, "f1", word))
    value = metrics.f1(rows["label"], rows[f"{model}_answer"], label)
    cells = (
        rows.group_by((pl.col("label") == label).alias("truth"), (pl.col(f"{model}_answer") == label).alias("told"))
        .len()
        .sort("truth", "told")
    )
    both = (cells["truth"] & cells["told"]).to_numpy()
    asked = cells["truth"].cast(pl.Int64).to_numpy() + cells["told"].cast(pl.Int64).to_numpy()

    def score(draws: Integers) -> Floats:
        return resampling.rates_of(2 * draws[:, both].sum(axis=1), draws @ asked)

    return Measure(
        id=name,
        title=f"F1 of {label}, {named(model)}",
        metric="f1",
        model=model,
        label=label,
        value=value,
        n=len(rows),
        selection=judged(model),
        undefined="" if value is not None else "the label stands neither in the truth nor in the answers",
        interval=_by_cells(cells, score, name, chance) if value is not None else None,
    )


def _confusion(evidence: Evidence, model: Model, labels: tuple[str, ...]) -> list[Measure]:
    """Return how many rows of each label got each answer; an answer that could not be read is an answer of its own."""
    table, words, measures = evidence.tables["predictions"], slugs((*labels, "unread")), []
    for truth in labels:
        rows = select(table, {"label": truth})
        for answer in (*labels, "unread"):
            hits = Equals({f"{model}_answered": False}) if answer == "unread" else Equals({f"{model}_answer": answer})
            count = metrics.hits_in(rows, hits)
            if answer != "unread" or count:
                measures.append(
                    Measure(
                        id=join((model, "confusion", words[truth], words[answer])),
                        title=f"Rows of label {truth} answered {answer}, {named(model)}",
                        metric="confusion",
                        model=model,
                        label=truth,
                        value=float(count),
                        n=len(rows),
                        numerator=count,
                        selection=Selection(table="predictions", equals={"label": truth}),
                        hits=hits,
                    )
                )
    return measures


def baseline_measure(evidence: Evidence, chance: Chance) -> Measure:
    """Return the accuracy of always answering the label that is commonest in what the model learns from (a tie: by name)."""
    learned = evidence.select(evidence.learned_from)["label"].drop_nulls()
    counts = learned.value_counts().sort("count", "label", descending=[True, False])
    commonest = counts["label"][0] if len(counts) else ""
    rate = Rate(
        ("majority_baseline",),
        "majority_baseline",
        f"Accuracy of always answering {commonest}",
        "predictions",
        {"label": commonest},
        "no row here has a label",
        {"labelled": True},
        label=commonest,
    )
    return overall(evidence, rate, chance)


def _written(evidence: Evidence, model: Model, chance: Chance) -> list[Measure]:
    """Return what the model writes by itself: how often that is none of the labels, and how often it is the right one."""
    wrote = Equals({f"{model}_wrote": True})
    unread = Rate(
        (model, "written", "unparsed"),
        "written_unparsed",
        f"Written answers not understood, {named(model)}",
        "predictions",
        {f"{model}_wrote_label": False},
        "the model wrote nothing",
        wrote,
        model=model,
    )
    right = Rate(
        (model, "written", "accuracy"),
        "written_accuracy",
        f"Written answers that are right, {named(model)}",
        "predictions",
        {f"{model}_wrote_correct": True},
        "the model wrote nothing",
        {**wrote, "labelled": True},
        model=model,
    )
    return [overall(evidence, unread, chance), overall(evidence, right, chance)]
