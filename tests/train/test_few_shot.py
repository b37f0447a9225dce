"""The base with examples in its prompt: which rows may be examples, the choice by hand, scores a second way, nothing asked twice."""

import math

import polars as pl
import pytest
import torch  # noqa: TID253  (what these tests are about)
from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.errors import UserError
from curate.few_shot import FewShotChoice
from curate.files import read_parquet
from curate.recipe_file import load_finished, parse_recipe
from train import few_shot
from train.models import load_base
from train.predict import load_model_of, predict
from train.prompts import label_words

EVERY = labelled(80)
LONG = pl.lit("a warm evening with a warm end, " * 12)
COPIES = EVERY[:48].with_columns(row=pl.col("row") + 1, parent=pl.col("row"))
TRAIN = pl.concat([EVERY[:46], EVERY[46:48].with_columns(text=LONG), COPIES])
SIDES = {"train": TRAIN, "validation": EVERY[48:60], "test": EVERY[60:]}
FIELDS = [
    "predictions/few_shot/base.parquet",
    "predictions/few_shot/choice.json",
    "predictions/few_shot/validation.parquet",
]


def choice_of(run) -> FewShotChoice:
    return FewShotChoice.model_validate_json(run.few_shot_choice.read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = make_run(tmp_path_factory.mktemp("runs") / "few", CLASSIFICATION, SIDES)
    predict(made, ("base",))
    return made


def test_examples_are_training_rows_as_they_were_read_and_as_many_of_each_label(run):
    labels = dict(zip([f"a/{place}" for place in range(1, 49)], EVERY["label"][:48], strict=True))
    choice = choice_of(run)
    assert [each.name for each in choice.candidates] == [
        f"{count} per label, draw {draw}" for count in (1, 2, 4, 8) for draw in (1, 2)
    ]
    for each in choice.candidates:
        assert len(set(each.rows)) == 2 * each.per_label
        assert sorted(labels[name] for name in each.rows) == ["0"] * each.per_label + ["1"] * each.per_label
        assert not {"a/47", "a/48"} & set(each.rows), "rows that training cuts"
    few, more = (next(c for c in choice.candidates if c.name == f"{count} per label, draw 1") for count in (4, 8))
    assert more.rows[:8] == few.rows
    assert choice.candidates[6].rows != choice.candidates[7].rows, "two draws"


def test_the_best_on_validation_rows_is_chosen(run):
    choice, tried = choice_of(run), read_parquet(run.few_shot("validation"))
    truth = dict(EVERY.select("row", "label").iter_rows())
    found = {}
    for each in choice.candidates:
        rows = tried.filter(pl.col("candidate") == each.name).to_dicts()
        assert [row["row"] for row in rows] == EVERY["row"][48:60].to_list()
        right = sum((row["score_1"] > row["score_0"]) == (truth[row["row"]] == "1") for row in rows) / 12
        loss = 0.0
        for row in rows:
            mine, other = ("score_1", "score_0") if truth[row["row"]] == "1" else ("score_0", "score_1")
            loss += math.log1p(math.exp(row[other] - row[mine])) / 12
        assert (each.accuracy, each.log_loss) == pytest.approx((right, loss), abs=1e-9)
        found[each.name] = (-right, loss, each.per_label)
    assert choice.chosen == min(found, key=lambda name: found[name])
    assert (choice.validation_rows, choice.validation_rows_there, choice.left_out) == (12, 12, {})


def test_scores_are_those_of_the_examples_and_the_row_as_one_text(run):
    recipe, best = load_finished(run.recipe), choice_of(run).best
    by_name = {f"a/{place}": row for place, row in enumerate(EVERY.to_dicts(), start=1)}
    shown = [by_name[name] for name in best.rows]
    words = {"0": " bad", "1": " good"}
    before = "".join(f"{row['text']}\nThis is{words[row['label']]}\n\n" for row in shown)
    loaded = load_model_of(run, recipe, "base")
    said = read_parquet(run.few_shot("base"))
    assert said.columns == ["row", "score_0", "score_1", "answer"]
    assert said["row"].to_list() == SIDES["test"]["row"].to_list()
    for place in (0, 7, 19):
        row, scores = SIDES["test"].row(place, named=True), said.row(place, named=True)
        prompt = f"{before}{row['text']}\nThis is"
        asked = len(loaded.tokenizer(prompt)["input_ids"])
        for label, word in words.items():
            ids = [*loaded.tokenizer(prompt + word)["input_ids"], loaded.tokenizer.eos_token_id]
            with torch.no_grad():
                chances = torch.log_softmax(loaded.model(torch.tensor([ids])).logits[0].double(), dim=-1)
            by_hand = sum(chances[at - 1, ids[at]].item() for at in range(asked, len(ids)))
            assert scores[f"score_{label}"] == pytest.approx(by_hand, abs=1e-4)
    assert len(loaded.tokenizer(before)["input_ids"]) == best.tokens


def test_the_same_bytes_again_and_nothing_is_asked_twice(run, capsys, monkeypatch):
    files = run.check_phase("predict").files
    assert [name for name in files if "few_shot" in name] == FIELDS
    run.few_shot("base").unlink()
    with monkeypatch.context() as patched:
        patched.setattr("train.predict.choose", None)  # a candidate is not tried again
        predict(run, ("base",))
    assert run.check_phase("predict").files == files
    run.few_shot_choice.write_text("{}")
    run.few_shot("base").unlink()
    capsys.readouterr()
    predict(run, ("base",))
    assert run.check_phase("predict").files == files
    predict(run, ("base",))
    assert capsys.readouterr().err.count("nothing to do") == 2 + 4


def test_a_killed_choice_leaves_what_was_done(tmp_path, monkeypatch, capsys):
    made = make_run(tmp_path / "run", CLASSIFICATION, {**SIDES, "test": EVERY[60:64]})

    def killed(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("train.predict.answer_after", killed)
        with pytest.raises(KeyboardInterrupt):
            predict(made, ("base",))
    choice = made.few_shot_choice.read_bytes()
    monkeypatch.setattr("train.predict.choose", killed)
    predict(made, ("base",))
    assert capsys.readouterr().err.count("nothing to do") == 3
    assert made.few_shot_choice.read_bytes() == choice
    assert read_parquet(made.few_shot("base")).height == 4


def test_without_validation_rows_nothing_is_chosen(tmp_path):
    made = make_run(tmp_path / "run", CLASSIFICATION, {**SIDES, "validation": EVERY[:0], "test": EVERY[60:62]})
    predict(made, ("base",))
    choice, said = choice_of(made), read_parquet(made.few_shot("base"))
    assert (choice.chosen, choice.undefined, choice.candidates) == (None, few_shot.NO_ROWS, ())
    assert (said.height, said.schema["score_1"], said.schema["answer"]) == (0, pl.Float64, pl.String)
    assert read_parquet(made.few_shot("validation")).columns == ["candidate", "row", "score_0", "score_1", "answer"]


def test_examples_that_leave_no_room_are_not_tried(run, base_folder, monkeypatch):
    recipe = load_finished(run.recipe)
    loaded = load_base(base_folder, recipe, "cpu")
    words = list(label_words(recipe.task).values())
    row = max(
        len(loaded.tokenizer(f"{text}\nThis is{word}")["input_ids"]) + 1
        for text in EVERY["text"][48:60]
        for word in words
    )
    drawn = few_shot.draw_examples(run, recipe, loaded)
    enough = sorted(each.tokens for each in drawn)[3]
    monkeypatch.setattr(few_shot, "LONGEST", enough + row)
    _table, choice = few_shot.choose(run, recipe, loaded)
    assert {each.name for each in choice.candidates} == {each.name for each in drawn if each.tokens <= enough}
    assert set(choice.left_out) == {each.name for each in drawn if each.tokens > enough}
    monkeypatch.setattr(few_shot, "LONGEST", row)
    _table, choice = few_shot.choose(run, recipe, loaded)
    assert (choice.chosen, choice.undefined) == (None, few_shot.NO_ROOM)


def test_it_can_be_turned_off_for_a_classification_alone(tmp_path):
    made = make_run(tmp_path / "run", CLASSIFICATION, {**SIDES, "test": EVERY[60:62]}, SMALL + "  few_shot: false\n")
    predict(made, ("base",))
    assert len(made.check_phase("predict").files) == 2
    text = (
        "version: 1\nname: a\nsources: [{path: a.jsonl}]\nsplit: {}\ntrain: {few_shot: false}\n"
        "task: {kind: instruction, prompt: '{q}', completion: a}"
    )
    with pytest.raises(UserError, match="only a classifier is asked with examples"):
        parse_recipe(text, "recipe.yaml")
