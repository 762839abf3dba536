"""From raw product titles to categories: the same kind of network, trained by a recipe that learns and one that fails.

    python examples/train_amazon.py                          100,000 made-up products, both recipes
    python examples/train_amazon.py --data products.jsonl.gz --recipe default

Reads products (title and categories), drops rare words and categories, trains on the first 80 % and tests on the rest,
in the order of the file: shuffle a file that is sorted by category. Says first how long it will take. Writes to --out
the loss curves, the figures, and a model for each recipe: `nnlite predict out/default "Blue cotton dress"`.
"""

import argparse
import itertools
import json
import os
import shlex
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np

import nnlite
from nnlite.classifier import model_folder
from nnlite.classifier.title_classifier import THRESHOLD_ROWS
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
TRIAL_RECORDS, TRIAL_SECONDS = 20_000, 1.0  # to time steps on: a batch of the deck's recipe, or for so long
SCORED_RECORDS = 2_000  # to time scores on
FIGURES, CURVES = "metrics.json", "curves.png"
EXAMPLE = "Blue cotton dress"
RECIPES = {  # what it is; what to watch for, with the loss of ignoring the title
    "default": ("one hidden layer, loss summed over the categories, AdaGrad, small batches",
                "Watch when the loss gets below {:.4f}, that of ignoring the title"),
    "deck": ("that of a slide deck and of many tutorials: two hidden layers, loss averaged over the categories, plain "
             "gradient descent", "Watch how the loss falls, and how far from {:.4f} it ends"),
}


def main(argv=None):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE",
                        help="product files, as `nnlite train` reads them (default: a made-up catalogue)")
    parser.add_argument("--records", type=positive, metavar="N",
                        help="take the first N records (default: all of FILE, or 100,000 made-up ones)")
    parser.add_argument("--recipe", choices=[*RECIPES, "both"], default="both",
                        help="deck: a textbook recipe that hardly learns (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--seed", type=int, default=0, help="of the catalogue, the weights and the order of rows")
    parser.add_argument("--precision", choices=choice.PRECISIONS,
                        help="of products (default: float32; bfloat16 for deck if the processor has units for it)")
    parser.add_argument("--threads", type=positive, help="changes the speed, never the result (default: all cores)")
    parser.add_argument("--verbose", action="store_true", help="also show plans, what was dropped, memory, progress")
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
    names = list(RECIPES) if args.recipe == "both" else [args.recipe]
    check_places(args, names)
    records, skipped = read(args)
    n_train = int(TRAIN_SHARE * len(records))
    if n_train < 1 or n_train == len(records):
        raise ValueError(f"want at least 2 records, to train and to test, got {len(records)}")
    train, test = records[:n_train], records[n_train:]
    show(f"{len(train):,} products to learn from, {len(test):,} to test. Trying how fast this machine is ...")
    plans, floors = zip(*(expected(name, train, test, args) for name in names))
    plans, floor = dict(zip(names, plans)), floors[0]
    parts = ", then ".join(f"{in_words(plan.total_seconds)} for {name}" for name, plan in plans.items())
    show(f"This takes about {in_words(sum(plan.total_seconds for plan in plans.values()))}, if the machine stays as "
         f"busy as now: {parts}.")
    models, results = {}, {}
    for name in names:
        began = time.perf_counter()
        what, watch = RECIPES[name]
        show(f"\nThe recipe {name}: {what}.\n{watch.format(floor)}.")
        models[name], results[name] = train_and_test(name, train, test, args)
        results[name]["all_seconds"] = time.perf_counter() - began

    first = models[names[0]]
    n_twice = first.n_trained_on(title for title, _ in test)
    show_table(results, floor, args.verbose)
    show_products(test, models)
    show("\n" + conclusion(results, floor))
    if n_twice:
        show(f"({n_twice:,} of the {len(test):,} test titles occur among those learnt from as well)")
    write_results(args, models, {
        "n_records": len(records), "n_train": len(train), "n_test": len(test), "n_test_titles_trained_on": n_twice,
        "n_words": first.vocabulary_.n_words, "n_labels": len(first.classes_), "skipped_lines": skipped,
        "floor_bce": floor, "expected_seconds": {name: plan.total_seconds for name, plan in plans.items()}, **results})


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


