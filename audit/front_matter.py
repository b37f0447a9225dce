"""The front matter of a card, which the Hugging Face hub reads, and what the hub calls a task."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from curate.recipe import Recipe
from curate.task import Classification


def front_matter(content: Mapping[str, Any]) -> str:
    """Return plain data as YAML between two lines of hyphens, in the order given."""
    from ruamel.yaml import YAML  # noqa: PLC0415

    stream = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(dict(content), stream)
    return f"---\n{stream.getvalue()}---"


def task_category(recipe: Recipe) -> str:
    """Return the hub's word for a recipe's task."""
    if isinstance(recipe.task, Classification):
        return "text-classification" if recipe.task.text else "tabular-classification"
    return "text-generation"
