"""What a person sees in the terminal: results on stdout, mistakes on stderr. The views that need more have a file each."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from curate.errors import UserError, escaped
from curate.losses import Loss, alarms, in_words, losses_of
from curate.manifest import Manifest, StepRecord, emptied_by
from curate.near_duplicates.in_words import unfinished_in_words
from curate.questions.doubts import doubts_of
from curate.questions.quarantined import quarantine_reasons
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.split import Certificate, read_certificate
from curate.store import RunDirectory
from curate.terminal.console import stderr, stdout
from curate.terminal.quarantine import command, in_quarantine

__all__ = ["account", "curated", "finished", "print_mistakes", "stderr", "stdout"]


def print_mistakes(error: UserError) -> None:
    """Print every mistake on a line of its own, without colour codes in the way of copying."""
    for mistake in error.mistakes:
        line = Text.assemble(
            (f"{mistake.where}: ", "bold"), mistake.what, (f"; {mistake.hint}" if mistake.hint else "", "cyan")
        )
        stderr.print(line, soft_wrap=True, highlight=False)
    count = len(error.mistakes)
    if count > 1:
        stderr.print(f"{count} mistakes", style="bold red", highlight=False)


def account(steps: tuple[StepRecord, ...]) -> Table:
    """Return the account of rows, a line a step."""
    table = Table(
        title="Every row accounted for: in = out + dropped + quarantined − added",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("step", overflow="fold")
    more = ("noted",) if any(record.noted for record in steps) else ()
    for column in ("in", "dropped", "quarantined", "added", "out", "changed", *more):
        table.add_column(column, justify="right")
    for record in steps:
        names = ("rows_in", "dropped", "quarantined", "added", "rows_out", "changed", *more)
        numbers = [getattr(record, name) for name in names]
        table.add_row(escaped(record.step), *(f"{number:,}" if number else "·" for number in numbers))
    return table


def curated(run: RunDirectory, estimated: str | None) -> Group:
    """Return what curation came to: the account of rows, why some are in quarantine, and the crossings of the split by kind.

    `estimated` says how good an estimate was.
    """
    manifest = run.read_manifest()
    steps = manifest.steps
    parts: list[RenderableType] = [account(steps)]
    parts += [
        Text.assemble(("no row was read ", "bold red"), escaped(f"from {source.path}"))
        for source in manifest.sources
        if not source.rows
    ]
    reasons = quarantine_reasons(run)
    if reasons:
        parts.append(in_quarantine(reasons, run))
    last = emptied_by(steps)
    if last is not None:
        parts.append(Text.assemble(("no row is left: ", "bold red"), f"{escaped(last)} took the last"))
        parts.append(command(f"fairlead explain {run.path} --near-threshold"))
    recipe = load_finished(run.recipe)
    lost = losses_of(run, recipe)
    parts += [*_alarms(lost, recipe), *_doubts(run, recipe, lost)]
    if run.certificate.is_file():
        certificate = read_certificate(run.certificate)
        parts += [*_split(certificate), *_empty_sides(certificate, run)]
    return Group(*parts, *([Text(estimated, style="dim")] if estimated else []))


def _alarms(lost: tuple[Loss, ...], recipe: Recipe) -> Iterator[Text]:
    """Yield a line for each source, label or group that lost more of its rows than the recipe allows."""
    for loss in alarms(lost, recipe):
        said = f"{in_words(loss)}; more than audit.largest_loss, {100 * recipe.audit.largest_loss:g}%"
        yield Text.assemble(("alarm ", "bold red"), escaped(said))


def _doubts(run: RunDirectory, recipe: Recipe, lost: tuple[Loss, ...]) -> Iterator[Text]:
    """Yield a line for everything that one should know before relying on the run."""
    for doubt in doubts_of(run, recipe, lost):
        yield Text.assemble(("note ", "bold yellow"), escaped(doubt))


def _split(certificate: Certificate) -> Iterator[Text]:
    """Yield the sizes of the sides, and a line for each pair of sides with a leak, or one that says that there is none."""
    if not any(certificate.rows.values()):
        return
    sizes = ", ".join(f"{escaped(side)} {rows:,}" for side, rows in certificate.rows.items())
    yield Text(f"split: {sizes} rows")
    kinds = ("same_text", "near_duplicate", "same_key", "child_and_parent")
    for sides, count in certificate.crossing_rows.items():
        found = [f"{getattr(certificate, kind)[sides]:,} {kind}" for kind in kinds if getattr(certificate, kind)[sides]]
        if count:
            yield Text.assemble(("leak ", "bold yellow"), f"{escaped(sides)}: {count:,} rows ({', '.join(found)})")
    unsure = certificate.not_all_compared
    if not certificate.crossings:
        none = "was found to have" if unsure else "has"
        yield Text(f"no row {none} a near-duplicate, copy or key on another side of the split")
    if unsure:
        yield Text.assemble(("not sure ", "bold yellow"), unfinished_in_words(unsure))


def _empty_sides(certificate: Certificate, run: RunDirectory) -> Iterator[Text]:
    """Yield a line for each side that was to have a share of the rows and has none."""
    empty = [side for side, rows in certificate.rows.items() if not rows]
    if not empty or not any(certificate.rows.values()) or certificate.published:
        return
    split = load_finished(run.recipe).split
    assert split is not None
    for side in empty:
        share = {"test": split.test, "validation": split.validation}.get(side)
        if share == 0:
            continue
        why = "there are too few rows, or too many of them are near-duplicates, which stay together"
        if split.key:
            why = f"rows with the same {split.key} stay together; see how many values it has"
        elif split.stratify:
            why = f"a stratum of {', '.join(split.stratify)} may be too small; stratify by columns with few values"
        yield Text.assemble((f"no row for {side}: ", "bold red"), escaped(why))


def finished(manifest: Manifest, path: str) -> Panel:
    """Return the last lines of a run: time, memory, and what to do next."""
    path, seconds = escaped(path), sum(record.seconds for record in manifest.phases.values())
    peak = max(record.peak_memory_bytes for record in manifest.phases.values())
    lines = [Text.assemble(("run     ", "dim"), path)]
    if "audit" in manifest.phases:
        lines.append(Text.assemble(("report  ", "dim"), f"{path}/report/report.html"))
    phases = ", ".join(f"{phase} {record.seconds:.0f} s" for phase, record in manifest.phases.items())
    lines.append(
        Text.assemble(("time    ", "dim"), f"{seconds:.0f} s ({phases}); peak memory of a phase {peak / 2**30:.1f} GiB")
    )
    asks = (f"fairlead explain {path} ROW", f"fairlead trace {path} MEASURE", f"fairlead verify {path}")
    lines += [Text.assemble(("ask     " if place == 0 else "        ", "dim"), ask) for place, ask in enumerate(asks)]
    return Panel(Group(*lines), title="finished", title_align="left")
