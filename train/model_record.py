"""What `RUN/model/settings.json` says: how a model was made, in full."""

from pydantic import BaseModel, ConfigDict

from train.tokens import TokenCounts

SCHEMA_VERSION = 1


class Fit(BaseModel):
    """The loss of the model that is kept, in nats a supervised token, on validation rows and on as many training rows, or all.

    `validation_loss_before` is that of the same model before the first step; None where nobody measured it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    train_loss: float
    validation_loss: float
    validation_loss_before: float | None = None
    train_rows: int
    validation_rows: int
    largest_gap: float

    @property
    def gap(self) -> float:
        """How much more the model is surprised by rows that it did not learn from."""
        return self.validation_loss - self.train_loss

    @property
    def too_wide(self) -> bool:
        """Whether that is more than the recipe allows."""
        return self.gap > self.largest_gap

    @property
    def no_better(self) -> bool:
        """Whether the loss on validation rows is no lower than it was before the first step."""
        return self.validation_loss_before is not None and self.validation_loss >= self.validation_loss_before


class ModelRecord(BaseModel):
    """The settings as they were used, and what came of them. It holds no time of day: the same run writes the same bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    schema_version: int = SCHEMA_VERSION
    base: str
    base_identity: str
    method: str
    device: str
    precision: str
    attention: str
    threads: int
    seed: int
    parameters: int
    trained_parameters: int
    vocabulary: int
    end_token: str
    pad_token: str
    chat_template_sha256: str | None
    train_tokens: TokenCounts
    validation_tokens: TokenCounts
    steps: int
    best_step: int | None
    best_by: str
    best_value: float | None
    best_validation_loss: float | None
    fit: Fit | None
    stopped_early: bool
    reload_difference: float | None = None
    trainer: dict[str, str | int | float | bool | None]
    packages: dict[str, str]
