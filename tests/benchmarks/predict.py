"""Scoring labels: ours against EleutherAI's lm-evaluation-harness, the same prompts, labels, model and device in one run.

    python tests/benchmarks/predict.py --shape toy --prompts 400 --labels 4
    python tests/benchmarks/predict.py --shape smollm2-135m --prompts 4000 --labels 4        (on a GPU)
    python tests/benchmarks/predict.py --shape qwen3-0.6b --prompts 2000 --labels 4 --no-end

Weights are random: speed does not depend on them, and no download is needed. On CUDA they are bfloat16, else float32, for both
peers. Rows are scored from text, tokenising included; its part is told. The peer gets whichever batch size is the fastest on
a few prompts. With `--no-end` labels are scored as it scores them by itself, without an end token: then it reads a prompt
once for all labels of one token. Peers alternate, and times are medians of the repetitions.
"""

import argparse
import contextlib
import logging
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from curate.train_settings import DemoBase, Train
from train.demo_base import make_tokenizer
from train.models import LoadedModel
from train.process import prepare_environment
from train.scoring import log_likelihoods_of_groups
from train.tokens import encode_continuations, encode_pairs

TOY = DemoBase()
SHAPES: dict[str, dict[str, Any]] = {
    "toy": {
        "model_type": "llama", "vocab_size": TOY.vocabulary, "hidden_size": TOY.hidden_size, "num_hidden_layers": TOY.layers,
        "num_attention_heads": TOY.heads, "num_key_value_heads": TOY.heads, "intermediate_size": 4 * TOY.hidden_size,
    },
    "smollm2-135m": {
        "model_type": "llama", "vocab_size": 49152, "hidden_size": 576, "num_hidden_layers": 30,
        "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
    },
    "qwen3-0.6b": {
        "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 1024, "num_hidden_layers": 28, "head_dim": 128,
        "num_attention_heads": 16, "num_key_value_heads": 8, "intermediate_size": 3072,
    },
}  # fmt: skip
BATCH_SIZES = {"cpu": (1, 4, 16, 64), "cuda": (32, 128, 512, "auto")}
MAXIMUM = 512
WORDS = (10, 60)
"""The fewest and the most words of a prompt; about 1.4 tokens each."""


@dataclass(frozen=True)
class Work:
    """What is asked, of which model."""

    loaded: LoadedModel
    prompts: list[str]
    labels: list[str]
    tokens: int
    end: bool

    def head(self, count: int) -> "Work":
        """Return the same with so many prompts."""
        return replace(self, prompts=self.prompts[:count])


def model_of(shape: str, dtype: Any, **special: int) -> Any:
    """Return a model of that shape with random weights; `special` are the ids of its special tokens."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(**SHAPES[shape], max_position_embeddings=2048, tie_word_embeddings=True, **special)
    return AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="sdpa").eval()


def work_of(shape: str, prompts: int, labels: int, tokens: int, *, end: bool) -> Work:
    """Return prompts of made-up words under a law like Zipf's, labels among the most frequent, and a model of that shape."""
    import torch

    random = np.random.default_rng(7)
    syllables = [first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "n", "r", "s")]
    words = list(dict.fromkeys("".join(random.choice(syllables, random.integers(1, 4))) for _word in range(2000)))
    drawn = [
        (len(words) * random.random(random.integers(*WORDS)) ** 3).astype(int) for _text in range(max(prompts, 500))
    ]
    texts = [" ".join(words[place] for place in places) for places in drawn]
    tokenizer = make_tokenizer(texts, TOY.vocabulary)
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    device, dtype = ("cuda", torch.bfloat16) if torch.cuda.is_available() else ("cpu", torch.float32)
    torch.manual_seed(7)
    model = model_of(shape, dtype, **ids).to(device)
    asked = [f"{text}\nThis is" for text in texts[:prompts]]
    return Work(LoadedModel(model, tokenizer), asked, [f" {word}" for word in words[:labels]], tokens, end)


@dataclass(frozen=True)
class Timed:
    """Seconds in all and of tokenising alone, and a log-likelihood for each prompt and label."""

    seconds: float
    tokenising: float
    scores: np.ndarray


def ours(work: Work) -> Timed:
    """Score as the phase `predict` does (`train.scoring.score_labels`, taken apart for the clock)."""
    started = time.perf_counter()
    prompts = [prompt for prompt in work.prompts for _label in work.labels]
    labels = [label for _prompt in work.prompts for label in work.labels]
    tokenizer = work.loaded.tokenizer
    encoded = (
        encode_pairs(tokenizer, prompts, labels, MAXIMUM)
        if work.end
        else encode_continuations(tokenizer, prompts, labels)
    )
    tokenised = time.perf_counter() - started
    groups = [range(start, start + len(work.labels)) for start in range(0, len(prompts), len(work.labels))]
    scores, _count = log_likelihoods_of_groups(work.loaded, encoded, groups, work.tokens, lambda _done: None)
    return Timed(time.perf_counter() - started, tokenised, scores.reshape(len(work.prompts), -1))


