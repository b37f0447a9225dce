"""Share of letters in a text."""

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from curate.kernels import KERNELS
from curate.kernels.text import Encoded, measured
from curate.kernels.units import count_letters
from curate.steps.base import Context, Filter, OfText, Rule


class LetterShare(OfText, Filter):
    r"""Keeps texts whose share of letters (Unicode `\p{L}`) among characters that are not white space is at least `min`."""

    step: Literal["letter_share"] = "letter_share"
    packages: ClassVar[tuple[str, ...]] = KERNELS
    thresholds: ClassVar[tuple[str, ...]] = ("min",)
    min: float = Field(default=0.5, ge=0, le=1)

    def rules(self, context: Context) -> tuple[Rule, ...]:
        """Return the rule on the share; 0 for a text without any visible character."""
        return (Rule("letter_share", measured(context.text, _share), minimum=self.min, below="few_letters"),)


def _share(texts: Encoded) -> npt.NDArray[np.float64]:
    letters, visible = count_letters(texts)
    return letters / np.maximum(visible, 1)
