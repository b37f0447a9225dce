"""The kinds of documents that a finished run can be shown as; `audit/views/` makes them."""

from typing import Literal, get_args

Kind = Literal["four-fifths", "ll144", "datasheet", "model-card", "croissant", "evidence"]
KINDS: tuple[Kind, ...] = get_args(Kind)
