"""What a data set card says beside the audit: columns, machine-made rows, personal data, sources, and whether texts may hurt.

Everything is read from the exported rows, the recipe, the manifest and the ledger.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from audit.report.content import Block, Cell, Column, Prose, Row, Section, Table
from audit.report.words import count, listed, number, plural
from curate.export import exported_columns
from curate.files import scan_parquet
from curate.groups import BinGroup, ColumnGroup, TermGroup, group_column
from curate.manifest import Manifest
from curate.recipe import Recipe
from curate.source_settings import DemoSource
from curate.split import SIDES
from curate.steps.copying import Copying
from curate.steps.drop_pii import DropPii
from curate.steps.mask_pii import MaskPii
from curate.store import RunDirectory
from curate.task import Chat, Classification, Instruction

HURTFUL = re.compile(
    r"(?<![a-z])(?<!(?<![a-z])no[-_ ])(?<!(?<![a-z])(?:non|not)[-_ ])(?<!(?<![a-z])anti[-_ ])"
    r"(hate(ful)?|hatred|toxic(ity)?|abus(e|ive)|offensive|insult(s|ing)?|obscen(e|ity)|profan(e|ity)|racis[mt]|sexis[mt]|"
    r"slurs?|threat(s|ening)?|harass(ment|ing)?|violen(t|ce)|bully(ing)?|misogyn(y|ist|istic)|porn\w*|nsfw|stereotyp\w*)(?![a-z])",
    re.IGNORECASE,
)
"""Names of labels, columns and origins that say that texts are there because they hurt; a word that is denied does not."""
OURS = {
    "row": "The name of the row: its source, and its line or number there. A row made from another one has that one's name, a plus "
    "sign and a number.",
    "parent": "The name of the row that this one was made from; null for a row that was read from a source.",
    "source": "The name of the source that the row, or the row that it was made from, was read from.",
    "row_weight": "How much the row weighs in training, so that every cell weighs the same.",
}
_DIGEST = re.compile(r"[0-9a-f]{16,}")


@dataclass(frozen=True)
class Exported:
    """A run and its rows as they are exported."""

    run: RunDirectory
    recipe: Recipe
    manifest: Manifest
    rows: pl.LazyFrame

    @classmethod
    def of(cls, run: RunDirectory, recipe: Recipe, folder: Path) -> "Exported":
        """Return what was exported into a folder."""
        parts = sorted((folder / "data").iterdir())
        rows = pl.concat([scan_parquet(part) for part in parts], how="diagonal_relaxed")
        return cls(run, recipe, run.read_manifest(), rows)

    @classmethod
    def kept(cls, run: RunDirectory, recipe: Recipe) -> "Exported":
        """Return every row that a run kept or made, as an export would write it."""
        sides = SIDES if recipe.split is not None else ("all",)
        rows = [exported_columns(scan_parquet(run.data(side)), recipe, groups=False) for side in sides]
        return cls(run, recipe, run.read_manifest(), pl.concat(rows, how="diagonal_relaxed"))

    @property
    def height(self) -> int:
        """How many rows there are."""
        return int(self.rows.select(pl.len()).collect().item())

    def events(self, event: str) -> pl.DataFrame:
        """Return the ledger's lines of one kind, of exported rows alone."""
        lines = scan_parquet(self.run.ledger).filter(pl.col("event") == event)
        here = self.rows.select(row_name="row")
        kept = lines.join(here, on="row_name", how="semi", maintain_order="left")
        return kept.select("row_name", "step", "reason", "detail").collect()


def warnings_of(data: Exported) -> list[str]:
    """Return why the texts may hurt: labels, columns and origins whose names say so."""
    task, found = data.recipe.task, list[str]()
    if isinstance(task, Classification):
        counts = data.rows.group_by(pl.col(task.label).alias("label")).len().sort("label").collect()
        for label, rows in counts.iter_rows():  # labels, not rows
            word = task.labels.get(label or "", "")
            if label is not None and (HURTFUL.search(label) or HURTFUL.search(word)):
                share = number(rows / data.height, "percent")
                called = f"“{label}”" + (f" ({word})" if word not in ("", label) else "")
                found.append(f"{plural(rows, 'row')} of {count(data.height)} ({share}) have the label {called}")
    found += [f"there is a column “{name}”" for name in data.rows.collect_schema().names() if HURTFUL.search(name)]
    found += [
        f"the source {source.name} comes from {source.origin}"
        for source in data.manifest.sources
        if source.origin is not None and HURTFUL.search(source.origin)
    ]
    return found


