"""What is kept from process to process: whole or not at all, and never where a process happens to stand."""

from pathlib import Path

import pytest

from curate.kernels.kept import _folders, keep, kept


@pytest.mark.parametrize("damaged", [b"", b"\0" * 31, b"\0" * 5000, None])
def test_what_is_damaged_counts_as_none(damaged, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    keep(b"code", "name")
    (path,) = tmp_path.iterdir()
    assert kept("name") == b"code"
    path.write_bytes(path.read_bytes()[:-1] if damaged is None else damaged)
    assert kept("name") is None


def test_the_next_folder_serves_where_one_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("curate.kernels.kept._folders", lambda: [tmp_path / "file", tmp_path / "second"])
    assert kept("name") is None
    keep(b"code", "name")
    assert kept("name") == b"code"
    assert [path.name for path in (tmp_path / "second").iterdir()] == ["name.kept"]


def test_folders_do_not_depend_on_where_the_process_stands(monkeypatch, tmp_path):
    def homeless():
        raise RuntimeError

    beside = Path(kept.__code__.co_filename).parent / "__pycache__"
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    for named, folders in (("", [beside]), ("caches", [beside]), ("/caches", [beside, Path("/caches/fairlead")])):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        assert _folders() == folders
    monkeypatch.setenv("NUMBA_CACHE_DIR", "here")
    assert _folders() == [Path.cwd() / "here"]
