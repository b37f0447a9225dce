"""Greedy generation: batches padded on the left, each row until its end token."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from train.batches import batches
from train.models import LoadedModel, padded


class Written(NamedTuple):
    """What a model wrote after a prompt: the text, how many tokens it took, and whether the model ended it by its end token.

    The end token itself is not counted; a text that did not end was stopped at the longest answer.
    """

    text: str
    tokens: int
    ended: bool


def generate(
    loaded: LoadedModel,
    prompts: Sequence[Sequence[int]],
    *,
    longest_answer: int,
    tokens: int,
    tick: Callable[[int], None],
) -> list[Written]:
    """Return what the model writes after each prompt; the text is without special tokens."""
    import torch
    from transformers import GenerationConfig

    model, tokenizer = loaded.model, loaded.tokenizer
    settings = GenerationConfig(
        do_sample=False,
        num_beams=1,
        max_new_tokens=longest_answer,
        use_cache=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    answers = [Written("", 0, ended=False)] * len(prompts)
    for places in batches([len(prompt) + longest_answer for prompt in prompts], tokens):
        rows = [prompts[place] for place in places]
        inputs = padded(rows, tokenizer.pad_token_id, left=True).to(model.device)
        mask = padded([[1] * len(row) for row in rows], 0, left=True).to(model.device)
        with torch.inference_mode():
            written = model.generate(input_ids=inputs, attention_mask=mask, generation_config=settings)
        new = written[:, inputs.shape[1] :]
        texts = tokenizer.batch_decode(new, skip_special_tokens=True)
        for place, ids, text in zip(places, new.tolist(), texts, strict=True):
            ended = tokenizer.eos_token_id in ids
            answers[place] = Written(text, ids.index(tokenizer.eos_token_id) if ended else len(ids), ended)
        tick(len(places))
    return answers
