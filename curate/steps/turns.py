"""Conversations without an answer, with empty turns, or with turns out of order."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.normalise import folded
from curate.steps.base import Context, Filter, Rule
from curate.task import Kind

_ROLE, _CONTENT = pl.element().struct.field("role"), pl.element().struct.field("content")
_BEFORE = _ROLE.shift(1).fill_null("")
_IN_ORDER = (
    " system", " user", "system user",
    "user assistant", "assistant user",
    "assistant tool", "tool tool", "tool assistant",
)  # fmt: skip
"""The roles of a turn before (none for the first) and of the turn itself, as they may follow each other."""


class Turns(Filter):
    """Drops conversations without turns, without an answer at their end, with empty turns or with turns out of order.

    The answer is the last turn, if the assistant's. In order are: at most one system turn, first; then user and assistant in
    turn, the user first; tool turns stand between two of the assistant's. An answer repeats its prompt if it is the turn before
    it, case and white space folded. White space alone is empty. An instruction row is a question, its filled prompt columns,
    and an answer, its completion.
    """

    step: Literal["turns"] = "turns"
    tasks: ClassVar[tuple[Kind, ...]] = ("instruction", "chat")
    thresholds: ClassVar[tuple[str, ...]] = (
        "min_turns", "max_turns", "min_answer", "max_empty", "max_out_of_order", "max_repeated",
    )  # fmt: skip
    min_turns: int = Field(default=1, ge=0, description="turns, whoever speaks; 0 keeps a conversation without any")
    max_turns: int | None = Field(default=None, ge=1)
    min_answer: int = Field(default=1, ge=0, description="characters of the answer, blanks at its ends not counted")
    max_empty: int = Field(default=0, ge=0, description="empty turns")
    max_out_of_order: int = Field(default=0, ge=0, description="turns that may not follow the turn before them")
    max_repeated: int = Field(default=0, ge=0, description="answers that repeat their prompt")

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rules in the order in which a reader would ask."""
        assert context.turns is not None
        turns = context.turns
        answered = turns.list.last().struct.field("role") == "assistant"
        answer = pl.when(answered).then(_length(turns.list.last().struct.field("content"))).otherwise(0).fill_null(0)
        blank, lost = _length(_CONTENT) == 0, ~pl.concat_str(_BEFORE, pl.lit(" "), _ROLE).is_in(_IN_ORDER)
        said = folded(_CONTENT)
        repeats = (_ROLE == "assistant") & (said != "") & (said == said.shift(1))
        few = "no_turns" if self.min_turns <= 1 else "too_few_turns"
        short = "no_answer" if self.min_answer <= 1 else "short_answer"
        return (
            Rule("turns", turns.list.len(), self.min_turns, self.max_turns, few, "too_many_turns"),
            Rule("answer_characters", answer, self.min_answer, below=short, detail=_last(turns, answered)),
            _count("empty_turns", turns, blank, self.max_empty, "empty_turn"),
            _count("out_of_order", turns, lost, self.max_out_of_order, "roles_out_of_order"),
            _count("repeats", turns, repeats.fill_null(value=False), self.max_repeated, "prompt_repeated"),
        )


def _length(text: pl.Expr) -> pl.Expr:
    return text.fill_null("").str.strip_chars().str.len_chars()


def _last(turns: pl.Expr, answered: pl.Expr) -> pl.Expr:
    """Return who speaks last where it is not the assistant."""
    role = turns.list.last().struct.field("role")
    return pl.when(~answered).then(pl.concat_str(pl.lit("the last turn is the "), role, pl.lit("'s")))


def _count(name: str, turns: pl.Expr, bad: pl.Expr, most: int, reason: str) -> Rule:
    """Return the rule that counts turns; the ledger names the first that counts."""
    place = pl.concat_str(pl.lit("turn "), pl.int_range(1, pl.len() + 1), pl.lit(" ("), _ROLE, pl.lit(")"))
    first = turns.list.eval(pl.when(bad).then(place)).list.drop_nulls().list.first()
    return Rule(name, turns.list.eval(bad.cast(pl.UInt32)).list.sum(), maximum=most, above=reason, detail=first)
