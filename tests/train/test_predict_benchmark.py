"""The benchmark of scoring runs at a small size, and both peers say the same."""

import predict as benchmark
import pytest


@pytest.mark.parametrize("end", [True, False])
def test_both_peers_score_the_same_rows(end, capsys):
    work = benchmark.work_of("toy", 6, 3, 2048, end=end)
    found = benchmark.measure(work, 1, (2, 4))
    assert found["apart"] < 1e-4
    assert found["equal"] == 6
    assert found["size"] in {2, 4}
    benchmark.show(work, "toy", found)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("toy: 4 layers of 128, vocabulary 2,000, ")
    assert "3 labels with" in printed[1]
    assert printed[1].endswith(": 18 rows")
    assert printed[4].startswith("ratio ")


@pytest.mark.parametrize(("shape", "weights"), [("smollm2-135m", 134_515_008), ("qwen3-0.6b", 596_049_920)])
def test_a_shape_has_the_weights_of_the_model_that_it_is_called_after(shape, weights):
    import torch

    with torch.device("meta"):
        model = benchmark.model_of(shape, torch.bfloat16)
    assert sum(weight.numel() for weight in model.parameters()) == weights
