"""What a recipe may say under `train:`. It lives here, because the whole recipe is checked before anything runs."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from curate.settings import Settings

TRAIN_PACKAGES = ("accelerate", "datasets", "peft", "tokenizers", "torch", "transformers", "trl")
"""The packages that training and prediction need (the extra `train`)."""

Method = Literal["full", "lora", "dora", "qlora"]
ADAPTERS: tuple[Method, ...] = ("lora", "dora", "qlora")
"""The methods that train an adapter and leave the base's weights alone."""
BestBy = Literal["loss", "accuracy", "macro_f1", "worst_group_accuracy"]
Acceptable = Literal["answers", "labels", "leaks", "learning_rate", "special_tokens"]
"""The checks before training whose failure somebody may know of and accept; the others mean that training cannot go right."""


LEARNING_RATE = 5e-4


class DemoBase(Settings):
    """The size of the base model `demo`: a Llama trained from nothing, as a plain language model, on the training text."""

    hidden_size: int = Field(default=128, ge=16, multiple_of=2, description="numbers that stand for a token")
    layers: int = Field(default=4, ge=1, description="decoder blocks")
    heads: int = Field(default=4, ge=1, description="attention heads; they divide hidden_size")
    vocabulary: int = Field(default=2000, ge=300, description="size of the BPE vocabulary, an upper bound")
    steps: int = Field(default=150, ge=1, description="optimiser steps of language modelling")
    batch_size: int = Field(default=16, ge=1, description="rows of block_size tokens in a step")
    block_size: int = Field(default=128, ge=16, description="tokens in a row of language modelling")
    learning_rate: float = Field(default=2e-3, gt=0, description="of language modelling")


class Lora(Settings):
    """Low-rank adapters (Hu et al. 2021) on every linear layer but the head."""

    rank: int = Field(default=16, ge=1, description="of the two matrices whose product is added to a weight")
    alpha: int = Field(default=32, ge=1, description="the product counts alpha / rank times")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="of what an adapter reads")
    merge: bool = Field(
        default=False,
        description="add the adapter to the base's weights: a whole model, which needs no base to load",
    )


class Generation(Settings):
    """Greedy generation on the test rows, beside the scoring of labels."""

    rows: int = Field(default=64, ge=0, description="test rows to generate for, drawn by the seed; 0 turns it off")
    max_new_tokens: int = Field(default=32, ge=1, description="tokens of a text at most")


class Samples(Settings):
    """What the model writes while it learns, for some validation rows, greedily: `model/samples.jsonl`."""

    every_steps: int | None = Field(default=None, ge=1, description="steps between two samples; null = none are taken")
    rows: int = Field(default=4, ge=1, description="validation rows to write for, drawn by the seed")


class Train(Settings):
    """Supervised fine-tuning and prediction."""

    base: str = Field(
        default="demo",
        description="'demo', a folder (an absolute path, or one from the working folder or FAIRLEAD_DATA), or a hub id",
    )
    demo: DemoBase = DemoBase()
    method: Method = Field(
        default="full",
        description="every weight; low-rank adapters; those with weight decomposition (Liu et al. 2024); adapters on a base in 4 "
        "bits (Dettmers et al. 2023; needs bitsandbytes)",
    )
    lora: Lora = Lora()
    epochs: float = Field(default=3.0, gt=0, description="times that the model sees every training row")
    learning_rate: float = Field(default=LEARNING_RATE, gt=0, description="the highest of the schedule")
    find_learning_rate: bool = Field(
        default=False,
        description="a range test before training (Smith 2017), whose rate is taken in place of learning_rate",
    )
    seeds: int = Field(
        default=1,
        ge=1,
        description="models that are trained, with the recipe's seed and those after it; the first is the model",
    )
    batch_size: int = Field(default=16, ge=1, description="rows a device and step")
    batch_tokens: int | None = Field(
        default=None,
        ge=64,
        description="tokens a device and batch, in place of batch_size: as many rows as fit; 16384 or more keep a GPU busy",
    )
    packing: bool | Literal["auto"] = Field(
        default="auto",
        description="rows of a batch stand end to end without padding, and none sees another; auto: where the base allows it",
    )
    gradient_accumulation: int = Field(default=1, ge=1, description="batches before a step of the optimiser")
    max_length: int = Field(default=512, ge=8, description="tokens; a longer row loses its beginning, and is counted")
    maximum_truncated: float = Field(
        default=0.05, ge=0, le=1, description="refuse to train above this share of cut rows"
    )
    warmup: float = Field(default=0.03, ge=0, description="below 1 a share of the steps, from 1 on a number of steps")
    weight_decay: float = Field(default=0.01, ge=0, description="of AdamW, each step; not of norms and biases")
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="of attention, and of other layers where the base has some"
    )
    best_by: BestBy = Field(
        default="loss",
        description="what an evaluation on the validation rows is judged by; the best checkpoint is kept",
    )
    patience: int | None = Field(
        default=2, ge=1, description="evaluations that are no better than the best one; null = never stop"
    )
    largest_loss_gap: float = Field(
        default=0.5,
        gt=0,
        description="nats a token by which the loss on validation rows may exceed that on training rows before the report warns",
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
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto: a GPU where there is one")
    prediction_tokens: int = Field(default=16384, ge=64, description="tokens in a batch of prediction")
    few_shot: bool = Field(
        default=True,
        description="the base is also asked with examples in its prompt, chosen on the validation rows; of a classification alone",
    )
    generation: Generation = Generation()
    samples: Samples = Samples()
    tracker: Literal["none", "tensorboard", "trackio", "wandb"] = Field(
        default="none",
        description="who is told of loss and metrics besides metrics.jsonl; wandb sends them away from this machine",
    )
    trainer: dict[str, str | int | float | bool] = Field(
        default={}, description="further settings of TRL's SFTConfig, by their own names"
    )


def without_effect(train: Train) -> Iterator[tuple[str, str]]:
    """Yield the settings that another one switches off, with what to do. A default that is written out is no mistake."""
    if train.method not in ADAPTERS and train.lora != Lora():
        yield "lora", f"has no effect with method: {train.method}; write method: lora, or leave it out"
    if train.method == "qlora" and train.lora.merge:
        yield "lora.merge", "a base in 4 bits takes no adapter into its weights; write method: lora, or leave it out"
    if train.samples.every_steps is None and train.samples != Samples():
        yield "samples", "has no effect without samples.every_steps; say after how many steps, or leave it out"
    if train.find_learning_rate and train.learning_rate != LEARNING_RATE:
        yield "learning_rate", "has no effect with find_learning_rate: true; keep one of the two"
    if train.base != "demo" and train.demo != DemoBase():
        yield "demo", f"has no effect with base: {train.base}; write base: demo, or leave it out"
    if train.batch_tokens is not None:
        yield from _without_rows(train)


def _without_rows(train: Train) -> Iterator[tuple[str, str]]:
    """Yield what speaks of rows where batches are counted in tokens."""
    if train.packing is False:
        yield "packing", "does not go with batch_tokens; leave one of them out"
    if train.batch_size != Train().batch_size:
        yield "batch_size", "has no effect with batch_tokens; leave one of them out"
    for name in ("dataloader_drop_last", "per_device_eval_batch_size", "train_sampling_strategy"):
        if name in train.trainer:
            yield "trainer", f"{name} has no effect with batch_tokens; leave it out"
