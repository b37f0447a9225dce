"""What a model forgot: accuracy, guessing, bits per byte and divergences by hand; gates; and where the report tells of them."""

import math
from itertools import product

import polars as pl
import pytest
from audit_frames import CHANCE, by_id
from ruamel.yaml import YAML
from scipy.stats import binomtest  # noqa: TID253  (a second way)

from audit import metrics, trace
from audit.__main__ import read_audit
from audit.card_sections import Exported
from audit.evidence import Evidence
from audit.gates import judge
from audit.intervals import newcombe_paired
from audit.probes.general import beats_guessing, guessing_p
from audit.probes.run import probe_measures, tables_of
from audit.recomputed import recompute
from audit.report.content import Items, Prose, shown_ids
from audit.report.sections import forgetting, sections_of
from audit.results import Audit, Measure, Provenance
from audit.run import evidence_of
from audit.views.material import Material
from audit.views.model_card import model_card
from curate.probes import General, NeutralTexts
from curate.recipe import Recipe
from curate.recipe_file import load_finished

SIZES = (2, 3, 4, 2, 3, 4, 2, 3)
"""How many continuations each item has; the first is right, and the last of each is the longest."""
AREAS = ("facts", "facts", "facts", "facts", "grammar", "grammar", "grammar", "grammar")
RIGHT, WRONG, TIE, SHORT, NOTHING = "right", "wrong", "tie", "short", "nothing"
BASE = (RIGHT, RIGHT, RIGHT, WRONG, RIGHT, TIE, RIGHT, NOTHING)
TUNED = (RIGHT, WRONG, WRONG, RIGHT, RIGHT, WRONG, WRONG, NOTHING)
BYTES = (100, 150, 60)
NATS = {"base": (-70.0, -90.0, -30.0), "tuned": (-80.0, -120.0, -33.0)}
TOKENS = (40, 50, 10)
KL = {"kl_to_base": (20.0, 30.0, 1.0), "kl_from_base": (28.0, 31.0, 2.0)}


def recipe(*gates: dict[str, object]) -> Recipe:
    return Recipe.model_validate(
        {
            "version": 1,
            "name": "forgetting",
            "sources": [{"path": "rows.csv"}],
            "task": {"kind": "classification", "text": "text", "label": "label", "labels": {"0": "a", "1": "b"}},
            "train": {"base": "demo"},
            "split": {},
            "audit": {"gates": gates},
        }
    )


def questions() -> pl.DataFrame:
    rows = [
        (item, choice, AREAS[item - 1], choice == 0, 10 if choice == size - 1 else 2)
        for item, size in enumerate(SIZES, start=1)
        for choice in range(size)
    ]
    return pl.DataFrame(rows, schema=["item", "choice", "area", "correct", "bytes"], orient="row")


def answers(how: tuple[str, ...]) -> pl.DataFrame:
    """The log-likelihoods of the first continuation, which is right and has 2 bytes, and of the last, which has 10."""
    found = []
    for item, (size, kind) in enumerate(zip(SIZES, how, strict=True), start=1):
        first, last = {
            RIGHT: (-0.5, -9.0),
            WRONG: (-9.0, -4.0),
            TIE: (-4.0, -4.0),
            SHORT: (-4.0, -9.0),
            NOTHING: (None, None),
        }[kind]
        between = None if kind == NOTHING else -30.0
        values = [first, *[between] * (size - 2), last]
        found += [(item, choice, value, 3) for choice, value in enumerate(values)]
    return pl.DataFrame(found, schema=["item", "choice", "log_likelihood", "tokens"], orient="row")


def texts() -> pl.DataFrame:
    return pl.DataFrame({"item": [1, 2, 3], "choice": [0, 0, 0], "name": ["rain", "bread", "sand"], "bytes": BYTES})


def said_of_texts(model: str, apart: dict[str, tuple[float, ...]] | None = None) -> pl.DataFrame:
    told = {"item": [1, 2, 3], "choice": [0, 0, 0], "log_likelihood": NATS[model], "tokens": TOKENS}
    return pl.DataFrame({**told, **(apart or {})})


