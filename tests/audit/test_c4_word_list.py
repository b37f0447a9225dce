"""Whom C4's word list removes among the neutral statements of ToxiGen: the recipe's audit, and the same counted by hand."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from audit.run import audit_run
from curate import engine
from curate.recipe_file import load_recipe

RECIPE = Path(__file__).parents[2] / "recipes" / "c4_word_list.yaml"


def count(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """Neutral statements of each group, and those that C4's pattern finds a listed word in."""
    entries = (folder / "bad_words_en.txt").read_text(encoding="utf-8").splitlines()
    pattern = re.compile(r"(?:\W|^)({})(?:\W|$)".format("|".join(map(re.escape, entries))))
    statements, listed = Counter(), Counter()
    for statement in json.loads((folder / "toxigen.json").read_text(encoding="utf-8")):
        if statement["label"] == "neutral":
            groups = set(statement["target_groups"])
            statements.update(groups)
            listed.update(groups if pattern.search(statement["text"].lower()) else ())
    return statements, listed


def test_the_rule_removes_neutral_statements_about_some_people(real_data: Path, tmp_path: Path):
    prepared = engine.prepare(load_recipe(RECIPE, ("audit.replicates=200",)), real_data, tmp_path)
    audit = audit_run(engine.curate(prepared))
    measures = {measure.id: measure for measure in audit.measures}
    statements, listed = count(real_data)
    for group, size in statements.items():
        found = measures[f"drop_rate.c4_word_list.target.{group.replace(' ', '-')}"]
        assert (found.numerator, found.denominator) == (listed[group], size)
    assert (listed["lgbtq"], statements["lgbtq"]) == (75, 356)  # 21 %
    assert (listed["women"], statements["women"]) == (16, 305)  # 5 %
    assert (listed["chinese"], statements["chinese"]) == (1, 266)  # 0.4 %
    (verdict,) = audit.verdicts
    gap = measures["drop_rate.c4_word_list.target.difference"]
    assert (verdict.outcome, verdict.measure) == ("not met", gap.id)
    assert gap.value == pytest.approx(75 / 356 - 1 / 266)
    assert gap.interval.low > 0.05
