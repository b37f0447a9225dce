"""Everything that the models of a run are asked, and where each answer is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from curate.probes import AskedProbe
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification
from train.settings import further_seeds, settings_of

Model = Literal["base", "tuned"]
Side = Literal["test", "validation"]
MODELS: tuple[Model, ...] = get_args(Model)


@dataclass(frozen=True)
class Question:
    """What a model is asked about: the rows of a side or of a file from elsewhere, or the items of a probe."""

    model: Model
    probe: AskedProbe | None = None
    side: Side = "test"
    seed: int | None = None
    """The seed of another model that was tuned; None for the model itself."""
    few_shot: Literal["choice", "test"] | None = None
    """With examples in the prompt: which of them (asked of the validation rows), or after those that were chosen."""
    outside: str | None = None
    """The name of the file from elsewhere; None for the recipe's own rows."""

    @property
    def name(self) -> str:
        """The question's name in the record of the phase; that of a probe begins with its model's."""
        if self.few_shot is not None:
            return f"few-shot {self.model}" if self.few_shot == "test" else f"few-shot choice {self.model}"
        if self.probe is not None:
            return f"{self.model} {self.probe.name}"
        if self.outside is not None:
            return f"{self.model} outside {self.outside}"
        if self.seed is not None:
            return f"{self.model} seed {self.seed}"
        return self.model if self.side == "test" else f"{self.side} {self.model}"

    def asked(self, directory: RunDirectory) -> Path:
        """Return where the rows or the items stand."""
        if self.outside is not None:
            return directory.outside(self.outside)
        return directory.data(self.side) if self.probe is None else directory.probe(self.probe.name)

    def predictions(self, directory: RunDirectory) -> Path:
        """Return where the answer is written."""
        if self.few_shot is not None:
            return directory.few_shot(self.model if self.few_shot == "test" else "validation")
        if self.probe is not None:
            return directory.probe_predictions(self.probe.name, self.model)
        if self.outside is not None:
            return directory.outside_predictions(self.outside, self.model)
        if self.seed is not None:
            return directory.seed_predictions(self.seed)
        if self.side == "validation":
            return directory.validation_predictions(self.model)
        return directory.predictions(self.model)

    def files(self, directory: RunDirectory) -> list[Path]:
        """Return every file that is written."""
        more = [directory.few_shot_choice] if self.few_shot == "choice" else []
        return [self.predictions(directory), *more]


def every_question(directory: RunDirectory, recipe: Recipe) -> list[Question]:
    """Return everything that the models of a run are asked, model by model.

    A run that an older fairlead curated does not hold the probes that ship with this one; they are not asked then.
    """
    held = directory.read_manifest().phases["curate"].files
    probes = [probe for probe in recipe.probes if str(directory.probe(probe.name).relative_to(directory.path)) in held]
    sides: tuple[Side, ...] = ("test", "validation") if isinstance(recipe.task, Classification) else ("test",)
    return [
        question
        for model in MODELS
        for question in (
            *(Question(model, side=side) for side in sides),
            *(Question(model, few_shot=few_shot) for few_shot in _few_shot(recipe) if model == "base"),
            *(Question(model, probe) for probe in probes),
            *(Question(model, outside=file.name) for file in recipe.audit.outside),
            *(Question(model, seed=seed) for seed in further_seeds(recipe) if model == "tuned"),
        )
    ]


def _few_shot(recipe: Recipe) -> tuple[Literal["choice", "test"], ...]:
    """Return what is asked with examples: of a classification, unless the recipe does not want it."""
    wanted = isinstance(recipe.task, Classification) and settings_of(recipe).few_shot
    return ("choice", "test") if wanted else ()
