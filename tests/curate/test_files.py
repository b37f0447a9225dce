"""Files written in one move, and files that stand in two places."""

import os

import polars as pl

from curate.files import link_or_copy, read_parquet, remove_others, temporary_of


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
