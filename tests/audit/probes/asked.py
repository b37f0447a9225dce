"""Probes that two invented models were asked: items and likelihoods inline, so that every number can be counted by hand."""

from collections.abc import Mapping, Sequence

import polars as pl
from audit_frames import CHANCE, by_id

from audit import metrics
from audit.evidence import Evidence
from audit.probes.run import probe_measures, tables_of
from audit.results import Measure
from curate.recipe import Recipe


def recipe(**probe: object) -> Recipe:
    return Recipe.model_validate(
        {
            "version": 1,
            "name": "asked",
            "sources": [{"path": "rows.csv"}],
            "task": {"kind": "classification", "text": "text", "label": "label", "labels": {"0": "a", "1": "b", "2": "c"}, "positive": ["1"]},
            "train": {"base": "demo"},
            "split": {},
            "audit": {"probes": [probe]},
        }
    )  # fmt: skip


def likelihoods(items: pl.DataFrame, values: Sequence[float | None]) -> pl.DataFrame:
    """What a model said, in the order of the items."""
    return items.select("item", "choice").with_columns(
        pl.Series("log_likelihood", values, dtype=pl.Float64), tokens=pl.lit(3, dtype=pl.Int64)
    )


class Asked:
    """The evidence and the measures of one probe."""

    def __init__(self, items: pl.DataFrame, said: Mapping[str, Sequence[float | None]], **probe: object) -> None:
        self.recipe = recipe(**probe)
        asked = {model: likelihoods(items, values) for model, values in said.items()}
        # the order of rows in the files must not matter
        tables = tables_of(
            self.recipe.audit.probes[0], items.reverse(), {m: f.sample(fraction=1, shuffle=True, seed=3) for m, f in asked.items()}, self.recipe
        )  # fmt: skip
        self.evidence = Evidence(tables, ())
        self.measures = by_id(probe_measures(self.evidence, self.recipe, tuple(said), CHANCE))  # type: ignore[arg-type]
        for measure in self.measures.values():  # what trace recomputes is what stands there, for every measure
            self.agrees(measure)

    def agrees(self, measure: Measure) -> None:
        value = metrics.compute(measure, self.evidence, self.measures)
        assert (value is None) == (measure.value is None), measure.id
        assert value is None or abs(value - measure.value) < 1e-12, measure.id
        assert (measure.value is None) == bool(measure.undefined), measure.id
        if measure.selection is not None and not measure.parts:
            rows = self.evidence.select(measure.selection)
            assert measure.n == rows.height, measure.id
            assert measure.numerator in (None, metrics.hits_in(rows, measure.hits)), measure.id
            assert rows["row_name"].n_unique() == rows.height
        assert measure.probe == self.recipe.audit.probes[0].name

    def __getitem__(self, name: str) -> Measure:
        return self.measures[name]
