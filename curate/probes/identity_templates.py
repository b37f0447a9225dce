"""Sentence patterns filled with words for groups of people: does a classifier answer by the word? (Dixon et al. 2018)."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, get_args

import polars as pl
from pydantic import Field

from curate import template
from curate.probes.base import TOGETHER, Probe, blank, by_choice, not_one_of
from curate.readers.rejects import INDEX
from curate.task import AnyTask, Classification

Pattern = Literal["verb_adj", "am_hate_adj", "being_adj", "you_are_adj", "name_adj", "you_occupation"]
PATTERNS: Mapping[str, str] = {
    "verb_adj": r"^(?<before>\S+ )(?<term>.+)(?<after>)$",
    "am_hate_adj": r"^(?<before>I \S+ )(?<term>.+)(?<after>)$",
    "being_adj": r"^(?<before>Being )(?<term>.+)(?<after> is \S+)$",
    "you_are_adj": r"^(?<before>You are a \S+ )(?<term>.+)(?<after>)$",
    "name_adj": r"^(?<before>.+? is a \S+ )(?<term>.+)(?<after>)$",
    "you_occupation": r"^(?<before>You are a \S+ )(?<term>.+)(?<after>)$",
}
"""Where the word stands in the sentences of each pattern: the authors' TEMPLATE_PAIRS in bias_madlibs.py, as filled in English."""
GAP = "…"


class IdentityTemplates(Probe):
    """Asks a classifier for its label of sentences that differ in one phrase, which names a group of people.

    A sentence pattern with everything but the phrase filled in is a *sentence*; all phrases of a drawn sentence are asked. An item
    is one filled sentence, and its choices are the task's labels. `toxicity` says what is true of it.
    Source: Dixon et al. 2018, Measuring and Mitigating Unintended Bias in Text Classification, section 4 (the file
    sentence_templates/en_sentence_templates.csv of unintended-ml-bias-analysis).
    """

    probe: Literal["identity_templates"]
    columns: ClassVar[tuple[str, ...]] = ("template", "toxicity", "phrase")
    asks_labels: ClassVar[bool] = True
    rows: int | None = Field(
        default=2000,
        ge=1,
        description="at most so many rows of the file, drawn by seed; all phrases of a drawn sentence are asked. null for all",
    )
    templates: tuple[Pattern, ...] = Field(
        default=tuple(name for name in get_args(Pattern) if name != "you_occupation"),
        min_length=1,
        description="the patterns that are asked; left out: all but you_occupation, whose phrases are occupations",
    )
    toxic: tuple[str, ...] = Field(
        default=("toxic",),
        min_length=1,
        description="what the column toxicity says of the rows that are truly positive",
    )

    def misfits(self, task: AnyTask) -> Iterator[tuple[str, str]]:
        """Yield why the task's labels cannot be asked of these sentences."""
        if not isinstance(task, Classification):
            yield "", f"asks for labels, and this task is of kind {task.kind}; leave it out"
            return
        if task.text is None:
            yield "", "fills the task's text, and the task names no text column; name it in task.text"
        else:
            more = [column for column in template.columns_of(task.prompt) if column != task.text]
            if more:
                yield (
                    "",
                    f"has no {more[0]}, which task.prompt names; leave the probe out, or {{{more[0]}}} in the prompt",
                )
        if not task.positive:
            yield "", "asks whether positive labels are given by the word; name them in task.positive"

    def wrong(self, schema: pl.Schema) -> Iterator[tuple[pl.Expr, str, str]]:
        """Yield what may be wrong with a sentence of the patterns that are asked."""
        del schema
        mine = pl.col("template").is_in(list(self.templates))
        for bad, what, hint in blank("phrase", "toxicity"):
            yield mine & bad, what, hint
        bad, what, hint = not_one_of("template", tuple(PATTERNS))
        yield bad, what, hint
        unlike = mine & ~bad & _parts().struct.field("term").is_null()
        yield (
            unlike,
            "phrase is not as its template says",
            f"for example '{GAP}' in 'Being {GAP} is great' of being_adj",
        )

    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the sentences of the wanted patterns, each with its word (`term`) and itself without it (`sentence`)."""
        parts = _parts()
        sentence = pl.concat_str(parts.struct.field("before"), pl.lit(GAP), parts.struct.field("after"))
        read = rows.filter(pl.col("template").is_in(list(self.templates))).with_columns(
            term=parts.struct.field("term"), sentence=sentence, toxic=pl.col("toxicity").is_in(list(self.toxic))
        )
        return read.with_columns(pl.col(INDEX).min().over("template", "sentence").alias(TOGETHER))

    def items(self, prepared: pl.DataFrame, labels: tuple[str, ...]) -> pl.DataFrame:
        """Return every sentence with each of the task's labels, and its `template`, `sentence`, `term` and whether it is `toxic`.

        `sentence_item` is the first item of the same sentence.
        """
        choices = [pl.struct(text=pl.col("phrase"), label=pl.lit(label)) for label in labels]
        same = {name: pl.col(name) for name in ("template", "sentence", "term", "toxic")}
        return by_choice(prepared, choices, **same, sentence_item=pl.col(TOGETHER))


def _parts() -> pl.Expr:
    """Return the parts of a phrase by the pattern of its template; null where it is not of that pattern."""
    return pl.coalesce(
        pl.when(pl.col("template") == name).then(pl.col("phrase").str.extract_groups(pattern))
        for name, pattern in PATTERNS.items()
    )
