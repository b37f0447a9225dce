"""How healthy what a model wrote by itself is: whether it ended, how long it is, how much it repeats itself.

Repetition is seq-rep-4 of Welleck et al. 2020 (Neural Text Generation with Unlikelihood Training, section 6.1): 1 − the share of
distinct ones among a text's 4-grams, here of words (runs without white space) and the mean over texts that have four of them.
"""

import polars as pl

from audit.evidence import Evidence
from audit.model_rates import named
from audit.quotients import TITLES, quotient_measures
from audit.rates import Chance, Equals, Rate, overall
from audit.results import Measure, Model

SIZE = 4
SEPARATOR = " "
"""Stands between the words of a 4-gram; no word holds it."""


def generation_columns(answers: pl.DataFrame, text: str, model: str) -> list[pl.Expr]:
    """Return, for a file of predictions, what its written texts (in the column `text`) show; null where nothing was written.

    `<model>_repetition` is null also of a text of fewer than four words, and `<model>_repeatable` then false.
    """
    words = pl.col(text).str.extract_all(r"\S+")
    shifted = [pl.element().shift(-place) for place in range(SIZE)]
    runs = words.list.eval(pl.concat_str(shifted, separator=SEPARATOR).drop_nulls())
    repeatable = runs.list.len() > 0
    found = [
        repeatable.alias(f"{model}_repeatable"),
        pl.when(repeatable).then(1 - runs.list.n_unique() / runs.list.len()).alias(f"{model}_repetition"),
    ]
    stated = {"written_tokens": pl.Float64, "ended": pl.Boolean}
    return [
        *found,
        *(pl.col(name).cast(kind).alias(f"{model}_{name}") for name, kind in stated.items() if name in answers.columns),
    ]


def generation_measures(evidence: Evidence, model: Model, chance: Chance) -> list[Measure]:
    """Return the share of texts that ended by the model's own end token, their mean length in tokens, and their repetition."""
    columns = evidence.tables["predictions"].columns
    if f"{model}_ended" not in columns:
        return []
    rate = Rate(
        (model, "ended"),
        "ended",
        f"{TITLES['ended']}, {named(model)}",
        "predictions",
        {f"{model}_ended": True},
        "the model wrote nothing",
        Equals({f"{model}_wrote": True}),
        model=model,
    )
    means = [quotient_measures(evidence, metric, model, (), chance) for metric in ("written_tokens", "repetition")]
    return [overall(evidence, rate, chance), *(measure for found in means for measure in found)]
