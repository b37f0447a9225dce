"""What a step of the user's own answers when it is asked: every error and every wrong type becomes a mistake of the user's."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Mistake, UserError
from curate.own_errors import raised, where_raised
from curate.steps.base import Batch, Choice, Filter, Outcome, Rewrite, Rule, Select, StepSettings, Whole


def _texts(given: Any) -> tuple[str, ...] | None:
    """Return texts as a tuple; None if they are anything else, a single text among it."""
    good = isinstance(given, (tuple, list)) and all(isinstance(each, str) for each in given)
    return tuple(given) if good else None


def _yielded(given: Any) -> tuple[str, ...] | None:
    return _texts(tuple(given)) if isinstance(given, Iterable) and not isinstance(given, str) else None


def _told(given: Any) -> tuple[Mistake, ...] | None:
    good = isinstance(given, (tuple, list)) and all(isinstance(each, Mistake) for each in given)
    return tuple(given) if good else None


def _columns(given: Any) -> dict[str, Any] | None:
    return dict(given) if isinstance(given, Mapping) and all(isinstance(name, str) for name in given) else None


def _rules(given: Any) -> tuple[Rule, ...] | None:
    good = isinstance(given, (tuple, list)) and all(
        isinstance(rule, Rule) and isinstance(rule.measure, pl.Expr) for rule in given
    )
    return tuple(given) if good else None


def _facts(given: Any) -> dict[str, pl.Expr] | None:
    good = isinstance(given, Mapping) and all(
        isinstance(name, str) and isinstance(fact, pl.Expr) for name, fact in given.items()
    )
    return dict(given) if good else None


def _of(kind: type) -> Callable[[Any], Any]:
    return lambda given: given if isinstance(given, kind) else None


ANSWERS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "files": (_texts, "texts"),
    "columns": (_texts, "texts"),
    "cells": (_texts, "texts"),
    "single": (_texts, "texts"),
    "problems": (_texts, "texts"),
    "made_with": (_texts, "texts"),
    "unfit": (_texts, "texts"),
    "misfits": (_yielded, "texts"),
    "file_mistakes": (_told, "mistakes"),
    "new_columns": (_columns, "a map of columns to types"),
    "rules": (_rules, "rules, each a Rule(name, measure, …) whose measure is a Polars expression"),
    "facts": (_facts, "a map of names to Polars expressions"),
    "choose": (_of(Choice), "a Choice"),
    "apply": (_of(Outcome), "an Outcome"),
    "rewrite": (_of(pl.Expr), "a Polars expression"),
    "told": (_of(pl.Expr), "a Polars expression"),
    "reason": (_of(pl.Expr), "a Polars expression"),
    "detail": (_of(pl.Expr), "a Polars expression"),
}
"""What a step may be asked: how its answer is taken, and what it should be in words."""
KINDS = (Filter, Rewrite, Select, Whole, Batch)


def guard_answers(step: type[StepSettings], path: Path, line: int) -> None:
    """Put a guard around every method of a step by which it answers, if it is not the one that it was given."""
    for name in questions_to(step):
        own = inspect.getattr_static(step, name)
        if not any(own is vars(kind).get(name) for kind in (StepSettings, *KINDS)):
            setattr(step, name, _guarded(name, own, path, line))


def questions_to(step: type[StepSettings]) -> list[str]:
    """Return the names of the methods by which a step of its kind answers."""
    kinds = [kind for kind in (StepSettings, *KINDS) if issubclass(step, kind)]
    return [name for name in ANSWERS if any(name in vars(kind) for kind in kinds)]


def _guarded(name: str, own: Any, path: Path, line: int) -> Callable[..., Any]:
    take, wanted = ANSWERS[name]

    def answer(step: StepSettings, *arguments: Any) -> Any:
        called = f"'{type(step).__name__}.{name}'"
        try:
            given = own.__get__(step, type(step))(*arguments)
            taken = take(given)
        except UserError:
            raise
        except (Exception, SystemExit) as error:
            where = where_raised(error, path, line)
            raise UserError(Mistake(where, f"{called} raises {raised(error)}", "mend the file")) from error
        if taken is None:
            what = f"{called} gives {given!r:.60}, and should give {wanted}"
            raise UserError(Mistake(f"{path}:{line}", what, "mend the file"))
        return taken

    return answer
