"""Whether the cleaning treats a row alike when it speaks of others: kept before and after its identity terms are swapped.

The rows were drawn, swapped and asked while the data were curated (see `curate.counterfactual`); here they are counted.
A row is `lost` if it is kept as it is and would be dropped with the other group's terms, `gained` the other way round.
"""

from collections.abc import Iterator

import polars as pl

from audit import resampling
from audit.evidence import Evidence
from audit.examples import shown_text
from audit.families import holm
from audit.rates import Chance, Equals, Rate, count_of, counted, overall
from audit.results import Measure, SwapExample, SwappedTerm, Swaps
from audit.slugs import join, slug, slugs
from curate import rows as row_numbers
from curate.counterfactual import term_attributes
from curate.files import read_parquet
from curate.manifest import Manifest
from curate.recipe import Recipe
from curate.steps.base import Filter
from curate.store import RunDirectory

TEST = "exact McNemar of lost against gained"
NOTHING = "no drawn row could be swapped"
COUNTS = {
    "swap_lost": ("lost", "kept as they are, dropped after the swap"),
    "swap_gained": ("gained", "dropped as they are, kept after the swap"),
}
_EACH = ("attribute", "from_group", "to_group")


def swap_tables(run: RunDirectory) -> dict[str, pl.DataFrame]:
    """Return the tables `swaps` and `swapped_rows` of a run; none where it swapped nothing."""
    if not _listed(run):
        return {}
    swaps = swap_table(read_parquet(run.counterfactual))
    return {"swaps": swaps, "swapped_rows": row_table(swaps)}


def _listed(run: RunDirectory) -> bool:
    """Return whether curation wrote the file; its digest is checked with those of the phase."""
    return str(run.counterfactual.relative_to(run.path)) in run.read_manifest().phases["curate"].files


def swap_table(lines: pl.DataFrame) -> pl.DataFrame:
    """Return one line a drawn row and other group: whether it was swapped, whether kept before and after, and what flipped it.

    `flip` is lost, gained or same, null where the row was left out; `flipped_by` and `flipped_for` are the step and the reason of
    the drop on the one side. `rewritten_differently` says, where both are `kept_both`, that a rewrite did something else.
    """
    before, after = pl.col("step_before").is_null(), pl.col("step_after").is_null()
    swapped = pl.col("left_out").is_null()
    flip = pl.when(before & ~after).then(pl.lit("lost")).when(~before & after).then(pl.lit("gained"))
    flipped = swapped & (before != after)
    return lines.select(
        "row", "row_name", *_EACH, "left_out", "terms", "detail_before", "detail_after",
        swapped=swapped,
        kept_before=pl.when(swapped).then(before),
        kept_after=pl.when(swapped).then(after),
        kept_both=swapped & before & after,
        flip=pl.when(swapped).then(flip.otherwise(pl.lit("same"))),
        flipped=flipped,
        flipped_by=pl.when(flipped).then(pl.coalesce("step_before", "step_after")),
        flipped_for=pl.when(flipped).then(pl.coalesce("reason_before", "reason_after")),
        rewritten_differently=(pl.col("rewritten_by").list.len() > 0).fill_null(value=False),
    )  # fmt: skip


def row_table(swaps: pl.DataFrame) -> pl.DataFrame:
    """Return one line a swapped row and attribute: whether any of its swaps changes whether it is kept."""
    asked = swaps.filter("swapped").group_by("row", "row_name", "attribute", maintain_order=True)
    return asked.agg(pl.col("flipped").any())