def expected(name, train, test, args):
    """The Plan of a recipe, whose phases are timed by doing some of each, and the test BCE of the labels' frequencies.

    MemoryError if it cannot fit into memory.
    """
    counting, vocabulary = costs.timed(lambda: nnlite.Vocabulary.build(train, **recipes.FEATURES[name]))
    some = train[:TRIAL_RECORDS]
    encoding, data = costs.timed(lambda: vocabulary.encode(some))
    held, sizes = memory.resident_memory() or 0, planning.Expected(
        len(train), vocabulary.n_words, len(vocabulary.labels), vocabulary.n_words)
    making, trainer = costs.timed(lambda: costs.touched(recipes.RECIPES[name](
        sizes, args.seed, args.threads, precision=precision_of(name, args))))
    pace = costs.trial(trainer, data, TRIAL_SECONDS)
    scored, threshold = costs.score_seconds(trainer.model, data.take(slice(0, SCORED_RECORDS)), args.threads)
    plan = planning.plan_of(trainer, list(map(str, args.data or ["made-up catalogue"])), name, len(train), pace.seconds)
    plan.memory = {"held already": held} | plan.memory
    plan.seconds |= {"count words": counting, "encode": encoding / len(some) * (len(train) + len(test)),
                     "network": making, "score": scored * len(test),
                     "threshold": threshold * min(len(train), THRESHOLD_ROWS)}
    if args.verbose:
        show(f"\nwords      {vocabulary.n_words:,} kept, {vocabulary.n_dropped_words:,} in fewer than "
             f"{vocabulary.min_count} titles dropped\nlabels     {len(vocabulary.labels):,} kept, "
             f"{vocabulary.n_dropped_labels:,} of fewer than {vocabulary.label_min_count} records dropped\n{plan}\n")
    plan.check()
    frequencies = np.minimum(vocabulary.label_counts / vocabulary.n_records, 1)
    labels = vocabulary.encode([("", categories) for _, categories in test]).y
    return plan, metrics.bce_of_frequencies(labels, frequencies)


def in_words(seconds):
    """'50 s' or '2.5 minutes'"""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} minutes"


def precision_of(name, args):
    """Of the matrix products of a recipe."""
    return args.precision or ("bfloat16" if name == "deck" and choice.matrix_unit() else "float32")


def train_and_test(name, train, test, args):
    """A trained classifier and its figures."""
    precision = precision_of(name, args)
    classifier = nnlite.TitleClassifier(name, seed=args.seed, threads=args.threads, precision=precision)
    with closing(display(show)) as on_step:
        classifier.fit(*zip(*train), on_step=on_step)
    vocabulary, seen = classifier.vocabulary_, classifier.training_
    propensities = metrics.propensities(vocabulary.label_counts, max(vocabulary.n_records, 3))
    scores = nnlite.evaluate(classifier.model_, classifier.encode(test), propensities=propensities,
                             thresholds=classifier.threshold_, threads=args.threads)
    show(f"On the test products the loss is {scores['bce']:.4f}, and the likeliest category is true for "
         f"{scores['P@1']:.1%}.")
    return classifier, {
        "n_words": vocabulary.n_words, "precision": precision, "first_loss": seen["first_loss"],
        "last_loss": seen["last_loss"], "lowest_loss": min(loss for _, loss in seen["curve"]),  # of means of some steps
        "test": scores, "seconds": seen["seconds"],
        "peak_mib": resource and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}  # until now; KiB on Linux


