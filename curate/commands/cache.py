"""`fairlead cache`: what earlier runs left for later ones, listed and pruned."""

from typing import Annotated

import typer

from curate.commands.shared import RUNS, Json, Runs, print_json, user_errors

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List or prune what runs share.")


@app.command("list")
def list_all(runs: Runs = RUNS, as_json: Json = False) -> None:
    """List what runs share, with size and last use.

    Stages, fetched copies of remote sources, and estimates, each with the runs that it belongs to.
    """
    with user_errors(as_json=as_json):
        from curate.cache_tools import list_cache  # noqa: PLC0415

        found = list_cache(runs)
        if as_json:
            print_json({"cached": [one.model_dump() for one in found]})
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.cache import cache_list  # noqa: PLC0415

        stdout.print(cache_list(found, str(runs)), highlight=False)


@app.command()
def prune(
    runs: Runs = RUNS,
    keep_used: Annotated[
        bool, typer.Option("--keep-used", help="Spare what belongs to a run beside the cache.")
    ] = False,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Spare what was used since: 7d, 12h, 30m.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Remove everything.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what runs share; runs stay whole.

    A later run makes again what it needs. Fetched copies of remote sources go too: with FAIRLEAD_OFFLINE=1 a run has nothing
    else to read.
    """
    with user_errors(as_json=as_json):
        from curate.cache_tools import prune_cache  # noqa: PLC0415

        found = prune_cache(runs, keep_used=keep_used, older_than=older_than, everything=everything, dry_run=dry_run)
        if as_json:
            print_json(found.model_dump())
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.cache import pruned  # noqa: PLC0415

        stdout.print(pruned(found), highlight=False)
