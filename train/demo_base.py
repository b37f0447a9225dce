"""The base model `demo`: a byte-level BPE tokenizer and a small Llama, trained from nothing as a plain language model."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from curate import cache
from curate.files import digest_text
from curate.packages import package_versions
from curate.train_settings import DemoBase
from train.chat import DEMO_TEMPLATE
from train.process import VERSIONED, say
from train.progress import Progress

VERSION = 1  # rises when the same settings and text give another model
BEGIN, END, PAD = "<|begin|>", "<|end|>", "<|pad|>"
POSITIONS = 2048


def demo_key(texts: Sequence[str], settings: DemoBase, positions: int, seed: int) -> str:
    """Return the name of the base that these texts, settings and library versions give."""
    versions = [f"{name} {version}" for name, version in package_versions(VERSIONED).items()]
    return digest_text(
        "demo base", str(VERSION), settings.model_dump_json(), str(positions), str(seed), *versions, *texts
    )


def ensure_demo_base(folder: Path, texts: Sequence[str], settings: DemoBase, positions: int, seed: int) -> Path:
    """Return the demo base for these texts, kept under `folder`; train it first if it is not there, whole and unharmed.

    `positions` is the longest row that the model must read, in tokens.
    """
    kept = folder / f"base-{demo_key(texts, settings, positions, seed)[:16]}"
    if cache.is_whole(kept):
        return kept
    say(f"train: making the demo base ({settings.layers} layers, {settings.steps} steps) from {len(texts):,} texts")
    tokenizer = make_tokenizer(texts, settings.vocabulary)
    model = make_model(make_config(tokenizer, settings, positions), seed)
    train_language_model(model, pack(tokenizer, texts), settings, seed)
    with cache.keeping(kept) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
    return kept


def make_tokenizer(texts: Sequence[str], vocabulary: int) -> Any:
    """Train a byte-level BPE tokenizer; beginning, end and padding are three tokens of their own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BEGIN, END, PAD],
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    backend.train_from_iterator(texts, trainer)
    backend.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, backend.token_to_id(BEGIN))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        chat_template=DEMO_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=POSITIONS,
    )


def make_config(tokenizer: Any, settings: DemoBase, positions: int) -> Any:
    """Return the shape of the model: a Llama that reads `positions` tokens, and at least as many as this file says."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        intermediate_size=4 * settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=max(positions, POSITIONS),
        tie_word_embeddings=True,
        attn_implementation="sdpa",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def make_model(config: Any, seed: int) -> Any:
    """Make a Llama with random weights, drawn from the seed."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(seed)
    return LlamaForCausalLM(config)


def pack(tokenizer: Any, texts: Sequence[str]) -> Any:
    """Return all texts as one long row of tokens, each between a beginning and an end token."""
    import torch

    rows = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return torch.tensor([token for ids in rows for token in (tokenizer.bos_token_id, *ids, tokenizer.eos_token_id)])


def train_language_model(model: Any, stream: Any, settings: DemoBase, seed: int) -> None:
    """Train on blocks cut from the stream at random places: AdamW, a short warmup, then a cosine down to a tenth."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    decayed = [weight for weight in model.parameters() if weight.dim() > 1]
    plain = [weight for weight in model.parameters() if weight.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.95))
    with Progress("demo base", settings.steps) as progress:
        for step, block in enumerate(_blocks(stream, settings, seed)):
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * _schedule(step, settings.steps)
            batch = block.to(device)
            loss = model(input_ids=batch, labels=batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            progress.advance(1, loss=loss.item())
    assert math.isfinite(loss.item()), "the demo base did not learn: its loss is not a number"
    model.to("cpu").eval()


def _blocks(stream: Any, settings: DemoBase, seed: int) -> Iterator[Any]:
    import torch

    size = settings.block_size
    if len(stream) <= size:
        stream = stream.repeat(size // max(len(stream), 1) + 2)
    generator = torch.Generator().manual_seed(seed)
    for _step in range(settings.steps):
        starts = torch.randint(len(stream) - size, (settings.batch_size,), generator=generator)
        yield stream[starts[:, None] + torch.arange(size)]


def _schedule(step: int, steps: int) -> float:
    warmup = max(1, steps // 20)
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * done))