def harness_of(work: Work, batch_size: int | str) -> Any:
    """Return the peer around the same model and tokenizer."""
    from lm_eval.models.huggingface import HFLM

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    model, tokenizer = work.loaded.model, work.loaded.tokenizer
    return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch_size, max_batch_size=512)


def theirs(work: Work, harness: Any) -> Timed:
    """Score with the peer, as its method `loglikelihood` does; the end token is put after its own encoding of each pair."""
    started = time.perf_counter()
    end = [work.loaded.tokenizer.eos_token_id] if work.end else []
    requests = []
    for prompt in work.prompts:
        for label in work.labels:
            context, continuation = harness._encode_pair(prompt, label)
            requests.append(((prompt, label), context, continuation + end))
    tokenised = time.perf_counter() - started
    with contextlib.redirect_stdout(sys.stderr):  # it tells of batch sizes that it tries
        found = harness._loglikelihood_tokens(requests, disable_tqdm=True)
    scores = np.array([likelihood for likelihood, _greedy in found]).reshape(len(work.prompts), -1)
    return Timed(time.perf_counter() - started, tokenised, scores)


def fastest(work: Work, sizes: Sequence[int | str]) -> tuple[int | str, Any]:
    """Return the batch size with which the peer is fastest, and the peer; a size for which memory lacks is left out."""
    import torch

    best: tuple[float, int | str, Any] = (float("inf"), 0, None)
    for size in sizes:
        harness = harness_of(work, size)
        try:
            seconds = min(theirs(work, harness).seconds for _time in range(2))
        except torch.OutOfMemoryError:
            continue
        best = min(best, (seconds, size, harness), key=lambda each: each[0])
    return best[1], best[2]


def measure(work: Work, repeats: int, sizes: Sequence[int | str]) -> dict[str, Any]:
    """Return medians of both peers in turn, and how far their scores lie apart."""
    few = work.head(max(8, len(work.prompts) // 10))
    ours(few)  # what is made once
    size, harness = fastest(few, sizes)
    runs = [(ours(work), theirs(work, harness)) for _repeat in range(repeats)]
    own, peer = runs[-1][0].scores, runs[-1][1].scores
    found: dict[str, Any] = {
        "size": size,
        "apart": float(np.abs(own - peer).max()),
        "equal": int((own.argmax(axis=1) == peer.argmax(axis=1)).sum()),
    }
    for place, name in enumerate(("ours", "lm-eval")):
        found[name] = statistics.median(pair[place].seconds for pair in runs)
        found[f"{name} tokenising"] = statistics.median(pair[place].tokenising for pair in runs)
    return found


def show(work: Work, shape: str, found: dict[str, Any]) -> None:
    """Print what was measured."""
    model, rows = work.loaded.model, len(work.prompts) * len(work.labels)
    lengths = [len(ids) for ids in work.loaded.tokenizer(work.prompts)["input_ids"]]
    config, end = model.config, "with" if work.end else "without"
    print(
        f"{shape}: {config.num_hidden_layers} layers of {config.hidden_size}, vocabulary {config.vocab_size:,}, "
        f"{sum(weight.numel() for weight in model.parameters()):,} weights in {model.dtype} on {device_name(model)}"
    )
    print(
        f"{len(work.prompts):,} prompts of {min(lengths)} to {max(lengths)} tokens, {sum(lengths):,} in all; "
        f"{len(work.labels)} labels {end} their end token: {rows:,} rows"
    )
    for name, what in (("ours", f"batches of {work.tokens:,} tokens"), ("lm-eval", f"batch size {found['size']}")):
        seconds, tokenising = found[name], found[f"{name} tokenising"]
        print(f"{name}: {rows / seconds:,.0f} rows/s ({seconds:.2f} s, tokenising {tokenising:.2f} s; {what})")
    bare = (found["lm-eval"] - found["lm-eval tokenising"]) / (found["ours"] - found["ours tokenising"])
    print(f"ratio {found['lm-eval'] / found['ours']:.1f}, without tokenising {bare:.1f}")
    print(f"log-likelihoods: largest difference {found['apart']:.1e}; the same label for {found['equal']:,} prompts")


def device_name(model: Any) -> str:
    """Return what a model's device is."""
    import torch

    cores = f"{torch.get_num_threads()} cores"
    return torch.cuda.get_device_name(model.device) if model.device.type == "cuda" else cores


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="toy")
    parser.add_argument("--prompts", type=int, default=400)
    parser.add_argument("--labels", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=Train().prediction_tokens, help="in a batch of ours")
    parser.add_argument("--no-end", action="store_true", help="labels without end token")
    given = parser.parse_args()
    sys.path.remove(str(Path(__file__).parent))  # files here are called like packages
    os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched
    prepare_environment()
    work = work_of(given.shape, given.prompts, given.labels, given.tokens, end=not given.no_end)
    sizes = BATCH_SIZES[work.loaded.model.device.type]
    show(work, given.shape, measure(work, given.repeats, sizes))


if __name__ == "__main__":
    main()
