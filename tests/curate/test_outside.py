"""Files from elsewhere: read with the task's names and labels, told from copies, kept in the run; mistakes all at once, with lines."""

import json
from pathlib import Path

import pytest

from curate import engine, phases
from curate.check import check
from curate.commands import recipes
from curate.errors import UserError
from curate.files import digest_file, read_parquet
from curate.outside import lacking_groups
from curate.recipe_file import load_recipe
from curate.verify import verify

RECIPE = """\
version: 1
name: outside
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {0: bad, 1: good}}
groups: {sex: {column: sex}, said: {terms: gender}}
steps: [{step: mask_pii, kinds: [email]}]
split: {test: 0, validation: 0.1}
train: {base: demo}
audit:
  outside:
"""
AWAY = (
    "    - {path: away.csv, name: away, origin: nowhere, licence: CC0, columns: {text: said, label: class},"
    " labels: {no: 0, yes: 1, maybe: null}}\n"
)
WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
ROWS = [
    ("a woman far away", "yes"),
    ("TEXT   number 3 of many", "no"),  # the same but for case and white space
    ("write to me at me@example.org about it", "no"),  # as it was read, before it was masked
    (f"{WORDS} seventeen", "yes"),  # nearly the same
    ("neither this nor that", "maybe"),
    ("", "yes"),
    ("no label", ""),
]


@pytest.fixture
def folder(tmp_path) -> Path:
    rows = [f"text number {place} of many" for place in range(40)]
    rows += ["write to me at me@example.org about it", f"{WORDS} eighteen"]
    (tmp_path / "a.csv").write_text("text,label,sex\n" + "".join(f"{text},{i % 2},f\n" for i, text in enumerate(rows)))
    (tmp_path / "away.csv").write_text(
        "said,class\n" + "".join(f"{text},{label}\n" for text, label in ROWS) + "a,b,c\n"
    )
    return tmp_path


def curated(folder: Path, outside: str = AWAY):
    path = folder / "r.yaml"
    path.write_text(RECIPE + outside)
    return engine.curate(engine.prepare(load_recipe(path), folder, folder / "runs"))


def told(folder: Path, outside: str, *overrides: str) -> list[str]:
    path = folder / "r.yaml"
    path.write_text(RECIPE + outside)
    with pytest.raises(UserError) as caught:
        engine.prepare(phases.load(path, overrides), folder, folder / "runs", overrides)
    return [str(mistake).replace(f"{folder}/", "") for mistake in caught.value.mistakes]


def checked(folder: Path, outside: str) -> list[tuple[str, str]]:
    path = folder / "r.yaml"
    path.write_text(RECIPE + outside)
    with pytest.raises(UserError) as caught:
        check(load_recipe(path), folder)
    return [(mistake.part, str(mistake).replace(f"{folder}/", "")) for mistake in caught.value.mistakes]


def test_rows_have_the_tasks_names_and_labels_and_go_through_no_step(folder):
    run = curated(folder)
    rows = read_parquet(run.outside("away"))
    assert rows["row_name"].to_list() == ["away/2", "away/3", "away/4", "away/5"]
    assert rows["text"].to_list() == [text for text, _label in ROWS[:4]]
    assert rows["label"].to_list() == ["1", "0", "0", "1"]
    assert rows["group_said"].to_list() == [["woman"], *[["none mentioned"]] * 3]
    assert rows["group_sex"].to_list() == [["unknown"]] * 4  # the file has no such column
    assert dict(read_parquet(run.outside_refused("away")).iter_rows()) == {
        "away/6": "label_left_out", "away/7": "blank_text", "away/8": "missing_label", "away/9": "wrong_field_count",
    }  # fmt: skip


def test_copies_of_what_is_learned_from_are_named(folder):
    rows = read_parquet(curated(folder).outside("away"))
    assert rows["copy_of"].to_list() == [None, "a/5", "a/42", "a/43"]
    assert rows["same_text"].to_list() == [None, True, True, False]
    assert 0.8 <= rows["similarity"][3] < 1


