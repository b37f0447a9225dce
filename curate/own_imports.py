"""The user's modules that a file of steps needs: those that its names lead to, and those that its source imports, late or not."""

import ast
import inspect
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_INSTALLED = ("site-packages", "dist-packages")


def imported_files(file: Path) -> dict[str, Path]:
    """Return the files of the user's that a source file imports anywhere, also inside a function, and what these import.

    They are found without being run, by the names of their modules. What is imported by a name that the program makes is not seen.
    """
    found: dict[str, Path] = {}
    waiting = [("", file)]
    while waiting:
        package, path = waiting.pop()
        for name in dict.fromkeys(_imported_names(path, package)):
            for module, origin in _origins(name):
                if module not in found and _is_users(origin):
                    found[module] = origin
                    inside = module if origin.name == "__init__.py" else module.rpartition(".")[0]
                    waiting.append((inside, origin))
    return dict(sorted(found.items()))


def _imported_names(file: Path, package: str) -> Iterator[str]:
    """Yield what a source file imports, as dotted names; `from a import b` may be the module `a.b`."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return  # it is told when the file is run
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join(filter(None, [*above, node.module]))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _origins(name: str) -> Iterator[tuple[str, Path]]:
    """Yield the modules on the way to a dotted name, each with its file, as far as there are files."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return
    folders: list[str] | None = None
    module = ""
    for part in name.split("."):
        module = f"{module}.{part}" if module else part
        spec: ModuleSpec | None = PathFinder.find_spec(module, folders)
        if spec is None:
            return
        if spec.origin is not None and spec.origin.endswith(".py") and Path(spec.origin).is_file():
            yield module, Path(spec.origin)
        if spec.submodule_search_locations is None:
            return
        folders = list(spec.submodule_search_locations)


def reached_modules(module: ModuleType) -> dict[str, ModuleType]:
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
                if _is_users_module(other):
                    waiting.append(other)
    return found


def files_of_modules(modules: Mapping[str, ModuleType]) -> dict[str, Path]:
    """Return the files of the modules that are the user's, by the names of the modules."""
    return {name: Path(str(module.__file__)) for name, module in sorted(modules.items()) if _is_users_module(module)}


def _is_users_module(module: ModuleType) -> bool:
    """Return whether a module is a Python file that neither Python, nor an installed package, nor fairlead brought."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py") or not Path(file).is_file():
        return False
    return _is_users(Path(file))


def _is_users(file: Path) -> bool:
    """Return whether a file is of neither Python, nor an installed package, nor fairlead."""
    path = file.resolve()
    return not any(part in _INSTALLED for part in path.parts) and not any(
        path.is_relative_to(folder) for folder in _others()
    )


def _others() -> Iterable[Path]:
    """Return the folders of the standard library, of installed packages, and of fairlead."""
    paths = sysconfig.get_paths()
    yield from (Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield Path(__file__).resolve().parent
