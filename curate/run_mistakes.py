"""What is wrong with a path that was given as a run, and where the run may be that was meant."""

from difflib import get_close_matches
from pathlib import Path

from curate.errors import Mistake

MANIFEST = "manifest.json"
RECIPES = (".yaml", ".yml")
_TOLD = 5
"""So many runs are named."""
_PRINTED = "give the folder that 'fairlead curate' printed"


def not_a_run(path: Path) -> Mistake:
    """Return the mistake of a path without a manifest in it."""
    around = next((folder for folder in path.parents if (folder / MANIFEST).is_file()), None)
    if path.exists() and around is not None:
        return Mistake(str(path), "is a part of a run", f"give the run: {around}")
    if path.is_file() and path.suffix in RECIPES:
        hint = f"'fairlead curate {path}' makes a run of it, or finds it, and prints its folder"
        return Mistake(str(path), "is a recipe and not a run", hint)
    if path.is_dir():
        return _of_folder(path)
    return Mistake(
        str(path), "is a file, and a run is a folder" if path.exists() else "there is no such run", _nearby(path)
    )


def _of_folder(path: Path) -> Mistake:
    inside = _runs_in(path)
    if inside:
        return Mistake(str(path), "holds runs and is none", f"give one of them: {_listed(inside)}")
    if (path / "data").is_dir():
        hint = "run 'fairlead curate RECIPE' again: it goes on where it stopped"
        return Mistake(str(path / MANIFEST), "not found; the run is not finished", hint)
    return Mistake(str(path), f"is not a run: it holds no {MANIFEST}", _nearby(path))


def _nearby(path: Path) -> str:
    """Return the run with the likeliest name, or those that there are, beside the path or in `runs`."""
    known = [run for folder in dict.fromkeys((path.parent, Path("runs"))) for run in _runs_in(folder)]
    near = get_close_matches(path.name, [run.name for run in known], n=1)
    if near:
        return f"did you mean '{next(run for run in known if run.name == near[0])}'?"
    return f"{_PRINTED}; there are {_listed(known)}" if known else _PRINTED


def _runs_in(folder: Path) -> list[Path]:
    """Return the runs in a folder, the latest first."""
    found = sorted((manifest.stat().st_mtime, str(manifest.parent)) for manifest in folder.glob(f"*/{MANIFEST}"))
    return [Path(run) for _moment, run in reversed(found)]


def _listed(runs: list[Path]) -> str:
    more = f" and {len(runs) - _TOLD:,} more" if len(runs) > _TOLD else ""
    return ", ".join(str(run) for run in runs[:_TOLD]) + more