def test_the_file_is_recorded_and_the_run_verifies(folder):
    run = curated(folder)
    (record,) = run.read_manifest().outside
    assert record.model_dump() == {
        "name": "away", "path": "away.csv", "sha256": digest_file(folder / "away.csv"), "version": 2,
        "origin": "nowhere", "licence": "CC0", "rows": 8, "copies": 2, "near_copies": 1, "copies_of_test": 0,
        "near_copies_of_test": 0, "repeats": 0, "unknown": ("sex",),
        "refused": {"blank_text": 1, "label_left_out": 1, "missing_label": 1, "wrong_field_count": 1},
    }  # fmt: skip
    assert record.asked == 1
    assert any("files have the digests" in line for line in verify(run))
    for untrue, said in (
        ({"copies": 1}, "counts of 'away' other rows or copies than there are"),
        ({"repeats": 1}, "counts of 'away' other rows or copies than there are"),
        ({"unknown": ()}, "names other groups of 'away' that are unknown than there are"),
    ):
        run.write_manifest(run.read_manifest().model_copy(update={"outside": (record.model_copy(update=untrue),)}))
        with pytest.raises(UserError, match=said):
            verify(run)


def sentence(place: int, last: str = "end") -> str:
    return " ".join([*(f"word{place}x{number}" for number in range(18)), last])


def test_copies_of_test_rows_and_repeats_are_told_apart(folder):
    recipe = RECIPE.replace("test: 0", "test: 0.4")
    (folder / "a.csv").write_text(
        "text,label,sex\n" + "".join(f"{sentence(place)},{place % 2},f\n" for place in range(20))
    )
    (folder / "r.yaml").write_text(f"{recipe}    - {{path: away.csv, name: away}}\n")

    def run_with(texts: list[str]):
        (folder / "away.csv").write_text("text,label\n" + "".join(f"{text},0\n" for text in texts))
        return engine.curate(engine.prepare(load_recipe(folder / "r.yaml"), folder, folder / "runs"))

    first = run_with(["nothing yet"])
    known, tested = (read_parquet(first.data(side))["row_name"][0] for side in ("train", "test"))
    learned_text, test_text = (int(name.removeprefix("a/")) - 2 for name in (known, tested))
    texts = [
        sentence(learned_text), sentence(test_text).upper(), sentence(test_text, "otherwise"),
        sentence(learned_text, "otherwise"), "something new", "Something   NEW", sentence(test_text),
    ]  # fmt: skip
    run = run_with(texts)
    rows = read_parquet(run.outside("away"))
    assert rows["copy_of"].to_list() == [known, tested, tested, known, None, None, tested]
    assert rows["copy_of_test"].to_list() == [False, True, True, False, None, None, True]
    assert rows["same_text"].to_list() == [True, True, False, False, None, None, True]
    assert rows["repeat_of"].to_list() == [None] * 5 + ["away/6", "away/3"]
    (record,) = run.read_manifest().outside
    assert (record.copies, record.near_copies) == (1, 1)
    assert (record.copies_of_test, record.near_copies_of_test) == (2, 1)
    assert record.repeats == 1  # the other repeat is a copy already
    assert record.asked == 1
    assert any("files have the digests" in line for line in verify(run))


@pytest.mark.parametrize("path", ["a.csv", "link.csv"])
def test_a_source_is_no_file_from_elsewhere(folder, path):
    (folder / "link.csv").symlink_to("a.csv")
    ((part, said),) = checked(folder, f"    - {{path: {path}, name: away}}\n")
    assert part == "audit.outside.0.path"
    assert said == f"{path}: is the file of the source 'a', and not from elsewhere; name another file, or take it out"


def test_a_check_tells_which_groups_a_file_lacks(folder, capsys, monkeypatch):
    monkeypatch.setattr(phases, "TRAIN_PACKAGES", ("no_such_package",))  # the trainer's own check takes its time
    (folder / "r.yaml").write_text(RECIPE + AWAY)
    recipes.check(folder / "r.yaml")
    said = capsys.readouterr().out
    assert "outside file 'away': has no column of sex: unknown in all of its rows\n" in said
    recipes.check(folder / "r.yaml", as_json=True)
    assert json.loads(capsys.readouterr().out)["unknown_groups"] == {"away": ["sex"]}
    recipe = load_recipe(folder / "r.yaml")
    (folder / "away.csv").write_text((folder / "away.csv").read_text().replace("class\n", "class,sex\n", 1))
    assert lacking_groups(recipe, folder) == {}


