"""What a step of the user's own answers when it is asked: every error and every wrong type becomes a mistake of the user's."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from curate.errors import Mistake, UserError
from curate.own_errors import raised, where_raised
from curate.steps.base import StepSettings, Whole


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


ANSWERS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "files": (_texts, "texts"),
    "columns": (_texts, "texts"),
    "cells": (_texts, "texts"),
    "problems": (_texts, "texts"),
    "made_with": (_texts, "texts"),
    "unfit": (_texts, "texts"),
    "misfits": (_yielded, "texts"),
    "file_mistakes": (_told, "mistakes"),
    "new_columns": (_columns, "a map of columns to types"),
}
"""What a step may be asked before it runs: how its answer is taken, and what it should be in words."""


def guard_answers(step: type[StepSettings], path: Path, line: int) -> None:
    """Put a guard around every method of a step by which it answers, if it is not the one that it was given."""
    for name in ANSWERS:
        own = inspect.getattr_static(step, name, None)
        if not any(own is vars(kind).get(name) for kind in (StepSettings, Whole)):
            setattr(step, name, _guarded(name, own, path, line))


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
