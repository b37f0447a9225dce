"""The one base class of everything that a recipe can say."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen, keyword-only settings that refuse unknown keys. A number must be written as a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
