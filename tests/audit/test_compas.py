"""COMPAS as ProPublica published it: an audit of predictions that came with the data, over the whole path."""

from pathlib import Path

import pytest

from audit.run import audit_run
from curate import engine
from curate.recipe_file import parse_recipe

RECIPE = """
version: 1
name: compas
sources: [{path: compas.csv}]
task: {kind: classification, label: label_value, prediction: score, positive: ["1"]}
groups: {race: {column: race}}
audit: {metrics: [false_positive_rate, true_positive_rate], replicates: 200}
"""


def test_published_rates(real_data: Path, tmp_path: Path):
    prepared = engine.prepare(parse_recipe(RECIPE, "compas.yaml"), real_data, tmp_path)
    measures = {measure.id: measure for measure in audit_run(engine.curate(prepared)).measures}
    # Angwin et al. 2016, "Machine Bias", ProPublica: false positive 44.85 / 23.45 %, false negative 27.99 / 47.72 %
    published = {"african-american": (0.4485, 0.2799), "caucasian": (0.2345, 0.4772)}
    for group, (false_positive, false_negative) in published.items():
        assert measures[f"given.false_positive_rate.race.{group}"].value == pytest.approx(false_positive, abs=5e-5)
        assert 1 - measures[f"given.true_positive_rate.race.{group}"].value == pytest.approx(false_negative, abs=5e-5)
        interval = measures[f"given.false_positive_rate.race.{group}"].interval
        assert interval.low < false_positive < interval.high
