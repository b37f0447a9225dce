"""How well a model classifies: accuracy, macro-F1, every label, confusion, and the answers that could not be read."""

import numpy as np
import polars as pl

from audit import metrics, resampling
from audit.attributes import attributes
from audit.evidence import Evidence
from audit.group_scores import overall_scores, scores_among
from audit.model_rates import HIGHER_IS_WORSE, OF_SAME_ROWS, model_rate, named, rates_among
from audit.prediction_table import labels_of
from audit.rates import Chance, Equals, Rate, count_of, counted, overall, plain_groups
from audit.resampling import Floats
from audit.results import Measure, Model, Selection
from audit.selecting import COUNT, select
from audit.slugs import join, slugs
from curate.audit_settings import COMPLEMENTS
from curate.recipe import Recipe
from curate.task import Classification

UNREAD = " unread"
"""What stands for an answer that could not be read; no label that was answered begins with a blank."""


def classification_measures(
    evidence: Evidence, recipe: Recipe, model: Model, asked: tuple[str, ...], chance: Chance
) -> list[Measure]:
    """Return one model's measures over all rows: those that are asked for, accuracy, every label, confusion, unread answers."""
    task, table = recipe.task, evidence.tables["predictions"]
    assert isinstance(task, Classification)
    labels = labels_of(table, task)
    rates = rates_among(("accuracy", *asked), task.positive)
    measures = [overall(evidence, model_rate(metric, model), chance) for metric in rates]
    measures += _unread(evidence, recipe, model, rates, chance)
    measures += overall_scores(evidence, model, [metric for metric in scores_among(task) if metric in asked], chance)
    measures += [
        measure for label, word in slugs(labels).items() for measure in _one_label(evidence, model, label, word, chance)
    ]
    measures += _confusion(evidence, model, labels)
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
        for attribute in attributes(recipe):
            measures += plain_groups(evidence, rate, attribute, chance)
        for metric in [metric for metric in rates if metric in OF_SAME_ROWS]:
            measures += bounds(evidence, recipe, model, metric, chance)
    return measures


def bounds(evidence: Evidence, recipe: Recipe, model: Model, metric: str, chance: Chance) -> list[Measure]:
    """Return a rate over all rows and by group as if every unread answer were a hit, and as if none were."""
    rate = model_rate(metric, model)
    equals = {key: value for key, value in rate.equals.items() if key != f"{model}_answered"}
    hit, measures = {"accuracy": "correct", **dict.fromkeys(COMPLEMENTS, "negative")}.get(metric, "positive"), []
    unread = Equals({f"{model}_{hit}_or_unread": True})
    for case, hits in (("worst_case", rate.hits), ("best_case", unread)):
        called = {"worst_case": "best_case", "best_case": "worst_case"}[case] if metric in HIGHER_IS_WORSE else case
        title = f"{rate.title}, unread answers at {called.removesuffix('_case')}"
        bound = Rate(rate.prefix, rate.metric, title, rate.table, hits, rate.nothing, equals, model=model)
        found = [overall(evidence, bound, chance)]
        found += [
            measure for attribute in attributes(recipe) for measure in plain_groups(evidence, bound, attribute, chance)
        ]
        measures += [
            measure.model_copy(update={"id": f"{measure.id}.{called}", "compare": called}) for measure in found
        ]
    return measures


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
        called = (join((*rate.prefix, word)), rate.title)
        measures.append(counted(rate, called, count_of(evidence, rate), {}, chance.confidence))
    return [*measures, _f1(evidence, model, label, word, chance)]


