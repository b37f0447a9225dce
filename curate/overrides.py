"""`--set key.path=value`: one setting of a recipe overridden from the command line."""

from typing import Any

from curate.errors import Mistake, UserError
from curate.yaml_reader import to_plain

_MOST_DIGITS = 9
"""Of a position in a list; Python refuses to read a number of thousands of digits."""


def override_setting(plain: dict[str, Any], override: str, where: str) -> str:
    """Apply one `key.path=value` to the plain document, and return its dotted path."""
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    path, equals, value = override.partition("=")
    if not equals or not path.strip():
        raise UserError(
            Mistake(f"--set {override}", "is not of the form key.path=value", "for example --set train.epochs=1")
        )
    try:
        parsed = to_plain(YAML(typ="rt", pure=True).load(value), f"--set {override}") if value else None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(Mistake(f"--set {override}", "the value is not YAML", "quote it for the shell")) from error
    node: Any = plain
    *parents, last = path.strip().split(".")
    for part in parents:
        node = _descend(node, part, override, where)
    if isinstance(node, list):
        place = _place(node, last, override)
        node[place] = parsed
    elif isinstance(node, dict):
        node[last] = parsed
    else:
        raise UserError(Mistake(f"--set {override}", f"'{'.'.join(parents)}' in {where} is not a map or a list"))
    return path.strip()


def _descend(node: Any, part: str, override: str, where: str) -> Any:
    if isinstance(node, list):
        return node[_place(node, part, override)]
    if isinstance(node, dict):
        if node.get(part) is None:
            node[part] = {}
        return node[part]
    raise UserError(Mistake(f"--set {override}", f"'{part}' in {where} is not inside a map or a list"))


def _place(node: list[Any], part: str, override: str) -> int:
    if not part.isdecimal() or len(part) > _MOST_DIGITS or int(part) >= len(node):
        raise UserError(Mistake(f"--set {override}", f"'{part}' is not a position from 0 to {len(node) - 1}"))
    return int(part)
