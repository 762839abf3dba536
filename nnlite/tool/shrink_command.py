"""`nnlite shrink`: a smaller model, and what it costs."""

from argparse import Namespace
from collections.abc import Sequence

import numpy as np

from nnlite.classifier import model_folder
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.records import Record, read_records
from nnlite.scores import metrics
from nnlite.system import array_folder
from nnlite.tool import places, reading_options
from nnlite.tool.overlap import judged, sentence
from nnlite.tool.printing import say, show
from nnlite.tool.progress import stages_shown
from nnlite.tool.values import megabytes, place
from nnlite.tool.words import Parser

ABOUT = """Makes a model smaller: words that matter least are left out, and numbers rounded to 8, 4 or 2 bits.

  nnlite shrink shop --out small --mb 10
  nnlite shrink shop --out small --mb 10 --data others.jsonl.gz

The folder takes at most so many megabytes, 1,000,000 bytes each, everything in it included. The model in it is used as
any other. What is left out is printed; what that costs is measured where --data names products that the model was not
trained on: P@k, the fraction of the k likeliest categories that is true, before and after.
"""
KS = 1, 3, 5


def options(command: Parser) -> None:
    """Add the options of the command."""
    command.add_argument("--out", type=place, required=True, metavar="DIR", help="the folder of the smaller model")
    command.add_argument("--mb", type=megabytes, required=True, metavar="N", help="megabytes that it may take")
    command.add_argument("--data", type=place, action="append", metavar="FILE",
                         help="a product file, or several, to measure the cost on")
    reading_options.add(command)


@stages_shown(say)
def shrink(args: Namespace) -> None:
    """Save a smaller model, and print what it costs on the records of some files."""
    places.check({}, {"DIR": args.model, "--out": args.out}, args.data or ())
    array_folder.check_place(args.out, model_folder.KIND)
    if not args.data and reading_options.reading(args):
        raise ValueError("shrink: the options of files want --data FILE, got none")
    classifier = TitleClassifier.load(args.model)
    small = classifier.shrink(args.mb)
    lines = ["what this costs was not measured: --data FILE does, with products it was not trained on"]
    if args.data:
        reader = read_records(args.data, **reading_options.as_trained(args, classifier))
        found = judged(classifier, list(reader))
        say(reader.summary())
        lines = [sentence(found), *cost(classifier, small, found.records)]
    small.save(args.out)
    sizes = (sum(path.stat().st_size for path in folder.iterdir()) / 1e6 for folder in (args.model, args.out))
    show("\n".join([*lines, "{}: {:.2f} MB, of {:.2f} MB before".format(args.out, *reversed([*sizes]))]))


def cost(before: TitleClassifier, after: TitleClassifier, records: Sequence[Record]) -> list[str]:
    """P@k of both, and how many likeliest categories differ. ValueError where no record has a known category."""
    data = [classifier.encode(records) for classifier in (before, after)]
    if data[0].rows_without_label() == len(data[0]):
        raise ValueError(f"shrink: want records with a category that the model knows, got none in {len(data[0]):,}")
    k = min(max(KS), before.model_.n_labels)
    ids = [each.model_.top_k(x.x, k, each.threads)[0] for each, x in zip((before, after), data)]
    n_other = int(np.sum(ids[0][:, 0] != ids[1][:, 0]))
    scores = [[100 * metrics.precision_at_k(data[0].y, found, k) for k in KS if k <= found.shape[1]] for found in ids]
    rows = [f"{name:8}" + "".join(f"{score:8.2f} %" for score in row) for name, row in zip(("before", "after"), scores)]
    return [f"{'':8}" + "".join(f"{f'P@{k}':>10}" for k, _ in zip(KS, scores[0])), *rows,
            f"of {len(data[0]):,} titles {n_other:,} have another likeliest category"]