def measured(
    base: tuple[str, ...] = BASE, tuned: tuple[str, ...] = TUNED, apart=KL
) -> tuple[Evidence, dict[str, Measure]]:
    """Measure invented models; whatever the order of rows in the files, and recomputed by what `trace` uses."""
    asked = recipe()
    said = {"base": answers(base), "tuned": answers(tuned)}
    about = {"base": said_of_texts("base"), "tuned": said_of_texts("tuned", apart)}
    tables = tables_of(General(), questions().reverse(), {m: f.reverse() for m, f in said.items()}, asked)
    tables |= tables_of(NeutralTexts(), texts().reverse(), {m: f.reverse() for m, f in about.items()}, asked)
    evidence = Evidence(tables, ())
    found = by_id(probe_measures(evidence, asked, ("base", "tuned"), CHANCE))
    for measure in found.values():
        value = metrics.compute(measure, evidence, found)
        assert value == measure.value or value == pytest.approx(measure.value, abs=1e-12), measure.id
        assert measure.probe in ("general", "neutral_texts")
    return evidence, found


@pytest.fixture(scope="module")
def both() -> tuple[Evidence, dict[str, Measure]]:
    return measured()


@pytest.fixture(scope="module")
def found(both) -> dict[str, Measure]:
    return both[1]


def count(measure: Measure) -> tuple[int | None, int]:
    return measure.numerator, measure.n


def test_accuracy_is_of_scored_items_and_a_tie_is_no_answer(both, found):
    assert count(found["base.general_accuracy"]) == (5, 7)
    assert count(found["tuned.general_accuracy"]) == (3, 7)
    assert count(found["base.general_accuracy.area.facts"]) == (3, 4)
    assert count(found["tuned.general_accuracy.area.grammar"]) == (1, 3)
    assert count(found["base.probe.general.tied"]) == (1, 7)
    assert count(found["base.probe.general.unscored"]) == (1, 8)
    rows = both[0].select(found["base.general_accuracy"].selection)
    assert rows["row_name"].to_list() == [f"general/{item}" for item in range(1, 8)]


def test_per_byte_a_longer_continuation_is_at_no_disadvantage(found):
    # right: −0.25 a byte against −0.9; wrong: −4.5 against −0.4; the tie: −2 against −0.4, so the last, which is wrong
    assert count(found["base.general_accuracy_per_byte"]) == (5, 7)
    short = measured(base=(SHORT,) * 8)[1]  # −4 against −9, and −2 a byte against −0.9
    assert count(short["base.general_accuracy"]) == (8, 8)
    assert count(short["base.general_accuracy_per_byte"]) == (0, 8)


def test_guessing_is_one_in_as_many_as_there_are_and_its_tail_is_exact(found):
    chances = [1 / size for size in SIZES[:7]]
    assert found["general_guessing"].value == pytest.approx(sum(chances) / 7)
    assert found["general_guessing.area.grammar"].value == pytest.approx((1 / 3 + 1 / 4 + 1 / 2) / 3)
    for right in range(8):  # over every way to guess
        ways = [way for way in product((0, 1), repeat=7) if sum(way) >= right]
        each = [math.prod(p if hit else 1 - p for p, hit in zip(chances, way, strict=True)) for way in ways]
        assert guessing_p(chances, right) == pytest.approx(sum(each))
    assert found["base.general_accuracy"].p_value == pytest.approx(guessing_p(chances, 5))
    assert guessing_p([0.25] * 20, 9) == pytest.approx(binomtest(9, 20, 0.25, alternative="greater").pvalue)


def test_who_guesses_is_told_from_who_knows():
    knows, guesses = (RIGHT,) * 8, (RIGHT, WRONG, WRONG, RIGHT, WRONG, WRONG, WRONG, WRONG)
    found = measured(knows, guesses)[1]
    assert beats_guessing(found["base.general_accuracy"], 0.95)
    assert not beats_guessing(found["tuned.general_accuracy"], 0.95)


