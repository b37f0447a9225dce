"""A column of JSON values as a column of one type; what has no type in common becomes JSON text.

The type is that of all values of a file. A file is read in chunks, so what is known of a chunk's values is a `Shape`, and
shapes of chunks join to the shape of the whole.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import NoneType
from typing import Any

import numpy as np
import polars as pl

from curate.readers.expected import Expected, turn_parts

_INTEGERS = 2**63
_EXACT = 2**53
"""Up to here a float holds every whole number, so that a mixed column loses nothing."""
DEPTH = 8
TURN_KEYS = frozenset({"role", "from", "content", "value"})
MORE = "__more"
"""The field of a turn that names what else stood in it."""
_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Shape:
    """What is known of some values: their kinds, how large their whole numbers are, and the shapes of what they hold."""

    kinds: frozenset[type] = frozenset()
    exact: bool = True
    fits: bool = True
    huge: bool = False
    deep: bool = False
    parts: "Shape | None" = None
    fields: Mapping[str, "Shape"] = field(default_factory=dict)

    @property
    def inner(self) -> "tuple[Shape, ...]":
        """The shapes of what the values hold."""
        return (*self.fields.values(), *(() if self.parts is None else (self.parts,)))

    @property
    def mixed(self) -> bool:
        """Whether whole numbers stand beside others somewhere inside."""
        return any({int, float} <= shape.kinds or shape.mixed for shape in self.inner)

    @property
    def doubtful(self) -> bool:
        """Whether a fast parser may have read something in another way: a whole number of 64 bits or more, or deep nesting."""
        return self.huge or self.deep or any(shape.doubtful for shape in self.inner)


def shape_of(values: list[Any], depth: int = DEPTH) -> Shape:
    """Return the shape of some values."""
    kinds = frozenset(map(type, values)) - {NoneType}
    if kinds <= {str, bool}:
        return Shape(kinds)
    whole, floats = _of(int, values, kinds), _of(float, values, kinds)
    low, high = min(whole, default=0), max(whole, default=0)
    nested = bool(kinds & {list, dict})
    lists, objects = (_of(kind, values, kinds) if depth else [] for kind in (list, dict))
    names = dict.fromkeys(chain.from_iterable(objects))
    return Shape(
        kinds,
        exact=low >= -_EXACT and high <= _EXACT,
        fits=low >= -_INTEGERS and high < _INTEGERS,
        huge=bool((np.abs(np.array(floats, dtype=np.float64)) >= _INTEGERS).any()),
        deep=nested and not depth,
        parts=shape_of(list(chain.from_iterable(lists)), depth - 1) if lists else None,
        fields={name: shape_of([value.get(name) for value in objects], depth - 1) for name in names},
    )


def _of(kind: type, values: list[Any], kinds: frozenset[type]) -> list[Any]:
    """Return the values of one kind, in their order."""
    return [value for value in values if type(value) is kind] if kind in kinds else []


def join_shapes(one: Shape | None, other: Shape | None) -> Shape | None:
    """Return the shape of the values of two shapes together."""
    if one is None or other is None:
        return one or other
    return Shape(
        one.kinds | other.kinds,
        exact=one.exact and other.exact,
        fits=one.fits and other.fits,
        huge=one.huge or other.huge,
        deep=one.deep or other.deep,
        parts=join_shapes(one.parts, other.parts),
        fields=join_fields(one.fields, other.fields),
    )


def join_fields(one: Mapping[str, Shape], other: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shapes of some names' values together; names stand in the order in which they came."""
    names = dict.fromkeys(chain(one, other))
    joined = {name: join_shapes(one.get(name), other.get(name)) for name in names}
    return {name: shape for name, shape in joined.items() if shape is not None}


def common_type(shape: Shape) -> pl.DataType | None:  # noqa: PLR0911  (a return a kind of type)
    """Return the type that holds all values of a shape without loss, or None."""
    kinds = shape.kinds
    if not kinds:
        return pl.Null()
    if kinds == {str}:
        return pl.String()
    if kinds == {bool}:
        return pl.Boolean()
    if kinds == {int}:
        return pl.Int64() if shape.fits else None
    if kinds <= {int, float}:
        return pl.Float64() if shape.exact else None
    if shape.deep:
        return None
    if kinds == {list}:
        inner = common_type(shape.parts or Shape())
        return pl.List(inner) if inner is not None else None
    if kinds == {dict} and shape.fields:
        fields = {name: common_type(inner) for name, inner in shape.fields.items()}
        known = {name: kind for name, kind in fields.items() if kind is not None}
        return pl.Struct(known) if len(known) == len(fields) else None
    return None


@dataclass(frozen=True)
class Target:
    """What a column becomes: a type, or JSON text where `kind` is None; `listed` makes single values lists of one.

    `mixed` says that lists or objects hold whole numbers beside others, which become floats.
    """

    kind: pl.DataType | None
    listed: bool = False
    parts_as_text: bool = False
    mixed: bool = False


def target(shape: Shape, expected: Expected | None) -> Target:
    """Return what a column becomes. Where some groups are lists all become lists, of text if they have no type in common."""
    if expected != "groups" or list not in shape.kinds:
        return Target(common_type(shape), mixed=shape.mixed)
    single = Shape(shape.kinds - {list}, exact=shape.exact, fits=shape.fits)
    parts = join_shapes(single, shape.parts) or single
    whole = Shape(frozenset({list}), parts=parts)
    kind = common_type(whole)
    return Target(kind or pl.List(pl.String()), listed=True, parts_as_text=kind is None, mixed=whole.mixed)


def plain_turns(values: Iterable[Any]) -> list[Any]:
    """Return turns with their role and content alone, and in MORE the names of what else they hold, joined by a blank."""
    return [turns and [_plain_turn(turn) for turn in turns] for turns in values]


def _plain_turn(turn: Mapping[str, Any]) -> dict[str, str | None]:
    role, content = turn_parts(turn)
    if len(turn) == 2 and role is not None and content is not None:  # noqa: PLR2004  (the role and the content alone)
        return {"role": role, "content": content, MORE: None}
    more = [key for key, value in turn.items() if key not in TURN_KEYS and value not in _NOTHING]
    return {"role": role, "content": content, MORE: " ".join(sorted(more)) or None}


def json_series(name: str, values: list[Any], wanted: Target) -> pl.Series:
    """Make a column of its type; without one, values become JSON text (strings stay)."""
    if wanted.listed:
        values = [value if value is None or isinstance(value, list) else [value] for value in values]
    if wanted.parts_as_text:
        values = [value and [_text(part) for part in value] for value in values]
    if wanted.kind is None:
        return pl.Series(name, [_text(value) for value in values], dtype=pl.String)
    if wanted.mixed:
        values = [_with_floats(value, wanted.kind) for value in values]
    return pl.Series(name, values, dtype=wanted.kind)


def _with_floats(value: Any, kind: Any) -> Any:
    """Return a value in which whole numbers are floats where its type says so."""
    if isinstance(value, list):
        return [_with_floats(part, kind.inner) for part in value]
    if isinstance(value, dict):
        return {field.name: _with_floats(value.get(field.name), field.dtype) for field in kind.fields}
    return float(value) if type(value) is int and kind == pl.Float64 else value


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
