"""The certificate of the checks before training, `RUN/train/preflight.json`: what was found, and what training will take."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from train.tokens import TokenCounts

SCHEMA_VERSION = 1
CheckName = Literal[
    "answers",
    "beginning",
    "conflicts",
    "duplicates",
    "end_token",
    "labels",
    "labels_apart",
    "leaks",
    "learning_rate",
    "packing",
    "padding",
    "precision",
    "rendering",
    "schedule",
    "special_tokens",
    "truncation",
    "unknown_tokens",
    "validation",
]
CHECK_NAMES: tuple[CheckName, ...] = get_args(CheckName)
Outcome = Literal["passed", "warned", "accepted", "failed"]
NAMED_ROWS = 20
"""So many rows of a finding are named, and so many of them where it is told in a line."""
TOLD_ROWS = 5


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Record):
    """One check: what was found in one sentence, what to change, and the rows that it is about (the first twenty of `count`)."""

    name: CheckName
    outcome: Outcome
    said: str
    hint: str = ""
    count: int = 0
    rows: tuple[str, ...] = ()

    def in_words(self) -> str:
        """Return what was found, with some of the rows."""
        if not self.rows:
            return self.said
        named = ", ".join(self.rows[:TOLD_ROWS])
        more = f" and {self.count - TOLD_ROWS:,} more" if self.count > TOLD_ROWS else ""
        return f"{self.said}: {named}{more}"


class Steps(_Record):
    """What the optimiser will do: rows and tokens of a step on average, the number of steps, and how many of them warm up."""

    rows: int
    rows_a_step: float
    tokens_a_step: float
    supervised_a_step: float
    steps_an_epoch: int
    steps: int
    warmup_steps: int


class Memory(_Record):
    """What will stand in the device's memory at once, in bytes; an estimate (see `train/outlook.py`)."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    training: int
    prediction: int


class Certificate(_Record):
    """What was known before any weight was loaded. It holds no time of day: the same run gives the same bytes.

    `sides` tells tokens and cuts of each side, `labels` the rows of each label by side. Tokens per parameter are those of the
    training rows, once, over the parameters that are trained.
    """

    schema_version: int = SCHEMA_VERSION
    device: str
    base: str
    base_identity: str
    method: str
    tokenizer_sha256: str
    chat_template_sha256: str | None
    end_token: str
    pad_token: str
    vocabulary: int
    checks: tuple[Check, ...]
    sides: dict[str, TokenCounts]
    labels: dict[str, dict[str, int]]
    steps: Steps
    memory: Memory
    parameters: int
    trained_parameters: int
    tokens_per_parameter: float
    supervised_per_parameter: float
    data: dict[str, str]
    packages: dict[str, str]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that stand in the way of training."""
        return tuple(check for check in self.checks if check.outcome == "failed")
