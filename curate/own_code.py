"""The code of the user's own steps: the file run as a module, and its digest with those of the user's modules that it imports."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import invalidate_caches
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from curate.errors import Mistake, UserError
from curate.files import digest_file, digest_text
from curate.own_errors import raised, where_raised
from curate.own_imports import files_of_modules, imported_files, reached_modules

_NAME = "own_steps_"
_HELPERS = "__helpers__"
"""The attribute of the module that holds the names of what its file imported, so that another run of it imports them again."""
_FOLDER = "__added_folder__"
"""The attribute that holds the folder from which its helpers are imported, if it was added for it."""


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
    folder = str(path.absolute().parent)
    added = folder not in sys.path
    if added:
        sys.path.append(folder)  # at the end, so that a file beside the steps hides no package
    before = set(sys.modules)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UserError(Mistake(where_raised(error, path), raised(error), "mend the file")) from error
    finally:
        after = {name: found for name, found in sys.modules.items() if name not in before and name != spec.name}
        new = files_of_modules(after) | imported_files(path)
        setattr(module, _HELPERS, tuple(name for name in new if name not in before))
        setattr(module, _FOLDER, folder if added else None)
    return OwnCode(module, _digest(path, files_of_modules(reached_modules(module)) | new))


def _forget_helpers() -> None:
    """Forget what earlier files of steps imported, so that it is read anew, and seen, when a file imports it again."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_NAME):
            if (folder := getattr(module, _FOLDER, None)) in sys.path:
                sys.path.remove(folder)
            for helper in getattr(module, _HELPERS, ()):
                sys.modules.pop(helper, None)
                package, _dot, last = helper.rpartition(".")
                if package in sys.modules:
                    vars(sys.modules[package]).pop(last, None)


def _digest(path: Path, helpers: Mapping[str, Path]) -> str:
    """Return the digest of a file, or if it has helpers one over its own and theirs, in the order of their names."""
    named = [part for name in sorted(helpers) for part in (name, digest_file(helpers[name]))]
    return digest_text(digest_file(path), *named) if named else digest_file(path)
