"""The rewrites: unicode, whitespace, mask_pii."""

import polars as pl
import pytest
from frames import apply, frame
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.steps.mask_pii import MaskPii
from curate.steps.unicode import Unicode
from curate.steps.whitespace import Whitespace
from curate.task import Chat, Instruction


def test_unicode_repairs_mojibake_entities_and_debris():
    applied = apply(Unicode(), frame("itâ€™s &amp; caf\u0065\u0301", "one_x000D_two", "plain", None))
    assert applied.rows["text"].to_list() == ["it’s & café", "one\ntwo", "plain", None]
    assert applied.ledger["event"].to_list() == ["changed", "changed"]
    assert applied.ledger["before"].to_list() == ["itâ€™s &amp; caf\u0065\u0301", "one_x000D_two"]


def test_unicode_settings():
    assert apply(Unicode(entities=False), frame("a &amp; b")).rows["text"].to_list() == ["a &amp; b"]
    assert apply(Unicode(form="NFKC"), frame("ﬁne")).rows["text"].to_list() == ["fine"]


BLANKS = "\t\n\x0b\x0c\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def test_whitespace():
    assert apply(Whitespace(), frame("  a \n\t b ", "a b")).rows["text"].to_list() == ["a b", "a b"]
    assert apply(Whitespace(), frame(*(f"{blank} a{blank}b {blank}" for blank in BLANKS))).rows[
        "text"
    ].unique().to_list() == ["a b"]
    kept = apply(Whitespace(keep_lines=True), frame(" a  b \r\n\n\n\n c "))
    assert kept.rows["text"].to_list() == ["a b\n\nc"]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(st.none(), st.text(alphabet="aé \x1c" + BLANKS, max_size=8)), max_size=5))
def test_whitespace_passes_over_regular_texts_alone(texts):
    rows = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    every = rows.select(pl.col("text").str.replace_all(r"\s+", " ").str.strip_chars())
    assert rows.select(Whitespace().rewrite(pl.col("text"))).equals(every)


@pytest.mark.parametrize(
    ("text", "masked", "kinds"),
    [
        ("write to jo.b+x@mail.example.com.", "write to [EMAIL].", "email"),
        ("call +44 20 7946 0958 now", "call [PHONE] now", "phone"),
        ("call (555) 010-0199 or 555-010-0199", "call [PHONE] or [PHONE]", "phone"),
        ("call 07911 123456 or 010-1234-5678", "call [PHONE] or [PHONE]", "phone"),
        ("to Müller@firma.de, info@例え.jp", "to [EMAIL], [EMAIL]", "email"),
        ("order 123 4567 8901, room 12-34, 1999-2004", None, None),
        ("host 192.0.2.17 and 2001:db8:0:1:1:1:1:1", "host [IP_ADDRESS] and [IP_ADDRESS]", "ip_address"),
        ("a@b.org from 192.0.2.1", "[EMAIL] from [IP_ADDRESS]", "email+ip_address"),
        ("version 1.2.3 of 2024, page 999.999.1.1, 12:30:45", None, None),
    ],
)
def test_mask_pii(text, masked, kinds):
    applied = apply(MaskPii(), frame(text))
    assert applied.rows["text"].to_list() == [masked or text]
    assert applied.ledger["reason"].to_list() == ([kinds] if kinds else [])
    assert applied.ledger["before"].null_count() == len(applied.ledger), "the secret must not stand in the ledger"


def test_mask_pii_leaves_other_kinds():
    applied = apply(MaskPii(kinds=("email",)), frame("a@b.org from 192.0.2.1"))
    assert applied.rows["text"].to_list() == ["[EMAIL] from 192.0.2.1"]


def test_every_text_column_is_rewritten_and_named():
    task = Instruction(kind="instruction", prompt="{question}", completion="answer")
    rows = frame("x").with_columns(question=pl.lit(" q "), answer=pl.lit("a"))
    applied = apply(Whitespace(), rows, task)
    assert applied.rows.select("question", "answer").row(0) == ("q", "a")
    assert applied.ledger["column"].to_list() == ["question"]


def test_the_content_of_every_turn_is_rewritten():
    turns = [{"role": "user", "content": " mail a@b.org "}, {"role": "assistant", "content": "ok"}]
    rows = frame("x").with_columns(messages=pl.Series([turns]))
    applied = apply(MaskPii(), rows, Chat(kind="chat"))
    assert applied.rows["messages"].to_list() == [[{"role": "user", "content": " mail [EMAIL] "}, turns[1]]]
    assert applied.ledger["reason"].to_list() == ["email"]
