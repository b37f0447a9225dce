"""Identity terms swapped and filters asked again: fates counted by hand, and held against the ledger of the whole run."""

import json

import polars as pl
import pytest
from own import RECIPE as OWN_RECIPE
from own import write as write_own

from curate import engine
from curate.errors import UserError
from curate.files import digest_file, read_parquet
from curate.own_steps import load_steps
from curate.recipe_file import load_recipe
from curate.verify import verify

TERMS = """\
gay: gay | gays | gay man
straight: straight | straights | straight man
lesbian: lesbian | lesbians
gay: homosexual*
"""
RECIPE = """\
version: 1
name: swaps
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
groups: {orientation: {terms: terms.txt}, team: {column: team}}
steps:
  - {step: whitespace}
  - {step: exact}
  - {step: length, max: 30}
  - {step: c4_word_list, words: words.txt}
"""
# line: text, what happens
TEXTS = [
    "my straight friend",  # 2: kept; lost to gay
    "Straight  friends of mine",  # 3: kept and rewritten; lost to gay
    "STRAIGHTS at lunch",  # 4: kept; the list has gay, not gays
    "a gay friend",  # 5: dropped for the word; gained as straight and as lesbian
    "two gays",  # 6: kept in every way
    "homosexuality in law",  # 7: no counterpart
    "gay and straight friends",  # 8: both; to lesbian as gay: dropped (gay), kept (lesbian)
    "a friend",  # 9: nobody
    "a lesbian friend",  # 10: lost to gay, kept as straight
    "my straight friend",  # 11: copy of 2: exact drops it, which is not asked
    "my lesbians said so till eight",  # 12: kept (30 characters); too long as straights
]


def write(folder, recipe=RECIPE, texts=TEXTS, words="gay\n", terms=TERMS):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "swaps.yaml").write_text(recipe)
    (folder / "terms.txt").write_text(terms)
    (folder / "words.txt").write_text(words)
    lines = [f'"{text}",{"ab"[place % 2]},red' for place, text in enumerate(texts)]
    (folder / "a.csv").write_text("text,label,team\n" + "\n".join(lines) + "\n")
    return folder / "swaps.yaml"


def prepare(recipe, *overrides):
    return engine.prepare(load_recipe(recipe, overrides), recipe.parent, recipe.parent / "runs", overrides)


def curate(recipe, *overrides):
    return engine.curate(prepare(recipe, *overrides))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return curate(write(tmp_path_factory.mktemp("swaps")))


def fates(run, to):
    """Row → what is said of its swap to a group: why it was left out, or the step before and after (None: kept)."""
    lines = read_parquet(run.counterfactual).filter(pl.col("to_group") == to)
    return {
        (int(line["row_name"].removeprefix("a/")), line["from_group"]): line["left_out"]
        or (line["step_before"], line["step_after"])
        for line in lines.iter_rows(named=True)
    }


def test_every_fate_by_hand(run):
    assert fates(run, "gay") == {
        (2, "straight"): (None, "c4_word_list"),
        (3, "straight"): (None, "c4_word_list"),
        (4, "straight"): (None, None),
        (8, "straight"): "mentions_both",
        (10, "lesbian"): (None, "c4_word_list"),
        (11, "straight"): (None, "c4_word_list"),
        (12, "lesbian"): (None, None),
    }
    assert fates(run, "straight") == {
        (5, "gay"): ("c4_word_list", None),
        (6, "gay"): (None, None),
        (7, "gay"): "no_counterpart",
        (8, "gay"): "mentions_both",
        (10, "lesbian"): (None, None),
        (12, "lesbian"): (None, "length"),
    }
    assert fates(run, "lesbian") == {
        (2, "straight"): (None, None),
        (3, "straight"): (None, None),
        (4, "straight"): (None, None),
        (5, "gay"): ("c4_word_list", None),
        (6, "gay"): (None, None),
        (7, "gay"): "no_counterpart",
        (8, "gay"): ("c4_word_list", None),
        (8, "straight"): ("c4_word_list", "c4_word_list"),
        (11, "straight"): (None, None),
    }


