"""The code of the user's own steps: the file run as a module, and its digest with those of the user's modules that it imports."""

import inspect
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import invalidate_caches
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from curate.errors import Mistake, UserError
from curate.files import digest_file, digest_text
from curate.steps.base import StepSettings

_NAME = "own_steps_"
_HELPERS = "__helpers__"
"""The attribute of the module that holds the names of what its file imported, so that another run of it imports them again."""
_POLARS_ADDS = "\n\nThis error occurred"
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class OwnCode:
    """A file that was run: the module that it made, and the digest of all the code of the user's in it."""

    module: ModuleType
    digest: str


def run_file(path: Path) -> OwnCode:
    """Run the file as a module. What it raises is the user's to mend, so it is told with its line and not as a traceback."""
    spec = spec_from_file_location(f"{_NAME}{path.stem}", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise UserError(Mistake(str(path), "there is no such Python file", "name a file that ends in .py"))
    _forget_helpers()
    invalidate_caches()
    before = set(sys.modules)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UserError(Mistake(where_raised(error, path), raised(error), "mend the file")) from error
    finally:
        after = {name: found for name, found in sys.modules.items() if name not in before and name != spec.name}
        new = _files(after)
        setattr(module, _HELPERS, tuple(new))
    return OwnCode(module, _digest(path, _files(_reached(module)) | new))


def where_raised(error: BaseException, path: Path, line: int = 1) -> str:
    """Return `file:line` of what was raised; `line` where no line of the file had a part in it."""
    return f"{path}:{own_line(error, path) or line}"


def own_line(error: BaseException, path: Path) -> int | None:
    """Return the line of a file that had a part in an error, the innermost; None if there is none."""
    files = (str(path), str(path.absolute()))
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    if isinstance(error, SyntaxError) and error.filename in files:
        lines.append(error.lineno)
    return lines[-1] if lines else None


def where_own_code(error: BaseException, steps: Sequence[StepSettings]) -> str:
    """Return `file:line` of what steps of the user's own raised; of the first of them where no line of theirs had a part in it."""
    lines = (f"{file}:{line}" for file in _files_of(steps) if (line := own_line(error, file)) is not None)
    return next(lines, steps[0].written_at)


def is_of_own_code(error: BaseException, steps: Sequence[StepSettings]) -> bool:
    """Return whether a line of the user's own had a part in an error."""
    return any(own_line(error, file) is not None for file in _files_of(steps))


def _files_of(steps: Sequence[StepSettings]) -> list[Path]:
    return [Path(step.written_at.rpartition(":")[0]) for step in steps]


def raised(error: BaseException) -> str:
    """Return the kind of an error and what it says, on one line; without the expression that Polars adds."""
    of_key = isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str)
    said = (error.args[0] if of_key else str(error)).partition(_POLARS_ADDS)[0]
    said = " ".join(said.split())
    return f"{type(error).__name__}: {repr(said) if of_key else said}"


def _forget_helpers() -> None:
    """Forget what earlier files of steps imported, so that it is read anew, and seen, when a file imports it again."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_NAME):
            for helper in getattr(module, _HELPERS, ()):
                sys.modules.pop(helper, None)
                package, _dot, last = helper.rpartition(".")
                if package in sys.modules:
                    vars(sys.modules[package]).pop(last, None)


def _reached(module: ModuleType) -> dict[str, ModuleType]:
    """Return the modules that the names in a module lead to: modules, and those that classes and functions come from."""
    found: dict[str, ModuleType] = {}
    waiting = [module]
    while waiting:
        for value in list(vars(waiting.pop()).values()):
            other = value
            if inspect.isclass(value) or inspect.isfunction(value):
                other = sys.modules.get(str(value.__module__))
            if isinstance(other, ModuleType) and other is not module and other.__name__ not in found:
                found[other.__name__] = other
                if _is_users(other):
                    waiting.append(other)
    return found


def _files(modules: Mapping[str, ModuleType]) -> dict[str, Path]:
    """Return the files of the modules that are the user's, by the names of the modules."""
    return {name: Path(str(module.__file__)) for name, module in sorted(modules.items()) if _is_users(module)}


def _is_users(module: ModuleType) -> bool:
    """Return whether a module is a Python file that neither Python, nor an installed package, nor fairlead brought."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py") or not Path(file).is_file():
        return False
    path = Path(file).resolve()
    return not any(part in _INSTALLED for part in path.parts) and not any(
        path.is_relative_to(folder) for folder in _others()
    )


def _others() -> Iterable[Path]:
    """Return the folders of the standard library, of installed packages, and of fairlead."""
    paths = sysconfig.get_paths()
    yield from (Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield Path(__file__).resolve().parent


def _digest(path: Path, helpers: Mapping[str, Path]) -> str:
    """Return the digest of a file, or if it has helpers one over its own and theirs, in the order of their names."""
    named = [part for name in sorted(helpers) for part in (name, digest_file(helpers[name]))]
    return digest_text(digest_file(path), *named) if named else digest_file(path)
