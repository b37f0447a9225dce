"""decontaminate: what counts as held, which evaluation row is named, and what is said of evaluation files that are no good."""

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from frames import apply, fates, frame, index
from pydantic import ValidationError

from curate import check as checking
from curate import engine
from curate.errors import UserError
from curate.overlap import COMMON, best_matches, build_index, run_sizes, words_of
from curate.questions.explain import explain
from curate.questions.near_threshold import near_threshold
from curate.questions.what_if import what_if
from curate.recipe_file import load_recipe, parse_recipe
from curate.steps.decontaminate import Decontaminate

QUESTION = "Mary has twelve red apples and gives five of them to her old friend Tom, how many apples are left?"
WORDS = QUESTION.replace(",", "").replace("?", "").split()
RECIPES = Path(__file__).parents[3] / "recipes"


@pytest.fixture
def write(tmp_path):
    """Write an evaluation file: strings are rows with a question; return what `apply` needs to find it."""

    def put(*questions: str | dict, name: str = "quiz.jsonl") -> dict[str, Path]:
        rows = [{"question": row} if isinstance(row, str) else row for row in questions]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return {name: tmp_path / name}

    return put


def step(**settings: object) -> Decontaminate:
    return Decontaminate(**{"against": ["quiz.jsonl"], **settings})


def lines(applied) -> list[tuple]:
    return list(applied.ledger.select("reason", "value", "threshold", "detail").iter_rows())


def shares(files: dict[str, Path], *texts: str | None, **settings: object) -> list[float]:
    applied = apply(step(max=0, **settings), frame(*texts), files=files)
    found = dict(zip(index(applied.ledger["row"]), applied.ledger["value"], strict=True))
    return [found.get(place, 0.0) for place in range(1, len(texts) + 1)]


def test_a_held_question_goes_and_the_evaluation_row_is_named(write):
    files = write("What is the tallest mountain on this earth of ours?", QUESTION)
    applied = apply(step(), frame("something else that has nothing to do with it", QUESTION), files=files)
    assert fates(applied) == {2: "contaminated"}
    assert lines(applied) == [("contaminated", 1.0, 0.8, "quiz/2")]


def test_text_around_case_line_breaks_blanks_and_punctuation_make_no_difference(write):
    wrapped = "\r\n".join(WORDS).upper() + "!"
    dashed = " – ".join(word.title() for word in WORDS)
    texts = [f"{'before ' * 500}{QUESTION}{' after' * 500}", wrapped, dashed, QUESTION.replace(" ", " \t \u00a0")]
    assert shares(write(QUESTION), *texts) == [1.0] * 4


def test_the_share_counts_words_by_hand(write):
    def without(*places: int) -> str:
        return " ".join("other" if place in places else word for place, word in enumerate(WORDS))

    assert len(WORDS) == 20
    files = write(QUESTION)
    assert shares(files, without(9), without(0), without(2), without(17), without(6, 12)) == pytest.approx(
        [19 / 20, 19 / 20, 17 / 20, 17 / 20, 18 / 20]
    ), "a changed word costs itself, and the words between it and a near end"
    assert shares(files, without(3, 7, 11, 15, 19)) == [0.0], "no run of four words is left"
    assert shares(files, " ".join(reversed(WORDS))) == [0.0]
    assert shares(files, without(9), size=10) == pytest.approx([10 / 20])


def test_half_of_one_question_and_half_of_another_are_not_one(write):
    other = "A farmer keeps forty brown hens which lay nine eggs every day except on Sundays when they all rest quietly"
    half = len(WORDS) // 2
    text = " ".join(WORDS[:half] + other.split()[half:])
    (value,) = shares(write(QUESTION, other), text)
    assert value == 0.5