def columns(data: Exported) -> Section:
    """Return what each column holds."""
    rows = tuple(
        Row((Cell(name), Cell(_type(kind)), Cell(_meaning(name, data.recipe))))
        for name, kind in data.rows.collect_schema().items()
    )
    table = Table("Columns", (Column("Column"), Column("Type"), Column("What it holds")), rows)
    return Section("columns", "Columns", "Columns that are not ours stand as their sources have them.", (table,))


def _type(kind: pl.DataType) -> str:
    if isinstance(kind, pl.List | pl.Array):
        return f"list of {_type(pl.List(kind.inner).inner)}"  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return f"{{{', '.join(field.name for field in kind.fields)}}}"
    if kind == pl.String:
        return "text"
    if kind == pl.Boolean:
        return "true or false"
    if kind.is_integer():
        return "whole number"
    return "number" if kind.is_numeric() else str(kind).lower()


def _meaning(name: str, recipe: Recipe) -> str:
    task = recipe.task
    said = [OURS[name]] if name in OURS else []
    if isinstance(task, Classification) and name == task.label:
        said.append(_label(task))
    elif isinstance(task, Classification) and name == task.prediction:
        said.append("A prediction that came with the data.")
    elif isinstance(task, Instruction) and name == task.completion:
        said.append("What the model is to write.")
    elif isinstance(task, Chat) and name == task.messages:
        said.append("The conversation: its turns, each with a role (system, user, assistant or tool) and a content.")
    elif name in task.text_columns:
        said.append("The text." if isinstance(task, Classification) else "What the model reads.")
    for attribute, group in recipe.groups.items():
        if not isinstance(group, TermGroup) and name == group.column:
            bins = ", in bins" if isinstance(group, BinGroup) else ""
            said.append(f"Tells the group of {attribute}{bins}.")
        if name == group_column(attribute):
            how = "" if isinstance(group, ColumnGroup | BinGroup) else ", by the terms that its text mentions"
            said.append(f"The groups of {attribute} that the row was audited by{how}.")
    if recipe.split is not None and name == recipe.split.key:
        said.append("Rows with the same value stand on one side of the split.")
    return " ".join(said) or "From the source."


def _label(task: Classification) -> str:
    words = [f"{label} ({word})" if word != label else label for label, word in task.labels.items()]
    positive = f" Counted as selected: {listed(task.positive)}." if task.positive else ""
    return "The label" + (f": {', '.join(words)}." if words else ".") + positive


def machine_made(data: Exported) -> Section:
    """Return which rows a machine made from others, by step, and which sources a program wrote."""
    by_step = data.events("added").group_by("step", "reason").len().sort("step", "reason")
    steps = data.recipe.steps_by_name()
    notes = data.manifest.phases["curate"].notes
    rows = tuple(
        Row(
            (
                Cell(step),
                Cell(count(rows)),
                Cell("rewritten" if isinstance(steps.get(step), Copying) else "repeated as it stands"),
                Cell(_tool(reason, notes.get(step, ""))),
            )
        )
        for step, reason, rows in by_step.iter_rows()  # steps, not rows
    )
    invented = [source.row_prefix for source in data.recipe.sources if isinstance(source, DemoSource)]
    told = [f"The texts of {listed(invented)} were written by a program: nobody said them."] if invented else []
    made = sum(by_step["len"])
    if not made:
        return Section("made", "Rows that a machine made", " ".join([*told, "No row was made from another one."]), ())
    share = number(made / data.height, "percent")
    told.append(
        f"{plural(made, 'row')} of {count(data.height)} ({share}) {'was' if made == 1 else 'were'} made from other rows: those "
        "whose parent is not null. They have the label and the other columns of their parent."
    )
    columns = (Column("Step"), Column("Rows", number=True), Column("The parent's text is"), Column("By"))
    return Section("made", "Rows that a machine made", " ".join(told), (Table("Made rows", columns, rows),))


