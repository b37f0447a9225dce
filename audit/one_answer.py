"""A classifier that answers (nearly) all rows alike: it has learned to name a label, not to tell labels apart."""

from collections.abc import Sequence

import polars as pl

from audit.results import Model, OneAnswer

SHARE = 0.99
"""From this share of rows with the same answer on, a model is called degenerate."""


def one_answers(predicted: pl.DataFrame | None, models: Sequence[Model]) -> tuple[OneAnswer, ...]:
    """Return each model that gives one and the same answer, with that answer; none where none does, or nothing was answered."""
    found = []
    for model in models:
        if predicted is None or f"{model}_answered" not in predicted.columns:
            continue
        answered = predicted.filter(pl.col(f"{model}_answer").is_not_null())
        counts = answered[f"{model}_answer"].value_counts().sort("count", f"{model}_answer", descending=[True, False])
        if counts.is_empty() or counts["count"][0] < SHARE * answered.height:
            continue
        label, rows = counts.row(0)
        others = int((answered["label"] != label).sum())
        found.append(OneAnswer(model=model, label=label, rows=rows, answered=answered.height, others=others))
    return tuple(found)


def in_words(found: OneAnswer) -> str:
    """Return the caution: why equal rates are then no sign of fairness."""
    whose = "The given predictions have" if found.model == "given" else f"The {found.model} model has"
    said = (
        f"{whose} one and the same answer, {found.label}, for {found.rows:,} of {found.answered:,} answered rows. Between groups "
        "its selection, true and false positive rate then differ by nothing or next to it, by construction: that is no sign of "
        "fairness."
    )
    against = " Every change from base to tuned is against this degenerate model." if found.model == "base" else ""
    return said + against