def test_what_was_swapped_and_found(run):
    lines = read_parquet(run.counterfactual).filter((pl.col("to_group") == "gay") & pl.col("left_out").is_null())
    told = {line["row_name"]: line for line in lines.iter_rows(named=True)}
    assert told["a/4"]["terms"] == ["straights → gays"]
    assert told["a/3"]["terms"] == ["straight → gay"]
    named = ("step_after", "reason_after", "detail_after")
    assert tuple(told["a/3"][name] for name in named) == ("c4_word_list", "listed_word", "gay")
    assert told["a/4"]["rewritten_by"] == []
    assert told["a/3"]["rewritten_by"] is None, "dropped on one side: not compared"


def test_the_fate_before_is_that_of_the_run(run):
    """A row that a step which sees one row alone dropped in the run goes there for the same reason, and others are kept."""
    ledger = read_parquet(run.ledger).filter((pl.col("event") == "dropped") & (pl.col("step") != "exact"))
    gone = {row: (step, reason) for row, step, reason in ledger.select("row", "step", "reason").iter_rows()}
    lines = read_parquet(run.counterfactual).filter(pl.col("left_out").is_null())
    assert lines.height == 18
    for row, step, reason in lines.select("row", "step_before", "reason_before").iter_rows():
        assert gone.get(row, (None, None)) == (step, reason)


def test_the_order_of_rows_changes_nothing_but_their_numbers(tmp_path, run):
    other = curate(write(tmp_path, texts=TEXTS[::-1]))
    known = dict(zip(range(2, 13), TEXTS, strict=True)), dict(zip(range(2, 13), TEXTS[::-1], strict=True))

    def by_text(done, texts):
        lines = read_parquet(done.counterfactual).with_columns(
            text=pl.col("row_name").str.strip_prefix("a/").cast(pl.Int64).replace_strict(texts, return_dtype=pl.String)
        )
        kept = lines.drop("row", "row_name").sort("text", "from_group", "to_group")
        return kept.select(sorted(kept.columns))

    assert by_text(run, known[0]).equals(by_text(other, known[1]))


def test_rows_are_drawn_by_number_and_seed(tmp_path):
    texts = [f"straight number {place}" for place in range(300)]
    one, two = curate(write(tmp_path, texts=texts), "audit.swaps=20"), curate(tmp_path / "swaps.yaml", "audit.swaps=40")
    drawn = [set(read_parquet(run.counterfactual)["row"]) for run in (one, two)]
    assert [len(rows) for rows in drawn] == [20, 40]
    assert drawn[0] < drawn[1], "more rows are the same and more"
    other = curate(tmp_path / "swaps.yaml", "audit.swaps=20", "seed=8")
    assert set(read_parquet(other.counterfactual)["row"]) != drawn[0]


def test_another_number_of_swaps_runs_no_stage_and_makes_the_file_anew(tmp_path):
    recipe = write(tmp_path)
    first, second = curate(recipe), curate(recipe, "audit.swaps=1")
    assert first.path != second.path
    assert all(stage.cached for stage in second.read_manifest().stages)
    lines = read_parquet(second.counterfactual)
    assert lines.select("from_group", "row").unique().group_by("from_group").len()["len"].to_list() == [1, 1, 1]


def test_the_file_has_a_digest_and_a_second_time_nothing_is_done(tmp_path):
    recipe = write(tmp_path)
    run = curate(recipe)
    assert run.read_manifest().phases["curate"].files["data/counterfactual.parquet"] == digest_file(run.counterfactual)
    assert any(line.startswith("curate: 11 files") for line in verify(run))
    written = run.manifest.stat().st_mtime_ns
    assert curate(recipe).manifest.stat().st_mtime_ns == written
    digest = digest_file(run.counterfactual)
    run.counterfactual.unlink()
    assert digest_file(curate(recipe).counterfactual) == digest, "what is lost is made anew, the same bytes"


def test_a_manifest_without_the_file_is_found_out(tmp_path):
    run = curate(write(tmp_path))
    content = json.loads(run.manifest.read_text())
    del content["phases"]["curate"]["files"]["data/counterfactual.parquet"]
    run.manifest.write_text(json.dumps(content))
    run.counterfactual.unlink()
    with pytest.raises(UserError, match=r"counterfactual\.parquet: has no digest in the manifest"):
        verify(run)


