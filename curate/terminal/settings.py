"""Values of settings as a person reads them."""

from typing import Any

from curate.errors import escaped


def setting_in_words(value: Any) -> str:
    """Return a value as it is said: `not set`, `yes`, `a, b`; of a map what is set in it."""
    if value is None:
        return "not set"
    if isinstance(value, dict):
        told = (
            f"{escaped(str(key))}: {setting_in_words(item)}" for key, item in value.items() if item not in (None, [])
        )
        return "{" + ", ".join(told) + "}"
    if isinstance(value, list | tuple):
        return ", ".join(escaped(str(item)) for item in value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else escaped(str(value))
