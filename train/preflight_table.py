"""The certificate of the checks before training as a person sees it in the terminal."""

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from train.certificate import Certificate, Memory, Outcome

SIGNS: dict[Outcome, tuple[str, str]] = {
    "passed": ("✓", "green"),
    "warned": ("!", "yellow"),
    "accepted": ("!", "yellow"),
    "failed": ("✗", "bold red"),
}
_GIBIBYTE = 2**30


def print_certificate(found: Certificate, path: Path) -> None:
    """Print a certificate on stdout."""
    console = Console(soft_wrap=False, highlight=False)
    console.print(Group(checks(found), sides(found), *steps(found)))
    console.print(Text(f"certificate: {escaped(str(path))}"), soft_wrap=True)


def checks(found: Certificate) -> Table:
    """Return a line for each check: its sign and outcome, what was found, and what to change."""
    table = _table("Before training")
    for column in ("", "check", "outcome", "what was found"):
        table.add_column(column, overflow="fold")
    for check in found.checks:
        sign, style = SIGNS[check.outcome]
        said = Text(escaped(check.in_words()))
        if check.hint and check.outcome != "passed":
            said.append(f"; {escaped(check.hint)}", "cyan")
        table.add_row(Text(sign, style), check.name, Text(check.outcome, style), said)
    return table


def sides(found: Certificate) -> Table:
    """Return a line for each side: rows, tokens, how many of them are learned, and what was cut."""
    table = _table("Rows as tokens")
    table.add_column("side")
    for column in ("rows", "tokens", "learned", "longest", "cut rows", "cut tokens", "no answer"):
        table.add_column(column, justify="right")
    for side, counts in found.sides.items():
        numbers = (
            counts.rows, counts.tokens, counts.supervised, counts.longest, counts.cut, counts.cut_tokens, counts.left_out,
        )  # fmt: skip
        table.add_row(side, *(f"{number:,}" if number else "·" for number in numbers))
    return table


def steps(found: Certificate) -> Iterator[RenderableType]:
    """Yield lines on steps, labels, parameters and memory."""
    planned = found.steps
    yield Text(
        f"steps     {planned.steps:,} of {planned.rows_a_step:,.4g} rows, about {planned.tokens_a_step:,.0f} tokens "
        f"({planned.supervised_a_step:,.0f} supervised); {planned.warmup_steps:,} to warm up"
    )
    if found.labels:
        counted = ", ".join(f"{escaped(label)} {count:,}" for label, count in found.labels["train"].items())
        yield Text(f"labels    {counted} training rows")
    yield Text(
        f"model     {found.parameters:,} parameters, {found.trained_parameters:,} trained; "
        f"{found.tokens_per_parameter:.3g} training tokens a parameter, {found.supervised_per_parameter:.3g} of them supervised"
    )
    yield Text(f"memory    {in_gibibytes(found.memory)} ({found.device}, an estimate of tensors alone)")


def in_gibibytes(memory: Memory) -> str:
    """Return what training and prediction will take, and the parts of the former."""
    parts = {
        "weights": memory.weights, "gradients": memory.gradients, "optimizer": memory.optimizer,
        "activations": memory.activations, "logits": memory.logits,
    }  # fmt: skip
    told = ", ".join(f"{name} {size / _GIBIBYTE:.2f}" for name, size in parts.items())
    return (
        f"training {memory.training / _GIBIBYTE:.2f} GiB ({told}), prediction {memory.prediction / _GIBIBYTE:.2f} GiB"
    )


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
