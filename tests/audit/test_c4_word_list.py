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
    rates = [m for m in audit.measures if (m.metric, m.step, m.compare) == ("drop_rate", "c4_word_list", None)]
    statements, listed = count(real_data)
    found = {rate.group: (rate.numerator, rate.n) for rate in rates if rate.group is not None}
    assert found == {group: (listed[group], size) for group, size in statements.items()}
    assert (listed["lgbtq"], statements["lgbtq"]) == (75, 356)  # 21 %
    assert (listed["women"], statements["women"]) == (16, 305)  # 5 %
    assert (listed["chinese"], statements["chinese"]) == (1, 266)  # 0.4 %
    (verdict,) = audit.verdicts
    gap = next(m for m in audit.measures if m.id == verdict.measure)
    assert (verdict.outcome, gap.metric, gap.step, gap.compare) == (
        "not met",
        "drop_rate",
        "c4_word_list",
        "difference",
    )
    assert gap.value == pytest.approx(75 / 356 - 1 / 266)
    assert gap.interval.low > 0.05
