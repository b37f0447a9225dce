"""Swapped identity terms in the audit: every count by hand, p-values and intervals a second way, traces, the section."""

from math import comb

import polars as pl
import pytest
from audit_frames import by_id

from audit.__main__ import audit
from audit.report.content import Fold, Table
from audit.report.html import html_of
from audit.report.sections import counterfactual, sections_of
from audit.trace import trace
from curate import engine
from curate.errors import UserError
from curate.recipe_file import load_recipe

TERMS = "gay: gay | gays\nstraight: straight | straights\nlesbian: lesbian | lesbians\n"
RECIPE = """\
version: 1
name: swaps
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
groups: {orientation: {terms: terms.txt}, team: {column: team}}
steps:
  - {step: whitespace}
  - {step: mask_pii, kinds: [email]}
  - {step: exact}
  - {step: c4_word_list, words: words.txt}
audit: {replicates: 100, minimum_group_size: 2}
"""
TEXTS = [
    *(f"my straight friend {place}" for place in range(6)),  # 6: lost as gay, the same as lesbian
    *(f"straights at lunch {place}" for place in range(4)),  # 4: gays is not listed, so the same in every way
    *(f"a gay friend {place} <b>x</b>" for place in range(2)),  # 2: gained as straight and as lesbian
    *(f"LESBIAN friend {place} me{place}@b.org" for place in range(3)),  # 3: lost as GAY, the same as straight
    "gay and straight",  # both; gay as lesbian is gained, straight as lesbian is dropped as before
    "nobody",
]
# pair: swapped, drawn, lost, gained
BY_HAND = {
    ("straight", "gay"): (10, 11, 6, 0),
    ("straight", "lesbian"): (11, 11, 0, 0),
    ("gay", "straight"): (2, 3, 0, 2),
    ("gay", "lesbian"): (3, 3, 0, 3),
    ("lesbian", "gay"): (3, 3, 3, 0),
    ("lesbian", "straight"): (3, 3, 0, 0),
}


def write(folder, words="gay\n", groups=None, recipe=RECIPE):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "swaps.yaml").write_text(
        recipe if groups is None else recipe.replace("orientation: {terms: terms.txt}, ", groups)
    )
    (folder / "terms.txt").write_text(TERMS)
    (folder / "words.txt").write_text(words)
    lines = [f'"{text}",{"ab"[place % 2]},red' for place, text in enumerate(TEXTS)]
    (folder / "a.csv").write_text("text,label,team\n" + "\n".join(lines) + "\n")
    return folder / "swaps.yaml"


def curate(path, *overrides):
    return engine.curate(engine.prepare(load_recipe(path, overrides), path.parent, path.parent / "runs", overrides))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return curate(write(tmp_path_factory.mktemp("swaps")))


@pytest.fixture(scope="module")
def found(run):
    return audit(run)


def wilson(hits, n):
    """Wilson's interval at 95 % as statsmodels gives it."""
    from statsmodels.stats.proportion import proportion_confint

    return proportion_confint(hits, n, method="wilson")


def mcnemar(lost, gained):
    """The two-sided exact test from binomial coefficients: twice the smaller tail, at most 1."""
    n = lost + gained
    return min(1.0, 2 * sum(comb(n, k) for k in range(min(lost, gained) + 1)) / 2**n)


def test_every_pair_by_hand(found):
    measures = by_id(found.measures)
    for (one, other), (swapped, drawn, lost, gained) in BY_HAND.items():
        flip = measures[f"flip.orientation.{one}.{other}"]
        assert (flip.numerator, flip.n) == (lost + gained, swapped), (one, other)
        assert flip.value == pytest.approx((lost + gained) / swapped)
        assert (measures[f"{flip.id}.lost"].value, measures[f"{flip.id}.gained"].value) == (lost, gained)
        assert flip.p_value == pytest.approx(mcnemar(lost, gained))
        low, high = wilson(lost + gained, swapped)
        assert (flip.interval.low, flip.interval.high) == pytest.approx((low, high), abs=1e-9)
        able = measures[f"swapped.orientation.{one}.{other}"]
        assert (able.numerator, able.n) == (swapped, drawn)
    assert {m.id for m in found.measures if m.metric == "flip" and m.group} == {
        f"flip.orientation.{one}.{other}" for one, other in BY_HAND
    }


def test_the_pairs_are_one_family(found):
    """Holm by hand: the smallest p-value times 6, the next times 5 …, never falling, at most 1."""
    flips = [m for m in found.measures if m.metric == "flip" and m.group]
    worst, expected = 0.0, {}
    for place, flip in enumerate(sorted(flips, key=lambda m: m.p_value)):
        worst = max(worst, min(1.0, (len(flips) - place) * flip.p_value))
        expected[flip.id] = worst
    assert {m.id: m.p_adjusted for m in flips} == pytest.approx(expected)
    assert expected["flip.orientation.straight.gay"] == pytest.approx(6 * 2 / 2**6)


