"""From raw product titles to categories: the whole pipeline, trained by a recipe that fails and by one that learns.

    python examples/train_amazon.py                          100,000 made-up products, both recipes
    python examples/train_amazon.py --data products.jsonl.gz --recipe default

Reads products (title and categories), counts words and categories, drops what is rare, trains on the first 80 % and
tests on the rest, in the order of the file: shuffle a file that is sorted by category. Shows the scores beside those of
"label frequencies only", five products with the top 5 predictions, and writes the loss curves, the figures and the
trained parameters to --out.
"""

import argparse
import itertools
import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
import psutil
from tqdm import tqdm

import nnlite
from nnlite.network.mlp import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.scores import metrics
from nnlite.system import memory
from nnlite.system.atomic_file import replacing
from nnlite.system.threads import one_blas_thread
from nnlite.training import recipes
from nnlite.training.planning import plan_of

TRAIN_SHARE = 0.8
SHOWN = ("bce", "P@1", "P@3", "P@5", "nDCG@5", "micro_f1")


def main(argv=None):
    args = arguments(argv)
    try:
        run(args)
    except BrokenPipeError:  # whoever read our output has gone, which is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, MemoryError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE",
                        help=".jsonl, .json, .csv or .tsv, plain or .gz, .bz2, .xz (default: a made-up catalogue)")
    parser.add_argument("--records", type=positive, metavar="N",
                        help="take the first N records (default: all of FILE, or 100,000 made-up ones)")
    parser.add_argument("--recipe", choices=["deck", "default", "both"], default="both", help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--seed", type=int, default=0, help="of the catalogue, the weights and the order of rows")
    parser.add_argument("--threads", type=positive, help="changes the speed, never the result (default: all cores)")
    return parser.parse_args(argv)


def positive(text):
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"want at least 1, got {text}")
    return value


def run(args):
    records, bad_lines, source = read(args)
    n_train = int(TRAIN_SHARE * len(records))
    if n_train < 1 or n_train == len(records):
        raise ValueError(f"want at least 2 records, to train and to test, got {len(records)}")
    names = ["deck", "default"] if args.recipe == "both" else [args.recipe]
    tasks = {name: Task(name, records[:n_train], records[n_train:], args) for name in names}
    for task in tasks.values():
        describe_plan(task, source)
    results, histories = {}, {}
    for name, task in tasks.items():
        results[name], histories[name] = train_and_test(task)

    first = tasks[names[0]]
    floor = metrics.bce_of_frequencies(first.test.y, first.train.label_frequencies())
    show_table(results, floor)
    show_products(records[n_train:], tasks)
    figures = {
        "n_records": len(records), "n_train": n_train, "n_test": len(records) - n_train,
        "n_words": first.train.n_words, "n_labels": first.train.n_labels, "bad_lines": bad_lines, "floor_bce": floor,
        **results,
    }
    write_results(args, figures, histories, tasks)


class Task:
    """One recipe's features, data, model and trainer."""

    def __init__(self, name, train, test, args):
        self.name = name
        self.vocabulary = nnlite.Vocabulary.build(train, **recipes.FEATURES[name])
        self.train, self.test = self.vocabulary.encode(train), self.vocabulary.encode(test)
        describe_data(self)
        self.trainer = recipes.RECIPES[name](self.train, args.seed, args.threads)
        self.model = self.trainer.model


# ---- before training

def read(args):
    """The records in memory, how many lines of each kind were bad, and where they come from."""
    start = time.perf_counter()
    if args.data:
        reader, source = nnlite.read_records(args.data), ", ".join(map(str, args.data))
        records = list(itertools.islice(reader, args.records))
        print(f"read       {source}: {reader.summary()}", end="")
    else:
        reader, source = nnlite.make_catalogue(args.records or 100_000, args.seed), "the made-up catalogue"
        records = list(reader)
        print(f"made up    {len(records):,} records", end="")
    print(f" in {time.perf_counter() - start:.1f} s")
    return records, dict(getattr(reader, "skipped", {})), source


