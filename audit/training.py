"""How a run's model was trained: what was checked before, its curve, what was kept, and how far it fits its training rows alone."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from audit.training_results import LearningRateTest, Training, TrainingCheck, TrainingPoint
from curate.store import RunDirectory

OF_POINTS = (
    "loss", "validation_loss", "validation_accuracy", "validation_macro_f1", "validation_worst_group_accuracy",
)  # fmt: skip


def training_of(run: RunDirectory) -> Training | None:
    """Return how the model was trained; None for a run that trained none. Raises `UserError` for files that were changed since."""
    phases = run.read_manifest().phases
    if "train" not in phases or "preflight" not in phases:
        return None
    notes = run.check_phase("train").notes
    run.check_phase("preflight")
    record, certificate = _json(run.model / "settings.json"), _json(run.preflight)
    fit = record["fit"] or {}
    return Training(
        method=record["method"], device=record["device"], hardware=notes.get("hardware", record["device"]),
        precision=record["precision"], attention=record["attention"],
        parameters=record["parameters"], trained_parameters=record["trained_parameters"],
        tokens_per_parameter=certificate["tokens_per_parameter"],
        rows=record["train_tokens"]["rows"], tokens=record["train_tokens"]["tokens"],
        supervised_tokens=record["train_tokens"]["supervised"],
        steps=record["steps"], best_step=record["best_step"], best_by=record["best_by"], best_value=record["best_value"],
        stopped_early=record["stopped_early"], learning_rate=record["trainer"]["learning_rate"],
        reload_difference=record["reload_difference"],
        train_loss=fit.get("train_loss"), validation_loss=fit.get("validation_loss"),
        validation_loss_before=fit.get("validation_loss_before"),
        train_rows=fit.get("train_rows", 0), validation_rows=fit.get("validation_rows", 0),
        largest_loss_gap=fit.get("largest_gap"),
        checks=tuple(
            TrainingCheck(name=check["name"], outcome=check["outcome"], said=_told(check), hint=check["hint"])
            for check in certificate["checks"]
        ),
        curve=tuple(_points(_lines(run.model / "metrics.jsonl"))),
        range_test=_range_test(run.model / "learning_rate.json"),
        seeds=tuple(sorted(int(folder.name) for folder in run.seeds.glob("[0-9]*"))),
    )  # fmt: skip


def _told(check: dict[str, Any]) -> str:
    named = ", ".join(check["rows"][:5])
    return f"{check['said']}: {named}" if named else str(check["said"])


def _points(lines: Iterable[dict[str, float]]) -> Iterable[TrainingPoint]:
    """Yield a point a step: the lines of a step say its loss, its validation loss and its scores one after the other."""
    by_step: dict[int, dict[str, float]] = {}
    for line in lines:
        by_step.setdefault(int(line["step"]), {}).update({name: line[name] for name in OF_POINTS if name in line})
    return (TrainingPoint(step=step, **found) for step, found in sorted(by_step.items()) if found)


def _range_test(path: Path) -> LearningRateTest | None:
    if not path.is_file():
        return None
    found = _json(path)
    points = tuple((point["learning_rate"], point["smoothed"]) for point in found["points"])
    return LearningRateTest(learning_rate=found["learning_rate"], turned=found.get("turned", True), points=points)


def _lines(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
