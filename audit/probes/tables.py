"""The items of a probe with what every model said: what all tables of probes have in common.

A table `probe_<name>` has a line an item: `row_name` (`<probe>/<item>`), what the file says of it, and for each model
`<model>_scored`: whether every choice has a likelihood. An item that did not fit is not scored; nothing else is then said of it.
"""

from collections.abc import Mapping

import polars as pl

from curate.probes import AskedProbe

Said = Mapping[str, pl.DataFrame]
"""What each model said of a probe: `item`, `choice`, `log_likelihood` in nats, `tokens`."""


def table_name(probe: AskedProbe) -> str:
    """Return the name of a probe's table of evidence."""
    return f"probe_{probe.name}"


def sentences_name(probe: AskedProbe) -> str:
    """Return the name of the table of sentences that a probe's items are made of."""
    return f"probe_{probe.name}/sentences"


def with_likelihoods(items: pl.DataFrame, said: Said) -> pl.DataFrame:
    """Return the choices of items with the log-likelihood that each model gave: `<model>`, null where it was not scored."""
    for model, answers in said.items():
        found = answers.select("item", "choice", pl.col("log_likelihood").alias(model))
        items = items.join(found, on=["item", "choice"], how="left", validate="1:1", maintain_order="left")
    return items


def row_names(probe: AskedProbe) -> pl.Expr:
    """Return what the items of a probe are called."""
    return pl.concat_str(pl.lit(f"{probe.name}/"), pl.col("item")).alias("row_name")


def groups(**columns: str) -> list[pl.Expr]:
    """Return columns as groups of attributes of those names; a row without a value is in no group."""
    return [
        pl.concat_list(pl.col(column)).list.drop_nulls().alias(f"group_{attribute}")
        for attribute, column in columns.items()
    ]


def is_highest(value: pl.Expr, others: str = "item") -> pl.Expr:
    """Return whether a choice has a higher value than every other choice of its item; none has where the highest is shared."""
    most = value.max().over(others)
    return (value == most) & ((value == most).sum().over(others) == 1)
