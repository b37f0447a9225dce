"""Conversations of every shape as turns `{role, content}`, or as one question and its answer; all by expressions, chunk by chunk.

A turn keeps its role and its content; what else it held is named, not kept. Roles are mapped to four. What cannot be read goes to
quarantine: a null content (also one that holds a tool's call alone), an unknown role, a value of another type. What can be read
but is bad, such as an empty answer, a missing one or no turns at all, stays: the step `turns` finds it.
"""

from collections.abc import Sequence

import polars as pl

from curate.readers.json_types import MORE, TURN_KEYS
from curate.readers.rejects import INDEX, OURS, Rejects, reject_where
from curate.sources.shapes import CONTENT_KEYS, ROLE_KEYS, SYSTEM, Taken
from curate.task import ROLES

OTHER_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "ai": "assistant",
    "function_call": "assistant",
    "developer": "system",
    "function": "tool",
    "function_response": "tool",
    "observation": "tool",
    "tool_response": "tool",
}
"""Roles by the other names that the field gives them, whatever their case."""
TURNS = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
_READ = pl.List(pl.Struct({"role": pl.String, "content": pl.String, MORE: pl.String}))
_READ_TURNS = "__all_turns"
_ROLE, _CONTENT = pl.element().struct.field("role"), pl.element().struct.field("content")
_PLACE = pl.int_range(1, pl.len() + 1)
_BLANK = r"^\s*$"


def to_turns(rows: pl.DataFrame, taken: Taken, rejects: Rejects, left_out: set[str]) -> tuple[pl.DataFrame, pl.Expr]:
    """Return the rows that can be read, with a column of ours, and the expression of their turns.

    Text columns must be text already. The columns that become turns are still there. `left_out` learns the keys that are not kept.
    """
    for column in (*taken.turns, "history"):
        if column in taken.sought and column in rows.columns:
            rows = _fit_lists(rows, column, rejects)
    rows = rows.with_columns(_all_turns(rows, taken).alias(_READ_TURNS))
    names = rows.select(pl.col(_READ_TURNS).list.eval(pl.element().struct.field(MORE)).explode()).to_series()
    left_out.update(name for found in names.drop_nulls().unique().to_list() for name in found.split(" "))
    rows = _reject_missing(rows, ", ".join(taken.turns) or taken.shape, rejects)
    rows = _reject_roles(rows, rejects)
    return rows, pl.col(_READ_TURNS).list.eval(pl.struct(_mapped(_ROLE).alias("role"), _CONTENT)).cast(TURNS)


def without_read(rows: pl.DataFrame, taken: Taken, made: Sequence[str]) -> pl.DataFrame:
    """Return rows without the columns that became something else, and without ours."""
    gone = [column for column in taken.sought if column in rows.columns and column not in made]
    ours = [column for column in rows.columns if column.startswith(OURS) and column != INDEX]
    return rows.drop(*gone, *ours)


def to_exchange(rows: pl.DataFrame, turns: pl.Expr, made: Sequence[str], rejects: Rejects) -> pl.DataFrame:
    """Return the rows that are one question and its answer, in the columns `made`: question, answer, and `system` if it is there.

    A row of several exchanges, or with a system turn that has no place in the prompt, goes to quarantine.
    """
    roles = turns.list.eval(_ROLE).list.join(", ")
    detail = pl.concat_str(
        pl.lit("turns of "), roles.replace("", "nobody"), pl.lit(": not one question and its answer")
    )
    one = roles.is_in(["user, assistant", "system, user, assistant"])
    rows = reject_where(rows, ~one, "not_one_exchange", detail, rejects)
    if SYSTEM not in made:
        no_place = pl.lit("a system turn, and task.prompt has no {system}")
        rows = reject_where(rows, roles.str.starts_with("system"), "system_turn", no_place, rejects)
    said = turns.list.eval(_CONTENT)
    system = pl.when(said.list.len() > 2).then(said.list.first()).otherwise(pl.lit(""))  # noqa: PLR2004  (system, user, assistant)
    parts = (said.list.get(-2, null_on_oob=True), said.list.last(), system)
    return rows.with_columns(part.alias(name) for part, name in zip(parts, made, strict=False))


def _fit_lists(rows: pl.DataFrame, column: str, rejects: Rejects) -> pl.DataFrame:
    """Add a column of turns, or of pairs, as a column of ours of one type; what is of another type goes to quarantine."""
    kind, pairs = rows.schema[column], column == "history"
    inner = kind.inner if isinstance(kind, pl.List) else None
    wanted = pl.List(pl.List(pl.String)) if pairs else _READ
    none = pl.lit(None, dtype=wanted)
    if inner in (pl.Null, pl.List(pl.Null)):
        made = pl.when(pl.col(column).is_not_null()).then(pl.lit([], dtype=wanted)).otherwise(none)
    elif pairs and kind == wanted:
        made = pl.col(column)
    elif not pairs and isinstance(inner, pl.Struct) and _are_turns(inner):
        made = _plain(column, inner)
    else:
        expected = "a list of [question, answer]" if pairs else "a list of {role, content} or {from, value}"
        detail = pl.lit(f"{column}: {kind} where {expected} was expected")
        rows, made = reject_where(rows, pl.col(column).is_not_null(), "wrong_type", detail, rejects), none
    return rows.with_columns(made.alias(_ours(column)))


def _ours(column: str) -> str:
    return f"{OURS}{column}"


def _are_turns(inner: pl.Struct) -> bool:
    kinds = {field.name: field.dtype for field in inner.fields}
    plain = all(not kind.is_nested() for name, kind in kinds.items() if name in TURN_KEYS)
    return plain and all(any(key in kinds for key in keys) for keys in (ROLE_KEYS, CONTENT_KEYS))


