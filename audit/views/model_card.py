"""The model card view: a tuned model's card with the hub's front matter, its figures by group, and what only a person can say.

Source: Mitchell et al. 2019, Model Cards for Model Reporting; the front matter is that of the Hugging Face hub (`model-index`).
"""

from collections.abc import Sequence
from typing import Any

from audit.attributes import attributes
from audit.card_sections import sources
from audit.front_matter import front_matter, task_category
from audit.report.choosing import by_value, groups_of, having, only, without_probes
from audit.report.content import Block, Fact, Facts, Heading, Items, Prose, Section, Table
from audit.report.definitions import define
from audit.report.sections import closing, few_shot, forgetting, outcomes, outside, probes
from audit.report.sections.certainty import tempered
from audit.report.sections.models import overall, written
from audit.report.tables import Kind, Line, crossed, overlap
from audit.report.words import capital
from audit.results import Audit, Measure
from audit.views.material import PERSON, Material, document, person

MODEL = "tuned"
NOT_A_RESULT = ("confusion", "majority_baseline", "majority_macro_f1", "mcnemar", "temperature")
NOT_BY_GROUP = (
    "ll144_impact_ratio",
    "ll144_scoring_impact_ratio",
    "impact_ratio_one_more",
    "scoring_impact_ratio_one_more",
)
LEAD = "A model card (Mitchell et al. 2019), as far as the evidence of a run can fill it."


def model_card(material: Material) -> str:
    """Return the card; raises `UserError` for a run without a tuned model."""
    lacking = _lacking(material)
    if lacking is not None:
        raise material.lacks("has no tuned model, and a model card is of one", lacking)
    sections = [
        _details(material),
        Section("use", "Intended use", person("What the model is for, for whom, and what it is not for."), ()),
        Section("factors", "Factors", _factors(material), ()),
        _metrics(material.audit),
        Section("evaluation", "Evaluation data", _evaluation(material), ()),
        _training(material),
        _analyses(material),
        outcomes.section(material.audit),
        Section("ethics", "Ethical considerations", PERSON, ()),
        closing.cautions(material.audit),
    ]
    return (
        f"{front_matter(metadata(material))}\n\n{document(material, f'Model card: {name(material)}', LEAD, sections)}"
    )


def _lacking(material: Material) -> str | None:
    """Return what to do for a model to write a card of, or None where there is one that was trained here."""
    if material.recipe.train is not None:
        return None if MODEL in material.audit.models else f"run 'fairlead train {material.data.run.path}' first"
    if material.audit.models:
        return "its predictions came with the data; whoever trained their model can write its card, and cite this audit"
    return "add train: to the recipe and run it again"


def name(material: Material) -> str:
    """Return what the model is called: the run's name."""
    return material.manifest.name


def metadata(material: Material) -> dict[str, Any]:
    """Return the front matter: only what is known; a licence and languages are for a person to add."""
    train = material.recipe.train
    assert train is not None, "a tuned model was trained"
    return {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["fairlead"],
        **({"base_model": train.base} if _on_hub(train.base) else {}),
        "model-index": [{"name": name(material), "results": [_results(material), *_forgetting(material.audit)]}],
    }


def _on_hub(base: str) -> bool:
    """Return whether a base is written as a model on the hub is: owner and name."""
    return base.count("/") == 1 and not base.startswith((".", "/", "~"))


def _results(material: Material) -> dict[str, Any]:
    return {
        "task": {"type": task_category(material.recipe)},
        "dataset": {"type": material.recipe.name, "name": material.recipe.name, "split": "test"},
        "metrics": [_metric(measure) for measure in results(material.audit)],
    }


def _forgetting(audit: Audit) -> list[dict[str, Any]]:
    """Return the tuned model's figures on the questions and texts that come with fairlead, where it was asked them."""
    mine = having(forgetting.of_forgetting(audit), model=MODEL, attribute=None)
    found = [measure for measure in mine if measure.value is not None and measure.metric in forgetting.HEADLINES]
    dataset = {"type": "fairlead-general", "name": "Questions and texts that come with fairlead"}
    metrics = [_metric(measure) for measure in found]
    return [{"task": {"type": "text-generation"}, "dataset": dataset, "metrics": metrics}] if found else []


def results(audit: Audit) -> tuple[Measure, ...]:
    """Return the tuned model's figures over all test rows that are defined; those of probes are of other sentences."""
    found = having(audit.measures, model=MODEL, attribute=None, label=None, compare=None, probe=None)
    return tuple(m for m in found if m.value is not None and m.metric not in NOT_A_RESULT)


def _metric(measure: Measure) -> dict[str, Any]:
    interval = measure.interval
    how = {"low": interval.low, "high": interval.high, "confidence": interval.confidence} if interval else {}
    args = {"measure": measure.id, "n": measure.n, **how}
    return {"type": measure.metric, "value": measure.value, "name": define(measure.metric).name, "args": args}


