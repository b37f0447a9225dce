"""What a value should look like, in the words of a recipe, where pydantic speaks of Python's types."""

from collections.abc import Mapping

from pydantic_core import ErrorDetails

_LIST, _MAP = "write a list: [ … ]", "write a map: {{key: value}}"
_NUMBER, _WHOLE, _YES = "write a number", "write a whole number", "write true or false"

FORMS: Mapping[str, str] = {
    "bool_parsing": _YES,
    "bool_type": _YES,
    "dict_type": _MAP,
    "finite_number": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "write more than {gt}",
    "greater_than_equal": "write at least {ge}",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": "write a smaller number",
    "int_type": _WHOLE,
    "less_than": "write less than {lt}",
    "less_than_equal": "write at most {le}",
    "model_attributes_type": _MAP,
    "model_type": _MAP,
    "multiple_of": "write a multiple of {multiple_of}",
    "string_too_long": "write at most {max_length} characters",
    "string_too_short": "write something",
    "string_type": "write a text",
    "too_long": "write at most {max_length}",
    "too_short": "write at least {min_length}",
    "tuple_type": _LIST,
}
"""What would be right, for each kind of error in which pydantic tells a value of a wrong form."""
PATTERNS: Mapping[str, str] = {
    r"^[a-z0-9][a-z0-9_-]{0,63}$": "write small letters, digits, _ and -, 64 at most, with a letter or a digit first",
    r"^[a-z]{2,3}$": "write a language's code of two or three small letters, for example en",
    r"^[A-Za-z0-9_.-]*$": "write letters, digits, _, . and - alone",
    r"\S": "write something",
}
"""The patterns of texts in words."""


def form_of(detail: ErrorDetails) -> str:
    """Return what would be right in the place of a value of a wrong form."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return PATTERNS.get(pattern, f"write a text that fits {pattern}")
    if kind == "string_type" and isinstance(detail["input"], bool | int | float):
        return "write a text: put it in quotes"
    if kind not in FORMS:
        return detail["msg"][0].lower() + detail["msg"][1:]
    words = {key: "one" if key == "min_length" and value == 1 else value for key, value in context.items()}
    return FORMS[kind].format(**words)
