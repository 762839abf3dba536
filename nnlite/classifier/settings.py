"""`Settings`: the arguments of a classifier, read and changed as scikit-learn does; it need not be installed."""

import sys
from typing import Any

from nnlite.training import recipes


class Settings:
    """The name of a recipe, and the settings that replace those of the recipe.

    recipe: a key of `recipes.RECIPES`    overrides: by the names in `recipes.SETTINGS`
    """

    recipe: str
    overrides: dict[str, Any]

    def __repr__(self) -> str:
        return f"TitleClassifier({', '.join(f'{name}={value!r}' for name, value in self.get_params().items())})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments that it was made with."""
        return {"recipe": self.recipe, **self.overrides}

    def set_params(self, **params: Any) -> Any:
        """Change some of the arguments, from the next `fit` on. Returns self."""
        known = [name for names in recipes.SETTINGS.values() for name in names]
        for name in params:
            if name != "recipe" and name not in known:
                raise TypeError(f"TitleClassifier: {name}: unknown setting, want one of {', '.join(sorted(known))}")
        recipe = params.pop("recipe", self.recipe)
        if recipe not in recipes.RECIPES:
            raise ValueError(f"TitleClassifier: recipe: want {' or '.join(map(repr, recipes.RECIPES))}, got {recipe!r}")
        self.recipe, self.overrides = recipe, self.overrides | params
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator; the caller has imported it."""
        utils = sys.modules["sklearn.utils"]
        return utils.Tags(
            estimator_type=None,  # "classifier" promises one category each, or a matrix of them
            target_tags=utils.TargetTags(required=True, multi_output=True),
            input_tags=utils.InputTags(one_d_array=True, two_d_array=False, string=True))
