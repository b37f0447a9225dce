"""Back-translation as a step: which rows are copied, what a copy is, and what the guards refuse."""

import json

import polars as pl
import pytest
from frames import apply, frame, index
from near_duplicates.corpora import template
from pydantic import ValidationError

from curate.augment.apertium import apertium_problem
from curate.augment.guards import PRONOUNS
from curate.errors import UserError
from curate.groups import NONE_MENTIONED, mentions
from curate.rows import copy_of, number
from curate.steps.back_translate import BackTranslate
from curate.steps.copying import near_copies
from curate.task import Instruction

needs_apertium = pytest.mark.skipif(
    apertium_problem("en", "es") is not None,
    reason="needs apertium with the pair eng-spa (apt-get install apertium apertium-eng-spa)",
)


@pytest.fixture
def translations(monkeypatch: pytest.MonkeyPatch):
    """Let a dictionary of texts be the translator, so that a test says what comes back."""

    def put(**texts: str) -> None:
        class Book:
            def round_trip(self, asked, tick):
                tick(2 * len(asked))
                return [texts.get(text.replace(" ", "_"), text) for text in asked]

        monkeypatch.setattr("curate.steps.back_translate.make_translator", lambda *_settings: Book())
        monkeypatch.setattr("curate.steps.back_translate.choose_backend", lambda *_settings: "apertium")

    return put


def added(applied) -> pl.DataFrame:
    """The rows that the step made."""
    return applied.rows.filter(pl.col("parent").is_not_null())


def test_a_copy_has_its_parents_columns_and_another_text(translations):
    translations(the_big_house_is_red="the large house is red")
    rows = frame("the big house is red", labels=["b"], score=[0.5])
    done = apply(BackTranslate(share=1.0), rows)
    assert added(done).drop("row").to_dicts() == [
        {"parent": number(0, 1), "text": "the large house is red", "label": "b", "score": 0.5}
    ]
    assert done.rows.filter(pl.col("parent").is_null()).equals(rows)
    line = done.ledger.row(0, named=True)
    assert (line["event"], line["reason"], line["other_row"]) == ("added", "added_by_apertium", number(0, 1))
    assert 0.5 < line["value"] < 0.9


def test_a_refused_copy_stands_in_the_ledger_with_its_text(translations):
    translations(jews_see_no_future_here="jews see any future here")
    done = apply(BackTranslate(share=1.0), frame("jews see no future here"))
    assert added(done).is_empty()
    line = done.ledger.select("row", "event", "reason", "value", "threshold", "candidate").row(0)
    assert line == (number(0, 1), "refused", "lost_negation", 0.0, 1.0, "jews see any future here")
    assert done.records[0].refused == 1


def test_without_guards_every_copy_is_added(translations):
    translations(jews_see_no_future_here="jews see any future here")
    done = apply(BackTranslate(share=1.0, guarded=False), frame("jews see no future here", "same"))
    assert added(done)["text"].to_list() == ["jews see any future here", "same"]


def test_the_recipes_term_groups_are_guarded(translations):
    translations(the_nurse_saw_a_muslim_man="the nurse saw a man")
    rows, terms = frame("the nurse saw a muslim man"), {"religion": {"muslim": ("muslim",)}}
    assert apply(BackTranslate(share=1.0), rows, terms=terms).ledger["reason"].to_list() == ["lost_identity"]
    assert apply(BackTranslate(share=1.0), rows).ledger["reason"].to_list() == ["added_by_apertium"]


def test_which_rows_are_copied_depends_on_number_and_seed_alone(translations):
    translations()
    rows = frame(*(f"text number {place}" for place in range(400)))
    step = BackTranslate(share=0.3, guarded=False)
    chosen = set(index(added(apply(step, rows))["parent"]))
    assert 80 < len(chosen) < 160
    halves = [apply(step, part) for part in (rows[:150], rows[150:])]
    assert set(index(pl.concat(added(half) for half in halves)["parent"])) == chosen
    assert set(index(added(apply(step, rows.reverse()))["parent"])) == chosen
    assert set(index(added(apply(step, rows, seed=8))["parent"])) != chosen
    assert set(index(added(apply(BackTranslate(share=0.3, via="fr", guarded=False), rows))["parent"])) != chosen


def test_blank_texts_are_not_copied(translations):
    translations()
    assert added(apply(BackTranslate(share=1.0, guarded=False), frame(None, " ", "word")))["text"].to_list() == ["word"]
    assert apply(BackTranslate(share=1.0), frame(None, "")).rows.height == 2


def test_a_copy_that_is_a_near_duplicate_of_a_stranger_is_refused(translations):
    translations(one_two_three_four_five="ten two three four six", six_seven_eight_nine="ten two three four six!")
    rows = frame("one two three four five", "ten two three four six.", "six seven eight nine")
    done = apply(BackTranslate(share=1.0, guards={"min_similarity": 0.0}), rows)
    refused = (
        done.ledger.filter(pl.col("reason") == "near_duplicate").select("row", "value", "threshold", "other_row").rows()
    )
    assert refused == [(number(0, 1), 1.0, 0.8, number(0, 2)), (number(0, 3), 1.0, 0.8, number(0, 2))]


