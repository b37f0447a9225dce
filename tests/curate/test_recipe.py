"""Recipes: strict, all mistakes at once, each with its line and what would be right."""

from pathlib import Path

import pytest

from curate.errors import UserError
from curate.overrides import override_setting
from curate.recipe import needed_columns
from curate.recipe_file import dump_recipe, load_recipe, parse_recipe, read_draft
from curate.recipe_schema import recipe_schema

RECIPES = Path(__file__).parents[2] / "recipes"
GOOD = """\
version: 1
name: tox
sources:
  - {path: toxigen.json}
task: {kind: classification, text: text, label: label, labels: {0: neutral, 1: hateful}, positive: [1]}
groups:
  target: {column: target_groups}
steps:
  - {step: length, min: 20}
split: {}
train: {base: demo, learning_rate: 2e-5}
audit:
  gates:
    - {metric: false_positive_rate, compare: difference, group: target, max: 0.10}
"""


def mistakes(text: str, *overrides: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        parse_recipe(text, "r.yaml", overrides)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_good_recipe_and_its_round_trip():
    recipe = parse_recipe(GOOD, "r.yaml")
    assert recipe.train.learning_rate == 2e-5, "YAML 1.2: a number"
    assert recipe.task.labels == {"0": "neutral", "1": "hateful"}
    assert parse_recipe(dump_recipe(recipe), "again") == recipe
    assert needed_columns(recipe) == ("text", "label", "target_groups")


def test_yaml_1_2_words_are_words():
    recipe = parse_recipe(
        GOOD.replace("{0: neutral, 1: hateful}, positive: [1]", "{no: no, yes: yes}, positive: [no]"), "r.yaml"
    )
    assert recipe.task.labels == {"no": "no", "yes": "yes"}


def test_all_mistakes_at_once_each_with_its_line():
    text = (
        GOOD.replace("name: tox", "name: Tox")
        .replace("step: length", "step: lenght")
        .replace("learning_rate", "learnin_rate")
    )
    text = text.replace("{column: target_groups}", "{colum: x}").replace(
        "path: toxigen.json", "path: toxigen.json, nme: y"
    )
    found = mistakes(text)
    assert [line.split(": ")[0] for line in found] == [
        "r.yaml:2",
        "r.yaml:4",
        "r.yaml:7",
        "r.yaml:9",
        "r.yaml:11",
    ]
    assert "r.yaml:9: unknown step 'lenght'; did you mean 'length'?" in found
    assert "r.yaml:4: unknown key 'sources.0.nme'; did you mean 'name'?" in found
    assert "r.yaml:11: unknown key 'train.learnin_rate'; did you mean 'learning_rate'?" in found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "group: target",
            "group: targt",
            "r.yaml:14: audit.gates.0.group: unknown attribute 'targt'; did you mean 'target'?",
        ),
        ("split: {}\n", "", "r.yaml:10: train: training needs a split; add split: {test: 0.2, validation: 0.1}"),
        ("min: 20", "min: twenty", "r.yaml:9: 'steps.0.min' is 'twenty'; write a whole number"),
        ("step: length, min: 20", "step: balance, by: [label]", "r.yaml:9: step 'balance' makes or weighs rows"),
        (
            "kind: classification",
            "kind: clasification",
            "r.yaml:5: unknown kind 'clasification'; did you mean 'classification'?",
        ),
        ("positive: [1]", "positive: [2]", "r.yaml:5: task: positive names ['2']"),
        ("max: 0.10", "max: 0.1, min: 0", "r.yaml:14: audit.gates.0: a gate has one limit"),
        (
            "metric: false_positive_rate, compare: difference, group: target, max: 0.10",
            "metric: kl_to_base, min: -3",
            "r.yaml:14: audit.gates.0.min: -3 is no limit: kl_to_base is never below 0",
        ),
        ("max: 0.10", "max: 10", "r.yaml:14: audit.gates.0.max: 10 is outside 0 to 1; write shares"),
        ("train:", "gates: []\ntrain:", "r.yaml:11: unknown key 'gates'; write it under audit"),
        (
            "split: {}\n",
            "split: {}\ntrain_steps: [{step: length, min: 3}]\n",
            "r.yaml:11: step 'length' may stand under steps only",
        ),
        (
            "steps:\n",
            "steps:\n  - {step: exact, keep: [newest]}\n",
            "r.yaml:9: steps.0.keep: 'newest' does not say by which column; write {newest: COLUMN}",
        ),
        ("version: 1", "version: 2", "r.yaml:1: 'version' cannot be '2'; write 1"),
        ("name: tox\n", "", "r.yaml:1: 'name' is missing; every recipe needs it"),
        (
            "name: tox",
            "name: tox: two",
            "r.yaml:2: mapping values are not allowed here, at column 10 of the line 'name: tox: two'; look at",
        ),
        ("name: tox", "name: tox\nname: again", 'r.yaml:3: found duplicate key "name"'),
        ("text: text", "text: text, prompt: '{text.__class__}'", "r.yaml:5: task: a template may hold only {column}"),
    ],
)
def test_one_mistake(old, new, expected):
    assert old in GOOD
    found = mistakes(GOOD.replace(old, new, 1))
    assert any(line.startswith(expected) for line in found), found


