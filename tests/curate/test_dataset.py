import polars as pl
import pytest

from curate.dataset import Dataset, PartWriter


def test_parts_stand_in_their_order(tmp_path):
    with PartWriter(tmp_path) as writer:
        for place in range(7):
            writer.write("rows", place, [pl.DataFrame({"row": [2 * place]}), pl.DataFrame({"row": [2 * place + 1]})])
    rows = Dataset.of_parts(tmp_path / "rows")
    assert (len(rows.parts), rows.height, rows.collect()["row"].to_list()) == (7, 14, list(range(14)))


def test_a_part_that_cannot_be_written_is_told_at_the_end_at_the_latest(tmp_path):
    (tmp_path / "rows").write_text("a file where the folder should stand")
    with pytest.raises(FileExistsError), PartWriter(tmp_path) as writer:
        writer.write("rows", 0, [pl.DataFrame({"row": [1]})])


def write_and_fail(folder):
    with PartWriter(folder) as writer:
        writer.write("rows", 0, [pl.DataFrame({"row": [1]})])
        raise ZeroDivisionError


def test_what_goes_wrong_in_the_block_is_what_is_told(tmp_path):
    (tmp_path / "rows").write_text("a file where the folder should stand, so that what was begun fails too")
    with pytest.raises(ZeroDivisionError):
        write_and_fail(tmp_path)


def test_a_part_may_be_read_after_waiting(tmp_path):
    with PartWriter(tmp_path) as writer:
        path = writer.write("rows", 3, [pl.DataFrame({"row": [5]})])
        writer.wait()
        assert pl.read_parquet(path)["row"].to_list() == [5]


def test_rows_come_in_their_order_without_those_that_are_gone(tmp_path):
    with PartWriter(tmp_path) as writer:
        for place in range(9):
            writer.write("rows", place, [pl.DataFrame({"row": [2 * place, 2 * place + 1]})], packed=place % 2 == 0)
    rows = Dataset.of_parts(tmp_path / "rows").without(pl.Series("row", [3, 4, 5]))
    assert [frame["row"].to_list() for frame in rows.frames()][:4] == [[0, 1], [2], [], [6, 7]]
    assert rows.collect()["row"].to_list() == rows.scan().collect()["row"].to_list() == [0, 1, 2, *range(6, 18)]
