"""What is wrong with a recipe, in the user's words: the line, what was written, and what would be right."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import PydanticInvalidForJsonSchema
from pydantic_core import ErrorDetails

from curate.errors import Mistake, did_you_mean
from curate.recipe import Recipe
from curate.steps import STEP_WORDS, TRAIN_STEP_WORDS
from curate.value_forms import form_of


@dataclass(frozen=True)
class Written:
    """What the user wrote: the file (whose parts know their lines), the same with overrides applied, and their paths.

    In `plain` and `renamed` slips are mended in place.
    """

    document: Any
    plain: Any
    where: str
    overridden: Sequence[str]
    mistakes: Sequence[Mistake] = ()
    """Of the overrides that could not be applied."""
    missed: Sequence[str] = ()
    """The parts of the recipe at which they were aimed."""
    renamed: dict[str, str] = field(default_factory=dict)
    """How keys are written in the file that were mended in `plain` (see `recipe_slips.py`), by their dotted paths there."""

    def line_of(self, location: Sequence[Any]) -> str:
        """Return `file:line` of the nearest part that exists, or the override that set it."""
        path, place = self.path_of(location), self._as_written([part for part, _line in walk(location, self.plain)])
        lines = [line for _part, line in walk(place, self.document)]
        for override in self.overridden:
            made = override.startswith(f"{path}.") and len(lines) < path.count(".") + 1
            if path == override or path.startswith(f"{override}.") or made:
                return f"--set {override}"
        known = [line for line in lines if line is not None]
        return f"{self.where}:{known[-1] if known else 1}"

    def _as_written(self, location: Sequence[Any]) -> list[Any]:
        """Return a location in the file, where keys that were mended stand as they are written."""
        places = [".".join(map(str, location[: end + 1])) for end in range(len(location))]
        return [self.renamed.get(place, part) for place, part in zip(places, location, strict=True)]

    def placed(self, mistake: Mistake) -> Mistake:
        """Return a mistake that a part of the recipe leads to, with the line of that part."""
        if not mistake.part:
            return mistake
        return Mistake(self.line_of(location_of(mistake.part)), f"{mistake.where}: {mistake.what}", mistake.hint)

    def in_order(self, mistakes: Sequence[Mistake]) -> list[Mistake]:
        """Return mistakes once each, those of the recipe in the order of its lines, then the others as they come."""
        lines = {mistake: mistake.where.removeprefix(f"{self.where}:") for mistake in mistakes}
        return sorted(lines, key=lambda mistake: int(lines[mistake]) if lines[mistake].isdecimal() else sys.maxsize)

    def path_of(self, location: Sequence[Any]) -> str:
        """Return the dotted path of a location; the names of union members in it are not what the user wrote."""
        return ".".join(str(part) for part, _line in walk(location, self.plain))


def mistake_of(detail: ErrorDetails, written: Written, whole: type[Recipe]) -> Mistake:
    """Turn one pydantic error of a recipe of the class `whole` into our mistake, with the line of the nearest part that exists."""
    location = list(detail["loc"])
    path = written.path_of(location)
    if detail["type"] == "missing":
        path = f"{path}.{location[-1]}" if path else str(location[-1])
    return Mistake(written.line_of(location), *_say(detail, path, whole))


def misfit_of(misfit: str, written: Written) -> Mistake:
    """Turn `path|what is wrong; what to do` (see `recipe_misfits.py`) into our mistake, with the line of the path."""
    path, _bar, message = misfit.partition("|")
    return Mistake.of_problem(written.line_of(location_of(path)), f"{path}: {message}")


def location_of(path: str) -> list[Any]:
    """Return the parts of a dotted path; those that are numbers are places in a list."""
    return [int(part) if part.isdecimal() and len(part) < 10 else part for part in path.split(".")]  # noqa: PLR2004  (no list is longer)


def walk(location: Sequence[Any], document: Any) -> Iterator[tuple[Any, int | None]]:
    """Yield the parts of a location that exist in a document, each with its line from 1 if it is known."""
    node: Any = document
    for part in location:
        if isinstance(node, Mapping):
            keys = {str(key): key for key in node}
            if part in keys:
                yield part, _line(node, keys[part])
                node = node[keys[part]]
        elif isinstance(node, (list, tuple)) and isinstance(part, int) and part < len(node):
            yield part, _line(node, part)
            node = node[part]


def _line(node: Any, part: Any) -> int | None:
    """Return the line (from 1) of a key or an item, which ruamel's round-trip objects know."""
    place = (getattr(getattr(node, "lc", None), "data", None) or {}).get(part)  # a merged key has none
    return int(place[0]) + 1 if place else None


