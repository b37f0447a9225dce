"""Remote sources against a local S3 server: fetched, looked at without fetching, and every fault told in one line."""

import gzip
import io
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings

import polars as pl
import pytest

from curate import engine, phases
from curate.cache_tools import list_cache, prune_cache
from curate.errors import UserError
from curate.files import read_parquet
from curate.questions.explain import explain
from curate.recipe_file import parse_recipe
from curate.sources.find import source_digest
from curate.sources.look import source_mistakes
from curate.sources.remote import fetch_sources, fetched_names
from curate.sources.remote_mistakes import remote_mistake

FRAME = pl.DataFrame({"text": ["one", "two"], "label": ["a", "b"]})
LINES = b'{"text": "one", "label": "a"}\r\nnope\n\n{"text": "two", "label": "b"}'


def parquet(frame):
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


OBJECTS = {
    "p/a.parquet": parquet(FRAME),
    "p/lang=en/b.parquet": parquet(FRAME.with_columns(more=1)),
    "l/a.jsonl": LINES,
    "l/b.jsonl": b'{"text": "three", "label": "a"}\n',
    "l/c.jsonl.gz": gzip.compress(LINES),
    "a.csv": b'text,label\n"one\nline",a\nbad\n',
    "t.txt": b"one\ntwo\n",
    "t.labels": b"a\nb\n",
    "list.json": b'[{"text": "one", "label": "a"}]',
    "empty.csv": b"",
    "bytes.jsonl": LINES + b"\xff",
    "not.parquet": b"nothing",
}


@pytest.fixture(scope="module")
def server():
    """The address of an S3 server of our own with the objects in a bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            for _attempt in range(300):
                try:
                    urllib.request.urlopen(address, timeout=1)
                    break
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.1)
            put(address, OBJECTS)
            yield address
        finally:
            process.kill()


def put(address, objects):
    """Put objects into the bucket, for everyone to read; make the bucket first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the client library says of itself
        import boto3

        keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=address, **keys)
        client.create_bucket(Bucket="data")
        for key, body in objects.items():
            client.put_object(Bucket="data", Key=key, Body=body, ACL="public-read")
        client.close()


