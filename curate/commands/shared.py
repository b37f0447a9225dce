"""What every command shares: its arguments, JSON on stdout, and the user's mistakes as lines with exit code 2."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.output import to_nowhere

if TYPE_CHECKING:
    from curate.errors import UserError
    from curate.findings import Findings

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory, for example runs/demo-3f9a1c.")]
Runs = Annotated[Path, typer.Option("--runs", help="The folder in which run directories and the cache stand.")]
OwnSteps = Annotated[
    Path | None,
    typer.Option("--steps", metavar="FILE", help="A Python file with steps of your own; it is run, so trust it."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

RUNS = Path("runs")
NOT_MET = 3
"""The exit code of an audit that found a gate not met."""
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped: 128 and the number of the signal, as in shells."""


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Return what reads one of some words; typer's own reader of them tells another word as a `Value error`."""

    def word(given: str) -> str:
        if given not in words:
            raise typer.BadParameter(f"'{given}' is not one of {', '.join(words)}")
        return given

    return word


@contextmanager
def user_errors(*, as_json: bool = False) -> Iterator[None]:
    """Turn a user's mistakes into lines and exit code 2, an interrupt into one line, and a closed pipe into a quiet end."""
    from curate.errors import UserError, of_system  # noqa: PLC0415

    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; run the same command again to go on where it stopped\n")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        to_nowhere(sys.stdout.fileno())
        raise typer.Exit(0) from None
    except (UserError, OSError, MemoryError) as error:
        found = error if isinstance(error, UserError) else of_system(error)
        if found is None:
            raise
        _tell(found, as_json=as_json)
        raise typer.Exit(2) from None


def _tell(found: "UserError", *, as_json: bool) -> None:
    """Print mistakes: as JSON on stdout, or where that is not asked for or refused, as lines on stderr."""
    from curate.errors import UserError  # noqa: PLC0415
    from curate.terminal import print_mistakes  # noqa: PLC0415

    if as_json:
        try:
            print_json({"mistakes": [mistake.in_json() for mistake in found.mistakes]})
            sys.stdout.flush()
        except UserError as refused:
            found = UserError(tuple(dict.fromkeys([*found.mistakes, *refused.mistakes])))
        else:
            return
    with suppress(OSError):  # stderr may be what is full
        print_mistakes(found)


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Give what tells on stderr what is being done, in one line that goes when it is done; only in a terminal."""
    from curate.terminal import stderr  # noqa: PLC0415

    with stderr.status("") as status:
        yield status.update


def tell_findings(found: "Findings", *, as_json: bool) -> int:
    """Print what a look at a run found: what is right on stdout, what is not on stderr; return 0, or 3 if something is not."""
    from curate.errors import UserError  # noqa: PLC0415
    from curate.findings import AMISS  # noqa: PLC0415
    from curate.terminal import print_mistakes, stdout  # noqa: PLC0415

    if as_json:
        print_json(found.in_json())
    else:
        for line in (*found.verified, *(f"not judged: {line}" for line in found.not_judged)):
            stdout.print(line, highlight=False, soft_wrap=True)
        print_mistakes(UserError(found.mistakes))
    return AMISS if found.mistakes else 0


def print_json(content: Any) -> None:
    """Print a result as JSON."""
    from curate.errors import escaped_json  # noqa: PLC0415

    sys.stdout.write(escaped_json(json.dumps(content, indent=2, ensure_ascii=False, default=str)) + "\n")


def exit_with(code: int) -> None:
    """End with the exit code of a phase: 2 and 3 as they are, anything else is a fault of ours."""
    if code:
        raise typer.Exit(code if code in (2, NOT_MET) else 1)