def test_of_two_copies_that_are_alike_the_later_goes():
    copies = pl.DataFrame({"row": [number(0, 1), number(0, 2)], "candidate": ["a b c d", "A b c d."]})
    nothing = pl.DataFrame(schema={"row": pl.Int64, "text": pl.String})
    assert near_copies(copies, nothing, 0.8, 7).rows() == [(number(0, 2), number(0, 1), 1.0, "near_duplicate")]


def test_a_copy_may_be_like_its_parent_and_like_its_parents_other_copies():
    rows = pl.DataFrame({"row": [number(0, 1), number(0, 1, 1)], "text": ["a b c d", "a b c d"]})
    copies = rows.select("row", candidate="text")
    assert near_copies(copies, rows, 0.8, 7).is_empty()


def test_every_text_column_of_an_instruction_is_rewritten(translations):
    translations(say_it="tell it", said="told")
    task = Instruction(kind="instruction", prompt="{ask}\n{more}", completion="answer")
    rows = frame("x").select(
        "row", "parent", ask=pl.lit("say it"), more=pl.lit(None, dtype=pl.String), answer=pl.lit("said")
    )
    done = apply(BackTranslate(share=1.0, guarded=False), rows, task=task)
    assert added(done).select("ask", "more", "answer").rows() == [("tell it", None, "told")]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"via": "en"}, "language and via are both 'en'"),
        ({"backend": "apertium", "models": ("a", "b")}, "models has no effect with backend: apertium"),
        ({"language": "fr"}, "know English alone"),
        ({"via": "../es"}, "should match pattern"),
    ],
)
def test_settings_without_sense_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        BackTranslate(**settings)


def test_another_language_needs_the_english_guards_off():
    step = BackTranslate(language="fr", guards={"pronouns": False, "negations": False})
    assert BackTranslate.model_validate(json.loads(step.model_dump_json())) == step


def test_a_missing_backend_is_known_before_work(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    step = BackTranslate(backend="apertium", share=1.0)
    problem = "apertium is not on PATH; apt-get install apertium apertium-eng-spa"
    assert step.problems() == (problem,)
    with pytest.raises(UserError, match=problem):
        apply(step, frame("a text"))


def test_a_missing_term_list_is_known_before_work(translations):
    translations()
    step = BackTranslate(guards={"lexicons": ("gendr", "age")})
    assert step.problems() == ("there is no term list 'gendr'; did you mean 'gender'?",)


def test_the_cache_key_knows_the_backend_and_the_content_of_term_lists(tmp_path, monkeypatch):
    mine = tmp_path / "pets.txt"
    mine.write_text("cat: cat")
    step = BackTranslate(guards={"lexicons": (str(mine),)})
    seen = []
    for backend, content in (("nlpaug", "cat: cat"), ("apertium", "cat: cat"), ("nlpaug", "cat: kitten")):
        monkeypatch.setattr("curate.steps.back_translate.choose_backend", lambda *_settings, backend=backend: backend)
        monkeypatch.setattr("curate.augment.translate.apertium_version", lambda: "Apertium 3")
        mine.write_text(content)
        seen.append(step.made_with())
    assert [made[0] for made in seen] == ["nlpaug", "Apertium 3", "nlpaug"]
    assert seen[0][1] == seen[1][1] != seen[2][1]


@needs_apertium
def test_apertium_makes_the_copies_where_it_is_installed():
    step = BackTranslate(share=1.0)
    assert (step.problems(), step.backend_used()) == ((), "apertium")
    rows = frame(
        *(f"The teacher of group {number} sees a big house and a small garden every day" for number in ("one", "two"))
    )
    done = apply(step, rows)
    assert set(done.ledger["reason"]) <= {"added_by_apertium", "near_duplicate", "unchanged", "too_similar"}
    assert done.ledger.height == 2


@needs_apertium
def test_on_real_sentences_the_guards_keep_who_is_spoken_of(real_data):
    texts = [row["text"] for row in json.loads((real_data / "toxigen.json").read_text())][:300]
    rows = frame(*texts)

    def pronouns(frame: pl.DataFrame) -> list[list[str]]:
        return (
            frame.select(mentions(pl.col("text"), PRONOUNS).list.set_difference(pl.lit([NONE_MENTIONED])))
            .to_series()
            .to_list()
        )

    parents = dict(rows.select("row", "text").rows())
    unequal = {}
    for guarded in (False, True):
        made = added(apply(BackTranslate(share=1.0, guarded=guarded), rows)).filter(copy_of(pl.col("row")) == 1)
        before = pl.DataFrame({"text": [parents[row] for row in made["parent"]]})
        unequal[guarded] = sum(ours != theirs for ours, theirs in zip(pronouns(before), pronouns(made), strict=True))
        assert made.height > 100
    assert unequal[False] > 50
    assert unequal[True] == 0


def test_a_copy_that_could_not_be_compared_with_all_rows_is_refused(few_compared):
    texts = template(200, 11, words=40, holes=12)
    rows = pl.DataFrame({"row": [number(0, place) for place in range(150)], "text": texts[:150]})
    copies = pl.DataFrame({"row": [number(0, 200 + place) for place in range(50)], "candidate": texts[150:]})
    found = near_copies(copies, rows, 0.8, 7)
    unsure = found.filter(pl.col("refusal") == "not_all_compared")
    assert unsure.height > 5
    assert unsure.select(pl.col("other_row", "near").is_null().all()).row(0) == (True, True)
    assert found["row"].is_unique().all()
