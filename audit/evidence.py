"""The evidence: tables of rows on which every measure is a set of equalities, rebuilt from a run whenever they are asked.

`curation`     every row read: its label and groups, and for each step whether it reached it, was dropped or changed there, and was
               still there after it.
`rows`         every row that was kept or made: its side, label, groups, parent and the step that made it.
`predictions`  every row that was predicted: the truth and each model's answer (see `audit/prediction_table.py`).
`validation`   every validation row, with the scores that the models gave its labels (see `audit/temperature.py`).
`mentions`     every row made with another text than its parent's: whom its parent mentions (`before_`), and whom it (`after_`).
`attempts`     every row that a step added, and every copy that it refused, with the reason.
`few_shot`, `few_shot_tried`  what the base said after examples, of the test and of the validation rows (see `audit/few_shot.py`).
`seed_<n>`     every row that was predicted, with the answer of the model of another seed (see `audit/seeds.py`).
`outside_<name>`  every row of a file from elsewhere, with the answers of both models (see `audit/outside.py`).
`probe_<name>`  every item of a probe, with what each model made of it (see `audit/probes/`).
`near_duplicates`  every row that went as a near-duplicate, with its similarity (see `audit/near_duplicates.py`).
`swaps`, `swapped_rows`  rows whose identity terms were swapped, where a run did so (see `audit/counterfactual.py`).
`words`        every row that is learned from and was read, with its different words (see `audit/word_table.py`); built when asked.

`group_<attribute>` lists a row's groups; how rows are picked is told in `audit/selecting.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polars as pl

from audit.attributes import attributes, with_crossings
from audit.results import Selection
from audit.selecting import COUNT, NAMES, Patterns, cells_of, groups_in, patterns_of, picks
from curate.augment.guards import PRONOUNS
from curate.files import read_parquet
from curate.groups import TermGroup, group_column, mentions
from curate.losses import cleaning_steps
from curate.recipe import Recipe
from curate.store import RunDirectory
from curate.task import Classification, whole_text

PICKED = "picked"
PRONOUN_ATTRIBUTE = "pronouns"
SIDES = ("train", "validation", "test")


@dataclass(frozen=True)
class Place:
    """A step where rows may leave: its name, its position in the ledger, and whether it sees training rows alone."""

    name: str
    position: int
    train_only: bool


@dataclass(frozen=True)
class Evidence:
    """The tables of one run, and the steps in order; `later` builds the tables that few measures need."""

    tables: Mapping[str, pl.DataFrame]
    places: tuple[Place, ...]
    later: Mapping[str, Callable[[], pl.DataFrame]] = field(default_factory=dict)
    _cells: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _patterns: dict[tuple[str, str], Patterns] = field(default_factory=dict, repr=False, compare=False)

    def table(self, name: str) -> pl.DataFrame:
        """Return a table, also one that is built when it is asked."""
        return self.tables[name] if name in self.tables else self.later[name]()

    def cells(self, table: str) -> pl.DataFrame:
        """Return the distinct cells of a table: what its selections look at, and in `rows` how many rows are in each.

        A count of rows is a sum over cells, at a cost that does not grow with the rows. It is made once a table.
        """
        if table not in self._cells:
            self._cells[table] = cells_of(self.table(table))
        return self._cells[table]

    @property
    def learned_from(self) -> Selection:
        """The rows that a model learns from: the training side, or every kept row where there is no split."""
        unsplit = (self.tables["rows"]["side"] == "all").any()
        return Selection(table="rows", equals={"side": "all" if unsplit else "train"})

    def select(self, selection: Selection, *columns: str) -> pl.DataFrame:
        """Return the rows that a selection picks, with all their columns or with some."""
        table = self.table(selection.table)
        if not columns:
            return table.filter(picks(table, selection))
        return table.select(*columns, picks(table, selection).alias(PICKED)).filter(PICKED).drop(PICKED)

    def count(self, selection: Selection) -> int:
        """Return how many rows a selection picks."""
        cells = self.cells(selection.table)
        return int(cells.filter(picks(cells, selection))[COUNT].sum())

    def patterns(self, table: str, attribute: str) -> Patterns:
        """Return each pattern of membership in an attribute's groups and the places of its rows; found once an attribute."""
        key = (table, attribute)
        if key not in self._patterns:
            self._patterns[key] = patterns_of(self.table(table), group_column(attribute))
        return self._patterns[key]

    def groups(self, table: str, attribute: str) -> tuple[str, ...]:
        """Return the groups of an attribute in a table: by name, the counted leftovers last."""
        return groups_in(self.tables[table], group_column(attribute))


