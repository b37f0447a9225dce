"""Rows that hold an evaluation file's questions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.errors import Mistake, UserError
from curate.evaluation_files import evaluation_source, evaluation_texts, load_index
from curate.kernels import KERNELS
from curate.overlap import Index, best_matches
from curate.steps.base import Context, Filter, OfText, Rule

_TYPE = pl.Struct({"share": pl.Float64, "found": pl.String})


class Decontaminate(OfText, Filter):
    """Drops a row that holds more than `max` of the words of one text of the evaluation files `against`.

    A word is held if it stands in a run of `size` words that both texts have, case, punctuation and line breaks apart (what
    is a word: `curate/overlap.py`). The share is of one evaluation text by one row, so that text around a question does not
    thin it; it counts words and not n-grams, as Tülu 3 (Lambert et al. 2024, section 3.2) does, so that a changed word costs
    itself and the words between it and a near end. More than 80 % is what Llama 2 (Touvron et al. 2023, appendix A.6) calls dirty.
    Peers take runs of 8 words (Tülu 3, with 50 %; PaLM, Chowdhery et al. 2022, section 8, with 70 % of the runs) to 13 (GPT-3,
    Brown et al. 2020, appendix C, one run). With runs of 4 and 80 % a text of more than 20 words is found whichever word of it is
    changed, and a question of the same pattern with other names and numbers is another question, which it is not to the peers'
    rules (`tests/benchmarks/decontamination.py` measures all four; `size: 8, max: 0.5` is Tülu 3's).
    A text of fewer than twice `size` words is found as a whole alone; one of fewer than `shortest` is left out, for it may
    stand anywhere by chance. Each column of an evaluation row is a text of its own; of copies the first is named.
    """

    step: Literal["decontaminate"] = "decontaminate"
    thresholds: ClassVar[tuple[str, ...]] = ("max", "action")
    packages: ClassVar[tuple[str, ...]] = KERNELS
    against: tuple[str, ...] = Field(min_length=1, description="evaluation files, in any format of sources")
    question_columns: tuple[str, ...] = Field(
        default=(), description="the columns of the evaluation files to look for; all that hold text if left out"
    )
    size: int = Field(default=4, ge=2, le=50, description="words in a run that counts")
    shortest: int = Field(default=5, ge=1, description="words of the shortest evaluation text that is looked for")
    max: float = Field(default=0.8, ge=0, le=1)
    action: Literal["drop", "report"] = Field(default="drop", description="report: named in the ledger, the row stays")

    @field_validator("against")
    @classmethod
    def _readable(cls, against: tuple[str, ...]) -> tuple[str, ...]:
        for file in against:
            evaluation_source(file)
            if against.count(file) > 1:
                raise ValueError(f"names '{file}' twice; name each file once")
        return against

    @property
    def only_notes(self) -> bool:
        """Whether rows are named in the ledger and stay."""
        return self.action == "report"

    def files(self) -> tuple[str, ...]:
        """Return the evaluation files."""
        return self.against

    def file_mistakes(self, files: Mapping[str, Path]) -> Sequence[Mistake]:
        """Return what is wrong with the evaluation files: broken lines, missing columns, nothing to look for."""
        try:
            evaluation_texts(list(files.items()), self.question_columns, self.shortest)
        except UserError as error:
            return error.mistakes
        return ()

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the largest share of an evaluation text; 0 for a row that shares no run of words."""
        files = tuple((file, context.files[file]) for file in self.against)

        def look(texts: pl.Series) -> pl.Series:
            names, index = self._index(files)
            matches = best_matches(texts, index)
            best = pl.Series(matches.best)
            return pl.DataFrame({"share": matches.share, "found": names.gather(best.set(best < 0, None))}).to_struct()

        looked = context.text.map_batches(look, return_dtype=_TYPE, is_elementwise=True)
        return (
            Rule("evaluation_share", looked, maximum=self.max, above="contaminated", detail="found", field="share"),
        )

    def _index(self, files: Sequence[tuple[str, Path]]) -> tuple[pl.Series, Index]:
        stamped = tuple((file, path, f"{(state := path.stat()).st_size} {state.st_mtime_ns}") for file, path in files)
        return load_index(stamped, self.question_columns, self.size, self.shortest)
