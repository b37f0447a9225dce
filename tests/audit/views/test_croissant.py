"""Croissant: mlcroissant finds no error, and reads the rows that the run holds; digests and types are those of the files."""

import hashlib
import json
import logging

import polars as pl
import pytest
from people import material_of

from audit.view import main
from audit.views.croissant import croissant, responsible
from audit.views.croissant_fields import field_of
from curate import engine
from curate.files import read_parquet
from curate.recipe_file import parse_recipe


@pytest.fixture(autouse=True)
def _quiet(monkeypatch, caplog):
    """Recommended properties that only a person can add are warnings of mlcroissant; nothing may be fetched."""
    caplog.set_level(logging.ERROR, logger="absl")

    def refuse(*_arguments, **_named):
        raise AssertionError("this test must not reach the network")

    import requests

    monkeypatch.setattr(requests.Session, "request", refuse)


def read(path):
    """Return the data set, without a mistake in its description, and its records by set."""
    mlcroissant = pytest.importorskip("mlcroissant")
    found = mlcroissant.Dataset(jsonld=str(path))
    assert found.metadata.ctx.issues.errors == set()
    assert {issue.split('"')[1].rsplit("/", 1)[1] for issue in found.metadata.ctx.issues.warnings} <= {
        "citeAs", "datePublished", "version", "license",
    }  # fmt: skip
    return found, {records.id: list(found.records(records.id)) for records in found.metadata.record_sets}


@pytest.mark.filterwarnings("ignore")
def test_records_are_the_rows(tuned, tmp_path):
    run, output = tuned.data.run, tmp_path / "sheets" / "croissant.json"
    assert main([str(run.path), "croissant", "--output", str(output)]) == 0
    found, records = read(output)
    assert found.metadata.name == "small"
    for side in ("train", "validation", "test"):
        rows = read_parquet(run.data(side))
        assert len(records[side]) == len(rows)
        for record, row in zip(records[side], rows.to_dicts(), strict=True):
            plain = {name.split("/", 1)[1]: _plain(value) for name, value in record.items()}
            assert plain == row


def _plain(value):
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.decode() if isinstance(value, bytes) else value


def test_files_and_digests(tuned):
    content = json.loads(croissant(tuned, "."))
    assert content["conformsTo"] == ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
    assert content["license"] == ["CC0"]
    for file in content["distribution"]:
        data = (tuned.data.run.path / file["contentUrl"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["contentSize"] == f"{len(data)} B"


def test_what_the_evidence_says_responsibly(tuned, people):
    found = responsible(tuned)
    assert found["rai:dataLimitations"] == list(tuned.audit.cautions)
    assert found["rai:dataPreprocessingProtocol"][1].startswith("length: 240 rows in, 220 out; 20 dropped.")
    gap = tuned.measure("label_rate.gender.difference")
    assert any(line.endswith(f"({gap.id}).") and f"{100 * gap.value:.1f}" in line for line in found["rai:dataBiases"])
    assert "rai:dataCollection" not in found
    assert "(share.all.race.unknown)" in responsible(people)["rai:dataCollectionMissingData"]


CHAT = """
version: 1
name: talks
sources: [{path: a.jsonl}]
task: {kind: chat}
audit: {replicates: 100}
"""


@pytest.mark.filterwarnings("ignore")
def test_conversations_are_nested_records(tmp_path):
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    run = engine.curate(engine.prepare(parse_recipe(CHAT, "r.yaml"), tmp_path, tmp_path / "runs"))
    material = material_of(run)
    (tmp_path / "c.json").write_text(croissant(material, f"runs/{run.path.name}"))
    assert "license" not in json.loads((tmp_path / "c.json").read_text())
    _found, records = read(tmp_path / "c.json")
    [record] = records["all"]
    said = [{name.rsplit("/", 1)[1]: _plain(text) for name, text in turn.items()} for turn in record["all/messages"]]
    assert said == turns


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (pl.String, "sc:Text"),
        (pl.Int64, "sc:Integer"),
        (pl.UInt8, "sc:Integer"),
        (pl.Float32, "sc:Float"),
        (pl.Boolean, "sc:Boolean"),
        (pl.Date, "sc:Date"),
        (pl.Datetime("us"), "sc:DateTime"),
        (pl.List(pl.String), "sc:Text"),
    ],
)
def test_types(kind, word):
    found = field_of("all", "all.parquet", "a b", kind)
    assert (found["dataType"], found["@id"], found["source"]["extract"]["column"]) == (word, "all/a%20b", "a b")
    assert found.get("repeated", False) is isinstance(kind, pl.List)


@pytest.mark.parametrize(
    "kind", [pl.Binary(), pl.Duration("us"), pl.List(pl.List(pl.String)), pl.Struct({"a b": pl.String()})]
)
def test_types_without_a_word_are_left_out(kind):
    assert field_of("all", "all.parquet", "x", kind) is None
