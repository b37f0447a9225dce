"""The report's sections in the order in which a reviewer with ten minutes should meet them."""

from audit.report.choosing import without_probes, without_seeds
from audit.report.content import Section, shown_ids
from audit.report.sections import (
    account,
    associations,
    certainty,
    closing,
    counterfactual,
    curation,
    forgetting,
    groups,
    instrument,
    mentions,
    models,
    near_duplicates,
    outcomes,
    outside,
    probes,
    representation,
    slices,
    training,
    waterfall,
)
from audit.results import Audit


def sections_of(audit: Audit) -> tuple[Section, ...]:
    """Return every section that this audit has something to say in; no measure is left out."""
    found: list[Section] = [outcomes.section(audit), account.section(audit)]
    rows = without_seeds(without_probes(audit))
    optional = (
        curation.section(rows),
        counterfactual.section(rows),
        near_duplicates.section(rows),
        mentions.section(rows),
        representation.section(rows),
        waterfall.section(rows),
        associations.section(rows),
        models.section(rows),
        certainty.section(rows),
        slices.section(rows),
        groups.section(rows),
        outside.section(audit),
        forgetting.section(audit),
        probes.section(audit),
        training.section(audit),
    )
    found.extend(section for section in optional if section is not None)
    shown = {name for section in found for name in shown_ids(section.blocks)}
    remaining = closing.other_measures(audit, tuple(m for m in audit.measures if m.id not in shown))
    if remaining is not None:
        found.append(remaining)
    checked = instrument.section(audit)
    more = (checked,) if checked is not None else ()
    return (*found, closing.cautions(audit), closing.definitions(audit), *more, closing.provenance(audit))
