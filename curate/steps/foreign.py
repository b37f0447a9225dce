"""A step that is known by its word alone."""

from typing import Any, Literal

from curate.steps.base import StepSettings


class Foreign(StepSettings):
    """Stands for a step of the user's own in a finished recipe: its code is not there, and none is run to read a run."""

    step: Literal["foreign"] = "foreign"
    named: str
    settings: dict[str, Any]

    @property
    def word(self) -> str:
        """The word by which the recipe names the step."""
        return self.named
