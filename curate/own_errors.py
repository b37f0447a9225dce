"""Errors of the user's own code: in which line of the user's they were raised, and what they say."""

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from curate.account import ConservationError, NamedStep
from curate.errors import Mistake, UserError
from curate.steps.base import StepSettings

_POLARS_ADDS = ("\n\nThis error occurred", "\n\nResolved plan until failure")


@contextmanager
def own_errors_told(steps: Sequence[NamedStep]) -> Iterator[None]:
    """Tell what steps of the user's own raise as the user's to mend: where a line of theirs had a part in it, or Polars refuses.

    What Polars refuses may be an expression of theirs that our code evaluates; anything else without their line is a fault of
    ours. Too little memory is nobody's.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        named = [each for each in steps if each.step.code]
        own = [each.step for each in named]
        refused = isinstance(error, pl.exceptions.PolarsError | ConservationError)
        if not own or isinstance(error, MemoryError) or not (refused or is_of_own_code(error, own)):
            raise
        names = " or ".join(f"'{each.name}'" for each in named)
        what = str(error) if isinstance(error, ConservationError) else f"step {names} raises {raised(error)}"
        where = where_own_code(error, own)
        raise UserError(Mistake(where, what, "mend the file of your steps, and run again")) from error


def where_raised(error: BaseException, path: Path, line: int = 1) -> str:
    """Return `file:line` of what was raised; `line` where no line of the file had a part in it."""
    return f"{path}:{own_line(error, path) or line}"


def own_line(error: BaseException, path: Path) -> int | None:
    """Return the line of a file that had a part in an error, the innermost; None if there is none."""
    files = (str(path), str(path.absolute()))
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    if isinstance(error, SyntaxError) and error.filename in files:
        lines.append(error.lineno)
    return lines[-1] if lines else None


def where_own_code(error: BaseException, steps: Sequence[StepSettings]) -> str:
    """Return `file:line` of what steps of the user's own raised; of the first of them where no line of theirs had a part in it."""
    lines = (f"{file}:{line}" for file in _files_of(steps) if (line := own_line(error, file)) is not None)
    return next(lines, steps[0].written_at)


def is_of_own_code(error: BaseException, steps: Sequence[StepSettings]) -> bool:
    """Return whether a line of the user's own had a part in an error."""
    return any(own_line(error, file) is not None for file in _files_of(steps))


def _files_of(steps: Sequence[StepSettings]) -> list[Path]:
    return [Path(step.written_at.rpartition(":")[0]) for step in steps]


def raised(error: BaseException) -> str:
    """Return the kind of an error and what it says, on one line; without the expression and the plan that Polars adds."""
    of_key = isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str)
    whole = error.args[0] if of_key else error.msg if isinstance(error, SyntaxError) else str(error)
    said = whole
    for added in _POLARS_ADDS:
        said = said.partition(added)[0]
    quoted = of_key and said == whole  # with what Polars adds a key stands in quotes already
    said = " ".join(said.split())
    return f"{type(error).__name__}: {repr(said) if quoted else said}"