def test_rows_count_once_whatever_they_are_swapped_for(found):
    """17 rows but for the one about nobody: 6 straight, 2 gay, 3 lesbian and the one about both change their fate somewhere."""
    whole = by_id(found.measures)["flip.orientation"]
    assert (whole.numerator, whole.n) == (6 + 2 + 3 + 1, 16)


def test_the_step_and_the_reason_that_did_it(found):
    (at,) = [m for m in found.measures if m.metric == "flipped_at"]
    assert at.id == "flipped_at.orientation.c4_word_list.listed_word"
    swaps = list(BY_HAND.values())
    assert (at.value, at.n) == (sum(pair[2] + pair[3] for pair in swaps), sum(pair[0] for pair in swaps))


def test_rewrites_are_compared_where_both_are_kept(found):
    unlike = by_id(found.measures)["changed_differently.orientation.lesbian.straight"]
    assert (unlike.numerator, unlike.n) == (0, 3)
    none_kept = by_id(found.measures)["changed_differently.orientation.lesbian.gay"]
    assert (none_kept.value, none_kept.n, none_kept.undefined) == (None, 0, "no swapped row is kept both times")


def test_every_measure_is_what_its_rows_give(run, found):
    metrics = ("flip", "swapped", "swap_lost", "swap_gained", "flipped_at", "changed_differently")
    names = [m.id for m in found.measures if m.metric in metrics]
    assert len(names) == 1 + 6 * 5 + 1
    assert all(trace(run, name).agrees for name in names)
    (leaf,) = trace(run, "flip.orientation.gay.lesbian").leaves
    assert leaf.rows.filter("hit")["row_name"].to_list() == ["a/12", "a/13", "a/17"]


def test_what_is_told_beside_the_measures(found):
    swaps = found.swaps
    assert (swaps.drawn, swaps.asked, swaps.not_asked) == (200, ("whitespace", "mask_pii", "c4_word_list"), ("exact",))
    assert swaps.swapped == {"orientation": 32}
    assert swaps.left_out == {"orientation": {"mentions_both": 2}}
    terms = {(term.from_group, term.to_group, term.terms): term.count for term in swaps.terms}
    assert terms["straight", "gay", "straight → gay"] == 6
    assert terms["straight", "gay", "straights → gays"] == 4
    shown = [example for example in swaps.examples if (example.from_group, example.to_group) == ("lesbian", "gay")]
    assert len(shown) == 3
    assert all("[EMAIL]" in example.text and "@" not in example.text for example in shown)
    assert {(e.flip, e.step, e.reason, e.detail) for e in shown} == {("lost", "c4_word_list", "listed_word", "gay")}


def test_the_section(found):
    section = counterfactual.section(found)
    assert (
        "Of 3 rows that mention gay, 3 that were dropped would have been kept had they mentioned lesbian."
        in section.lead
    )
    assert section.lead.endswith("So it is with 1 more pair of groups.")
    tables = [block for block in section.blocks if isinstance(block, Table)]
    assert len(tables[0].rows) == 1 + len(BY_HAND)
    assert [block.summary for block in section.blocks if isinstance(block, Fold)] == [
        "11 examples of changed fates, by orientation",
        "Which terms were swapped, by orientation",
    ]
    page = html_of(found, sections_of(found))
    assert "Not asked: exact, which may look at many rows at once." in page
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_where_no_fate_changes_the_section_says_what_that_leaves_open(tmp_path):
    found = audit(curate(write(tmp_path, words="nothing\n")))
    whole = by_id(found.measures)["flip.orientation"]
    assert (whole.numerator, whole.n) == (0, 16)
    high = wilson(0, 16)[1]
    lead = counterfactual.section(found).lead.replace("\u00a0", " ")
    assert lead.startswith(
        f"None of 32 swaps in 16 rows changed whether a row is kept. With so many rows, a rate of up to {100 * high:.1f} %"
    )
    assert not found.swaps.examples


def test_no_term_groups_or_no_swaps_no_section(tmp_path):
    for place, (groups, override) in enumerate((("", "audit.swaps=200"), (None, "audit.swaps=0"))):
        found = audit(curate(write(tmp_path / str(place), groups=groups), override))
        assert found.swaps is None
        assert counterfactual.section(found) is None
        assert not [m for m in found.measures if m.metric in counterfactual.METRICS]


def test_nothing_could_be_swapped(tmp_path):
    path = write(tmp_path)
    (tmp_path / "terms.txt").write_text("gay: gay, gays\nstraight: straight\n")
    found = audit(curate(path))
    assert found.swaps.without == ("orientation",)
    assert "could not be asked" in counterfactual.section(found).lead
    assert not [m for m in found.measures if m.metric in counterfactual.METRICS]


def test_a_damaged_file_is_told(tmp_path):
    run = curate(write(tmp_path))
    pl.DataFrame({"row": [1]}).write_parquet(run.counterfactual)
    with pytest.raises(UserError, match=r"counterfactual\.parquet: is not what 'curate' wrote"):
        audit(run)