def places_of(recipe: Recipe) -> tuple[Place, ...]:
    """Return the steps of a recipe, with the split between those for all rows and those for training rows."""
    names, count = recipe.step_names(), len(recipe.steps)
    before = [Place(name, place, train_only=False) for place, name in enumerate(names[:count])]
    split = [Place("split", count, train_only=False)] if recipe.split is not None else []
    after = [Place(name, count + 1 + place, train_only=True) for place, name in enumerate(names[count:])]
    return (*before, *split, *after)


def collect(run: RunDirectory, recipe: Recipe, models: tuple[str, ...]) -> Evidence:
    """Build every table of a run's evidence; `models` are those whose predictions there are."""
    # they select with the functions above
    from audit.counterfactual import swap_tables  # noqa: PLC0415
    from audit.near_duplicates import near_duplicate_table  # noqa: PLC0415
    from audit.word_table import word_table  # noqa: PLC0415

    places, kept, ledger, source = (
        places_of(recipe),
        _read_kept(run, recipe),
        read_parquet(run.ledger),
        read_parquet(run.source),
    )
    tables = {
        "curation": curation_table(source, kept, ledger, recipe, places),
        "rows": row_table(kept, ledger, recipe),
        "mentions": mention_table(source, kept, ledger, recipe),
        "attempts": attempt_table(ledger),
        "near_duplicates": near_duplicate_table(ledger, source, recipe),
        **swap_tables(run),
    }
    if models:
        tables |= model_tables(run, kept, recipe, models)
    return Evidence(tables, places, {"words": cache(lambda: word_table(kept, recipe))})


def model_tables(
    run: RunDirectory, kept: pl.DataFrame, recipe: Recipe, models: tuple[str, ...]
) -> dict[str, pl.DataFrame]:
    """Build the tables of what models said: of the rows that were predicted, and of all else that they were asked."""
    # they select with the functions above
    from audit.few_shot import few_shot_tables  # noqa: PLC0415
    from audit.outside import outside_tables  # noqa: PLC0415
    from audit.prediction_table import prediction_table  # noqa: PLC0415
    from audit.probes.run import probe_tables  # noqa: PLC0415
    from audit.slices import with_slices  # noqa: PLC0415
    from audit.temperature import temperatures_of, validation_table  # noqa: PLC0415

    tables = {}
    predicted = kept.filter(pl.col("side") == ("test" if recipe.split is not None else "all"))
    predictions = {model: read_parquet(run.predictions(model)) for model in models}
    scored, temperatures = _read_validation(run, models), dict[str, float]()
    if scored:
        tables["validation"] = validation_table(kept.filter(pl.col("side") == "validation"), scored, recipe)
        temperatures = temperatures_of(tables["validation"], tuple(scored))
    table = prediction_table(predicted, predictions, recipe, temperatures)
    tables["predictions"] = with_slices(table, predicted, kept, recipe)
    tables |= probe_tables(run, recipe, models) | outside_tables(run, recipe, models)
    tables |= few_shot_tables(run, kept, recipe, models)
    for seed in seeds_of(run):
        answers = {"tuned": read_parquet(run.seed_predictions(seed))}
        tables[f"seed_{seed}"] = prediction_table(predicted, answers, recipe)
    return tables


def seeds_of(run: RunDirectory) -> list[int]:
    """Return the seeds of further models that were trained and asked."""
    record = run.read_manifest().phases.get("predict")
    folder = str(run.seed_predictions(0).parent.relative_to(run.path))
    files = [Path(name) for name in (record.files if record is not None else {})]
    return sorted(int(path.stem) for path in files if str(path.parent) == folder)


def _read_kept(run: RunDirectory, recipe: Recipe) -> pl.DataFrame:
    sides = SIDES if recipe.split is not None else ("all",)
    return pl.concat([read_parquet(run.data(side)).with_columns(pl.lit(side).alias("side")) for side in sides])


