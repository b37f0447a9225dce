"""The base with examples in its prompt: every candidate on the validation rows, and the chosen one beside the tuned model.

The table `few_shot` has every predicted row with the answer of the base after the chosen examples (`base_`) and that of the tuned
model (`tuned_`), and whether it was so long that the examples before it lost their beginning (`cut`); `few_shot_tried` has every
validation row after every candidate. The change from this base to the tuned model is found as that from the base without examples
is (see `comparison.py`), and the two are corrected as a family of their own.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from audit import resampling
from audit.classification import baseline_rate
from audit.comparison import comparison_measures
from audit.evidence import Evidence, described
from audit.group_scores import overall_scores
from audit.metrics import FEW_SHOT, FEW_SHOT_CUT, FEW_SHOT_LOSS
from audit.model_rates import model_rate
from audit.prediction_table import SCORE, prediction_table
from audit.quotients import with_interval
from audit.rates import Chance, Equals, Rate, overall
from audit.resampling import Floats
from audit.results import Measure, Model, Selection
from audit.selecting import NAMES
from audit.slugs import join, slug
from curate.few_shot import Candidate, FewShotChoice
from curate.files import read_parquet
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification

TABLE, TRIED = "few_shot", "few_shot_tried"
PAIR: tuple[Model, Model] = ("base", "tuned")
FAMILY = "the base with examples against tuned"


def choice_of(run: RunDirectory, models: Sequence[str]) -> FewShotChoice | None:
    """Return what was tried and chosen; None where the base was not asked with examples, or is not compared with a tuned model."""
    record = run.read_manifest().phases.get("predict")
    known = record.files if record is not None else {}
    paths = (run.few_shot_choice, run.few_shot("validation"), run.few_shot("base"))
    if not set(PAIR) <= set(models) or any(str(path.relative_to(run.path)) not in known for path in paths):
        return None
    return FewShotChoice.model_validate_json(run.few_shot_choice.read_text(encoding="utf-8"))


def few_shot_tables(
    run: RunDirectory, kept: pl.DataFrame, recipe: Recipe, models: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """Return the tables of the base that was asked with examples; none where it was not."""
    if choice_of(run, models) is None:
        return {}
    said = {"base": read_parquet(run.few_shot("base")), "tuned": read_parquet(run.predictions("tuned"))}
    answers = {model: table.select("row", "answer") for model, table in said.items()}
    validation = kept.filter(pl.col("side") == "validation")
    table = prediction_table(kept.filter(pl.col("side") == "test"), answers, recipe)
    return {
        TABLE: table.join(said["base"].select("row", "cut"), on="row", how="left", maintain_order="left"),
        TRIED: tried_table(validation, read_parquet(run.few_shot("validation")), recipe),
    }


def tried_table(rows: pl.DataFrame, tried: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return one line a candidate and validation row: whether the answer is `correct`, and the `log_loss` of the row (nats)."""
    task = recipe.task
    assert isinstance(task, Classification)
    table = tried.join(described(rows, recipe), on="row", how="left", maintain_order="left")
    scores = {label: pl.col(SCORE + label) for label in task.labels}
    top = pl.max_horizontal(scores.values())
    total = pl.sum_horizontal((score - top).exp() for score in scores.values()).log() + top
    true = pl.coalesce([pl.when(pl.col("label") == label).then(score) for label, score in scores.items()])
    return table.select(
        *NAMES, "candidate", "label", "answer", (pl.col("answer") == pl.col("label")).alias("correct"),
        (total - true).alias("log_loss"),
    )  # fmt: skip


