"""`python -m audit.card RUN FOLDER`: the card of an exported data set, filled from its rows, the ledger and the audit.

The card (README.md) is what a person should know before they use the data. What is too long for it stands beside it: every
table of the audit of the data (audit.md), and the recipe with every default filled in (recipe.yaml).
"""

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.__main__ import audit, is_audited
from audit.card_sections import Exported, columns, cut, machine_made, personal_data, plain, sources, warnings_of
from audit.front_matter import front_matter, task_category
from audit.mistakes import reported
from audit.report.content import Bars, Block, Dots, Facts, Fold, Section, Table
from audit.report.markdown import escaped, sections_markdown
from audit.report.opening import opening
from audit.report.sections import account, closing, curation, mentions, representation
from audit.report.words import capital, listed
from audit.results import Audit
from curate.files import write_text
from curate.manifest import Manifest
from curate.recipe_file import load_finished
from curate.split import SIDES
from curate.steps.language import Language
from curate.store import RunDirectory

MOST_ROWS = 20
"""Rows of a table in the card; audit.md has them all."""
CONTRASTS = 8
MORE = (
    "[audit.md](audit.md): every table of the audit, versions, seeds and digests. "
    "[recipe.yaml](recipe.yaml): the recipe, with every default filled in."
)
SOURCE = "Every figure comes from the run's ledger and audit; none was typed."
PROVENANCE = "What went into the run named above, so that it can be made again."
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)
"""Size categories of the hub's data set cards."""
LICENCE = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9.+ -]+")
"""What a licence's name is written with."""


LOADING = """## How to load it

```python
from datasets import load_dataset  # pip install datasets

data = load_dataset("{folder}")  # this folder, or the name that it has on the hub
print(data["{side}"][0])
```

```python
import polars as pl  # or pandas: the files are parquet

rows = pl.read_parquet("{folder}/data/{side}-*.{ending}")
```"""


def card(data: Exported, found: Audit, folder: Path) -> str:
    """Return the card: the front matter that the hub reads, then what a person should know before they use the data."""
    recipe, manifest, hurts = data.recipe, data.manifest, warnings_of(data)
    parts = [
        front_matter(_metadata(data, folder, hurts=bool(hurts))),
        f"# {escaped(recipe.name)}",
        *([_warning(hurts)] if hurts else []),
        f"Made by fairlead {escaped(manifest.fairlead)} in the run {escaped(manifest.name)}. {SOURCE}",
        *sections_markdown([Section("figures", "In short", opening(found).sentence, (Facts(opening(found).facts),))]),
        _loading(folder),
        *sections_markdown([columns(data), machine_made(data), personal_data(data), sources(data, MOST_ROWS)]),
        *sections_markdown(_alone(_audited(found))),
        "## More",
        MORE,
    ]
    return "\n\n".join(parts) + "\n"


def _audited(found: Audit) -> list[Section]:
    """Return what the audit says of the data, as far as it fits into a card."""
    told = account.section(found)
    sections = [replace(told, blocks=plain(told.blocks, MOST_ROWS))]
    removed, contrasts = curation.section(found), curation.largest(found, CONTRASTS)
    if removed is not None and contrasts is not None:
        sections.append(replace(removed, blocks=(contrasts,)))
    people = representation.section(found)
    if people is not None:
        tables = [block for block in people.blocks if isinstance(block, Table)]
        sections.append(replace(people, blocks=tuple(cut(table, MOST_ROWS) for table in tables)))
    return [*sections, closing.cautions(found)]


def audit_tables(found: Audit) -> str:
    """Return every table of the audit of the data, without the texts of rows that are not in the data set."""
    told = account.section(found)
    said = (
        curation.section(found.model_copy(update={"edges": ()})),
        mentions.section(found),
        representation.section(found),
    )
    sections = [
        replace(told, blocks=plain(told.blocks, len(found.measures))),
        *(part for part in said if part is not None),
    ]
    provenance = replace(closing.provenance(found), lead=PROVENANCE)
    parts = [f"# {escaped(opening(found).title)}", SOURCE]
    return "\n\n".join([*parts, *sections_markdown(_alone([*sections, provenance]))]) + "\n"


def _warning(hurts: Sequence[str]) -> str:
    said = escaped(f"{capital(listed(hurts))}.")
    return f"> **Content warning.** The texts may hurt. {said} This is told from names: no text was read for it."


def _loading(folder: Path) -> str:
    sides, ending = _sides(folder)
    return LOADING.format(folder="path/to/this/folder", side=sides[0], ending=ending)


def _sides(folder: Path) -> tuple[list[str], str]:
    """Return the sides that have rows, the training rows first, and the ending of their files."""
    files = [path.name for path in (folder / "data").iterdir()]
    there = {name.split("-", 1)[0] for name in files}
    return [side for side in SIDES if side in there], files[0].rsplit(".", 1)[1]


def _alone(sections: Sequence[Section]) -> list[Section]:
    """Return sections without what leads nowhere where the card stands: pictures, and the ids of measures."""
    return [replace(section, blocks=_alone_blocks(section.blocks)) for section in sections]


def _alone_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            kept.append(replace(block, rows=tuple(replace(row, ids=()) for row in block.rows)))
        elif isinstance(block, Fold):
            kept.append(replace(block, blocks=_alone_blocks(block.blocks)))
        elif not isinstance(block, Dots | Bars):
            kept.append(block)
    return tuple(kept)


def _metadata(data: Exported, folder: Path, *, hurts: bool) -> dict[str, Any]:
    (sides, ending), recipe = _sides(folder), data.recipe
    languages = [step.allowed for step in recipe.steps if isinstance(step, Language)]
    return {
        "pretty_name": recipe.name,
        "license": _licence(data.manifest),
        **({"language": list(languages[-1])} if languages else {}),
        "task_categories": [task_category(recipe)],
        "size_categories": [_size(data.height)],
        "tags": ["fairlead", *(["not-for-all-audiences"] if hurts else [])],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": side, "path": f"data/{side}-*.{ending}"} for side in sides],
            }
        ],
    }


def _licence(manifest: Manifest) -> str:
    """Return the one licence of all sources as the hub writes it, `unknown` if one does not state it, else `other`.

    `other` too for what cannot be a licence's name.
    """
    stated = {source.licence for source in manifest.sources}
    if None in stated or not stated:
        return "unknown"
    names = [name for name in stated if name is not None and LICENCE.fullmatch(name)]
    return names[0].strip().lower().replace(" ", "-") if len(stated) == len(names) == 1 else "other"


def _size(rows: int) -> str:
    return next((name for limit, name in SIZES if rows < limit), "n>1T")


def main() -> int:
    """Write the card of an exported folder, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m audit.card", description="Write the card of an exported data set.")
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("folder", type=Path, help="the folder with the exported rows")
    given = parser.parse_args()
    return reported(lambda: _write(RunDirectory(given.run), given.folder))


def _write(run: RunDirectory, folder: Path) -> int:
    if not is_audited(run):
        sys.stderr.write("the card needs an audit of these files by this fairlead: auditing first\n")
    with _waiting():
        found = audit(run)
        data = Exported.of(run, load_finished(run.recipe), folder)
        write_text(folder / "README.md", card(data, found, folder))
        write_text(folder / "audit.md", audit_tables(found))
    shutil.copyfile(run.recipe, folder / "recipe.yaml")
    return 0


def _waiting() -> AbstractContextManager[object]:
    """Return what shows in a terminal that work goes on, and for how long."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    progress.add_task("the audit and the card", total=None)
    return progress


if __name__ == "__main__":
    sys.exit(main())
