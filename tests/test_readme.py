"""The README says what is true: its recipe parses, its commands exist, its table of steps is the code's."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from typer.main import get_command

from curate.audit_settings import LocalLaw144
from curate.cli import app
from curate.recipe_file import parse_recipe
from curate.steps import Step, TrainStep
from curate.train_settings import Train

ROOT = Path(__file__).parents[1]
MARKS = ("<!-- {}: begin (a test compares this table with the code; make schema writes it) -->\n", "<!-- {}: end -->")
STEPS, SETTINGS = (tuple(mark.format(name) for mark in MARKS) for name in ("steps", "settings"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def steps_table() -> str:
    """The table of steps, made from the code: the word, where it may stand, its settings, its first sentence."""
    lines = ["| step | under | settings (default) | what it does |", "|---|---|---|---|"]
    members = {union: get_args(get_args(union)[0]) for union in (Step, TrainStep)}
    for member in dict.fromkeys([*members[Step], *members[TrainStep]]):
        under = " and ".join(
            word for word, union in (("steps", Step), ("train_steps", TrainStep)) if member in members[union]
        )
        fields = [(name, field) for name, field in member.model_fields.items() if name not in ("step", "on")]
        settings = ", ".join(
            f"`{name}`" + ("" if field.is_required() else f" ({shown(field.get_default(call_default_factory=True))})")
            for name, field in fields
        )
        sentence = re.split(r"(?<=[.:;]) ", " ".join(member.__doc__.split()))[0].rstrip(".:;")
        word = member.model_fields["step"].default
        lines.append(f"| `{word}` | {under} | {settings or 'none'} | {sentence.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def shown(default: object) -> str:
    if isinstance(default, tuple):
        return ", ".join(map(str, default)) or "none"
    if isinstance(default, BaseModel):
        return "see the schema"
    return (
        {True: "true", False: "false", None: "none"}.get(default, str(default))
        if isinstance(default, bool | None)
        else str(default)
    )


def settings_table() -> str:
    """The table of what may stand under train:, made from the code: the setting, its default, its description."""
    return "\n".join(["| setting | default | |", "|---|---|---|", *settings_lines(Train)])


def settings_lines(settings: type[BaseModel], before: str = "") -> Iterator[str]:
    """A line for every setting, after one for the part that it belongs to."""
    for name, field in settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield f"| `{before}{name}` | | {' '.join(default.__doc__.split())} |"
            yield from settings_lines(type(default), f"{name}.")
        else:
            said = "; ".join(filter(None, (", ".join(choices(field.annotation)), field.description)))
            assert field.description, f"train.{before}{name} says nothing of itself"
            yield f"| `{before}{name}` | {'none' if default == {} else shown(default)} | {said} |"


def choices(annotation: object) -> list[str]:
    """The words that a setting may be, or hold."""
    if get_origin(annotation) is Literal:
        return [f"`{choice}`" for choice in get_args(annotation)]
    parts = () if get_origin(annotation) is dict else get_args(annotation)
    return ["`true`", "`false`"] * (bool in parts) + [word for part in parts for word in choices(part)]


def with_tables(text: str) -> str:
    """The README's text with its tables as the code makes them."""
    for (begin, end), table in ((STEPS, steps_table), (SETTINGS, settings_table)):
        head, rest = text.split(begin)
        text = f"{head}{begin}{table()}\n{end}{rest.split(end)[1]}"
    return text


def write_tables() -> None:
    """Put the tables into the README (`make schema` calls this)."""
    (ROOT / "README.md").write_text(with_tables(README), encoding="utf-8")


def toxigen_without_train(blocks):
    """The README's first recipe without its own train: part and gates."""
    return re.sub(r"(?ms)^train: .*", "", next(text for text in blocks if "name: toxigen" in text))


def test_the_recipes_are_valid():
    blocks = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    toxigen, law = (parse_recipe(text, "README.md") for text in blocks if not text.startswith("train:"))
    assert (toxigen.name, law.name) == ("toxigen", "law")
    (training,) = (text for text in blocks if text.startswith("train:"))
    before = toxigen_without_train(blocks)
    assert parse_recipe(f"{before}{training}", "README.md").train.method == "lora"
    assert law.audit.ll144 == LocalLaw144(sex="sex", race="race")


def test_the_commands_exist_and_none_is_missing():
    named = set(re.findall(r"^\| `fairlead ([\w-]+)", README, re.MULTILINE))
    assert named == set(get_command(app).commands)


def test_the_recipes_exist_and_none_is_missing():
    named = set(re.findall(r"^\| `(\w+\.yaml)`", README, re.MULTILINE))
    assert named == {path.name for path in (ROOT / "recipes").glob("*.yaml")}


def test_the_tables_of_steps_and_of_settings_are_the_codes():
    assert with_tables(README) == README, "run: make schema"


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make (demo|test|lint|schema)", README)) <= targets


def test_every_link_of_the_readme_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


if __name__ == "__main__":
    write_tables()
