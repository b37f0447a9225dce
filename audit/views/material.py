"""What a view is made from (the audit of a run, its recipe and manifest, its kept rows), and how its pages are put together.

A view shows measures of the audit, each with its id, and says where only a person can write.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.card_sections import Exported
from audit.intervals import Count
from audit.report.content import Section
from audit.report.markdown import escaped, sections_markdown
from audit.results import Audit, Measure
from curate.errors import Mistake, UserError
from curate.manifest import Manifest
from curate.recipe import Recipe

PERSON = "A person must write this."


@dataclass(frozen=True)
class Material:
    """An audit, and the run that it is of with its rows."""

    audit: Audit
    data: Exported

    @property
    def recipe(self) -> Recipe:
        """The recipe with every default filled in."""
        return self.data.recipe

    @property
    def manifest(self) -> Manifest:
        """The manifest of the run."""
        return self.data.manifest

    @property
    def side(self) -> str:
        """The side whose rows were predicted: `test`, or `all` where the recipe does not split."""
        return "test" if self.recipe.split is not None else "all"

    def measure(self, name: str) -> Measure:
        """Return the measure of an id that is known to be there."""
        return next(measure for measure in self.audit.measures if measure.id == name)

    def lacks(self, what: str, hint: str) -> UserError:
        """Return the error for a view that this run cannot give."""
        return UserError(Mistake(str(self.data.run.path), what, hint))


def count_of(rate: Measure) -> Count:
    """Return the count behind a rate."""
    assert rate.numerator is not None, f"{rate.id} is no rate"
    return Count(rate.numerator, rate.n)


def person(what: str) -> str:
    """Return that a person must write something, and what."""
    return f"{PERSON} {what}"


def document(material: Material, title: str, lead: str, sections: Sequence[Section]) -> str:
    """Return a document in Markdown; every word of it is escaped."""
    manifest = material.manifest
    made = (
        f"Made by fairlead {manifest.fairlead} from the run {manifest.name}. Every figure comes from the audit of that run; the id "
        "beside it is for “fairlead trace RUN ID”, which recomputes it from its rows. This is evidence for a person who decides."
    )
    parts = [f"# {escaped(title)}", escaped(lead), escaped(made), *sections_markdown(sections)]
    return "\n\n".join(parts) + "\n"
