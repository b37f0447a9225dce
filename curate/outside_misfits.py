"""What files from elsewhere (`audit.outside`) do not fit in the rest of a recipe."""

from collections.abc import Iterator

from curate.errors import did_you_mean
from curate.recipe import Recipe
from curate.task import Classification


def outside_misfits(recipe: Recipe) -> Iterator[str]:
    """Yield files that no model is asked about, names that are taken, and labels that the task does not know."""
    taken = [*recipe.source_names, *(probe.name for probe in recipe.probes)]
    for place, file in enumerate(recipe.audit.outside):
        part = f"audit.outside.{place}"
        if recipe.train is None:
            yield f"{part}|no model is asked about it; add train: or leave the file out"
        if file.name in taken:
            yield f"{part}.name|a source, a probe or another file is called '{file.name}' too; give each a name"
        taken.append(file.name)
        if not isinstance(recipe.task, Classification):
            if file.labels:
                yield f"{part}.labels|a task of kind {recipe.task.kind} has no labels; leave it out"
            continue
        known = list(recipe.task.labels)
        for label in dict.fromkeys(label for label in file.labels.values() if label is not None):
            if label not in known:
                yield f"{part}.labels|'{label}' is no label of the task; {did_you_mean(label, known)}"
        if file.shape != "auto":
            yield f"{part}.shape|has an effect on instruction and chat tasks alone; leave it out"
