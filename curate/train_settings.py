"""What a recipe may say under `train:`. It lives here, because the whole recipe is checked before anything runs."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from curate.settings import Settings

TRAIN_PACKAGES = ("accelerate", "datasets", "peft", "tokenizers", "torch", "transformers", "trl")
"""The packages that training and prediction need (the extra `train`)."""

Acceptable = Literal["answers", "labels", "leaks", "special_tokens"]
"""The checks before training whose failure somebody may know of and accept; the others mean that training cannot go right."""


class DemoBase(Settings):
    """The size of the base model `demo`: a Llama trained from nothing, as a plain language model, on the training text."""

    hidden_size: int = Field(default=128, ge=16, multiple_of=2)
    layers: int = Field(default=4, ge=1)
    heads: int = Field(default=4, ge=1)
    vocabulary: int = Field(default=2000, ge=300, description="size of the BPE vocabulary, an upper bound")
    steps: int = Field(default=150, ge=1, description="optimiser steps of language modelling")
    batch_size: int = Field(default=16, ge=1, description="rows of block_size tokens in a step")
    block_size: int = Field(default=128, ge=16, description="tokens in a row of language modelling")
    learning_rate: float = Field(default=2e-3, gt=0)


class Lora(Settings):
    """Low-rank adapters (Hu et al. 2021) on every linear layer but the head."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Generation(Settings):
    """Greedy generation on the test rows, beside the scoring of labels."""

    rows: int = Field(default=64, ge=0, description="test rows to generate for, drawn by the seed; 0 turns it off")
    max_new_tokens: int = Field(default=32, ge=1)


class Train(Settings):
    """Supervised fine-tuning and prediction."""

    base: str = Field(
        default="demo",
        description="'demo', a folder (an absolute path, or one from the working folder or FAIRLEAD_DATA), or a hub id",
    )
    demo: DemoBase = DemoBase()
    method: Literal["full", "lora"] = "full"
    lora: Lora = Lora()
    epochs: float = Field(default=3.0, gt=0)
    learning_rate: float = Field(default=5e-4, gt=0)
    batch_size: int = Field(default=16, ge=1, description="rows a device and step")
    gradient_accumulation: int = Field(default=1, ge=1)
    max_length: int = Field(default=512, ge=8, description="tokens; a longer row loses its beginning, and is counted")
    maximum_truncated: float = Field(
        default=0.05, ge=0, le=1, description="refuse to train above this share of cut rows"
    )
    warmup: float = Field(default=0.03, ge=0, description="below 1 a share of the steps, from 1 on a number of steps")
    weight_decay: float = Field(default=0.01, ge=0)
    patience: int | None = Field(
        default=2, ge=1, description="evaluations without a better validation loss; null = never stop"
    )
    minimum_per_label: int = Field(
        default=10, ge=1, description="refuse to train a classifier on fewer rows of a label that the task lists"
    )
    accept: tuple[Acceptable, ...] = Field(
        default=(),
        description="checks before training that may fail: what they found is known, and told in the certificate",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="auto: bfloat16 autocast where the GPU has it"
    )
    device: Literal["auto", "cpu", "cuda"] = "auto"
    prediction_tokens: int = Field(default=16384, ge=64, description="tokens in a batch of prediction")
    generation: Generation = Generation()
    trainer: dict[str, str | int | float | bool] = Field(
        default={}, description="further settings of TRL's SFTConfig, by their own names"
    )


def without_effect(train: Train) -> Iterator[tuple[str, str]]:
    """Yield the settings that another one switches off, with what to do. A default that is written out is no mistake."""
    if train.method != "lora" and train.lora != Lora():
        yield "lora", f"has no effect with method: {train.method}; write method: lora, or leave it out"
    if train.base != "demo" and train.demo != DemoBase():
        yield "demo", f"has no effect with base: {train.base}; write base: demo, or leave it out"
