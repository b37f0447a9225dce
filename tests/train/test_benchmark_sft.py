"""The benchmark of fine-tuning, at a size at which it only shows that it still measures what it says."""

import sys
from dataclasses import replace

import pytest
import sft as benchmark

SHAPE = replace(benchmark.SHAPES["toy"], batch_tokens=384)


# TRL's own default, which a newcomer does not write, goes by an old name
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_it_measures_real_tokens_and_compares_losses_on_one_order(monkeypatch, capsys):
    runs = {}

    def here(kind, arguments):
        runs[kind] = benchmark.run(kind, SHAPE, arguments.rows, arguments.steps)
        return runs[kind]

    monkeypatch.setattr(benchmark, "apart", here)
    monkeypatch.setattr(sys, "argv", ["sft.py", "--rows", "40", "--steps", "4"])
    benchmark.main()
    said = capsys.readouterr().out.splitlines()
    rows, labels = benchmark.make_rows(SHAPE, 40)
    assert said[0].endswith(f"40 rows, mean {sum(map(len, rows)) / 40:.0f} tokens, longest {max(map(len, rows))}")
    assert [line.split("  ")[0] for line in said[1:5]] == list(benchmark.KINDS.values())
    assert all("no MFU on a CPU" in line for line in said[1:5])
    # step 4 of 8 rows as they stand: their tokens, and what padding makes of them
    lengths = [len(row) for row in rows[24:32]]
    tokens, cells = sum(lengths), 8 * max(lengths)
    supervised = sum(label != -100 for row in labels[24:32] for label in row[1:])
    ours, theirs = runs["ours equal"], runs["trl equal"]
    assert (ours.steps, ours.tokens, ours.cells, ours.supervised) == (1, tokens, tokens, supervised)
    assert (theirs.steps, theirs.tokens, theirs.cells, theirs.supervised) == (1, tokens, cells, supervised)
    assert ours.losses == pytest.approx(theirs.losses, abs=1e-4)
    assert len(ours.losses) == 4
    assert runs["ours"].tokens == runs["ours"].cells > 200
    assert runs["trl"].cells > runs["trl"].tokens
    assert said[6].startswith("largest difference of the losses at equal settings: ")


def test_work_is_counted_by_hand():
    shape = benchmark.SHAPES["smollm2-135m"]
    found = benchmark.Measured(1, 1.0, 1000, 600, 1000, 0, 134_515_008, [])
    body, head, attention = 134_515_008 - 49152 * 576, 49152 * 576, 6 * 30 * 576 * 300
    assert benchmark.work(shape, found, 300.0) == pytest.approx((6 * body + attention) * 1000 + 6 * head * 600)
