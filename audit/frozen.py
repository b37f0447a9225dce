"""What every part of a stored audit is made of."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Fields that do not change, and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")
