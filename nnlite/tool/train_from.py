"""`nnlite train --from`: the training of a model goes on with new products, instead of beginning with none."""

from argparse import Namespace
from typing import Any

from nnlite.classifier.arguments import CategoryLists, Titles, Validation
from nnlite.classifier.noted_fit import OnStep
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import reading_options
from nnlite.tool.values import place
from nnlite.tool.words import Parser
from nnlite.training import recipes

OF_A_MODEL = "features", "network", "categories"  # settings that a model has already, by what takes them
REFUSED = "chunks", "chunk_rows", "checkpoints", "minutes", "memory"


def options(command: Parser) -> None:
    """Add the option of the command."""
    command.add_argument("--from", dest="base", type=place, metavar="DIR",
                         help="a model to begin with: it learns new words and categories, and keeps what it has; "
                              "DIR may be that of --model")


def check(args: Namespace) -> None:
    """ValueError for options that do not go with --from."""
    if not args.base:
        return
    names = [*REFUSED, *(name for group in OF_A_MODEL for name in recipes.SETTINGS[group])]
    if given := [name for name in names if getattr(args, name, None) is not None]:
        raise ValueError(f"--from: want it without --{given[0].replace('_', '-')}: " + (
            "the products are in memory and all epochs are made" if given[0] in REFUSED else
            f"{args.base} has its own"))


def beginning(args: Namespace, settings: dict[str, Any]) -> TitleClassifier:
    """The classifier to train, with these settings: new, or that of --from. Raises what `TitleClassifier.load` does."""
    if not args.base:
        return TitleClassifier(args.recipe, **settings)
    classifier = TitleClassifier.load(args.base, threads=settings.get("threads"))
    if args.recipe not in ("default", classifier.recipe):
        raise ValueError(f"--from: want it without --recipe: {args.base} has its own, {classifier.recipe!r}")
    return classifier.set_params(**settings)


def reading(args: Namespace, classifier: TitleClassifier) -> dict[str, Any]:
    """The options of `read_records`: with --from those of its training, too, which is said."""
    if not args.base:
        return reading_options.reading(args)
    return reading_options.as_trained(Namespace(**vars(args) | {"model": args.base}), classifier)


def learn(args: Namespace, classifier: TitleClassifier, data: tuple[Titles, CategoryLists], validation: Validation,
          on_step: OnStep) -> None:
    """Train on titles and the categories of each: `fit`, or with --from `partial_fit`, which grows."""
    if args.base:
        classifier.partial_fit(*data, on_step, grow=True, validation=validation)
    else:
        classifier.fit(*data, validation, on_step)
