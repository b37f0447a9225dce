"""Probes in a recipe: what is wrong is told with its line, items are published, and the key of the run follows the files."""

from pathlib import Path

import pytest
from small_probes import PROBES, write_files

from curate import engine, phases
from curate.errors import UserError
from curate.files import digest_file, read_parquet
from curate.recipe_file import load_recipe

RECIPE = """\
version: 1
name: probed
sources: [{{path: a.csv}}]
task: {{kind: classification, text: text, label: label, labels: {{0: bad, 1: good}}, positive: [1]}}
split: {{}}
train: {{base: demo}}
audit:
  probes:
{probes}"""


@pytest.fixture
def folder(tmp_path) -> Path:
    rows = "".join(f"text number {place},{place % 2}\n" for place in range(40))
    (tmp_path / "a.csv").write_text("text,label\n" + rows)
    write_files(tmp_path)
    return tmp_path


def recipe(folder: Path, probes: str = PROBES) -> Path:
    path = folder / "r.yaml"
    path.write_text(RECIPE.format(probes=probes))
    return path


def told(folder: Path, probes: str, *overrides: str) -> list[str]:
    path = recipe(folder, probes)
    with pytest.raises(UserError) as caught:
        engine.prepare(phases.load(path, overrides), folder, folder / "runs", overrides)
    return [str(mistake).replace(f"{folder}/", "") for mistake in caught.value.mistakes]


def curated(folder: Path, probes: str = PROBES):
    path = recipe(folder, probes)
    return engine.curate(engine.prepare(load_recipe(path), folder, folder / "runs"))


def test_what_does_not_fit_is_told_with_its_line(folder):
    assert told(folder, "    - {probe: crow_pairs, path: crows.csv}\n") == [
        "r.yaml:9: unknown probe 'crow_pairs'; did you mean 'crows_pairs'?"
    ]
    twice = "    - {probe: bbq, path: bbq.jsonl}\n    - {probe: bbq, path: bbq.jsonl}\n"
    assert told(folder, twice) == ["r.yaml:10: audit.probes.1: another probe is called 'bbq' too; give each a name"]
    assert told(folder, "    - {probe: bbq, path: bbq.jsonl}\n", "train=null") == [
        "r.yaml:9: audit.probes.0: no model is asked; add train: or leave the probe out"
    ]
    no_positive = told(folder, "    - {probe: identity_templates, path: identity.csv}\n", "task.positive=[]")
    assert no_positive == [
        "r.yaml:9: audit.probes.0: asks whether positive labels are given by the word; name them in task.positive"
    ]


def test_missing_files_and_columns_are_all_told_at_once(folder):
    (folder / "crows.csv").write_text("sent_more,bias_type\na,b\n")
    (folder / "bbq.jsonl").unlink()
    path = recipe(folder)
    with pytest.raises(UserError) as caught:
        phases.check(load_recipe(path), path, ())
    found = [(mistake.part, mistake.what) for mistake in caught.value.mistakes]
    assert ("audit.probes.0.path", "has no column 'sent_less'") in found
    assert ("audit.probes.0.path", "has no column 'stereo_antistereo'") in found
    assert ("audit.probes.1.path", "there is no such file") in found
    assert len(found) == 3


def test_items_are_published_with_digests_and_the_source_is_recorded(folder):
    run = curated(folder)
    files = run.check_phase("curate").files
    assert sorted(name for name in files if "probes" in name) == [
        "data/probes/bbq.parquet",
        "data/probes/crows_pairs.parquet",
        "data/probes/general.parquet",
        "data/probes/identity_templates.parquet",
        "data/probes/neutral_texts.parquet",
        "data/probes/winogender.parquet",
    ]
    crows, _bbq, _winogender, identity, *shipped = run.read_manifest().probes
    assert [(record.name, record.rows, record.items) for record in shipped] == [
        ("general", 120, 120),
        ("neutral_texts", 40, 40),
    ]
    assert crows.model_dump() == {
        "name": "crows_pairs", "probe": "crows_pairs", "path": "crows.csv", "sha256": digest_file(folder / "crows.csv"),
        "version": 1, "rows": 3, "drawn": 3, "items": 3,
    }  # fmt: skip
    assert (identity.rows, identity.items) == (8, 8)
    assert read_parquet(run.probe("identity_templates"))["label"].unique().sort().to_list() == ["0", "1"]


def test_another_file_is_another_run_and_no_stage_runs_again(folder):
    first = curated(folder)
    (folder / "crows.csv").write_text((folder / "crows.csv").read_text().replace("lazy", "idle"))
    second = curated(folder)
    assert second.path != first.path
    assert all(stage.cached for stage in second.read_manifest().stages)
    assert curated(folder).path == second.path
    assert "idle" in str(read_parquet(second.probe("crows_pairs"))["continuation"][0])


def test_items_that_are_made_otherwise_are_another_run(folder, monkeypatch):
    from curate.probes.crows_pairs import CrowsPairs

    first = curated(folder)
    monkeypatch.setattr(CrowsPairs, "version", 2)
    assert curated(folder).path != first.path


def test_a_run_with_probes_can_be_verified(folder):
    from curate.verify import verify

    run = curated(folder)
    assert any("files have the digests" in line for line in verify(run))
    run.probe("bbq").unlink()
    with pytest.raises(UserError, match=r"bbq\.parquet: is gone"):
        verify(run)


def test_a_probe_with_a_mistake_is_told_in_words_of_the_recipe_alone(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "version: 1\nname: x\nsources: [{demo: hiring}]\ntask: {kind: classification, text: text, label: label}\n"
        "audit: {probes: [{probe: bbqq, path: a.csv}, {probe: bbq}]}\n"
    )
    with pytest.raises(UserError) as told:
        load_recipe(recipe)
    assert [str(mistake).partition(": ")[2] for mistake in told.value.mistakes] == [
        "unknown probe 'bbqq'; did you mean 'bbq'?",
        "'audit.probes.1.path' is missing; it has no default",
    ]
