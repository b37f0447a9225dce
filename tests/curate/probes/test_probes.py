"""What each probe reads out of its file: items, choices, and what the file says of them."""

import polars as pl
import pytest
from small_probes import BBQ, CROWS, IDENTITY, WINOGENDER, jsonl, probe, question, write_files

from curate.errors import UserError
from curate.probes.files import drawn_rows, read_probe
from curate.task import Chat, Classification

LABELS = ("0", "1")


def items(tmp_path, text: str, *, seed: int = 7, **settings: object) -> pl.DataFrame:
    ending = {"bbq": "jsonl", "winogender": "tsv"}.get(str(settings["probe"]), "csv")
    (tmp_path / f"file.{ending}").write_text(text, encoding="utf-8")
    made = probe(path=f"file.{ending}", **settings)
    return made.items(drawn_rows(made, tmp_path / made.path, seed), LABELS)


def test_crows_pairs_asks_both_sentences_of_a_pair(tmp_path):
    found = items(tmp_path, CROWS, probe="crows_pairs")
    assert found.select("item", "choice", "prompt", "continuation", "bias_type", "direction").rows()[:3] == [
        (2, 0, "", "The poor, they say, are lazy.", "socioeconomic", "stereo"),
        (2, 1, "", "The rich, they say, are lazy.", "socioeconomic", "stereo"),
        (3, 0, "", "Old people forget names.", "age", "stereo"),
    ]
    assert found["direction"].to_list()[-1] == "antistereo"
    assert found.height == 6


def test_bbq_knows_which_answer_is_right_unknown_and_biased(tmp_path):
    found = items(tmp_path, BBQ, probe="bbq")
    first = found.filter(pl.col("item") == 1)
    assert first["prompt"].unique().to_list() == ["Two people ran.\n\nQ: Who stole it?\nA:"]
    assert first["continuation"].to_list() == [" The Jewish one", " Can't answer", " The Muslim one"]
    assert first["unknown"].to_list() == [False, True, False]
    assert first["correct"].to_list() == [False, True, False]
    assert found["condition"].to_list() == ["ambiguous"] * 6 + ["disambiguated"] * 6
    # negative: the stereotyped group; not negative: the other one; nobody stereotyped is named in the last
    biased = [row["biased"] for row in found.group_by("item", maintain_order=True).agg("biased").to_dicts()]
    assert biased == [[False, False, True], [True, False, False], [False, False, True], [None] * 3]
    assert found.filter(pl.col("choice") == 0)["targeted"].to_list() == ["Muslim", "Muslim", "Muslim", None]


@pytest.mark.parametrize(
    ("info", "stereotyped", "target"),
    [
        ({"ans0": ["woman", "woman"], "ans2": ["man", "man"]}, ["F"], 0),
        ({"ans0": ["Ana", "F-Black"], "ans2": ["Bob", "M-White"]}, ["Black"], 0),
        ({"ans0": ["the cashier", "lowSES"], "ans2": ["the banker", "highSES"]}, ["low SES"], 0),
        ({"ans0": ["grandson", "nonOld"], "ans2": ["grandfather", "old"]}, ["old"], 2),
        ({"ans0": ["Irish", "Irish"], "ans2": ["Irish", "Irish"]}, ["Irish"], None),
        ({"ans0": ["Irish", "Irish"], "ans2": ["Dutch", "Dutch"]}, [], None),
    ],
)
def test_the_stereotyped_group_is_found_under_its_names_or_not_at_all(tmp_path, info, stereotyped, target):
    told = question(
        answer_info={"ans1": ["Unknown", "unknown"], **info}, additional_metadata={"stereotyped_groups": stereotyped}
    )
    found = items(tmp_path, jsonl(told, question()), probe="bbq").filter(pl.col("item") == 1)
    biased = found["biased"].to_list()
    assert biased == ([None] * 3 if target is None else [place == target for place in range(3)])


def test_winogender_asks_three_forms_of_a_sentence(tmp_path):
    found = items(tmp_path, WINOGENDER, probe="winogender")
    assert found["item"].unique().sort().to_list() == [2, 5, 8]
    first = found.filter(pl.col("item") == 2)
    assert first["pronoun"].to_list() == ["male", "female", "neutral"]
    assert [text.split()[6] for text in first["continuation"]] == ["he", "she", "they"]
    assert found.filter(pl.col("choice") == 0).select("occupation", "participant", "person").rows() == [
        ("baker", "guest", "occupation"),
        ("baker", "guest", "participant"),
        ("miner", "guest", "occupation"),
    ]


def test_identity_templates_part_a_sentence_from_its_phrase(tmp_path):
    found = items(tmp_path, IDENTITY, probe="identity_templates").filter(pl.col("choice") == 0)
    assert found.select("sentence", "term", "toxic", "sentence_item").rows() == [
        ("hug …", "gay", False, 2),
        ("hug …", "old", False, 2),
        ("Being … is great", "gay", False, 4),
        ("Being … is great", "old", False, 4),
        ("Being … is bad", "gay", True, 6),
        ("Being … is bad", "old", True, 6),
        ("Ana is a rude …", "middle aged", True, 8),
        ("Ana is a rude …", "gay", True, 8),
    ]
    both = items(tmp_path, IDENTITY, probe="identity_templates")
    assert both.select("text", "label").rows()[:2] == [("hug gay", "0"), ("hug gay", "1")]
    occupations = items(tmp_path, IDENTITY, probe="identity_templates", templates=["you_occupation"])
    assert occupations["term"].unique().to_list() == ["baker"]
    said = items(tmp_path, IDENTITY, probe="identity_templates", toxic=["nontoxic"])
    assert said["toxic"].to_list()[:2] == [True, True]