def test_another_file_is_another_run_and_no_stage_runs_again(folder):
    first = curated(folder)
    (folder / "away.csv").write_text((folder / "away.csv").read_text().replace("far away", "near by"))
    second = curated(folder)
    assert second.path != first.path
    assert all(stage.cached for stage in second.read_manifest().stages)


def test_what_is_wrong_with_the_files_is_told_at_once_with_its_line(folder):
    (folder / "near.csv").write_text("text,label\nhello,perhaps\nthere,0\nyou,perhaps\n")
    found = checked(
        folder,
        AWAY.replace("said", "sad")
        + "    - {path: near.csv, name: near, labels: {never: 1}}\n    - {path: gone.csv, name: gone, origin: the moon}\n",
    )
    assert found[0] == ("audit.outside.0.columns", "away.csv: has no column 'sad'; did you mean 'said'?")
    assert found[1] == (
        "audit.outside.1.labels",
        (
            "near.csv:2: the label 'perhaps' of 2 rows is none of the task's; say which it is, or null to leave it "
            "out: labels: {'perhaps': …} (known: 0, 1)"
        ),
    )
    assert found[2] == ("audit.outside.1.labels", "near.csv: no row has the label 'never'; take it out of labels")
    assert found[3][0] == "audit.outside.2.path"
    assert found[3][1].startswith("outside file 'gone': gone.csv: there is no such file; get it from the moon")
    assert len(found) == 4


def test_a_file_without_the_tasks_columns_is_told(folder):
    (folder / "bare.csv").write_text("words\nhello\n")
    found = checked(folder, "    - {path: bare.csv, name: bare}\n")
    assert [(part, said.partition(";")[0]) for part, said in found] == [
        ("audit.outside.0.path", "bare.csv: has no column 'text'"),
        ("audit.outside.0.path", "bare.csv: has no column 'label'"),
    ]


def test_what_does_not_fit_the_recipe_is_told(folder):
    twice = AWAY + AWAY.replace("yes: 1", "yes: 2")
    assert told(folder, twice) == [
        "r.yaml:12: audit.outside.1.name: a source, a probe or another file is called 'away' too; give each a name",
        "r.yaml:12: audit.outside.1.labels: '2' is no label of the task; known: 0, 1",
    ]
    assert told(folder, AWAY, "train=null") == [
        "r.yaml:11: audit.outside.0: no model is asked about it; add train: or leave the file out"
    ]
    (several,) = told(folder, "    - {path: '*.csv', name: all}\n")
    assert several.endswith("'*.csv' is not one file; name each file, with its ending")


def test_a_text_task_has_no_labels_and_its_files_are_read_too(folder):
    (folder / "qa.jsonl").write_text('{"q": "a", "a": "b"}\n{"q": "c"}\n')
    (folder / "a.csv").write_text("q,a\n" + "".join(f"question {place},answer {place}\n" for place in range(12)))
    task = 'task: {kind: instruction, prompt: "{q}", completion: a}'
    recipe = "\n".join(
        task if line.startswith("task") else line for line in RECIPE.splitlines() if not line.startswith("groups")
    )
    path = folder / "text.yaml"
    path.write_text(f"{recipe}\n    - {{path: qa.jsonl, name: qa}}\n")
    run = engine.curate(engine.prepare(load_recipe(path), folder, folder / "runs"))
    assert read_parquet(run.outside("qa")).select("row_name", "q", "a").rows() == [("qa/1", "a", "b")]
    assert run.read_manifest().outside[0].refused == {"missing_text": 1}
    path.write_text(f"{recipe}\n    - {{path: qa.jsonl, name: qa, labels: {{a: b}}}}\n")
    with pytest.raises(UserError, match="a task of kind instruction has no labels"):
        load_recipe(path)
