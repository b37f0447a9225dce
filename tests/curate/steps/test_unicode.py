"""The test that says which texts ftfy need not see: it never skips a text that ftfy would change."""

import re
import sys
import unicodedata
from itertools import product

import polars as pl
import pytest
from ftfy import TextFixerConfig, fix_text  # noqa: TID253  (the test is about it)
from ftfy.badness import BADNESS_RE, is_bad  # noqa: TID253
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.steps.unicode import (
    ACCENTED,
    GREEK_OR_CYRILLIC,
    MARKS,
    OTHER,
    PLAIN,
    QUOTES,
    RISKY,
    Unicode,
)

STEPS = [
    Unicode(entities=entities, straight_quotes=quotes, form=form)
    for entities, quotes, form in product((True, False), (True, False), ("NFC", "NFKC"))
]
TRUSTED = [
    chr(point)
    for point in range(sys.maxunicode + 1)
    if re.match(f"[{PLAIN}{ACCENTED}{MARKS}{QUOTES}{GREEK_OR_CYRILLIC}{OTHER}]", chr(point))
]
SUSPECT = sorted({character for character in BADNESS_RE.pattern if ord(character) > 0x7F})
MIXED = st.text(
    alphabet=st.one_of(
        st.sampled_from([character for character in TRUSTED if ord(character) < 0x2100]),
        st.sampled_from(SUSPECT),
        st.sampled_from("aAzZ .,&;#x1\n\t"),
        st.characters(codec="utf-8"),
    ),
    max_size=12,
)


def fixed(step: Unicode, text: str) -> str:
    config = TextFixerConfig(
        unescape_html=step.entities, uncurl_quotes=step.straight_quotes, normalization=step.form, explain=False
    )
    return fix_text(text, config)


def decoded(text: str, encoding: str) -> str:
    return text.encode().decode(encoding, errors="replace")


def check(texts: list[str]) -> None:
    """No skipped text changes, and the step's result is ftfy's."""
    series = pl.Series("text", texts, dtype=pl.String)
    plain = series.str.replace_all(r"_x000[dD]_", "\n").to_list()
    for step in STEPS:
        expected = [fixed(step, text) for text in plain]
        seen = step.may_change(pl.Series(plain, dtype=pl.String)).to_list()
        assert [text for text, new, may in zip(plain, expected, seen, strict=True) if new != text and not may] == []
        assert series.to_frame().select(step.rewrite(pl.col("text"))).to_series().to_list() == expected


@settings(deadline=None, max_examples=300)
@given(st.lists(MIXED, max_size=4))
@example(
    ["R&D &amp; AT&T", "ﬁ Å é e\u0301 が", "“a” é”a é”", "\x1b[31m", "a\u2028b", "Ã la", "œ ", "\u0421”\u0412", "β€™"]
)
def test_no_text_that_ftfy_changes_is_skipped(texts):
    check(texts)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.text(alphabet="aé’“”ñßŁяЖΣ€…–漢 &", max_size=10), max_size=3),
    st.sampled_from(
        ["latin-1", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "iso8859-2", "mac_roman", "cp437"]
    ),
)
def test_no_mojibake_that_ftfy_repairs_is_skipped(texts, encoding):
    check([decoded(text, encoding) for text in texts] + [f"plain {decoded(text, encoding)} text" for text in texts])


def test_every_trusted_character_is_in_its_normal_form_beside_any_other():
    """No canonical ordering and no composition with what stands before it (Unicode Standard Annex 15, section 9)."""
    seconds = set()
    for point in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    assert seconds.isdisjoint(TRUSTED)
    assert not any(unicodedata.combining(character) for character in TRUSTED)
    assert [character for character in TRUSTED if unicodedata.normalize("NFC", character) != character] == []


def test_every_trusted_character_stays_as_it_is():
    step = Unicode()
    assert [character for character in TRUSTED if fixed(step, f"a {character} a") != f"a {character} a"] == []


def test_every_trusted_pair_that_looks_like_mojibake_is_seen():
    """All pairs, in three surroundings; longer patterns hold such a pair or are in the examples above."""
    near = re.compile(f"[{ACCENTED}{MARKS}{QUOTES}{GREEK_OR_CYRILLIC}]")
    few = [character for character in TRUSTED if character in SUSPECT or near.match(character)]
    assert len(few) > 300
    texts = [
        text
        for one, other in product(few, [*few, "a", "A", " ", "1"])
        for text in (f"a{one}{other}a", f" {one}{other} ", f"{one} {other}")
        if is_bad(text)
    ]
    assert len(texts) > 1000
    assert pl.Series(texts).filter(~pl.Series(texts).str.contains(RISKY)).to_list() == []


@pytest.mark.parametrize(
    "text",
    [
        "It’s “fine” – really…",
        "R&D costs 5 € or £4",
        "Größe, café, Łódź",
        "Привет, мир",
        "漢字かな交じり文",
        "ok 😀👩🏽‍🚀",
        "한국어",
        "שלום",
        None,
        "",
    ],
)
def test_usual_texts_need_no_repair(text):
    assert not Unicode().may_change(pl.Series([text], dtype=pl.String)).any()