def _read_validation(run: RunDirectory, models: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """Return what each model says of the validation rows; a run whose models were asked by an older fairlead has none."""
    record = run.read_manifest().phases.get("predict")
    known = record.files if record is not None else {}
    paths = {model: run.validation_predictions(model) for model in models}
    return {model: read_parquet(path) for model, path in paths.items() if str(path.relative_to(run.path)) in known}


def described(rows: pl.DataFrame, recipe: Recipe, *more: str) -> pl.DataFrame:
    """Return what every table says of a row: its names, `more` columns, its label, whether that is positive, and its groups."""
    task, columns = recipe.task, []
    if isinstance(task, Classification):
        label = pl.col(task.label).cast(pl.String)
        positive = label.is_in(list(task.positive)) if task.positive else pl.lit(None, dtype=pl.Boolean)
        columns = [label.alias("label"), label.is_not_null().alias("labelled"), positive.alias("label_positive")]
    groups = [group_column(attribute) for attribute in attributes(recipe)]
    return with_crossings(rows, recipe).select(*NAMES, *more, *columns, *groups)


def curation_table(
    source: pl.DataFrame,
    kept: pl.DataFrame,
    ledger: pl.DataFrame,
    recipe: Recipe,
    places: tuple[Place, ...],
) -> pl.DataFrame:
    """Return one line a row that was read. A step that sees training rows alone is reached by those that came so far."""
    left = (
        ledger.filter(pl.col("event").is_in(["dropped", "quarantined"]))
        .group_by("row")
        .agg(pl.col("place").min().alias("left_at"))
    )
    cleaned = [place.position for place in places if place.name in cleaning_steps(recipe)]
    base = (
        described(source, recipe, "source")
        .join(
            kept.filter(pl.col("parent").is_null()).select("row", "side"), on="row", how="left", maintain_order="left"
        )
        .join(left, on="row", how="left", maintain_order="left")
    )
    assert (base["side"].is_null() == base["left_at"].is_not_null()).all(), "a row is neither kept nor accounted for"
    trained = (pl.col("side") == "train").fill_null(value=False) | (pl.col("left_at") > len(recipe.steps))
    columns = [
        trained.fill_null(value=False).alias("entered_train_steps"),
        pl.col("left_at").is_not_null().alias("dropped_all_steps"),
        pl.col("left_at").is_in(cleaned).fill_null(value=False).alias("lost_to_cleaning"),
    ]
    for place in places:
        columns += _of_place(place, trained.fill_null(value=False), ledger)
    return base.with_columns(columns)


def _of_place(place: Place, trained: pl.Expr, ledger: pl.DataFrame) -> list[pl.Expr]:
    """Return whether a row reached a step, was dropped by it, was there after it, and was changed by it."""
    here = pl.col("left_at").is_null() | (pl.col("left_at") >= place.position)
    changed = ledger.filter((pl.col("event") == "changed") & (pl.col("place") == place.position))["row"].unique()
    return [
        (here & trained if place.train_only else here).alias(f"reached_{place.name}"),
        (pl.col("left_at") == place.position).fill_null(value=False).alias(f"dropped_{place.name}"),
        (here & (pl.col("left_at") != place.position).fill_null(value=True)).alias(f"after_{place.name}"),
        pl.col("row").is_in(changed.implode()).alias(f"changed_{place.name}"),
    ]


def row_table(kept: pl.DataFrame, ledger: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return one line a row that was kept or made."""
    made = ledger.filter(pl.col("event") == "added").select("row", pl.col("step").alias("made_by"))
    table = described(kept, recipe, "side", "parent").join(made, on="row", how="left", maintain_order="left")
    return table.with_columns(pl.col("made_by").is_not_null().alias("made"))


def mention_table(source: pl.DataFrame, kept: pl.DataFrame, ledger: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Return one line a row that stands in the training data with another text than its parent's.

    A copy keeps its parent's number even if the parent itself was dropped later; its text as read stands in for it then.
    """
    attributes = [attribute for attribute, group in recipe.groups.items() if isinstance(group, TermGroup)]
    text = whole_text(recipe.task).fill_null("")
    who = [
        *(pl.col(group_column(attribute)).alias(attribute) for attribute in attributes),
        mentions(text, PRONOUNS).alias(PRONOUN_ATTRIBUTE),
    ]
    known = pl.concat([kept.select("row", text.alias("text"), *who), source.select("row", text.alias("text"), *who)])
    parents = known.unique("row", keep="first", maintain_order=True)
    made = ledger.filter(pl.col("event") == "added").select("row", "step")
    children = (
        kept.filter(pl.col("parent").is_not_null())
        .select(*NAMES, "parent", text.alias("text"), *who)
        .join(made, on="row")
    )
    joined = children.join(parents, left_on="parent", right_on="row", suffix="_before", maintain_order="left")
    every = [*attributes, PRONOUN_ATTRIBUTE]
    return joined.filter(pl.col("text") != pl.col("text_before")).select(
        *NAMES,
        "parent",
        "step",
        *(pl.col(f"{attribute}_before").alias(f"before_{attribute}") for attribute in every),
        *(pl.col(attribute).alias(f"after_{attribute}") for attribute in every),
    )


def attempt_table(ledger: pl.DataFrame) -> pl.DataFrame:
    """Return one line a row that was added or refused."""
    return ledger.filter(pl.col("event").is_in(["added", "refused"])).select(
        *NAMES, "step", "event", "reason", "other_row"
    )
