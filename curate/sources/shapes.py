"""The shapes in which the field keeps conversations, and which of them a source has, told from its columns and its turns' keys.

`messages` is a list of `{role, content}`, `sharegpt` a list of `{from, value}`; either may stand in a column of any name.
`alpaca` is the columns `instruction` and `output` (with `input`, `system`, `history`), `prompt_completion` the columns `prompt`
and `completion` (with `system`), texts or lists of turns. The conversion itself is in `curate/sources/conversations.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from curate import template
from curate.errors import Mistake, UserError, did_you_mean
from curate.readers.expected import Expected
from curate.source_settings import FileSource, Shape, Source
from curate.task import AnyTask, Chat, Classification, Instruction

Columns = Mapping[str, tuple[str, ...]]
"""The columns of a file, each with the keys of the objects in the lists that it holds (none for other values)."""

ROLE_KEYS, CONTENT_KEYS = ("role", "from"), ("content", "value")
NAMES = ("messages", "conversations", "conversation")
"""Columns that hold turns by custom; they come first where several could."""
TEXTS: dict[Shape, tuple[str, ...]] = {
    "messages": (),
    "sharegpt": ("system",),
    "alpaca": ("system", "history", "instruction", "input", "output"),
    "prompt_completion": ("system", "prompt", "completion"),
}
"""The columns of each shape, beside the one with turns."""
NEEDED: dict[Shape, tuple[str, ...]] = {
    "alpaca": ("instruction", "output"),
    "prompt_completion": ("prompt", "completion"),
}
SYSTEM = "system"
_KEYS: dict[Shape, tuple[str, str]] = {"messages": ("role", "content"), "sharegpt": ("from", "value")}
_KNOWN = (
    "messages (a list of {role, content}), sharegpt (a list of {from, value}), alpaca (instruction, input, output), "
    "prompt_completion (prompt, completion)"
)


@dataclass(frozen=True)
class Taken:
    """What a source was taken for. `turns` are the columns that hold lists of turns; `found` the columns that were looked at."""

    shape: Shape
    turns: tuple[str, ...]
    found: Columns

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that become turns, as far as the source has them, in its order."""
        return tuple(column for column in self.found if column in self.sought)

    @property
    def sought(self) -> tuple[str, ...]:
        """The columns that become turns wherever a row has them."""
        return tuple(dict.fromkeys((*self.turns, *TEXTS[self.shape])))

    @property
    def left_out(self) -> tuple[str, ...]:
        """The keys of turns that are left out, as far as they were seen."""
        keys = {key for column in self.turns for key in self.found.get(column, ())}
        return tuple(sorted(keys - {*ROLE_KEYS, *CONTENT_KEYS}))

    def expected(self) -> dict[str, Expected]:
        """Return what the readers are to expect of each column."""
        texts: dict[str, Expected] = dict.fromkeys(TEXTS[self.shape], "text")
        if "history" in texts:
            texts["history"] = "pairs"
        return {**texts, **dict.fromkeys(self.turns, "turns")}


class SourceShape(BaseModel):
    """What `check` says of a source: the shape it was taken for, the columns that become turns, and keys that are left out."""

    model_config = ConfigDict(frozen=True)

    source: str
    shape: str
    columns: tuple[str, ...]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, source: str, taken: Taken) -> "SourceShape":
        """Return what is said of one source."""
        return cls(source=source, shape=taken.shape, columns=taken.columns, left_out=taken.left_out)

    def in_words(self) -> str:
        """Return it as a line."""
        become = f"turns from {', '.join(self.columns)}" if self.columns else "its columns are told when it is read"
        left = f"; left out of the turns: {', '.join(self.left_out)}" if self.left_out else ""
        return f"{self.source}: taken for {self.shape}: {become}{left}"


def taken_for(task: AnyTask, source: Source, where: str, found: Columns | None) -> Taken | None:
    """Return what a source is taken for; None for one whose columns are the task's own, and for a task without conversations.

    `found` is None where the columns cannot be told before the file is read. Raises `UserError` for a shape that is not known.
    """
    if isinstance(task, Classification):
        return None
    shape = source.shape if isinstance(source, FileSource) else "auto"
    if isinstance(task, Instruction):
        if shape == "auto" and (
            found is None or all(column in found and not found[column] for column in task.text_columns)
        ):
            return None
        exchange_columns(task, where, found)
    taken = _recognised(task, shape, where, found)
    made = made_columns(task, where)
    hidden = [column for column in made if found is not None and column in found and column not in taken.sought]
    if hidden:
        hint = f"rename it: columns: {{{hidden[0]}_: {hidden[0]}}}"
        raise UserError(Mistake(where, f"has a column '{hidden[0]}', which the conversation would hide", hint))
    return taken


