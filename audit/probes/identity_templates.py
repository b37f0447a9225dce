"""Identity templates: whether a classifier answers by the word that names a group of people.

The phrases of a sentence are read by the same model, so the sentences and not the rows are drawn again for intervals. The score of
a row is the probability of the task's positive labels among all labels; `toxic` is the truth.
Source: Dixon et al. 2018, Measuring and Mitigating Unintended Bias in Text Classification; Borkan et al. 2019, Nuanced Metrics for
Measuring Unintended Bias, section 3 (subgroup, BPSN and BNSP AUC).
"""

from collections.abc import Mapping

import polars as pl

from audit import metrics, resampling
from audit.changes import change_of
from audit.evidence import Evidence
from audit.model_rates import named
from audit.probes.ranking import auc_interval, ranking_of, with_auc_change
from audit.probes.rates import measure_id, probe_rate, tied, unscored, whole_and_groups
from audit.probes.sentences import by_sentence, difference_interval, with_change, with_interval
from audit.probes.tables import sentences_name, table_name
from audit.rates import Chance, Rate
from audit.resampling import Floats
from audit.results import Measure, Model, Selection
from audit.selecting import groups_in
from audit.slugs import slugs
from curate.probes.identity_templates import IdentityTemplates

MAJORITY = "over the sentences in which one answer is commoner than every other"
AUC_TITLES = {
    "probe_auc": "AUC",
    "probe_subgroup_auc": "Subgroup AUC",
    "probe_bpsn_auc": "BPSN AUC",
    "probe_bnsp_auc": "BNSP AUC",
}
ROWS_OF = {"probe_subgroup_auc": "group_term", "probe_bpsn_auc": "bpsn", "probe_bnsp_auc": "bnsp"}
"""The column that lists the terms for whose AUC a row counts."""
OVER_ROWS = ("positive_answers", "probe_false_positive_rate", "minority_answer")


def measures(evidence: Evidence, probe: IdentityTemplates, model: Model, chance: Chance) -> list[Measure]:
    """Return AUCs, false positives and odd answers, over all and by term; pairs with different answers; what was not scored."""
    false_positive = probe_rate(
        probe,
        model,
        "probe_false_positive_rate",
        "False positive rate",
        hits={f"{model}_positive": True},
        equals={f"{model}_answered": True, "toxic": False},
        nothing="no sentence here is truly negative",
    )
    odd = probe_rate(
        probe,
        model,
        "minority_answer",
        "Another answer than most phrases",
        hits={f"{model}_differs": True},
        equals={f"{model}_majority": True},
        nothing="no sentence has one answer that is commoner than every other",
    )
    positive = probe_rate(
        probe,
        model,
        "positive_answers",
        "Positive answers",
        hits={f"{model}_positive": True},
        equals={f"{model}_answered": True},
    )
    wrong, differing = (_over_sentences(evidence, probe, rate, chance) for rate in (false_positive, odd))
    return [
        *auc_measures(evidence, probe, model, chance),
        _over_sentences(evidence, probe, positive, chance)[0],
        *wrong,
        *(measure for inside in wrong[1:] for measure in _against_rest(evidence, probe, inside, chance)),
        _flips(evidence, probe, model, chance),
        differing[0].model_copy(update={"note": MAJORITY}),
        *differing[1:],
        tied(evidence, probe, model, chance),
        unscored(evidence, probe, model, chance),
    ]


def _over_sentences(evidence: Evidence, probe: IdentityTemplates, rate: Rate, chance: Chance) -> list[Measure]:
    """Return a rate over all rows and by term; of a term each sentence has one row, over all the sentences are drawn again."""
    whole, *by_term = whole_and_groups(evidence, rate, ("term",), chance)
    return [with_interval(whole, by_sentence(evidence.tables[table_name(probe)], whole), chance), *by_term]


def _against_rest(evidence: Evidence, probe: IdentityTemplates, inside: Measure, chance: Chance) -> list[Measure]:
    """Return the rate of the other terms, and how far a term's rate is above it."""
    table = evidence.tables[table_name(probe)]
    assert inside.selection is not None
    equals = {"not_term" if key == "group_term" else key: value for key, value in inside.selection.equals.items()}
    selection = Selection(table=inside.selection.table, equals=equals)
    rows = evidence.select(selection)
    hits = metrics.hits_in(rows, inside.hits)
    rest = inside.model_copy(
        update={
            "id": f"{inside.id}.rest", "title": f"{inside.title}: all but it", "compare": "rest", "selection": selection,
            "n": len(rows), "numerator": hits, "value": hits / len(rows) if len(rows) else None,
            "undefined": "" if len(rows) else "there is no other term", "interval": None,
        }
    )  # fmt: skip
    rest = with_interval(rest, by_sentence(table, rest), chance)
    apart = inside.model_copy(
        update={
            "id": f"{inside.id}.difference", "title": f"{inside.title}, less the rest", "compare": "difference",
            "parts": (inside.id, rest.id), "n": inside.n + rest.n, "numerator": None, "selection": None, "hits": {},
            "undefined": inside.undefined or rest.undefined, "interval": None,
        }
    )  # fmt: skip
    value = metrics.combine(apart, [inside.value, rest.value])
    interval = (
        difference_interval(by_sentence(table, inside), by_sentence(table, rest), chance.draws(apart.id))
        if value is not None
        else None
    )
    return [rest, apart.model_copy(update={"value": value, "interval": interval})]


