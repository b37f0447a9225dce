"""How the tuned model was trained: its curves, what was checked before, how far it fits its training rows alone, other seeds."""

from collections.abc import Iterator

from audit.report.choosing import having, ids_of
from audit.report.content import (
    Block,
    Cell,
    Column,
    Fold,
    Heading,
    Line,
    Lines,
    Prose,
    Row,
    Section,
    Table,
)
from audit.report.words import cell_of, count, methods_of, number, plural
from audit.results import Audit, Measure
from audit.training_results import LearningRateTest, Training, TrainingCheck, TrainingPoint

SIGNS = {"passed": "✓", "warned": "!", "accepted": "!", "failed": "✗"}
ORDER = ("failed", "accepted", "warned", "passed")
SCORES = {
    "validation_accuracy": "Accuracy, validation",
    "validation_macro_f1": "Macro F1, validation",
    "validation_worst_group_accuracy": "Worst group's accuracy, validation",
}
LAST = "the weights of the last step were kept"
LOSSES = {"loss": "Training", "validation_loss": "Validation"}
BY = {
    "loss": "validation loss", "accuracy": "accuracy on validation rows", "macro_f1": "macro-F1 on validation rows",
    "worst_group_accuracy": "accuracy of the group that fares worst on validation rows",
}  # fmt: skip


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no model was trained here."""
    training = audit.training
    if training is None:
        return None
    blocks: list[Block] = [_settings(training), *_curves(training)]
    if training.range_test is not None:
        blocks += [Heading("The learning rate"), _range_test(training.range_test)]
    blocks += _seeds(audit)
    blocks += [Heading("Checked before training"), *_checks(training.checks)]
    return Section("training", "How the model was trained", _lead(training), tuple(blocks))


def _lead(training: Training) -> str:
    best = training.best_step
    kept = f"the weights of step {count(best)} were kept, {_why(training)} {BY[training.best_by]}" if best else LAST
    ended = "It stopped before its time, for nothing got better. " if training.stopped_early else ""
    return (
        f"{count(training.steps)} steps over {count(training.rows)} rows on {training.hardware}; "
        f"{kept}. {ended}What was saved was loaded again and "
        f"gave the same logits (largest difference {training.reload_difference:.1g})."
    )


def _why(training: Training) -> str:
    """Say that what was kept was the best, or the first of several that were equally good."""
    judged = [getattr(point, f"validation_{training.best_by}") for point in training.curve if point.step]
    alike = judged.count(training.best_value)
    return f"the first of {count(alike)} that were equally good by" if alike > 1 else "the best by"


def _settings(training: Training) -> Table:
    each = f"{number(training.tokens_per_parameter, 'number')} a trained parameter"
    trained = f"{count(training.trained_parameters)} of them trained"
    lines = [
        ("Method", training.method, (training.precision, training.attention)),
        ("Parameters", count(training.parameters), (trained,)),
        ("Tokens", count(training.tokens), (f"{count(training.supervised_tokens)} of them learned", each)),
        ("Learning rate", f"{training.learning_rate:.2g}", ("found by a range test",) if training.range_test else ()),
        *_fit(training),
        *_before(training),
    ]
    rows = tuple(Row((Cell(what), Cell(value, details))) for what, value, details in lines)
    return Table("What was trained, and on what", (Column("What"), Column("Value")), rows)


def _fit(training: Training) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if training.loss_gap is None:
        yield "Loss on validation rows less that on training rows", "undefined", ("there are no validation rows",)
        return
    losses = (
        f"{training.validation_loss:.3f} on {plural(training.validation_rows, 'validation row')}, "
        f"{training.train_loss:.3f} on {plural(training.train_rows, 'training row')}"
    )
    gap = f"{training.loss_gap:+.3f}".replace("-", "−")
    yield "Loss on validation rows less that on training rows", f"{gap} nats a token", (losses,)


def _before(training: Training) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if training.validation_loss is not None and training.validation_loss_before is not None:
        after = f"{training.validation_loss:.3f} of the model that was kept"
        yield (
            "Loss on validation rows before the first step",
            f"{training.validation_loss_before:.3f} nats a token",
            (after,),
        )


def _curves(training: Training) -> Iterator[Block]:
    """Yield the pictures of losses and of scores over the steps, and a table of the evaluations."""
    for title, y, named in (("Loss", "Nats a token", LOSSES), ("Scores on validation rows", "Share", SCORES)):
        lines = tuple(line for name, called in named.items() for line in _line(training.curve, name, called))
        if lines:
            yield Lines(
                title=f"{title} over the steps", description=_described(training), x="Step", y=y, lines=lines,
                mark=float(training.best_step) if training.best_step else None,
            )  # fmt: skip
    judged = [point for point in training.curve if point.validation_loss is not None]
    names = [name for name in ("validation_loss", *SCORES) if any(getattr(point, name) is not None for point in judged)]
    if judged:
        headings = [SCORES.get(name, "Loss, validation") for name in names]
        rows = tuple(
            Row((Cell(count(point.step)), *(_cell(getattr(point, name)) for name in names))) for point in judged
        )
        columns = (Column("Step", number=True), *(Column(heading, number=True) for heading in headings))
        yield Fold("Every evaluation while it learned", (Table("Evaluations while it learned", columns, rows),))


def _described(training: Training) -> str:
    return (
        "The dashed line is the step whose weights were kept."
        if training.best_step
        else "The last step's weights were kept."
    )


def _line(curve: tuple[TrainingPoint, ...], name: str, called: str) -> Iterator[Line]:
    points = tuple((float(point.step), value) for point in curve if (value := getattr(point, name)) is not None)
    if points:
        yield Line(called, points)


def _cell(value: float | None) -> Cell:
    return Cell("–" if value is None else f"{value:.4f}")


def _range_test(found: LearningRateTest) -> Lines:
    how = "a tenth of that with the lowest smoothed loss"
    if not found.turned:
        how = "the loss fell to the end, so the test did not show which is too high; that at which it fell fastest"
    return Lines(
        title="Loss over the learning rate",
        description=f"The rate rose from step to step; {how}, {found.learning_rate:.2g}, was taken (dashed line).",
        x="Learning rate", y="Nats a token, smoothed", lines=(Line("Smoothed loss", found.points),), logarithmic=True,
        mark=found.learning_rate,
    )  # fmt: skip


def _seeds(audit: Audit) -> Iterator[Block]:
    """Yield what further models of other seeds came to, and how far the figures scatter."""
    spreads = having(audit.measures, metric="seed_spread")
    if not spreads:
        return
    by_id = {measure.id: measure for measure in audit.measures}
    seeds = tuple(by_id[part].step or "" for part in spreads[0].parts)
    columns = (
        Column("Figure"),
        *(Column(f"Seed {seed}", number=True) for seed in seeds),
        Column("Spread", number=True),
    )
    rows = tuple(_seed_row(spread, tuple(by_id[part] for part in spread.parts)) for spread in spreads)
    yield Heading("Other seeds")
    yield Prose(
        f"{len(seeds)} models were trained alike but for the seed of training; the first is the model of this report. A change "
        "that is smaller than this spread may be chance, and of so few seeds a larger one, too."
    )
    notes = (
        "Spread: the standard deviation over the seeds.",
        *methods_of(by_id[part] for s in spreads for part in s.parts),
    )
    yield Table("The same figures by seed", columns, rows, notes)


def in_short(audit: Audit) -> str:
    """Return a sentence: how far the first figure scatters over the seeds; nothing where there was one seed."""
    spread = next((m for m in having(audit.measures, metric="seed_spread") if m.value is not None), None)
    if spread is None:
        return ""
    figure = spread.title.partition(":")[0]
    return f"Over {len(spread.parts)} seeds {figure} scatters by {_scattered(spread)} (standard deviation)."


def _seed_row(spread: Measure, figures: tuple[Measure, ...]) -> Row:
    scattered = Cell(_scattered(spread), (spread.undefined,) if spread.undefined else ())
    cells = (Cell(spread.title.partition(":")[0]), *map(cell_of, figures), scattered)
    return Row(cells, ids_of(spread, *figures))


def _scattered(spread: Measure) -> str:
    """Write a standard deviation over the seeds: in nats of a loss, in points of a rate."""
    if spread.value is None:
        return "undefined"
    return f"{spread.value:.3f}" if spread.title.startswith("Loss") else f"{100 * spread.value:.1f} points"


def _checks(checks: tuple[TrainingCheck, ...]) -> Iterator[Block]:
    """Yield the checks before training, those that warn first."""
    ordered = sorted(checks, key=lambda check: ORDER.index(check.outcome))
    rows = tuple(
        Row((Cell(check.name.replace("_", " ")), Cell(f"{SIGNS[check.outcome]} {check.outcome}"), Cell(_said(check))))
        for check in ordered
    )
    passed = sum(check.outcome == "passed" for check in checks)
    table = Table("Checks before training", (Column("Check"), Column("Outcome"), Column("What was found")), rows)
    yield Prose(
        f"{passed} of {len(checks)} checks passed on the CPU before a weight was loaded (train/preflight.json); training refuses "
        "while one fails that the recipe does not accept."
    )
    yield table


def _said(check: TrainingCheck) -> str:
    return f"{check.said}; {check.hint}" if check.hint and check.outcome != "passed" else check.said