def test_the_change_is_paired_and_names_what_was_lost(both, found):
    change = found["change.general_accuracy"]
    assert change.value == pytest.approx(-2 / 7)
    assert change.p_value == pytest.approx(binomtest(1, 4, 0.5).pvalue)  # three lost, one gained
    assert change.interval == newcombe_paired(2, 3, 1, 1, 0.95)
    assert change.detectable is not None
    assert count(found["general_lost"]) == (3, 7)
    assert count(found["general_gained"]) == (1, 7)
    rows = both[0].select(found["general_lost"].selection)
    lost = rows.filter(pl.col("base_correct") & ~pl.col("tuned_correct"))["row_name"].to_list()
    assert lost == ["general/2", "general/3", "general/7"]


def test_bits_per_byte_and_divergences_are_sums_over_sums(both, found):
    for model in ("base", "tuned"):
        bits = found[f"{model}.neutral_bits_per_byte"]
        assert bits.value == pytest.approx(-sum(NATS[model]) / math.log(2) / 310)
        assert bits.n == 3
        assert bits.note == f"310 bytes, 100 tokens of the {model} model"
    assert found["change.neutral_bits_per_byte"].value == pytest.approx((233 - 190) / math.log(2) / 310)
    assert found["tuned.kl_to_base"].value == pytest.approx(51 / 100)
    assert found["tuned.kl_from_base"].value == pytest.approx(61 / 100)
    assert "base.kl_to_base" not in found
    rows = both[0].select(found["tuned.kl_to_base"].selection)
    assert rows["row_name"].to_list() == ["neutral_texts/rain", "neutral_texts/bread", "neutral_texts/sand"]


def test_intervals_draw_the_texts_again(found):
    interval = found["tuned.kl_to_base"].interval
    assert interval is not None
    # a mean over tokens lies between the lowest and the highest of a text: 1/10 to 30/50
    assert 0.1 <= interval.low < 0.51 < interval.high <= 0.6
    assert interval.method == "bootstrap over texts, 400 replicates, seed 7"
    change = found["change.neutral_bits_per_byte"]
    assert change.interval is not None
    assert change.interval.low < change.value < change.interval.high
    assert "over texts" in change.interval.method
    # of the eight ways to exchange three texts two are as far from 0 as what was found
    assert change.p_value == pytest.approx(0.25, abs=0.07)
    assert change.test.startswith("exchange of answers text by text")


def test_a_model_that_is_its_base_is_at_0():
    found = measured(BASE, BASE, {"kl_to_base": (0.0, 0.0, 0.0), "kl_from_base": (0.0, 0.0, 0.0)})[1]
    assert found["tuned.kl_to_base"].value == 0
    assert found["change.general_accuracy"].value == 0
    assert count(found["general_lost"]) == (0, 7)


def test_gates_are_judged_by_their_intervals_whatever_answers_to_the_task_were_unread(found):
    gates = (
        {"metric": "general_accuracy", "of": "tuned_minus_base", "min": -0.02},
        {"metric": "general_accuracy", "of": "tuned_minus_base", "min": -0.9},
        {"metric": "kl_to_base", "of": "tuned", "max": 0.05},
        {"metric": "kl_to_base", "max": 1},
    )
    unread = Measure(id="tuned.unparsed", title="", metric="unparsed", model="tuned", value=0.5, n=2, numerator=1)
    verdicts = judge(recipe(*gates), {**found, unread.id: unread})
    assert [verdict.outcome for verdict in verdicts] == ["insufficient evidence", "met", "not met", "met"]
    assert verdicts[0].gate == (
        "the change of the accuracy on the general probe from base to tuned must be at least -2.0 points"
    )
    assert verdicts[2].gate == "the KL divergence per token from the base of the tuned model must be at most 0.050"


def audit_of(found: dict[str, Measure], base: str = "demo") -> Audit:
    told = (Provenance(what="Base model", value=f"{base}, tuned by full, at most 3 epochs"),)
    return Audit(
        name="x", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=1, overlapping=(), steps=(),
        measures=tuple(found.values()), verdicts=(), examples=(), cautions=(), provenance=told,
    )  # fmt: skip


