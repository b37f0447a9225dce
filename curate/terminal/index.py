"""An index of signatures in the terminal: its parts, and what a match found."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.index_tools import Matched
from curate.near_duplicates.in_words import columns_in_words, unfinished_in_words
from curate.near_duplicates.index import SignatureIndex
from curate.terminal.cache import size


def index_told(index: SignatureIndex) -> RenderableType:
    """Return the parts of an index, and how its texts were sketched."""
    record, table = index.record, Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("part")
    table.add_column("text", overflow="fold")
    table.add_column("of", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("on disk", justify="right")
    for part in record.parts:
        taken = sum((index.folder / "parts" / part.name / name).stat().st_size for name in part.files)
        text = columns_in_words(part.origin.text)
        table.add_row(escaped(part.name), escaped(text), escaped(str(part.origin)), f"{part.rows:,}", size(taken))
    how = f"shingles of {record.shingle} {record.unit}, {record.permutations} permutations, seed {record.seed}"
    return Group(Text(f"{len(index):,} rows; {how}"), *([table] if record.parts else []))


def matched(found: Matched, rows: int, output: Path | None = None) -> RenderableType:
    """Return how many rows were matched, and the first of them; `output` holds all."""
    share = f" ({found.rows_matched / found.rows:.1%})" if found.rows else ""
    told = (
        f"{found.rows_matched:,} of {found.rows:,} rows{share} are like one of {found.older_rows:,} older rows, "
        f"at a Jaccard similarity of {found.threshold:g} or more"
    )
    sure = (
        f"each verified on its shingles; a pair right at {found.threshold:g} is found with a probability of "
        f"{found.found_at_threshold:.1%}, one above it more surely"
    )
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("row")
    table.add_column("older row")
    table.add_column("similarity", justify="right")
    for row, older, similarity in found.hits[:rows]:
        table.add_row(escaped(row), escaped(older), f"{similarity:.3f}")
    more = found.rows_matched - rows
    rest = [Text(f"and {more:,} more: --rows, --json or --output show them", style="dim")] if more > 0 else []
    if output is not None:
        rest = [Text(f"all {found.rows_matched:,} are in {escaped(str(output))}")]
    doubts = [unfinished_in_words(len(found.not_all_compared))] if found.not_all_compared else []
    doubts += [escaped(found.other_text)] if found.other_text else []
    warned = [Text.assemble(("not sure ", "bold yellow"), doubt) for doubt in doubts]
    return Group(Text(told), Text(sure, style="dim"), *warned, *([table] if found.hits[:rows] else []), *rest)
