"""Reading a recipe file: strict YAML 1.2, overrides, and every mistake at once with its line and what would be right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from curate.errors import Mistake, UserError, did_you_mean
from curate.overrides import override_setting
from curate.own_errors import raised
from curate.own_steps import recipe_with
from curate.recipe import Recipe
from curate.recipe_misfits import misfits
from curate.recipe_mistakes import Written, location_of, misfit_of, mistake_of
from curate.recipe_rest import rest_of, still_holds
from curate.recipe_slips import mend_slip
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS
from curate.steps.base import StepSettings
from curate.steps.foreign import Foreign
from curate.yaml_reader import MAXIMUM_NODES, parse_yaml, to_plain

MAXIMUM_BYTES = 1_000_000
FINISHED_BYTES = 50_000_000
FINISHED_NODES = 2_000_000
"""A resolved recipe has a source for each file of a folder, up to 32,767 of them."""
Own = tuple[type[StepSettings], ...]
"""Steps of the user's own."""


@dataclass(frozen=True)
class Draft:
    """A recipe as it is written: what is wrong with it, and what is left without the parts that are in doubt.

    `recipe` is the whole recipe where nothing is wrong, and None where too little is left to be checked further.
    """

    written: Written
    recipe: Recipe | None
    mistakes: tuple[Mistake, ...] = ()
    doubtful: frozenset[str] = frozenset()


def load_recipe(path: Path, overrides: Sequence[str] = (), own: Own = ()) -> Recipe:
    """Read and check a recipe file; `overrides` are `key.path=value` with a YAML value. Raises `UserError` with every mistake.

    `own` are steps of the user's own (see `own_steps.py`).
    """
    return _sound(read_draft(path, overrides, own))


def read_draft(path: Path, overrides: Sequence[str] = (), own: Own = ()) -> Draft:
    """Read a recipe file as far as it holds. Raises `UserError` for what is no recipe at all."""
    return _draft(read_written(path, overrides), own)


def read_written(path: Path, overrides: Sequence[str] = ()) -> Written:
    """Read what a recipe file says and on which lines, unchecked. Raises `UserError` for what is no recipe at all."""
    return _written(_read(path), str(path), overrides)