def describe_data(task):
    vocabulary = task.vocabulary
    print(f"\nfeatures of the {task.name} recipe: {describe_features(**recipes.FEATURES[task.name])}")
    for kind, kept, dropped, cut in (
            ("words", vocabulary.words, vocabulary.n_dropped_words, vocabulary.min_count),
            ("labels", vocabulary.labels, vocabulary.n_dropped_labels, vocabulary.label_min_count)):
        print(f"{kind:10} {len(kept):,} kept, {dropped:,} dropped that are in fewer than "
              f"{cut} of the {len(task.train):,} training records")
    for name, part in ("train", task.train), ("test", task.test):
        words, labels = np.diff(part.x.indptr), np.diff(part.y.indptr)
        print(f"{name:10} {len(part):,} records, {words.mean():.1f} words and {labels.mean():.1f} labels each, "
              f"{part.nbytes / 2**20:.1f} MiB; {np.sum(words == 0):,} without a known word, "
              f"{np.sum(labels == 0):,} without a known label (kept; P@k is the mean over the others)")


def describe_features(min_count, label_min_count=None, ngrams=1, stem=None, first_word=False, shape=False,
                      tfidf=False):
    parts = ["words"] + ["pairs of words"] * (ngrams > 1) + [f"the first {stem} letters of words"] * bool(stem)
    parts += ["the first word as such"] * first_word + ["punctuation marks", "the number of words"] * shape
    return ", ".join(parts) + (", weighed by TF-IDF" if tfidf else "")


def describe_plan(task, source):
    """What a training will do, and how long its steps should take: one is tried, without updating anything."""
    trainer, model, rows = task.trainer, task.model, min(task.trainer.batch_rows, len(task.train))
    batch, keep = task.train.take(slice(0, rows)), KeepGradients(model.params)
    with one_blas_thread():
        start = time.perf_counter()
        model.step(*batch.arrays(), StepSettings(1 / rows), keep, trainer.workers)
        if (seconds := time.perf_counter() - start) > 5:
            print(f"\nkernels    compiled for this machine in {seconds:.0f} s, and kept for the next run")
        start = time.perf_counter()
        model.step(*batch.arrays(), StepSettings(1 / rows), keep, trainer.workers)
        seconds = time.perf_counter() - start
    held = (memory.resident_memory() or 0) - sum(p.nbytes for p in model.params.values())
    plan = plan_of(trainer, [source], task.name, len(task.train), seconds)
    plan.memory = {"held already": held} | plan.memory
    plan.check()
    print(f"\n{plan}", flush=True)


# ---- training

def train_and_test(task):
    trainer, train = task.trainer, task.train
    print(f"\ntraining by the {task.name} recipe", flush=True)
    with peak_memory() as peak, progress(trainer, trainer.epochs * len(train)) as on_step:
        history = trainer.fit(train, on_step=on_step)
    propensities = metrics.propensities(task.vocabulary.label_counts, max(len(train), 3))
    return {
        "n_words": train.n_words, "first_loss": history.loss[0], "last_loss": history.loss[-1],
        "train": nnlite.evaluate(task.model, train, propensities=propensities),
        "test": nnlite.evaluate(task.model, task.test, propensities=propensities),
        "seconds": history.seconds, "peak_mib": peak.mib,
    }, history


@contextmanager
def progress(trainer, n_rows):
    """An on_step that draws a bar on a terminal, else prints a line per epoch, or per ten when there are many."""
    if sys.stderr.isatty():
        with tqdm(total=n_rows, unit="row", unit_scale=True, smoothing=0.1) as bar:
            def draw(step):
                bar.set_postfix(epoch=step.epoch, loss=f"{step.loss:.5f}", refresh=False)
                bar.update(step.rows)

            yield draw
        return

    every, losses, rows = 10 if trainer.epochs > 20 else 1, [], [0]

    def say(step):
        losses.append(step.loss)
        rows[0] += step.rows
        ends = step.step * trainer.epochs % step.n_steps == 0 or trainer.order == "chunks"
        if ends and step.epoch % every == 0:
            left = step.seconds / step.step * (step.n_steps - step.step)
            print(f"epoch {step.epoch:3}  loss {np.mean(losses):.5f}  {rows[0] / step.seconds:,.0f} rows/s  "
                  f"{left:.0f} s left", flush=True)
        if ends:
            losses.clear()

    yield say


