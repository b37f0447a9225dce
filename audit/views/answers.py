"""What the evidence answers of a data sheet's questions, each with the measures or the records that it comes from."""

from audit.card_sections import columns, machine_made, personal_data, sources, warnings_of
from audit.report.choosing import having, ids_of
from audit.report.content import Block, Cell, Column, Items, Prose, Row, Section, Table
from audit.report.sections import account, representation
from audit.report.words import capital, count, listed, plural, value_of
from audit.views.material import Material, person
from curate.groups import BinGroup, TermGroup
from curate.task import Chat, Classification


def instances(material: Material) -> tuple[Block, ...]:
    """Say how many rows there are, as read and on every side."""
    rows = having(material.audit.measures, metric="rows", group=None)
    lines = tuple(Row((Cell(m.title), Cell(value_of(m))), ids_of(m)) for m in rows)
    return (Table("Rows", (Column("Which"), Column("Rows", number=True)), lines),)


def sample(material: Material) -> tuple[Block, ...]:
    """Say which rows of those that were read are there, and that nobody can tell what these stand for."""
    told = Prose(account.lead(material.audit))
    return told, Prose(person("Whether the sources hold all instances, and whom they stand for."))


def of_each(material: Material) -> tuple[Block, ...]:
    """Return what each column holds."""
    return columns(material.data).blocks


def label(material: Material) -> tuple[Block, ...]:
    """Say which column is the label, and how often each label stands on rows."""
    task = material.recipe.task
    if not isinstance(task, Classification):
        column = task.messages if isinstance(task, Chat) else task.completion
        return (Prose(f"No label; the column “{column}” holds what a model is to write."),)
    rates = having(material.audit.measures, metric="label_rate", attribute=None, compare=None)
    rows = tuple(Row((Cell(m.title), Cell(value_of(m), (f"n {count(m.n)}",))), ids_of(m)) for m in rates)
    table = Table("Labels", (Column("Which"), Column("Rate", number=True)), rows)
    return Prose(f"The column “{task.label}”."), *((table,) if rows else ())


def missing(material: Material) -> tuple[Block, ...]:
    """Say of how many rows each group is unknown."""
    shares = [m for m in material.audit.measures if m.metric == "share" and m.group == "unknown"]
    if not shares:
        none = (
            "No row lacks the value of a group that it was audited by."
            if material.recipe.groups
            else "No group was asked."
        )
        return (Prose(f"{none} {person('What else is missing, and why.')}"),)
    rows = tuple(
        Row((Cell(m.title), Cell(value_of(m), (f"{count(m.numerator or 0)} of {count(m.n)}",))), ids_of(m))
        for m in shares
    )
    return Table("Unknown groups", (Column("Which"), Column("Share", number=True)), rows), Prose(
        person("Why it is missing.")
    )


def relations(material: Material) -> tuple[Block, ...]:
    """Say how rows that were made from others name these."""
    return (Prose(machine_made(material.data).lead), Prose(person("Relations that the sources make explicit.")))


def splits(material: Material) -> tuple[Block, ...]:
    """Say how the rows were split and whether anything crosses the split."""
    split, audit = material.recipe.split, material.audit
    if split is None:
        return (Prose("The recipe makes no split."),)
    sides = [f"{side} {count(rows)}" for side, rows in audit.split.items() if side != account.CROSSINGS]
    crossing = audit.split.get(account.CROSSINGS, 0)
    crosses = f"{plural(crossing, 'crossing')} of the split: see the audit." if crossing else account.NONE_CROSSES
    how = "as it was published" if split.published else f"by seed {material.recipe.seed}"
    return (Prose(f"Split {how}: {listed(sides)} rows (data/split.json). {crosses}"),)


def errors(material: Material) -> tuple[Block, ...]:
    """Return what left for being faulty or a copy, by step."""
    steps = [step for step in material.audit.steps if step.reasons]
    rows = tuple(
        Row(
            (
                Cell(step.step),
                Cell(listed(f"{reason.replace('_', ' ')} {count(n)}" for reason, n in step.reasons.items())),
            )
        )
        for step in steps
    )
    table = Table("What was found, by step", (Column("Step"), Column("Reasons and rows")), rows)
    none = Prose("No step found a row at fault or a copy.")
    return (table if rows else none), Prose(
        person("Errors and noise that the steps do not look for, wrong labels among them.")
    )


