"""The versions of installed packages, which results depend on. Each is looked up once: a package's metadata are read for it."""

from collections.abc import Iterable
from functools import cache
from importlib import metadata


@cache
def package_version(name: str) -> str | None:
    """Return the version of a package; None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the installed packages among `names`."""
    found = {name: package_version(name) for name in names}
    return {name: version for name, version in found.items() if version is not None}
