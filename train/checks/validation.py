"""The check of the validation rows: there are some where the recipe asks something of them, and enough of a group."""

from collections.abc import Iterator

from curate.train_settings import Train
from train.certificate import Check
from train.job import Ready
from train.settings import settings_of
from train.validation import group_sizes

TOLD_GROUPS = 12
"""So many groups are told with their rows, the largest first."""


def validation(ready: Ready) -> Check:
    """Check that there are the validation rows that `best_by`, `patience` and `samples` speak of; without them these do nothing."""
    settings, rows = settings_of(ready.recipe), ready.rows["validation"]
    counts = ready.encoded["validation"].counts
    idle = list(without_effect(settings, rows=rows.height, answered=counts.rows - counts.left_out))
    assert ready.recipe.split is not None
    more = "name a source with split: validation" if ready.recipe.split.published else "raise split.validation"
    none = "there is no validation row" if rows.is_empty() else "no validation row has an answer"
    if idle:
        said = f"{none}, and train.{', train.'.join(idle)} would have no effect"
        hint = f"{more}, or leave {' and '.join(idle)} out of train:"
        return Check(name="validation", outcome="failed", said=said, hint=hint)
    if counts.rows == counts.left_out:
        said = f"{none}: the last weights are kept, and nobody sees when the model begins to learn by heart"
        return Check(name="validation", outcome="warned", said=said, hint=more)
    if settings.best_by == "worst_group_accuracy":
        return _groups(ready, more)
    said = f"validation rows: {counts.rows - counts.left_out:,}; the best checkpoint is kept by {settings.best_by}"
    return Check(name="validation", outcome="passed", said=said)


def without_effect(settings: Train, *, rows: int, answered: int) -> Iterator[str]:
    """Yield the settings that would do nothing with so many validation rows. A default that is written out is no mistake."""
    if not answered and settings.best_by != Train().best_by:
        yield "best_by"
    if not answered and settings.patience not in (None, Train().patience):
        yield "patience"
    if not rows and settings.samples.every_steps is not None:
        yield "samples"


def _groups(ready: Ready, more: str) -> Check:
    """Check that the accuracy of the worst group can be told: one known group at least has enough validation rows."""
    minimum, sizes = ready.recipe.audit.minimum_group_size, group_sizes(ready.rows["validation"], ready.recipe)
    largest = sorted(sizes.items(), key=lambda size: -size[1])[:TOLD_GROUPS]
    told = ", ".join(f"{group} ({count:,})" for group, count in largest) or "none"
    if len(sizes) > len(largest):
        told += f" and {len(sizes) - len(largest):,} smaller ones"
    enough = [group for group, count in sizes.items() if count >= minimum]
    if enough:
        said = f"{len(enough):,} of {len(sizes):,} known groups have {minimum:,} validation rows or more: {told}"
        return Check(name="validation", outcome="passed", said=said)
    said = (
        f"best_by: worst_group_accuracy needs a known group of {minimum:,} validation rows or more; there are: {told}"
    )
    hint = f"lower audit.minimum_group_size, {more}, or write best_by: accuracy"
    return Check(name="validation", outcome="failed", said=said, hint=hint)
