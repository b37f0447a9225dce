"""The versions of installed packages."""

from importlib import metadata

from curate.packages import package_version, package_versions


def test_versions_are_those_of_what_is_installed():
    assert package_version("polars") == metadata.version("polars")
    assert package_version("no-such-package") is None
    assert package_versions(["polars", "no-such-package"]) == {"polars": metadata.version("polars")}
