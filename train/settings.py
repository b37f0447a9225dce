"""What a recipe says of training, for whoever trains."""

from curate.errors import Mistake, UserError
from curate.recipe import Recipe
from curate.train_settings import Train


def settings_of(recipe: Recipe) -> Train:
    """Return the recipe's training settings, or raise `UserError` if it trains nothing."""
    if recipe.train is None:
        raise UserError(
            Mistake("recipe", "has no train: part", "add train: {base: demo}, or run 'fairlead audit' alone")
        )
    return recipe.train


def further_seeds(recipe: Recipe) -> range:
    """Return the seeds of the models that are trained beside the first, to see how much hangs on chance."""
    return range(recipe.seed + 1, recipe.seed + settings_of(recipe).seeds)
