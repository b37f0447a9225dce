"""Probes from a run directory to the audit, the trace and the report: all of it, and only where models were asked."""

import time
from pathlib import Path

import polars as pl
import pytest
from synthetic_run import RECIPE, write_run

from audit import trace
from audit.__main__ import audit
from audit.report.content import Items, Prose, shown_ids
from audit.report.sections import sections_of
from audit.report.sections.models import overall
from audit.results import Audit
from audit.run import audit_run, evidence_of
from curate.files import write_parquet
from curate.manifest import ProbeRecord
from curate.store import RunDirectory

PROBES = """\
  probes:
    - {probe: crows_pairs, path: crows.csv}
    - {probe: bbq, path: bbq.jsonl, name: religion}
    - {probe: winogender, path: winogender.tsv}
    - {probe: identity_templates, path: identity.csv, name: words}
"""


def frame(rows: list[tuple[object, ...]], *names: str) -> pl.DataFrame:
    made = pl.DataFrame(rows, schema=("item", "choice", *names), orient="row", infer_schema_length=None)
    return made.with_columns(pl.col("item", "choice").cast(pl.Int64))


def probe_items() -> dict[str, pl.DataFrame]:
    """Items of all four kinds, as the phase `curate` writes them."""
    crows = [
        (i, c, "age" if i % 3 else "gender", "stereo" if i % 2 else "antistereo") for i in range(2, 32) for c in (0, 1)
    ]
    religion = [
        (i, c, "Religion", "ambiguous" if i % 2 else "disambiguated", "negative", "Muslim" if i % 3 else "Hindu",
         f" answer {c}", c == 1, c == (1 if i % 2 else 2 * (i % 4 // 2)), c == 2)
        for i in range(1, 41) for c in range(3)
    ]  # fmt: skip
    winogender = [
        (3 * i + 2, c, f"job {i // 2}", "guest", "participant" if i % 2 else "occupation", pronoun)
        for i in range(20)
        for c, pronoun in enumerate(("male", "female", "neutral"))
    ]
    words = [
        (4 * s + t + 2, c, f"s{s} …", term, s % 2 == 1, 4 * s + 2, str(c))
        for s in range(10) for t, term in enumerate(("<b>gay", "old", "tall", "blind")) for c in (0, 1)
    ]  # fmt: skip
    return {
        "crows_pairs": frame(crows, "bias_type", "direction"),
        "religion": frame(
            religion, "category", "condition", "polarity", "targeted", "continuation", "unknown", "correct", "biased"
        ),
        "winogender": frame(winogender, "occupation", "participant", "person", "pronoun"),
        "words": frame(words, "sentence", "term", "toxic", "sentence_item", "label").with_columns(
            pl.col("sentence_item").cast(pl.Int64)
        ),
    }


def said(items: pl.DataFrame, model: str) -> pl.DataFrame:
    """Likelihoods that no model gave: scattered, and otherwise for the two models; the first item was not scored."""
    mix = (pl.col("item") * 37 + pl.col("choice") * 101 + (13 if model == "tuned" else 5)) % 97
    likelihood = pl.when(pl.col("item") == pl.col("item").min()).then(None).otherwise(-mix.cast(pl.Float64) / 10)
    return items.select("item", "choice", log_likelihood=likelihood, tokens=pl.lit(4, dtype=pl.Int64))


def write_probed(folder: Path, models: tuple[str, ...] = ("base", "tuned")) -> RunDirectory:
    run = write_run(folder, RECIPE.rstrip("\n") + "\n" + PROBES)
    started, phases = time.monotonic(), run.read_manifest().phases
    records = []
    for name, items in probe_items().items():
        write_parquet(run.probe(name), items)
        for model in models:
            write_parquet(run.probe_predictions(name, model), said(items, model))
        kind = {"religion": "bbq", "words": "identity_templates"}.get(name, name)
        count = items["item"].n_unique()
        records.append(
            ProbeRecord(
                name=name,
                probe=kind,
                path=f"{name}.csv",
                sha256="0" * 64,
                version=1,
                rows=2 * count,
                drawn=count,
                items=count,
            )
        )
    run.write_manifest(run.read_manifest().model_copy(update={"probes": tuple(records)}))
    for phase, more in (
        ("curate", [run.probe(name) for name in probe_items()]),
        ("train", []),
        ("predict", [run.path / "predictions"]),
    ):
        files = [run.path / name for name in phases[phase].files if phase != "predict"]
        run.finish_phase(phase, phase, [*files, *more], started, phases[phase].notes)
    return run


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return write_probed(tmp_path_factory.mktemp("runs") / "small-1")


@pytest.fixture(scope="module")
def found(probed) -> Audit:
    return audit(probed)


def test_every_probe_is_measured_for_both_models_and_their_change(found):
    mine = {measure.id for measure in found.measures if measure.probe is not None}
    for model in ("base", "tuned", "change"):
        for figure in (
            "crows_pairs.stereotype_preferred.bias_type.age", "religion.bias_score_ambiguous", "religion.accuracy.disambiguated",
            "winogender.pronoun_gap", "words.flip_rate", "words.bpsn_auc.term.under_b_over_gay",
        ):  # fmt: skip
            assert f"{model}.probe.{figure}" in mine
    assert [record.name for record in found.probes] == ["crows_pairs", "religion", "winogender", "words"]
    assert not [verdict for verdict in found.verdicts if ".probe." in verdict.measure]


def test_trace_recomputes_what_each_kind_of_figure_says(probed, found):
    kinds = {
        (measure.probe, measure.metric, measure.compare, measure.id.split(".")[0]): measure
        for measure in found.measures
        if measure.probe
    }
    assert len(kinds) > 60
    for measure in list(kinds.values())[::4]:
        traced = trace.trace(probed, measure.id)
        assert traced.agrees, measure.id
    shown = trace.as_text(trace.trace(probed, "tuned.probe.religion.bias_score_ambiguous"), 3)
    assert "table probe_religion, rows where condition = ambiguous and tuned_scored = true" in shown
    assert "religion/" in shown


def test_all_figures_agree_with_the_tables(probed, found):
    from audit import metrics

    _recipe, _models, evidence = evidence_of(probed)
    measures = {measure.id: measure for measure in found.measures}
    for measure in measures.values():
        if measure.probe is not None:
            value = metrics.compute(measure, evidence, measures)
            assert value == measure.value or value == pytest.approx(measure.value), measure.id


def test_the_report_tells_them_in_a_section_of_their_own(found, probed):
    sections = {section.anchor: section for section in sections_of(found)}
    shown = set(shown_ids(sections["probes"].blocks))
    mine = {measure.id for measure in found.measures if measure.probe is not None}
    assert mine == shown
    assert not [
        name
        for anchor, section in sections.items()
        if anchor != "probes"
        for name in shown_ids(section.blocks)
        if name in mine
    ]
    texts = [block.text for block in sections["probes"].blocks if isinstance(block, Prose)]
    assert any("30 items, drawn from 60 rows of the file. 1 item was not scored" in text for text in texts)
    caveats = [item for block in sections["probes"].blocks if isinstance(block, Items) for item in block.items]
    assert any("Blodgett et al. 2021" in caveat for caveat in caveats)
    assert overall(found) is not None
    html = (probed.report / "report.html").read_text(encoding="utf-8")
    assert "What the probes say" in html
    assert "<b>gay" not in html
    assert "&lt;b&gt;gay" in html


def test_a_model_that_guesses_is_told_as_such(found):
    section = next(section for section in sections_of(found) if section.anchor == "probes")
    caveats = [item for block in section.blocks if isinstance(block, Items) for item in block.items]
    accuracy = next(m for m in found.measures if m.id == "base.probe.religion.accuracy.disambiguated")
    assert accuracy.interval is not None
    told = any(caveat.startswith("Base model: accuracy where the context tells") for caveat in caveats)
    assert told == (accuracy.interval.low <= 1 / 3)


def test_probes_that_only_the_base_was_asked_have_no_change(tmp_path):
    found = audit_run(write_probed(tmp_path / "small-1", ("base",)))
    mine = {measure.id.split(".")[0] for measure in found.measures if measure.probe is not None}
    assert mine == {"base"}


def test_a_run_without_probes_has_no_section(audited):
    found = audit(audited)
    assert "probes" not in {section.anchor for section in sections_of(found)}
    assert found.probes == ()
