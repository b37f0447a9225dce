"""Strict YAML 1.2 by ruamel.yaml: a repeated key is an error, `no` is a word, and a bomb of aliases is refused."""

from collections.abc import Mapping
from typing import Any

from curate.errors import Mistake, UserError

MAXIMUM_NODES = 100_000
SHOWN = 60
"""So many characters of a line that cannot be read are shown."""
UNREADABLE = "look at the blanks before the line, at colons and at quotes; the recipes in recipes/ show the form"


def load_yaml(text: str) -> Any:
    """Return the document, whose parts know their lines; dates are texts, as in YAML 1.2. Raises what ruamel.yaml raises."""
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.constructor import RoundTripConstructor  # noqa: PLC0415

    class Constructor(RoundTripConstructor):
        """Takes `2024-02-30` for what is written: whether it is a day, the setting says that holds it."""

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_scalar)
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = Constructor
    yaml.allow_duplicate_keys = False
    return yaml.load(text)


def _line_at(text: str, mark: Any) -> str:
    """Return the column at which reading stopped, and how that line begins; nothing after the last line."""
    lines = text.splitlines()
    if mark is None or mark.line >= len(lines):
        return ""
    return f", at column {mark.column + 1} of the line '{lines[mark.line].strip()[:SHOWN]}'"


def parse_yaml(text: str, where: str) -> Any:
    """Return the document, whose parts know their lines. Raises `UserError` for what is not a map in YAML 1.2."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415
    from ruamel.yaml.parser import ParserError  # noqa: PLC0415
    from ruamel.yaml.scanner import ScannerError  # noqa: PLC0415

    try:
        document = load_yaml(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{where}:{mark.line + 1}" if mark else where
        what = " ".join((error.problem or "is not YAML").split())
        if isinstance(error, ParserError | ScannerError):
            raise UserError(Mistake(at, f"{what}{_line_at(text, mark)}", UNREADABLE)) from error
        raise UserError(Mistake(at, what, "see the recipes in recipes/ for the form")) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(
            Mistake(where, f"is not YAML 1.2 ({str(error).splitlines()[0] if str(error) else type(error).__name__})")
        ) from error
    if not isinstance(document, Mapping):
        raise UserError(Mistake(f"{where}:1", "a recipe is a map of keys", "begin with 'version: 1' and 'name: …'"))
    return document


def to_plain(document: Any, where: str, most: int = MAXIMUM_NODES) -> Any:
    """Turn the parser's round-trip objects into plain ones, and refuse a document that aliases blow up.

    `where` names the document in error messages.
    """
    left = most

    def walk(node: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > 50:  # noqa: PLR2004  (no recipe nests that deep)
            raise UserError(
                Mistake(
                    where, f"holds more than {most:,} values or 50 levels, its aliases followed", "write a smaller one"
                )
            )
        if isinstance(node, Mapping):
            return {_text(_key(key), where): walk(value, depth + 1) for key, value in node.items()}
        if isinstance(node, (list, tuple)):
            return [walk(value, depth + 1) for value in node]
        if isinstance(node, bool) or node is None:
            return node
        for kind in (int, float):
            if isinstance(node, kind):
                return kind(node)
        return _text(str(node), where)

    return walk(document, 0)


def _text(text: str, where: str) -> str:
    """Return a text whose characters that were written as two escapes (as JSON does) are one. Raises `UserError` for halves."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        hint = "write the character itself, in a file that is saved as UTF-8"
        raise UserError(Mistake(where, f"holds half a character in '{text[:60]}'", hint)) from error


def _key(key: Any) -> str:
    """Return a key as it is written: a label may be a number, or true or false."""
    if isinstance(key, bool):
        return str(key).lower()
    return str(int(key)) if isinstance(key, int) else str(key)
