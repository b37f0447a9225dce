"""The guards that a copy must pass before it becomes a row: who it speaks of, what it denies, how like it is.

Augmentation can change whom a text speaks of and turn its meaning round, so a copy that fails a guard is refused, and the
ledger says by which guard. The guards that read words (pronouns, negations) know English.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from pydantic import Field, model_validator

from curate.errors import Mistake, UserError, did_you_mean
from curate.groups import LEXICONS, NONE_MENTIONED, mentions, read_lexicon, terms_pattern
from curate.settings import Settings

Terms = Mapping[str, Mapping[str, tuple[str, ...]]]

PRONOUNS: dict[str, tuple[str, ...]] = {
    "he": ("he", "him", "his", "himself"),
    "she": ("she", "her", "hers", "herself"),
    "they": ("they", "them", "their", "theirs", "themselves", "themself"),
}
# Words that deny, contractions with either apostrophe, and the commonest contractions written without one.
NEGATION = (
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|hardly|scarcely|barely)\b"
    r"|n['’]t\b|\b(?:ai|are|ca|could|did|do|does|had|has|have|is|should|was|were|wo|would)nt\b"
)
_LETTERS_OF_A_LABEL_WORD = 3


class Guards(Settings):
    """What a copy must keep of its parent. A number guard is off at the end of its range, a word guard at `false`."""

    unchanged: bool = Field(default=True, description="refuse a copy that differs in case and white space alone")
    min_similarity: float = Field(
        default=0.4, ge=0, le=1, description="least Jaccard similarity of character 3-grams with the parent"
    )
    max_similarity: float = Field(default=0.95, ge=0, le=1, description="greatest one")
    identity: bool = Field(default=True, description="the same groups of the recipe's term lists are mentioned")
    lexicons: tuple[str, ...] = Field(
        default=(), description="more term lists whose groups must stay: a lexicon's name or a path"
    )
    pronouns: bool = Field(
        default=True, description="the same of he, she and they (each with its forms) occur; English"
    )
    negations: bool = Field(default=True, description="as many words that deny as in the parent; English")
    label_words: bool = Field(default=True, description="the words of the row's label, where the text has them, stay")
    near_duplicate: float = Field(
        default=0.8, gt=0, le=1, description="refuse a copy this like a row that is not its parent, or a copy"
    )

    def lexicon_paths(self) -> tuple[Path, ...]:
        """Return the files of `lexicons`: shipped ones by name, others by path. Raises `UserError` with all that are missing."""
        found = {name: _lexicon_path(name) for name in self.lexicons}
        known = sorted(path.stem for path in LEXICONS.glob("*.txt"))
        missing = [name for name, path in found.items() if path is None]
        if missing:
            raise UserError(
                [
                    Mistake("guards.lexicons", f"there is no term list '{name}'", did_you_mean(name, known))
                    for name in missing
                ]
            )
        return tuple(path for path in found.values() if path is not None)

    @model_validator(mode="after")
    def _window(self) -> "Guards":
        if self.min_similarity > self.max_similarity:
            raise ValueError(
                f"min_similarity {self.min_similarity} is above max_similarity {self.max_similarity}; no copy could pass"
            )
        return self


class NoiseGuards(Guards):
    """The guards with a window for noise, which leaves most of the character 3-grams as they were."""

    min_similarity: float = Field(default=0.5, ge=0, le=1)
    max_similarity: float = Field(default=0.99, ge=0, le=1)


def judge(pairs: pl.DataFrame, guards: Guards, terms: Terms) -> pl.DataFrame:
    """Return the pairs with `reason`, `value` and `threshold` of the first guard that each fails; null where it passes all.

    `pairs` holds `before` and `after` (folded texts), `label` and `similarity` (see `similarity`). Guards are tried in the
    order of `_decisions`. The value is what was measured (a similarity, or a count of groups, negations or words).
    """
    measured = _measured(pairs, guards, terms)
    reason, value, threshold = (
        pl.lit(None, dtype=pl.String),
        pl.lit(None, dtype=pl.Float64),
        pl.lit(None, dtype=pl.Float64),
    )
    for code, failed, measure, limit in reversed(_decisions(guards)):
        reason = pl.when(failed).then(pl.lit(code)).otherwise(reason)
        value = pl.when(failed).then(measure.cast(pl.Float64)).otherwise(value)
        threshold = pl.when(failed).then(limit.cast(pl.Float64)).otherwise(threshold)
    return measured.select(*pairs.columns, reason=reason, value=value, threshold=threshold)


def _decisions(guards: Guards) -> list[tuple[str, pl.Expr, pl.Expr, pl.Expr]]:
    """Return, for each guard, its reason, whether a copy fails it, the measure and the limit, over `_measured`'s columns."""
    like, asked, found = pl.col("similarity"), pl.col("__asked"), pl.col("__found")
    lost, gained, words = pl.col("__lost"), pl.col("__gained"), pl.col("__words")
    nothing, zero = pl.lit(None, dtype=pl.Float64), pl.lit(0.0)
    unchanged = (pl.col("before") == pl.col("after")) & pl.lit(guards.unchanged)
    return [
        ("unchanged", unchanged, like, nothing),
        ("too_similar", like > guards.max_similarity, like, pl.lit(guards.max_similarity)),
        ("too_different", like < guards.min_similarity, like, pl.lit(guards.min_similarity)),
        ("lost_identity", lost > 0, lost, zero),
        ("gained_identity", gained > 0, gained, zero),
        ("lost_negation", found < asked, found, asked),
        ("gained_negation", found > asked, found, asked),
        ("lost_label_word", words > 0, words, zero),
    ]


