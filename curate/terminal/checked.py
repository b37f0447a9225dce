"""What `fairlead check` says of a recipe without mistakes: its files, its conversations, and what was not checked."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.phases import Checked
from curate.sources.expand import Found


def in_json(checked: Checked, files: Sequence[Found], unknown: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return it for `--json`; `unknown` has the attributes that no column of a file of `audit.outside` tells, by its name."""
    return {
        "mistakes": [],
        "files": {found.path: list(found.files) for found in files},
        "conversations": [found.model_dump(mode="json") for found in checked.taken],
        "unknown_groups": unknown,
        "not_checked": [] if checked.lacking is None else [checked.lacking.in_json()],
    }


def in_words(
    recipe: Path, checked: Checked, files: Sequence[Found], unknown: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Return its lines for the terminal."""
    yield f"{recipe}: no mistakes found"
    yield from (found.in_words() for found in files)
    yield from (found.in_words() for found in checked.taken)
    for name, attributes in unknown.items():
        yield f"outside file '{name}': has no column of {', '.join(attributes)}: unknown in all of its rows"
    lacking = checked.lacking
    if lacking is not None:
        yield f"{lacking.where}: not checked, and curate needs none of it: {lacking.what}; {lacking.hint}"
