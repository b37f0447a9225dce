"""What every answer to a question has in common."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A part of an answer: what it holds is printed as JSON, and shown by a view in `curate/terminal/`."""

    model_config = ConfigDict(frozen=True)