def few_shot_measures(
    evidence: Evidence, choice: FewShotChoice | None, asked: Sequence[str], chance: Chance
) -> list[Measure]:
    """Return accuracy (and macro-F1, if it is asked for) of the base with examples, the changes to tuned, and every candidate's.

    With a choice also how many test rows saw fewer examples, and the accuracy of the commonest label on validation rows.
    """
    if choice is None:
        return []
    alone = Evidence({"predictions": evidence.tables[TABLE]}, ())
    scores = ("macro_f1",) if "macro_f1" in asked else ()
    found = []
    for model in PAIR:
        each = [overall(alone, model_rate("accuracy", model), chance), *overall_scores(alone, model, scores, chance)]
        why = choice.undefined if model == "base" else ""
        found += [measure.model_copy(update={"undefined": why or measure.undefined}) for measure in each]
    of_base = [measure for measure in found if measure.model == "base"]
    changes = comparison_measures(alone, (), found, chance, compared=FAMILY)
    renamed = [*map(_renamed, of_base), *map(_renamed, changes)]
    if choice.best is None:
        return renamed
    tried = [measure for each in choice.candidates for measure in _tried(evidence, each, chance)]
    return [*renamed, _cut(evidence), *tried, _commonest(evidence, choice.best, chance)]


def _renamed(measure: Measure) -> Measure:
    """Return a measure of the base in the table `few_shot`, or of the change from it, by the names that it has in the audit."""
    selection = measure.selection
    return measure.model_copy(
        update={
            "id": _id(measure.id),
            "title": measure.title.replace("base model", "base with examples").replace(
                "− base", "− base with examples"
            ),
            "metric": FEW_SHOT + measure.metric,
            "model": None,
            "selection": selection.model_copy(update={"table": TABLE}) if selection is not None else None,
            "parts": tuple(map(_id, measure.parts)),
        }
    )


def _id(name: str) -> str:
    """Return the id of a measure of the base with examples; the tuned model is the same as without."""
    first, _dot, rest = name.partition(".")
    return {"base": f"few_shot.{rest}", "change": f"change.few_shot.{rest}"}.get(first, name)


def _cut(evidence: Evidence) -> Measure:
    """Return how many of the rows that were asked were so long that the examples before them lost their beginning."""
    selection, hits = Selection(table=TABLE, equals={"base_answered": True}), Equals({"cut": True})
    rows = evidence.select(selection)
    found = int(rows["cut"].sum())
    return Measure(
        id=join(("few_shot", "cut")), title="Test rows that saw fewer examples", metric=FEW_SHOT_CUT, n=len(rows),
        value=float(found), numerator=found, selection=selection, hits=hits,
    )  # fmt: skip


def _commonest(evidence: Evidence, best: Candidate, chance: Chance) -> Measure:
    """Return the accuracy of always answering the label that is commonest in what the model learns from, on validation rows.

    They stand in the table once a candidate; one candidate's are all of them.
    """
    label = baseline_rate(evidence).label or ""
    prefix, metric = ("few_shot", "tried", "majority_baseline"), f"{FEW_SHOT}majority_baseline"
    title = f"Accuracy of always answering {label}, on the validation rows that were asked"
    equals = Equals({"candidate": best.name})
    return overall(
        evidence, Rate(prefix, metric, title, TRIED, {"label": label}, "no row was asked", equals, label=label), chance
    )


def _tried(evidence: Evidence, candidate: Candidate, chance: Chance) -> list[Measure]:
    """Return accuracy and log loss of a candidate on the validation rows."""
    equals = Equals({"candidate": candidate.name})
    prefix = ("few_shot", "tried", slug(candidate.name))
    said = f"base with examples ({candidate.name}), on validation rows"
    rate = Rate(
        prefix, f"{FEW_SHOT}tried", f"Accuracy, {said}", TRIED, {"correct": True}, "no row was asked", equals,
        step=candidate.name,
    )  # fmt: skip
    selection = Selection(table=TRIED, equals=equals)
    losses = evidence.select(selection)["log_loss"].to_numpy()
    loss = Measure(
        id=join((*prefix, "log_loss")), title=f"Log loss, {said}", metric=FEW_SHOT_LOSS, step=candidate.name,
        n=len(losses), selection=selection,
    )  # fmt: skip
    columns = np.column_stack([losses, np.ones(len(losses))])
    interval = resampling.bootstrap_rows(columns, _mean_of_sums, chance.draws(loss.id))
    return [overall(evidence, rate, chance), with_interval(loss, float(losses.mean()), interval)]


def _mean_of_sums(sums: Floats) -> Floats:
    return resampling.rates_of(sums[:, 0], sums[:, 1])
