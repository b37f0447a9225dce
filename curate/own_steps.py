"""Steps of the user's own: classes in a Python file that is named on the command line, never in a recipe."""

import inspect
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Field, create_model

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS, Step, TrainStep
from curate.steps.base import Batch, Filter, Rewrite, Select, StepSettings, Whole
from curate.steps.foreign import Foreign
from curate.store import digest_file

KINDS = (Filter, Rewrite, Select, Whole, Batch)
HINT = "see 'Steps of your own' in the README"


def load_steps(path: Path) -> tuple[type[StepSettings], ...]:
    """Run a Python file and return the steps that it defines. Raises `UserError` with everything that is wrong with them."""
    module = _run(path)
    found = [
        member
        for member in vars(module).values()
        if inspect.isclass(member) and member.__module__ == module.__name__ and issubclass(member, KINDS)
    ]
    steps = [step for step in found if not step.__name__.startswith("_")]
    mistakes = [mistake for step in steps for mistake in _mistakes(step, path)]
    if not steps:
        mistakes = [
            Mistake(str(path), "defines no step (a class that is a Filter, Rewrite, Select, Whole or Batch)", HINT)
        ]
    words = [_word(step) for step in steps]
    mistakes += [
        Mistake(str(path), f"two steps are called '{word}'", "give each a word of its own")
        for word in sorted({word for word in words if words.count(word) > 1 and word})
    ]
    if mistakes:
        raise UserError(mistakes)
    code = digest_file(path)
    for step in steps:
        step.code = code
    return tuple(steps)


def recipe_with(steps: tuple[type[StepSettings], ...]) -> type[Recipe]:
    """Return the recipe's class, in which these steps may stand too: those that add rows one by one only under `train_steps`."""
    if not steps:
        return Recipe
    before = tuple(step for step in steps if not issubclass(step, Batch))
    after = tuple(step for step in steps if issubclass(step, Batch | Select | Foreign))
    fields: dict[str, Any] = {
        name: (_list_of((*get_args(get_args(union)[0]), *own)), Field(default=()))
        for name, union, own in (("steps", Step, before), ("train_steps", TrainStep, after))
    }
    return create_model("Recipe", __base__=Recipe, **fields)


def _list_of(members: Any) -> Any:
    """Return the type of a list of steps, each known by its word."""
    return tuple[Annotated[Union[members], Field(discriminator="step")], ...]  # noqa: UP007  (the members are not known here)


def _run(path: Path) -> ModuleType:
    """Run the file as a module. What it raises is the user's to mend, so it is told with its line and not as a traceback."""
    spec = spec_from_file_location(f"own_steps_{path.stem}", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise UserError(Mistake(str(path), "there is no such Python file", "name a file that ends in .py"))
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [1])[-1]
        raise UserError(Mistake(f"{path}:{line}", f"{type(error).__name__}: {error}", "mend the file")) from error
    return module


def _word(step: type[StepSettings]) -> str:
    field = step.model_fields.get("step")
    return str(field.default) if field is not None and get_origin(field.annotation) is Literal else ""


def _mistakes(step: type[StepSettings], path: Path) -> list[Mistake]:
    where = f"{path}:{inspect.getsourcelines(step)[1]}"
    word = _word(step)
    found = []
    if not word.isidentifier():
        what = f"'{step.__name__}' does not say by which word a recipe names it"
        found.append(Mistake(where, what, 'write step: Literal["my_word"] = "my_word"'))
    elif word in (*STEP_WORDS, *TRAIN_STEP_WORDS):
        found.append(Mistake(where, f"the word '{word}' is taken by a step that comes with fairlead", "choose another"))
    if inspect.isabstract(step):
        missing = ", ".join(sorted(step.__abstractmethods__))
        found.append(Mistake(where, f"'{step.__name__}' does not say {missing}", HINT))
    return found
