"""`verify` on runs that were changed behind its back, digests included."""

import json
import shutil

import pytest
from asked_runs import RECIPE, curate, write
from typer.testing import CliRunner

from curate.cli import app
from curate.errors import UserError
from curate.files import digest_file, read_parquet, write_parquet
from curate.listed import AUDIT_FILES, check_listed
from curate.manifest import Manifest, is_whole
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.verify import examine, verify


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    recipe = write(folder, RECIPE + "split: {test: 0.3, validation: 0.2}\n")
    with (folder / "a.csv").open("a") as stream:
        stream.write("a text with no label\na text with a label,a,red,and more\n")
    return curate(recipe)


@pytest.fixture
def run(made, tmp_path):
    return RunDirectory(shutil.copytree(made.path, tmp_path / made.path.name))


def told(run):
    with pytest.raises(UserError) as caught:
        verify(run)
    return [f"{mistake.where}: {mistake.what}".replace(f"{run.path}/", "") for mistake in caught.value.mistakes]


def with_manifest(run, change):
    """Change the manifest, its own digest included."""
    content = json.loads(run.manifest.read_text())
    change(content)
    run.write_manifest(Manifest.model_validate(content))


def with_digest(run, path):
    """Change the manifest so that it lists a file as it is now."""
    name = str(path.relative_to(run.path))
    with_manifest(run, lambda content: content["phases"]["curate"]["files"].update({name: digest_file(path)}))


def test_a_sound_run(run):
    lines = verify(run)
    assert [line.split(":")[0] for line in lines] == ["manifest.json", "curate", "account", "split"]


def test_a_manifest_that_lists_nothing(run):
    with_manifest(run, lambda content: content["phases"]["curate"].update(files={}))
    assert "ledger.parquet: is none of the files that the manifest lists" in told(run)


def test_a_file_that_is_gone_with_its_digest(run):
    for name in ("ledger.parquet", "measures/01.json", "data/test.parquet"):
        (run.path / name).unlink()
        with_manifest(run, lambda content, name=name: content["phases"]["curate"]["files"].pop(name))
        assert f"{name}: has no digest in the manifest" in told_of_list(run)


def told_of_list(run):
    return [line for line in told(run) if line.endswith("has no digest in the manifest")]


def test_a_file_that_was_added(run):
    shutil.copy(run.data("train"), run.data("extra"))
    assert told(run) == ["data/extra.parquet: is none of the files that the manifest lists"]


@pytest.mark.parametrize("name", ["report.html", "data/report.html", "data/source/../../all_met.html"])
def test_a_file_that_was_added_with_its_digest(run, name):
    (run.path / name).write_text("<p>all met</p>")
    with_manifest(
        run, lambda content: content["phases"]["curate"]["files"].update({name: digest_file(run.path / name)})
    )
    assert f"{name}: is listed in the manifest, and is none of the files that 'curate' writes" in told(run)


def test_what_later_phases_may_write(run):
    recipe, manifest = load_finished(run.recipe), run.read_manifest()
    record = manifest.phases["curate"]

    def told_of(**names):
        phases = {
            phase: record.model_copy(update={"files": dict.fromkeys(listed, "")}) for phase, listed in names.items()
        }
        found = check_listed(run, recipe, manifest.model_copy(update={"phases": {"curate": record, **phases}}))
        return [mistake.where.removeprefix(f"{run.path}/") for mistake in found]

    of_audit = [f"report/{name}" for name in AUDIT_FILES]
    assert told_of(train=["model/a/weights"], predict=["predictions/probes/a/base.parquet"], audit=of_audit) == []
    assert told_of(train=["report.html"], predict=["model/report.html"]) == ["report.html", "model/report.html"]
    assert told_of(audit=[*of_audit, "report/report2.html"]) == ["report/report2.html"]