def _tool(reason: str | None, note: str) -> str:
    """Return what made rows, by the note of the step without its digests, or else by the reason in the ledger."""
    named = [part for part in note.split(", ") if part and not _DIGEST.fullmatch(part)]
    return ", ".join(named) or (reason or "").removeprefix("added_by_").replace("_", " ")


def personal_data(data: Exported) -> Section:
    """Return what was masked: kinds, findings and rows."""
    steps = data.recipe.steps_by_name()
    masking = {name: step for name, step in steps.items() if isinstance(step, MaskPii)}
    dropping = [name for name, step in steps.items() if isinstance(step, DropPii)]
    looked = list(dict.fromkeys(word for step in masking.values() for word in step.words()))
    told = [f"Rows in which {listed(dropping)} found personal data were dropped."] if dropping else []
    if not masking:
        none = "No step masked personal data." if dropping else "No step looked for personal data."
        return Section("personal", "Personal data", " ".join([*told, f"{none} Texts may hold what they held."]), ())
    lines = data.events("changed").filter(pl.col("step").is_in(list(masking)))
    findings, rows = Counter[str](), Counter[str]()
    for found in lines["detail"].drop_nulls().value_counts().iter_rows():  # distinct details, not rows
        for part in found[0].split(", "):
            kind, _blank, times = part.rpartition(" ")
            findings[kind] += int(times) * found[1]
            rows[kind] += found[1]
    hashed = any(step.replace == "hash" for step in masking.values())
    example = "[EMAIL:9f86d081], the same for the same address" if hashed else "[EMAIL]"
    told.append(f"Looked for: {listed(looked)}. A mark such as {example} stands in the place of what was found.")
    table = Table(
        "Masked",
        (Column("Kind"), Column("Findings", number=True), Column("Texts", number=True)),
        tuple(Row((Cell(kind), Cell(count(findings[kind])), Cell(count(rows[kind])))) for kind in looked),
        ("In rows read from a source; rows made from these hold their marks. What was not recognised is still there.",),
    )
    return Section("personal", "Personal data", " ".join(told), (table,))


def sources(data: Exported, most: int) -> Section:
    """Return the sources: where they come from, their licences, and what was read of them."""
    shapes = any(source.shape for source in data.manifest.sources)
    headings = ("Source", "Origin", "Licence", "File")
    shown = (*headings, *(("Taken for", "Keys of turns left out") if shapes else ()))
    rows = tuple(
        Row(
            (
                Cell(source.name),
                Cell(source.origin or "not stated"),
                Cell(source.licence or "not stated"),
                Cell(source.path),
                *((Cell(source.shape or "–"), Cell(", ".join(source.left_out) or "–")) if shapes else ()),
                Cell(count(source.rows)),
                Cell(count(source.quarantined)),
            )
        )
        for source in data.manifest.sources
    )
    numbers = (Column("Rows read", number=True), Column("In quarantine", number=True))
    table = Table("Sources", (*(Column(name) for name in shown), *numbers), rows)
    lead = "What was read. A row in quarantine did not parse or did not fit, and is not here."
    return Section("sources", "Sources", lead, (cut(table, most),))


def cut(table: Table, most: int) -> Table:
    """Return a table with its first rows, and a note that says how many more there are."""
    left = len(table.rows) - most
    if left <= 0:
        return table
    note = f"{count(left)} more in audit.md."
    return Table(table.caption, table.columns, table.rows[:most], (note, *table.notes))


def plain(blocks: Sequence[Block], most: int) -> tuple[Block, ...]:
    """Return the sentences and the tables that stand open, each with its first rows."""
    kept = [block for block in blocks if isinstance(block, Prose | Table)]
    return tuple(cut(block, most) if isinstance(block, Table) else block for block in kept)