def swap_measures(evidence: Evidence, recipe: Recipe, chance: Chance) -> list[Measure]:
    """Return how many rows change their fate: of each attribute, of each two groups, and by step and reason.

    One family of tests: lost against gained, for every two groups of every attribute.
    """
    if "swaps" not in evidence.tables:
        return []
    whole, pairs, further = list[Measure](), list[Measure](), list[Measure]()
    for attribute in term_attributes(recipe):
        every = evidence.tables["swaps"].filter(pl.col("attribute") == attribute)
        if every.is_empty():
            continue
        whole += [overall(evidence, _of_rows(attribute), chance), *_by_step(every, attribute)]
        words = slugs(tuple(every["from_group"].append(every["to_group"]).unique().sort()))
        for one, other in every.select("from_group", "to_group").unique(maintain_order=True).iter_rows():
            flip, *rest = _of_pair(evidence, recipe, (attribute, one, other), words, chance)
            pairs.append(flip)
            further += rest
    return [*whole, *holm(pairs, "the swaps of every two groups"), *further]


def _of_rows(attribute: str) -> Rate:
    return Rate(
        prefix=("flip", attribute),
        metric="flip",
        title=f"Rows whose fate some swap changes, {attribute}",
        table="swapped_rows",
        equals={"attribute": attribute},
        hits={"flipped": True},
        nothing=NOTHING,
    )


def _by_step(every: pl.DataFrame, attribute: str) -> Iterator[Measure]:
    """Yield how many fates each step changes for each reason, of all swaps of the attribute."""
    swapped = every.filter("swapped")
    found = swapped.drop_nulls("flipped_by").group_by("flipped_by", "flipped_for").len()
    for step, reason, count in found.sort("flipped_by", "flipped_for").iter_rows():
        rate = Rate(
            prefix=("flipped_at", attribute, step, reason),
            metric="flipped_at",
            title=f"Fates changed by {step} for {reason}, of the swaps of {attribute}",
            table="swaps",
            equals={"attribute": attribute, "swapped": True},
            hits={"flipped_by": step, "flipped_for": reason},
            nothing="",
            step=step,
        )
        yield _count(rate, (rate.id(), rate.title), count, swapped.height, attribute=attribute, label=reason)


def _count(rate: Rate, called: tuple[str, str], count: int, n: int, **values: str) -> Measure:
    selection = {"table": rate.table, "equals": rate.equals}
    counts = {"value": float(count), "numerator": count, "n": n}
    stated: dict[str, object] = {**counts, "selection": selection, "hits": rate.hits, **values}
    return Measure.model_validate(
        {"id": called[0], "title": called[1], "metric": rate.metric, "step": rate.step, **stated}
    )


def _of_pair(
    evidence: Evidence, recipe: Recipe, pair: tuple[str, str, str], words: dict[str, str], chance: Chance
) -> Iterator[Measure]:
    """Yield for two groups the share of fates that change, lost and gained, the share that could be swapped, other rewrites."""
    attribute, one, other = pair
    name, drawn = join((slug(attribute), words[one], words[other])), Equals(zip(_EACH, pair, strict=True))
    said, named = f"{attribute}: {one} as {other}", {"attribute": attribute, "group": one}
    flip = Rate(("flip",), "flip", f"Fates that the swap changes, {said}", "swaps", {"flipped": True}, NOTHING)
    rate = _with(flip, {**drawn, "swapped": True})
    count = count_of(evidence, rate)
    counts = {kind: count_of(evidence, _with(rate, rate.equals, {"flip": COUNTS[kind][0]})).hits for kind in COUNTS}
    p_value = resampling.mcnemar_p(counts["swap_lost"], counts["swap_gained"]) if count.n else None
    measure = counted(rate, (rate.id(name), rate.title), count, {}, chance.confidence, **named)
    yield measure.model_copy(update={"p_value": p_value, "test": TEST if count.n else ""})
    for kind, (word, meaning) in COUNTS.items():
        counting = Rate((kind,), kind, "", "swaps", {"flip": word}, "", equals=rate.equals)
        yield _count(counting, (f"{measure.id}.{word}", f"Rows {meaning}, {said}"), counts[kind], count.n, **named)
    able = Rate(
        ("swapped",), "swapped", f"Drawn rows that could be swapped, {said}", "swaps", {"swapped": True}, "", drawn
    )
    yield counted(able, (able.id(name), able.title), count_of(evidence, able), {}, chance.confidence, **named)
    if any(not isinstance(step, Filter) for step in recipe.steps):  # a step of the user's own may be a rewrite
        title, nothing = f"Rows rewritten differently after the swap, {said}", "no swapped row is kept both times"
        hits, kept = Equals({"rewritten_differently": True}), {**drawn, "kept_both": True}
        unlike = Rate(("changed_differently",), "changed_differently", title, "swaps", hits, nothing, kept)
        yield counted(unlike, (unlike.id(name), title), count_of(evidence, unlike), {}, chance.confidence, **named)


