"""Steps of the user's own: classes in a Python file that is named on the command line, never in a recipe."""

import ast
import inspect
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Field, create_model

from curate.errors import Mistake, UserError
from curate.own_answers import KINDS, guard_answers, questions_to
from curate.own_code import run_file
from curate.recipe import Recipe
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS, Step, TrainStep
from curate.steps.base import Batch, Select, StepSettings
from curate.steps.foreign import Foreign

_OURS = ("read", "split")
"""What the account calls reading and the split."""
HINT = "see 'Steps of your own' in the README"


def load_steps(path: Path) -> tuple[type[StepSettings], ...]:
    """Run a Python file and return the steps that it defines. Raises `UserError` with everything that is wrong with them."""
    code = run_file(path)
    module = code.module
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
    mistakes += _hidden(path)
    if mistakes:
        raise UserError(mistakes)
    for step in steps:
        step.code, step.written_at = code.digest, f"{path}:{_line(step)}"
        guard_answers(step, path, _line(step))
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


def _word(step: type[StepSettings]) -> str:
    field = step.model_fields.get("step")
    return str(field.default) if field is not None and get_origin(field.annotation) is Literal else ""


def _line(step: type[StepSettings]) -> int:
    """Return the line of the file where a step begins; 1 for a class that has no source."""
    try:
        return inspect.getsourcelines(step)[1]
    except (OSError, TypeError):
        return 1


def _hidden(path: Path) -> list[Mistake]:
    """Return the classes of a file that a later one of the same name hides."""
    classes = [node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ClassDef)]
    return [
        Mistake(f"{path}:{again.lineno}", f"the class '{again.name}' is there already", "give each a name of its own")
        for place, again in enumerate(classes)
        if any(earlier.name == again.name for earlier in classes[:place])
    ]


def _mistakes(step: type[StepSettings], path: Path) -> list[Mistake]:
    where = f"{path}:{_line(step)}"
    word = _word(step)
    found = []
    if not word.isidentifier():
        what = f"'{step.__name__}' does not say by which word a recipe names it"
        found.append(Mistake(where, what, 'write step: Literal["my_word"] = "my_word"'))
    elif word in (*STEP_WORDS, *TRAIN_STEP_WORDS, *_OURS):
        found.append(Mistake(where, f"the word '{word}' is taken by fairlead", "choose another"))
    found += [
        Mistake(where, f"'{step.__name__}' has a setting called '{name}', as a method is", "choose another")
        for name in sorted(set(questions_to(step)) & set(step.model_fields))
    ]
    if inspect.isabstract(step):
        missing = ", ".join(sorted(step.__abstractmethods__))
        found.append(Mistake(where, f"'{step.__name__}' does not say {missing}", HINT))
    return found
