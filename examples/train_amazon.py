"""From raw product titles to categories: the whole pipeline, trained by a recipe that fails and by one that learns.

    python examples/train_amazon.py                          100,000 made-up products, both recipes
    python examples/train_amazon.py --data products.jsonl.gz --recipe default

Reads products (title and categories), drops rare words and categories, trains on the first 80 % and tests on the rest,
in the order of the file: shuffle a file that is sorted by category. Shows the scores of both recipes beside those of
always predicting each label's frequency, and five products with their top 5 predictions. Writes to --out the loss
curves, the figures, and a model for each recipe: `python -m nnlite predict out/default "Blue cotton dress"`.
"""

import argparse
import itertools
import json
import os
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

import nnlite
from nnlite.classifier import model_folder
from nnlite.precision import choice
from nnlite.scores import metrics
from nnlite.system import array_folder, memory
from nnlite.system.atomic_file import replacing
from nnlite.tool import places, reading_options
from nnlite.tool.command_line import Parser, message, positive
from nnlite.tool.printing import messages, printable, say, show
from nnlite.tool.progress import display
from nnlite.training import costs, planning, recipes

try:
    import resource
except ImportError:  # Windows, where the peak memory is not known
    resource = None

TRAIN_SHARE = 0.8
TRIAL_RECORDS = 20_000  # of the plan, to time steps on: a batch of the deck's recipe
FIGURES, CURVES = "metrics.json", "curves.png"


def main(argv=None):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE",
                        help="product files, as `nnlite train` reads them (default: a made-up catalogue)")
    parser.add_argument("--records", type=positive, metavar="N",
                        help="take the first N records (default: all of FILE, or 100,000 made-up ones)")
    parser.add_argument("--recipe", choices=["deck", "default", "both"], default="both",
                        help="deck: a textbook recipe that hardly learns (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--seed", type=int, default=0, help="of the catalogue, the weights and the order of rows")
    parser.add_argument("--precision", choices=choice.PRECISIONS,
                        help="of products (default: float32; bfloat16 for deck if the processor has units for it)")
    parser.add_argument("--threads", type=positive, help="changes the speed, never the result (default: all cores)")
    reading_options.add(parser)
    try:
        args = parser.parse_args(argv)
        with messages():
            run(args)
    except BrokenPipeError:  # it is not an error if the reader of the output stops early
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, MemoryError) as error:
        say(f"error: {message(error)}")
        return 2
    return 0


def run(args):
    names = ["deck", "default"] if args.recipe == "both" else [args.recipe]
    check_places(args, names)
    records, skipped = read(args)
    n_train = int(TRAIN_SHARE * len(records))
    if n_train < 1 or n_train == len(records):
        raise ValueError(f"want at least 2 records, to train and to test, got {len(records)}")
    train, test = records[:n_train], records[n_train:]
    for name in names:
        show_plan(name, train, args)
    models, results = {}, {}
    for name in names:
        models[name], results[name] = train_and_test(name, train, test, args)

    first = models[names[0]]
    frequencies = np.minimum(first.vocabulary_.label_counts / first.vocabulary_.n_records, 1)
    floor = metrics.bce_of_frequencies(first.encode(test).y, frequencies)
    n_twice = first.n_trained_on(title for title, _ in test)
    show(f"\ntest figures are of the last {len(test):,} records, which were not trained on; {n_twice or 0:,} of their "
         f"titles occur among the {len(train):,} trained on as well")
    show_table(results, floor)
    show_products(test, models)
    write_results(args, models, {
        "n_records": len(records), "n_train": len(train), "n_test": len(test), "n_test_titles_trained_on": n_twice,
        "n_words": first.vocabulary_.n_words, "n_labels": len(first.classes_), "skipped_lines": skipped,
        "floor_bce": floor, **results})


def check_places(args, names):
    """Errors of what `write_results` would write come before the work."""
    folders = {f"the model {name}": args.out / name for name in names}
    for folder in folders.values():
        array_folder.check_place(folder, model_folder.KIND)
    files = {f"--out: {path.name}": path for path in (args.out / FIGURES, args.out / CURVES) if args.out.exists()}
    if args.json != args.out / FIGURES:
        files["--json"] = args.json
    places.check(files, folders, args.data or [])


def read(args):
    """The records in memory, and how many lines of each kind were skipped."""
    options = reading_options.reading(args)
    if not args.data:
        if options:
            raise ValueError(f"want --data with the options of files, got none with {', '.join(options)}")
        records = list(nnlite.make_catalogue(args.records or 100_000, args.seed))
        show(f"made up    {len(records):,} records")
        return records, {}
    reader = nnlite.read_records(args.data, **options)
    records = list(itertools.islice(reader, args.records))
    reader.close()
    show(f"read       {', '.join(map(str, args.data))}: {reader.summary()}")
    return records, dict(reader.skipped)


