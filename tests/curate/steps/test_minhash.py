"""Near-duplicates as a step: what goes for what, with which reason, and what the ledger holds of it."""

import json

import polars as pl
import pytest
from frames import apply, frame, index
from near_duplicates.corpora import new_part, similarities, template, versions
from pydantic import ValidationError

from curate.near_duplicates.adding import add_part
from curate.near_duplicates.sketch import Sketching
from curate.steps.minhash import Minhash

LONG = (
    "the quick brown fox jumps over the lazy dog near the river bank today while birds sing in old trees above us all"
)


def test_minhash_drops_verified_copies_and_names_the_survivor():
    near = LONG.replace("today", "tonight")
    applied = apply(Minhash(threshold=0.6), frame(LONG, "something else entirely, said in other words", near))
    assert fates(applied) == {3: "near_duplicate"}
    line = applied.ledger.row(0, named=True)
    grams = lambda text: {tuple(text.split()[i : i + 3]) for i in range(len(text.split()) - 2)}  # noqa: E731
    assert line["value"] == pytest.approx(len(grams(LONG) & grams(near)) / len(grams(LONG) | grams(near)))
    assert line["threshold"] == 0.6
    assert index(pl.Series([line["other_row"]])) == [1]


def test_minhash_is_safe_for_short_and_empty_texts():
    applied = apply(Minhash(threshold=0.5), frame("", "", "hi", "hello", "!!!", "???", None, "hi"))
    assert fates(applied) == {8: "near_duplicate"}


def test_minhash_never_drops_for_likeness_to_a_dropped_row():
    words = [f"w{i}" for i in range(40)]
    a, b, c = " ".join(words[:34]), " ".join(words[3:37]), " ".join(words[6:40])
    applied = apply(Minhash(threshold=0.8), frame(a, b, c))
    assert fates(applied) == {2: "near_duplicate"}, "c is like b, which is gone, and not like a"


def fates(applied):
    dropped = applied.ledger.filter(pl.col("event") == "dropped")
    return dict(zip(index(dropped["row"]), dropped["reason"].to_list(), strict=True))


def test_connected_clusters_keep_one_row_and_tell_what_only_a_chain_merged():
    texts = versions(12, 1)
    star, connected = (
        apply(Minhash(threshold=0.8, clusters=kind), frame(*texts), sources=("data",)) for kind in ("star", "connected")
    )
    assert index(connected.rows["row"]) == [1]
    assert 1 < star.rows.height < 12
    true = similarities(texts)
    for line in connected.ledger.iter_rows(named=True):
        row = index(pl.Series([line["row"]]))[0]
        assert line["value"] == pytest.approx(true.get((row - 1, 0), 0.0))
        alike = line["value"] >= 0.8
        assert line["reason"] == ("near_duplicate" if alike else "chained_near_duplicate")
        assert (line["detail"] is None) == alike
        if not alike:
            name, _, value = line["detail"].removeprefix("through data/").partition(" at ")
            link = int(name) - 1
            assert true[max(link, row - 1), min(link, row - 1)] == pytest.approx(float(value), abs=1e-4)
            assert float(value) >= 0.8
    assert "chained_near_duplicate" in fates(connected).values()


@pytest.mark.parametrize("keep", [("first",), ("longest",)])
def test_of_connected_rows_the_one_that_keep_ranks_first_stays(keep):
    texts = versions(8, 1)
    texts[4] += "x" * 500
    connected = apply(Minhash(threshold=0.7, clusters="connected", keep=keep), frame(*texts), sources=("data",))
    assert index(connected.rows["row"]) == [1 if keep == ("first",) else 5]


def test_characters_find_what_words_do_not():
    names = (
        "lachlan berry giblin street killarney",
        "lachlen bery giblinstreet kilarney",
        "deakin sondergeld goldfinch circuit",
    )
    assert fates(apply(Minhash(threshold=0.4), frame(*names))) == {}
    assert fates(apply(Minhash(threshold=0.4, unit="characters"), frame(*names))) == {2: "near_duplicate"}


def test_a_recall_that_the_permutations_cannot_reach_is_a_mistake():
    with pytest.raises(ValidationError, match="write permutations: 20 or more"):
        Minhash(threshold=0.3, recall=0.999, permutations=16)
    assert Minhash(threshold=0.8, recall=0.99).search(1).bands.found(0.8) >= 0.99
    assert Minhash(threshold=0.8).search(1).bands.found(0.8) >= 0.95