def test_mistakes_inside_a_slip_are_told_too_each_with_its_line():
    text = """\
version: 1
name: slips
sources:
  - {pth: a.csv, license: MIT}
taks: {kind: clasification, text: text, lable: label, positiv: [3], labels: {1: a, 2: b}}
stepss:
  - {step: minhsh, treshold: 0.9}
  - {step: exactt, normalis: maybe}
audt:
  gates:
    - {metric: acuracy, group: wo, compare: ratio, min: 80}
"""
    assert mistakes(text) == [
        "r.yaml:4: unknown key 'sources.0.pth'; did you mean 'path'?",
        "r.yaml:4: unknown key 'sources.0.license'; did you mean 'licence'?",
        "r.yaml:5: unknown key 'taks'; did you mean 'task'?",
        "r.yaml:5: unknown kind 'clasification'; did you mean 'classification'?",
        "r.yaml:5: unknown key 'task.lable'; did you mean 'label'?",
        "r.yaml:5: unknown key 'task.positiv'; did you mean 'positive'?",
        "r.yaml:5: task: positive names ['3'], which labels does not list (1, 2)",
        "r.yaml:6: unknown key 'stepss'; did you mean 'steps'?",
        "r.yaml:7: unknown step 'minhsh'; did you mean 'minhash'?",
        "r.yaml:7: unknown key 'steps.0.treshold'; did you mean 'threshold'?",
        "r.yaml:8: unknown step 'exactt'; did you mean 'exact'?",
        "r.yaml:8: unknown key 'steps.1.normalis'; did you mean 'normalise'?",
        "r.yaml:8: 'steps.1.normalise' is 'maybe'; write true or false",
        "r.yaml:9: unknown key 'audt'; did you mean 'audit'?",
        "r.yaml:11: 'audit.gates.0.metric' cannot be 'acuracy'; did you mean 'accuracy'?",
        "r.yaml:11: audit.gates.0.min: 80 is outside 0 to 1; write shares: 0.2 for 20 percent or points",
        "r.yaml:11: audit.gates.0.group: unknown attribute 'wo'; known: ",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("split: {}", "split: {predefined: true}", "r.yaml:10: unknown key 'split.predefined'"),
        ("path: toxigen.json", "path: toxigen.json, id: x", "r.yaml:4: unknown key 'sources.0.id'"),
        ("step: length, min: 20", "step: my_exact", "r.yaml:9: unknown step 'my_exact'; a step of your own needs"),
    ],
)
def test_what_is_no_slip_is_not_taken_for_one(old, new, expected):
    text = GOOD.replace(old, new)
    if "predefined" in new:  # then this has an effect, once it is called as it should be
        text = text.replace("path: toxigen.json", "path: toxigen.json, split: train")
    gates = "    - {metric: drop_rate, step: STEP, compare: ratio, group: target, min: 0.5}\n"
    step = "my_exact" if "my_exact" in new else "length"
    (found,) = mistakes(text.replace("max: 0.10}\n", "max: 0.10}\n" + gates.replace("STEP", step)))
    assert found.startswith(expected)


