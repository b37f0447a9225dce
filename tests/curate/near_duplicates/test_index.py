"""An index on disk: what was added is matched, all or none of it is added, and it is datasketch's too."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest
from near_duplicates.corpora import corpus, new_part, similarities, template

from curate.errors import UserError
from curate.near_duplicates.adding import add_part
from curate.near_duplicates.datasketch_index import from_datasketch, minhash_of, to_datasketch
from curate.near_duplicates.index import is_index, open_index, open_sound_index, verify_index
from curate.near_duplicates.matching import match
from curate.near_duplicates.search import Search, of_texts
from curate.near_duplicates.shingles import Shingling
from curate.near_duplicates.sketch import Sketching

SKETCHING = Sketching()
SEARCH = Search(threshold=0.5)


def named(texts: list[str | None], prefix: str = "old") -> pl.DataFrame:
    names = [f"{prefix}/{place}" for place in range(len(texts))]
    return pl.DataFrame({"name": names, "text": texts}, schema={"name": pl.String, "text": pl.String})


def hits(index, texts: list[str | None]) -> dict[str, tuple[str, float]]:
    found, unfinished = match(index, lambda: [named(texts, "new")], SEARCH)
    assert unfinished.is_empty()
    return {row: (older, similarity) for row, older, similarity in found.iter_rows()}


def test_each_hit_names_the_old_row_and_its_true_similarity(tmp_path):
    old, batch = [*corpus(60, 1)[:60], None, ""], [*corpus(60, 1)[60:], "a new text of its own", None, ""]
    index = add_part(tmp_path / "index", new_part("first", [named(old)]), SKETCHING)
    found = hits(index, batch)
    true = {
        (int(row), int(older)): value
        for (row, older), value in ((pair, value) for pair, value in similarities([*old, *batch]).items())
        if row >= len(old) > older
    }
    assert len(found) == 20
    for row, (older, similarity) in found.items():
        place, other = int(row.removeprefix("new/")) + len(old), int(older.removeprefix("old/"))
        assert similarity == pytest.approx(true[place, other])
        assert similarity == max(value for (later, _earlier), value in true.items() if later == place)


def test_parts_are_matched_as_one(tmp_path):
    old, batch = [*corpus(40, 2)[:40], *template(20, 3)], [*corpus(40, 2)[40:], *template(20, 4)]
    whole = add_part(tmp_path / "whole", new_part("all", [named(old)]), SKETCHING)
    cuts = [named(old)[low:high] for low, high in ((0, 7), (7, 8), (8, 60))]
    for place, cut in enumerate(cuts):
        index = add_part(tmp_path / "parts", new_part(f"part{place}", [cut[:3], cut[3:]]), SKETCHING)
    assert index.names().to_list() == whole.names().to_list()
    assert hits(index, batch) == hits(whole, batch)
    assert len(hits(whole, batch)) > 20
    assert hits(open_index(tmp_path / "parts"), batch) == hits(whole, batch)


def test_what_is_kept_is_what_texts_give(tmp_path):
    texts = ["one two three four one two three", None, "日本語のテキスト", *corpus(10, 1)]
    index = add_part(tmp_path / "index", new_part("a", [named(texts)]), SKETCHING)
    (part,) = index.parts()
    grams = SKETCHING.shingling.of(pl.Series(texts))
    assert np.array_equal(part.signatures, SKETCHING.signatures(grams))
    rows = np.array([2, 0, 5])
    kept = part.shingles(rows)
    assert [kept.of(place).tolist() for place in range(3)] == [
        list(dict.fromkeys(grams.of(row).tolist())) for row in rows
    ]
    assert verify_index(index) == []


def test_an_index_of_other_settings_and_a_name_that_is_taken_are_refused(tmp_path):
    add_part(tmp_path / "index", new_part("a", [named(["x"])]), SKETCHING)
    before = (tmp_path / "index" / "index.json").read_bytes()
    other = Sketching(shingling=Shingling("characters", 5))
    for name, sketching, told in (
        ("a", SKETCHING, "holds 'a' already"),
        ("b", other, "was made with unit words, shingle 3"),
        ("../b", SKETCHING, "cannot have a part called '../b'"),
        ("", SKETCHING, "cannot have a part called ''"),
        ("my rows (1)", SKETCHING, "give a --name of letters"),
        ("b\n", SKETCHING, "give a --name of letters"),
        ("é" * 76, SKETCHING, "of 150 bytes at most"),
    ):
        with pytest.raises(UserError, match=told):
            add_part(tmp_path / "index", new_part(name, [named(["y"])]), sketching)
    assert (tmp_path / "index" / "index.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "index" / "parts").iterdir()] == ["a"]


def test_what_fails_leaves_nothing(tmp_path):
    def frames():
        yield named(["x"])
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        add_part(tmp_path / "index", new_part("a", frames()), SKETCHING)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_changed_or_gone_is_told(tmp_path):
    index = add_part(tmp_path / "index", new_part("a", [named(corpus(5, 1))]), SKETCHING)
    file = tmp_path / "index" / "parts" / "a" / "signatures.npy"
    data = bytearray(file.read_bytes())
    data[200] ^= 1
    file.write_bytes(data)
    assert [mistake.where for mistake in verify_index(index)] == [str(file)]
    assert len(open_index(tmp_path / "index")) == len(index), "sizes alone do not tell"
    with pytest.raises(UserError, match="is not what was added"):
        open_sound_index(tmp_path / "index")
    with pytest.raises(UserError, match="is not what was added"):
        to_datasketch(index, 0.5)
    with pytest.raises(UserError, match="is not what was added"):
        hits(index, ["a text"])
    file.unlink()
    assert [(mistake.where, mistake.what) for mistake in verify_index(index)] == [(str(file), "is gone")]
    with pytest.raises(UserError, match="is gone"):
        open_index(tmp_path / "index")


@pytest.mark.parametrize(("file", "content", "told"), [
    ("signatures.npy", np.zeros((5, 64), np.uint32), "not of 5 rows and 128 permutations"),
    ("signatures.npy", np.zeros((5, 128), np.float32), "something else than names"),
    ("signatures.npy", np.zeros((5, 128), ">u4"), "something else than names"),
    ("shingles.npy", np.zeros(3, ">u8"), "something else than names"),
    ("starts.npy", b"PK\x03\x04", "is damaged"),
    ("starts.npy", np.zeros(5, np.int64), "not of 5 rows"),
    ("starts.npy", np.arange(6), "starts.npy does not fit shingles.npy"),
    ("shingles.npy", np.zeros(3, np.uint64), "does not fit"),
    ("shingles.npy", b"", "is damaged"),
    ("shingles.npy", b"\x93NUMPY\x01\x00garbage", "is damaged"),
    ("names.parquet", b"PAR1", "is damaged"),
    ("names.parquet", pl.DataFrame({"names": ["a"] * 5}), "something else than names"),
    ("names.parquet", pl.DataFrame({"name": [1] * 5}), "something else than names"),
    ("names.parquet", pl.DataFrame({"name": ["a"] * 4}), "not of 5 rows"),
])  # fmt: skip
def test_files_that_do_not_fit_are_told_when_an_index_is_opened(tmp_path, file, content, told):
    add_part(tmp_path / "index", new_part("a", [named(corpus(5, 1)[:5])]), SKETCHING)
    path = tmp_path / "index" / "parts" / "a" / file
    match content:
        case bytes():
            path.write_bytes(content)
        case pl.DataFrame():
            content.write_parquet(path)
        case _:
            np.save(path, content)
    with pytest.raises(UserError, match=told) as raised:
        open_index(tmp_path / "index")
    assert raised.value.mistakes[0].where == str(path.parent)


def test_a_record_that_is_damaged_or_gone_is_told(tmp_path):
    index = add_part(tmp_path / "index", new_part("a", [named(corpus(5, 1))]), SKETCHING)
    record = tmp_path / "index" / "index.json"
    whole = index.record.model_dump()
    for change in ({"rows": -1}, {"name": "../a"}, {"files": {"names.parquet": "0"}}, {"files": {"../x": "0"}}):
        record.write_text(json.dumps({**whole, "parts": [{**whole["parts"][0], **change}]}))
        with pytest.raises(UserError, match="is damaged"):
            open_index(tmp_path / "index")
    record.write_text(json.dumps({**whole, "parts": whole["parts"] * 2}))
    with pytest.raises(UserError, match="is damaged"):
        open_index(tmp_path / "index")
    for content, told in (
        ("{", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("[]", "has schema version None"),
        (json.dumps({"schema_version": 9}), "has schema version 9"),
        (json.dumps({"schema_version": 2, "unit": "words"}), "is damaged"),
    ):
        record.write_text(content)
        with pytest.raises(UserError, match=told):
            open_index(tmp_path / "index")
    record.unlink()
    with pytest.raises(UserError, match="is no index"):
        open_index(tmp_path / "index")


ADDING = """
import sys
from pathlib import Path
import polars as pl
from curate.index_part import Origin
from curate.near_duplicates.adding import NewPart, add_part
from curate.near_duplicates.sketch import Sketching