def show_plan(name, train, args):
    """Print what a training will do and take, from some trial steps. MemoryError if it cannot fit into memory."""
    vocabulary = nnlite.Vocabulary.build(train, **recipes.FEATURES[name])
    n_words, n_labels, held = vocabulary.n_words, len(vocabulary.labels), memory.resident_memory() or 0
    trainer = recipes.RECIPES[name](planning.Expected(len(train), n_words, n_labels, n_words), args.seed, args.threads,
                                    precision=precision_of(name, args))
    pace = costs.trial(trainer, vocabulary.encode(train[:TRIAL_RECORDS]))
    plan = planning.plan_of(trainer, list(map(str, args.data or ["made-up catalogue"])), name, len(train), pace.seconds)
    plan.memory = {"held already": held} | plan.memory
    show(f"\nwords      {n_words:,} kept, {vocabulary.n_dropped_words:,} in fewer than {vocabulary.min_count} titles "
         f"dropped\nlabels     {n_labels:,} kept, {vocabulary.n_dropped_labels:,} of fewer than "
         f"{vocabulary.label_min_count} records dropped\n{plan}")
    plan.check()


def precision_of(name, args):
    """Of the matrix products of a recipe."""
    return args.precision or ("bfloat16" if name == "deck" and choice.matrix_unit() else "float32")


def train_and_test(name, train, test, args):
    """A trained classifier and its figures."""
    show(f"\nthe {name} recipe")
    precision = precision_of(name, args)
    classifier = nnlite.TitleClassifier(name, seed=args.seed, threads=args.threads, precision=precision)
    with closing(display(show)) as on_step:
        classifier.fit(*zip(*train), on_step=on_step)
    vocabulary, seen = classifier.vocabulary_, classifier.training_
    propensities = metrics.propensities(vocabulary.label_counts, max(vocabulary.n_records, 3))
    scores = nnlite.evaluate(classifier.model_, classifier.encode(test), propensities=propensities,
                             thresholds=classifier.threshold_, threads=args.threads)
    return classifier, {
        "n_words": vocabulary.n_words, "precision": precision,
        "first_loss": seen["first_loss"], "last_loss": seen["last_loss"], "test": scores, "seconds": seen["seconds"],
        "peak_mib": resource and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}  # until now; KiB on Linux


def show_table(results, floor):
    shown = [s for s in ("P@1", "P@3", "P@5", "nDCG@5", "micro_f1") if all(s in r["test"] for r in results.values())]
    titles = ["", "operands of products", "last training loss", "test BCE", "test BCE, label frequencies only",
              *(f"test {score.replace('_', ' ')}" for score in shown),  # no P@5 where there are 4 labels
              "test records without known label", "training seconds", "peak memory until then, MiB"]
    columns = [[name, r["precision"], f"{r['last_loss']:.5f}", f"{r['test']['bce']:.5f}", f"{floor:.5f}",
                *(f"{100 * r['test'][score]:.2f} %" for score in shown),
                f"{r['test']['rows_without_label']:,}", f"{r['seconds']:.1f}",
                "unknown" if r["peak_mib"] is None else f"{r['peak_mib']:.0f}"] for name, r in results.items()]
    show("")
    for title, *cells in zip(titles, *columns):
        show(f"{title:34}" + "".join(f"{cell:>10}" for cell in cells))


def show_products(records, models):
    """Five products, spread over the test part, with the top 5 predictions of each model."""
    known = set(next(iter(models.values())).classes_)
    for i in np.linspace(0, len(records) - 1, min(5, len(records))).astype(int):
        title, categories = records[i]
        names = ", ".join(name if name in known else f"({name})" for name in categories)
        show(f"\n{printable(title)}\n  true     {printable(names)}")
        for name, classifier in models.items():
            guesses, = classifier.predict_top_k([title])
            named = ", ".join(f"{'*' * (label in categories)}{label} {p:.2f}" for label, p in guesses)
            show(f"  {name:8} {printable(named)}")
    show("\n(in brackets: categories too rare to be learnt; *: a true category)")


def write_results(args, models, figures):
    args.out.mkdir(parents=True, exist_ok=True)
    for path in [args.out / FIGURES, *([args.json] if args.json else [])]:
        with replacing(path) as file:
            file.write(json.dumps(figures, indent=1).encode())
    with replacing(args.out / CURVES) as file:
        draw_curves(file, models, figures["floor_bce"])
    for name, classifier in models.items():
        classifier.save(args.out / name)
    show(f"\nwritten to {args.out}: {CURVES}, {FIGURES}, the models {', '.join(models)}")


def draw_curves(file, models, floor):
    from matplotlib.figure import Figure
    axes = Figure(figsize=(8, 4.5), layout="constrained").subplots()
    for name, classifier in models.items():
        axes.plot(*np.transpose(classifier.training_["curve"]), label=f"{name} recipe", linewidth=1.5)
    axes.axhline(floor, color="black", linestyle=":", label="label frequencies only")
    axes.set(yscale="log", xlabel="training step", ylabel="binary cross-entropy, mean over labels")
    axes.grid(alpha=0.3)
    axes.legend()
    axes.figure.savefig(file, format="png", dpi=120)


if __name__ == "__main__":
    sys.exit(main())
