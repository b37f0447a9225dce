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
from train import after_examples, few_shot
from train.models import load_base
from train.predict import load_model_of, predict

EVERY = labelled(80)
LONG = pl.lit("a warm evening with a warm end, " * 12)
COPIES = EVERY[:48].with_columns(row=pl.col("row") + 1, parent=pl.col("row"))
TRAIN = pl.concat([EVERY[:46], EVERY[46:48].with_columns(text=LONG), COPIES])
LONGER = pl.lit("grim rain, sour bread and warm soup; " * 10 + "a bright end 🎪, ") + pl.col("text")
VALIDATION = EVERY[48:60].with_columns(text=pl.when(pl.col("row") == EVERY["row"][50]).then(LONGER).otherwise("text"))
TEST = EVERY[60:].with_columns(text=pl.when(pl.col("row") == EVERY["row"][67]).then(LONGER).otherwise("text"))
SIDES = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
WORDS = {"0": " bad", "1": " good"}
FIELDS = [
    "predictions/few_shot/base.parquet",
    "predictions/few_shot/choice.json",
    "predictions/few_shot/validation.parquet",
]


def choice_of(run) -> FewShotChoice:
    return FewShotChoice.model_validate_json(run.few_shot_choice.read_text())


def read_without_examples(tokenizer, text: str, word: str) -> str:
    """What is read of a row's prompt without examples, found from its last 96 tokens (beginning and end among them)."""
    asked = f"{text}\nThis is"
    ids = tokenizer(asked + word, add_special_tokens=False)["input_ids"]
    kept = tokenizer.decode(ids[max(len(ids) - 94, 0) :])
    assert (asked + word).endswith(kept)
    return kept.removesuffix(word)


def lengths_after(tokenizer, before: str, rows: pl.DataFrame) -> list[int]:
    """How many tokens each row has after this text, with its longer label and the end token."""
    return [
        max(
            len(tokenizer(before + read_without_examples(tokenizer, text, word) + word)["input_ids"]) + 1
            for word in WORDS.values()
        )
        for text in rows["text"]
    ]


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
    before = "".join(f"{row['text']}\nThis is{WORDS[row['label']]}\n\n" for row in shown)
    loaded = load_model_of(run, recipe, "base")
    said = read_parquet(run.few_shot("base"))
    assert said.columns == ["row", "score_0", "score_1", "answer", "cut"]
    assert not said["cut"].any()
    assert said["row"].to_list() == SIDES["test"]["row"].to_list()
    for place in (0, 7, 19):
        row, scores = SIDES["test"].row(place, named=True), said.row(place, named=True)
        for label, word in WORDS.items():
            part = read_without_examples(loaded.tokenizer, row["text"], word)
            assert (part == f"{row['text']}\nThis is") == (place != 7), "the long row"
            prompt = before + part
            asked = len(loaded.tokenizer(prompt)["input_ids"])
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
    assert said.schema["cut"] == pl.Boolean
    assert read_parquet(made.few_shot("validation")).columns == ["candidate", "row", "score_0", "score_1", "answer"]


def test_examples_that_leave_no_room_are_not_tried(run, base_folder):
    recipe = load_finished(run.recipe)
    loaded = load_base(base_folder, recipe, "cpu")
    drawn = few_shot.draw_examples(run, recipe, loaded)
    longest = {each.name: max(lengths_after(loaded.tokenizer, each.text, VALIDATION)) for each in drawn}
    enough = sorted(longest.values())[3]
    for limit in (enough, enough - 1):  # to the token
        loaded.model.config.max_position_embeddings = limit
        table, choice = few_shot.choose(run, recipe, loaded)
        fitting = {name for name, tokens in longest.items() if tokens <= limit}
        assert {each.name for each in choice.candidates} == set(table["candidate"]) == fitting
        assert set(choice.left_out) == set(longest) - fitting
        assert choice.longest == limit
    loaded.model.config.max_position_embeddings = 96
    _table, choice = few_shot.choose(run, recipe, loaded)
    assert (choice.chosen, choice.undefined) == (None, few_shot.NO_ROOM)


def test_a_test_row_that_loses_a_part_of_the_examples_is_marked(tmp_path, base_folder):
    made = make_run(tmp_path / "run", CLASSIFICATION, {**SIDES, "validation": EVERY[48:51]})
    recipe = load_finished(made.recipe)
    loaded = load_base(base_folder, recipe, "cpu")
    loaded.model.config.max_position_embeddings = 110
    _table, choice = few_shot.choose(made, recipe, loaded)
    (best,) = (each for each in few_shot.draw_examples(made, recipe, loaded) if each.name == choice.chosen)
    said = few_shot.answer_after(made, recipe, loaded, choice)
    assert said["cut"].to_list() == [length > 110 for length in lengths_after(loaded.tokenizer, best.text, TEST)]
    assert said["cut"].arg_true().to_list() == [7]


def test_a_prompt_may_have_the_tokens_of_a_row_even_where_these_are_many(run, base_folder, monkeypatch):
    recipe = load_finished(run.recipe)
    loaded = load_base(base_folder, recipe, "cpu")
    for longest, expected in ((10, 96), (500, 500), (5000, 2048)):
        monkeypatch.setattr(after_examples, "LONGEST", longest)
        assert after_examples.longest_prompt(recipe, loaded) == expected


def test_labels_without_examples_are_named_with_the_reason(tmp_path, base_folder):
    task = CLASSIFICATION.replace("1: good", "1: good, 2: fair")
    cut = EVERY[:20].with_columns(text=pl.when(pl.col("label") == "1").then(LONG).otherwise("text"))
    made = make_run(tmp_path / "run", task, {**SIDES, "train": cut})
    recipe = load_finished(made.recipe)
    _table, choice = few_shot.choose(made, recipe, load_base(base_folder, recipe, "cpu"))
    assert (choice.chosen, choice.candidates) == (None, ())
    assert choice.undefined == (
        "training cuts every row that has the label '1'; no training row that was read has the label '2'"
    )


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
