"""From a run directory to its audit: reads what the other phases wrote, computes every measure, judges the gates."""

from collections.abc import Sequence

from audit.attributes import SLICES, attributes
from audit.attrition import attrition_measures
from audit.augmentation import augmentation_measures, guarded_steps
from audit.better_or_worse import better_or_worse, mcnemar_measures
from audit.calibration import certainty_measures
from audit.cautions import broken_instrument, cautions_of, small_losses
from audit.classification import baseline_measures, baseline_rate, classification_measures
from audit.comparison import comparison_measures
from audit.counterfactual import swap_measures, swaps_of
from audit.edges import edges_of
from audit.evidence import Evidence, collect
from audit.examples import examples_of
from audit.fairness import fairness_measures
from audit.families import holm_apart
from audit.few_shot import choice_of, few_shot_measures
from audit.gates import judge
from audit.generation import generation_measures
from audit.impact_ratios import label_ratios, model_ratios, scoring_measures
from audit.label_associations import label_associations
from audit.label_shift import label_shift_measures
from audit.local_law_144 import ll144_ratios
from audit.losses import alarms_of, unreadable
from audit.model_rates import by_default
from audit.near_duplicates import near_duplicate_measures, near_duplicates_of
from audit.one_answer import in_words, one_answers
from audit.outside import outside_measures
from audit.probes.run import probe_measures
from audit.provenance import accounts_of, crossings_of, provenance_of, split_of, unsure_of
from audit.quotient_changes import quotient_changes
from audit.ranking import ranking_changes
from audit.rates import Chance, plain_groups
from audit.reference import reference_measures
from audit.representation import representation_measures
from audit.results import Audit, Measure, Model
from audit.seeds import seed_measures
from audit.self_checks import self_checks
from audit.slices import slice_measures
from audit.text_quality import text_measures
from audit.training import training_of
from audit.vocabulary import as_given
from audit.waterfall import waterfall_measures
from audit.word_associations import lexicons_of, word_associations
from curate.audit_settings import FORGETTING_METRICS
from curate.errors import Mistake, UserError
from curate.few_shot import FewShotChoice
from curate.groups import group_column
from curate.losses import losses_of
from curate.many_groups import check_number_of_groups
from curate.recipe import Recipe, fitting_metrics
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.task import Classification

MODELS: tuple[Model, ...] = ("base", "tuned", "given")


def models_of(run: RunDirectory, recipe: Recipe) -> tuple[Model, ...]:
    """Return the models whose predictions a run holds, after checking the digests of those files."""
    if isinstance(recipe.task, Classification) and recipe.task.given:
        return tuple(model for model in MODELS if model in recipe.task.given)
    if recipe.train is None or "predict" not in run.read_manifest().phases:
        return ()
    files = run.check_phase("predict").files
    return tuple(model for model in MODELS if str(run.predictions(model).relative_to(run.path)) in files)


def evidence_of(run: RunDirectory) -> tuple[Recipe, tuple[Model, ...], Evidence]:
    """Return a run's recipe, the models that were asked, and the tables on which every measure is a set of equalities."""
    run.check_phase("curate")
    recipe = load_finished(run.recipe)
    models = models_of(run, recipe)
    return recipe, models, collect(run, recipe, models)


def audit_run(run: RunDirectory) -> Audit:
    """Compute the audit of a finished run."""
    check_number_of_groups(run, load_finished(run.recipe))
    recipe, models, evidence = evidence_of(run)
    settings, lost, checks = recipe.audit, losses_of(run, recipe), self_checks()
    chance = Chance(settings.confidence, settings.replicates, recipe.seed, settings.minimum_group_size)
    alarms, largest = alarms_of(lost, recipe, evidence, chance)
    steps = accounts_of(run)
    alarmed, unread = unreadable(steps, recipe)
    chosen = choice_of(run, models)
    measures = [*data_measures(run, recipe, evidence, chance), *largest]
    measures += model_measures(evidence, recipe, models, chance)
    measures += more_of_models(evidence, recipe, models, measures, chosen, chance=chance)
    alike = one_answers(evidence.tables.get("predictions"), models)
    by_id = {measure.id: measure for measure in measures}
    assert len(by_id) == len(measures), "two measures have the same id"
    found = Audit(
        name=run.read_manifest().name,
        task=recipe.task.kind,
        models=models,
        confidence=settings.confidence,
        minimum_group_size=settings.minimum_group_size,
        overlapping=overlapping(evidence, recipe),
        steps=steps,
        measures=tuple(measures),
        verdicts=tuple(judge(recipe, by_id)),
        examples=examples_of(run, recipe),
        cautions=(
            *broken_instrument(checks),
            *unread,
            *cautions_of(run, recipe, models, evidence, measures),
            *map(in_words, alike),
            *small_losses(lost, recipe),
        ),
        split=split_of(run),
        crossings=crossings_of(run),
        not_all_compared=unsure_of(run),
        guarded=guarded_steps(recipe),
        references={attribute: reference.source for attribute, reference in settings.reference.items()},
        alarms=(*alarmed, *alarms),
        near_duplicates=near_duplicates_of(run, recipe),
        edges=edges_of(run, recipe),
        self_checks=checks,
        swaps=swaps_of(run, recipe, evidence),
        probes=run.read_manifest().probes,
        outside=run.read_manifest().outside,
        training=training_of(run),
        few_shot=chosen,
        one_answers=alike,
        provenance=provenance_of(run, recipe),
    )
    return as_given(found)


