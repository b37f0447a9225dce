"""`fairlead index`: what was seen before, kept on disk, so that new rows can be held against it."""

from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from curate.commands.shared import Json, one_of, print_json, user_errors

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Keep what was seen, and find new rows that are like an old one."
)

Unit = Literal["words", "characters"]
UNITS: tuple[Unit, ...] = get_args(Unit)
IndexPath = Annotated[Path, typer.Argument(metavar="INDEX", help="The folder of an index.")]
Data = Annotated[Path, typer.Argument(metavar="DATA", help="A run directory, or a file of rows.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="COLUMN",
        help="A column that holds text; several are joined. A run's are known.",
    ),
]
Side = Annotated[str | None, typer.Option("--side", help="Of a run only train, validation or test.")]


@app.command()
def add(
    index: IndexPath,
    data: Data,
    name: Annotated[
        str | None, typer.Option("--name", help="What the rows are called together; else as DATA is.")
    ] = None,
    columns: Columns = None,
    side: Side = None,
    unit: Annotated[
        Unit | None,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help=f"What shingles are made of: {' or '.join(UNITS)}.",
            parser=one_of(UNITS),
            autocompletion=lambda: list(UNITS),
        ),
    ] = None,
    shingle: Annotated[
        int | None, typer.Option("--shingle", min=1, max=50, help="Words, or characters, in a shingle.")
    ] = None,
    permutations: Annotated[int | None, typer.Option("--permutations", min=16, max=1024)] = None,
    as_json: Json = False,
) -> None:
    """Keep the rows of a run or of a file.

    The index is made if it is not there. Rows are added all or none, also if the process is killed.
    """
    with user_errors(as_json=as_json):
        from curate.bars import Bars, JsonLines  # noqa: PLC0415
        from curate.index_tools import add as add_rows  # noqa: PLC0415
        from curate.index_tools import read_named  # noqa: PLC0415
        from curate.terminal import stderr  # noqa: PLC0415

        with JsonLines() if as_json else Bars(stderr) as progress:
            found = add_rows(
                index,
                read_named(data, columns or (), side),
                progress,
                name=name,
                unit=unit,
                shingle=shingle,
                permutations=permutations,
            )
        if as_json:
            print_json(found.record.model_dump())
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.index import index_told  # noqa: PLC0415

        stdout.print(index_told(found), highlight=False)


@app.command("match")
def match_data(
    index: IndexPath,
    data: Data,
    threshold: Annotated[float, typer.Option("--threshold", min=0.01, max=1, help="The least similarity.")] = 0.8,
    recall: Annotated[
        float, typer.Option("--recall", min=0.01, max=0.9999, help="The share of pairs at the threshold that is found.")
    ] = 0.95,
    columns: Columns = None,
    side: Side = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="So many matches are shown.")] = 20,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write all matches: .parquet, .csv or .jsonl.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the rows that are like a kept one.

    Each with the kept row that is most like it, and their verified similarity.
    """
    with user_errors(as_json=as_json):
        from curate.bars import Bars, JsonLines  # noqa: PLC0415
        from curate.index_tools import check_output, match_rows, read_named, write_hits  # noqa: PLC0415
        from curate.terminal import stderr  # noqa: PLC0415

        if output is not None:
            check_output(output)
        with JsonLines() if as_json else Bars(stderr) as progress:
            named = read_named(data, columns or (), side)
            found, hits = match_rows(index, named, progress, threshold=threshold, recall=recall)
        if output is not None:
            write_hits(hits, output)
        if as_json:
            print_json(found.model_dump())
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.index import matched  # noqa: PLC0415

        stdout.print(matched(found, rows, output), highlight=False)


@app.command("list")
def list_parts(index: IndexPath, as_json: Json = False) -> None:
    """Say what an index holds."""
    with user_errors(as_json=as_json):
        from curate.near_duplicates.index import open_index  # noqa: PLC0415

        found = open_index(index)
        if as_json:
            print_json(found.record.model_dump())
            return
        from curate.terminal import stdout  # noqa: PLC0415
        from curate.terminal.index import index_told  # noqa: PLC0415

        stdout.print(index_told(found), highlight=False)


@app.command()
def verify(index: IndexPath, as_json: Json = False) -> None:
    """Compare its files with their digests."""
    with user_errors(as_json=as_json):
        from curate.near_duplicates.index import open_sound_index  # noqa: PLC0415

        found = open_sound_index(index)
        files = sum(len(part.files) for part in found.record.parts)
        if as_json:
            print_json({"files": files, "rows": len(found)})
            return
        from curate.terminal import stdout  # noqa: PLC0415

        stdout.print(f"{files} files of {len(found):,} rows are what was added", highlight=False)