def auc_measures(evidence: Evidence, probe: IdentityTemplates, model: Model, chance: Chance) -> list[Measure]:
    """Return the AUC over all rows, and for every term its subgroup, BPSN and BNSP AUC."""
    found = [_auc(evidence, probe, model, chance)]
    for metric in ROWS_OF:
        found += [_auc(evidence, probe, model, chance, metric=metric, term=term) for term in terms_of(evidence, probe)]
    return found


def _auc(
    evidence: Evidence,
    probe: IdentityTemplates,
    model: Model,
    chance: Chance,
    *,
    metric: str = "probe_auc",
    term: str | None = None,
) -> Measure:
    group = {ROWS_OF[metric]: term} if term else {}
    selection = Selection(table=table_name(probe), equals={f"{model}_scored": True, **group})
    rows = evidence.select(selection)
    words = ("term", slugs(terms_of(evidence, probe))[term]) if term else ()
    measure = Measure(
        id=measure_id(probe, model, metric, *words),
        title=f"{AUC_TITLES[metric]}, {probe.name}, {named(model)}{f', term: {term}' if term else ''}",
        metric=metric,
        model=model,
        attribute="term" if term else None,
        group=term,
        n=len(rows),
        selection=selection,
    )
    value = metrics.value_of(measure, rows)
    if value is None:
        return measure.model_copy(update={"undefined": "there are no toxic rows here, or no others"})
    interval = auc_interval(ranking_of(rows, model), chance.draws(measure.id))
    note = "" if interval is not None else resampling.NO_SPREAD
    return measure.model_copy(update={"value": value, "interval": interval, "note": note})


def _flips(evidence: Evidence, probe: IdentityTemplates, model: Model, chance: Chance) -> Measure:
    """Return how often two phrases in the same sentence get different answers."""
    name = sentences_name(probe)
    rows = evidence.tables[name]
    measure = Measure(
        id=measure_id(probe, model, "flip_rate"),
        title=f"Pairs of phrases with different answers, {probe.name}, {named(model)}",
        metric="flip_rate",
        model=model,
        n=len(rows),
        selection=Selection(table=name),
        note=f"over {int(rows[f'{model}_pairs'].sum()):,} pairs of phrases; n counts sentences",
    )
    value = metrics.value_of(measure, rows)
    if value is None:
        return measure.model_copy(update={"undefined": "no sentence has two answered phrases"})
    return with_interval(measure.model_copy(update={"value": value}), _pairs(rows, model), chance)


def _pairs(sentences: pl.DataFrame, model: str) -> Floats:
    return sentences.select(pl.col(f"{model}_differing", f"{model}_pairs").cast(pl.Float64)).to_numpy()


def changes(
    evidence: Evidence, probe: IdentityTemplates, found: Mapping[str, Measure], chance: Chance
) -> list[Measure]:
    """Return the changes of the AUCs, of the pairs with different answers, and of the rates over all rows."""
    table, sentences = evidence.tables[table_name(probe)], evidence.tables[sentences_name(probe)]
    made = []
    for base in [measure for measure in found.values() if measure.model == "base" and measure.compare is None]:
        tuned = found[base.id.replace("base.", "tuned.", 1)]
        change = change_of(base, tuned)
        if base.metric == "flip_rate":
            made.append(with_change(change, _pairs(sentences, "base"), _pairs(sentences, "tuned"), chance))
        elif base.metric in OVER_ROWS and base.group is None:
            made.append(with_change(change, by_sentence(table, base), by_sentence(table, tuned), chance))
        elif base.metric in AUC_TITLES and change.value is not None:
            assert base.selection is not None
            rows = evidence.select(base.selection).filter("tuned_scored")
            made.append(with_auc_change(change, ranking_of(rows, "base"), ranking_of(rows, "tuned"), chance))
        elif base.metric in AUC_TITLES:
            made.append(change)
    return made


def terms_of(evidence: Evidence, probe: IdentityTemplates) -> tuple[str, ...]:
    """Return the phrases that name groups, by name."""
    return groups_in(evidence.tables[table_name(probe)], "group_term")
