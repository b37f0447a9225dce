"""The command line: every command is a thin shell over a Python function. Heavy imports wait until a command needs them."""

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import Annotated

# Before libraries are loaded, and for what we start: pydantic looks through every package installed for plugins, of which recipes
# have none; and threads of OpenBLAS wait with their processors busy for 2²⁶ cycles, unless they are told 2⁴, the fewest.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import typer

from curate import __version__
from curate.commands import audits, cache, index, questions, recipes, runs
from curate.commands.shared import INTERRUPTED
from curate.errors import UserError
from curate.output import prepare_output

app = typer.Typer(
    name="fairlead",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,
    help="A recipe goes in; clean data, a fine-tuned model and an audit come out; every row and every number can be asked why.",
    epilog=(
        "Exit codes: 0 fine, 1 a fault of ours, 2 something you can mend, "
        "3 a gate of the recipe was not met, or a run does not verify."
    ),
)


_OBJECTS = 1_000_000
"""New objects until Python looks for cycles among them. Modules and rows hold none; looking at them took a tenth of a run."""


def _version(*, value: bool) -> None:
    if value:
        sys.stdout.write(f"fairlead {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    _version_shown: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda value: _version(value=value), is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


for command in (
    recipes.check,
    recipes.plan,
    recipes.curate,
    runs.train,
    audits.audit,
    recipes.run,
    questions.explain,
    questions.what_if,
    questions.diff,
    runs.trace,
    runs.view,
    runs.verify,
    runs.seal,
    runs.export,
    recipes.schema,
):
    app.command()(command)
app.add_typer(index.app, name="index")
app.add_typer(cache.app, name="cache")


def main() -> None:
    """Run the `fairlead` command; what standard output refuses is told on stderr, with exit code 2."""
    gc.set_threshold(_OBJECTS)
    prepare_output()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except UserError as error:
        with suppress(OSError):  # stderr may be full too
            sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            raise
        with suppress(OSError):
            sys.stderr.flush()
        if ended.code != INTERRUPTED:
            atexit._run_exitfuncs()  # noqa: SLF001  (what steps of the user's own have left to the end)
        # At once: after an interruption threads are in the middle of their work, and Python must not end under them; and to
        # take a run's memory apart piece by piece takes a while.
        os._exit(ended.code or 0)
