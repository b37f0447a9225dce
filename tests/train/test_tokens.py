"""Labels and cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import UserError
from train.chat import render_all, turn_end
from train.tokens import MASKED, encode_pairs, encode_prompts, encode_rendered, parts_read


def supervised_text(tokenizer, labels):
    return tokenizer.decode([label for label in labels if label != MASKED])


def test_the_answer_and_the_end_token_are_supervised_and_nothing_else(tokenizer):
    encoded = encode_pairs(tokenizer, ["the soup was grím 🎪\nThis is", ""], [" good", " bad"], 96)
    assert [supervised_text(tokenizer, labels) for labels in encoded.labels] == [" good<|end|>", " bad<|end|>"]
    assert tokenizer.decode(encoded.input_ids[0]) == "<|begin|>the soup was grím 🎪\nThis is good<|end|>"
    assert all(len(ids) == len(labels) for ids, labels in zip(encoded.input_ids, encoded.labels, strict=True))


@given(
    st.text(alphabet=" \n\taeéíß漢🎪👩\u200d.,", max_size=12), st.text(alphabet=" \n\taeéíß漢🎪👩\u200d.,", max_size=12)
)
def test_a_token_is_supervised_if_a_character_of_it_belongs_to_the_answer(tokenizer, prompt, answer):
    encoded = encode_pairs(tokenizer, [prompt], [answer], 96)
    found = tokenizer(prompt + answer, add_special_tokens=False, return_offsets_mapping=True)
    expected = [
        token if start < len(prompt + answer) and end > len(prompt) else MASKED
        for token, (start, end) in zip(found["input_ids"], found["offset_mapping"], strict=True)
    ]
    assert encoded.labels == [[MASKED, *expected, tokenizer.eos_token_id]]


def test_a_text_cannot_speak_in_special_tokens(tokenizer):
    encoded = encode_pairs(tokenizer, ["<|end|><|begin|> is written here"], [" good"], 96)
    assert encoded.input_ids[0].count(tokenizer.eos_token_id) == 1
    assert encoded.input_ids[0].count(tokenizer.bos_token_id) == 1


def test_the_prompt_alone_is_the_beginning_of_prompt_and_answer(tokenizer):
    prompt = encode_prompts(tokenizer, ["a warm evening\nThis is"], 96)[0]
    whole = encode_pairs(tokenizer, ["a warm evening\nThis is"], [" good"], 96).input_ids[0]
    assert whole[: len(prompt)] == prompt


def test_a_long_prompt_loses_its_beginning_and_keeps_its_answer(tokenizer):
    encoded = encode_pairs(tokenizer, ["the fair " * 50 + "\nThis is"], [" good"], 20)
    assert (len(encoded.lost), encoded.left_out, len(encoded.input_ids[0])) == (1, [], 20)
    assert encoded.input_ids[0][0] == tokenizer.bos_token_id
    assert supervised_text(tokenizer, encoded.labels[0]) == " good<|end|>"
    assert tokenizer.decode(encoded.input_ids[0]).endswith("\nThis is good<|end|>")
    assert len(encode_prompts(tokenizer, ["the fair " * 50], 20)[0]) == 20


def test_what_is_read_of_a_prompt_begins_after_what_is_cut(tokenizer):
    prompts = ["the fair " * 50 + "\nThis is", "the fair\nThis is", "🎪" * 20]
    whole, short, signs = parts_read(tokenizer, prompts, [" good"] * 3, 20)
    encoded = encode_pairs(tokenizer, prompts, [" good"] * 3, 20)
    read = [tokenizer.decode(ids, skip_special_tokens=True) for ids in encoded.input_ids]
    assert (f"{whole} good", f"{short} good") == (read[0], read[1])
    assert short == prompts[1]
    answer = tokenizer(" good", add_special_tokens=False)["input_ids"]
    signs_whole = (20 - 2 - len(answer)) // len(tokenizer("🎪", add_special_tokens=False)["input_ids"])
    assert signs == "🎪" * signs_whole, "a sign that the cut goes through is left out"


def test_a_row_whose_answer_does_not_fit_is_left_out_and_counted(tokenizer):
    encoded = encode_pairs(tokenizer, ["short", "short"], [" good" * 60, " good"], 20)
    assert encoded.left_out == [0]
    counts = encoded.counts
    whole = encode_pairs(tokenizer, ["short"], [" good" * 60], 1000).counts.tokens
    assert (counts.rows, counts.cut, counts.left_out, counts.longest) == (2, 1, 1, 20)
    assert counts.cut_tokens == whole - 20
    assert counts.supervised == sum(label != MASKED for label in encoded.labels[1])
    assert len(encoded.supervised_rows().input_ids) == 1


TALK = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "hello"},
    {"role": "user", "content": "bye"},
    {"role": "assistant", "content": "see you"},
]


def test_only_the_assistants_turns_are_supervised(tokenizer):
    texts, spans = render_all(tokenizer, [TALK, TALK[:3], TALK[:1]], "x")
    encoded = encode_rendered(tokenizer, texts, spans, 200)
    said = [supervised_text(tokenizer, labels) for labels in encoded.labels]
    assert said == ["hello<|end|>see you<|end|>", "hello<|end|>", ""]
    assert encoded.left_out == [2]
    assert encoded.input_ids[0][0] == tokenizer.bos_token_id != encoded.input_ids[0][1]


def test_a_cut_through_an_answer_masks_that_answer(tokenizer):
    texts, spans = render_all(tokenizer, [TALK], "x")
    whole = encode_rendered(tokenizer, texts, spans, 200)
    first = next(place for place, label in enumerate(whole.labels[0]) if label != MASKED)
    # one token of the first answer is cut away: the beginning stays, so `first` more tokens go
    cut = encode_rendered(tokenizer, texts, spans, len(whole.input_ids[0]) - first)
    assert supervised_text(tokenizer, cut.labels[0]) == "see you<|end|>"


def test_the_template_says_its_end_token(tokenizer):
    assert turn_end(tokenizer, "train.base") == tokenizer.eos_token_id


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, "the base has no chat template"),
        ("{% for turn in messages %}{{ turn['content'] }}\n{% endfor %}", "does not end a turn with an end token"),
    ],
)
def test_a_template_without_an_end_is_refused(tokenizer, monkeypatch, template, message):
    monkeypatch.setattr(tokenizer, "chat_template", template)
    with pytest.raises(UserError, match=message):
        turn_end(tokenizer, "train.base")


def test_a_template_that_rewrites_earlier_turns_is_refused(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "chat_template", "{{ messages | length }}" + tokenizer.chat_template)
    with pytest.raises(UserError, match="another way"):
        render_all(tokenizer, [TALK], "x")


def test_turns_that_the_template_refuses_are_named(tokenizer, monkeypatch):
    with pytest.raises(
        UserError, match=r"no turns, or begins with the assistant's; drop such conversations with {step: turns}"
    ):
        render_all(tokenizer, [TALK, [{"role": "assistant", "content": "x"}]], "base")
    monkeypatch.setattr(tokenizer, "chat_template", "{{ raise_exception('roles must alternate') }}")
    with pytest.raises(UserError, match=r"refuses the turns \(user, assistant.*: roles must alternate"):
        render_all(tokenizer, [TALK], "x")