@pytest.fixture
def older(tmp_path):
    """An older file, an index of other older rows, and where the step finds them."""
    (tmp_path / "old.jsonl").write_text(
        json.dumps({"said": LONG, "by": "a"}) + "\n" + json.dumps({"said": "of no use", "by": "b"}) + "\n"
    )
    seen = pl.DataFrame({"name": ["seen/4", "seen/9"], "text": ["a text that was seen before us all", "another"]})
    add_part(tmp_path / "index", new_part("seen", [seen]), Sketching())
    return {"old.jsonl": tmp_path / "old.jsonl", "index/index.json": tmp_path / "index" / "index.json"}


@pytest.mark.parametrize("clusters", ["star", "connected"])
def test_rows_that_are_like_older_ones_go_first(older, clusters):
    step = Minhash(threshold=0.6, against=("old.jsonl", "index"), against_columns=("said",), clusters=clusters)
    assert step.files() == ("old.jsonl", "index/index.json")
    assert step.file_mistakes(older) == ()
    near = LONG.replace("today", "tonight")
    new = "something that neither the file nor the index holds"
    rows = frame(near, new, LONG, f"{new} yet", "a text that was seen before us all")
    applied = apply(step, rows, files=older, sources=("data",))
    of_older = "near_duplicate_of_older"
    assert fates(applied) == {1: of_older, 3: of_older, 4: "near_duplicate", 5: of_older}
    told = {index(pl.Series([line["row"]]))[0]: line for line in applied.ledger.iter_rows(named=True)}
    assert (told[1]["detail"], told[3]["detail"], told[5]["detail"]) == (
        "old/1 of old.jsonl",
        "old/1 of old.jsonl",
        "seen/4 of index",
    )
    assert told[1]["value"] == pytest.approx(similarities([LONG, near])[1, 0])
    assert (told[3]["value"], told[5]["value"], told[5]["other_row"]) == (1, 1, None)


def test_older_rows_do_not_depend_on_the_seed(older):
    step = Minhash(threshold=0.6, against=("index",))
    assert fates(apply(step, frame("a text that was seen before us all"), files=older, seed=99)) == {
        1: "near_duplicate_of_older"
    }


@pytest.mark.parametrize(("settings", "told"), [
    ({"against": ("old.jsonl",)}, r"against_columns: \[COLUMN\]"),
    ({"against": ("index",), "against_columns": ("said",)}, "has no effect without a file"),
    ({"against": ("index", "index/")}, "twice"),
    ({"against": ("index", "./index/index.json")}, "twice"),
    ({"against": ("old.jsonl", "./old.jsonl"), "against_columns": ("said",)}, "twice"),
    ({"against": ("old.docx",), "against_columns": ("said",)}, "old.docx"),
])  # fmt: skip
def test_what_older_rows_cannot_be_is_told(settings, told):
    with pytest.raises(ValidationError, match=told):
        Minhash(**settings)


def test_mistakes_in_older_files_are_told_together(older):
    step = Minhash(against=("old.jsonl", "index"), against_columns=("text",), shingle=5)
    told = [str(mistake) for mistake in step.file_mistakes(older)]
    assert len(told) == 2
    assert "has no column 'text'" in told[0]
    assert "was made with shingle 3" in told[1]
    older["index/index.json"].write_text("{")
    assert any("is damaged" in str(mistake) for mistake in step.file_mistakes(older))


def test_a_row_of_a_form_that_too_many_have_is_noted_and_stays(few_compared):
    texts = template(200, 11, words=40, holes=12)
    for clusters in ("star", "connected"):
        applied = apply(Minhash(threshold=0.8, clusters=clusters), frame(*texts), sources=("data",))
        noted = applied.ledger.filter(pl.col("event") == "noted")
        dropped = applied.ledger.filter(pl.col("event") == "dropped")
        assert noted["reason"].unique().to_list() == ["not_all_compared"]
        assert noted.height > 20
        assert noted["row"].is_in(applied.rows["row"].implode()).all()
        assert applied.records[0].noted == noted.height
        assert applied.rows.height == 200 - dropped.height


def test_a_row_of_a_form_that_too_many_older_rows_have_is_noted(few_compared, tmp_path):
    texts = template(200, 11, words=40, holes=12)
    names = [f"seen/{place}" for place in range(150)]
    add_part(tmp_path / "index", new_part("seen", [pl.DataFrame({"name": names, "text": texts[:150]})]), Sketching())
    files = {"index/index.json": tmp_path / "index" / "index.json"}
    applied = apply(Minhash(against=("index",)), frame(*texts[150:]), files=files, sources=("data",))
    noted = set(applied.ledger.filter(pl.col("event") == "noted")["row"])
    assert len(noted) > 5
    assert noted <= set(applied.rows["row"])
