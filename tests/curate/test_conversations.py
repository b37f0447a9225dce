"""Conversations of every shape become turns, or a question and its answer; what cannot be read goes to quarantine as it was."""

import json

import polars as pl
import pytest

from curate import engine
from curate.dataset import PartWriter
from curate.errors import UserError
from curate.questions.explain import explain
from curate.read_rows import worked_on
from curate.reading import Reading
from curate.recipe_file import load_recipe, parse_recipe
from curate.row_parts import write_rows
from curate.sources.look import look, read_sources

CHAT = "{kind: chat}"
ASKED = "{kind: instruction, prompt: '{q}', completion: a}"
WITH_SYSTEM = "{kind: instruction, prompt: '{system} {q}', completion: a}"
TALK = [("user", "hi"), ("assistant", "ho")]
SHAPES = {
    "messages": (
        [{"messages": [{"role": "User ", "content": "hi"}, {"role": "assistant", "content": "ho"}]}],
        [TALK],
    ),
    "messages in another column": (
        [{"chat": [{"role": "developer", "content": "s"}, {"role": "function", "content": "f"}]}],
        [[("system", "s"), ("tool", "f")]],
    ),
    "sharegpt": (
        [
            {"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}], "system": "be good"},
            {"conversations": [{"from": "observation", "value": "o"}], "system": " "},
        ],
        [[("system", "be good"), *TALK], [("tool", "o")]],
    ),
    "sharegpt in another column": (
        [{"id": "7", "dialogue": [{"from": "bot", "value": ""}, {"from": "function_call", "value": "f()"}]}],
        [[("assistant", ""), ("assistant", "f()")]],
    ),
    "alpaca": (
        [
            {"instruction": "add", "input": "1 2", "output": "3"},
            {"instruction": "say", "input": None, "output": ""},
            {"instruction": "", "input": "only this", "output": "x"},
        ],
        [
            [("user", "add\n1 2"), ("assistant", "3")],
            [("user", "say"), ("assistant", "")],
            [("user", "only this"), ("assistant", "x")],
        ],
    ),
    "alpaca with history": (
        [
            {"instruction": "i", "output": "o", "system": "s", "history": [["q", "a"], ["q2", "a2"]]},
            {"instruction": "i", "output": "o", "system": None, "history": []},
        ],
        [
            [("system", "s"), ("user", "q"), ("assistant", "a"), ("user", "q2"), ("assistant", "a2"), ("user", "i"), ("assistant", "o")],
            [("user", "i"), ("assistant", "o")],
        ],
    ),
    "prompt_completion": ([{"prompt": "hi", "completion": "ho"}], [TALK]),
    "prompt_completion of turns": (
        [{"prompt": [{"role": "user", "content": "hi"}], "completion": [{"role": "assistant", "content": "ho"}]}],
        [TALK],
    ),
}  # fmt: skip


def recipe(*sources, task=CHAT):
    return parse_recipe(f"version: 1\nname: t\nsources: {json.dumps(sources)}\ntask: {task}\n", "r.yaml")


def write(folder, name, rows):
    """Write rows in the format that a name's ending says."""
    path = folder / name
    if name.endswith("jsonl"):
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    elif name.endswith("json"):
        path.write_text(json.dumps(rows))
    elif name.endswith("csv"):
        pl.DataFrame(rows).write_csv(path)
    else:
        pl.DataFrame(rows).write_parquet(path)
    return {"path": name}


def talks(rows):
    return [[(turn["role"], turn["content"]) for turn in turns] for turns in rows["messages"].to_list()]


@pytest.mark.parametrize("ending", ["jsonl", "json", "parquet"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_becomes_turns(tmp_path, name, ending):
    rows, expected = SHAPES[name]
    found = read_sources(recipe(write(tmp_path, f"a.{ending}", rows)), tmp_path)
    assert talks(found.rows) == expected
    assert found.quarantine.is_empty()
    word = name.split(" ")[0]
    assert [record.shape for record in found.records] == [word]
    assert found.rows.columns == ["row", "parent", *(["id"] if "id" in rows[0] else []), "messages"]
    told = look(recipe({"path": f"a.{ending}", "shape": word}), tmp_path)
    assert (told.mistakes, [shape.shape for shape in told.taken]) == ((), [word])


def test_csv_holds_alpaca(tmp_path):
    source = write(tmp_path, "a.csv", [{"instruction": "add", "input": "1 2", "response": "3"}])
    found = read_sources(recipe({**source, "columns": {"output": "response"}}), tmp_path)
    assert talks(found.rows) == [[("user", "add\n1 2"), ("assistant", "3")]]


def test_sources_of_different_shapes_are_one_data_set_whatever_the_chunks(tmp_path):
    sources = [write(tmp_path, f"{place}.jsonl", rows) for place, (rows, _turns) in enumerate(SHAPES.values())]
    late = [{"messages": [{"role": "user", "content": "x"}]}] * 5 + [
        {"messages": [{"role": "user", "content": "y", "weight": 1}], "system": 3, "note": "n"},
        {"messages": []},
    ]
    sources.append(write(tmp_path, "late.jsonl", late))
    whole = read_sources(recipe(*sources), tmp_path)
    reading = Reading(recipe(*sources), tmp_path, chunk_bytes=1)
    with PartWriter(tmp_path) as written:
        assert write_rows(reading, written)[0] == whole.rows.height
    parts = [worked_on(pl.read_parquet(part)) for part in sorted((tmp_path / "rows").rglob("*.parquet"))]
    assert {str(part.schema) for part in parts} == {str(whole.rows.schema)}
    assert pl.concat(parts).equals(whole.rows)
    assert talks(whole.rows)[:-7] == [turns for _rows, expected in SHAPES.values() for turns in expected]
    assert reading.records()[-1].left_out == whole.records[-1].left_out == ("weight",)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_cannot_be_read_is_kept_as_it_was(tmp_path, ending):
    call = {"role": "assistant", "content": None, "tool_calls": [{"name": "f"}]}
    plain = {"role": "user", "content": "x", "tool_calls": []}
    rows = [[plain, call], [{**plain, "role": "narrator"}], None, [{**plain, "role": None}], [plain], []]
    source = write(tmp_path, f"a.{ending}", [{"messages": turns} for turns in rows])
    found = read_sources(recipe(source), tmp_path)
    assert talks(found.rows) == [[("user", "x")], []]
    assert found.quarantine.select("line", "reason", "detail").rows() == [
        (1, "missing_text", "messages: turn 2 has no content (it holds tool_calls)"),
        (2, "unknown_role", "turn 1: the role 'narrator' is none of system, user, assistant, tool, and no other name of theirs"),
        (3, "missing_text", "messages: no turns"),
        (4, "missing_text", "messages: turn 1 has no role"),
    ]  # fmt: skip
    assert json.loads(found.quarantine["raw"][0]) == {"messages": [plain, call]}
    assert json.loads(found.quarantine["raw"][1]) == {"messages": [{**plain, "role": "narrator"}]}
    assert found.records[0].left_out == ("tool_calls",)


def test_a_value_of_another_type_costs_its_own_row_alone(tmp_path):
    pairs = [{"instruction": "i", "output": "o", "history": found} for found in ([["q", "a"]], [["q"]], "h", None)]
    texts = [{"prompt": "p", "completion": found} for found in ("c", 5, None, [{"role": "user", "content": "x"}])]
    sharegpt = [
        {"conversations": found} for found in ([{"from": "gpt", "value": "x"}], "text", [{"from": 1, "value": "x"}])
    ]
    sources = [write(tmp_path, f"{name}.jsonl", rows) for name, rows in (("h", pairs), ("t", texts), ("s", sharegpt))]
    found = read_sources(recipe(sources[0], {**sources[1], "shape": "prompt_completion"}, sources[2]), tmp_path)
    assert found.quarantine.select("source", "line", "reason").rows() == [
        ("h", 2, "wrong_type"),
        ("h", 3, "wrong_type"),
        ("t", 1, "wrong_type"),  # the completion was seen to hold turns
        ("t", 2, "wrong_type"),
        ("t", 3, "missing_text"),
        ("s", 2, "wrong_type"),
        ("s", 3, "wrong_type"),
    ]


def test_a_column_of_another_type_is_quarantined_row_by_row(tmp_path):
    parts = [{"role": "user", "content": [{"type": "text", "text": "x"}]}]
    source = write(tmp_path, "a.parquet", [{"messages": parts}, {"messages": None}])
    found = read_sources(recipe(source), tmp_path)
    assert found.quarantine["reason"].to_list() == ["wrong_type", "missing_text"]
    assert "where a list of {role, content} or {from, value} was expected" in found.quarantine["detail"][0]


def test_an_exchange_becomes_question_and_answer(tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]},
        {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": ""}]},
        {"messages": [{"role": "user", "content": "hi"}]},
        {"messages": []},
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}] * 2},
    ]  # fmt: skip
    source = write(tmp_path, "a.jsonl", rows)
    found = read_sources(recipe(source, task=ASKED), tmp_path)
    assert found.rows.select("q", "a").rows() == [("hi", "ho")]
    assert found.quarantine.select("line", "reason", "detail").rows() == [
        (2, "system_turn", "a system turn, and task.prompt has no {system}"),
        (3, "not_one_exchange", "turns of user: not one question and its answer"),
        (4, "not_one_exchange", "turns of nobody: not one question and its answer"),
        (5, "not_one_exchange", "turns of user, assistant, user, assistant: not one question and its answer"),
    ]
    with_system = read_sources(recipe(source, task=WITH_SYSTEM), tmp_path)
    assert with_system.rows.select("system", "q", "a").rows() == [("", "hi", "ho"), ("s", "hi", "")]
    alpaca = write(tmp_path, "b.jsonl", [{"instruction": "add", "input": "1 2", "output": "3"}])
    assert read_sources(recipe(alpaca, task=ASKED), tmp_path).rows.select("q", "a").rows() == [("add\n1 2", "3")]
    own = "{kind: instruction, prompt: '{instruction} {input}', completion: output}"
    plain = read_sources(recipe(alpaca, task=own), tmp_path)
    assert plain.rows.select("instruction", "input", "output").rows() == [("add", "1 2", "3")]
    assert plain.records[0].shape is None