def _say(detail: ErrorDetails, path: str, whole: type[Recipe]) -> tuple[str, str]:  # noqa: PLR0911  (a return a kind of mistake)
    """Return what is wrong and what would be right, in words."""
    kind, context, last = detail["type"], detail.get("ctx", {}), path.rpartition(".")[2]
    if kind == "extra_forbidden":
        known = known_keys(detail["loc"], whole)
        return f"unknown key '{path}'", _part_with(path, whole) or (did_you_mean(last, known) if known else "")
    if kind == "union_tag_invalid" and not isinstance(_tag(detail), str):
        return f"'{path}.{_discriminator(detail)}' is {_show(_tag(detail))}", f"write one of {context['expected_tags']}"
    if kind == "union_tag_invalid" and path.startswith(("steps", "train_steps")):
        return _unknown_step(path, str(context["tag"]), str(context["expected_tags"]))
    if kind == "union_tag_invalid":
        expected = [word.strip(" '") for word in str(context["expected_tags"]).split(",")]
        return f"unknown {_discriminator(detail)} '{context['tag']}'", did_you_mean(str(context["tag"]), expected)
    if kind == "union_tag_not_found":
        key = _discriminator(detail)
        return f"'{path}' does not say its {key}", f"write {{{key}: …}}"
    if kind == "missing":
        return f"'{path}' is missing", "every recipe needs it" if "." not in path else "it has no default"
    if kind == "value_error":
        what, _semicolon, hint = str(context["error"]).partition("; ")
        return f"{path}: {what}", hint
    if kind == "literal_error":
        expected = re.findall(r"'([^']*)'", str(context["expected"]))
        hint = did_you_mean(str(detail["input"]), expected) if expected else f"write {context['expected']}"
        return f"'{path}' cannot be {_show(detail['input'])}", hint
    return f"'{path}' is {_show(detail['input'])}", form_of(detail)


def _unknown_step(path: str, word: str, expected: str) -> tuple[str, str]:
    """Return what is wrong with a step's word, and which was meant or where it may stand."""
    if word in TRAIN_STEP_WORDS and path.startswith("steps"):
        return (
            f"step '{word}' makes or weighs rows and may stand under train_steps only",
            "so that nothing it makes can reach a test row",
        )
    if word in STEP_WORDS and path.startswith("train_steps"):
        return (
            f"step '{word}' may stand under steps only",
            "train_steps are those that make or weigh rows for training alone",
        )
    return f"unknown step '{word}'", _nearest_step(word, [tag.strip(" '") for tag in expected.split(",")])


def _part_with(key: str, whole: type[Recipe]) -> str:
    """Return where a key belongs that stands at the top and is one of a part's."""
    parts = [part for part in ("task", "split", "train", "audit") if key in known_keys((part, key), whole)]
    return f"write it under {' or '.join(parts)}" if parts else ""


def _discriminator(detail: ErrorDetails) -> str:
    """Return the key by which the members of a union are told apart."""
    return str(detail["ctx"]["discriminator"]).strip("'")


def _tag(detail: ErrorDetails) -> Any:
    """Return what stands under that key."""
    return detail["input"][_discriminator(detail)] if isinstance(detail["input"], Mapping) else detail["ctx"]["tag"]


def _nearest_step(word: str, known: Sequence[str]) -> str:
    """Return which step was probably meant; unless it is a mere slip, also how a step of the user's own is named."""
    slip = get_close_matches(word[:100], known, n=1, cutoff=0.8)
    if slip or set(known) - {*STEP_WORDS, *TRAIN_STEP_WORDS}:
        return did_you_mean(word, known)
    return f"a step of your own needs --steps FILE; {did_you_mean(word, known)}"


def _show(value: Any) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        return f"{'a' if value else 'an empty'} {'map' if isinstance(value, Mapping) else 'list'}"
    if value is None:
        return "empty"
    return f"'{str(value)[:60]}'"


def known_keys(location: Sequence[Any], whole: type[Recipe]) -> list[str]:
    """Return the keys that the place of an unknown key knows, from the JSON schema of the recipe with the user's own steps."""
    schema = _schema_of(whole)
    node: dict[str, Any] = schema
    for part in location[:-1]:
        node = _resolve(node, schema)
        if isinstance(part, int):
            node = node.get("items", {})
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            node = _member(node, str(part), schema)
    return list(_resolve(node, schema).get("properties", {}))


@cache
def _schema_of(whole: type[Recipe]) -> dict[str, Any]:
    """Return the JSON schema of a recipe; it takes a tenth of a second to make."""
    try:
        return whole.model_json_schema()
    except PydanticInvalidForJsonSchema:  # a setting of the user's own of a type that JSON does not know
        return Recipe.model_json_schema()


def _member(node: dict[str, Any], tag: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the member of a union that pydantic calls `tag` (its word, or its class), or the node itself."""
    mapping = node.get("discriminator", {}).get("mapping", {})
    if tag in mapping:
        return {"$ref": mapping[tag]}
    return {"$ref": f"#/$defs/{tag}"} if tag in schema["$defs"] else node


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        else:
            node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
    return node
