"""Which words stand out in the rows of which group, against the rows known to be outside it.

Every word of at least `MINIMUM_ROWS` rows is tested in every named group that is large enough. Words that define a group (the terms
of its list) are left out of that group: they stand out by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from audit.association import Together, log_odds, log_odds_interval, npmi, npmi_interval
from audit.evidence import Evidence
from audit.families import holm_of
from audit.intervals import Count
from audit.rates import Chance, Rate, counted
from audit.results import Measure, Selection
from audit.selecting import select
from audit.slugs import join, slug, slugs
from audit.word_table import WORD
from curate.groups import NONE_MENTIONED, UNKNOWN, TermGroup, group_column, read_lexicon, terms_pattern
from curate.recipe import Recipe
from curate.store import RunDirectory

MINIMUM_ROWS = 10
"""A word is shown only if that many rows of the group hold it, none of them a copy made by the run.

A rarer one may be a name, or tell what one row says, which a report without example rows must not do; offices of statistics hide
cells below 5 to 10 for the same reason. The normal approximation of z asks for about as many.
"""
SHOWN = 10
"""Words of a group that become measures: those with the largest z."""
LARGEST_VOCABULARY = 50_000
"""Words that are tested in a group, the commonest; many more would take memory, and each makes the correction for all stricter."""
FEW = "there are no such rows"

Lexicons = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Contrasts:
    """The words of an attribute's groups against the rest.

    `words` has a line for each group and word that stand together: `attribute`, `group`, `word`, the rows `inside` and `outside`
    that hold it, those of the group (`rows`) and of all (`all_rows`), and the different words of each row, summed over the rows
    of both sides (`words_inside`, `words_outside`). `tests` counts the tested pairs of group and word, also those never together,
    of which there are `vocabulary` words and `groups` groups; `known` rows were compared.
    """

    words: pl.DataFrame
    tests: int
    vocabulary: int
    groups: int
    known: int


def lexicons_of(run: RunDirectory, recipe: Recipe) -> Lexicons:
    """Return the term lists by which a run's mentions were found, by attribute."""
    listed = [attribute for attribute, group in recipe.groups.items() if isinstance(group, TermGroup)]
    return {attribute: read_lexicon(run.lexicon(attribute)) for attribute in listed}


def word_associations(evidence: Evidence, recipe: Recipe, lexicons: Lexicons, chance: Chance) -> list[Measure]:
    """Return for each group the words that stand out most, of those whose p-value keeps its limit after Holm's correction."""
    if not recipe.attributes or not recipe.task.text_columns:
        return []
    contrasts = {
        attribute: contrasts_of(evidence.table("words"), attribute, lexicons.get(attribute, {}), chance.minimum)
        for attribute in recipe.attributes
    }
    tests = sum(each.tests for each in contrasts.values())
    test = f"one-sided test of z; Holm over every word in every group ({tests:,} {'test' if tests == 1 else 'tests'})"
    found = standing_out([each.words for each in contrasts.values()], tests, 1 - chance.confidence)
    measures = [_compared(attribute, each) for attribute, each in contrasts.items()]
    for lines in found.partition_by("attribute", "group", maintain_order=True):
        attribute, group = lines.select("attribute", "group").row(0)
        start = join(("word", slug(attribute), slugs(evidence.groups("rows", attribute))[group]))
        for line, word in zip(lines.to_dicts(), slugs(tuple(lines["word"])).values(), strict=True):
            measures += _measures(f"{start}.{word}", line, test, chance)
    return measures


def _compared(attribute: str, contrasts: Contrasts) -> Measure:
    """Return how many rows were compared by their words, so that a reader knows of it where no word stands out."""
    return Measure(
        id=join(("word_rows", slug(attribute))),
        title=f"Rows whose words were compared, by {attribute}",
        metric="word_rows",
        attribute=attribute,
        value=float(contrasts.known),
        n=contrasts.known,
        numerator=contrasts.known,
        selection=Selection(table="words", equals={f"not_{group_column(attribute)}": UNKNOWN}),
        note=f"words of at least {MINIMUM_ROWS} rows: {contrasts.vocabulary:,}; groups large enough: {contrasts.groups:,}; "
        f"pairs tested: {contrasts.tests:,}",
    )


def contrasts_of(
    table: pl.DataFrame, attribute: str, lexicon: Mapping[str, tuple[str, ...]], minimum: int
) -> Contrasts:
    """Count every word of every named group with at least `minimum` rows; rows whose groups are unknown are on no side."""
    known = select(table, {f"not_{group_column(attribute)}": UNKNOWN}).select(
        pl.col(group_column(attribute)).alias("group"), "words", pl.col("words").list.len().cast(pl.Int64).alias("size")
    )
    named, large = ~pl.col("group").is_in([NONE_MENTIONED, UNKNOWN]), pl.col("rows").is_between(minimum, len(known) - 1)
    members = known.lazy().explode("group", empty_as_null=False).filter(named)
    sizes = members.group_by("group").agg(
        pl.len().cast(pl.Int64).alias("rows"), pl.col("size").sum().alias("words_inside")
    )
    groups, vocabulary = sizes.filter(large).sort("group").collect(), _vocabulary(known)
    inside = (
        members.join(groups.lazy(), on="group", how="semi")
        .select("group", "words")
        .explode("words", empty_as_null=False)
        .group_by("group", "words")
        .agg(pl.len().cast(pl.Int64).alias("inside"))
        .collect()
    )
    left_out = _defining(vocabulary, {group: lexicon[group] for group in groups["group"] if group in lexicon})
    words = (
        inside.join(vocabulary, on="words")
        .join(groups, on="group")
        .join(left_out, on=["group", "word"], how="anti")
        .with_columns(
            (pl.col("total") - pl.col("inside")).alias("outside"),
            (known["size"].sum() - pl.col("words_inside")).alias("words_outside"),
            pl.lit(len(known), dtype=pl.Int64).alias("all_rows"),
            pl.lit(attribute).alias("attribute"),
        )
        .drop("words", "total")
    )
    tests = len(groups) * len(vocabulary) - len(left_out)
    return Contrasts(words.sort("group", "word"), tests, len(vocabulary), len(groups), len(known))


