"""A small run with two measured stages, a border between them and groups, for the questions that are asked of runs."""

from pathlib import Path

from curate import engine
from curate.recipe_file import load_recipe
from curate.store import RunDirectory

RECIPE = """\
version: 1
name: asked
sources: [{path: a.csv}]
task: {kind: classification, text: text, label: label, labels: {a: x, b: y}}
groups: {team: {column: team}}
steps:
  - {step: whitespace}
  - {step: length, min: 10, max: 40}
  - {step: letter_share, min: 0.5}
  - {step: exact}
  - {step: length, unit: words, min: 2}
"""
# line: text, label, team, what happens
ROWS = [
    ("tiny", "a", "red"),  # 2: too short (4)
    ("nine char", "a", "red"),  # 3: too short (9)
    ("just  ten c", "b", "blue"),  # 4: whitespace, 10 characters
    ("eleven char", "a", "blue"),  # 5
    ("12345 67890", "b", "red"),  # 6: few letters
    ("a text that is kept", "a", "red"),  # 7
    ("a text that is kept", "b", "blue"),  # 8: copy of 7
    ("onewordonly", "a", "red"),  # 9: dropped by length-2
    ("twelve chars", "b", "blue"),  # 10
    ("a rather long text that stays just in, ok", "a", "red"),  # 11: 41 characters, too long
    ("1234567", "b", "red"),  # 12: too short, and few letters
]


def write(folder: Path, recipe: str = RECIPE, rows=ROWS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "asked.yaml").write_text(recipe)
    lines = [f'"{text}",{label},{team}' for text, label, team in rows]
    (folder / "a.csv").write_text("text,label,team\n" + "\n".join(lines) + "\n")
    return folder / "asked.yaml"


def curate(recipe: Path, *overrides: str) -> RunDirectory:
    return engine.curate(
        engine.prepare(load_recipe(recipe, overrides), recipe.parent, recipe.parent / "runs", overrides)
    )