@pytest.fixture(autouse=True)
def _environment(server, monkeypatch):
    monkeypatch.delenv("FAIRLEAD_OFFLINE", raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true", "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


TEXT = "version: 1\nname: t\nsources: {sources}\ntask: {{kind: classification, text: text, label: label}}\n"


def recipe(sources, more=""):
    task = "{kind: classification, text: text, label: label}"
    return parse_recipe(f"version: 1\nname: t\nsources: {sources}\ntask: {task}\n{more}", "r.yaml")


def run(folder, sources, **options):
    return engine.curate(engine.prepare(recipe(sources), folder, folder / "runs", **options))


def mistakes(sources, folder):
    return [str(mistake) for mistake in source_mistakes(recipe(sources), folder)]


@pytest.mark.parametrize(("path", "texts", "lines"), [
    ("s3://data/p/a.parquet", ["one", "two"], []),
    ("s3://data/l/a.jsonl", ["one", "two"], [2]),
    ("s3://data/l/c.jsonl.gz", ["one", "two"], [2]),
    ("s3://data/a.csv", ["one\nline"], [4]),
    ("s3://data/list.json", ["one"], []),
])  # fmt: skip
def test_a_remote_file_is_read_like_a_local_one(tmp_path, path, texts, lines):
    done = run(tmp_path, f"[{{path: '{path}', name: x, licence: MIT}}]")
    assert read_parquet(done.source)["text"].to_list() == texts
    assert read_parquet(done.quarantine)["line"].to_list() == lines
    [record] = done.read_manifest().sources
    assert (record.path, record.licence) == (path, "MIT")
    first = read_parquet(done.source)["row"][0] >> 8
    assert explain(done, f"x/{first}").source.startswith(path)


def test_a_remote_pair_of_files(tmp_path):
    done = run(tmp_path, "[{path: 's3://data/t.txt', labels: 's3://data/t.labels'}]")
    assert read_parquet(done.source).select("text", "label").rows() == [("one", "a"), ("two", "b")]


def test_a_remote_pattern_is_a_source_for_each_file(tmp_path):
    done = run(tmp_path, "[{path: 's3://data/l/*.jsonl'}, {path: 's3://data/p/**/*.parquet', name: p}]")
    assert [(record.name, record.path, record.rows) for record in done.read_manifest().sources] == [
        ("a", "s3://data/l/a.jsonl", 3),
        ("b", "s3://data/l/b.jsonl", 1),
        ("p.a", "s3://data/p/a.parquet", 2),
        ("p.lang-en.b", "s3://data/p/lang=en/b.parquet", 2),
    ]
    assert read_parquet(done.source).select("text", "lang", "more").rows()[-1] == ("two", "en", 1)


def test_check_and_plan_fetch_nothing(tmp_path):
    sources = "[{path: 's3://data/p/*.parquet'}, {path: 's3://data/l/*.jsonl'}]"
    assert mistakes(sources, tmp_path) == []
    engine.prepare(recipe(sources), tmp_path, tmp_path / "runs", fetch=False)
    assert list(tmp_path.rglob("rows.*")) == []
    found = parse_recipe(
        "version: 1\nname: t\nsources: [{path: 's3://data/p/a.parquet'}, {path: 's3://data/l/b.jsonl'}]\n"
        "task: {kind: classification, text: txt, label: label}", "r.yaml",
    )  # fmt: skip
    assert [str(mistake) for mistake in source_mistakes(found, tmp_path)] == [
        f"s3://data/{name}: has no column 'txt'; did you mean 'text'?" for name in ("p/a.parquet", "l/b.jsonl")
    ]


def test_steps_are_tried_on_rows_that_are_here(tmp_path):
    """What is not fetched yet has no rows to try steps on, and is fetched all the same."""
    found = recipe("[{path: 's3://data/p/a.parquet'}]", "steps: [{step: where, sql: text = 'one'}]")
    done = engine.curate(engine.prepare(found, tmp_path, tmp_path / "runs"))
    assert read_parquet(done.data("all"))["text"].to_list() == ["one"]
    with pytest.raises(UserError, match="does not fit the columns' types"):
        engine.prepare(
            recipe("[{path: 's3://data/p/a.parquet'}]", "steps: [{step: where, sql: text > 4}]"),
            tmp_path,
            tmp_path / "runs",
        )


def test_offline_uses_what_was_fetched_last(tmp_path, monkeypatch):
    sources = "[{path: 's3://data/l/*.jsonl'}, {path: 's3://data/p/a.parquet', name: p}]"
    done = run(tmp_path, sources)
    monkeypatch.setenv("FAIRLEAD_OFFLINE", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert run(tmp_path, sources).path == done.path
    (tmp_path / "r.yaml").write_text(TEXT.format(sources=sources))
    loaded = phases.load(tmp_path / "r.yaml")
    assert phases.check(loaded, tmp_path / "r.yaml", (), tmp_path / "runs") == phases.Checked(())
    told = phases.files(loaded, tmp_path / "r.yaml", tmp_path / "runs")
    assert [found.files for found in told] == [("s3://data/l/a.jsonl", "s3://data/l/b.jsonl")]
    with pytest.raises(UserError, match="is not fetched yet"):
        phases.check(loaded, tmp_path / "r.yaml", (), tmp_path / "others")
    with pytest.raises(UserError, match="was never fetched, and FAIRLEAD_OFFLINE is set"):
        fetch_sources(recipe("[{path: 's3://data/a.csv'}]"), tmp_path / "runs" / ".cache" / "fetched")


def test_fetched_copies_are_in_the_cache_by_their_address(tmp_path, monkeypatch):
    one = run(tmp_path, "[{path: 's3://data/l/*.jsonl'}]")
    two = run(tmp_path, "[{path: 's3://data/list.json'}]")
    copies = {copy.name: copy for copy in list_cache(tmp_path / "runs") if copy.sort == "fetched"}
    assert {name: copy.runs for name, copy in copies.items()} == {
        "s3://data/l/*.jsonl": (),
        "s3://data/l/a.jsonl": (one.path.name,),
        "s3://data/l/b.jsonl": (one.path.name,),
        "s3://data/list.json": (two.path.name,),
    }
    assert copies["s3://data/l/a.jsonl"].key in fetched_names(recipe("[{path: 's3://data/l/a.jsonl'}]"))
    prune_cache(tmp_path / "runs", everything=True)
    monkeypatch.setenv("FAIRLEAD_OFFLINE", "1")
    with pytest.raises(UserError, match="is not fetched yet"):
        run(tmp_path, "[{path: 's3://data/list.json'}]")


def test_what_is_fetched_twice_has_the_same_bytes(tmp_path):
    for path in ("s3://data/p/a.parquet", "s3://data/l/a.jsonl"):
        found = recipe(f"[{{path: '{path}'}}]")
        digests = []
        for folder in (tmp_path / "one", tmp_path / "two"):
            fetch_sources(found, folder)
            digests.append(source_digest(found.sources[0], tmp_path, folder))
        assert digests[0] == digests[1]


def test_what_changed_there_is_fetched_anew(tmp_path, server):
    sources = "[{path: 's3://data/changes.jsonl'}]"
    for text in ("before", "after"):
        put(server, {"changes.jsonl": json.dumps({"text": text, "label": "a"}).encode()})
        assert read_parquet(run(tmp_path, sources).source)["text"].to_list() == [text]


NOT_THERE = "there is no such file; see how the names of the bucket and the file are written, and that the server is the right one"
FAULTS = {
    "s3://data/gone.jsonl": NOT_THERE,
    "s3://data/gone.parquet": NOT_THERE,
    "s3://other/a.parquet": NOT_THERE,
    "s3://data/gone/*.jsonl": "no file fits this pattern; see how it is written: * stands for one part of a path, ** for many",
    "s3://data/bytes.jsonl": "holds bytes that are not UTF-8; download it and name the local file: there such lines go to quarantine one by one",
}


@pytest.mark.parametrize("path", FAULTS)
def test_every_fault_is_one_line(tmp_path, path):
    with pytest.raises(UserError) as caught:
        fetch_sources(recipe(f"[{{path: '{path}'}}]"), tmp_path)
    assert str(caught.value) == f"{path}: {FAULTS[path]}"
    assert list(tmp_path.rglob("rows.*")) == []


def test_files_that_are_not_what_their_ending_says(tmp_path):
    assert re.match(
        r"s3://data/not.parquet: cannot be read \(parquet: ", mistakes("[{path: 's3://data/not.parquet'}]", tmp_path)[0]
    )
    with pytest.raises(UserError, match=r"s3://data/empty\.csv: is empty"):
        run(tmp_path, "[{path: 's3://data/empty.csv'}]")


@pytest.mark.parametrize(("address", "error", "what"), [
    ("s3://b/a", OSError("error sending request for url (https://b.s3.amazonaws.com/)\n\n dns error"), "cannot be reached; see"),
    ("s3://b/a", PermissionError("object-store error: 403 Forbidden"), "access is refused; set AWS_ACCESS_KEY_ID"),
    ("gs://b/a", OSError("Error performing token request: 403 Forbidden"), "access is refused; set GOOGLE_APPLICATION_CREDENTIALS"),
    ("az://b/a", OSError("Generic MicrosoftAzure error: Account must be specified"), "access is refused; set AZURE_STORAGE_ACCOUNT_NAME"),
    ("hf://datasets/a/b/c", OSError("401 Unauthorized"), "access is refused; set HF_TOKEN"),
])  # fmt: skip
def test_what_a_provider_says_becomes_what_to_set(address, error, what):
    assert str(remote_mistake(address, error)).startswith(f"{address}: {what}")


def test_no_server_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = mistakes("[{path: 's3://nowhere/l/a.jsonl'}]", tmp_path)
    assert [line.partition(";")[0] for line in found] == ["s3://nowhere/l/a.jsonl: cannot be reached"]


def test_a_full_disk_is_not_the_servers_fault(tmp_path, monkeypatch):
    def full(*args, **options):
        raise pl.exceptions.ComputeError("No space left on device (os error 28)")

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        fetch_sources(recipe("[{path: 's3://data/p/a.parquet'}]"), tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "p/a.parquet"])
def test_what_is_open_to_everyone_needs_no_credentials(tmp_path, server, name):
    done = run(tmp_path, f"[{{path: '{server}/data/{name}', name: x}}]")
    assert read_parquet(done.source)["text"][0] == {"a.csv": "one\nline", "p/a.parquet": "one"}[name]
    assert done.read_manifest().sources[0].path == f"{server}/data/{name}"