def test_mistakes_of_gates_are_told_together():
    gates = """
    - {metric: drop_rate, group: targt, max_gap: 0.1}
    - {metric: label_rate, group: target, of: tuned, max: 0.1, min: 0.2}
    - {metric: accurracy, group: targt, step: lenth, compare: difference, max: 0.1}
    - {step: lenth, compare: difference, max: 0.1}
    - nonsense
    - {metric: accuracy, of: given, max: 0.1}
"""
    found = mistakes(GOOD[: GOOD.index("  gates:")] + "  gates:" + gates)
    assert found == [
        "r.yaml:14: unknown key 'audit.gates.0.max_gap'; did you mean 'max'?",
        "r.yaml:14: audit.gates.0.group: unknown attribute 'targt'; did you mean 'target'?",
        "r.yaml:15: audit.gates.1: a gate has one limit; keep max or min, and write the other as a gate of its own",
        "r.yaml:15: audit.gates.1: compare and group belong together: compare says how, group says over which attribute",
        "r.yaml:15: audit.gates.1: label_rate is a metric of the data; leave out 'of'",
        "r.yaml:16: 'audit.gates.2.metric' cannot be 'accurracy'; did you mean 'accuracy'?",
        "r.yaml:16: audit.gates.2: step belongs to drop_rate alone",
        "r.yaml:16: audit.gates.2.group: unknown attribute 'targt'; did you mean 'target'?",
        "r.yaml:17: 'audit.gates.3.metric' is missing; it has no default",
        "r.yaml:17: audit.gates.3.step: unknown step 'lenth'; did you mean 'length'?",
        "r.yaml:18: 'audit.gates.4' is 'nonsense'; write a map: {key: value}",
        "r.yaml:19: audit.gates.5.of: there are no given predictions; name their column in task.prediction",
    ]
    doubtful = GOOD.replace("positive: [1]", "positive: 3")
    found = mistakes(doubtful[: doubtful.index("  gates:")] + "  gates:" + gates)
    assert (
        "r.yaml:15: audit.gates.1: a gate has one limit; keep max or min, and write the other as a gate of its own"
        in found
    )
    assert not [line for line in found if "given predictions" in line], "it may be the task that is wrong"


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (
            "metric: loss, compare: difference, group: target, max: 1",
            ["'loss' is not a metric of a task of kind classif"],
        ),
        ("metric: accuracy, step: lenth, min: 0.5", ["step belongs to drop_rate alone"]),
        (
            "metric: drop_rate, of: given, compare: ratio, group: target, min: 0.5",
            ["drop_rate is a metric of the data"],
        ),
    ],
)
def test_one_thing_wrong_with_a_gate_is_told_once(gate, expected):
    found = mistakes(GOOD[: GOOD.index("  gates:")] + f"  gates:\n    - {{{gate}}}\n")
    assert len(found) == len(expected), found
    assert all(part in line for part, line in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just words", "a: [1, 2", "a:\tb", "\x00", "a: &x [*x]", "!!python/object:os.system {}"]
)
def test_what_is_no_recipe_is_one_clear_mistake(text):
    assert mistakes(text)


def test_a_yaml_bomb_is_refused():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
    )
    assert "holds more than 100,000 values or 50 levels, its aliases followed" in mistakes(bomb)[0]


