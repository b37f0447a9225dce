"""The two steps for personal data: settings, counts in the ledger, hashes with a salt, limits."""

import polars as pl
import pytest
from frames import apply, fates, frame, index, values
from pydantic import ValidationError

from curate import engine
from curate.errors import UserError
from curate.pii.kinds import ORDER
from curate.questions.explain import explain
from curate.recipe_file import load_recipe, parse_recipe
from curate.steps.drop_pii import DropPii
from curate.steps.mask_pii import MaskPii
from curate.task import Chat

TEXT = "a@b.io, c@d.io and +1 202 555 0147"


def detail(applied) -> list[str | None]:
    return applied.ledger["detail"].to_list()


def test_the_ledger_counts_by_kind():
    applied = apply(MaskPii(), frame(TEXT, "nothing", None, "from 192.0.2.1"))
    assert applied.rows["text"].to_list() == ["[EMAIL], [EMAIL] and [PHONE]", "nothing", None, "from [IP_ADDRESS]"]
    assert applied.ledger["reason"].to_list() == ["email+phone", "ip_address"]
    assert detail(applied) == ["email 2, phone 1", "ip_address 1"]


def test_every_kind_is_a_setting():
    assert MaskPii(kinds=ORDER).kinds == ORDER
    with pytest.raises(ValidationError):
        MaskPii(kinds=())


def test_turns_of_a_role():
    turns = [{"role": "user", "content": "I am a@b.io"}, {"role": "assistant", "content": "c@d.io, a@b.io"}]
    rows = frame("x").with_columns(messages=pl.Series([turns]))
    applied = apply(MaskPii(on=("assistant",)), rows, Chat(kind="chat"))
    assert applied.rows["messages"].to_list() == [[turns[0], {"role": "assistant", "content": "[EMAIL], [EMAIL]"}]]
    assert detail(applied) == ["email 2"]


def test_drop_pii_counts_and_says_what_was_found():
    assert values(DropPii(), TEXT, "nothing", "", None) == [3, 0, 0, 0]
    applied = apply(DropPii(max=1), frame(TEXT, "a@b.io", "nothing", None))
    assert index(applied.rows["row"]) == [2, 3, 4]
    assert fates(applied) == {1: "personal_data"}
    assert applied.ledger.select("value", "threshold", "detail").rows() == [(3.0, 1.0, "email 2, phone 1")]


def test_hashes_are_stable_and_masked_texts_stay(monkeypatch):
    monkeypatch.setenv("FAIRLEAD_SALT", "a salt for a test")
    step = MaskPii(replace="hash")
    once = apply(step, frame("a@b.io wrote to A@B.IO and c@d.io")).rows["text"].to_list()
    marks = once[0].replace("wrote to ", "").replace("and ", "").split()
    assert marks[0] == marks[1] != marks[2]
    assert all(mark.startswith("[EMAIL:") and len(mark) == len("[EMAIL:9f86d081]") for mark in marks)
    assert apply(step, frame(*once)).rows["text"].to_list() == once
    assert apply(MaskPii(), frame(*once)).rows["text"].to_list() == once


def test_a_missing_salt_is_found_before_work_starts(monkeypatch):
    monkeypatch.delenv("FAIRLEAD_SALT", raising=False)
    (problem,) = MaskPii(replace="hash").problems()
    assert "FAIRLEAD_SALT" in problem
    with pytest.raises(UserError, match="FAIRLEAD_SALT"):
        apply(MaskPii(replace="hash"), frame("a@b.io"))
    assert MaskPii().problems() == ()


@pytest.mark.parametrize(("salt", "told"), [("a" * 15, ["fewer than 16 characters"]), ("a" * 16, [])])
def test_a_salt_that_could_be_guessed_is_refused(monkeypatch, salt, told):
    monkeypatch.setenv("FAIRLEAD_SALT", salt)
    problems = MaskPii(replace="hash").problems()
    assert [what for what, problem in zip(told, problems, strict=True) if what in problem] == told
    if told:
        with pytest.raises(UserError, match="fewer than 16"):
            apply(MaskPii(replace="hash"), frame("a@b.io"))


def test_another_salt_is_another_result(monkeypatch):
    monkeypatch.setenv("FAIRLEAD_SALT", "one salt for a test")
    one = MaskPii(replace="hash").made_with()
    monkeypatch.setenv("FAIRLEAD_SALT", "another salt for a test")
    assert MaskPii(replace="hash").made_with() != one
    assert MaskPii().made_with() == ()


RECIPE = """\
version: 1
name: pii
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
steps:
  - {step: whitespace}
  - {step: mask_pii, kinds: [email], replace: hash}
  - {step: drop_pii, kinds: [phone, credit_card]}
"""
ROWS = ["write  to anna@example.com  now,a", "call +1 202  555 0147,b", "card  4111 1111 1111 1111,a", "plain  text,b"]
SECRETS = ("anna@", "+1 202", "555 0147", "4111 1111", "pepper-and-much-salt")


def test_neither_salt_nor_secret_leaves_the_rows(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_SALT", "pepper-and-much-salt")
    (tmp_path / "pii.yaml").write_text(RECIPE)
    (tmp_path / "a.csv").write_text("text,label\n" + "\n".join(ROWS) + "\n")
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "pii.yaml"), tmp_path, tmp_path / "runs"))
    monkeypatch.delenv("FAIRLEAD_SALT")
    said = " ".join(str(row) for row in pl.read_parquet(run.ledger).rows())
    said += "".join(explain(run, f"a/{line}").model_dump_json() for line in (2, 3, 4, 5))
    said += "".join(path.read_text() for path in run.path.rglob("*.json"))
    assert [secret for secret in SECRETS if secret in said] == []
    assert explain(run, "a/3").text_as_read == "call [PHONE]"
    (kept,) = [text for text in pl.read_parquet(run.data("all"))["text"] if "EMAIL" in text]
    assert kept.startswith("write to [EMAIL:")
    dropped = pl.read_parquet(run.ledger).filter(pl.col("event") == "dropped")
    assert dropped.select("reason", "detail").rows() == [
        ("personal_data", "phone 1"),
        ("personal_data", "credit_card 1"),
    ]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("region: UK", "unknown region 'UK'; write the two letters"),
        ("region: gb", "unknown region 'gb'; did you mean 'GB'?"),
        ("kinds: [email], region: US", "region has no effect without the kind phone"),
        ("kinds: [email], public_only: true", "public_only has no effect without the kind ip_address"),
        ("model: en_core_web_sm", "model has no effect without the kind person or location"),
        ("kinds: [emial]", "did you mean 'email'?"),
    ],
)
def test_mistakes_in_settings(setting, said):
    with pytest.raises(UserError, match=said.replace("?", r"\?")):
        parse_recipe(RECIPE.replace("kinds: [email], replace: hash", setting), "pii.yaml")


def test_addresses_that_are_not_public_stay():
    step = MaskPii(kinds=("ip_address",), public_only=True)
    applied = apply(step, frame("8.8.8.8 asked 10.0.0.1 and 192.0.2.1"))
    assert applied.rows["text"].to_list() == ["[IP_ADDRESS] asked 10.0.0.1 and 192.0.2.1"]
