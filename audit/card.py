"""`python -m audit.card RUN FOLDER`: the card of an exported data set, filled from the ledger, the manifest and the audit."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

from audit.__main__ import audit
from audit.mistakes import reported
from audit.report.content import Bars, Block, Dots, Facts, Fold, Section, Table
from audit.report.markdown import escaped, sections_markdown
from audit.report.opening import opening
from audit.report.sections import account, closing, curation, mentions, representation
from curate.files import write_text
from curate.manifest import Manifest
from curate.recipe import Recipe
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.task import Chat, Classification

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


def card(run: RunDirectory, folder: Path) -> str:
    """Return the card: the front matter that the hub reads, then what a person should know before they use the data."""
    recipe, manifest, found = load_finished(run.recipe), run.read_manifest(), audit(run)
    said = (account.section(found), curation.section(found), mentions.section(found), representation.section(found))
    sections: list[Section] = [section for section in said if section is not None]
    provenance = replace(closing.provenance(found), lead=PROVENANCE)
    head = opening(found)
    parts = [
        f"---\n{_front_matter(recipe, manifest, folder)}---",
        f"# {escaped(recipe.name)}",
        f"Made by fairlead {escaped(manifest.fairlead)} in the run {escaped(manifest.name)}. {SOURCE}",
        *sections_markdown([Section("figures", "In short", head.sentence, (Facts(head.facts),))]),
        *sections_markdown(_alone([*sections, closing.cautions(found), provenance])),
        "## The recipe, with every default filled in",
        _fenced(run.recipe.read_text(encoding="utf-8")),
    ]
    return "\n\n".join(parts) + "\n"


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


def _front_matter(recipe: Recipe, manifest: Manifest, folder: Path) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415

    files = sorted(path.name for path in (folder / "data").iterdir())
    sides = dict.fromkeys(name.split("-", 1)[0] for name in files)
    ending = files[0].rsplit(".", 1)[1]
    content = {
        "pretty_name": recipe.name,
        "license": _licence(manifest),
        "task_categories": [_task(recipe)],
        "size_categories": [_size(manifest)],
        "tags": ["fairlead"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": side, "path": f"data/{side}-*.{ending}"} for side in sides],
            }
        ],
    }
    stream = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content, stream)
    return stream.getvalue()


def _licence(manifest: Manifest) -> str:
    """Return the one licence of all sources as the hub writes it, `unknown` if one does not state it, else `other`.

    `other` too for what cannot be a licence's name.
    """
    stated = {source.licence for source in manifest.sources}
    if None in stated or not stated:
        return "unknown"
    names = [name for name in stated if name is not None and LICENCE.fullmatch(name)]
    return names[0].strip().lower().replace(" ", "-") if len(stated) == len(names) == 1 else "other"


def _task(recipe: Recipe) -> str:
    if isinstance(recipe.task, Classification):
        return "text-classification" if recipe.task.text else "tabular-classification"
    return "text-generation" if isinstance(recipe.task, Chat) else "text2text-generation"


def _size(manifest: Manifest) -> str:
    rows = manifest.stages[-1].rows_out
    return next((name for limit, name in SIZES if rows < limit), "n>1T")


def _fenced(text: str) -> str:
    """Return text in a fence that nothing in it can close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}yaml\n{text}{fence}"


def main() -> int:
    """Write the card of an exported folder, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m audit.card", description="Write the card of an exported data set.")
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("folder", type=Path, help="the folder with the exported rows")
    given = parser.parse_args()
    return reported(lambda: _write(RunDirectory(given.run), given.folder))


def _write(run: RunDirectory, folder: Path) -> int:
    write_text(folder / "README.md", card(run, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
