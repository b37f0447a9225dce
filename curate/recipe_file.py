"""Reading a recipe file: strict YAML 1.2, overrides, and every mistake at once with its line and what would be right."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from curate.errors import Mistake, UserError
from curate.overrides import override_setting
from curate.recipe import Recipe
from curate.recipe_mistakes import Written, mistakes_of
from curate.yaml_reader import parse_yaml, to_plain

MAXIMUM_BYTES = 1_000_000


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe file; `overrides` are `key.path=value` with a YAML value. Raises `UserError` with every mistake."""
    text = _read(path)
    return parse_recipe(text, str(path), overrides)


def parse_recipe(text: str, where: str, overrides: Sequence[str] = ()) -> Recipe:
    """Check the text of a recipe; `where` names it in error messages."""
    document = parse_yaml(text, where)
    plain = to_plain(document)
    overridden = [override_setting(plain, override, where) for override in overrides]
    try:
        return Recipe.model_validate(plain)
    except ValidationError as error:
        written = Written(document, plain, where, overridden)
        details = [detail for detail in error.errors() if not _follows(detail, error.errors())]
        raise UserError([mistake for detail in details for mistake in mistakes_of(detail, written)]) from None


def place_of(path: Path, dotted: str, overrides: Sequence[str] = ()) -> str:
    """Return where a setting of a recipe file stands: `recipe.yaml:52` (the nearest part that is written), or its `--set`."""
    document = parse_yaml(_read(path), str(path))
    plain = to_plain(document)
    overridden = [override_setting(plain, override, str(path)) for override in overrides]
    parts = [int(part) if part.isdecimal() else part for part in dotted.split(".")]
    return Written(document, plain, str(path), overridden).line_of(parts)


def _follows(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Return whether a list is too short only because items of it are wrong."""
    place = detail["loc"]
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
    yaml.dump(recipe.model_dump(mode="json"), stream)
    return stream.getvalue()


def _read(path: Path) -> str:
    if not path.is_file():
        raise UserError(
            Mistake(str(path), "there is no such recipe file", "the recipes that come with fairlead are in recipes/")
        )
    if path.stat().st_size > MAXIMUM_BYTES:
        raise UserError(
            Mistake(
                str(path), f"is larger than {MAXIMUM_BYTES:,} bytes", "a recipe holds settings; data goes into sources"
            )
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(Mistake(str(path), f"is not UTF-8 (byte {error.start})", "save the file as UTF-8")) from error
