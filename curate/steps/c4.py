"""C4's rules on lines and pages (Raffel et al. 2020, JMLR 21(140), section 2.2), as its released code has them.

The code is `c4_utils.py` of tensorflow/datasets, the function `clean_page`. Paper and code agree on 5 words a line and 3 sentences
a page (the paper's first version, datatrove and dolma have 3 words and 5 sentences). Where they differ we follow the code: a line
that ends in an ellipsis goes, so does one with a word of more than 1,000 characters, and an end quotation mark is `"` alone.
"""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.steps.base import Context, Filter, OfText, Rewrite, Rule

# c4_utils.py, get_clean_page_fn: citations of Wikipedia
_CITATION = r"\[\d*\]|\[edit\]|\[citation needed\]"
# c4_utils.py, _POLICY_SUBSTRINGS; the same six in the paper
_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
# A sentence ends at a mark, and quotes or brackets that close after it, before white space or the end of its line.
_SENTENCE = r"""(?mR)\S.*?(?:[.!?]["'”’)\]]*(?:\s|$)|$)"""


class C4Lines(Rewrite):
    """Keeps lines that end a sentence and have `min_words`, without notices of scripts, policies, and citation marks (C4, 2.2).

    A line goes for the first of: a word (a run without white space) of more than `max_word_length` characters; no end mark once
    the citation marks are out, or an ellipsis of three dots; fewer than `min_words` words; "javascript", or one of six phrases on
    policies and cookies, whatever their case and also inside a word. The lines left lose the blanks at their ends. A text may
    lose all its lines; `c4_quality` after this step drops it then. The ledger names what was found.
    """

    step: Literal["c4_lines"] = "c4_lines"
    # the paper has "only retained lines that contained at least 5 words"; code: _MIN_WORDS_PER_LINE
    min_words: int = Field(default=5, ge=0)
    # the code has _MAX_WORD_LENGTH; not in the paper
    max_word_length: int = Field(default=1000, ge=1)
    # the paper has "a period, exclamation mark, question mark, or end quotation mark"; code: _END_MARKS
    end_marks: tuple[str, ...] = Field(default=(".", "?", "!", '"'), description="none: lines may end in anything")
    javascript: bool = Field(default=True, description="remove lines with the word javascript")
    policies: bool = Field(default=True, description="remove lines on policies and cookies")
    citations: bool = Field(default=True, description="remove [1], [edit] and [citation needed]")

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        """Return the lines that stay, without citation marks."""
        kept = pl.when(self._why(pl.element()).is_null()).then(self._bare(pl.element()))
        return _lines(text).list.eval(kept).list.drop_nulls().list.join("\n").str.strip_chars()

    def reason(self, text: pl.Expr) -> pl.Expr:
        """Return why lines went, and what was taken out of lines that stay, joined by `+`."""
        line = pl.element()
        quoted = pl.when(self._bare(line) != line.str.strip_chars()).then(pl.lit("citation"))
        why = _lines(text).list.eval(pl.coalesce(self._why(line), quoted)).list.drop_nulls()
        return why.list.unique().list.sort().list.join("+").replace("", "blanks")

    def _bare(self, line: pl.Expr) -> pl.Expr:
        """Return a line as it is judged. The code takes citation marks out after it cut the ends, and so do we."""
        line = line.str.strip_chars()
        return line.str.replace_all(_CITATION, "") if self.citations else line

    def _why(self, line: pl.Expr) -> pl.Expr:
        """Return why a line goes, null if it stays."""
        bare = self._bare(line)
        lower = bare.str.to_lowercase()
        ended = (
            pl.any_horizontal(bare.str.ends_with(mark) for mark in self.end_marks)
            if self.end_marks
            else pl.lit(value=True)
        )
        asked = (
            (self._longest_word(line) > self.max_word_length, "long_word"),
            (~ended & (bare == ""), "empty_line"),
            (~ended | bare.str.ends_with("..."), "no_end_mark"),
            (bare.str.count_matches(r"\S+") < self.min_words, "few_words"),
            (lower.str.contains("javascript", literal=True) & self.javascript, "javascript"),
            (lower.str.contains_any(list(_POLICY)) & self.policies, "policy"),
        )
        return pl.coalesce(pl.when(found).then(pl.lit(why)) for found, why in asked)

    def _longest_word(self, line: pl.Expr) -> pl.Expr:
        """Return the characters of a line's longest word; null where the whole line is no longer than a word may be."""
        long = pl.when(line.str.len_bytes() > self.max_word_length).then(line)
        return long.str.extract_all(r"\S+").list.eval(pl.element().str.len_chars()).list.max()


class C4Quality(OfText, Filter):
    """Drops texts with "lorem ipsum" or a curly bracket, or of fewer than `min_sentences` sentences (C4, 2.2).

    As in the code, run it after `c4_lines`: then only lines that stay are looked at (the code has one difference more: a curly
    bracket in a line on policies drops the page in it). Before `c4_lines`, or without it, any line counts, as the paper words it.
    A sentence ends at `.`, `!` or `?` (and quotes or brackets that close after it) before white space, or with its line; so the dot
    of "Dr. Who" ends one. The code asks NLTK's Punkt, a model that knows abbreviations; datatrove, too.
    """

    step: Literal["c4_quality"] = "c4_quality"
    thresholds: ClassVar[tuple[str, ...]] = ("max_lorem_ipsum", "max_curly_brackets", "min_sentences")
    # the paper has "we removed any page where the phrase 'lorem ipsum' appeared"
    max_lorem_ipsum: int = Field(
        default=0, ge=0, description="how often the phrase may stand in a text, whatever its case"
    )
    # the paper has "we removed any pages that contained a curly bracket"; code: "{" alone
    max_curly_brackets: int = Field(default=0, ge=0, description="how often { may stand in a text")
    # the paper has "We discarded any page with fewer than 3 sentences"; code: _MIN_NUM_SENTENCES
    min_sentences: int = Field(default=3, ge=0)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rules in the order of the code. An empty text has no sentence."""
        text = context.text.fill_null("")
        placeholder = text.str.to_lowercase().str.count_matches("lorem ipsum", literal=True)
        brackets = text.str.count_matches("{", literal=True)
        return (
            Rule("lorem_ipsum", placeholder, maximum=self.max_lorem_ipsum, above="lorem_ipsum"),
            Rule("curly_brackets", brackets, maximum=self.max_curly_brackets, above="curly_bracket"),
            Rule("sentences", text.str.count_matches(_SENTENCE), self.min_sentences, below="few_sentences"),
        )


def _lines(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\r\n?", "\n").str.split("\n")
