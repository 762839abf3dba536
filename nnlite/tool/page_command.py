"""`nnlite page`: a model as one HTML file."""

from argparse import Namespace

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import places
from nnlite.tool.printing import say
from nnlite.tool.progress import stages_shown
from nnlite.tool.titles import typed
from nnlite.tool.values import megabytes, place
from nnlite.tool.words import Parser

ABOUT = """Writes one HTML file that predicts in a browser, opened by double click, offline and without nnlite.

  nnlite page shop --out shop.html
  nnlite page shop --out shop.html --mb 20 --example "Blue cotton dress"

It shows the likeliest categories of a title with their probabilities, the words for and against each, many titles as a
table to copy, and how the network computes it. Titles that are typed there stay there: a policy in the file forbids
every connection. The file takes at most so many megabytes, 1,000,000 bytes each. A model that takes more is rounded, to
2, 4 or 8 bits for each number of a word, and the words that matter least are left out; both are printed, and stated in
the page. It holds words and all categories of the training data, but no title.
"""


def options(command: Parser) -> None:
    """Add the options of the command."""
    command.add_argument("--out", type=place, required=True, metavar="FILE", help="the HTML file to write")
    command.add_argument("--mb", type=megabytes, default=6.0, metavar="N",
                         help="megabytes that it may take (default: %(default)g)")
    command.add_argument("--example", metavar="TITLE",
                         help="the title that the page begins with (default: one of words that tell much)")


@stages_shown(say)
def page(args: Namespace) -> None:
    """Write the page of a model."""
    places.check({"--out": args.out}, inputs=[args.model])
    example = None if args.example is None else typed(args.example)
    TitleClassifier.load(args.model).to_page(args.out, args.mb, example)