def self_contained(material: Material) -> tuple[Block, ...]:
    """Return the sources with origins and licences; the rows themselves are in the run."""
    table = sources(material.data, len(material.manifest.sources)).blocks
    return Prose("The rows are in the run itself. They were read from:"), *table


def offensive(material: Material) -> tuple[Block, ...]:
    """Say which names of labels, columns and origins tell that texts may hurt."""
    found = warnings_of(material.data)
    if not found:
        return (
            Prose(f"No label, column or origin has a name that says so; no text was read for it. {person('')}".strip()),
        )
    return (Prose(f"{capital(listed(found))}. This is told from names: no text was read for it."),)


def subpopulations(material: Material) -> tuple[Block, ...]:
    """Say how groups were found, and return their shares."""
    if not material.recipe.groups:
        return (Prose(person("No group was named in the recipe.")),)
    how = []
    for attribute, group in material.recipe.groups.items():
        if isinstance(group, TermGroup):
            how.append(f"{attribute}: by the terms that a text mentions, from the list “{group.terms}”")
        else:
            bins = ", in bins" if isinstance(group, BinGroup) else ""
            how.append(f"{attribute}: from the column “{group.column}”{bins}")
    shown = representation.section(material.audit)
    tables = [block for block in (shown.blocks if shown is not None else ()) if isinstance(block, Table)]
    return Items(tuple(how)), *tables


def identifiable(material: Material) -> tuple[Block, ...]:
    """Say what was looked for and masked of personal data."""
    return *_told(personal_data(material.data)), Prose(person("Whether individuals can be told from what is left."))


def sensitive(material: Material) -> tuple[Block, ...]:
    """Name the attributes of people that the data hold or were audited by."""
    attributes = material.recipe.attributes
    named = f"Rows were audited by {listed(attributes)}. " if attributes else ""
    return (Prose(f"{named}{person('Which of the data are sensitive.')}"),)


def preprocessing(material: Material) -> tuple[Block, ...]:
    """Return the account of every step, rows that a machine made, and what was masked."""
    told = account.section(material.audit)
    table = [account.steps_table(material.audit)] if material.audit.steps else []
    made = machine_made(material.data)
    return Prose(told.lead), *table, *_told(made), *_told(personal_data(material.data))


def raw(_material: Material) -> tuple[Block, ...]:
    """Say where the rows as read are."""
    return (
        Prose("Every row as it was read is in the run's data/source, and what did not parse in quarantine.parquet."),
    )


def software(material: Material) -> tuple[Block, ...]:
    """Name the software with its versions."""
    manifest = material.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest.packages.items())
    said = f"fairlead {manifest.fairlead}, Python {manifest.python}" + (f", {versions}" if versions else "")
    return (Prose(f"{said}. The recipe with every default filled in is the run's recipe.yaml; seed {manifest.seed}."),)


def used_for(material: Material) -> tuple[Block, ...]:
    """Say what this run did with the data."""
    train = material.recipe.train
    trained = "train" in material.manifest.phases
    said = (
        f"In this run {train.base} was tuned on it."
        if train is not None and trained
        else "No model was trained on it in this run."
    )
    return (Prose(f"{said} {person('Other uses.')}"),)


def composition_matters(material: Material) -> tuple[Block, ...]:
    """Return the cautions of the audit."""
    return (Items(material.audit.cautions),) if material.audit.cautions else (Prose(person("")),)


def licences(material: Material) -> tuple[Block, ...]:
    """Return the licences that the sources state."""
    lines = tuple(f"{source.name}: {source.licence or 'not stated'}" for source in material.manifest.sources)
    return Prose("The sources state:"), Items(lines), Prose(person("Under which licence this data set is distributed."))


def _told(section: Section) -> tuple[Block, ...]:
    return Prose(section.lead), *section.blocks
