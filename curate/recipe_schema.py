"""The JSON schema of recipes, for editors and for whoever writes recipes by program."""

import json

from curate.recipe import Recipe


def recipe_schema() -> str:
    """Return the schema as JSON text; `recipes/recipe.schema.json` holds the same (a test compares them)."""
    schema = Recipe.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "fairlead recipe"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
