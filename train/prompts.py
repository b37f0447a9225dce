"""From a row to the text that the model reads and the text that it is to write; one way for training and prediction."""

from collections.abc import Mapping, Sequence

import polars as pl

from curate import template
from curate.errors import Mistake, UserError
from curate.task import Chat, Classification, Instruction

Turn = Mapping[str, str]


def prompt_template(task: Classification | Instruction) -> str:
    """Return the task's prompt without blanks at its end: they belong to the completion, where a token begins with them."""
    return task.prompt.rstrip(" \t")


def asks_nothing(task: Classification | Instruction | Chat) -> bool:
    """Return whether the task has no prompt: its rows are plain text."""
    return isinstance(task, Instruction) and not prompt_template(task)


def prompts(rows: pl.DataFrame, task: Classification | Instruction) -> list[str]:
    """Return what the model reads, one text a row."""
    if asks_nothing(task):
        return [""] * rows.height
    return rows.select(template.fill_expression(prompt_template(task)).alias("prompt"))["prompt"].to_list()


def _separator(task: Classification | Instruction) -> str:
    asked = prompt_template(task)
    return "" if not asked or asked.endswith("\n") else " "


def label_words(task: Classification) -> dict[str, str]:
    """Return what the model is to write for each label: its word with a leading blank (none after a line break)."""
    return {label: _separator(task) + word for label, word in task.labels.items()}


def completions(rows: pl.DataFrame, task: Classification | Instruction, where: str) -> list[str]:
    """Return what the model is to write, one text a row. Raises `UserError` for labels that the task does not list."""
    if isinstance(task, Instruction):
        return rows.select((pl.lit(_separator(task)) + pl.col(task.completion).fill_null("")).alias("text"))[
            "text"
        ].to_list()
    words = label_words(task)
    labels = rows[task.label].cast(pl.String)
    unknown = labels.filter(labels.is_null() | ~labels.is_in(list(words))).unique().sort().to_list()
    if unknown:
        raise UserError(
            [Mistake(where, f"label '{label}' has no word", _add_or_drop(task, label)) for label in unknown]
        )
    return labels.replace_strict(words, return_dtype=pl.String).to_list()


def _add_or_drop(task: Classification, label: str | None) -> str:
    quoted = "IS NOT NULL" if label is None else "<> '" + label.replace("'", "''") + "'"
    drop = f'{{step: where, sql: "{task.label} {quoted}"}}'
    return f"add it to task.labels, or drop its rows with {drop}; known: {', '.join(task.labels)}"


def conversations(rows: pl.DataFrame, task: Chat) -> list[list[Turn]]:
    """Return each row's turns as `{role, content}`; a null content is the empty text."""
    turns = rows.select(
        pl.col(task.messages).list.eval(
            pl.struct(
                pl.element().struct.field("role"),
                pl.element().struct.field("content").cast(pl.String).fill_null(""),
            ),
        ),
    )
    return turns[task.messages].to_list()


def before_last_answer(conversation: Sequence[Turn]) -> list[Turn]:
    """Return the turns before the last one of the assistant: what the model reads when it is to write that one."""
    last = max(
        (place for place, turn in enumerate(conversation) if turn["role"] == "assistant"), default=len(conversation)
    )
    return list(conversation[:last])


def plain_texts(rows: pl.DataFrame, task: Classification | Instruction | Chat) -> list[str]:
    """Return the running text of rows, without any answer: what a base model may have read before it meets the task.

    Plain text, which asks nothing, is read itself.
    """
    if isinstance(task, Chat):
        heard = [
            turn["content"]
            for conversation in conversations(rows, task)
            for turn in conversation
            if turn["role"] != "assistant"
        ]
        return [text for text in heard if text]
    if isinstance(task, Instruction):
        return rows[task.completion].drop_nulls().to_list() if asks_nothing(task) else prompts(rows, task)
    assert task.text is not None
    return [text for text in rows[task.text].cast(pl.String).to_list() if text]


def parse_answers(generated: pl.Series, task: Classification) -> pl.Series:
    """Return the label whose word a generated text says in its first line, or null.

    The line must be the word; else without the marks around both; else without case too. Words that are then the same, or
    nothing, are nobody's: who wrote them did not say which label is meant.
    """
    said = generated.str.strip_chars().str.split("\n").list.first().str.strip_chars()
    plain = said.str.strip_chars(_MARKS)
    found = pl.repeat(None, len(said), dtype=pl.String, eager=True).alias(generated.name)
    words = {label: word.strip() for label, word in task.labels.items()}
    bare = {label: word.strip(_MARKS) for label, word in words.items()}
    lower = {label: word.lower() for label, word in bare.items()}
    for texts, named in ((said, words), (plain, bare), (plain.str.to_lowercase(), lower)):
        known = _unmistakable(named)
        if known:
            found = found.fill_null(texts.replace_strict(known, default=None, return_dtype=pl.String))
    return found


_MARKS = " \t.,;:!?\"'`*()[]"


def _unmistakable(words: Mapping[str, str]) -> dict[str, str]:
    """Return the label of each word that is not empty and that no other label has."""
    every = list(words.values())
    return {word: label for label, word in words.items() if word and every.count(word) == 1}
