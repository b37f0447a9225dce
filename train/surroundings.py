"""Where a model is trained: the hardware, the state of the code around it, and who else is told of loss and metrics."""

import os
import platform
import subprocess
from pathlib import Path

from curate.recipe import Recipe
from curate.store import RunDirectory
from train.process import cores, say
from train.settings import settings_of


def hardware(device: str) -> str:
    """Return the GPU, or the processor with its cores, in words."""
    if device == "cuda":
        import torch

        return str(torch.cuda.get_device_name(0))
    return f"{_processor()}, {cores()} cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def free_memory(device: str) -> int | None:
    """Return the bytes of memory that are free where a model will stand; None where the system does not tell."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)


def git_state(folder: Path) -> str | None:
    """Return the commit that a folder's repository stands at, and whether files differ from it; None where there is none."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    return f"{commit} with changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  (words of ours; a repository's settings name a program to watch files with)
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],  # noqa: S607  (the user's own git)
            check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def prepare_tracker(directory: RunDirectory, recipe: Recipe) -> None:
    """Tell the tracker that a recipe names where to write: a folder of its name beside the runs."""
    tracker = settings_of(recipe).tracker
    if tracker == "none":
        return
    folder = directory.path.parent.absolute() / tracker
    places = {
        "tensorboard": {"TENSORBOARD_LOGGING_DIR": str(folder / directory.path.name)},
        "trackio": {"TRACKIO_DIR": str(folder)},
        "wandb": {"WANDB_DIR": str(folder), "WANDB_PROJECT": recipe.name},
    }
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(places[tracker])
    say(f"train: {tracker} writes to {folder}")
