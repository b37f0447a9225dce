"""What `RUN/model/settings.json` says: how a model was made, in full."""

from pydantic import BaseModel, ConfigDict

from train.tokens import TokenCounts

SCHEMA_VERSION = 1


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
    best_validation_loss: float | None
    stopped_early: bool
    reload_difference: float
    trainer: dict[str, str | int | float | bool | None]
    packages: dict[str, str]
