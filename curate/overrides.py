"""`--set key.path=value`: one setting of a recipe overridden from the command line."""

from difflib import get_close_matches
from typing import Any

from curate.errors import Mistake, UserError
from curate.yaml_reader import load_yaml, to_plain

_MOST_DIGITS = 9
"""Of a position in a list; Python refuses to read a number of thousands of digits."""
_MOST_NAMES = 20
"""So many items of a list are named."""


def override_setting(plain: dict[str, Any], override: str, where: str) -> str:
    """Apply one `key.path=value` to the plain document, and return its dotted path."""
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    path, equals, value = override.partition("=")
    if not equals or not path.strip():
        raise UserError(
            Mistake(f"--set {override}", "is not of the form key.path=value", "for example --set train.epochs=1")
        )
    try:
        parsed = to_plain(load_yaml(value), f"--set {override}") if value else None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(Mistake(f"--set {override}", "the value is not YAML", "quote it for the shell")) from error
    node: Any = plain
    parts = path.strip().split(".")
    for at in range(len(parts) - 1):
        node = _descend(node, parts, at, override, where)
    if isinstance(node, list):
        place = _place(node, parts, len(parts) - 1, override)
        node[place] = parsed
    elif isinstance(node, dict):
        node[parts[-1]] = parsed
    else:
        raise UserError(Mistake(f"--set {override}", f"'{'.'.join(parts[:-1])}' in {where} is not a map or a list"))
    return path.strip()


def _descend(node: Any, parts: list[str], at: int, override: str, where: str) -> Any:
    part = parts[at]
    if isinstance(node, list):
        return node[_place(node, parts, at, override)]
    if isinstance(node, dict):
        if node.get(part) is None:
            node[part] = {}
        return node[part]
    raise UserError(Mistake(f"--set {override}", f"'{part}' in {where} is not inside a map or a list"))


def _place(node: list[Any], parts: list[str], at: int, override: str) -> int:
    """Return the position in a list that a part of a path names. Raises `UserError` with the path that may have been meant."""
    part, inside = parts[at], ".".join(parts[:at])
    if part.isdecimal() and len(part) <= _MOST_DIGITS and int(part) < len(node):
        return int(part)
    if not node:
        raise UserError(Mistake(f"--set {override}", f"'{inside}' is an empty list", "write it into the recipe"))
    names = _names(node)
    near = [part] if part in names else get_close_matches(part, names, n=1)
    paths = [".".join([inside, str(place), *parts[at + 1 :]]) for place, name in enumerate(names) if [name] == near]
    known = ", ".join(f"{place} ({name})" if name else str(place) for place, name in enumerate(names[:_MOST_NAMES]))
    hint = f"write {' or '.join(paths)}" if paths else f"the positions: {known}"
    raise UserError(
        Mistake(f"--set {override}", f"'{part}' is not a position in {inside}, from 0 to {len(node) - 1}", hint)
    )


def _names(node: list[Any]) -> list[str]:
    """Return what a person calls the items of a list: a step's word (the second use is `word-2`), a name; empty for nothing."""
    words = [str(item.get("step") or item.get("name") or "") if isinstance(item, dict) else "" for item in node]
    counts = [words[: place + 1].count(word) for place, word in enumerate(words)]
    return [f"{word}-{count}" if word and count > 1 else word for word, count in zip(words, counts, strict=True)]
