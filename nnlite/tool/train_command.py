"""The options of `nnlite train`: checks, the settings that fit --minutes and --memory, what is held out, the score."""

import logging
import shlex
import signal
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from itertools import compress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.classifier.arguments import rereader
from nnlite.classifier.noted_fit import OnStep
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import holdout
from nnlite.data.chunks import CHUNK_ROWS
from nnlite.data.holdout import HeldOut
from nnlite.data.records import Record, read_records
from nnlite.scores import metrics
from nnlite.scores.evaluation import evaluate
from nnlite.tool import train_from
from nnlite.tool.overlap import Judged, judged
from nnlite.training import recipes
from nnlite.training.choosing import choose, sampled
from nnlite.training.planning import Measured, Plan

Pair = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]  # titles and the categories of each
SCORED, ALL = "scored", "all"  # folders of the two trainings of --refit, in those of --chunks and --checkpoints


def check(args: Namespace) -> None:
    """ValueError for options that do not fit together."""
    if args.chunk_rows and not args.chunks:
        raise ValueError(f"--chunk-rows: want it with --chunks DIR, got {args.chunk_rows} without")
    validation = getattr(args, "validation", None)  # which `plan` has not
    if validation and args.holdout:
        raise ValueError(f"want --validation or --holdout, got both: {validation[0]} and {args.holdout}")
    if args.refit and (validation or args.holdout == 0):
        raise ValueError("--refit trains once more, on the products held out as well: want it without "
                         + ("--validation, which holds out none" if validation else "--holdout 0"))


def settings(args: Namespace) -> dict[str, Any]:
    """The options of `train`, `plan` and `audit` that were given and are settings of a recipe, by name."""
    known = set().union(*recipes.SETTINGS.values())
    return {name: value for name, value in vars(args).items() if name in known and value is not None}


def arguments_of(args: Namespace, name: str) -> Namespace:
    """The arguments of one of the two trainings of --refit, SCORED or ALL, whose folders are its own."""
    own = {option: getattr(args, option) / name for option in ("chunks", "checkpoints") if getattr(args, option)}
    return Namespace(**(vars(args) | own)) if args.refit else args


def planned(plan: Plan, args: Namespace) -> str:
    """The settings that a plan has chosen, and which products it is for."""
    lines = []
    if plan.limits:
        lines = [f"settings   {chosen(plan)}", f"type       {command(plan, args)}"]
    n, n_held = plan.n_records, plan.n_held
    if not n_held:
        return "\n".join([*lines, "products   all, as " + (
            "--holdout 0 says" if args.holdout == 0 else "train holds none out of so few")])
    more = "" if args.refit else f"; train --refit takes about {plan.refit_seconds:,.1f} s more"
    return "\n".join([*lines, f"products   {n:,}; train holds out {n_held:,} of them{more}"])


def chosen(plan: Plan) -> str:
    """The settings that fit the limits, in words."""
    changed = [f"{name.replace('_', ' ')} {n:,}" for name, n in plan.settings.items()]
    changed += ["chunks on disk"] * bool(plan.chunk_rows)
    what = ", ".join(changed) if changed else "those of the recipe or as given, all products in memory"
    return f"within {plan.limits}: {what}"


def command(plan: Plan, args: Namespace) -> str:
    """The command line of `train` with the settings of a plan, to be typed; args: of the command `plan`."""
    split = args.words.index("--")
    given, files = args.words[:split], args.words[split + 1:]
    model = Path("model" if files[0] == "-" else Path(files[0]).name.partition(".")[0] + "-model")
    chosen = options_of(plan, args.chunks or chunks_beside(model))
    names = {word.partition("=")[0] for word in chosen} | {"--json", "--minutes", "--memory", "--ranks"}
    kept = [word for word in given if word.partition("=")[0] not in names]
    files = [f"./{file}" if file[0] == "-" and file != "-" else file for file in files]  # they are no options
    return shlex.join(["nnlite", "train", *files, "--model", str(model), *kept, *chosen])


def options_of(plan: Plan, chunks: Path) -> list[str]:
    """The options of the settings that a plan has chosen; chunks: their folder, if there are to be some."""
    options = [f"--{name.replace('_', '-')}={n}" for name, n in plan.settings.items()]
    return [f"--chunks={chunks}"] * bool(plan.chunk_rows) + options


def chunks_beside(model: Path) -> Path:
    """The folder for the chunks of a model where none is given."""
    return model.with_name(f"{model.name}.chunks")


