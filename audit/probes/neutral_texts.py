"""Neutral texts: how many bits a byte of them costs each model, and how far the tuned model's next words are from the base's.

Bits per byte are −Σ log-likelihood / ln 2 / Σ UTF-8 bytes over all texts, which models of any tokenizer can be compared by. The
divergence is a mean over all tokens of the texts, in nats: at every position the whole distributions of both models over the
vocabulary are compared. KL(base ‖ tuned) asks how badly the tuned model predicts what the base would have written. The base is
what is to be kept, so it is the reference; the other direction stands beside it. The texts are drawn again for every interval.
Source: Kullback and Leibler 1951, On information and sufficiency.
"""

import math

import polars as pl

from audit import metrics, resampling
from audit.changes import change_of, with_detectable
from audit.evidence import Evidence
from audit.model_rates import named
from audit.probes.sentences import share, with_change
from audit.probes.tables import Said, table_name
from audit.rates import Chance
from audit.resampling import Floats
from audit.results import Measure, Model, Selection
from curate.probes.neutral_texts import NeutralTexts

DIVERGENCES = ("kl_to_base", "kl_from_base")
TITLES = {
    "neutral_bits_per_byte": "Bits per byte of neutral texts",
    "kl_to_base": "KL(base ‖ tuned) per token of neutral texts",
    "kl_from_base": "KL(tuned ‖ base) per token of neutral texts",
}
NATS = "divergences are in nats per token, over the whole vocabulary; 0 means the same next words"
UNIT = "text"


def table(probe: NeutralTexts, items: pl.DataFrame, said: Said) -> pl.DataFrame:
    """Return a line a text: its `bytes`, and of each model its `log_likelihood`, `tokens` and, of the tuned one, divergences."""
    told = items.sort("item")
    for model, answers in said.items():
        numbers = answers.drop("choice").rename(lambda name, model=model: name if name == "item" else f"{model}_{name}")  # type: ignore[misc]
        scored = pl.col(f"{model}_tokens").is_not_null().alias(f"{model}_scored")
        joined = told.join(numbers, on="item", how="left", validate="1:1", maintain_order="left")
        told = joined.with_columns(scored)
    return told.select(
        pl.concat_str(pl.lit(f"{probe.name}/"), "name").alias("row_name"),
        "bytes",
        pl.selectors.starts_with(*(f"{model}_" for model in said)),
    )


def measures(evidence: Evidence, probe: NeutralTexts, model: Model, chance: Chance) -> list[Measure]:
    """Return bits per byte of a model and, of the tuned one, how far it is from the base."""
    held = [name for name in DIVERGENCES if f"{model}_{name}" in evidence.tables[table_name(probe)].columns]
    return [_measure(evidence, probe, model, metric, chance) for metric in ("neutral_bits_per_byte", *held)]


def _measure(evidence: Evidence, probe: NeutralTexts, model: Model, metric: str, chance: Chance) -> Measure:
    selection = Selection(table=table_name(probe), equals={f"{model}_scored": True})
    rows = evidence.select(selection)
    bare = Measure(
        id=f"{model}.{metric}",
        title=f"{TITLES[metric]}, {named(model)}",
        metric=metric,
        model=model,
        n=len(rows),
        selection=selection,
        undefined="" if len(rows) else "no text was scored",
    )
    value = metrics.value_of(bare, rows)
    if value is None:
        return bare
    numbers, draws = columns(rows, model, metric), chance.draws(bare.id)
    interval = resampling.bootstrap_rows(numbers, share, draws, f"bootstrap over {UNIT}s")
    note = NATS if metric in DIVERGENCES else _size(rows, model)
    return bare.model_copy(update={"value": value, "interval": interval, "note": note})


def _size(rows: pl.DataFrame, model: Model) -> str:
    return f"{rows['bytes'].sum():,} bytes, {rows[f'{model}_tokens'].sum():,} tokens of the {named(model)}"


def columns(rows: pl.DataFrame, model: Model, metric: str) -> Floats:
    """Return for every text the number that is summed, and what its sum is divided by (texts × 2)."""
    top, bottom = pl.col(f"{model}_{metric}"), pl.col(f"{model}_tokens")
    if metric == "neutral_bits_per_byte":
        top, bottom = -pl.col(f"{model}_log_likelihood") / math.log(2), pl.col("bytes")
    return rows.select(top.cast(pl.Float64).alias("top"), bottom.cast(pl.Float64).alias("bottom")).to_numpy()


def changes(evidence: Evidence, probe: NeutralTexts, base: Measure, tuned: Measure, chance: Chance) -> list[Measure]:
    """Return the change of bits per byte over the texts that both models scored."""
    rows = evidence.select(Selection(table=table_name(probe), equals={"base_scored": True, "tuned_scored": True}))
    before, after = (columns(rows, model, "neutral_bits_per_byte") for model in ("base", "tuned"))
    change = with_change(change_of(base, tuned), before, after, chance, UNIT)
    return [with_detectable(change)]
