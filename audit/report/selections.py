"""Which rows a measure is of, in words: the same equalities that `fairlead trace` applies to the evidence."""

from collections.abc import Mapping

from audit.results import Measure

MOST_PARTS = 4


def selection_in_words(measure: Measure) -> str:
    """Return the rows of a measure, those of them that count, or what it is made of."""
    if measure.parts:
        more = f" and {len(measure.parts) - MOST_PARTS} more" if len(measure.parts) > MOST_PARTS else ""
        return f"made of {', '.join(measure.parts[:MOST_PARTS])}{more}"
    if measure.selection is None:
        return ""
    of = _equalities(measure.selection.equals)
    either = " or ".join(f"({_equalities(equals)})" for equals in measure.selection.either)
    where = " and ".join(part for part in (of, f"({either})" if either else "") if part) or "every row"
    counted = f"; of them {_equalities(measure.hits)}" if measure.hits else ""
    return f"{measure.selection.table}: {where}{counted}"


def _equalities(equals: Mapping[str, str | bool | int]) -> str:
    said = {column: str(value).lower() if isinstance(value, bool) else value for column, value in equals.items()}
    return " and ".join(f"{column} = {value}" for column, value in said.items())