def _measured(pairs: pl.DataFrame, guards: Guards, terms: Terms) -> pl.DataFrame:
    """Return the pairs with the counts that the guards decide by; a guard that is off counts nothing."""
    before, after, zero = pl.col("before"), pl.col("after"), pl.lit(0, dtype=pl.UInt32)
    lexicons = _lexicons(guards, terms)
    named = pairs.with_columns(
        mentions(text, lexicon).alias(f"__{side}_{place}")
        for place, lexicon in enumerate(lexicons)
        for side, text in (("before", before), ("after", after))
    )
    label_words = _missing_label_words(pairs["label"], before, after) if guards.label_words else []
    return named.with_columns(
        __lost=pl.sum_horizontal(
            zero, *(_missing(f"__before_{place}", f"__after_{place}") for place in range(len(lexicons)))
        ),
        __gained=pl.sum_horizontal(
            zero, *(_missing(f"__after_{place}", f"__before_{place}") for place in range(len(lexicons)))
        ),
        __asked=before.str.count_matches(NEGATION) if guards.negations else zero,
        __found=after.str.count_matches(NEGATION) if guards.negations else zero,
        __words=pl.sum_horizontal(zero, *label_words),
    )


def similarity(before: pl.Expr, after: pl.Expr) -> pl.Expr:
    """Return the Jaccard similarity of two folded texts on their character 3-grams, with a blank at both ends."""
    left, right = _three_grams(before), _three_grams(after)
    shared = left.list.set_intersection(right).list.len()
    return shared / (left.list.len() + right.list.len() - shared)


def _three_grams(text: pl.Expr) -> pl.Expr:
    padded = pl.concat_str(pl.lit(" "), text, pl.lit(" "))
    # runs of three from each of three starts are together all runs of three
    return pl.concat_list(padded.str.slice(start).str.extract_all(r"(?s)...") for start in range(3)).list.unique()


def _lexicons(guards: Guards, terms: Terms) -> list[Mapping[str, tuple[str, ...]]]:
    found = [
        *(terms.values() if guards.identity else ()),
        *(read_lexicon(path) for path in guards.lexicon_paths()),
    ]
    return [*found, PRONOUNS] if guards.pronouns else found


def _lexicon_path(name: str) -> Path | None:
    shipped = LEXICONS / f"{name}.txt"
    if name.isidentifier() and shipped.is_file():
        return shipped
    return Path(name) if Path(name).is_file() else None


def _missing(here: str, there: str) -> pl.Expr:
    """Return how many groups are in the list of one column and not in that of the other."""
    named = pl.col(here).list.set_difference(pl.lit([NONE_MENTIONED]))
    return named.list.set_difference(pl.col(there)).list.len()


def _missing_label_words(labels: pl.Series, before: pl.Expr, after: pl.Expr) -> list[pl.Expr]:
    """Return, for each word of each label, 1 where a row of that label had it in its text and the copy has not."""
    found = []
    for label in labels.drop_nulls().unique().sort().to_list():
        for word in sorted(set(re.findall(rf"[^\W\d_]{{{_LETTERS_OF_A_LABEL_WORD},}}", label.lower()))):
            pattern = terms_pattern((word,))
            lost = (pl.col("label") == label) & before.str.contains(pattern) & ~after.str.contains(pattern)
            found.append(lost.fill_null(value=False).cast(pl.UInt32))
    return found
