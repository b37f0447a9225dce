"""Steps that make a rewritten copy of some rows: which rows, the guards, and the notes. For training rows only."""

import hashlib
from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from curate.augment.guards import Guards, judge, similarity
from curate.errors import UserError
from curate.near_duplicates.buckets import Rows
from curate.near_duplicates.in_words import UNFINISHED
from curate.near_duplicates.search import Search, of_texts
from curate.near_duplicates.sketch import Sketching
from curate.normalise import folded
from curate.rows import draw, root_of
from curate.steps.base import Batch, Context, Outcome, no_notes
from curate.task import Kind


class Copying(Batch):
    """Adds one rewritten copy of each chosen row, with its parent's label and other columns, if it passes the guards.

    A row is chosen by its number and the seed alone. The note of an added row says who made it (`added_by_apertium`,
    `added_by_nlpaug`) with its similarity to the parent; a refused copy's says which guard it failed.
    """

    tasks: ClassVar[tuple[Kind, ...]] = ("classification", "instruction")
    share: float = Field(default=0.3, gt=0, le=1, description="share of the rows that are copied")
    guarded: bool = Field(default=True, description="false adds every copy, to see what the guards are for")
    guards: Guards = Guards()

    @abstractmethod
    def made_by(self) -> str:
        """Return the name of what makes the copies on this machine."""

    @abstractmethod
    def purpose(self) -> str:
        """Return the name under which chance is drawn, so that two steps choose rows independently."""

    @abstractmethod
    def rewrite(self, texts: pl.DataFrame, seed: int, tick: Callable[[int], None]) -> list[str]:
        """Return the new texts for a frame of `row`, `column`, `text`, none of them blank; ticks as in `work`."""

    def problems(self) -> tuple[str, ...]:
        """Return the term lists of the guards that are missing."""
        return problems_of(self.guards.lexicon_paths)

    def made_with(self) -> tuple[str, ...]:
        """Return the digests of the term lists that the guards name."""
        return tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in self.guards.lexicon_paths())

    def work(self, texts: int) -> int:
        """Return how many ticks the rewriting of some texts gives."""
        return texts

    def apply(self, rows: pl.DataFrame, context: Context) -> Outcome:
        """Return the rows and the accepted copies."""
        lot = draw(rows["row"], context.seed, self.purpose()) / 2.0**64
        chosen = rows.filter((lot < self.share) & context.text.str.contains(r"\S")).sort("row")
        if chosen.is_empty():
            context.tick(rows.height)
            return Outcome(rows, no_notes())
        copies = self._rewritten(chosen, context, rows.height)
        judged = self._judged(chosen, copies, rows, context)
        good = judged["reason"].is_null()
        added = copies.filter(good).with_columns(
            pl.col("row").alias("parent"), pl.lit(None, dtype=pl.Int64).alias("row")
        )
        made = judged.filter(good).select("row", reason=pl.lit(f"added_by_{self.made_by()}"), value="similarity")
        refused = judged.filter(~good).select("row", "reason", "value", "threshold", "other_row", "candidate")
        return Outcome(
            pl.concat([rows, added.select(rows.columns)]), pl.concat([no_notes(), made, refused], how="diagonal")
        )

    def _rewritten(self, chosen: pl.DataFrame, context: Context, rows: int) -> pl.DataFrame:
        """Return the chosen rows with every text column rewritten; blank and null texts stay as they are."""
        columns = list(context.text_columns)
        texts = pl.concat(chosen.select("row", column=pl.lit(column), text=pl.col(column)) for column in columns)
        texts = texts.filter(pl.col("text").str.contains(r"\S")).sort("row", maintain_order=True)
        new = self.rewrite(texts, context.seed, _scaled(context.tick, self.work(texts.height), rows))
        assert len(new) == texts.height
        done = texts.with_columns(text=pl.Series(new, dtype=pl.String))
        for column in columns:
            part = done.filter(pl.col("column") == column).select("row", __new="text")
            joined = chosen.join(part, on="row", how="left", maintain_order="left")
            chosen = joined.with_columns(pl.coalesce("__new", column).alias(column)).drop("__new")
        return chosen

    def _judged(
        self, parents: pl.DataFrame, copies: pl.DataFrame, rows: pl.DataFrame, context: Context
    ) -> pl.DataFrame:
        """Return `row` (the parent), `candidate`, `similarity`, and `reason`, `value`, `threshold`, `other_row` of a refusal."""
        before = parents.select(before=folded(context.text)).to_series()
        label = pl.col(context.label).cast(pl.String) if context.label else pl.lit(None, dtype=pl.String)
        pairs = copies.select("row", candidate=context.text, before=before, after=folded(context.text), label=label)
        pairs = pairs.with_columns(similarity=similarity(pl.col("before"), pl.col("after")))
        nothing = {"reason": pl.lit(None, dtype=pl.String), "value": pl.lit(None, dtype=pl.Float64)}
        unjudged = pairs.with_columns(**nothing, threshold=pl.lit(None, dtype=pl.Float64))
        judged = judge(pairs, self.guards, context.terms) if self.guarded else unjudged
        good, seen = judged.filter(pl.col("reason").is_null()), rows.select("row", text=context.text)
        known = pl.concat([seen, context.held_out])
        strangers = None if self.guarded else context.held_out["row"]  # a copy of a held-out row is refused in any case
        near = near_copies(good, known, self.guards.near_duplicate, context.seed, strangers)
        joined = judged.join(near, on="row", how="left", maintain_order="left")
        too_near = pl.col("other_row").is_not_null()
        return joined.with_columns(
            reason=pl.coalesce("refusal", "reason"),
            value=pl.when(too_near).then("near").otherwise("value"),
            threshold=pl.when(too_near).then(pl.lit(self.guards.near_duplicate)).otherwise("threshold"),
        )


