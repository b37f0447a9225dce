"""Who made a stored audit: this version of fairlead with these packages, with others, or another version; and what that excuses."""

from dataclasses import dataclass

from audit.__main__ import audit_key
from audit.provenance import AUDIT_PACKAGES, packages_of
from audit.results import Audit
from audit.run import no_audit
from curate.packages import package_versions
from curate.store import RunDirectory


@dataclass(frozen=True)
class Maker:
    """Whether the same fairlead, and the same packages, made an audit; `hint` says what to do about a difference.

    `differing` says what was made otherwise. A number that was resampled may differ for that alone; it is told as different
    even so, because versions can be forged and a number that does not come out again is not verified.
    """

    same_fairlead: bool
    same_packages: bool
    hint: str
    differing: tuple[str, ...] = ()


def maker_of(run: RunDirectory, stored: Audit) -> Maker:
    """Return who made an audit, by the key that the manifest has of it. Raises `UserError` for a run without an audit."""
    manifest = run.read_manifest()
    if "audit" not in manifest.phases:
        raise no_audit(run)
    anew = f"remove {run.report} and run 'fairlead audit {run.path}' to make it anew"
    key, packages = manifest.phases["audit"].key, packages_of(stored)
    if key == audit_key(run):
        return Maker(same_fairlead=True, same_packages=True, hint=f"the audit was changed after it was made; {anew}")
    if key == audit_key(run, packages):
        others = _others(packages)
        line = f"audit: it was made with {others}; a number that is resampled may come out otherwise for that alone"
        hint = f"verify with the packages that made it ({others}), or {anew}"
        return Maker(same_fairlead=True, same_packages=False, hint=hint, differing=(line,))
    line = "audit: by its key another version of fairlead made it, whose sentences may read otherwise"
    hint = f"verify with the version that made it, or {anew}"
    return Maker(same_fairlead=False, same_packages=False, hint=hint, differing=(line,))


def _others(packages: dict[str, str]) -> str:
    """Return the packages of other versions than those here: `numpy 2.3.0 (here 2.4.6)`."""
    here = package_versions(AUDIT_PACKAGES)
    names = sorted({*packages, *here})
    return ", ".join(
        f"{name} {packages.get(name, 'not there')} (here {here.get(name, 'not there')})"
        for name in names
        if packages.get(name) != here.get(name)
    )