def _details(material: Material) -> Section:
    train, manifest = material.recipe.train, material.manifest
    assert train is not None
    facts = [
        Fact("Base model", train.base),
        Fact("Tuned by", f"{train.method}, at most {train.epochs:g} epochs"),
        Fact("Seed", str(manifest.seed)),
        *(Fact(capital(key.replace("_", " ")), value) for key, value in _notes(material).items()),
        Fact("Software", f"fairlead {manifest.fairlead}, Python {manifest.python}", manifest.platform),
    ]
    lead = person("Who made the model, its version, its licence, and where to send questions.")
    return Section("details", "Model details", lead, (Facts(tuple(facts)),))


def _notes(material: Material) -> dict[str, str]:
    trained = material.manifest.phases.get("train")
    return {key: value for key, value in (trained.notes if trained is not None else {}).items() if key != "seed"}


def _factors(material: Material) -> str:
    by = ", ".join(attributes(material.recipe))
    told = (
        f"Figures are told apart by {by}." if by else "The recipe names no groups, so no figure is told apart by group."
    )
    return f"{told} {person('Which groups, instruments and surroundings matter, and which of them were not measured.')}"


def _metrics(audit: Audit) -> Section:
    metrics = dict.fromkeys(m.metric for m in having(audit.measures, model=MODEL, label=None))
    items = tuple(f"{define(metric).name}: {define(metric).meaning}" for metric in metrics if define(metric).meaning)
    lead = f"Intervals are at {100 * audit.confidence:g} % confidence. {person('Why these metrics and limits were chosen.')}"
    return Section("metrics", "Metrics", lead, (Items(items),))


def _evaluation(material: Material) -> str:
    rows, elsewhere = material.measure(f"rows.{material.side}"), outside.in_short(material.audit)
    return (
        f"The test side of the split, {rows.n:,} rows ({rows.id}); no step after the split touched them. "
        f"{f'{elsewhere} ' if elsewhere else ''}"
        f"{person('Why these rows, and whether they stand for those whom the model will meet.')}"
    )


def _training(material: Material) -> Section:
    rows, told = material.measure("rows.train"), sources(material.data, len(material.manifest.sources))
    lead = f"The training side of the split, {rows.n:,} rows ({rows.id}). The data sheet of this run tells of them."
    return Section("training", "Training data", lead, told.blocks)


def _analyses(material: Material) -> Section:
    audit = material.audit
    rows = without_probes(audit)
    tables = (
        overall(rows),
        written(rows),
        tempered(audit),
        outside.at_a_glance(audit),
        forgetting.at_a_glance(audit),
        probes.at_a_glance(audit),
    )
    blocks: list[Block] = [table for table in tables if table is not None]
    blocks += few_shot.blocks(audit)
    for attribute in attributes(material.recipe):
        blocks += [Heading(f"By {attribute}"), *overlap(audit, attribute), *_by_group(rows, attribute)]
    lead = "First all test rows, the base model beside the tuned one; then the tuned model by group, and the gaps between groups."
    return Section("analyses", "Quantitative analyses", lead, tuple(blocks))


def _by_group(audit: Audit, attribute: str) -> Sequence[Block]:
    found = having(audit.measures, model=MODEL, attribute=attribute, label=None)
    levels = tuple(m for m in having(found, compare=None) if m.metric not in NOT_BY_GROUP)
    if not levels:
        return (Prose("No figure was measured by group."),)
    kinds = [_kind(metric) for metric in dict.fromkeys(m.metric for m in levels)]
    lines = [Line(group, having(levels, group=group)) for group in by_value(groups_of(levels), levels[:1])]
    gaps = [m for m in found if m.group is None and m.compare in ("difference", "ratio")]
    return crossed(f"The tuned model, by {attribute}", "Group", lines, kinds, audit.minimum_group_size), *_gaps(
        gaps, attribute
    )


def _gaps(gaps: Sequence[Measure], attribute: str) -> Sequence[Table]:
    lines = [
        Line(define(metric).name, tuple(m for m in gaps if m.metric == metric))
        for metric in dict.fromkeys(m.metric for m in gaps)
    ]
    kinds = [_compared("difference", "Highest less lowest"), _compared("ratio", "Lowest over highest")]
    table = crossed(f"Gaps of the tuned model between the groups of {attribute}", "Figure", lines, kinds)
    return (table,) if table.rows else ()


def _kind(metric: str) -> Kind:
    return Kind(define(metric).name, lambda m: m.metric == metric)


def _compared(compare: str, heading: str) -> Kind:
    return Kind(heading, lambda m: m.compare == compare and only((m,), group=None) is not None)