def _plain(column: str, inner: pl.Struct) -> pl.Expr:
    """Return turns with role, content, and the names of what else they hold."""
    kinds = {field.name: field.dtype for field in inner.fields}
    parts = [
        pl.coalesce(pl.element().struct.field(key).cast(pl.String) for key in keys if key in kinds).alias(name)
        for name, keys in (("role", ROLE_KEYS), ("content", CONTENT_KEYS))
    ]
    if MORE in kinds:
        more = pl.element().struct.field(MORE)
    else:
        others = [name for name in kinds if name not in TURN_KEYS]
        held = [pl.when(_is_filled(pl.element().struct.field(name), kinds[name])).then(pl.lit(name)) for name in others]
        more = pl.concat_str([*held, pl.lit("")], separator=" ", ignore_nulls=True).str.strip_chars().replace("", None)
    return pl.col(column).list.eval(pl.struct(*parts, more.alias(MORE))).cast(_READ)


def _is_filled(value: pl.Expr, kind: object) -> pl.Expr:
    if isinstance(kind, pl.List):
        return value.list.len() > 0
    return value.is_not_null() & (value != "") if kind == pl.String else value.is_not_null()


def _all_turns(rows: pl.DataFrame, taken: Taken) -> pl.Expr:
    """Return the turns of a row, from its columns in their order: system, history, question, answer."""

    def said(role: str, text: pl.Expr, *, optional: bool = False) -> pl.Expr:
        nothing = pl.lit(None, dtype=pl.String)
        turn = pl.concat_list(pl.struct(pl.lit(role).alias("role"), text.alias("content"), nothing.alias(MORE))).cast(
            _READ
        )
        return pl.when(text.str.contains(_BLANK)).then(pl.lit([], dtype=_READ)).otherwise(turn) if optional else turn

    parts = []
    if SYSTEM in taken.sought and SYSTEM in rows.columns:
        parts.append(said("system", pl.col(SYSTEM), optional=True))
    if taken.shape == "alpaca":
        if "history" in rows.columns:
            parts.append(
                pl.col(_ours("history")).fill_null([]).list.eval(_pair()).list.eval(pl.element().explode()).cast(_READ)
            )
        parts += [said("user", _question(rows)), said("assistant", pl.col("output"))]
    elif taken.shape == "prompt_completion":
        sides = (("user", "prompt"), ("assistant", "completion"))
        parts += [pl.col(_ours(name)) if name in taken.turns else said(role, pl.col(name)) for role, name in sides]
    else:
        parts += [pl.col(_ours(name)) for name in taken.turns]
    return pl.concat_list(parts)


def _pair() -> pl.Expr:
    nothing = pl.lit(None, dtype=pl.String).alias(MORE)
    said = [pl.element().list.get(place, null_on_oob=True).alias("content") for place in (0, 1)]
    return pl.concat_list(
        pl.struct(pl.lit(role).alias("role"), text, nothing)
        for role, text in zip(("user", "assistant"), said, strict=True)
    )


def _question(rows: pl.DataFrame) -> pl.Expr:
    """Return Alpaca's instruction and input, on lines of their own where both are there."""
    asked = pl.col("instruction")
    if "input" not in rows.columns:
        return asked
    given = pl.col("input")
    both = pl.concat_str(asked, pl.lit("\n"), given)
    return pl.when(given.str.contains(_BLANK)).then(asked).when(asked.str.contains(_BLANK)).then(given).otherwise(both)


def _mapped(role: pl.Expr) -> pl.Expr:
    """Return one of the four roles, or null for one that is not known."""
    known = {**{known: known for known in ROLES}, **OTHER_ROLES}
    return role.str.strip_chars().str.to_lowercase().replace_strict(known, default=None, return_dtype=pl.String)


def _reject_missing(rows: pl.DataFrame, name: str, rejects: Rejects) -> pl.DataFrame:
    turns, more = pl.col(_READ_TURNS), pl.element().struct.field(MORE)
    rows = reject_where(rows, turns.is_null(), "missing_text", pl.lit(f"{name}: no turns"), rejects)
    hole = _ROLE.is_null() | _CONTENT.is_null()
    bad = turns.list.eval(hole).list.any()
    if not rows.select(bad.any()).item():
        return rows
    lacking = pl.when(_ROLE.is_null()).then(pl.lit("role")).otherwise(pl.lit("content"))
    held = (
        pl.when(more.is_not_null()).then(pl.concat_str(pl.lit(" (it holds "), more, pl.lit(")"))).otherwise(pl.lit(""))
    )
    said = pl.when(hole).then(pl.concat_str(pl.lit(f"{name}: turn "), _PLACE, pl.lit(" has no "), lacking, held))
    return reject_where(rows, bad, "missing_text", turns.list.eval(said).list.drop_nulls().list.first(), rejects)


def _reject_roles(rows: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    turns = pl.col(_READ_TURNS)
    bad = turns.list.eval(_mapped(_ROLE).is_null()).list.any()
    if not rows.select(bad.any()).item():
        return rows
    known = f"' is none of {', '.join(ROLES)}, and no other name of theirs"
    said = pl.concat_str(pl.lit("turn "), _PLACE, pl.lit(": the role '"), _ROLE, pl.lit(known))
    told = turns.list.eval(pl.when(_mapped(_ROLE).is_null()).then(said)).list.drop_nulls().list.first()
    return reject_where(rows, bad, "unknown_role", told, rejects)