def problems_of(find: Callable[[], object]) -> tuple[str, ...]:
    """Return the mistakes that `find` raises, each as `what; what to do`."""
    try:
        find()
    except UserError as error:
        return tuple(f"{mistake.what}; {mistake.hint}" for mistake in error.mistakes)
    return ()


def near_copies(
    copies: pl.DataFrame, rows: pl.DataFrame, threshold: float, seed: int, only: pl.Series | None = None
) -> pl.DataFrame:
    """Return `row` (the parent), `other_row`, `near`, `refusal` of the copies that are near-duplicates (as in the `minhash` step).

    `copies` holds `row` and `candidate`, `rows` holds `row` and `text`. A copy may be like its parent and like other copies
    of the row that its parent came from. Of two copies that are alike the later goes; `other_row` is then the other's parent.
    With `only`, likeness to these rows alone counts. A copy that so many rows share a band with that it could not be compared
    with all of them is there too, as `not_all_compared`: nothing is added that could not be looked at.
    """
    if only is not None:
        rows = rows.filter(pl.col("row").is_in(only.implode()))
    every = pl.concat([rows.select("row", "text"), copies.select("row", text="candidate")])
    search = Search(threshold=threshold, sketching=Sketching(seed=seed), recall=0.999)
    found, is_copy = of_texts(every["text"], search), np.arange(every.height) >= rows.height
    # in the order of rows, then copies; a family has one colour, and is not held against itself
    alike = (
        found.stars(colours=_families(every["row"]), fixed=rows.height)
        if only is None
        else found.matches(is_copy, ~is_copy)
    )
    gone = pl.DataFrame(
        {"row": every["row"][alike.later], "other_row": every["row"][alike.earlier], "near": alike.similarity}
    )
    unsure = every[alike.unfinished]
    refused = gone.with_columns(refusal=pl.lit("near_duplicate"))
    return pl.concat([refused, unsure.select("row", refusal=pl.lit(UNFINISHED))], how="diagonal").sort("row")


def _families(rows: pl.Series) -> Rows:
    """Return a number for each row, the same for the rows that were made of one row that was read."""
    families = rows.to_frame("row").select(root_of(pl.col("row")).rank("dense")).to_series()
    return families.to_numpy().astype(np.uint32)


def _scaled(tick: Callable[[int], None], work: int, rows: int) -> Callable[[int], None]:
    """Return a tick for `work` units that adds up to `rows` for the progress bar."""
    done = 0

    def advance(units: int) -> None:
        nonlocal done
        before, done = done, done + units
        tick(done * rows // work - before * rows // work)

    return advance
