"""Cautions: what nobody can tell from these data, and what a reader should know before she believes a number."""

from collections.abc import Sequence

import polars as pl

from audit.attributes import COUNTED, attributes
from audit.evidence import Evidence
from audit.results import Measure, Model, SelfCheck
from curate.files import read_parquet
from curate.groups import UNKNOWN, TermGroup, group_column
from curate.losses import Loss, too_few_in_words
from curate.recipe import Recipe
from curate.source_settings import DemoSource
from curate.store import RunDirectory
from curate.two_runs import told_of_two

LABELS = (
    "Nobody can tell from these data whether the labels are right, who gave them, or whether the rows stand for the people "
    "whom the model will meet."
)
CAUSES = "A difference between groups is not yet its cause: groups may differ in much else that is not in the data."
UNASKED = "No model has been asked about the test rows yet, so this is an audit of the data alone."
ONE_SEED = "The model was tuned once, from one seed: the intervals hold the chance of the test rows, not that of another training."
OWN_SEED = (
    "The figures of the tuned model are those of the recipe's own seed: their intervals hold the chance of the test rows, not that "
    "of another training. What other seeds reach stands where the training is told."
)
ZERO_SHOT = (
    "The base model was asked zero-shot only, with no example in the prompt: a better prompt might have brought a part of "
    "what tuning brought."
)
FEW_SHOT = (
    "With examples in its prompt the base model was asked over all rows alone; figures by group, gates and all else compare the "
    "tuned model with the base without examples. Other words in the prompt were not tried."
)
GIVEN = "The predictions came with the data; how they were made, and whether their maker had seen these rows, cannot be seen."
INVENTED = (
    "These texts were made by a program, with faults and unequal rates planted in them. They say nothing about people."
)


def cautions_of(
    run: RunDirectory,
    recipe: Recipe,
    models: tuple[Model, ...],
    evidence: Evidence,
    measures: Sequence[Measure],
) -> tuple[str, ...]:
    """Return the cautions that apply to this run, the most general first."""
    predicted, of_two = evidence.tables.get("predictions"), told_of_two(recipe)
    after_examples = evidence.tables.get("few_shot")
    asked = FEW_SHOT if after_examples is not None and after_examples["base_answered"].any() else ZERO_SHOT
    return (
        LABELS,
        CAUSES,
        *([INVENTED] if any(isinstance(source, DemoSource) for source in recipe.sources) else []),
        *_lexicons(recipe),
        *(line for attribute in attributes(recipe) for line in _membership(evidence.tables["curation"], attribute)),
        *_small(recipe, measures),
        *([UNASKED] if recipe.train is not None and not models else []),
        *(
            [ONE_SEED if recipe.train.seeds == 1 else OWN_SEED]
            if recipe.train is not None and "tuned" in models
            else []
        ),
        *([GIVEN] if models and recipe.train is None else []),
        *([of_two] if of_two is not None else []),
        *(
            line
            for model in models
            if predicted is not None and recipe.train is None
            for line in _unseen(predicted, model)
        ),
        *([asked] if recipe.train is not None and "base" in models else []),
        *(line for model in models if predicted is not None for line in _unread(predicted, model)),
        *(line for model in models if predicted is not None for line in _unscored(predicted, model)),
        *_leaks(run, recipe),
        *_many(recipe),
    )


def broken_instrument(checks: Sequence[SelfCheck]) -> list[str]:
    """Return the caution about known numbers that came out otherwise."""
    wrong = [check.name for check in checks if not check.agrees]
    said = "known numbers came out otherwise than they are published; do not rely on any number of this report."
    return [f"The instrument is broken: {len(wrong)} {said} First: {wrong[0]}."] if wrong else []


def _lexicons(recipe: Recipe) -> list[str]:
    attributes = [attribute for attribute, group in recipe.groups.items() if isinstance(group, TermGroup)]
    said = "words not on it are missed, words with two meanings taken for both, and a mention does not say who wrote the text."
    return [f"The groups of {_listed(attributes)} are mentions found by a term list: {said}"] if attributes else []