@pytest.mark.parametrize(
    ("old", "new", "override"),
    [
        ("orientation: {terms: terms.txt}, ", "", "audit.swaps=200"),
        ("steps:", "audit: {replicates: 100}\nsteps:", "audit.swaps=0"),
        (RECIPE[RECIPE.index("steps:") :], "steps: [{step: exact}]\n", "audit.swaps=200"),
    ],
)
def test_no_file_where_there_is_nothing_to_ask(tmp_path, old, new, override):
    run = curate(write(tmp_path, RECIPE.replace(old, new)), override)
    assert not run.counterfactual.exists()
    assert verify(run)


def test_a_list_without_counterparts_swaps_nothing(tmp_path):
    run = curate(write(tmp_path, terms="gay: gay, gays\nstraight: straight\n"))
    assert read_parquet(run.counterfactual).is_empty()
    assert verify(run)


def test_columns_of_any_name_are_what_the_steps_see(tmp_path):
    names = ("attribute", "from_group", "to_group", "left_out", "terms", "turn", "step", "reason", "changes_before")
    recipe = write(tmp_path, RECIPE + "  - {step: where, sql: \"attribute = 'mine' AND turn = '7'\"}\n")
    kept = ",".join(["7" if name == "turn" else "mine" for name in names])
    gone = kept.replace("7", "8")
    (tmp_path / "a.csv").write_text(
        f"text,label,team,{','.join(names)}\na straight friend,a,red,{kept}\nstraights,a,red,{gone}\n"
    )
    assert fates(curate(recipe), "lesbian") == {(2, "straight"): (None, None), (3, "straight"): ("where", "where")}


def test_conversations_are_swapped_turn_by_turn(tmp_path):
    recipe = RECIPE.replace("{path: a.csv}", "{path: a.jsonl}").replace(
        "{kind: classification, text: text, label: label, labels: {a: x, b: y}}", "{kind: chat}"
    )
    path = write(tmp_path, recipe.replace(", team: {column: team}", ""))
    turns = [{"role": "user", "content": "A straight man?"}, {"role": "assistant", "content": "straights"}]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    (line,) = read_parquet(curate(path).counterfactual).filter(pl.col("to_group") == "gay").to_dicts()
    assert line["terms"] == ["straight man → gay man", "straights → gays"]
    assert (line["step_before"], line["step_after"], line["detail_after"]) == (None, "c4_word_list", "gay")


def test_a_mask_that_finds_more_after_the_swap_is_told(tmp_path):
    recipe = RECIPE.replace("  - {step: c4_word_list, words: words.txt}\n", "").replace(
        "{step: length, max: 30}", "{step: mask_pii, kinds: [email]}"
    )
    terms = "we: we | us\nthey: them@b.org | they\n"
    run = curate(write(tmp_path, recipe, ["as we said", "one of us", "we@b.org"], terms=terms))
    told = read_parquet(run.counterfactual).select("row_name", "terms", "rewritten_by").sort("row_name").rows()
    assert told == [
        ("a/2", ["we → them@b.org"], ["mask_pii"]),
        ("a/3", ["us → they"], []),
        ("a/4", ["we → them@b.org"], []),  # one address, be it we@b.org or them@b.org@b.org
    ]


def test_what_is_found_is_masked_as_in_the_ledger(tmp_path):
    recipe = RECIPE + "  - {step: mask_pii, kinds: [email]}\n"
    run = curate(write(tmp_path, recipe, ["a straight a@b.org"], words="a@b.org\n"))
    lines = read_parquet(run.counterfactual)
    assert lines["detail_before"].unique().to_list() == ["[EMAIL]"]
    assert read_parquet(run.ledger).filter(pl.col("event") == "dropped")["detail"].to_list() == ["[EMAIL]"]


def test_steps_of_the_users_own_are_asked_too(tmp_path):
    write_own(tmp_path)
    (tmp_path / "a.csv").write_text("text,label\nMAN walks,a\na man,b\nMAN said,a\n")
    (tmp_path / "own.yaml").write_text(OWN_RECIPE + "groups: {gender: {terms: gender}}\n")
    recipe = load_recipe(tmp_path / "own.yaml", (), load_steps(tmp_path / "my_steps.py"))
    run = engine.curate(engine.prepare(recipe, tmp_path, tmp_path / "runs"))
    assert fates(run, "woman") == {
        (2, "man"): (None, "shouting"),  # 3 capitals of 8 letters, then 5 of 10; at most 0.4 stay
        (3, "man"): (None, None),
        (4, "man"): ("shouting", "shouting"),
    }
    assert verify(run)
