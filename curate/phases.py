"""The later phases as child processes: they meet us in the run directory, so torch never loads for who only cleans data."""

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from curate.errors import Mistake, UserError

TRAIN_PACKAGES = ("torch", "transformers", "trl", "peft")


def run_module(module: str, *arguments: str) -> int:
    """Run `python -m module` with our own streams and return its exit code. `-P`: nothing in the working folder shadows us."""
    return subprocess.run([sys.executable, "-P", "-m", module, *arguments], check=False).returncode  # noqa: S603  (our own modules)


def need_training_packages() -> None:
    """Raise `UserError` if the packages of the train extra are not installed."""
    missing = [package for package in TRAIN_PACKAGES if find_spec(package) is None]
    if missing:
        raise UserError(
            Mistake("train", f"needs {', '.join(missing)}, which are not installed", "pip install 'fairlead[train]'")
        )


def check_training(recipe: Path, overrides: Sequence[str]) -> int:
    """Check the `train:` part against what is installed: base, settings of the trainer, device."""
    need_training_packages()
    return run_module(
        "train.check", str(recipe), *(argument for override in overrides for argument in ("--set", override))
    )


def train(run: Path) -> int:
    """Fine-tune and predict with the base and the tuned model; stops at the first phase that fails."""
    need_training_packages()
    return run_module("train.sft", str(run)) or run_module("train.predict", str(run))


def audit(run: Path, *, as_json: bool = False) -> int:
    """Audit a run; 3 if a gate was not met."""
    return run_module("audit", str(run), *(["--json"] if as_json else []))


def trace(run: Path, measure: str, *, as_json: bool = False) -> int:
    """Recompute one measure from its rows."""
    return run_module("audit.trace", str(run), measure, *(["--json"] if as_json else []))
