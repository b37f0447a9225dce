"""What a person sees in the terminal: results on stdout, mistakes on stderr. The views that need more have a file each."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from curate.errors import UserError, escaped
from curate.estimate import Estimate, how_good
from curate.manifest import Manifest, StepRecord
from curate.plan import Stage
from curate.split import read_certificate
from curate.store import RunDirectory
from curate.terminal.console import stderr, stdout

__all__ = ["account", "curated", "finished", "plan_table", "print_mistakes", "stderr", "stdout"]


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
    for column in ("in", "dropped", "quarantined", "added", "out", "changed"):
        table.add_column(column, justify="right")
    for record in steps:
        numbers = (record.rows_in, record.dropped, record.quarantined, record.added, record.rows_out, record.changed)
        table.add_row(escaped(record.step), *(f"{number:,}" if number else "·" for number in numbers))
    return table


def curated(run: RunDirectory) -> Group:
    """Return what curation came to: the account of rows, and the crossings of the split by kind."""
    steps = run.read_manifest().steps
    parts: list[RenderableType] = [account(steps)]
    last = next((record for record in steps if record.rows_in and not record.rows_out), None)
    if last is not None:
        ask = f"fairlead explain {run.path} --near-threshold"
        parts.append(Text.assemble(("no row is left: ", "bold red"), f"{escaped(last.step)} took the last; ask {ask}"))
    if run.certificate.is_file():
        certificate = read_certificate(run.certificate)
        kinds = ("same_text", "near_duplicate", "same_key", "child_and_parent")
        for sides, count in certificate.crossing_rows.items():
            found = [
                f"{getattr(certificate, kind)[sides]:,} {kind}" for kind in kinds if getattr(certificate, kind)[sides]
            ]
            if count:
                parts.append(
                    Text.assemble(("leak ", "bold yellow"), f"{escaped(sides)}: {count:,} rows ({', '.join(found)})")
                )
        if not certificate.crossings:
            parts.append(Text("split: no row has a near-duplicate, copy or key on another side"))
    estimated = how_good(run, run.read_manifest().phases["curate"])
    return Group(*parts, *([Text(estimated, style="dim")] if estimated else []))


def plan_table(stages: tuple[Stage, ...], cached: tuple[bool, ...], estimate: Estimate | None) -> Group:
    """Return the stages of a plan, which of them are in the cache, and what each will take if that was estimated."""
    title = "Stages"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("", "stage", "rows", "cached", "key", *(("seconds", "GiB") if estimate else ())):
        table.add_column(column, overflow="fold", justify="right" if column in ("seconds", "GiB") else "left")
    for place, (stage, there) in enumerate(zip(stages, cached, strict=True), start=1):
        table.add_row(
            str(place),
            escaped(stage.name),
            stage.side,
            "yes" if there else "no",
            stage.key[:12],
            *_taken(estimate, place - 1),
        )
    if estimate is None:
        return Group(table)
    table.add_row("", "publish", "all", "", "", *_taken(estimate, -1))
    said = (
        f"about {estimate.seconds:,.0f} s and {estimate.memory_bytes / 2**30:.1f} GiB for {estimate.rows:,} rows, "
        f"from a probe of {estimate.probed:,} of them"
    )
    return Group(table, Text(said))


def _taken(estimate: Estimate | None, place: int) -> tuple[str, ...]:
    if estimate is None:
        return ()
    stage = estimate.stages[place]
    return ("·", "·") if stage.cached else (f"{stage.seconds:,.1f}", f"{stage.memory_bytes / 2**30:.2f}")


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