def load_finished(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe whose steps need not be run again: those of the user's own are known by their words alone."""
    return _sound(finished_draft(path, overrides))


def finished_draft(path: Path, overrides: Sequence[str] = ()) -> Draft:
    """Read a recipe as far as it holds; steps of the user's own are known by their words alone."""
    written = _written(_read(path, FINISHED_BYTES), str(path), overrides, FINISHED_NODES)
    return _draft(replace(written, plain=_without_code(written.plain)), (Foreign,))


def parse_recipe(text: str, where: str, overrides: Sequence[str] = (), own: Own = ()) -> Recipe:
    """Check the text of a recipe; `where` names it in error messages."""
    return _sound(_draft(_written(text, where, overrides), own))


def _written(text: str, where: str, overrides: Sequence[str], most: int = MAXIMUM_NODES) -> Written:
    document = parse_yaml(text, where)
    plain = to_plain(document, where, most)
    overridden: list[str] = []
    missed: list[str] = []
    mistakes: list[Mistake] = []
    for override in overrides:
        try:
            overridden.append(override_setting(plain, override, where))
        except UserError as error:
            mistakes += error.mistakes
            missed.append(override.partition("=")[0].strip().partition(".")[0])
    return Written(document, plain, where, overridden, mistakes, missed)


def _sound(draft: Draft) -> Recipe:
    if draft.mistakes:
        raise UserError(draft.mistakes)
    assert draft.recipe is not None
    return draft.recipe


def _without_code(plain: Any) -> Any:
    """Put the word and the settings alone in the place of every step that does not come with fairlead."""
    if not isinstance(plain, dict):
        return plain
    known = (*STEP_WORDS, *TRAIN_STEP_WORDS)
    steps = {
        name: [
            {"step": "foreign", "named": step.get("step"), "settings": step}
            if isinstance(step, dict) and step.get("step") not in known
            else step
            for step in plain[name]
        ]
        for name in ("steps", "train_steps")
        if isinstance(plain.get(name), list)
    }
    return plain | steps


def _draft(written: Written, own: Own) -> Draft:
    mistakes, doubtful, whole = list(written.mistakes), frozenset[str](), recipe_with(own)
    while True:
        recipe, details = _validated(written, own)
        told = [mistake_of(detail, written, whole) for detail in details]
        slips = [mend_slip(written, detail, whole) for detail in details]
        if not any(slips):
            break
        mistakes += [mistake for mistake, mended in zip(told, slips, strict=True) if mended]
    if details:
        known: Own = own if Foreign in own else (*own, Foreign)
        recipe, doubtful = rest_of(written.plain, details, recipe_with(known)) or (None, doubtful)
    doubtful |= set(written.missed)
    found = [
        misfit for misfit in (misfits(recipe) if recipe else ()) if still_holds(misfit.partition("|")[0], doubtful)
    ]
    mistakes += [*told, *(misfit_of(misfit, written) for misfit in found)]
    return Draft(written, recipe, tuple(written.in_order(mistakes)), doubtful)


def _validated(written: Written, own: Own) -> tuple[Recipe | None, list[ErrorDetails]]:
    """Return the recipe, or what is wrong with its parts."""
    try:
        return recipe_with(own).model_validate(written.plain), []
    except ValidationError as error:
        return None, [detail for detail in error.errors() if not _follows(detail, error.errors())]
    except UserError:
        raise
    except Exception as error:
        if not any(step.code for step in own):
            raise
        what = f"a step of your own raises {raised(error)}"
        raise UserError(Mistake(written.where, what, "mend the file of your steps")) from error


def with_lines(mistakes: Sequence[Mistake], path: Path, overrides: Sequence[str] = ()) -> Sequence[Mistake]:
    """Return mistakes with the lines of the parts of a recipe file that lead to them, in the order of the lines."""
    if not any(mistake.part for mistake in mistakes):
        return mistakes
    written = read_written(path, overrides)
    return written.in_order([written.placed(mistake) for mistake in mistakes])


def place_of(path: Path, dotted: str, overrides: Sequence[str] = ()) -> str:
    """Return where a setting of a recipe file stands: `recipe.yaml:52` (the nearest part that is written), or its `--set`."""
    return read_written(path, overrides).line_of(location_of(dotted))


def _follows(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Return whether a list is too short only because items of it are wrong, or a default is missing for another mistake."""
    place = detail["loc"]
    if detail["type"] == "default_factory_not_called":
        return True
    return detail["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and other["loc"] != place for other in details
    )


def dump_recipe(recipe: Recipe) -> str:
    """Write a resolved recipe as YAML: every default filled in."""
    from io import StringIO  # noqa: PLC0415

    from ruamel.yaml import YAML  # noqa: PLC0415

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 120
    stream = StringIO()
    content = recipe.model_dump(mode="json")
    for name in ("steps", "train_steps"):
        content[name] = [{"step": step["step"], **step} for step in content[name]]  # the word first, for the reader
    yaml.dump(content, stream)
    return stream.getvalue()


def _not_a_recipe(path: Path) -> Mistake:
    if (path / "recipe.yaml").is_file():
        return Mistake(str(path), "is a run and not a recipe", f"the recipe of that run is {path / 'recipe.yaml'}")
    here = path if path.is_dir() else path.parent
    known = sorted(str(file) for kind in ("*.yaml", "*.yml") for file in here.glob(kind))
    what = "is a folder and not a recipe" if path.is_dir() else "there is no such recipe file"
    near = did_you_mean(str(path), known) if known else ""
    return Mistake(str(path), what, near or "the recipes that come with fairlead are in recipes/")


def _read(path: Path, most: int = MAXIMUM_BYTES) -> str:
    if not path.is_file():
        raise UserError(_not_a_recipe(path))
    if path.stat().st_size > most:
        raise UserError(
            Mistake(str(path), f"is larger than {most:,} bytes", "a recipe holds settings; data goes into sources")
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(Mistake(str(path), f"is not UTF-8 (byte {error.start})", "save the file as UTF-8")) from error
