"""From what the models said of the probes to tables of evidence, and from those to measures."""

from collections.abc import Sequence

import polars as pl

from audit.evidence import Evidence
from audit.families import holm
from audit.probes import bbq, crows_pairs, general, identity_table, identity_templates, neutral_texts, winogender
from audit.probes.rates import rate_changes
from audit.probes.tables import Said, sentences_name, table_name
from audit.rates import Chance
from audit.results import Measure, Model
from curate.files import read_parquet
from curate.probes import AskedProbe
from curate.probes.bbq import Bbq
from curate.probes.crows_pairs import CrowsPairs
from curate.probes.general import General
from curate.probes.identity_templates import IdentityTemplates
from curate.probes.neutral_texts import NeutralTexts
from curate.probes.winogender import Winogender
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification


def probe_tables(run: RunDirectory, recipe: Recipe, models: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return the tables of every probe that a model was asked; of a model that has not been asked yet there is nothing in them."""
    record = run.read_manifest().phases.get("predict")
    files = record.files if record is not None else {}
    tables: dict[str, pl.DataFrame] = {}
    for probe in recipe.probes:
        paths = {model: run.probe_predictions(probe.name, model) for model in models}
        said = {model: read_parquet(path) for model, path in paths.items() if str(path.relative_to(run.path)) in files}
        if said:
            tables |= tables_of(probe, read_parquet(run.probe(probe.name)), said, recipe)
    return tables


def tables_of(probe: AskedProbe, items: pl.DataFrame, said: Said, recipe: Recipe) -> dict[str, pl.DataFrame]:
    """Return the tables of one probe."""
    match probe:
        case CrowsPairs():
            return {table_name(probe): crows_pairs.table(probe, items, said)}
        case Bbq():
            return {table_name(probe): bbq.table(probe, items, said)}
        case Winogender():
            return {table_name(probe): winogender.table(probe, items, said)}
        case General():
            return {table_name(probe): general.table(probe, items, said)}
        case NeutralTexts():
            return {table_name(probe): neutral_texts.table(probe, items, said)}
        case IdentityTemplates():
            assert isinstance(recipe.task, Classification)
            rows = identity_table.table(probe, items, said, recipe.task.positive)
            sentences = identity_table.sentence_table(probe, rows, list(said))
            return {table_name(probe): rows, sentences_name(probe): sentences}


def probe_measures(evidence: Evidence, recipe: Recipe, models: tuple[Model, ...], chance: Chance) -> list[Measure]:
    """Return every measure of every probe, with the change from base to tuned; see `_tested` for the tests."""
    found: list[Measure] = []
    for probe in recipe.probes:
        if table_name(probe) in evidence.tables:
            asked = [model for model in models if f"{model}_scored" in evidence.tables[table_name(probe)].columns]
            mine = [measure for model in asked for measure in _of_model(evidence, probe, model, chance)]
            mine += general.guessing(evidence, probe, asked) if isinstance(probe, General) else []
            both = {"base", "tuned"} <= set(asked)
            changes = _changes(evidence, probe, mine, chance) if both else []
            found += [measure.model_copy(update={"probe": probe.name}) for measure in (*mine, *_tested(probe, changes))]
    return found


def _tested(probe: AskedProbe, changes: Sequence[Measure]) -> list[Measure]:
    """Correct the tests of a probe's changes: those over all items are one family, those of single groups another."""
    whole, groups = ([change for change in changes if (change.group is None) == is_whole] for is_whole in (True, False))
    family = f"base against tuned, probe {probe.name}"
    return [*holm(whole, family), *holm(groups, f"{family}, group by group")]


def _of_model(evidence: Evidence, probe: AskedProbe, model: Model, chance: Chance) -> list[Measure]:
    match probe:
        case CrowsPairs():
            return crows_pairs.measures(evidence, probe, model, chance)
        case Bbq():
            return bbq.measures(evidence, probe, model, chance)
        case Winogender():
            return winogender.measures(evidence, probe, model, chance)
        case General():
            return general.measures(evidence, probe, model, chance)
        case NeutralTexts():
            return neutral_texts.measures(evidence, probe, model, chance)
        case IdentityTemplates():
            return identity_templates.measures(evidence, probe, model, chance)


def _changes(evidence: Evidence, probe: AskedProbe, mine: Sequence[Measure], chance: Chance) -> list[Measure]:
    by_id = {measure.id: measure for measure in mine}
    match probe:
        case CrowsPairs():
            return rate_changes(evidence, mine, chance)
        case Bbq():
            rates = [measure for measure in mine if measure.metric != "biased_answers" or measure.group is not None]
            return [*rate_changes(evidence, rates, chance), *bbq.changes(evidence, probe, by_id, chance)]
        case Winogender():
            return [*rate_changes(evidence, mine, chance), *winogender.changes(evidence, probe, by_id, chance)]
        case General():
            return general.changes(evidence, probe, mine, chance)
        case NeutralTexts():
            pair = by_id["base.neutral_bits_per_byte"], by_id["tuned.neutral_bits_per_byte"]
            return neutral_texts.changes(evidence, probe, *pair, chance)
        case IdentityTemplates():
            by_term = [measure for measure in mine if measure.group is not None]
            return [
                *rate_changes(evidence, by_term, chance),
                *identity_templates.changes(evidence, probe, by_id, chance),
            ]