def fit_limits(args: Namespace, settings: dict[str, Any], options: dict[str, Any], began: float) -> str:
    """Set the options of `train` that fit --minutes and --memory. Returns a line that says which.

    began: when the command did, by `time.time`; what the plan takes counts    Raises what `choose` does.
    """
    if "-" in map(str, args.data):
        raise ValueError("--minutes and --memory want files, which are read twice, got standard input")
    plan = apart(_choice, args, settings, options, began)
    chunks = args.chunks or chunks_beside(args.model)
    args.chosen = shlex.join(options_of(plan, chunks))
    vars(args).update(plan.settings, chunks=chunks if plan.chunk_rows else None)
    return (f"{chosen(plan)}{f' in {chunks}' if plan.chunk_rows else ''}; expects to end in {plan.low_seconds:,.0f} to "
            f"{plan.high_seconds:,.0f} s, and to take at most {plan.high_memory / 2**20:,.0f} MiB")


def apart(function: Callable[..., Plan], *arguments: Any) -> Plan:
    """function(*arguments) in a process of its own, whose memory is free again for the training.

    Raises what the function does; MemoryError if the system has ended the process.
    """
    spawn = get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_send, args=(sender, function, arguments), daemon=True)
    child.start()
    sender.close()
    try:
        result = receiver.recv()
    except EOFError:
        raise MemoryError("the process of the plan was ended: want more memory than this machine has") from None
    finally:
        child.terminate()
        child.join()
    if isinstance(result, Exception):
        raise result
    return result


