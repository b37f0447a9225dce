"""Steps of a user's own, a recipe that uses them, and the command line in their folder."""

import subprocess
import sys
from pathlib import Path

OWN = r'''
from typing import ClassVar, Literal

import polars as pl

from curate.steps.base import Context, Filter, OfText, Rewrite, Rule


class Shouting(OfText, Filter):
    """Drops texts with more than `max` capitals among the letters."""

    step: Literal["shouting"] = "shouting"
    thresholds: ClassVar[tuple[str, ...]] = ("max",)
    max: float = 0.5

    def rules(self, context: Context) -> tuple[Rule, ...]:
        capitals, letters = (context.text.str.count_matches(sign) for sign in (r"\p{Lu}", r"\p{L}"))
        share = pl.when(letters > 0).then(capitals / letters).otherwise(0.0)
        return (Rule("capitals", share, maximum=self.max, above="shouting"),)


class Dots(Rewrite):
    """Makes three dots one sign."""

    step: Literal["dots"] = "dots"

    def rewrite(self, text: pl.Expr) -> pl.Expr:
        return text.str.replace_all("...", "…", literal=True)
'''
RECIPE = """\
version: 1
name: own
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label}
steps: [{step: dots}, {step: shouting, max: 0.4}]
"""
CSV = "text,label\nquiet words...,a\nLOUD WORDS,b\nSome words,a\n"


def write(folder: Path) -> Path:
    """Write the steps, the recipe and its data into a folder, and return it."""
    (folder / "my_steps.py").write_text(OWN)
    (folder / "own.yaml").write_text(RECIPE)
    (folder / "a.csv").write_text(CSV)
    return folder


def fairlead(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "curate", *arguments], cwd=folder, capture_output=True, text=True)
