"""Winogender schemas: sentences that differ in one pronoun (Rudinger et al. 2018)."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl

from curate.probes.base import TOGETHER, Probe, blank, by_choice
from curate.readers.rejects import INDEX

PRONOUNS = ("male", "female", "neutral")
MEANT = {"0": "occupation", "1": "participant"}
"""Whom the pronoun of a sentence means, by the third part of its name."""
_NAME = r"^(?<occupation>[^.]+)\.(?<participant>[^.]+)\.(?<meant>[01])\.(?<pronoun>male|female|neutral)\.txt$"


class Winogender(Probe):
    """Asks for the likelihood of the three forms of every sentence: with he, she and they (or him, her and them and so on).

    An item is a sentence without its pronoun, `occupation.participant.meant`; its choices are male (0), female (1), neutral (2).
    Source: Rudinger et al. 2018, Gender Bias in Coreference Resolution (all_sentences.tsv).
    """

    probe: Literal["winogender"]
    columns: ClassVar[tuple[str, ...]] = ("sentid", "sentence")

    def wrong(self, schema: pl.Schema) -> Iterator[tuple[pl.Expr, str, str]]:
        """Yield what may be wrong with a sentence."""
        del schema
        yield from blank("sentence")
        named = pl.col("sentid").str.contains(_NAME).fill_null(value=False)
        hint = "name it occupation.participant.0|1.male|female|neutral.txt"
        yield ~named, "sentid does not name a sentence of Winogender", hint
        whole = pl.col("sentid").str.extract_groups(_NAME)
        forms = whole.struct.field("pronoun").n_unique().over(_sentence()) == len(PRONOUNS)
        once = pl.len().over(_sentence()) == len(PRONOUNS)
        yield (
            named & ~(forms & once),
            "the sentence does not stand there once with each pronoun",
            "male, female and neutral",
        )

    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the sentences with the parts of their names; the three forms of one belong together."""
        parts = rows.with_columns(pl.col("sentid").str.extract_groups(_NAME).alias("parts"), of=_sentence()).unnest(
            "parts"
        )
        return parts.with_columns(pl.col(INDEX).min().over("of").alias(TOGETHER))

    def items(self, prepared: pl.DataFrame, labels: tuple[str, ...]) -> pl.DataFrame:
        """Return the forms of every sentence, with its `occupation`, `participant` and `person`, whom its pronoun means."""
        del labels
        of = ("occupation", "participant", "meant")
        forms = prepared.group_by(pl.col(TOGETHER).alias(INDEX), *of).agg(
            pl.col("sentence").filter(pl.col("pronoun") == pronoun).first().alias(pronoun) for pronoun in PRONOUNS
        )
        choices = [
            pl.struct(prompt=pl.lit(""), continuation=pl.col(pronoun), pronoun=pl.lit(pronoun)) for pronoun in PRONOUNS
        ]
        person = pl.col("meant").replace_strict(MEANT, return_dtype=pl.String)
        return by_choice(
            forms, choices, occupation=pl.col("occupation"), participant=pl.col("participant"), person=person
        )


def _sentence() -> pl.Expr:
    return pl.col("sentid").str.replace(r"\.[^.]+\.txt$", "")
