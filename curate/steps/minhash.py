"""Near-duplicates, by MinHash and verified."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from curate import rows as row_numbers
from curate.errors import Mistake, UserError
from curate.index_part import PartRecord
from curate.kernels import KERNELS
from curate.near_duplicates.bands import MOST_PERMUTATIONS, RECALL, choose_bands, permutations_needed
from curate.near_duplicates.comparison import Pairs, no_pairs
from curate.near_duplicates.in_words import UNFINISHED
from curate.near_duplicates.index import INDEX, SEED, open_index
from curate.near_duplicates.older import Older, check_names, check_older, file_of, older_names, older_parts, open_older
from curate.near_duplicates.parts import Part, TextPart
from curate.near_duplicates.resolution import Merged
from curate.near_duplicates.search import Search, candidates
from curate.near_duplicates.shingles import Shingling, Unit
from curate.near_duplicates.sketch import Sketching
from curate.steps.base import Choice, Context, OfText, Select
from curate.steps.keeping import Keeping

NEAR, CHAINED, OLDER = "near_duplicate", "chained_near_duplicate", "near_duplicate_of_older"


class Minhash(OfText, Keeping, Select):
    """Drops a row whose shingles have a Jaccard similarity of at least `threshold` with an earlier row that stays.

    Earlier is what `keep` ranks before it: without it the first row read stays, with `keep: [longest]` the longest.

    MinHash (Broder 1997) finds candidates: a pair at the threshold with a probability of `recall` or more, and surely more above.
    Every merge is verified by the true Jaccard similarity, which the ledger holds with the surviving row. With `clusters: star`
    no row goes for being like a row that goes. With `clusters: connected` of all rows that a chain of similar pairs joins one
    stays; a row that is not like that one itself goes as `chained_near_duplicate`, and the ledger names the link.
    Texts shorter than the shingle match only texts of the same words.

    `against` names older files of rows, and folders of indexes (`fairlead index`): a row that is like an older row goes first, as
    `near_duplicate_of_older`, and the ledger names the older row.

    Time is linear in the rows. Many thousands of texts of one form, of which few are alike, are more pairs than are compared:
    a row that stays without having been compared with all that it shares a band with is noted as `not_all_compared`.
    """

    step: Literal["minhash"] = "minhash"
    version: ClassVar[int] = 6
    packages: ClassVar[tuple[str, ...]] = KERNELS
    files_alone: ClassVar[bool] = True
    threshold: float = Field(default=0.8, ge=0.01, le=1)
    unit: Unit = Field(default="words", description="what a shingle is made of")
    shingle: int = Field(default=3, ge=1, le=50, description="words (or characters) in a shingle")
    clusters: Literal["star", "connected"] = "star"
    recall: float = Field(
        default=RECALL,
        ge=0.01,
        le=0.9999,
        description="the share of pairs at the threshold that is found; chooses the bands",
    )
    permutations: int = Field(default=128, ge=16, le=MOST_PERMUTATIONS)
    against: tuple[str, ...] = Field(default=(), description="older files of rows, or folders of indexes")
    against_columns: tuple[str, ...] = Field(
        default=(), description="the columns that hold the text of the older files, joined by a newline"
    )

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        try:
            choose_bands(self.threshold, self.permutations, self.recall)
        except ValueError as error:
            needed = permutations_needed(self.threshold, self.recall)
            hint = f"write permutations: {needed} or more" if needed else "raise the threshold or lower recall"
            raise ValueError(f"{error}; {hint}") from None
        check_names(self.against, self.against_columns)
        return self

    def files(self) -> tuple[str, ...]:
        """Return the older files; of an index the one that names the others with their digests."""
        return tuple(map(file_of, self.against))

    def how_made(self, file: str, folder: Path) -> str:
        """Return how an index is made where the recipe looks for it."""
        path = folder / file
        return f"make the index: fairlead index add {path.parent} DATA" if path.name == INDEX else ""

    def index_parts(self, file: str, path: Path) -> tuple[PartRecord, ...]:
        """Return the parts of an index."""
        return open_index(path.parent).record.parts if PurePath(file).name == INDEX else ()

    def file_mistakes(self, files: Mapping[str, Path]) -> Sequence[Mistake]:
        """Return what is wrong with the older files: broken lines, missing columns, an index of other settings."""
        try:
            self._older(files)
        except UserError as error:
            return error.mistakes
        return ()

    def _older(self, files: Mapping[str, Path]) -> list[Older]:
        return open_older(self.against, files, self.against_columns, self.search(SEED).sketching)

    def search(self, seed: int) -> Search:
        """Return what is looked for."""
        shingling = Shingling(self.unit, self.shingle)
        sketching = Sketching(shingling=shingling, permutations=self.permutations, seed=seed)
        return Search(threshold=self.threshold, sketching=sketching, recall=self.recall)

    def facts(self, context: Context) -> Mapping[str, pl.Expr]:
        """Return by what copies are ranked; the texts are read when they are compared."""
        return self.ranks(context)

    def choose(self, facts: pl.DataFrame, context: Context) -> Choice:
        """Return the rows that are like an older row, and those that are like a row that stays and is ranked before them."""
        older = self._older(context.files) if self.against else []
        search, before = self.search(SEED if older else context.seed), sum(map(len, older))
        place = self.by_rank(facts)["place"]
        order = None if place.is_sorted() else place.to_numpy().astype(np.uint32)

        def parts() -> Iterator[Part]:
            yield from older_parts(older, search.sketching)
            yield from (TextPart(texts, search.sketching) for texts in context.texts())

        height = before + facts.height
        with candidates(parts, height, search, older=before, folder=context.scratch, tick=context.tick) as found:
            is_new = np.arange(height) >= before
            seen = found.matches(is_new, ~is_new) if before else no_pairs()
            was_seen = np.zeros(height, dtype=np.bool_)
            was_seen[seen.later] = True
            newer = found.after(before).without(was_seen[before:])
            gone = newer.stars(order) if self.clusters == "star" else newer.connected(order)
        check_older(older)
        lines = self._stars(gone, facts) if isinstance(gone, Pairs) else self._connected(gone, facts, context)
        dropped = pl.concat([self._seen(seen, older, facts), lines])
        unfinished = np.unique(np.append(seen.unfinished - np.uint32(before), gone.unfinished))
        return Choice(dropped, noted=_noted(facts["row"][unfinished], dropped["row"]))

    def _seen(self, seen: Pairs, older: Sequence[Older], facts: pl.DataFrame) -> pl.DataFrame:
        """Return the lines of rows that are like an older row."""
        return facts[seen.later - sum(map(len, older))].select(
            "row",
            reason=pl.lit(OLDER),
            value=pl.Series(seen.similarity),
            threshold=pl.lit(self.threshold),
            other_row=pl.lit(None, dtype=pl.Int64),
            detail=older_names(self.against, older, seen.earlier),
        )

    def _stars(self, gone: Pairs, facts: pl.DataFrame) -> pl.DataFrame:
        """Return the lines of rows that are like a row that stays."""
        copies, survivors = facts[gone.later], facts[gone.earlier]
        return copies.select(
            "row",
            reason=pl.lit(NEAR),
            value=pl.Series(gone.similarity),
            threshold=pl.lit(self.threshold),
            other_row=survivors["row"],
            detail=self.why(copies, survivors),
        )

    def _connected(self, gone: Merged, facts: pl.DataFrame, context: Context) -> pl.DataFrame:
        """Return the lines of rows that are not the first of their component."""
        copies, survivors, links = (facts[rows] for rows in (gone.row, gone.first, gone.link))
        chained = gone.similarity < self.threshold
        link = pl.DataFrame(
            {"name": links.select(row_numbers.names(pl.col("row"), context.sources)), "value": gone.link_similarity}
        )
        through = link.select(pl.format("through {} at {}", "name", pl.col("value").round(4))).to_series()
        return copies.select(
            "row",
            reason=pl.Series(np.where(chained, CHAINED, NEAR)),
            value=pl.Series(gone.similarity),
            threshold=pl.lit(self.threshold),
            other_row=survivors["row"],
            detail=pl.select(
                pl.when(pl.Series(chained)).then(through).otherwise(self.why(copies, survivors))
            ).to_series(),
        )


def _noted(unfinished: pl.Series, gone: pl.Series) -> pl.DataFrame:
    """Return the notes of rows that stay and were not compared with all rows with which they share a band."""
    rows = unfinished.filter(~unfinished.is_in(gone.implode())).to_frame()
    return rows.select("row", reason=pl.lit(UNFINISHED))
