"""Greedy generation: batches padded on the left, each row until its end token."""

from collections.abc import Callable, Sequence

from train.batches import batches
from train.models import LoadedModel, padded


def generate(
    loaded: LoadedModel,
    prompts: Sequence[Sequence[int]],
    *,
    longest_answer: int,
    tokens: int,
    tick: Callable[[int], None],
) -> list[str]:
    """Return the text that the model writes after each prompt, without special tokens."""
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
    answers = [""] * len(prompts)
    for places in batches([len(prompt) + longest_answer for prompt in prompts], tokens):
        rows = [prompts[place] for place in places]
        inputs = padded(rows, tokenizer.pad_token_id, left=True).to(model.device)
        mask = padded([[1] * len(row) for row in rows], 0, left=True).to(model.device)
        with torch.inference_mode():
            written = model.generate(input_ids=inputs, attention_mask=mask, generation_config=settings)
        new = written[:, inputs.shape[1] :]
        for place, text in zip(places, tokenizer.batch_decode(new, skip_special_tokens=True), strict=True):
            answers[place] = text
        tick(len(places))
    return answers
