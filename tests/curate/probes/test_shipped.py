"""What ships with fairlead to see what a model forgot: neither place nor length tells the right answer, and no group is named."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from curate.errors import UserError
from curate.groups import LEXICONS, NONE_MENTIONED, mentions, read_lexicon
from curate.probes import SHIPPED, General, NeutralTexts
from curate.probes.files import ROOT, probe_paths, read_probe
from curate.recipe_file import parse_recipe

RECIPE = """\
version: 1
name: forgetting
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {0: bad, 1: good}}
split: {}
train: {base: demo}
audit:
"""
TOLERANCE = 0.04
"""How far a rule that looks at lengths alone may be from guessing."""


def shipped(probe: General | NeutralTexts) -> pl.DataFrame:
    return probe.items(read_probe(probe, probe_paths([probe], Path("nowhere"))[probe.name]), ())


@pytest.fixture(scope="module")
def general() -> pl.DataFrame:
    return shipped(General())


@pytest.fixture(scope="module")
def texts() -> pl.DataFrame:
    return shipped(NeutralTexts())


def test_there_are_twenty_items_an_area_with_one_right_and_one_to_three_wrong_continuations(general):
    items = general.group_by("item").agg("area", pl.len().alias("choices"), right=pl.col("correct").sum())
    areas = items.with_columns(pl.col("area").list.first())["area"].value_counts()
    assert dict(areas.iter_rows()) == dict.fromkeys(
        ("facts", "arithmetic", "common sense", "grammar", "reading", "instructions"), 20
    )
    assert items["right"].unique().to_list() == [1]
    assert items["choices"].is_between(2, 4).all()
    assert general.select("item", "continuation").is_unique().all()
    assert general.filter("correct").select("prompt", "continuation").is_unique().all()


def test_a_continuation_follows_its_prompt_after_a_blank_and_its_bytes_are_without_it(general):
    first = general.row(0, named=True)
    assert (first["prompt"], first["continuation"], first["bytes"]) == ("Water is made of hydrogen and", " oxygen", 6)
    assert (general["continuation"].str.len_bytes() == general["continuation"].str.len_chars()).all()
    alone = general.filter(pl.col("prompt") == "")
    assert alone["area"].unique().to_list() == ["grammar"]
    assert not alone["continuation"].str.starts_with(" ").any()
    assert (alone["continuation"].str.len_bytes() == alone["bytes"]).all()


def test_the_right_place_is_each_place_equally_often(general):
    sizes = general.with_columns(size=pl.len().over("item")).filter("correct")
    for (_area, size), rows in sizes.group_by("area", "size"):
        counts = [rows.filter(pl.col("choice") == place).height for place in range(size)]
        assert max(counts) - min(counts) <= 1


def rule(items: pl.DataFrame, length: pl.Expr, pick: Callable[[pl.Expr], pl.Expr]) -> float:
    """How often whoever picks by length alone is right; of several that fit, one is picked at random."""
    picked = items.with_columns(fits=length == pick(length).over("item"))
    shares = picked.group_by("item").agg((pl.col("fits") & pl.col("correct")).sum() / pl.col("fits").sum())
    return float(shares["fits"].mean())


@pytest.mark.parametrize("pick", [pl.Expr.max, pl.Expr.min])
def test_picking_the_longest_or_the_shortest_is_no_better_than_chance(general, pick):
    chance = float((1 / general.group_by("item").len()["len"]).mean())
    assert chance == pytest.approx((5 + 5 + 20 / 3 * 3 + 10) / 120)
    for length in (
        pl.col("bytes"),
        pl.col("continuation").str.len_chars(),
        pl.col("continuation").str.split(" ").list.len(),
    ):
        assert rule(general, length, pick) == pytest.approx(chance, abs=TOLERANCE)
    longer = general.with_columns(bytes=pl.col("bytes") + pl.col("correct").cast(pl.Int64) * 5)
    assert abs(rule(longer, pl.col("bytes"), pick) - chance) > 5 * TOLERANCE  # the rule would see it


def test_there_are_forty_texts_of_60_to_120_words(texts):
    words = texts["continuation"].str.split(" ").list.len()
    assert texts.height == texts["name"].n_unique() == 40
    assert words.min() >= 60
    assert words.max() <= 120
    assert (texts["bytes"] == texts["continuation"].str.len_bytes()).all()
    assert texts["prompt"].unique().to_list() == [""]


def test_nothing_speaks_of_a_group_of_people(general, texts):
    every = pl.concat([general["prompt"], general["continuation"], texts["continuation"]]).alias("text").to_frame()
    for lexicon in sorted(LEXICONS.glob("*.txt")):
        found = every.with_columns(groups=mentions(pl.col("text"), read_lexicon(lexicon)))
        assert found.filter(pl.col("groups").list.first() != NONE_MENTIONED)["text"].to_list() == []
    caught = pl.DataFrame({"text": ["the woman left"]}).with_columns(
        g=mentions(pl.col("text"), read_lexicon(LEXICONS / "gender.txt"))
    )
    assert caught["g"].to_list() == [["woman"]]


def test_the_files_lie_in_the_package_and_nothing_names_this_machine():
    for probe in SHIPPED:
        assert not Path(probe.path).is_absolute()
        assert (ROOT / probe.path).is_relative_to(
            ROOT / "curate"
        )  # which pyproject puts into the wheel, with all its files


def told(audit: str, *overrides: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        parse_recipe(RECIPE + audit, "r.yaml", overrides)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_they_are_asked_where_a_model_is_tuned_and_forgetting_is_not_off():
    def names(audit: str, *overrides: str) -> list[str]:
        return [probe.name for probe in parse_recipe(RECIPE + audit, "r.yaml", overrides).probes]

    assert names("  examples: 3\n") == ["general", "neutral_texts"]
    assert names("  forgetting: true\n") == ["general", "neutral_texts"]
    assert names("  forgetting: false\n") == []
    assert names("  examples: 3\n", "train=null") == []
    mine = "  probes: [{probe: crows_pairs, path: c.csv, name: general}]\n"
    assert names(f"{mine}  forgetting: false\n") == ["general"]
    assert told(mine) == [
        "r.yaml:8: audit.probes.0: 'general' is the name of a probe that comes with fairlead; give this one another"
    ]


def test_forgetting_without_training_has_no_effect():
    expected = ["r.yaml:8: audit.forgetting: has no effect without train:, for no model is tuned; leave it out"]
    for value in ("true", "false"):
        assert told(f"  forgetting: {value}\n", "train=null") == expected


def test_gates_on_forgetting_need_it_measured_and_kl_is_of_the_tuned_model():
    gates = "  gates:\n    - {metric: general_accuracy, of: tuned_minus_base, min: -0.02}\n    - {metric: kl_to_base, max: 3.5}\n"
    assert len(parse_recipe(RECIPE + gates, "r.yaml").audit.gates) == 2
    assert told(f"{gates}  forgetting: false\n") == [
        "r.yaml:9: audit.gates.0.metric: 'general_accuracy' is not measured: audit.forgetting is off; switch it on, or leave the gate out",
        "r.yaml:10: audit.gates.1.metric: 'kl_to_base' is not measured: audit.forgetting is off; switch it on, or leave the gate out",
    ]
    assert all("no model is tuned; add train:, or leave the gate out" in line for line in told(gates, "train=null"))
    assert told("  gates: [{metric: kl_to_base, of: tuned_minus_base, max: 1}]\n") == [
        "r.yaml:8: audit.gates.0.of: kl_to_base is of the tuned model, which is held against the base; write of: tuned"
    ]
    assert told("  gates: [{metric: general_accuracy, group: g, compare: difference, min: 0}]\n")[0].startswith(
        "r.yaml:8: audit.gates.0: general_accuracy is not computed for groups"
    )


def test_gates_on_forgetting_fit_every_kind_of_task():
    gates = "  gates: [{metric: general_accuracy, of: tuned, min: 0.5}]\n"
    chat = RECIPE.replace("{kind: classification, text: text, label: label, labels: {0: bad, 1: good}}", "{kind: chat}")
    assert parse_recipe(chat + gates, "r.yaml").measures_forgetting
