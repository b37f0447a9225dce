"""How well a model writes: the loss of the wanted answer, and exact match, BLEU, ROUGE-L and chrF of what it wrote.

The loss stands per token, and in bits per byte: nats / ln 2 / bytes of UTF-8, over all rows together, so that models with other
tokens compare; the end token counts in it and has no bytes. BLEU is that of all rows together (see `bleu.py`). ROUGE-L is the
F-measure of the longest common subsequence (rouge-score, with stemming off), chrF that of character n-grams (sacrebleu's sentence
score, 0 to 100); both are means over rows.
"""

from collections.abc import Sequence

import polars as pl

from audit.bleu import bleu_counts
from audit.evidence import Evidence
from audit.families import holm_apart
from audit.generation import generation_columns
from audit.group_rates import group_measures
from audit.model_rates import named
from audit.quotients import quotient_measures
from audit.rates import Chance, Equals, Rate, overall
from audit.results import Measure, Model
from curate.audit_settings import INSTRUCTION_METRICS
from curate.task import Chat, Classification, Instruction


def text_table(
    rows: pl.DataFrame, answers: pl.DataFrame, model: str, task: Classification | Instruction | Chat
) -> pl.DataFrame:
    """Return one line a row: loss, tokens, and where the model wrote an answer what that is worth."""
    wanted = rows.select("row", wanted_text(task).fill_null("").str.strip_chars().alias("wanted"))
    written = pl.col("answer").cast(pl.String).str.strip_chars()
    joined = wanted.join(answers.with_columns(written), on="row", how="left", maintain_order="left")
    texts = (joined["wanted"].to_list(), joined["answer"].to_list())
    scores = _scores(*texts)
    counted = [name for name in ("loss", "tokens", "bytes") if name in answers.columns]
    return joined.select(
        "row",
        *(pl.col(name).alias(f"{model}_{name}") for name in counted),
        bleu_counts(*texts).alias(f"{model}_bleu"),
        *generation_columns(answers, "answer", model),
        pl.col("answer").alias(f"{model}_answer"),
        (pl.col("tokens") > 0).alias(f"{model}_scored"),
        pl.col("answer").is_not_null().alias(f"{model}_wrote"),
        (pl.col("answer") == pl.col("wanted")).alias(f"{model}_exact"),
        *(pl.Series(f"{model}_{name}", values, dtype=pl.Float64) for name, values in scores.items()),
    )


def wanted_text(task: Classification | Instruction | Chat) -> pl.Expr:
    """Return the text that the model was to write: the completion, or the assistant's last turn."""
    if isinstance(task, Instruction):
        return pl.col(task.completion).cast(pl.String)
    assert isinstance(task, Chat)
    spoken = pl.col(task.messages).list.eval(
        pl.when(pl.element().struct.field("role") == "assistant").then(pl.element().struct.field("content")),
    )
    return spoken.list.drop_nulls().list.last()


def _scores(wanted: list[str], written: list[str | None]) -> dict[str, list[float | None]]:
    """Score each pair of texts; the two libraries take one pair at a time, so this is a loop."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import CHRF

    rouge, chrf = RougeScorer(["rougeL"], use_stemmer=False), CHRF()
    pairs = list(zip(wanted, written, strict=True))
    return {
        "rouge_l": [
            None if text is None else rouge.score(reference, text)["rougeL"].fmeasure for reference, text in pairs
        ],
        "chrf": [None if text is None else chrf.sentence_score(text, [reference]).score for reference, text in pairs],
    }


def text_measures(
    evidence: Evidence, model: Model, attributes: Sequence[str], asked: tuple[str, ...], chance: Chance
) -> list[Measure]:
    """Return what is asked of one model, overall and by group: its loss, and the worth of what it wrote."""
    wrote = Equals({f"{model}_wrote": True})
    exact = Rate(
        (model, "exact_match"),
        "exact_match",
        f"Exact match, {named(model)}",
        "predictions",
        {f"{model}_exact": True},
        "the model wrote nothing",
        wrote,
        model=model,
    )
    measures = []
    measured = evidence.tables["predictions"].columns
    known = [name for name in INSTRUCTION_METRICS if name != "bits_per_byte" or f"{model}_bytes" in measured]
    for metric in [metric for metric in known if metric in asked]:
        if metric == "exact_match":
            by_group = [group_measures(evidence, exact, attribute, chance) for attribute in attributes]
            found = holm_apart([measure for each in by_group for measure in each], f"exact match of the {model} model")
            measures += [overall(evidence, exact, chance), *found]
        else:
            measures += quotient_measures(evidence, metric, model, attributes, chance)
    return measures
