"""Evidence from inline rows, so that a test can say who is in which group, what is true and what was answered."""

from collections.abc import Sequence

import polars as pl

from audit.evidence import Evidence
from audit.prediction_table import prediction_table
from audit.rates import Chance
from audit.results import Measure
from curate.recipe import Recipe

CHANCE = Chance(confidence=0.95, replicates=400, seed=7, minimum=1)
Groups = Sequence[Sequence[str]]


def recipe(*attributes: str, **more: object) -> Recipe:
    """A recipe over labels 0 and 1, of which 1 is positive."""
    return Recipe.model_validate(
        {
            "version": 1,
            "name": "test",
            "sources": [{"path": "rows.csv"}],
            "task": {"kind": "classification", "label": "label", "prediction": "answer", "positive": ["1"]},
            "groups": {attribute: {"column": attribute} for attribute in attributes},
            **more,
        }
    )


def kept(truth: Sequence[object], side: str = "all", **groups: Groups) -> pl.DataFrame:
    """Rows as they are kept, numbered from 1."""
    numbers = range(1, len(truth) + 1)
    return pl.DataFrame(
        {
            "row": pl.Series(numbers, dtype=pl.Int64),
            "row_name": [f"rows/{number}" for number in numbers],
            "parent": pl.Series([None] * len(truth), dtype=pl.Int64),
            "side": [side] * len(truth),
            "label": pl.Series([None if label is None else str(label) for label in truth], dtype=pl.String),
            **{
                f"group_{name}": pl.Series(list(map(list, lists)), dtype=pl.List(pl.String))
                for name, lists in groups.items()
            },
        }
    )


def evidence(
    truth: Sequence[object], answers: dict[str, Sequence[object]], asked: Recipe | None = None, **groups: Groups
) -> Evidence:
    """The table of predictions of one or several models."""
    rows = kept(truth, **groups)
    given = {
        model: pl.DataFrame(
            {"row": rows["row"], "answer": pl.Series([None if a is None else str(a) for a in said], dtype=pl.String)}
        )
        for model, said in answers.items()
    }
    return Evidence({"predictions": prediction_table(rows, given, asked or recipe(*groups))}, ())


def by_id(measures: Sequence[Measure]) -> dict[str, Measure]:
    """Measures by their ids; no id twice."""
    found = {measure.id: measure for measure in measures}
    assert len(found) == len(measures)
    return found