def test_a_folder_that_is_linked_into_the_run(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (run.path / "report").symlink_to(tmp_path / "elsewhere")
    assert told(run) == ["report: is none of the files that the manifest lists"]


def test_a_key_that_stands_twice(run):
    text = run.certificate.read_text()
    run.certificate.write_text(text.replace('"rows": ', '"rows": {}, "rows": ', 1))
    with_digest(run, run.certificate)
    assert told(run) == ["data/split.json: has the key 'rows' twice in one place"]
    run.manifest.write_text(run.manifest.read_text().replace('"name": ', '"name": "other", "name": ', 1))
    assert told(run)[0] == "manifest.json: has the key 'name' twice in one place"


def test_a_line_of_the_quarantine_that_stands_for_another(run):
    lines = read_parquet(run.quarantine)
    assert lines.height == 2
    write_parquet(run.quarantine, lines[[0, 0]])
    with_digest(run, run.quarantine)
    found = told(run)
    assert len(found) == 1
    assert "and so 1 more" in found[0]


@pytest.mark.parametrize("name", ["ledger.parquet", "quarantine.parquet", "data/train.parquet", "data/split.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"text,label\n", b"PAR1 and no more PAR1"])
def test_a_file_that_cannot_be_read(run, name, content):
    (run.path / name).write_bytes(content)
    with_digest(run, run.path / name)
    assert "holds a file that cannot be read" in told(run)[0]


def test_a_certificate_of_other_sides(run):
    content = json.loads(run.certificate.read_text())
    content["rows"]["train"] += 1
    run.certificate.write_text(json.dumps(content))
    with_digest(run, run.certificate)
    assert told(run) == ["data/split.json: tells of other sides than the data show"]


def test_damage_in_every_phase_is_told_at_once_and_nothing_is_computed_from_it(run, monkeypatch):
    monkeypatch.setattr("curate.phases.verify_audit", lambda path: pytest.fail("computed from damaged files"))
    run.report.mkdir()
    page = run.report / "report.html"
    page.write_text("<p>met</p>")
    phase = {"key": "k", "seconds": 1, "peak_memory_bytes": 1, "files": {"report/report.html": digest_file(page)}}
    with_manifest(run, lambda content: content["phases"].update(audit=phase))
    assert [line.partition(": ")[2] for line in told(run)] == ["has no digest in the manifest"] * 3
    page.write_text("<p>not met</p>")
    run.quarantine.unlink()
    assert [line.split(" (")[0] for line in told(run)] == [
        "quarantine.parquet: is gone",
        "report/report.html: is not what 'audit' wrote",
    ]
    found = examine(run)
    assert [line.partition(":")[0] for line in found.not_judged] == ["account, split", "measures"]
    assert len(found.verified) == 1


def test_what_was_found_right_is_told_beside_what_is_not(run):
    with_manifest(run, lambda content: content["steps"][1].update(rows_out=3))
    found = examine(run)
    assert [line.partition(":")[0] for line in found.verified] == ["manifest.json", "curate"]
    assert "does not account for every row" in found.mistakes[0].what


def test_no_byte_of_a_manifest_can_change_unseen(run):
    data = run.manifest.read_bytes()
    assert is_whole(data)
    for place in range(len(data)):
        for bit in (1, 32, 128):
            assert not is_whole(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]), place
    assert not is_whole(data + b"\n")
    assert not is_whole(b"")


def test_a_manifest_that_is_readable_and_changed(run):
    run.manifest.write_text(run.manifest.read_text().replace('"seconds": 0.', '"seconds": 9.'))
    assert told(run) == ["manifest.json: is not as it was written (its own SHA-256 differs)"]


def test_a_manifest_without_a_digest_of_its_own_is_not_judged(run):
    content = json.loads(run.manifest.read_text())
    del content["digest"]
    run.manifest.write_text(json.dumps(content))
    found = examine(run)
    assert (found.mistakes, [line.partition(":")[0] for line in found.not_judged]) == ((), ["manifest.json"])


def test_exit_codes_and_json(run, tmp_path):
    def asked(*arguments):
        done = CliRunner().invoke(app, ["verify", *map(str, arguments)])
        return done.exit_code, done.stdout, done.stderr

    code, out, err = asked(run.path)
    assert (code, err, len(out.splitlines())) == (0, "", 4)
    assert json.loads(asked(run.path, "--json")[1]) == {"verified": out.splitlines(), "not_judged": [], "mistakes": []}
    run.ledger.unlink()
    code, out, err = asked(run.path)
    assert (code, err.count("\n")) == (3, 1)
    assert "ledger.parquet: is gone" in err
    assert "not judged: account, split" in out
    code, out, err = asked(run.path, "--json")
    assert (code, err) == (3, "")
    assert [mistake["where"] for mistake in json.loads(out)["mistakes"]] == [str(run.ledger)]
    run.manifest.write_text("{")
    for place in (run.path, tmp_path):
        code, out, err = asked(place)
        assert (code, out) == (2, "")
        assert str(place) in err
