"""The examples that a base was shown before it was asked: what was tried on validation rows, and what was chosen.

The record stands in `predictions/few_shot/choice.json`; prediction writes it, the audit reads it.
"""

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Candidate(_Record):
    """Some examples: so many rows of each label, from which draw, the training rows by name in their order, and their tokens.

    Accuracy and log loss (nats a row, softmax over the labels' scores) are those of the base on the validation rows.
    """

    name: str
    per_label: int
    draw: int
    rows: tuple[str, ...]
    tokens: int
    accuracy: float
    log_loss: float


class FewShotChoice(_Record):
    """Every candidate, and the chosen one by its name; None where there is none, and `undefined` then says why.

    `validation_rows` of the `validation_rows_there` were asked (drawn by the seed). `left_out` says of each candidate that was
    not tried why not. A prompt with its label is at most `longest` tokens.
    """

    schema_version: int = SCHEMA_VERSION
    validation_rows: int
    validation_rows_there: int
    longest: int
    candidates: tuple[Candidate, ...] = ()
    left_out: dict[str, str] = {}
    chosen: str | None = None
    undefined: str = ""

    @property
    def best(self) -> Candidate | None:
        """The chosen candidate."""
        return next((each for each in self.candidates if each.name == self.chosen), None)