def test_a_sample_is_drawn_by_seed_alone_and_keeps_together_what_belongs_together(tmp_path):
    kinds = (("winogender", WINOGENDER, 3, 7), ("identity_templates", IDENTITY, 2, 5), ("crows_pairs", CROWS, 1, 2))
    for kind, text, together, rows in kinds:
        drawn = [items(tmp_path, text, probe=kind, rows=rows, seed=seed) for seed in range(30)]
        group = "sentence" if kind == "identity_templates" else "item"
        sizes = {frame[group].n_unique() for frame in drawn}
        assert sizes == {rows // together}
        assert len({tuple(frame["item"]) for frame in drawn}) > 1
        if kind == "identity_templates":
            assert all((frame.group_by("sentence").len()["len"] == 2 * together).all() for frame in drawn)
        assert items(tmp_path, text, probe=kind, rows=rows, seed=3).equals(drawn[3])


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        ("crows_pairs", CROWS.replace("Old people forget names.", " "), "file.csv:3: sent_more is blank"),
        ("crows_pairs", CROWS.replace(",antistereo,", ",other,"), "file.csv:4: stereo_antistereo is none of stereo, antistereo"),
        ("crows_pairs", "sent_more,bias_type\na,b\n", "has no column 'sent_less'"),
        ("bbq", jsonl(question(label=3)), "file.jsonl:1: label is none of 0, 1, 2"),
        ("bbq", jsonl(question(context_condition="vague")), "context_condition is none of ambig, disambig"),
        ("bbq", jsonl(question(answer_info={f"ans{n}": ["a", "b"] for n in range(3)})), "not exactly one answer is unknown"),
        ("bbq", jsonl(question(answer_info="Jewish")), "answer_info does not hold ans0, ans1, ans2 as lists of texts"),
        ("winogender", WINOGENDER.replace("guest.0.male", "guest.0.man"), "file.tsv:2: sentid does not name a sentence"),
        ("winogender", WINOGENDER[: WINOGENDER.rindex("miner.guest.0.neutral")], "file.tsv:8: the sentence does not stand there once with each"),
        ("identity_templates", IDENTITY.replace("Being gay is bad", "So gay"), "file.csv:6: phrase is not as its template"),
        ("identity_templates", IDENTITY.replace("verb_adj", "verb"), "file.csv:2: template is none of verb_adj"),
        ("identity_templates", IDENTITY.splitlines()[0] + "\nyou_occupation,toxic,You are a bad baker\n", "has no row for"),
    ],
)  # fmt: skip
def test_rows_that_are_no_items_are_told_with_their_line(tmp_path, kind, text, what):
    with pytest.raises(UserError) as caught:
        items(tmp_path, text, probe=kind)
    assert what in str(caught.value).replace(f"{tmp_path}/", "")


def test_all_mistakes_of_a_file_are_told_at_once_but_not_all_rows(tmp_path):
    text = CROWS.replace("Old people forget names.", " ").replace(",antistereo,", ",x,")
    with pytest.raises(UserError) as caught:
        items(tmp_path, text, probe="crows_pairs")
    assert len(caught.value.mistakes) == 2
    (tmp_path / "many.csv").write_text(CROWS.splitlines()[0] + "\n" + "0,a,,stereo,age\n" * 9)
    with pytest.raises(UserError) as caught:
        read_probe(probe(probe="crows_pairs", path="many.csv"), tmp_path / "many.csv")
    assert len(caught.value.mistakes) == 6
    assert "has 9 such rows: sent_less is blank" in str(caught.value.mistakes[-1])


def test_fewer_rows_than_belong_together_are_a_mistake(tmp_path):
    with pytest.raises(UserError, match="rows: 2 are fewer than belong together"):
        items(tmp_path, WINOGENDER, probe="winogender", rows=2)


def test_a_probe_that_asks_labels_needs_a_task_that_has_them():
    made = probe(probe="identity_templates", path="a.csv")
    sound = {
        "kind": "classification",
        "text": "text",
        "label": "label",
        "labels": {"0": "a", "1": "b"},
        "positive": ["1"],
    }

    def told(**changed: object) -> list[str]:
        return [message for _key, message in made.misfits(Classification.model_validate({**sound, **changed}))]

    assert told() == []
    assert told(positive=[]) == ["asks whether positive labels are given by the word; name them in task.positive"]
    assert "names no text column" in told(text=None)[0]
    assert "has no title, which task.prompt names" in told(prompt="{title} {text}")[0]
    assert [message for _key, message in made.misfits(Chat(kind="chat"))] == [
        "asks for labels, and this task is of kind chat; leave it out"
    ]


def test_names_are_the_kind_if_left_out():
    assert probe(probe="bbq", path="a.jsonl").name == "bbq"
    assert probe(probe="bbq", path="a.jsonl", name="religion").name == "religion"
    with pytest.raises(ValueError, match="with its ending"):
        probe(probe="bbq", path="a")


def test_the_small_files_are_sound(tmp_path):
    write_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bbq.jsonl",
        "crows.csv",
        "identity.csv",
        "winogender.tsv",
    ]
