"""Who got better and who got worse: the rows that one model alone has right, over all rows and by group, and McNemar's test."""

from collections.abc import Sequence

from audit import resampling
from audit.evidence import Evidence
from audit.rates import Equals
from audit.results import Measure, Selection
from audit.slugs import join, slug, slugs
from curate.groups import group_column

BOTH = Equals({"labelled": True, "both_answered": True})


def mcnemar_measures(evidence: Evidence) -> list[Measure]:
    """Return how many rows each model alone has right, and the exact test of whether the two numbers differ."""
    selection = Selection(table="predictions", equals=BOTH)
    worse, better = (_count(evidence, "", selection, kind) for kind in ("worse", "better"))
    p_value = resampling.mcnemar_p(worse.numerator or 0, better.numerator or 0)
    test = Measure(
        id="mcnemar",
        title="Base against tuned on the same rows",
        metric="mcnemar",
        value=p_value,
        p_value=p_value,
        n=worse.n,
        parts=(worse.id, better.id),
        test=f"exact McNemar on {(worse.numerator or 0) + (better.numerator or 0)} rows where one alone is right",
    )
    return [test, worse, better]


def _count(evidence: Evidence, name: str, selection: Selection, kind: str, **values: str) -> Measure:
    hits: Equals = {"change": kind}
    count = evidence.count(Selection(table="predictions", equals={**selection.equals, **hits}))
    who = f", {values['attribute']}: {values['group']}" if values else ""
    said = "tuned right and base wrong" if kind == "better" else "base right and tuned wrong"
    return Measure(
        id=join(("change", kind, name)),
        title=f"Rows that got {kind} ({said}){who}",
        metric=kind,
        value=float(count),
        numerator=count,
        n=evidence.count(selection),
        selection=selection,
        hits=hits,
        **values,
    )


def better_or_worse(evidence: Evidence, attributes: Sequence[str]) -> list[Measure]:
    """Return for every group how many of its rows got better and how many worse."""
    measures = []
    for attribute in attributes:
        for group, word in slugs(evidence.groups("predictions", attribute)).items():
            selection = Selection(table="predictions", equals={**BOTH, group_column(attribute): group})
            measures += [
                _count(evidence, join((slug(attribute), word)), selection, kind, attribute=attribute, group=group)
                for kind in ("better", "worse")
            ]
    return measures
