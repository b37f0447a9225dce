"""The plan of a recipe in the terminal: its stages, what is cached, what each will take, and what the probe found."""

from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.estimate import Estimate, NoEstimate, StageEstimate
from curate.plan import Stage
from curate.recipe import Recipe
from curate.store import RunDirectory


def plan_table(
    stages: tuple[Stage, ...], cached: tuple[bool, ...], guess: Estimate | NoEstimate | None
) -> RenderableType:
    """Return the stages of a plan, which of them are in the cache, and what each will take if that was estimated."""
    estimate = guess if isinstance(guess, Estimate) else None
    table = Table(title="Stages", title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("", "stage", "rows", "cached", "key"):
        table.add_column(column, overflow="fold")
    for column in ("seconds", "GiB") if estimate else ():
        table.add_column(column, justify="right")
    for place, (stage, there) in enumerate(zip(stages, cached, strict=True)):
        taken = _taken(estimate.stages[place]) if estimate else ()
        table.add_row(str(place + 1), escaped(stage.name), stage.side, "yes" if there else "no", stage.key[:12], *taken)
    if estimate:
        table.add_row("", "publish", "all", "", "", *_taken(estimate.stages[-1]))
        return Group(table, *_estimated(estimate))
    return Group(table, Text(escaped(f"no estimate: {guess.why}"))) if isinstance(guess, NoEstimate) else table


def plan_in_json(
    stages: tuple[Stage, ...], cached: tuple[bool, ...], guess: Estimate | NoEstimate | None
) -> dict[str, Any]:
    """Return the same for `--json`."""
    return {
        "stages": [
            {"name": stage.name, "side": stage.side, "key": stage.key, "cached": there}
            for stage, there in zip(stages, cached, strict=True)
        ],
        "estimate": guess.model_dump() if isinstance(guess, Estimate) else None,
        "no_estimate": guess.why if isinstance(guess, NoEstimate) else None,
    }


def after_curation(recipe: Recipe, run: RunDirectory, *, done: bool) -> str:
    """Return what comes after the stages, and where the run will stand."""
    training = "training, prediction with base and tuned model, and the audit"
    then = "the data audit" if recipe.train is None else training
    there = " (curated already: curate will do nothing)" if done else ""
    return f"then {then}; run directory: {run.path}{there}"


def _taken(stage: StageEstimate) -> tuple[str, str]:
    return ("·", "·") if stage.cached else (f"{stage.seconds:,.1f}", f"{stage.memory_bytes / 2**30:.2f}")


def _estimated(estimate: Estimate) -> Iterator[RenderableType]:
    """Yield the sum, and a warning where no probed row is left."""
    whole = estimate.probed >= estimate.rows
    probe = "all of them" if whole else f"the first {estimate.probed:,} of them"
    yield Text(
        f"about {estimate.seconds:,.0f} s and {estimate.memory_bytes / 2**30:.1f} GiB for {estimate.rows:,} rows, "
        f"from a probe of {probe}"
    )
    if estimate.emptied_by is not None:
        rows = "no row" if whole else "none of the probed rows"
        yield Text.assemble(
            ("warning: ", "bold yellow"),
            f"{rows} would be left: {escaped(estimate.emptied_by)} takes the last; look at its settings before you run this",
        )