def more_of_models(
    evidence: Evidence,
    recipe: Recipe,
    models: tuple[Model, ...],
    found: Sequence[Measure],
    chosen: FewShotChoice | None,
    *,
    chance: Chance,
) -> list[Measure]:
    """Return the measures of models beside those of the test rows: elsewhere, probes, other seeds, examples in the prompt."""
    return [
        *outside_measures(evidence, recipe, models, found, chance),
        *probe_measures(evidence, recipe, models, chance),
        *seed_measures(evidence, recipe, chance),
        *few_shot_measures(evidence, chosen, _asked(recipe), chance),
    ]


def data_measures(run: RunDirectory, recipe: Recipe, evidence: Evidence, chance: Chance) -> list[Measure]:
    """Return every measure of the data and of its curation."""
    found = [
        *representation_measures(evidence, recipe, chance),
        *label_ratios(evidence, recipe, chance),
        *reference_measures(evidence, recipe, chance),
        *waterfall_measures(evidence, recipe, chance),
        *label_associations(evidence, recipe, chance),
        *word_associations(evidence, recipe, lexicons_of(run, recipe), chance),
        *attrition_measures(evidence, recipe, chance),
        *augmentation_measures(evidence, recipe, chance),
        *near_duplicate_measures(evidence, recipe, chance),
        *swap_measures(evidence, recipe, chance),
    ]
    rates = [measure for measure in found if measure.metric == "label_rate"]
    return [*found, *label_shift_measures(evidence, recipe, rates, chance)]


def overlapping(evidence: Evidence, recipe: Recipe) -> tuple[str, ...]:
    """Return the attributes whose groups share rows."""
    curation = evidence.tables["curation"]
    return tuple(
        attribute for attribute in attributes(recipe) if (curation[group_column(attribute)].list.len() > 1).any()
    )


def model_measures(evidence: Evidence, recipe: Recipe, models: tuple[Model, ...], chance: Chance) -> list[Measure]:
    """Return every measure of every model, and the comparison where base and tuned were both asked."""
    if not models:
        return []
    asked = _asked(recipe)
    if not isinstance(recipe.task, Classification):
        by = attributes(recipe)
        written = [measure for model in models for measure in text_measures(evidence, model, by, asked, chance)]
        written += [measure for model in models for measure in generation_measures(evidence, model, chance)]
        cut = slice_measures(evidence, recipe, models, None, chance) if "loss" in asked else []
        return [*written, *cut, *_changes(evidence, recipe, [*written, *cut], models, chance)]
    measures, always = baseline_measures(evidence, chance), baseline_rate(evidence)
    measures += [
        found for attribute in attributes(recipe) for found in plain_groups(evidence, always, attribute, chance)
    ]
    for model in models:
        measures += classification_measures(evidence, recipe, model, asked, chance)
        measures += generation_measures(evidence, model, chance)
        fair = fairness_measures(evidence, recipe, model, asked, chance)
        measures += holm_apart(fair, f"every metric of the {model} answers")
        measures += certainty_measures(evidence, recipe, model, asked, chance)
        measures += scoring_measures(evidence, recipe, model, asked, chance)
        measures += model_ratios(evidence, recipe, model, measures, chance)
        measures += ll144_ratios(evidence, recipe, model, measures, chance)
    changes = _changes(evidence, recipe, measures, models, chance)
    return [*measures, *changes, *_of_slices(evidence, recipe, models, chance)]


def _of_slices(evidence: Evidence, recipe: Recipe, models: tuple[Model, ...], chance: Chance) -> list[Measure]:
    """Return the accuracy of each model in every slice of the test rows, and its changes."""
    found = slice_measures(evidence, recipe, models, baseline_rate(evidence), chance)
    if not found or not {"base", "tuned"} <= set(models):
        return found
    return [*found, *comparison_measures(evidence, (SLICES,), found, chance, one_by_one="slice by slice")]


def _asked(recipe: Recipe) -> tuple[str, ...]:
    """Return the metrics that the recipe lists (all that fit, if it lists none) or a gate needs."""
    listed = by_default(fitting_metrics(recipe.task)) if recipe.audit.metrics is None else recipe.audit.metrics
    by_law = ("selection_rate",) if recipe.audit.ll144 is not None else ()
    gated = (gate.metric for gate in recipe.audit.gates if gate.metric not in FORGETTING_METRICS)
    return tuple(dict.fromkeys((*listed, *gated, *by_law)))


def _changes(
    evidence: Evidence, recipe: Recipe, found: list[Measure], models: tuple[Model, ...], chance: Chance
) -> list[Measure]:
    if not {"base", "tuned"} <= set(models):
        return []
    changes = quotient_changes(evidence, found, chance)
    if not isinstance(recipe.task, Classification):
        return changes
    by = attributes(recipe)
    return [
        *mcnemar_measures(evidence),
        *comparison_measures(evidence, by, found, chance),
        *better_or_worse(evidence, by),
        *holm_apart(ranking_changes(evidence, found, chance), "AUC of base against tuned"),
        *changes,
    ]


def no_audit(run: RunDirectory) -> UserError:
    """Return the error for a run that has no audit yet."""
    return UserError(
        Mistake(
            str(run.report / "audit.json"), "not found; this run has no audit", f"run 'fairlead audit {run.path}' first"
        )
    )