def test_every_figure_stands_in_one_section_and_in_no_other(found):
    sections = sections_of(audit_of(found))
    section = next(section for section in sections if section.anchor == "forgetting")
    assert section.title == "What the model forgot"
    assert set(shown_ids(section.blocks)) == set(found)
    assert not {"probes", "other"} & {section.anchor for section in sections}
    words = [block.text for block in section.blocks if isinstance(block, Prose)]
    assert words[0] == (
        "Of 7 questions, 3 were right before tuning and wrong after, and 1 the other way round. On 3 texts, the tuned model is "
        "0.510 nats per token away from the base, by KL(base ‖ tuned)."
    )


def warnings(found: dict[str, Measure], base: str = "demo") -> list[str]:
    section = forgetting.section(audit_of(found, base))
    assert section is not None
    return [item for block in section.blocks if isinstance(block, Items) for item in block.items]


def test_it_is_said_who_does_not_beat_guessing_and_that_the_demo_base_knows_nothing():
    knows = measured((RIGHT,) * 8, (WRONG,) * 8)[1]
    said = warnings(knows)
    assert [line.split(":")[0] for line in said if "guessing has" in line] == ["Tuned model"]
    assert any(line.startswith("The base of this run is the demo’s") for line in said)
    assert not any(line.startswith("The base of this run is the demo’s") for line in warnings(knows, "org/model"))


def test_without_measures_there_is_no_section():
    assert forgetting.section(audit_of({})) is None
    assert forgetting.in_short(audit_of({})) is None


def test_a_terminal_has_the_first_figures(found):
    table = forgetting.in_short(audit_of(found))
    assert table is not None
    assert [row.cells[0].text for row in table.rows] == [
        "Questions right",
        "Guessing",
        "Bits per byte",
        "KL(base ‖ tuned)",
    ]


def test_a_finished_run_tells_every_figure_and_what_its_rows_give(finished):
    stored = read_audit(finished)
    mine = {measure.id: measure for measure in stored.measures if measure.probe is not None}
    assert len(mine) > 50
    assert (mine["base.general_accuracy"].n, mine["tuned.kl_to_base"].n) == (120, 40)
    assert mine["base.neutral_bits_per_byte"].note == "16,113 bytes, 160 tokens of the base model"
    _recipe, _models, evidence = evidence_of(finished)
    every = {measure.id: measure for measure in stored.measures}
    assert [name for name, measure in mine.items() if not recompute(measure, evidence, every).agrees] == []
    page = (finished.report / "report.html").read_text(encoding="utf-8")
    assert "What the model forgot</h2>" in page
    assert "What the probes say" not in page
    traced = trace.trace(finished, "general_lost")
    assert traced.agrees
    assert "table probe_general, rows where base_scored = true and tuned_scored = true: 120" in trace.as_text(traced, 3)


def test_the_model_card_lists_what_the_model_forgot_beside_the_test_rows(finished):
    stored, data = read_audit(finished), Exported.kept(finished, load_finished(finished.recipe))
    found = {measure.id: measure for measure in stored.measures}
    card = model_card(Material(stored, data))
    assert "Before and after tuning" in card
    front = YAML(typ="safe").load(card.split("---")[1])
    test_rows, asked = front["model-index"][0]["results"]
    assert not {metric["type"] for metric in test_rows["metrics"]} & {
        "general_accuracy",
        "kl_to_base",
        "neutral_bits_per_byte",
    }
    assert asked["dataset"]["name"] == "Questions and texts that come with fairlead"
    told = {metric["args"]["measure"]: metric["value"] for metric in asked["metrics"]}
    expected = [
        f"tuned.{name}" for name in ("general_accuracy", "general_accuracy_per_byte", "neutral_bits_per_byte", *KL)
    ]
    assert told == {name: found[name].value for name in expected}
    without = tuple(measure for measure in stored.measures if measure.probe is None)
    alone = model_card(Material(stored.model_copy(update={"measures": without}), data))
    assert "Before and after tuning" not in alone
    assert len(YAML(typ="safe").load(alone.split("---")[1])["model-index"][0]["results"]) == 1