def show_table(results, floor, verbose):
    """The figures of each recipe in a column."""
    shown = [s for s in ("P@1", "P@3", "P@5", "nDCG@5", "micro_f1") if all(s in r["test"] for r in results.values())]
    rows = {"last training loss": lambda r: f"{r['last_loss']:.5f}", "test BCE": lambda r: f"{r['test']['bce']:.5f}",
            "test BCE of ignoring the title": lambda r: f"{floor:.5f}"}
    for score in shown:  # no P@5 where there are 4 labels
        rows[f"test {score.replace('_', ' ')}"] = lambda r, score=score: f"{100 * r['test'][score]:.2f} %"
    rows["training seconds"] = lambda r: f"{r['seconds']:.1f}"
    if verbose:
        rows |= {"operands of products": lambda r: r["precision"],
                 "test records without known label": lambda r: f"{r['test']['rows_without_label']:,}",
                 "peak memory until then, MiB": lambda r: f"{r['peak_mib']:.0f}" if r["peak_mib"] else "unknown"}
    show(f"\n{'':34}" + "".join(f"{name:>10}" for name in results))
    for title, cell in rows.items():
        show(f"{title:34}" + "".join(f"{cell(r):>10}" for r in results.values()))
    show("BCE: the loss, binary cross-entropy, a mean over products and categories. P@k: the share of the k likeliest "
         "categories that are true.")


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


def conclusion(results, floor):
    """What the figures of a run say, a sentence for each recipe and one that compares them."""
    sentences = []
    for name, r in results.items():
        bce, first, last = r["test"]["bce"], r["first_loss"], r["last_loss"]
        never = min(bce, r["lowest_loss"]) >= floor
        verdict = ("never beat ignoring the title" if never else "does not beat ignoring the title" if bce >= floor else
                   "hardly beats ignoring the title" if bce > 0.9 * floor else "learnt what titles mean")
        fell = f", although its loss fell from {first:.3f} to {last:.3f}" * (never and last < first)
        sentences.append(f"The recipe {name} {verdict}: a test BCE of {bce:.4f} against {floor:.4f}{fell}.")
    if len(results) > 1:
        (one, first), (other, second) = results.items()
        shares = [r["test"]["P@1"] for r in (first, second)]
        sentences.append(f"The likeliest category is true for {shares[0]:.1%} of the products with {one} and for "
                         f"{shares[1]:.1%} with {other}, in {first['seconds']:.0f} and {second['seconds']:.0f} seconds "
                         "of training.")
    return " ".join(sentences)


def write_results(args, models, figures):
    args.out.mkdir(parents=True, exist_ok=True)
    for path in [args.out / FIGURES, *([args.json] if args.json else [])]:
        with replacing(path) as file:
            file.write(json.dumps(figures, indent=1).encode())
    with replacing(args.out / CURVES) as file:
        draw_curves(file, models, figures["floor_bce"])
    for name, classifier in models.items():
        classifier.save(args.out / name)
    best = args.out / next(iter(models))
    show(f"Written to {args.out}: the picture {CURVES}, {FIGURES}, the models {', '.join(models)}. Next, type:\n"
         f"    nnlite predict {shlex.quote(str(best))} \"{EXAMPLE}\"")


def draw_curves(file, models, floor):
    from matplotlib.figure import Figure
    axes = Figure(figsize=(8, 4.5), layout="constrained").subplots()
    for (name, classifier), line in zip(models.items(), ("-", "--")):  # told apart on paper too
        axes.plot(*np.transpose(classifier.training_["curve"]), line, label=f"{name} recipe", linewidth=1.5)
    axes.axhline(floor, color="black", linestyle=":", label="label frequencies only")
    axes.set(yscale="log", xlabel="training step", ylabel="binary cross-entropy, mean over labels")
    axes.grid(alpha=0.3)
    axes.legend()
    axes.figure.savefig(file, format="png", dpi=120)


if __name__ == "__main__":
    sys.exit(main())
