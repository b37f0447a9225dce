"""Speed of fine-tuning: our trainer's settings and TRL's defaults, on the same rows of chat-like lengths, on the same machine.

    python tests/benchmarks/sft.py                                                       (toy size: a look that it still works)
    python tests/benchmarks/sft.py --shape smollm2-135m --rows 20000 --steps 60 --repeats 3         (one GPU of 80 GiB)
    python tests/benchmarks/sft.py --shape qwen3-0.6b --rows 20000 --steps 60 --repeats 3

TRL runs as a newcomer writes it: `SFTConfig()` with the learning rate alone, so 8 rows a batch, padded, recomputed activations; on a
GPU bfloat16 autocast over float32 weights in both, on a CPU float32 in both. Rows come tokenised and are no longer than the length
that TRL cuts at, so both learn the same. Ours packs, and counts a batch in tokens (`train.batch_tokens`). Then both run at equal
settings on one order of rows, 8 a batch, and their losses are compared step by step. Each run is a process of its own, in turns.
Tokens are real ones, without padding, in the steps after the first `WARM`. Models have random weights of the shape that is named.

Targets on one H100, not yet measured: MFU of 25 % at 135M and 35 % at 0.6B, and three times the tokens a second of TRL's defaults.
MFU is work / (seconds x 989 TFLOP/s, the dense bfloat16 peak of an H100 SXM). The work is that of Chowdhery et al. 2022 (PaLM,
appendix B), 6 N a token + 12 L H Q T of attention, counted low: the embedding's share of N only at supervised tokens (the head is
not asked at others), the attention halved (causal), T the mean length of a row, nothing for what is computed again.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

PEAK = 989e12
"""FLOP/s of an H100 SXM in dense bfloat16 (NVIDIA's data sheet)."""
WARM = 3
"""Steps before the clock starts: a GPU's kernels are chosen, memory is taken."""
LEARNING_RATE = 2e-5
SEED = 7


@dataclass(frozen=True)
class Shape:
    """A model's shape as its config says, the median and the longest length of its rows, and the tokens of a batch of ours."""

    kind: str
    config: dict[str, Any]
    median: int
    longest: int
    batch_tokens: int


SHAPES = {
    "toy": Shape(
        "llama",
        {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
         "intermediate_size": 128, "vocab_size": 512},
        24, 128, 1024,
    ),
    "smollm2-135m": Shape(  # HuggingFaceTB/SmolLM2-135M, config.json
        "llama",
        {"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
         "intermediate_size": 1536, "vocab_size": 49152},
        220, 1024, 32768,
    ),
    "qwen3-0.6b": Shape(  # Qwen/Qwen3-0.6B, config.json
        "qwen3",
        {"hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
         "intermediate_size": 3072, "vocab_size": 151936},
        220, 1024, 16384,
    ),
}  # fmt: skip
KINDS = {
    "ours": "ours, batches of tokens",
    "trl": "TRL's defaults",
    "ours equal": "ours, 8 rows a batch",
    "trl equal": "TRL at our settings, padded",
}
EQUAL = (
    "activation_checkpointing", "data_seed", "dataloader_num_workers", "lr_scheduler_type", "optim", "seed",
    "train_sampling_strategy", "warmup_steps", "weight_decay",
)  # fmt: skip
"""Settings of ours that TRL is given in the comparison at equal settings; learning rate, precision and 8 rows are equal anyway."""


@dataclass(frozen=True)
class Measured:
    """What one run took: `cells` are tokens with padding, `memory` is the peak in bytes, `losses` one a step."""

    steps: int
    seconds: float
    tokens: int
    supervised: int
    cells: int
    memory: int
    parameters: int
    losses: list[float]


def make_rows(shape: Shape, count: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return tokens and labels of rows: lengths are log-normal (sigma 0.8), a question of 20 to 60 % of a row is masked."""
    draw = np.random.default_rng(SEED)
    lengths = np.exp(draw.normal(np.log(shape.median), 0.8, count)).astype(int).clip(8, shape.longest)
    asked = (lengths * draw.uniform(0.2, 0.6, count)).astype(int).clip(1)
    # few words, so that there is something to learn; 0 and 1 are pad and end
    rows = [[*(draw.zipf(1.3, length - 1) % (shape.config["vocab_size"] - 2) + 2).tolist(), 1] for length in lengths]
    return rows, [[-100] * first + row[first:] for row, first in zip(rows, asked, strict=True)]


def make_model(shape: Shape, device: str) -> Any:
    """Return a model of random weights, the same for the same shape."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig, Qwen3Config

    torch.manual_seed(SEED)
    config = {"llama": LlamaConfig, "qwen3": Qwen3Config}[shape.kind](
        **shape.config, tie_word_embeddings=True, max_position_embeddings=2048, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="sdpa")
    return model.to(device)


def make_tokenizer() -> Any:
    """Return a tokenizer that knows pad and end: rows come tokenised."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({"<pad>": 0, "<end>": 1, "<unk>": 2}, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<end>", unk_token="<unk>")


def our_recipe(shape: Shape, steps: int, *, equal: bool) -> Any:
    """Return a recipe of ours: batches counted in tokens, or with `equal` 8 rows a batch in the order in which they stand."""
    from curate.recipe_file import parse_recipe

    batch = "batch_size: 8" if equal else f"batch_tokens: {shape.batch_tokens}"
    order = ", train_sampling_strategy: sequential" if equal else ""
    return parse_recipe(
        "version: 1\nname: benchmark\nsources: [{path: a.jsonl}]\nsplit: {}\n"
        'task: {kind: classification, text: text, label: label, labels: {a: a, b: b}, prompt: "{text}"}\n'
        f"seed: {SEED}\ntrain: {{base: x, max_length: {shape.longest}, learning_rate: {LEARNING_RATE}, {batch}, epochs: 1000,\n"
        f"  trainer: {{max_steps: {steps}, save_strategy: 'no', logging_steps: 1{order}}}}}\n",
        "benchmark.yaml",
    )


def our_trainer(shape: Shape, rows: int, recipe: Any, folder: Path) -> Any:
    """Return the trainer that `fairlead train` makes."""
    from train.job import Job
    from train.models import LoadedModel, choose_device
    from train.tokens import Encoded
    from train.trainer import make_trainer

    device = choose_device("auto")
    loaded = LoadedModel(make_model(shape, device), make_tokenizer())
    return make_trainer(
        Job(recipe, folder, device, loaded, Encoded(*make_rows(shape, rows)), Encoded([], []), pl.DataFrame()), folder
    )


def their_trainer(shape: Shape, rows: int, steps: int, same_as: Any, folder: Path) -> Any:
    """Return TRL's trainer as a newcomer makes it; with `same_as`, a recipe of ours, at its settings but for the padding."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from train.models import choose_device
    from train.trainer import trainer_arguments

    device = choose_device("auto")
    settings: dict[str, Any] = (
        {} if device == "cuda" else {"bf16": False, "use_cpu": True, "dataloader_pin_memory": False}
    )
    if same_as is not None:
        arguments = trainer_arguments(same_as, device, folder, rows=rows, evaluates=False)
        settings |= {name: getattr(arguments, name) for name in EQUAL}
    ids, labels = make_rows(shape, rows)
    return SFTTrainer(
        model=make_model(shape, device),
        args=SFTConfig(
            output_dir=str(folder), learning_rate=LEARNING_RATE, max_steps=steps, save_strategy="no", logging_steps=1,
            report_to="none", disable_tqdm=True, **settings,
        ),
        train_dataset=Dataset.from_dict({"input_ids": ids, "labels": labels}),
        processing_class=make_tokenizer(),
    )  # fmt: skip


def run(kind: str, shape: Shape, rows: int, steps: int) -> Measured:
    """Make the trainer of a kind, and measure its steps."""
    from train.attention import packed_attention

    recipe = our_recipe(shape, steps, equal=kind.endswith("equal"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind.startswith("ours"):
            trainer = our_trainer(shape, rows, recipe, folder)
        else:
            trainer = their_trainer(shape, rows, steps, None if kind == "trl" else recipe, folder)
        with packed_attention(trainer.model) if trainer.padding_free else contextlib.nullcontext():
            return measure(trainer)


def measure(trainer: Any) -> Measured:
    """Train, and count tokens and seconds of the steps after the first few."""
    import torch
    from transformers import PrinterCallback, TrainerCallback

    counted: list[Any] = []
    clock: list[float] = []
    cuda = trainer.args.device.type == "cuda"
    step = trainer.training_step

    def counting(model: Any, inputs: Any, *others: Any, **named: Any) -> Any:
        if len(clock) > WARM - 1:
            cells = inputs["input_ids"].numel()
            real = inputs["attention_mask"].sum() if "attention_mask" in inputs else torch.tensor(cells)
            counted.append((real, (inputs["labels"][..., 1:] != -100).sum(), cells))
        return step(model, inputs, *others, **named)

    class Clock(TrainerCallback):
        """Notes the time after each step, when the device has done it."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            if cuda:
                torch.cuda.synchronize()
            clock.append(time.perf_counter())

    trainer.training_step = counting
    trainer.add_callback(Clock())
    trainer.remove_callback(PrinterCallback)
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    sums = [sum(int(each[place]) for each in counted) for place in range(3)]
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    parameters = sum(weight.numel() for weight in trainer.model.parameters())
    memory = torch.cuda.max_memory_allocated() if cuda else resident()
    return Measured(len(clock) - WARM, clock[-1] - clock[WARM - 1], *sums, memory, parameters, losses)


def resident() -> int:
    """Return the largest resident set that this process ever had, in bytes."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def work(shape: Shape, found: Measured, mean: float) -> float:
    """Return the floating point operations of a run's tokens (see the head of this file)."""
    config = shape.config
    head = config["vocab_size"] * config["hidden_size"]
    width = config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
    attention = 12 * config["num_hidden_layers"] * config["num_attention_heads"] * width * mean / 2
    return (6 * (found.parameters - head) + attention) * found.tokens + 6 * head * found.supervised


def apart(kind: str, arguments: argparse.Namespace) -> Measured:
    """Run a kind in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "measured.json"
        options = ["--shape", arguments.shape, "--rows", str(arguments.rows), "--steps", str(arguments.steps)]
        command = [sys.executable, __file__, *options, "--kind", kind, "--answer", str(answer)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{kind}: {done.stderr.strip()[-2000:]}")
        return Measured(**json.loads(answer.read_text()))


def tell(shape: Shape, kind: str, runs: list[Measured], mean: float, *, cuda: bool) -> float:
    """Print the median run of a kind, and return its tokens a second."""
    middle = sorted(runs, key=lambda each: each.seconds)[(len(runs) - 1) // 2]
    speed = statistics.median(each.tokens / each.seconds for each in runs)
    share = middle.supervised / middle.tokens
    mfu = [work(shape, each, mean) / each.seconds / PEAK for each in runs]
    used = f"MFU {statistics.median(mfu):.1%}" if cuda else "no MFU on a CPU"
    print(
        f"{KINDS[kind]:28} {speed:11,.0f} tokens/s  {speed * share:11,.0f} supervised/s  padding {1 - middle.tokens / middle.cells:5.1%}  "
        f"{middle.memory / 2**30:5.1f} GiB  {used}  {middle.steps} steps of {middle.tokens / middle.steps:,.0f} tokens"
    )
    return speed


def main() -> None:
    """Run each kind in turns, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=list(SHAPES), default="toy")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--steps", type=int, default=12, help=f"optimiser steps, of which {WARM} are not timed")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--kind", choices=list(KINDS), help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    shape = SHAPES[arguments.shape]
    if arguments.kind:
        from train.process import prepare_environment

        prepare_environment()
        measured = run(arguments.kind, shape, arguments.rows, arguments.steps)
        arguments.answer.write_text(json.dumps(asdict(measured)))
        return
    compare(shape, arguments)


def compare(shape: Shape, arguments: argparse.Namespace) -> None:
    """Measure all kinds, and print speed, ratio and the difference of the losses."""
    import torch

    cuda = torch.cuda.is_available()
    lengths = [len(row) for row in make_rows(shape, arguments.rows)[0]]
    mean = statistics.mean(lengths)
    where = torch.cuda.get_device_name() if cuda else "CPU, float32"
    print(f"{arguments.shape} on {where}: {arguments.rows:,} rows, mean {mean:.0f} tokens, longest {max(lengths)}")
    found: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    for _ in range(arguments.repeats):
        for kind in KINDS:
            found[kind].append(apart(kind, arguments))
    speed = {kind: tell(shape, kind, runs, mean, cuda=cuda) for kind, runs in found.items()}
    print(
        f"ours / TRL's defaults: {speed['ours'] / speed['trl']:.2f}; at equal settings {speed['ours equal'] / speed['trl equal']:.2f}"
    )
    curves = [found[kind][0].losses for kind in ("ours equal", "trl equal")]
    largest = max(abs(one - other) for one, other in zip(*curves, strict=True))
    print(
        f"largest difference of the losses at equal settings: {largest:.2g} over {len(curves[0])} steps (from {curves[0][0]:.3f} to {curves[0][-1]:.3f})"
    )


if __name__ == "__main__":
    main()