def frames():
    print("begun", flush=True)
    for part in range(200):
        texts = [f"some words {part} of {row} in a text {row * part}" for row in range(50)]
        yield pl.DataFrame({"name": [f"x/{part}-{row}" for row in range(50)], "text": texts})

add_part(Path(sys.argv[1]), NewPart(sys.argv[2], Origin(data="x.jsonl", text=("text",)), frames()), Sketching())
"""


def test_a_process_that_is_killed_adds_all_or_nothing(tmp_path):
    """Killed at many moments: the index opens each time, holds whole parts, and takes the next one."""
    folder, chance = tmp_path / "index", np.random.default_rng(1)
    add_part(folder, new_part("first", [named(corpus(20, 1))]), SKETCHING)
    whole = time.monotonic()
    subprocess.run([sys.executable, "-c", ADDING, str(tmp_path / "timed"), "part"], check=True, capture_output=True)
    whole = time.monotonic() - whole
    ended = 0
    for place in range(8):
        process = subprocess.Popen([sys.executable, "-c", ADDING, str(folder), f"part{place}"], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"begun\n"
        time.sleep(chance.uniform(0, whole * 0.8))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        index = open_index(folder)
        ended += f"part{place}" in {part.name for part in index.record.parts}
        assert {part.rows for part in index.record.parts if part.name != "first"} <= {10_000}
        assert verify_index(index) == []
        assert len(hits(index, corpus(20, 1)[:20])) == 20
    add_part(folder, new_part("last", [named(["the last text of all"], "last")]), SKETCHING)
    names = {path.name for path in (folder / "parts").iterdir()}
    assert names == {part.name for part in open_index(folder).record.parts}, "what was half-written is gone"
    assert ended < 8, "some were killed in the middle"


def test_two_processes_do_not_add_at_once(tmp_path):
    folder = tmp_path / "index"
    process = subprocess.Popen([sys.executable, "-c", ADDING, str(folder), "theirs"], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"begun\n"
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(UserError, match="another process adds to it"):
            add_part(folder, new_part("ours", [named(["x"])]), SKETCHING)
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.communicate()
    assert [part.name for part in open_index(folder).record.parts] == ["theirs"]
    assert is_index(folder)


def test_an_index_opens_as_datasketchs(tmp_path):
    texts = [*corpus(60, 5), None, "?!"]
    index = add_part(tmp_path / "index", new_part("a", [named(texts)]), SKETCHING)
    theirs = to_datasketch(index, SEARCH.threshold)
    found = of_texts(pl.Series(texts), SEARCH)
    together = [
        set(found.buckets.rows[low:high].tolist())
        for low, high in zip(found.buckets.starts, found.buckets.starts[1:], strict=False)
    ]
    for row, text in enumerate(texts[:60]):
        expected = {row}.union(*(part for part in together if row in part))
        assert set(theirs.query(minhash_of(text, SKETCHING))) == {f"old/{other}" for other in expected}
    assert "old/80" not in theirs.keys
    assert len(theirs.keys) == 80


def test_a_datasketch_index_opens_as_ours(tmp_path):
    from datasketch import MinHash, MinHashLSH

    texts = named([*corpus(30, 6), None])
    theirs = MinHashLSH(threshold=0.7, num_perm=128)
    for name, text in texts[:-1].iter_rows():
        sketch = MinHash(num_perm=128, seed=1, hashfunc=lambda gram: gram % 2**32)
        sketch.update_batch(Shingling().of(pl.Series([text])).of(0).tolist())
        theirs.insert(name, sketch)
    index = from_datasketch(theirs, texts, tmp_path / "index", "theirs", SKETCHING)
    assert index.names().to_list() == texts["name"].to_list()
    again = to_datasketch(index, 0.7)
    assert set(again.keys) == set(theirs.keys)
    for wrong, told in (
        (texts[1:], "'old/0': has no text"),
        (pl.concat([texts, named(["more"], "more")]), "'more/0': is not in it"),
        (texts.with_columns(text=pl.col("text").str.replace("word", "other")), "has another signature there"),
    ):
        with pytest.raises(UserError, match=told):
            from_datasketch(theirs, wrong, tmp_path / "refused", "theirs", SKETCHING)
    with pytest.raises(UserError, match="has another signature"):
        from_datasketch(theirs, texts, tmp_path / "refused", "theirs", Sketching(seed=2))
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize("make", [
    lambda folder: (folder / "parts" / "precious").mkdir(parents=True) or (folder / "parts" / "precious" / "data").write_text("mine"),
    lambda folder: folder.mkdir() or (folder / "notes.txt").write_text("mine"),
    lambda folder: (folder / "parts").mkdir(parents=True) or (folder / "parts" / "link").symlink_to("/"),
    lambda folder: (folder / "parts").mkdir(parents=True) or (folder / "parts" / "file").write_text("mine"),
])  # fmt: skip
def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path, make):
    folder = tmp_path / "mine"
    make(folder)
    before = sorted(folder.rglob("[!.]*"))[:50]
    with pytest.raises(UserError, match="is no index, and"):
        add_part(folder, new_part("a", [named(["x"])]), SKETCHING)
    assert sorted(folder.rglob("[!.]*"))[:50] == before


def test_an_index_leaves_alone_what_is_not_its_own(tmp_path):
    folder = tmp_path / "index"
    add_part(folder, new_part("a", [named(["x"])]), SKETCHING)
    (folder / "parts" / "theirs").mkdir()
    (folder / "parts" / "theirs" / "data").write_text("mine")
    add_part(folder, new_part("b", [named(["y"])]), SKETCHING)
    assert (folder / "parts" / "theirs" / "data").read_text() == "mine"


def test_an_empty_folder_may_be_given_and_stays_where_nothing_is_added(tmp_path):
    def frames():
        yield named(["x"])
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        add_part(tmp_path, new_part("a", frames()), SKETCHING)
    assert list(tmp_path.iterdir()) == []
    assert add_part(tmp_path, new_part("a", [named(["x"])]), SKETCHING).names().to_list() == ["old/0"]
