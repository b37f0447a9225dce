"""What every phase of training does as a process: a quiet environment, clear exit codes, one line a mistake."""

import contextlib
import importlib.util
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence

from curate.children import end_with_parent
from curate.errors import Mistake, UserError, of_system
from curate.train_settings import TRAIN_PACKAGES

VERSIONED = ("peft", "tokenizers", "torch", "transformers", "trl")
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "0",  # one process, one device: TRL refuses several visible ones without a launcher
    "GOMP_SPINCOUNT": "10000",  # waiting threads soon sleep: on a shared machine spinning ones slow the training several times
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


def say(text: str) -> None:
    """Write one line to stderr; results are files, so stdout stays empty."""
    sys.stderr.write(text + "\n")


def prepare_environment() -> None:
    """Turn telemetry and chatter off. Call before torch, transformers or trl is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    for package in TRAIN_PACKAGES:
        logging.getLogger(package).setLevel(logging.ERROR)


def need_packages() -> None:
    """Raise `UserError` with a line for every package of the extra `train` that is not installed."""
    absent = [package for package in TRAIN_PACKAGES if importlib.util.find_spec(package) is None]
    if absent:
        hint = "pip install 'fairlead[train]'"
        raise UserError([Mistake("train", f"needs the package '{package}'", hint) for package in absent])


def run(main: Callable[[], None], *, as_json: bool = False) -> int:
    """Run a phase; return 0, or 2 after printing the user's mistakes. A fault of ours keeps its traceback (1).

    What libraries print goes to stderr. With `as_json` stdout holds one line, `{"mistakes": [...]}`, also if there are none.
    """
    prepare_environment()
    end_with_parent()
    mistakes: Sequence[Mistake] = ()
    try:
        need_packages()
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            main()
    except Exception as error:
        found = _mendable(error)
        if found is None:
            raise
        mistakes = found.mistakes
    if as_json:
        sys.stdout.write(
            json.dumps({"mistakes": [mistake.in_json() for mistake in mistakes]}, ensure_ascii=False) + "\n"
        )
    else:
        for mistake in mistakes:
            say(str(mistake))
    return 2 if mistakes else 0


def _mendable(error: Exception) -> UserError | None:
    """Return what a user can mend: a mistake, or what the system refused (Rust's libraries give its number in words)."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, (OSError, MemoryError)):
        return of_system(error)
    number = re.search(r"\(os error (\d+)\)", str(error))
    return of_system(OSError(int(number[1]), os.strerror(int(number[1])))) if number else None


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