def _with(rate: Rate, equals: Equals, hits: Equals | None = None) -> Rate:
    return Rate(rate.prefix, rate.metric, rate.title, rate.table, hits or rate.hits, rate.nothing, equals)


def swaps_of(run: RunDirectory, recipe: Recipe, evidence: Evidence) -> Swaps | None:
    """Return how the rows were swapped, by which steps they were asked, and examples; None where a run swapped nothing."""
    if "swaps" not in evidence.tables:
        return None
    swaps, manifest = evidence.tables["swaps"], run.read_manifest()
    asked = asked_steps(manifest)
    out = swaps.drop_nulls("left_out").group_by("attribute", "left_out").len().sort("attribute", "left_out")
    return Swaps(
        drawn=recipe.audit.swaps,
        asked=asked,
        not_asked=tuple(name for name in recipe.step_names()[: len(recipe.steps)] if name not in asked),
        swapped=dict(swaps.filter("swapped").group_by("attribute").len().sort("attribute").iter_rows()),
        left_out={
            str(attribute): dict(part.select("left_out", "len").iter_rows())
            for (attribute,), part in out.group_by("attribute", maintain_order=True)
        },
        without=tuple(attribute for attribute in term_attributes(recipe) if attribute not in swaps["attribute"]),
        terms=tuple(_terms(swaps)),
        examples=tuple(_examples(run, recipe, swaps)),
    )  # fmt: skip


def asked_steps(manifest: Manifest) -> tuple[str, ...]:
    """Return the steps of a run that look at one row alone, in order."""
    return tuple(step for stage in manifest.stages if stage.kind == "measure" for step in stage.steps)


def _terms(swaps: pl.DataFrame) -> Iterator[SwappedTerm]:
    """Yield what was swapped for what between two groups and how often, the commonest first."""
    each = swaps.filter("swapped").select(*_EACH, "terms").explode("terms", empty_as_null=False)
    counts = each.group_by(*_EACH, "terms").len().sort(*_EACH, "len", "terms", descending=[False] * 3 + [True, False])
    for attribute, one, other, terms, count in counts.iter_rows():
        yield SwappedTerm(attribute=attribute, from_group=one, to_group=other, terms=terms, count=count)


def _examples(run: RunDirectory, recipe: Recipe, swaps: pl.DataFrame) -> Iterator[SwapExample]:
    """Yield up to `audit.examples` flipped rows of each two groups, drawn by row number and seed; texts are masked and cut."""
    flipped = swaps.filter("flipped")
    if flipped.is_empty() or not recipe.audit.examples:
        return
    drawn = flipped.with_columns(draw=row_numbers.draw(flipped["row"], recipe.seed, "examples")).sort("draw", "row")
    chosen = drawn.group_by(*_EACH, maintain_order=True).head(recipe.audit.examples).sort(*_EACH, "draw", "row")
    source = read_parquet(run.source).join(chosen.select("row").unique(), on="row", how="semi")
    texts = source.select("row", text=shown_text(recipe))
    for line in chosen.join(texts, on="row", how="left", maintain_order="left").iter_rows(named=True):
        detail = line["detail_after"] if line["flip"] == "lost" else line["detail_before"]
        stated = {name: line[name] for name in (*_EACH, "flip")}
        yield SwapExample(
            row=line["row_name"],
            terms=tuple(dict.fromkeys(line["terms"])),
            step=line["flipped_by"],
            reason=line["flipped_for"],
            detail=detail or "",
            text=line["text"] or "",
            **stated,
        )