def made_columns(task: AnyTask, where: str) -> tuple[str, ...]:
    """Return the columns that a conversation becomes."""
    return (task.messages,) if isinstance(task, Chat) else exchange_columns(task, where, None)


def exchange_columns(task: AnyTask, where: str, found: Columns | None) -> tuple[str, ...]:
    """Return the columns of an instruction task that one exchange fills: question, answer, and `system` if the prompt has it.

    Raises `UserError` for a prompt of several columns, which a question cannot be shared out to.
    """
    assert isinstance(task, Instruction)
    named = template.columns_of(task.prompt)
    questions = [column for column in named if column != SYSTEM]
    if len(questions) != 1:
        lacking = [column for column in task.text_columns if found is not None and column not in found]
        if lacking:
            raise UserError(
                [
                    Mistake(where, f"has no column '{column}'", did_you_mean(column, list(found or ())))
                    for column in lacking
                ]
            )
        what = f"is a conversation, and a prompt of the columns {', '.join(named)} has no one place for its question"
        hint = "name one column in task.prompt (and {system}): prompt: '{prompt}'; or read its columns as they are: shape: columns"
        raise UserError(Mistake(where, what, hint))
    return (questions[0], task.completion, *((SYSTEM,) if SYSTEM in named else ()))


def _recognised(task: AnyTask, shape: Shape, where: str, found: Columns | None) -> Taken:
    own = task.messages if isinstance(task, Chat) else NAMES[0]
    if found is None:
        return _unseen(shape, own)
    if shape in ("auto", "messages", "sharegpt"):
        turns = _turn_columns(shape, found, own)
        if len(turns) > 1:
            what = f"has several columns of turns ({', '.join(turns)})"
            raise UserError(Mistake(where, what, f"say which: columns: {{{own}: {turns[0]}}}"))
        if turns:
            shown: Shape = (
                "sharegpt" if {"from", "value"} <= set(found[turns[0]]) or shape == "sharegpt" else "messages"
            )
            return Taken(shown, tuple(turns), found)
    for word, needed in NEEDED.items():
        if shape in ("auto", word) and all(column in found for column in needed):
            turns = [column for column in ("prompt", "completion") if word == "prompt_completion" and found[column]]
            return Taken(word, tuple(turns), found)
    raise UserError(_unknown(shape, where, found, own))


def _turn_columns(shape: Shape, found: Columns, own: str) -> list[str]:
    """Return the columns that may be the one with the turns: one by its keys and name, or all that have the keys."""
    wanted = [set(keys) for word, keys in _KEYS.items() if shape in ("auto", word)]
    fitting = [column for column, keys in found.items() if any(each <= set(keys) for each in wanted)]
    for name in (own, *NAMES):
        if name in fitting:
            return [name]
    if fitting and not (shape == "auto" and set(NEEDED["prompt_completion"]) <= set(found)):
        return fitting
    empty = [name for name in (own, *NAMES) if name in found and not found[name]]
    by_name = shape in ("messages", "sharegpt") or not any(set(needed) <= set(found) for needed in NEEDED.values())
    return empty[:1] if by_name else []  # no turn was seen that could tell


def _unseen(shape: Shape, own: str) -> Taken:
    """Return what a file is taken for whose beginning tells nothing: what the recipe says, else turns in the task's column."""
    if shape in NEEDED:
        return Taken(shape, (), {})
    return Taken("sharegpt", ("conversations",), {}) if shape == "sharegpt" else Taken("messages", (own,), {})


def _unknown(shape: Shape, where: str, found: Columns, own: str) -> Mistake:
    columns = ", ".join(f"{name} ({', '.join(keys)})" if keys else name for name, keys in found.items())
    if shape != "auto":
        wanted = "a column of turns with the keys " + " and ".join(_KEYS[shape]) if shape in _KEYS else None
        what = f"is not of the shape {shape}: it has the columns {columns}"
        return Mistake(where, what, f"it needs {wanted or 'the columns ' + ' and '.join(NEEDED[shape])}")
    what = f"holds no conversation of a known shape: it has the columns {columns}"
    return Mistake(
        where, what, f"known: {_KNOWN}; rename to one of them: columns: {{{own}: …}} or {{prompt: …, completion: …}}"
    )
