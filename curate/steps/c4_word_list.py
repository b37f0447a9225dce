"""C4's rule on a list of words (Raffel et al. 2020, JMLR 21(140), section 2.2): a text with any of them goes."""

from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import Field

from curate.errors import Mistake, UserError
from curate.steps.base import Context, Filter, OfText, Rule


class C4WordList(OfText, Filter):
    r"""Drops texts that contain an entry of the file `words`, whole and whatever its case (C4, 2.2); the ledger names it.

    The paper: "any page that contained any word on the 'List of Dirty, Naughty, Obscene or Otherwise Bad Words'". The file
    has one entry a line, of one or several words; a blank in an entry is one blank in the text. An entry is found where it
    stands between two characters that are not `\w` (Unicode letters, marks, digits, `_`) or at an end of the text, as in
    C4's code of today (tensorflow/datasets, `get_badwords_filter_fn`) and in datatrove. C4's first code wanted a character
    other than a-z on both sides, so that it found none at the ends of a line; dolma takes words between blanks. Of several
    entries the ledger names the one that begins first, then the one that stands first in the file.
    """

    step: Literal["c4_word_list"] = "c4_word_list"
    words: str = Field(min_length=1, description="a file with one entry a line, looked up as sources are")

    def files(self) -> tuple[str, ...]:
        """Return the word list."""
        return (self.words,)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule: 1 where an entry is found, 0 where none is."""
        entries = "|".join(pl.escape_regex(entry) for entry in read_entries(context.files[self.words]))
        # The text is folded, not the pattern: "(?i)" would make it larger than Rust's engine takes.
        lower = context.text.fill_null("").str.to_lowercase()
        found = lower.str.extract(rf"(?:\W|^)({entries})(?:\W|$)")
        return (Rule("listed_words", found.is_not_null(), maximum=0, above="listed_word", detail=found),)


def read_entries(path: Path) -> tuple[str, ...]:
    """Return the entries of a word list in lower case, each once, in the order of the file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            Mistake(str(path), f"cannot be read ({error})", "see that it may be read, and save it as UTF-8")
        ) from error
    entries = tuple(dict.fromkeys(line.strip().lower() for line in lines if line.strip()))
    if not entries:
        raise UserError(Mistake(str(path), "the word list is empty", "write one entry a line"))
    return entries