def _vocabulary(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the words to test, and how many rows hold each."""
    counted_words = (
        rows.lazy()
        .select(pl.col("words").explode(empty_as_null=False))
        .group_by("words")
        .agg(pl.len().cast(pl.Int64).alias("total"))
        .filter(pl.col("total") >= MINIMUM_ROWS)
        .with_columns(pl.col("words").cast(pl.String).alias("word"))
    )
    return counted_words.sort("total", "word", descending=[True, False]).head(LARGEST_VOCABULARY).collect()


def _defining(vocabulary: pl.DataFrame, lexicon: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return the pairs of a group and a word of one of its terms; of a term of several words, each of them."""
    pairs = [pl.DataFrame(schema={"group": pl.String, "word": pl.String})]
    for group, terms in lexicon.items():
        pattern = terms_pattern(defining_words(terms))
        pairs.append(
            vocabulary.filter(pl.col("word").str.contains(pattern)).select(pl.lit(group).alias("group"), "word")
        )
    return pl.concat(pairs)


def defining_words(terms: Sequence[str]) -> tuple[str, ...]:
    """Return the words of terms; a final `*` stays with the word before it."""
    parts = pl.Series(terms, dtype=pl.String).str.to_lowercase().str.extract_all(WORD).to_list()
    opened = [
        [*words[:-1], f"{words[-1]}*"] if term.endswith("*") and words else words
        for term, words in zip(terms, parts, strict=True)
    ]
    return tuple(dict.fromkeys(word for words in opened for word in words))


def standing_out(words: Sequence[pl.DataFrame], tests: int, limit: float) -> pl.DataFrame:
    """Return the words of each group with the largest z: on at least `MINIMUM_ROWS` of its rows, and p-value after Holm ≤ `limit`.

    Added are `value` (the log-odds ratio), its `error`, `z`, `p_value` and `p_adjusted`; a group's words begin with the largest z.
    """
    every = pl.concat(words)
    odds = log_odds(*(every[column].to_numpy() for column in ("inside", "outside", "words_inside", "words_outside")))
    p_values = odds.p_value
    judged = every.with_columns(
        value=odds.value, error=odds.error, z=odds.z, p_value=p_values, p_adjusted=holm_of(p_values, tests)
    )
    kept = judged.filter(pl.col("inside") >= MINIMUM_ROWS, pl.col("p_adjusted") <= limit, pl.col("z") > 0)
    ranked = kept.with_columns(place=pl.int_range(pl.len())).sort("z", "word", descending=[True, False])
    first = pl.col("place").min().over("attribute", "group")
    return ranked.group_by("attribute", "group", maintain_order=True).head(SHOWN).sort(first, maintain_order=True)


def _measures(name: str, line: Mapping[str, Any], test: str, chance: Chance) -> list[Measure]:
    """Return a word's log-odds ratio, its share of the group's rows and of the rest, and its nPMI with the group."""
    attribute, group, word = line["attribute"], line["group"], line["word"]
    column, whose = group_column(attribute), {"attribute": attribute, "group": group}
    ratio = Measure(
        id=name,
        title=f"How much the word “{word}” stands out in {attribute} {group} (log-odds ratio)",
        metric="log_odds",
        value=line["value"],
        n=line["all_rows"],
        numerator=line["inside"],
        interval=log_odds_interval(line["value"], line["error"], chance.confidence),
        p_value=line["p_value"],
        p_adjusted=line["p_adjusted"],
        test=test,
        selection=Selection(table="words", equals={f"not_{group_column(attribute)}": UNKNOWN}),
        hits={column: group, "words": word},
        **whose,
    )
    together = Together(line["inside"], line["rows"], line["inside"] + line["outside"], line["all_rows"])
    pair = f"{name}.npmi"
    mutual = ratio.model_copy(
        update={
            "id": pair,
            "title": f"How much more often than by chance the word “{word}” and {attribute} {group} go together (nPMI)",
            "metric": "npmi",
            "value": npmi(together),
            "interval": npmi_interval(together, chance.draws(pair)),
            "p_value": None,
            "p_adjusted": None,
            "test": "",
        }
    )
    return [ratio, *_shares(name, line, chance), mutual]


def _shares(name: str, line: Mapping[str, Any], chance: Chance) -> list[Measure]:
    """Return a word's share of the group's rows and of the rest."""
    attribute, group, word = line["attribute"], line["group"], line["word"]
    column, whose = group_column(attribute), {"attribute": attribute, "group": group}
    share = Rate((), "word_share", f"Rows with the word “{word}”, {attribute}", "words", {"words": word}, FEW)
    mine = counted(
        share, (f"{name}.share", f"{share.title}: {group}"), Count(line["inside"], line["rows"]), {column: group},
        chance.confidence, **whose,
    )  # fmt: skip
    others = counted(
        share, (f"{name}.rest", f"{share.title}: all but {group}"), Count(line["outside"], line["all_rows"] - line["rows"]),
        {f"not_{column}": group}, chance.confidence, compare="rest", **whose,
    )  # fmt: skip
    return [mine, others]