@contextmanager
def peak_memory():
    """The largest resident size of this process within the block, looked at every 10 ms, as `.mib`."""
    class Peak:
        mib = 0.0

    process, stop = psutil.Process(), threading.Event()

    def watch():
        while True:
            Peak.mib = max(Peak.mib, process.memory_info().rss / 2**20)
            if stop.wait(0.01):
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield Peak
    finally:
        stop.set()
        watcher.join()


# ---- after training

def show_table(results, floor):
    print("\n" + " " * 34 + "".join(f"{name:>10}" for name in results))
    rows = [("train BCE", lambda r: f"{r['train']['bce']:.5f}"), ("test BCE", lambda r: f"{r['test']['bce']:.5f}"),
            ("test BCE, label frequencies only", lambda r: f"{floor:.5f}")]
    rows += [(f"test {score.replace('_', ' ')}", lambda r, score=score: f"{100 * r['test'][score]:.2f} %")
             for score in SHOWN[1:] if score in next(iter(results.values()))["test"]]
    rows += [("training seconds", lambda r: f"{r['seconds']:.1f}"),
             ("peak memory, MiB", lambda r: f"{r['peak_mib']:.0f}")]
    for title, value in rows:
        print(f"{title:34}" + "".join(f"{value(r):>10}" for r in results.values()))


def show_products(records, tasks):
    """Five products, spread over the test part, with what each model believes. A star marks a true category."""
    labels = next(iter(tasks.values())).vocabulary.labels
    known = set(labels)
    for i in np.linspace(0, len(records) - 1, min(5, len(records))).astype(int):
        title, categories = records[i]
        print(f"\n{title}\n  true     {', '.join(c if c in known else f'({c})' for c in categories)}")
        for name, task in tasks.items():
            ids, probabilities = task.model.top_k(task.vocabulary.encode_titles([title]), min(5, len(labels)))
            guesses = [(labels[j], p) for j, p in zip(ids[0], probabilities[0])]
            marked = [f"{'*' if label in categories else ''}{label} {p:.2f}" for label, p in guesses]
            print(f"  {name:8} {', '.join(marked)}")
    print("\n(in brackets: categories too rare to be learnt; *: a hit)")


def write_results(args, figures, histories, tasks):
    args.out.mkdir(parents=True, exist_ok=True)
    for path in [args.out / "metrics.json", *([args.json] if args.json else [])]:
        with replacing(path) as file:
            file.write(json.dumps(figures, indent=1).encode())
    with replacing(args.out / "curves.png") as file:
        draw_curves(file, histories, figures["floor_bce"])
    for name, task in tasks.items():
        folder = args.out / name
        folder.mkdir(exist_ok=True)
        for parameter, values in task.model.params.items():
            with replacing(folder / f"{parameter}.npy") as file:
                np.save(file, values)
        for kind in "words", "labels":
            with replacing(folder / f"{kind}.txt") as file:
                file.write("\n".join(getattr(task.vocabulary, kind)).encode())
    print(f"\nwritten to {args.out}: curves.png, metrics.json, {', '.join(f'{name}/' for name in tasks)}")


def draw_curves(file, histories, floor):
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for name, history in histories.items():
        axes.plot(np.arange(1, len(history.loss) + 1), history.loss, label=f"{name} recipe", linewidth=1.5)
    axes.axhline(floor, color="black", linestyle=":", label="label frequencies only")
    axes.set(yscale="log", xlabel="training step", ylabel="binary cross-entropy, mean over labels")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, format="png", dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