def test_what_looks_like_a_date_is_a_text():
    for day in ("2024-02-30", "2024-01-01T10:00:00Z"):
        recipe = parse_recipe(GOOD.replace("path: toxigen.json", f"path: toxigen.json, licence: {day}"), "r.yaml")
        assert recipe.sources[0].licence == day
    assert parse_recipe(GOOD, "r.yaml", ["sources.0.licence=2024-02-30"]).sources[0].licence == "2024-02-30"


def test_overrides_are_yaml_and_say_where_they_fail():
    recipe = parse_recipe(GOOD, "r.yaml", ["train.epochs=1", "steps.0.min=5", "audit.minimum_group_size=3"])
    assert (recipe.train.epochs, recipe.steps[0].min, recipe.audit.minimum_group_size) == (1.0, 5, 3)
    assert mistakes(GOOD, "train.epochs=x")[0].startswith("--set train.epochs: 'train.epochs' is 'x'")
    assert mistakes(GOOD, "train.epoch=1")[0] == "--set train.epoch: unknown key 'train.epoch'; did you mean 'epochs'?"
    assert mistakes(GOOD, "stepz.2.min=3")[0].startswith("--set stepz.2.min: unknown key 'stepz'")
    assert "is not of the form key.path=value" in mistakes(GOOD, "train")[0]
    assert "is not a position" in mistakes(GOOD, "steps.9.min=1")[0]


def test_overrides_that_fail_are_told_together_and_with_the_mistakes_of_the_recipe():
    overrides = ["train", "train.epochs=1", "steps.9.min=1", "name.x=1", "train.seed=[", "train.epoch=1"]
    told = mistakes(GOOD.replace("label: label", "lable: label"), *overrides)
    assert [line.partition(": ")[0] for line in told] == [
        "r.yaml:5",
        "--set train",
        "--set steps.9.min=1",
        "--set name.x=1",
        "--set train.seed=[",
        "--set train.epoch",
    ]


def test_what_an_override_that_fails_was_to_change_is_in_doubt(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(GOOD.replace("split: {}", "split: {published: true}"))
    assert [mistake.where for mistake in read_draft(path).mistakes] == [f"{path}:4"], "no source says its side"
    draft = read_draft(path, ["sources.toxigen.split=train", "steps.9.min=1"])
    assert draft.doubtful == {"sources", "steps"}
    assert draft.recipe is not None
    assert [mistake.where for mistake in draft.mistakes] == ["--set sources.toxigen.split=train", "--set steps.9.min=1"]


def test_a_word_in_the_place_of_a_position_names_the_right_path():
    plain = {
        "steps": [{"step": "length"}, {"step": "exact"}, {"step": "length"}],
        "sources": [{"name": "a"}, {}],
        "gates": [],
    }

    def hint(override: str) -> str:
        with pytest.raises(UserError) as error:
            override_setting(plain, override, "r.yaml")
        return error.value.mistakes[0].hint

    assert hint("steps.length.min=3") == "write steps.0.min"
    assert hint("steps.length-2.min=3") == "write steps.2.min"
    assert hint("steps.lenght.min=3") == "write steps.0.min"
    assert hint("sources.a.path=b") == "write sources.0.path"
    assert hint("sources.5.path=b") == "the positions: 0 (a), 1"
    assert hint("steps.exact={}") == "write steps.1"
    assert hint("gates.0.max=1") == "write it into the recipe"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_recipe_that_we_ship_is_valid(path):
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert path.read_text().startswith("# yaml-language-server: $schema=./recipe.schema.json\n")


def test_the_schema_file_is_what_the_code_says():
    assert (RECIPES / "recipe.schema.json").read_text(encoding="utf-8") == recipe_schema(), "run: make schema"


def test_labels_may_be_true_and_false_as_the_data_writes_them():
    recipe = parse_recipe(
        GOOD.replace("{0: neutral, 1: hateful}, positive: [1]", '{true: 1, false: 0}, positive: ["true"]'), "r.yaml"
    )
    assert recipe.task.labels == {"true": "1", "false": "0"}