@pytest.mark.parametrize(
    ("rows", "source", "task", "mistake"),
    [
        (
            [{"question": "q", "turns": [{"who": "x"}]}], {}, CHAT,
            ("a.jsonl: holds no conversation of a known shape: it has the columns question, turns (who); known: messages "
             "(a list of {role, content}), sharegpt (a list of {from, value}), alpaca (instruction, input, output), "
             "prompt_completion (prompt, completion); rename to one of them: columns: {messages: …} or {prompt: …, completion: …}"),
        ),
        (
            [{name: [{"role": "user", "content": "x"}] for name in ("chosen", "rejected")}], {}, CHAT,
            "a.jsonl: has several columns of turns (chosen, rejected); say which: columns: {messages: chosen}",
        ),
        (
            [{"prompt": "p", "completion": "c"}], {"shape": "alpaca"}, CHAT,
            "a.jsonl: is not of the shape alpaca: it has the columns prompt, completion; it needs the columns instruction and output",
        ),
        (
            [{"talk": [{"from": "x", "value": "x"}]}], {"shape": "messages"}, CHAT,
            ("a.jsonl: is not of the shape messages: it has the columns talk (from, value); it needs a column of turns with the keys "
             "role and content"),
        ),
        (
            [{"prompt": "p", "completion": "c", "messages": "m"}], {"shape": "prompt_completion"}, CHAT,
            "a.jsonl: has a column 'messages', which the conversation would hide; rename it: columns: {messages_: messages}",
        ),
        (
            [{"prompt": "p", "completion": "c"}], {}, "{kind: instruction, prompt: '{prompt} {input}', completion: completion}",
            "a.jsonl: has no column 'input'; known: prompt, completion",
        ),
        (
            [{"prompt": "p", "completion": "c", "text": "", "more": ""}], {"shape": "prompt_completion"},
            "{kind: instruction, prompt: '{text} {more}', completion: completion}",
            ("a.jsonl: is a conversation, and a prompt of the columns text, more has no one place for its question; name one column in "
             "task.prompt (and {system}): prompt: '{prompt}'; or read its columns as they are: shape: columns"),
        ),
    ],
)  # fmt: skip
def test_a_shape_that_is_not_known_is_told_before_work_starts(tmp_path, rows, source, task, mistake):
    source = {**write(tmp_path, "a.jsonl", rows), **source}
    assert [
        str(mistake).replace(f"{tmp_path}/", "") for mistake in look(recipe(source, task=task), tmp_path).mistakes
    ] == [mistake]
    with pytest.raises(UserError) as caught:
        read_sources(recipe(source, task=task), tmp_path)
    assert [str(mistake).replace(f"{tmp_path}/", "") for mistake in caught.value.mistakes] == [mistake]


