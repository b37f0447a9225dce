"""Files written in one move, and files that stand in two places."""

import hashlib
import os
import time

import polars as pl
import pytest

from curate import files
from curate.files import (
    digest_file,
    digest_files,
    link_or_copy,
    read_parquet,
    remove_others,
    temporary_of,
    write_parquet,
)


def test_a_file_stands_in_two_places_and_is_copied_where_it_cannot(tmp_path, monkeypatch):
    path, linked, copied = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    path.write_bytes(b"rows")
    link_or_copy(path, linked)
    assert linked.samefile(path)

    def refuse(*_paths):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    link_or_copy(path, copied)
    assert (copied.read_bytes(), copied.samefile(path)) == (b"rows", False)


def test_a_half_made_link_of_an_earlier_process_harms_nothing(tmp_path, monkeypatch):
    """A leftover may be a link to a file of the cache: it is taken away and not written into."""
    path, place = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"rows")
    os.link(path, temporary_of(place))
    monkeypatch.setattr(os, "link", lambda *_paths: (_ for _ in ()).throw(OSError(18, "Invalid cross-device link")))
    (tmp_path / "c").write_bytes(b"other")
    link_or_copy(tmp_path / "c", place)
    assert (path.read_bytes(), place.read_bytes()) == (b"rows", b"other")


def test_others_are_removed_and_hidden_files_are_not(tmp_path):
    for name in ("00000.parquet", "00000 (copy).parquet", "._00000.parquet"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    remove_others(tmp_path, ["00000.parquet"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["._00000.parquet", "00000.parquet"]


def test_parts_are_read_in_order_and_hidden_files_are_not(tmp_path):
    for name, value in (("00001.parquet", 2), ("00000.parquet", 1), ("._00000.parquet", 3)):
        pl.DataFrame({"n": [value]}).write_parquet(tmp_path / name)
    assert read_parquet(tmp_path)["n"].to_list() == [1, 2]


def test_a_file_is_read_again_for_its_digest_when_it_changed(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"rows")
    monkeypatch.setattr("curate.files._SETTLED", -1)
    first = digest_file(path)
    assert first == hashlib.sha256(b"rows").hexdigest()
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    assert digest_file(path) == first
    monkeypatch.undo()
    path.write_bytes(b"wors")
    assert digest_file(path) == hashlib.sha256(b"wors").hexdigest()


def test_a_file_that_changed_a_moment_ago_is_read_each_time(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"rows")
    read, digest = [], hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: read.append(file) or digest(file, name))
    assert digest_file(path) == digest_file(path)
    os.utime(path, (0, 0))
    digest_file(path)
    assert len(read) == 3, "an old date does not hide that it changed"


def test_a_change_while_a_file_is_read_for_its_digest_is_found_afterwards(tmp_path, monkeypatch):
    """Of a clock of whole seconds: the file changes right after its state was asked, and reading it takes a while."""
    path, digest, now = tmp_path / "a", hashlib.file_digest, time.time()
    path.write_bytes(b"rows")
    os.utime(path, (now, now))
    monkeypatch.setattr("curate.files._SETTLED", 0.2)
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: (time.sleep(0.4), digest(file, name))[1])
    digest_file(path)
    assert not any(state[1] == path.stat().st_ino for state in files._digests)


def test_a_frame_is_written_in_row_groups_that_depend_on_its_rows_alone(tmp_path):
    rows = pl.DataFrame({"n": range(10_000), "text": ["word"] * 10_000})
    pieces = pl.concat(list(rows.iter_slices(999)), rechunk=False)
    write_parquet(tmp_path / "a.parquet", rows)
    write_parquet(tmp_path / "b.parquet", pieces)
    write_parquet(tmp_path / "few.parquet", rows.head(1_500), packed=False)
    assert digest_file(tmp_path / "a.parquet") == digest_file(tmp_path / "b.parquet")
    groups = [_row_groups(tmp_path / name) for name in ("a.parquet", "few.parquet")]
    assert groups == [[2_500] * 4, [1_000, 500]]


def _row_groups(path):
    file = pytest.importorskip("pyarrow.parquet").ParquetFile(path)
    return [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]


def test_digests_of_many_files_name_each_and_tell_what_is_missing(tmp_path):
    paths = [tmp_path / str(number) for number in range(9)]
    for path in paths:
        path.write_text(path.name)
    assert digest_files(paths) == {path: hashlib.sha256(path.name.encode()).hexdigest() for path in paths}
    with pytest.raises(FileNotFoundError):
        digest_files([*paths, tmp_path / "gone"])
