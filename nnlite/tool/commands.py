"""What the commands of the command line do. Results go to standard output, news to standard error."""

import dataclasses
import json
import logging
import os
import sys
from contextlib import contextmanager

import numpy as np

from nnlite.categories.mapping import propose_file
from nnlite.classifier import model_folder
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.lines import MAX_LINE_BYTES
from nnlite.data.records import Record, clean, read_records
from nnlite.scores import metrics
from nnlite.scores.evaluation import evaluate as scores_of
from nnlite.system import array_folder
from nnlite.tool.report.sections import write_report
from nnlite.training.planning import plan as make_plan

READ_BYTES = 1 << 16  # of standard input, at most, before the titles in them are predicted
SETTINGS = ("epochs", "batch_rows", "lr", "hidden", "dropout", "negligible", "min_count", "label_min_count", "mapping",
            "major", "checkpoints", "seed", "threads")  # options of `train` and `plan` that go to the classifier


def say(text):
    """A line on standard error, if there is one."""
    if sys.stderr:
        print(text, file=sys.stderr, flush=True)


# ---- train

def train(args):
    """Train on files and save the model, after Ctrl-C too. Returns the exit code."""
    if not args.quiet:
        return _train(args, say)
    logger = logging.getLogger("nnlite")
    level = logger.level
    logger.setLevel(logging.ERROR)  # skipped lines are warnings
    try:
        return _train(args, lambda text: None)
    finally:
        logger.setLevel(level)


def _train(args, inform):
    classifier = TitleClassifier(args.recipe, **_settings(args))
    array_folder.check_place(args.model, model_folder.KIND)  # before the work, not after it
    data = None if args.chunks else _read(args.data, inform)
    validation = _read(args.validation, inform) if args.validation else None
    interrupted = False
    try:
        with progress(inform, args.quiet) as on_step:
            if args.chunks:
                classifier.fit_files(args.data, args.chunks, validation, on_step)
            else:
                classifier.fit(*data, validation, on_step)
    except KeyboardInterrupt:
        if not hasattr(classifier, "threshold_"):
            raise
        interrupted = True
    for line in classifier.training_["categories"]:
        inform(line)
    classifier.save(args.model)
    if args.report:
        titles, categories = validation or data or _read(args.data, inform)
        source = ", ".join(map(str, args.validation or args.data)) + ", trained on" * (not validation)
        write_report(args.report, classifier, map(Record, titles, categories), source=source)
    for epoch, scores in enumerate(classifier.training_["validation"], start=1):
        inform(f"validation after epoch {epoch:3}  " + "  ".join(
            f"{name} {100 * scores[name]:.1f} %" for name in ("P@1", "P@3", "P@5") if name in scores))
    inform(f"{args.model}: {_about(classifier)}" + "; interrupted, what was learnt so far is saved" * interrupted)
    return int(interrupted)


def _settings(args):
    """The options of `train` and `plan` that were given, as overrides of the recipe."""
    return {name: getattr(args, name) for name in SETTINGS if getattr(args, name, None) is not None}


def _read(paths, inform):
    """The titles and the categories in the files."""
    inform(f"reading {', '.join(map(str, paths))}")
    reader = read_records(paths)
    titles, categories = zip(*reader)
    inform(reader.summary())
    return titles, categories


def _about(classifier):
    vocabulary, seen = classifier.vocabulary_, classifier.training_
    return (f"{vocabulary.n_words:,} words, {len(vocabulary.labels):,} categories; {seen['steps']:,} of "
            f"{seen['n_steps']:,} steps in {seen['seconds']:.1f} s, loss from {seen['first_loss']:.5f} to "
            f"{seen['last_loss']:.5f}; names a category above {classifier.threshold_:.2f}")


@contextmanager
def progress(inform, quiet):
    """An on_step that draws a bar on a terminal, if tqdm is installed, and else prints a line per epoch."""
    if quiet:
        yield None
        return
    bar = _bar()
    if bar is not None:
        with bar:
            def draw(step):
                if bar.total != step.n_steps:
                    bar.reset(step.n_steps)
                bar.set_postfix(epoch=step.epoch, loss=f"{step.loss:.5f}", refresh=False)
                bar.update()

            yield draw
        return

    inform("training; the first time on a machine, the kernels are compiled first")
    last, losses = [], []

    def tell():
        step, rows = last[-1], sum(one.rows for one in last)
        left = (step.n_steps - step.step) * step.seconds / step.step
        inform(f"epoch {step.epoch:3}  loss {np.mean(losses):.5f}  {rows:,} rows  {step.seconds:.1f} s, "
               f"{left:.0f} s left")
        last.clear()
        losses.clear()

    def note(step):
        if last and step.epoch != last[-1].epoch:
            tell()
        last.append(step)
        losses.append(step.loss)

    try:
        yield note
    finally:
        if last:
            tell()


