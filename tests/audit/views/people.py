"""People whom a tool has selected or not, and how a test reads a document about them.

103 people: of race x 50 women (30 selected) and 44 men (40), of race y 4 women (2), one woman of race tiny (selected), and 4 of whom
the race or the sex is not known. The score is high for who was selected.
"""

import re
from pathlib import Path

from audit.__main__ import audit
from audit.card_sections import Exported
from audit.views.material import Material
from curate import engine
from curate.recipe_file import load_finished, parse_recipe
from curate.store import RunDirectory

PEOPLE = (
    ("f", "x", 50, 30),
    ("m", "x", 44, 40),
    ("f", "y", 4, 2),
    ("f", "tiny", 1, 1),
    ("f", "", 3, 3),
    ("", "x", 1, 0),
)
"""Sex, race, how many, and how many of them were selected."""
WHY = "one person, whose rate says nothing"
RECIPE = f"""
version: 1
name: people
sources: [{{path: people.csv, origin: "https://example.org/people", licence: CC0}}]
task: {{kind: classification, label: hired, prediction: selected, score: score, positive: ["1"]}}
groups: {{sex: {{column: sex}}, race: {{column: race}}}}
audit:
  replicates: 100
  minimum_group_size: 4
  metrics: [selection_rate, false_positive_rate, false_negative_rate]
  crossings: [[race, sex]]
  ll144: {{sex: sex, race: race, left_out: {{race: {{tiny: "{WHY}"}}}}}}
"""
CODED = re.compile(r"`([^`]+)`|<code>(.*?)</code>")
BREAKING = "\u00a0"


def curated(folder: Path, recipe: str, people: tuple[tuple[str, str, int, int], ...] = PEOPLE) -> RunDirectory:
    """Curate the people by a recipe."""
    lines = ["sex,race,selected,hired,score"]
    for sex, race, n, hits in people:
        for place in range(n):
            taken = int(place < hits)
            lines.append(f"{sex},{race},{taken},{place % 2},{0.3 + 0.4 * taken + place / 1000}")
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    return engine.curate(engine.prepare(parse_recipe(recipe, "r.yaml"), folder, folder / "runs"))


def material_of(run: RunDirectory) -> Material:
    """Audit a run, and return what views are made from."""
    return Material(audit(run), Exported.kept(run, load_finished(run.recipe)))


def tables(text: str) -> dict[str, list[list[str]]]:
    """The tables of a document by their captions, each a list of rows of cells, without the heading."""
    found: dict[str, list[list[str]]] = {}
    caption = ""
    for line in text.splitlines():
        if line.startswith("**") and line.endswith("**"):
            caption = line.strip("*")
        elif line.startswith("| ") and not line.startswith("| ---"):
            found.setdefault(caption, []).append([cell.strip() for cell in line.strip("|").split(" | ")])
    return {name: rows[1:] for name, rows in found.items()}


def cited(text: str) -> list[str]:
    """The ids of measures that stand as code in a document."""
    return [plain or coded for plain, coded in CODED.findall(text)]