def test_columns_that_became_turns_are_gone(tmp_path):
    source = write(tmp_path, "a.jsonl", [{"instruction": "i", "output": "o", "kind": "k"}])
    groups = "groups: {kind: {column: kind}, out: {column: output}}\n"
    found = parse_recipe(f"version: 1\nname: t\nsources: {json.dumps([source])}\ntask: {CHAT}\n{groups}", "r.yaml")
    assert [str(mistake) for mistake in look(found, tmp_path).mistakes] == [
        "a.jsonl: the column 'output' becomes turns, and is none afterwards; copy it in the file"
    ]


def test_a_shape_has_no_effect_on_classification(tmp_path):
    with pytest.raises(UserError, match=r"sources.0.shape: has an effect on instruction and chat tasks alone"):
        recipe({"path": "a.csv", "shape": "alpaca"}, task="{kind: classification, text: t, label: l}")


def test_a_file_whose_beginning_tells_nothing_is_what_the_recipe_says(tmp_path, monkeypatch):
    monkeypatch.setattr("curate.readers.peek.HEAD", 10)
    for name in ("messages", "sharegpt", "alpaca", "alpaca with history", "prompt_completion"):
        rows, expected = SHAPES[name]
        source = {**write(tmp_path, "a.json", rows), "shape": name.split(" ")[0]}
        assert talks(read_sources(recipe(source), tmp_path).rows) == expected
    write(tmp_path, "a.json", [{"question": "x"}])
    with pytest.raises(UserError, match=r"a.json: has no column 'messages'"):
        read_sources(recipe({"path": "a.json"}), tmp_path)


def test_turns_stay_readable_in_the_ledger(tmp_path):
    rows = [{"messages": [{"role": "user", "content": "say  it"}, {"role": "assistant", "content": "it is  said"}]}]
    write(tmp_path, "a.jsonl", rows)
    (tmp_path / "t.yaml").write_text(
        f"version: 1\nname: t\nsources: [{{path: a.jsonl}}]\ntask: {CHAT}\nsteps: [{{step: whitespace, on: [assistant]}}, {{step: turns}}]\n"
    )
    run = engine.curate(engine.prepare(load_recipe(tmp_path / "t.yaml"), tmp_path, tmp_path / "runs"))
    life = explain(run, "a/1")
    (event,) = life.events
    assert event.before == life.text_as_read == "user: say  it\nassistant: it is  said"
    assert event.after == life.text_now == "user: say  it\nassistant: it is said"
    assert event.difference == "user: say  it\nassistant: it is [-·-]said"
    assert not life.text_is_masked