def _bar():
    """tqdm's bar on standard error, or None without a terminal or without tqdm."""
    if not sys.stderr or not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(unit="step", dynamic_ncols=True)


# ---- plan, propose

def plan(args):
    """Print what a training on some files will take. MemoryError, once it is printed, if it cannot fit."""
    found = make_plan(args.data, args.recipe, **_settings(args))
    print(json.dumps(dataclasses.asdict(found), indent=1) if args.json else found)
    found.check()


def propose(args):
    """Write a mapping of categories for a person to edit, and print what it would do."""
    print(propose_file(args.data, args.out, args.min_count))


# ---- evaluate

def evaluate(args):
    """Print the scores of a model on the records of some files."""
    classifier = TitleClassifier.load(args.model)
    vocabulary, reader = classifier.vocabulary_, read_records(args.data)
    records = list(reader)
    data = classifier.encode(records)
    say(reader.summary())
    counts = vocabulary.label_counts
    scores = scores_of(classifier.model_, data, thresholds=classifier.threshold_,
                       propensities=metrics.propensities(counts, max(vocabulary.n_records, 3)))
    if scores["rows_without_label"] == len(data):
        raise ValueError(f"{args.model}: want records with a category that the model knows, got none in {len(data):,}")
    if args.report:
        write_report(args.report, classifier, records, source=", ".join(map(str, args.data)))
    scores = {"threshold": classifier.threshold_, **scores}
    print(json.dumps(scores, indent=1) if args.json else "\n".join(_table(scores)))


def _table(scores):
    ks = [name.partition("@")[2] for name in scores if name.startswith("P@")]
    yield (f"{scores['rows']:,} records, {scores['rows_without_label']:,} of them without a category that the model "
           "knows: P, R, nDCG, PSP and record F1 are of the others")
    yield f"{'':12}" + "".join(f"{'@' + k:>10}" for k in ks)
    for name in "P", "R", "nDCG", "PSP", "coverage":
        yield f"{name:12}" + "".join(f"{100 * scores[f'{name}@{k}']:8.2f} %" for k in ks)
    for name in "micro_f1", "macro_f1", "record_f1":
        at = f"   of the categories above {scores['threshold']:.2f}" if name == "micro_f1" else ""
        yield f"{name.replace('_f1', ' F1'):12}{100 * scores[name]:8.2f} %{at}"
    yield f"{'BCE':12}{scores['bce']:10.5f}"
    if "accuracy" in scores:
        yield f"{'accuracy':12}{100 * scores['accuracy']:8.2f} %   of the likeliest category"


# ---- predict, explain

def predict(args):
    """Print the categories of each title, from the arguments or, as they come, from standard input: a line a title."""
    classifier = TitleClassifier.load(args.model)
    if not args.titles and sys.stdin and sys.stdin.isatty():
        say("one title a line; Ctrl-D ends")
    for titles in [list(map(typed, args.titles))] if args.titles else batches(sys.stdin):
        if args.top:
            found = classifier.predict_top_k(titles, args.top)
            found = [[pair for pair in pairs if pair[1] > (args.threshold or 0)] for pairs in found]
        else:
            found = classifier.predict_above(titles, args.threshold)
        print("\n".join((_json_line if args.json else _line)(clean(title), pairs)
                        for title, pairs in zip(titles, found)), flush=True)


def typed(argument):
    """An argument as UTF-8, whatever the locale says; what is none becomes U+FFFD."""
    return os.fsencode(argument).decode("utf-8", "replace")


def batches(file):
    """Yield lists of the lines of a text file, such as standard input, as soon as they are there.

    Read as `typed`. Of a longer line MAX_LINE_BYTES are taken.
    """
    block, rest = b"\n", b""
    while file and block:
        block = file.buffer.read1(READ_BYTES)
        *whole, rest = (rest + block).split(b"\n")
        if not block and rest:
            whole.append(rest)
        if whole:
            yield [line[:MAX_LINE_BYTES].decode("utf-8", "replace") for line in whole]
        rest = rest[:MAX_LINE_BYTES]


def _line(title, pairs):
    return "\t".join([title, *(f"{' '.join(name.split())} {p:.2f}" for name, p in pairs)])


def _json_line(title, pairs):
    return json.dumps({"title": title, "categories": [{"category": name, "probability": p} for name, p in pairs]})


def explain(args):
    """Print what each word of a title does for each of its likeliest categories."""
    classifier = TitleClassifier.load(args.model)
    title = clean(typed(args.title))
    found = classifier.explain(title, args.top)
    if args.json:
        print(json.dumps({"title": title, "categories": [
            {**e._asdict(), "effects": [effect._asdict() for effect in e.effects]} for e in found]}))
        return
    for category, probability, effects in found:
        print(f"{category} {probability:.2f}")
        for effect in effects:
            print(f"  {effect.probability:+.3f}  logit {effect.logit:+6.2f}  {effect.word}")
