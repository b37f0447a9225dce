"""Personal data do not come back through the ledger, the quarantine or an explanation."""

from typing import Literal

import polars as pl
import pytest

from curate import engine
from curate.questions.explain import explain
from curate.questions.near_threshold import near_threshold
from curate.recipe_file import load_recipe, parse_recipe
from curate.secrets import without_secrets
from curate.steps.base import Rewrite

RECIPE = """\
version: 1
name: pii
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
steps: [{step: unicode}, {step: whitespace}, {step: length, min: 5}, {step: mask_pii}]
"""
ROWS = [
    "write to john&#64;doe.example.com soon,a",
    "call 202&nbsp;555&nbsp;0147  today,b",
    "nothing &amp; nobody  here,a",
    "broken line with anna@example.com",
    "plain  berta@example.com here,b",
]
SECRETS = ("doe.example", "555", "anna@", "berta@")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pii")
    (folder / "pii.yaml").write_text(RECIPE)
    (folder / "a.csv").write_text("text,label\n" + "\n".join(ROWS) + "\n")
    return engine.curate(engine.prepare(load_recipe(folder / "pii.yaml"), folder, folder / "runs"))


def test_ledger_and_quarantine(run):
    for path in (run.ledger, run.quarantine):
        said = " ".join(str(row) for row in pl.read_parquet(path).rows())
        assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("row", ["a/2", "a/3", "a/5", "a/6"])
def test_explain(run, row):
    said = explain(run, row).model_dump_json()
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_text_without_personal_data_is_shown_as_it_was(run):
    life = explain(run, "a/4")
    assert life.text_as_read == "nothing &amp; nobody  here"
    assert life.events[0].before == "nothing &amp; nobody  here"


DATES = """\
version: 1
name: dates
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label}
steps: [{step: mask_pii}, {step: date_window, column: day, earliest: 2020-01-01}]
"""


def test_what_a_rule_found_is_masked_in_the_measurements(tmp_path):
    (tmp_path / "dates.yaml").write_text(DATES)
    (tmp_path / "a.csv").write_text(
        "text,label,day\nhello,a,carla@example.com\nhullo,b,2019-12-31\nhallo,a,2020-01-02\n"
    )
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "dates.yaml"), tmp_path, tmp_path / "runs"))
    (measured,) = run.measures.glob("*.parquet")
    assert pl.read_parquet(measured)["date_window.date.detail"].to_list() == ["[EMAIL]", "2019-12-31", "2020-01-02"]
    assert pl.read_parquet(run.ledger)["detail"].to_list() == ["[EMAIL]", "2019-12-31"]
    assert "carla@" not in explain(run, "a/2").model_dump_json()
    assert explain(run, "a/2").measurements[0].detail == "[EMAIL]"
    assert "carla@" not in near_threshold(run).model_dump_json()


class Quoted(Rewrite):
    """Writes `at` out, and gives its column whatever name a user's expression may give it."""

    step: Literal["quoted"] = "quoted"
    way: Literal["literal", "alias", "suffix"] = "literal"

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        plain = text.str.replace_all(" [at] ", "@", literal=True)
        ways = {
            "literal": pl.concat_str([pl.lit("> "), plain]),
            "alias": plain.alias("plain"),
            "suffix": plain.name.suffix("_x"),
        }
        return ways[self.way]


@pytest.mark.parametrize("way", ["literal", "alias", "suffix"])
def test_the_name_that_a_rewrite_gives_its_column_does_not_matter(way):
    steps = f"[{{step: quoted, way: {way}}}, {{step: mask_pii}}]"
    recipe = parse_recipe(RECIPE.partition("steps:")[0] + f"steps: {steps}\n", "r.yaml", own=(Quoted,))
    texts = pl.DataFrame({"before": ["anna [at] example.com writes", "nobody writes", None]})
    (shown,) = texts.lazy().select(without_secrets(pl.col("before"), recipe)).collect(engine="streaming").get_columns()
    assert shown.name == "before"
    assert "example.com" not in shown[0]
    assert "[EMAIL] writes" in shown[0]
    assert shown.to_list()[1:] == ["nobody writes", None]