def _f1(evidence: Evidence, model: Model, label: str, word: str, chance: Chance) -> Measure:
    """Return F1 of one label; its interval resamples the cells of truth and answer."""
    name, rows = join((model, "f1", word)), select(evidence.cells("predictions"), judged(model).equals)
    told, truly = pl.col(f"{model}_answer") == label, pl.col("label") == label
    cells = rows.group_by(truly=truly, told=told).agg(pl.col(COUNT).sum()).sort("truly", "told")
    both = (cells["truly"] & cells["told"]).to_numpy()
    asked = cells["truly"].cast(pl.Int64).to_numpy() + cells["told"].cast(pl.Int64).to_numpy()

    def score(tables: Floats) -> Floats:
        return resampling.rates_of(2 * tables[:, both].sum(axis=1), tables @ asked)

    counts = cells[COUNT].to_numpy()
    value = float(score(counts[None, :].astype(np.float64))[0])
    defined = not np.isnan(value)
    return Measure(
        id=name,
        title=f"F1 of {label}, {named(model)}",
        metric="f1",
        model=model,
        label=label,
        value=value if defined else None,
        n=int(counts.sum()),
        selection=judged(model),
        undefined="" if defined else "the label stands neither in the truth nor in the answers",
        interval=resampling.bootstrap_cells(counts, score, chance.draws(name)) if defined else None,
    )


def _confusion(evidence: Evidence, model: Model, labels: tuple[str, ...]) -> list[Measure]:
    """Return how many rows of each label got each answer; an answer that could not be read is an answer of its own."""
    words, measures = slugs((*labels, UNREAD)), []
    for truth in labels:
        selection = Selection(table="predictions", equals={"label": truth})
        n = evidence.count(selection)
        for answer in (*labels, UNREAD):
            hits = Equals({f"{model}_answered": False}) if answer == UNREAD else Equals({f"{model}_answer": answer})
            count = evidence.count(Selection(table="predictions", equals={"label": truth, **hits}))
            if answer != UNREAD or count:
                measures.append(
                    Measure(
                        id=join((model, "confusion", words[truth], words[answer])),
                        title=f"Rows of label {truth} answered {answer.strip()}, {named(model)}",
                        metric="confusion",
                        model=model,
                        label=truth,
                        value=float(count),
                        n=n,
                        numerator=count,
                        selection=selection,
                        hits=hits,
                    )
                )
    return measures


def baseline_measures(evidence: Evidence, chance: Chance) -> list[Measure]:
    """Return accuracy and macro-F1 of always answering the label that is commonest in what the model learns from."""
    rate = baseline_rate(evidence)
    accuracy = overall(evidence, rate, chance)
    selection = Selection(table=rate.table, equals=rate.equals)
    counts = evidence.select(selection, "label")["label"].value_counts().sort("label")
    truths, rows = counts["label"].to_list(), counts["count"].cast(pl.Int64).to_numpy()
    answers = [rate.label or ""] * len(truths)

    def score(tables: Floats) -> Floats:
        return metrics.macro_f1_of_cells(tables.astype(np.int64), truths, answers)

    name = rate.id("macro_f1")
    bare = Measure(
        id=name,
        title=f"Macro F1 of always answering {rate.label}",
        metric="majority_macro_f1",
        label=rate.label,
        n=int(rows.sum()),
        selection=selection,
    )
    if not len(rows):
        return [accuracy, bare.model_copy(update={"undefined": rate.nothing})]
    value = float(metrics.macro_f1_of_cells(rows[None, :], truths, answers)[0])
    interval = resampling.bootstrap_cells(rows, score, chance.draws(name))
    return [accuracy, bare.model_copy(update={"value": value, "interval": interval})]


def baseline_rate(evidence: Evidence) -> Rate:
    """Return the rate of rows that have the label that is commonest in what the model learns from (a tie: by name)."""
    learned = evidence.select(evidence.learned_from)["label"].drop_nulls()
    counts = learned.value_counts().sort("count", "label", descending=[True, False])
    commonest = counts["label"][0] if len(counts) else ""
    return Rate(
        ("majority_baseline",),
        "majority_baseline",
        f"Accuracy of always answering {commonest}",
        "predictions",
        {"label": commonest},
        "no row here has a label",
        {"labelled": True},
        label=commonest,
    )


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
