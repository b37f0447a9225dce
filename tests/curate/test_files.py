"""Files written in one move, and files that stand in two places."""

import os

from curate.files import link_or_copy


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
