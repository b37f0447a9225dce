"""Who made a stored audit, by its key: this fairlead with these packages, with others, or nobody that this fairlead can judge."""

from dataclasses import dataclass

from audit.__main__ import audit_key
from audit.provenance import AUDIT_PACKAGES, packages_of
from audit.results import Audit
from audit.run import no_audit
from curate import __version__
from curate.errors import Mistake
from curate.findings import Findings
from curate.packages import package_versions
from curate.store import RunDirectory


@dataclass(frozen=True)
class Maker:
    """Whether another fairlead, or other packages, made an audit; `hint` says what to do about a difference.

    `found` says what follows of that alone. A key that is not known is a mistake, whatever version the run names: versions can
    be forged, and an audit whose sentences cannot be judged is not verified. A number that was resampled with other packages
    may differ for that alone; it is told as different even so.
    """

    hint: str
    found: Findings
    other_fairlead: bool = False
    other_packages: bool = False


def maker_of(run: RunDirectory, stored: Audit) -> Maker:
    """Return who made an audit, by the key that the manifest has of it. Raises `UserError` for a run without an audit."""
    manifest = run.read_manifest()
    if "audit" not in manifest.phases:
        raise no_audit(run)
    anew = f"remove {run.report} and run 'fairlead audit {run.path}' to make it anew"
    key, packages = manifest.phases["audit"].key, packages_of(stored)
    if key == audit_key(run):
        return Maker(f"the audit was changed after it was made; {anew}", Findings())
    if key == audit_key(run, packages):
        others = _others(packages)
        line = f"audit: it was made with {others}; a number that is resampled may come out otherwise for that alone"
        hint = f"verify with the packages that made it ({others}), or {anew}"
        return Maker(hint, Findings(not_judged=(line,)), other_packages=True)
    if manifest.fairlead == __version__:
        what = f"the key of the audit is of none that fairlead {__version__}, which the run names, makes of these files"
        return Maker(anew, Findings(mistakes=(Mistake(str(run.manifest), what, anew),)))
    what = f"by its key no fairlead {__version__} made the audit: what another one wrote cannot be judged by this one"
    hint = f"verify with the fairlead that made it (the run names {manifest.fairlead}), or {anew}"
    return Maker(hint, Findings(mistakes=(Mistake(str(run.manifest), what, hint),)), other_fairlead=True)


def _others(packages: dict[str, str]) -> str:
    """Return the packages of other versions than those here: `numpy 2.3.0 (here 2.4.6)`."""
    here = package_versions(AUDIT_PACKAGES)
    names = sorted({*packages, *here})
    return ", ".join(
        f"{name} {packages.get(name, 'not there')} (here {here.get(name, 'not there')})"
        for name in names
        if packages.get(name) != here.get(name)
    )