def _send(sender: Connection, function: Callable[..., Plan], arguments: tuple) -> None:
    """In the other process: send the result, or the error. Ctrl-C is for the parent; warnings come in the training."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("nnlite").addHandler(logging.NullHandler())
    try:
        sender.send(function(*arguments))
    except Exception as error:
        sender.send(error)


def _choice(args: Namespace, settings: dict[str, Any], options: dict[str, Any], began: float) -> Plan:
    """The Plan that fits the limits."""
    holdout = 0 if args.validation else args.holdout
    n_scored = _expected(args.validation, options) if args.validation else None
    found = Measured(args.data, args.recipe, sample_records=sampled(args.memory), holdout=holdout, n_scored=n_scored,
                     refit=args.refit, **settings, **options)
    spent = time.time() - began
    seconds = None if args.minutes is None else 60 * args.minutes - spent
    if seconds is not None and seconds <= 0:
        raise ValueError(f"--minutes: want more than the {spent / 60:.3g} that the plan took, got {args.minutes:g}")
    return choose(found, seconds, args.memory, args.chunks and (args.chunk_rows or CHUNK_ROWS))


def _expected(paths: list[Path], options: dict[str, Any]) -> int:
    """The expected number of products in some files."""
    reader = read_records(paths, **options)
    try:
        next(reader, None)
        return reader.expected_records()
    finally:
        reader.close()


def chunk_rows(args: Namespace) -> dict[str, Any]:
    """--chunk-rows as a keyword of `fit_files`, if it is given."""
    return {} if args.chunk_rows is None else {"chunk_rows": args.chunk_rows}


class Sides:
    """The products to train on, and those to score the model on.

    data: all but those of --validation, or None if they are read from the files in each training, --chunks
    held: which of them are held out; None if none are    has_learnt: whether `fit` made a step
    """

    def __init__(self, args: Namespace, options: dict[str, Any], data: Pair | None, validation: Pair | None):
        """options: of `read_records`"""
        self.args, self.options, self.data, self.validation = args, options, data, validation
        self.held: HeldOut | None = None
        self.threshold, self.epochs = 0.0, list[dict[str, float]]()  # of the model that is scored; its last scores last
        self.settings = dict[str, Any]()  # of its network, optimiser and training
        self.n_titles, self.to_train = len(data[0]) if data else 0, data
        if validation or args.holdout == 0:
            return
        titles = data[0] if data else (title for title, _ in rereader("train", args.data, options)[0]())
        held = HeldOut(titles, args.holdout, args.seed or 0)
        self.n_titles = held.n_titles
        if held.n_held:
            self.held = held
        if data and held.n_held:
            mask = held.mask(data[0])
            self.to_train, self.validation = ((tuple(compress(data[0], side)), tuple(compress(data[1], side)))
                                              for side in (~mask, mask))

    def news(self) -> Iterator[str]:
        """What is held out, in a line; none if there are other products to score."""
        n, share = self.n_titles, holdout.SHARE
        few = "; more would have near-duplicates among the others" * bool(
            self.held and self.held.n_held < self.held.n_wanted)
        if self.held:
            yield (f"holds out {self.held.n_held:,} of {n:,} products, with their near-duplicates, to score the model "
                   "on what it has not seen" + few)
        elif self.args.holdout == 0 and not self.validation:
            yield "holds out no products, as --holdout 0 says: there will be no score"
        elif not self.validation and share * n < holdout.LEAST:
            yield (f"holds out no products, so that there will be no score: {100 * share:.0f} % of {n:,} are fewer "
                   f"than {holdout.LEAST}; --holdout 0.2 holds out about {max(1, round(0.2 * n)):,}, --validation "
                   "FILE scores others")
        elif not self.validation:
            yield ("holds out no products, so that there will be no score: nearly all titles differ in numbers and "
                   "sizes only; --validation FILE scores others")

    def fit(self, classifier: TitleClassifier, args: Namespace, on_step: OnStep) -> None:
        """Train on all that is not held out, and note that and how it went, after Ctrl-C as well."""
        before = getattr(classifier, "training_", None)
        try:
            if self.to_train:
                train_from.learn(args, classifier, self.to_train, self.validation, on_step)
            else:
                classifier.fit_files(args.data, args.chunks, self.validation, on_step, left_out=self.held,
                                     **chunk_rows(args), **self.options)
        finally:
            self.has_learnt = hasattr(classifier, "threshold_") and classifier.training_ is not before
            if self.held and self.has_learnt:
                classifier.training_["counts"]["held_out"] = self.held.n_held
                self.threshold, self.epochs = classifier.threshold_, classifier.training_["validation"]
                self.settings = recipes.used(classifier._trainer)

    def refit(self, classifier: TitleClassifier, args: Namespace, on_step: OnStep) -> None:
        """Train another classifier on all products. Settings, threshold and scores are those of the one scored.

        Without that, a recipe would choose others where there are more products.
        """
        classifier.set_params(**self.settings)
        if self.data:
            train_from.learn(args, classifier, self.data, None, on_step)
        else:
            classifier.fit_files(args.data, args.chunks, None, on_step, **chunk_rows(args), **self.options)
        classifier.threshold_ = self.threshold
        classifier.training_["counts"] |= {"held_out": self.held.n_held if self.held else 0, "refit": 1}
        classifier.training_["validation"] = self.epochs[-1:]

    def to_score(self) -> list[Record] | None:
        """The products to score the model on, None if there are none. They are known once it is trained."""
        if self.validation:
            return list(map(Record, *self.validation))
        return self.held.records if self.held else None

    def headline(self, classifier: TitleClassifier) -> Iterator[str]:
        """The score on products that the model has not seen, and what to do next: a line each."""
        given = self.to_score()
        if given is None:
            return
        known_new = self.held and not self.args.base  # a model that goes on may have learnt from them before
        records, is_new, _ = Judged(given, True, 0) if known_new else judged(classifier, given)
        data = classifier.encode(records)
        n = len(data) - data.rows_without_label()
        if not is_new or not n:
            what = "has a category that is learnt" if is_new else "is known to be new to the model"
            yield f"no score: none of the {len(given):,} products to score {what}"
            return
        scores = evaluate(classifier._trainer.model, data, thresholds=classifier.threshold_, threads=classifier.threads)
        low, high = metrics.wilson(np.array(scores["P@1"] * n), np.array(n))
        of = f" of {', '.join(map(str, self.args.validation))}" if self.args.validation else ""
        more = "".join(f", P@{k} {100 * scores[f'P@{k}']:.1f} %" for k in (3, 5) if f"P@{k}" in scores)
        unknown = f"; {len(records) - n:,} have no category that it knows and do not count" if n < len(records) else ""
        yield (f"on {len(records):,} products{of} that it has not seen: the first category named is true for "
               f"{100 * scores['P@1']:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f} %){more}, F1 of those "
               f"above the threshold {100 * scores['micro_f1']:.1f} %{unknown}")
        if self.held and not self.args.refit:
            yield (f"it was trained on {self.n_titles - self.held.n_held:,} of {self.n_titles:,} products: for the "
                   "model that you will use, --refit trains once more, on all of them")
