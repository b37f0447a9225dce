"""What the data is for: classification, instruction or chat. Says which columns are text and which are truth."""

from typing import Annotated, Literal

import polars as pl
from pydantic import ConfigDict, Field, model_validator

from curate import template
from curate.settings import Settings

Kind = Literal["classification", "instruction", "chat"]
ROLES = ("system", "user", "assistant", "tool")
"""Who may speak in a conversation."""


def _check_template(text: str) -> str:
    template.columns_of(text)
    return text


class Classification(Settings):
    """One label a row. `labels` maps each label in the data to the word that the model is to write for it.

    `positive` names the labels that count as "selected" in selection rate, true and false positive rate.
    `prediction` names a column of finished predictions (an audit without a model), `score` one with how sure they are; `baseline`
    and `baseline_score` name the same of another model on the same rows, to compare it with.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)  # labels such as 0 and 1 are names

    kind: Literal["classification"]
    text: str | None = Field(default=None, description="the column with the text; may be left out in an audit alone")
    label: str = Field(description="the column with the truth")
    labels: dict[str, str] = Field(default={}, description="label in the data → the word that the model writes")
    positive: tuple[str, ...] = Field(default=(), description="the labels that count as selected")
    prompt: str = Field(default="{text}\nLabel:", description="what the model reads; {column} is replaced")
    prediction: str | None = Field(default=None, description="a column with predictions made elsewhere")
    score: str | None = Field(
        default=None,
        description="a column of numbers, the higher the likelier a positive label was held to be; probabilities if from 0 to 1",
    )

    baseline: str | None = Field(
        default=None, description="a column with the predictions that `prediction` is compared with"
    )
    baseline_score: str | None = Field(default=None, description="what `score` is, of the baseline")

    @property
    def given(self) -> dict[str, tuple[str, str | None]]:
        """The columns of predictions and of scores that came with the data, by model: `given`, or `base` and `tuned` of two."""
        if self.prediction is None:
            return {}
        mine = (self.prediction, self.score)
        return (
            {"given": mine} if self.baseline is None else {"base": (self.baseline, self.baseline_score), "tuned": mine}
        )

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that the steps read and rewrite."""
        return (self.text,) if self.text else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row must have."""
        given = (name for columns in self.given.values() for name in columns if name)
        named = (*self.text_columns, self.label, *given)
        return tuple(dict.fromkeys((*named, *(template.columns_of(self.prompt) if self.text else ()))))

    @model_validator(mode="after")
    def _labels_known(self) -> "Classification":
        _check_template(self.prompt)
        if self.score is not None and (self.prediction is None or not self.positive):
            raise ValueError(
                "score belongs to given predictions; name their column in prediction, and the positive labels"
            )
        if self.baseline is not None and self.prediction is None:
            raise ValueError("baseline is what prediction is compared with; name the column of both")
        if self.baseline_score is not None and (self.baseline is None or self.score is None):
            raise ValueError("baseline_score belongs to a baseline, and stands beside a score")
        unknown = [label for label in self.positive if self.labels and label not in self.labels]
        if unknown:
            raise ValueError(f"positive names {unknown}, which labels does not list ({', '.join(self.labels)})")
        if self.text is not None and self.text in (self.label, self.prediction):
            raise ValueError(f"text names the column '{self.text}', which is the label or the prediction too")
        blank = [label for label, word in self.labels.items() if not label.strip() or not word.strip()]
        if blank:
            raise ValueError(f"the label '{blank[0]}' or its word is blank; the model could not write it")
        if len(set(self.labels.values())) < len(self.labels):
            raise ValueError("two labels have the same word; the model could not tell them apart")
        return self


class Instruction(Settings):
    """A prompt and the completion that the model is to write; without a prompt plain text, all of which is learned."""

    kind: Literal["instruction"]
    prompt: str = Field(
        default="",
        description="what the model reads; {column} is replaced, and a null column is the empty text; left out: nothing, the "
        "completion is plain text",
    )
    completion: str = Field(description="the column with the text that the model is to write")

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that the steps read and rewrite."""
        return tuple(dict.fromkeys((*template.columns_of(self.prompt), self.completion)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row must have."""
        return self.text_columns

    @property
    def label(self) -> None:
        """An instruction row has no label."""
        return None

    @model_validator(mode="after")
    def _template_fits(self) -> "Instruction":
        _check_template(self.prompt)
        if self.completion in template.columns_of(self.prompt):
            raise ValueError(
                f"the prompt holds the completion column '{self.completion}': the answer would be given away"
            )
        return self


class Chat(Settings):
    """Turns of a conversation: a list of `{role, content}`; the model is to write the assistant's turns."""

    kind: Literal["chat"]
    messages: str = Field(default="messages", description="the column with the list of turns")

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The column with the turns; steps read and rewrite the content of each."""
        return (self.messages,)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row must have."""
        return (self.messages,)

    @property
    def label(self) -> None:
        """A chat row has no label."""
        return None


AnyTask = Classification | Instruction | Chat
Task = Annotated[AnyTask, Field(discriminator="kind")]


def whole_text(task: AnyTask, on: tuple[str, ...] = ()) -> pl.Expr:
    """Return a row's text: its text columns, or the contents of its turns, joined by a newline.

    `on` names the columns, or the roles of turns, that are meant; all if it is empty.
    """
    if isinstance(task, Chat):
        turns = pl.col(task.messages)
        if on:
            turns = turns.list.filter(pl.element().struct.field("role").is_in(list(on)))
        return turns.list.eval(pl.element().struct.field("content")).list.join("\n")
    columns = [column for column in task.text_columns if not on or column in on]
    if not columns:
        return pl.lit(None, dtype=pl.String)
    return pl.concat_str([pl.col(column) for column in columns], separator="\n", ignore_nulls=True)


def text_parts(task: AnyTask) -> tuple[str, ...]:
    """Return what a row's text may be narrowed to: its text columns, or the roles of turns."""
    return ROLES if isinstance(task, Chat) else task.text_columns


def text_named(task: AnyTask, on: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what `whole_text` joins, as a reader would name it: columns in their order, of turns `messages of user`."""
    if isinstance(task, Chat):
        return tuple(f"{task.messages} of {role}" for role in ROLES if role in on) or (task.messages,)
    return tuple(column for column in task.text_columns if not on or column in on)


def turns_of(task: AnyTask) -> pl.Expr | None:
    """Return a row's turns: those of a conversation; of an instruction its columns as the user's, its completion as the answer.

    A text that is null is empty; blank columns of a prompt are left out. None for a task that has neither question nor answer.
    """
    if isinstance(task, Chat):
        return pl.col(task.messages)
    if isinstance(task, Classification):
        return None
    asked = [pl.col(column) for column in task.text_columns if column != task.completion]
    filled = [pl.when(column.str.contains(r"\S")).then(column) for column in asked]
    question = pl.concat_str(filled, separator="\n", ignore_nulls=True)
    said = (("user", question), ("assistant", pl.col(task.completion).fill_null("")))
    return pl.concat_list(pl.struct(role=pl.lit(role), content=text) for role, text in said)


def as_text(column: pl.Expr, task: AnyTask) -> pl.Expr:
    """Return a text column as text: turns as `role: content` lines, text as it is."""
    if not isinstance(task, Chat):
        return column
    return column.list.eval(
        pl.concat_str(pl.element().struct.field("role"), pl.lit(": "), pl.element().struct.field("content"))
    ).list.join("\n")