def test_short_questions_are_found_whole_and_the_shortest_not_at_all(write):
    files = write("Who wrote the long novel Emma?", "What is this?")
    applied = apply(
        step(),
        frame("so tell me: WHO wrote the long\nnovel Emma", "who wrote the long novel Persuasion", "what is this"),
        files=files,
    )
    assert lines(applied) == [("contaminated", 1.0, 0.8, "quiz/1")]
    assert fates(apply(step(shortest=3), frame("yes, what is this then"), files=files)) == {1: "contaminated"}


def test_of_copies_in_the_evaluation_file_the_first_is_named(write):
    files = write("an unrelated question about nothing at all here", QUESTION, QUESTION.upper(), QUESTION)
    assert lines(apply(step(), frame(QUESTION), files=files)) == [("contaminated", 1.0, 0.8, "quiz/2")]


def test_boilerplate_alone_makes_no_text_worth_comparing():
    prefix = "the following is a question about {} please answer it with one letter and nothing more "
    texts = pl.Series([prefix.format(f"topic{i}") + f"what is special in a{i} b{i} c{i} d{i}" for i in range(150)])
    words = words_of(texts)
    built = build_index(words, run_sizes(words.counts, 4))
    asked = pl.Series([prefix.format("cooking") + "how long do eggs boil", texts[149], texts[7]])
    found = best_matches(asked, built)
    assert (found.best.tolist(), found.share.tolist()) == ([-1, 149, 7], [0.0, 1.0, 1.0])


def test_a_text_that_is_boilerplate_throughout_is_still_found():
    segments = [[f"s{place}{way}{word}" for word in range(4)] for place in range(9) for way in "ab"]
    texts = pl.Series(
        [" ".join(" ".join(segments[2 * place + (way >> place & 1)]) for place in range(9)) for way in range(512)]
    )
    words = words_of(texts)
    built = build_index(words, run_sizes(words.counts, 4))
    assert np.bincount(built.gram_at[built.gram_at >= 0]).min() > COMMON, "no run of words is of few texts"
    found = best_matches(texts[[0, 300, 511]], built)
    assert (found.share.tolist(), found.best.tolist()) == ([1.0] * 3, [0, 300, 511])


def test_chinese_and_japanese_signs_are_words_and_compatibility_forms_are_one(write):
    chinese = "小明有十二个苹果他给了朋友五个请问还剩几个"
    files = write(chinese, "Ｃａｆé ﬁnances are never quite as easy as they look")
    applied = apply(
        step(), frame(f"问题:{chinese}答案", "CAFE\u0301 finances are never quite as easy as they look"), files=files
    )
    assert [line[3] for line in lines(applied)] == ["quiz/1", "quiz/2"]


def test_empty_texts_stay(write):
    assert apply(step(max=0), frame(None, "", "?!", "word"), files=write(QUESTION)).rows.height == 4


def test_report_names_rows_and_drops_none(write):
    files, rows = write(QUESTION), frame(QUESTION, "other")
    applied = apply(step(action="report"), rows, files=files)
    assert applied.rows.equals(rows)
    assert applied.ledger.select("event", "reason", "value", "detail").rows() == [
        ("noted", "contaminated", 1.0, "quiz/1")
    ]
    assert (applied.records[0].dropped, applied.records[0].rows_out) == (0, 2)


def test_several_files_of_any_format_and_columns(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "quiz.csv").write_text(
        'id,question\n1,"one two three four, five six seven eight"\n', encoding="utf-8"
    )
    pl.DataFrame({"question": ["the cow jumps over the moon at night again"], "n": [1]}).write_parquet(
        tmp_path / "quiz.parquet"
    )
    (tmp_path / "lines.txt").write_text("blank\nlittle star how I wonder what you are\n", encoding="utf-8")
    with gzip.open(tmp_path / "more.json.gz", "wt") as file:
        json.dump([{"question": "is it so?", "context": "nine ten eleven twelve thirteen fourteen"}], file)
    names = ["a/quiz.csv", "quiz.parquet", "lines.txt", "more.json.gz"]
    files = {name: tmp_path / name for name in names}
    rows = frame(
        "one two three four five six seven eight", "the cow jumps over the moon at night again",
        "little star how I wonder what you are", "nine ten eleven twelve thirteen fourteen",
    )  # fmt: skip
    found = [line[3] for line in lines(apply(Decontaminate(against=names), rows, files=files))]
    assert found == ["a/quiz.csv/2", "quiz.parquet/1", "lines/2", "more/1"], (
        "two files called quiz go by their paths, rows of text by their lines"
    )
    only = Decontaminate(against=["more.json.gz"], question_columns=["question"], shortest=2)
    assert fates(apply(only, rows, files=files)) == {}


