"""The table of filled sentences, with what each model answers to them, and the table of sentences that they are made of."""

from collections.abc import Sequence

import polars as pl

from audit.probes.tables import Said, is_highest, row_names, with_likelihoods
from curate.probes.identity_templates import IdentityTemplates


def table(probe: IdentityTemplates, items: pl.DataFrame, said: Said, positive: Sequence[str]) -> pl.DataFrame:
    """Return a line a filled sentence: its `term`, `toxic`, and each model's `answer`, whether that is `positive`, and `score`.

    A row without an answer, as two labels share the highest likelihood, is `<model>_tied`, any other scored one `<model>_answered`.
    `bpsn` and `bnsp` hold the terms for whose AUC the row counts (background positive and subgroup negative, or the other way
    round). `<model>_differs` says that the answer is not the commonest one of the sentence, where one is (`<model>_majority`).
    """
    labelled = with_likelihoods(items, said)
    rows = labelled.group_by("item", "sentence_item", "term", "toxic").agg(
        column for model in said for column in _answer(model, positive)
    )
    rows = rows.sort("item").with_columns(
        group_term=pl.concat_list("term"), not_term=_others(rows["term"].unique().sort())
    )
    same, other = pl.col("group_term"), pl.col("not_term")
    rows = rows.with_columns(
        row_names(probe),
        bpsn=pl.when("toxic").then(other).otherwise(same),
        bnsp=pl.when("toxic").then(same).otherwise(other),
    )
    for model in said:
        rows = _with_majority(rows, model)
    return rows


def _others(terms: pl.Series) -> pl.Expr:
    every = pl.lit(terms.to_list(), dtype=pl.List(pl.String))
    return every.list.set_difference(pl.concat_list("term")).list.sort()


def _answer(model: str, positive: Sequence[str]) -> list[pl.Expr]:
    """Return the answer of a model (null where the highest likelihood is shared) and its probability of a positive label."""
    likelihood, is_positive = pl.col(model), pl.col("label").is_in(list(positive))
    weight = (likelihood - likelihood.max()).exp()
    scored = likelihood.is_not_null().all()
    answer = (
        pl.col("label").filter((likelihood == likelihood.max()) & ((likelihood == likelihood.max()).sum() == 1)).first()
    )
    return [
        scored.alias(f"{model}_scored"),
        pl.when(scored).then(answer).alias(f"{model}_answer"),
        (scored & answer.is_null()).alias(f"{model}_tied"),
        (scored & answer.is_not_null()).alias(f"{model}_answered"),
        (scored & answer.is_in(list(positive)).fill_null(value=False)).alias(f"{model}_positive"),
        pl.when(scored).then(weight.filter(is_positive).sum() / weight.sum()).alias(f"{model}_score"),
    ]


def _with_majority(rows: pl.DataFrame, model: str) -> pl.DataFrame:
    answer = f"{model}_answer"
    counts = rows.drop_nulls(answer).group_by("sentence_item", answer).len("said")
    most = counts.filter(is_highest(pl.col("said"), "sentence_item")).select(
        "sentence_item", pl.col(answer).alias("most")
    )
    joined = rows.join(most, on="sentence_item", how="left", maintain_order="left")
    known = pl.col("most").is_not_null() & pl.col(answer).is_not_null()
    return joined.with_columns(
        known.alias(f"{model}_majority"),
        (known & (pl.col(answer) != pl.col("most"))).fill_null(value=False).alias(f"{model}_differs"),
    ).drop("most")


def sentence_table(probe: IdentityTemplates, rows: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """Return a line a sentence: how many pairs of its phrases a model answered, and how many of them differently."""
    sentences = rows.select(item=pl.col("sentence_item").unique().sort())
    for model in models:
        said = (
            rows.drop_nulls(f"{model}_answer")
            .group_by(pl.col("sentence_item").alias("item"), f"{model}_answer")
            .len("n")
        )
        n, squares = pl.col("n").cast(pl.Int64).sum(), pl.col("n").cast(pl.Int64).pow(2).sum()
        pairs = said.group_by("item").agg(
            (n * (n - 1) // 2).alias(f"{model}_pairs"), ((n.pow(2) - squares) // 2).alias(f"{model}_differing")
        )
        sentences = sentences.join(pairs, on="item", how="left", maintain_order="left")
    counts = pl.exclude("item").fill_null(0).cast(pl.Int64)
    return sentences.select(row_names(probe), counts)
