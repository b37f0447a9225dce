"""Conversations as a tokenizer's chat template renders them, and where in the text the assistant speaks."""

from collections.abc import Sequence
from typing import Any

from curate.errors import Mistake, UserError
from train.prompts import Turn
from train.tokens import Span, encode_texts

HINT = "drop such conversations with {step: turns} or {step: where}, or use another base"
DEMO_TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}{{ turn['role'] + ':\\n' + turn['content'] + eos_token + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:\\n' }}{% endif %}"
)


def render(tokenizer: Any, turns: Sequence[Turn], *, answer_follows: bool) -> str:
    """Return turns as text; with `answer_follows` also the words that open the assistant's next turn."""
    from jinja2 import TemplateError  # noqa: PLC0415  (transformers brings it)

    if not turns:
        what = "a conversation has no turns, or begins with the assistant's"
        raise UserError(Mistake("task.messages", what, "drop such conversations with {step: turns}"))
    try:
        text: str = tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=answer_follows)
    except TemplateError as error:
        roles = ", ".join(str(turn["role"]) for turn in turns)
        raise UserError(
            Mistake("task.messages", f"the chat template refuses the turns ({roles}): {error}", HINT)
        ) from error
    return text


def render_all(
    tokenizer: Any, conversations: Sequence[Sequence[Turn]], where: str
) -> tuple[list[str], list[list[Span]]]:
    """Return each conversation's text and the spans of the assistant's turns, found by rendering it up to each of them."""
    texts, answers = [], []
    for turns in conversations:  # a template renders one conversation at a time
        whole = render(tokenizer, turns, answer_follows=False)
        spans = []
        for place, turn in enumerate(turns):
            if turn["role"] != "assistant":
                continue
            before = render(tokenizer, turns[:place], answer_follows=True)
            after = render(tokenizer, turns[: place + 1], answer_follows=False)
            if not (after.startswith(before) and whole.startswith(after)):
                what = "the chat template renders the beginning of a conversation in another way than the whole"
                raise UserError(Mistake(where, what, "use a base whose template writes every turn alike"))
            spans.append((len(before), len(after)))
        texts.append(whole)
        answers.append(spans)
    return texts, answers


def turn_end(tokenizer: Any, where: str) -> int:
    """Return the token with which the chat template ends an assistant's turn, or raise `UserError` if there is none."""
    if not tokenizer.chat_template:
        raise UserError(
            Mistake(
                where, "the base has no chat template", "use an instruction-tuned base, or task: {kind: instruction}"
            )
        )
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    text = render(tokenizer, turns, answer_follows=False).rstrip()
    last = encode_texts(tokenizer, [text], special=True)[0][-1]
    if last not in tokenizer.all_special_ids and last not in tokenizer.added_tokens_decoder:
        what = "the chat template does not end a turn with an end token"
        raise UserError(Mistake(where, what, "a model tuned with it would never stop; use another base"))
    return int(last)