def test_a_changed_file_is_read_again(write):
    rows = frame(QUESTION)
    assert fates(apply(step(), rows, files=write("quite another question, of eight words, stands here"))) == {}
    assert fates(apply(step(), rows, files=write(QUESTION))) == {1: "contaminated"}


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ('{"question": "q"}\n', {"question_columns": ["qestion"]}, "has no column 'qestion'; did you mean 'question'?"),
        ('{"question": "one two three four five"}\n{"question"\n', {}, "quiz.jsonl:2: cannot be read (not_json"),
        ('{"question": "too short"}\n', {}, "quiz.jsonl: hold no text of at least 5 words; name the columns"),
        ('{"question": 3}\n', {}, "hold no text of at least 5 words"),
        ("", {}, "holds no object with keys"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_evaluation_file_is_told_at_check(tmp_path, content, settings, message):
    (tmp_path / "quiz.jsonl").write_text(content, encoding="utf-8")
    (tmp_path / "data.csv").write_text("text,label\na,b\n", encoding="utf-8")
    told = "".join(f", {key}: {json.dumps(value)}" for key, value in settings.items())
    recipe = parse_recipe(
        "version: 1\nname: r\nsources: [{path: data.csv}]\n"
        'task: {kind: classification, text: text, label: label, prompt: "{text} is"}\n'
        f"steps: [{{step: decontaminate, against: [quiz.jsonl]{told}}}]\n",
        "r.yaml",
    )
    with pytest.raises(UserError) as caught:
        checking.check(recipe, tmp_path)
    assert message in str(caught.value)


def test_broken_lines_beyond_the_first_few_are_counted(tmp_path):
    (tmp_path / "quiz.jsonl").write_text('{"question": "a"}\n' + "{\n" * 9, encoding="utf-8")
    mistakes = step().file_mistakes({"quiz.jsonl": tmp_path / "quiz.jsonl"})
    assert (len(mistakes), mistakes[-1].what) == (6, "has 9 such lines")


def test_what_the_files_hold_together_is_not_judged_while_one_is_missing(tmp_path):
    (tmp_path / "quiz.jsonl").write_text('{"question": "too short"}\n', encoding="utf-8")
    (tmp_path / "data.csv").write_text("text,label\na text,a\n")
    recipe = parse_recipe(
        "version: 1\nname: r\nsources: [{path: data.csv}]\ntask: {kind: classification, text: text, label: label}\n"
        "steps: [{step: decontaminate, against: [quiz.jsonl, gone.jsonl]}]\n",
        "r.yaml",
    )
    with pytest.raises(UserError) as caught:
        checking.check(recipe, tmp_path)
    (mistake,) = caught.value.mistakes
    assert (mistake.where, mistake.what) == ("step 'decontaminate': gone.jsonl", "there is no such file")


@pytest.mark.parametrize(
    ("against", "message"),
    [
        (["quiz.docx"], "cannot tell the format of 'quiz.docx'"),
        (["quiz.csv", "quiz.csv"], "names 'quiz.csv' twice"),
        (["quiz/*.csv"], "is not one file"),
        (["hf://datasets/x/y.csv"], "is not one file"),
    ],
)
def test_what_cannot_be_an_evaluation_file(against, message):
    with pytest.raises(ValidationError, match=message):
        Decontaminate(against=against)


ASKED = """version: 1
name: asked
sources: [{path: data.csv}]
task: {kind: classification, text: text, label: label, prompt: "{text} is"}
steps:
  - {step: decontaminate, against: [quiz.jsonl], action: report}
  - {step: length, min: 4}
"""


def test_a_reported_row_is_kept_wherever_the_run_is_asked(tmp_path, write, monkeypatch):
    write(QUESTION)
    monkeypatch.setenv("FAIRLEAD_DATA", str(tmp_path))
    (tmp_path / "data.csv").write_text(f'text,label\n"{QUESTION}",a\nother,b\nno,b\n', encoding="utf-8")
    (tmp_path / "asked.yaml").write_text(ASKED, encoding="utf-8")
    recipe = load_recipe(tmp_path / "asked.yaml")
    done = engine.curate(engine.prepare(recipe, tmp_path, tmp_path / "runs"))
    life = explain(done, "data/2")
    assert life.fate == "kept"
    assert [(event.event, event.detail) for event in life.events] == [("noted", "quiz/1")]
    assert [found.in_words.split(" (")[0] for found in life.measurements] == [
        "decontaminate: evaluation share 1, noted: contaminated", "length: 98 characters, kept",
    ]  # fmt: skip
    assert [(record.step, record.dropped, record.noted) for record in done.read_manifest().steps] == [
        ("read", 0, 0), ("decontaminate", 0, 1), ("length", 1, 0),
    ]  # fmt: skip
    (noted,) = [edge for edge in near_threshold(done).edges if edge.step == "decontaminate"]
    assert (noted.beyond, noted.rows_kept, noted.rows_dropped) == ("noted", 2, 1)
    edges = {
        edge.step: (edge.rows_kept, edge.rows_dropped) for edge in near_threshold(done).edges if edge.end == "minimum"
    }
    assert edges == {"length": (2, 1)}
    (fate,) = what_if(done, ["steps.0.action=drop"]).fates
    assert (fate.before, fate.after, fate.rows) == ("kept", "decontaminate", 1)
    moved = what_if(done, ["steps.0.max=0.9"])
    assert moved.fates == ()
    assert (moved.steps[0].noted_before, moved.steps[0].noted_after) == (1, 1)
    assert what_if(done, ["steps.0.max=1.0"]).steps[0].noted_after == 0


def run(runs: Path, *overrides: str) -> pl.DataFrame:
    path = RECIPES / "gsm8k.yaml"
    done = engine.curate(engine.prepare(load_recipe(path, overrides), path.parent, runs, overrides))
    return pl.read_parquet(done.ledger).filter(pl.col("step") == "decontaminate")


def test_alpaca_gsm8k_holds_all_of_the_training_file_and_none_of_the_test_file(real_data, tmp_path):
    assert run(tmp_path).is_empty()
    found = run(tmp_path, "steps.0.against=[gsm8k_train.jsonl]")
    assert (found.height, found["event"].unique().to_list(), found["value"].min()) == (7473, ["dropped"], 1.0)
    same = (found["detail"] == found["row_name"].str.replace("alpaca_gsm8k", "gsm8k_train")).sum()
    assert same == 7473, "row n of the one file is row n of the other"


def test_every_disguise_is_seen_through(real_data):
    from decontamination import DEFAULT, disguises, index_of

    rows = json.loads((real_data / "alpaca_gsm8k.json").read_text(encoding="utf-8"))[::10]
    train, test = index_of("gsm8k_train.jsonl", DEFAULT.size), index_of("gsm8k_test.jsonl", DEFAULT.size)
    for name, disguise in disguises(1).items():
        texts = pl.Series([disguise(row["instruction"]) for row in rows])
        found, false = (int((best_matches(texts, built).share > DEFAULT.max).sum()) for built in (train, test))
        assert (false, found / len(texts) >= (0.95 if name == "two words changed" else 0.99)) == (0, True), name
