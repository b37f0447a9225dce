"""What a recipe may say under `split:`."""

from typing import Literal

from pydantic import Field, model_validator

from curate.settings import Settings


class Split(Settings):
    """Shares for test and validation, or the published splits of the sources. The rest is for training.

    Rows of one near-duplicate cluster, copies of one parent, and rows with the same value of a `key` column never fall
    on two sides. With `published: true` the sources say their side; leaks between the sides are then counted, and
    `leaks: drop` drops the training (or validation) row of each leaking pair.
    """

    test: float = Field(default=0.2, ge=0, lt=1)
    validation: float = Field(default=0.1, ge=0, lt=1)
    stratify: tuple[str, ...] = Field(
        default=(), description="columns (or attributes of groups) whose shares are kept on every side"
    )
    key: str | None = Field(default=None, description="a column; rows with the same value stay together")
    near_duplicates: float = Field(
        default=0.8, gt=0, le=1, description="Jaccard similarity from which rows stay together"
    )
    published: bool = False
    leaks: Literal["report", "drop"] = "report"

    @model_validator(mode="after")
    def _shares(self) -> "Split":
        if self.test + self.validation >= 1:
            raise ValueError("test and validation leave nothing for training")
        if self.leaks == "drop" and not self.published:
            raise ValueError("leaks: drop has an effect with published: true alone; our own split has no leaks")
        return self