def _membership(curation: pl.DataFrame, attribute: str) -> list[str]:
    groups, n, found = curation[group_column(attribute)], len(curation), []
    unknown, shared = int(groups.list.contains(UNKNOWN).sum()), int((groups.list.len() > 1).sum())
    if unknown:
        share = f"{unknown:,} of {n:,} rows read ({100 * unknown / n:.1f} %)"
        found.append(f"{attribute} is unknown for {share}. They are counted as 'unknown' and set no gap.")
    if shared:
        found.append(
            f"Groups of {attribute} overlap: {shared:,} of {n:,} rows are in more than one. A group is compared with the rows "
            "outside it, counts of groups add up to more than the rows, and intervals of gaps are wider than they need be."
        )
    return found


def _small(recipe: Recipe, measures: Sequence[Measure]) -> list[str]:
    few = [
        f"{measure.attribute}: {measure.group} ({measure.numerator or 0:,} of them)"
        for measure in measures
        if measure.metric == "share" and measure.id.startswith(("share.test.", "share.all."))
        if (measure.numerator or 0) < recipe.audit.minimum_group_size and measure.group not in COUNTED
    ]
    side = "test rows" if recipe.split is not None else "rows"
    least = recipe.audit.minimum_group_size
    return (
        [f"Fewer than {least} {side} are about each of {_listed(few)}. They set no gap; their rates are listed."]
        if few
        else []
    )


def small_losses(lost: tuple[Loss, ...], recipe: Recipe) -> tuple[str, ...]:
    """Return the caution about sources, labels and groups that lost much and are too small to raise an alarm."""
    said = too_few_in_words(lost, recipe)
    return (f"{said[0].upper()}{said[1:]}.",) if said else ()


def _unread(predicted: pl.DataFrame, model: Model) -> list[str]:
    column = f"{model}_answered"
    unread = int((~predicted[column]).sum()) if column in predicted.columns else 0
    said = "Rates are over the others; the best and the worst case stand beside them, and verdicts count both."
    return [f"{unread:,} of {len(predicted):,} answers of {model} name no label. {said}"] if unread else []


def _unscored(predicted: pl.DataFrame, model: Model) -> list[str]:
    """Warn of texts that are so long that training's longest row left nothing of the answer: nobody knows their loss."""
    column = f"{model}_tokens"
    unscored = int((predicted[column] == 0).sum()) if column in predicted.columns else 0
    said = (
        "No figure of loss or of bits per byte counts them; raise train.max_length, or cut such texts before the split."
    )
    return (
        [f"{unscored:,} of {len(predicted):,} rows are too long for {model} to read their answer. {said}"]
        if unscored
        else []
    )


def _unseen(predicted: pl.DataFrame, model: Model) -> list[str]:
    """Warn of given predictions of classes that no row truly has: they may be labels, or misspelt ones."""
    answers = predicted[f"{model}_answer"].drop_nulls()
    strange = answers.filter(~answers.is_in(predicted["label"].drop_nulls().unique().implode()))
    if strange.is_empty():
        return []
    counts = strange.value_counts().sort("count", f"{model}_answer", descending=[True, False]).head(3)
    named = ", ".join(f"{label} ({count:,})" for label, count in counts.iter_rows())
    said = "They count as wrong answers; where they are misspelt or no answers, correct them or leave them empty."
    return [
        f"{len(strange):,} of {len(predicted):,} answers of {model} are classes that no row truly has: {named}. {said}"
    ]


def _leaks(run: RunDirectory, recipe: Recipe) -> list[str]:
    if recipe.split is None or not recipe.split.published:
        return []
    leaks = read_parquet(run.ledger).filter(pl.col("step") == "split", pl.col("event").is_in(["noted", "dropped"]))
    kept = int((leaks["event"] == "noted").sum())
    said = f"{len(leaks):,} rows of the published sides stand on a later side too; {kept:,} of them were left there."
    return [said] if len(leaks) else []


def _many(recipe: Recipe) -> list[str]:
    gates = len(recipe.audit.gates)
    said = "each at its own confidence: that one of many is met or missed by chance is likelier than for one alone."
    return [f"{gates} limits were judged, {said}"] if gates > 1 else []


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
