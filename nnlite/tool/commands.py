"""The commands that have no module of their own. Results go to standard output, messages to standard error."""

import logging
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from nnlite.categories.mapping import propose_file
from nnlite.classifier import model_folder
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.cleaning import clean
from nnlite.data.records import Record, inspect_file, make_options, read_records
from nnlite.scores import metrics
from nnlite.scores.evaluation import evaluate as scores_of
from nnlite.system import array_folder
from nnlite.tool import inputs, on_ranks, places, reading_options, train_command, train_from
from nnlite.tool.doctor import examine, report_lines
from nnlite.tool.overlap import held_out_score, judged, sentence
from nnlite.tool.predict_data import Pairs, Style, is_header, predict_rows
from nnlite.tool.printing import json_text, printable, say, show
from nnlite.tool.progress import MANY_EPOCHS, display, stages_shown
from nnlite.tool.report.sections import write_report
from nnlite.tool.titles import batches, json_line, line, raw_line, typed


def train(args: Namespace) -> int:
    """Train on files and save the model, also after Ctrl-C. Returns the exit code."""
    began = time.time()
    inform = (lambda text: None) if args.quiet else say
    train_from.check(args)
    train_command.check(args)
    array_folder.check_place(args.model, model_folder.KIND)  # an error here should come before the work
    if args.minutes is not None or args.memory is not None:
        given = reading_options.reading(args)
        inform(train_command.fit_limits(args, train_command.settings(args), given, began))
    first, own = (train_command.arguments_of(args, name) for name in (train_command.SCORED, train_command.ALL))
    classifier = train_from.beginning(first, train_command.settings(first))
    again = train_from.beginning(own, train_command.settings(own)) if args.refit else None  # before --from is replaced
    options = train_from.reading(args, classifier)
    places.check({"--report": args.report},
                 {"--model": args.model, "--chunks": args.chunks, "--checkpoints": args.checkpoints},
                 [*args.data, *(args.validation or []), *filter(None, (args.mapping, args.base))])
    if inputs.is_model(args.model):
        inform(f"{args.model}: holds a model, which the new one will replace")
    with _errors_only() if args.quiet else stages_shown(say):
        data = None if args.chunks else _read(args.data, options, inform)
        validation = _read(args.validation, options, inform) if args.validation else None
        sides = train_command.Sides(args, options, data, validation)
        for news in sides.news():
            inform(news)
        interrupted = False
        try:
            with nullcontext() if args.quiet else closing(display(say)) as on_step:
                sides.fit(classifier, first, on_step)
        except KeyboardInterrupt:
            if not sides.has_learnt:
                raise
            interrupted = True
        classifier.training_["reading"] = options
        classifier.save(args.model)
        about = "\n".join(_about_training(classifier, args.model))
        inform(about + f"; interrupted, what was learnt so far is saved{how_to_resume(args)}" * interrupted)
        for news in () if args.quiet else sides.headline(classifier):
            inform(news)
        failed = None
        if args.report and on_ranks.is_first():
            records = sides.to_score() or list(map(Record, *(data or _read(args.data, options, inform))))
            is_new = None if validation or args.base else bool(sides.held)
            try:
                write_report(args.report, on_ranks.alone(classifier, args.model), records,
                             source=", ".join(map(str, args.validation or args.data)), is_new=is_new,
                             is_refitted=bool(args.refit and sides.held and not interrupted))
            except Exception as error:  # it must not prevent the second training
                failed = error
        if again and sides.held and not interrupted:
            del classifier  # its memory is for the next one
            interrupted = _refit(again, args, own, sides, inform)
        if failed:
            raise failed
    return 130 * interrupted


def _refit(classifier: TitleClassifier, args: Namespace, own: Namespace, sides: train_command.Sides,
           inform: Callable[[str], None]) -> bool:
    """Train on all products and save the model in place of the scored one. Returns whether Ctrl-C prevented it."""
    inform(f"--refit: trains on all {sides.n_titles:,} products")
    try:
        with nullcontext() if args.quiet else closing(display(say)) as on_step:
            sides.refit(classifier, own, on_step)
    except KeyboardInterrupt:
        inform(f"interrupted: the model that was scored is saved, not one of all products{how_to_resume(args)}")
        return True
    classifier.training_["reading"] = sides.options
    classifier.save(args.model)
    inform(f"{args.model}: now the model of all {sides.n_titles:,} products; the score above is that of the first one")
    return False


def how_to_resume(args: Namespace) -> str:
    """What to do after Ctrl-C, as the end of a sentence; "" for commands but `train`."""
    if args.command is not train:
        return ""
    if args.base:
        return f"; the same command trains on from {args.base}"
    same = "the same command"
    if options := getattr(args, "chosen", ""):  # the next plan may choose others
        same += f", with {options} in place of --minutes and --memory,"
    if args.checkpoints:
        return f"; {same} resumes from the last checkpoint in {args.checkpoints}, if there is one"
    kept = f"; {same} uses the chunks in {args.chunks}" if args.chunks else f"; {same} starts anew"
    return kept + ", and with --checkpoints DIR it could resume"


@contextmanager
def _errors_only() -> Iterator[None]:
    """Within it nnlite logs no warnings, such as those about skipped lines."""
    logger = logging.getLogger("nnlite")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _read(paths: list[Path], options: dict[str, Any], inform: Callable[[str], None],
          ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The titles and the categories in the files."""
    inform(f"reading {', '.join(map(str, paths))}")
    reader = read_records(paths, **options)
    titles, categories = zip(*reader)
    inform(reader.summary())
    return titles, categories


def _about_training(classifier: TitleClassifier, folder: Path) -> Iterator[str]:
    """What was done to the categories, the scores on the validation records, and the whole: a line each."""
    vocabulary, seen = classifier.vocabulary_, classifier.training_
    yield from seen["categories"]
    n_epochs = len(seen["validation"])
    for epoch, scores in enumerate(seen["validation"], start=1):
        if n_epochs <= MANY_EPOCHS or epoch % 10 == 0 or epoch == n_epochs:
            yield f"validation after epoch {epoch:3}  " + "  ".join(
                f"{name} {100 * scores[name]:.1f} %" for name in ("P@1", "P@3", "P@5") if name in scores)
    yield (f"{folder}: {vocabulary.n_words:,} words, {len(vocabulary.labels):,} categories; {seen['steps']:,} of "
           f"{seen['n_steps']:,} steps in {seen['seconds']:.1f} s, loss from {seen['first_loss']:.5f} to "
           f"{seen['last_loss']:.5f}; names a category above {classifier.threshold_:.2f}")


@stages_shown(say)
def propose(args: Namespace) -> None:
    """Write a mapping of categories for a person to edit, and print its effect."""
    show(propose_file(args.data, args.out, args.min_count, **reading_options.reading(args)))


def look(args: Namespace) -> None:
    """Print how a file is read and why."""
    found = inspect_file(args.file, **reading_options.reading(args))
    if args.json:
        columns, records = ([entry._asdict() for entry in entries] for entries in (found.columns, found.records))
        show(json_text({**found._asdict(), "columns": columns, "records": records}, indent=1))
    else:
        show(found)


def doctor(args: Namespace) -> None:
    """Print versions, BLAS, measured speeds on one thread and on all, and settings that slow the machine down."""
    found = examine()
    show(json_text(found, indent=2) if args.json else "\n".join(report_lines(found)))


@stages_shown(say)
def evaluate(args: Namespace) -> None:
    """Print the scores of a model on the records of some files."""
    places.check({"--report": args.report}, inputs=[args.model, *args.data])
    classifier = TitleClassifier.load(args.model, precision=args.precision)
    vocabulary = classifier.vocabulary_
    reader = read_records(args.data, **reading_options.as_trained(args, classifier))
    records = list(reader)
    found = judged(classifier, records)
    data = classifier.encode(found.records)
    say(reader.summary())
    if args.json:
        say(sentence(found))
    if found.is_new is False and (score := held_out_score(classifier)):
        say(score)
    propensities = metrics.propensities(vocabulary.label_counts, max(vocabulary.n_records, 3))
    if data.rows_without_label() == len(data):
        raise ValueError(f"{args.model}: want records with a category that the model knows, got none in {len(data):,}")
    model = on_ranks.cut(classifier.model_, args.shards)
    scores = scores_of(model, data, propensities=propensities, thresholds=classifier.threshold_)
    if args.report and on_ranks.is_first():
        write_report(args.report, classifier, records, source=", ".join(map(str, args.data)))
    scores = {"threshold": classifier.threshold_, **scores}
    if (unknown := classifier.unknown_share([title for title, _ in records])) is not None:
        scores["unknown_share"] = unknown
    if args.json:
        of = {"new": found.is_new, "trained_on": None if found.is_new is None else found.n_seen}
        show(json_text({**scores, **of}, indent=1))
    else:
        show("\n".join([sentence(found), *_table(scores)]))


def _table(scores: dict[str, float]) -> Iterator[str]:
    ks = [name.partition("@")[2] for name in scores if name.startswith("P@")]
    yield (f"{scores['rows']:,} records, of which {scores['rows_without_label']:,} have no category that the model "
           "knows; P, R, nDCG, PSP and record F1 leave these out")
    yield f"{'':12}" + "".join(f"{'@' + k:>10}" for k in ks)
    for name in "P", "R", "nDCG", "PSP", "coverage":
        yield f"{name:12}" + "".join(f"{100 * scores[f'{name}@{k}']:8.2f} %" for k in ks)
    for name in "micro_f1", "macro_f1", "record_f1":
        at = f"   of the categories above {scores['threshold']:.2f}" if name == "micro_f1" else ""
        yield f"{name.replace('_f1', ' F1'):12}{100 * scores[name]:8.2f} %{at}"
    yield f"{'BCE':12}{scores['bce']:10.5f}"
    if "accuracy" in scores:
        yield f"{'accuracy':12}{100 * scores['accuracy']:8.2f} %   of the likeliest category"
    if "unknown_share" in scores:
        yield f"{'unknown':12}{100 * scores['unknown_share']:8.2f} %   of the titles' words"


def predict(args: Namespace) -> None:
    """Print the categories of each title, from the arguments or standard input; or of each row of a file, --data."""
    _check_predict(args)
    classifier = TitleClassifier.load(args.model, precision=args.precision)
    if args.shards:
        classifier.model_ = on_ranks.cut(classifier.model_, args.shards)
    found = partial(_found, classifier, args.top, args.threshold)
    if args.data:
        options = reading_options.as_trained(args, classifier, "categories", "separator", "paths")
        if args.out and args.out.is_file():
            say(f"{args.out}: is there, and is replaced when all rows are written")
        style = Style(args.separator or Style().separator, args.raw, args.json)
        with stages_shown(say) if args.out else nullcontext():
            said = predict_rows(found, args.data, make_options(**options), args.out or Path("-"), style,
                                on_ranks.is_first())
        say(said)
        return
    if len(args.titles) > 1 and all(len(title.split()) == 1 for title in args.titles):
        say(f"{len(args.titles)} titles of one word; a title of several words wants quotes around it")
    if not args.titles and sys.stdin and sys.stdin.isatty():
        say("type one title a line; Ctrl-D ends")
    as_line = json_line if args.json else raw_line if args.raw else line
    is_first = not args.titles
    for titles in [list(map(typed, args.titles))] if args.titles else batches(sys.stdin):
        if is_first and is_header(titles[0]):
            say(f"the first line, {clean(titles[0])[:60]!r}, looks like the header of a table, but is read as a title: "
                "--data - reads tables")
        is_first = False
        show("\n".join(as_line(clean(title), pairs) for title, pairs in zip(titles, found(titles))))


def _check_predict(args: Namespace) -> None:
    """ValueError or OSError for options that do not fit together, or a file that cannot be written."""
    if args.data and args.titles:
        raise ValueError(f"predict: want titles or one file, --data, got both: {args.titles[0]!r:.60} and {args.data}")
    for title in args.titles:
        inputs.check_title(title)
    if not args.data and (args.out or reading_options.reading(args)):
        raise ValueError("predict: --out and the options of files want --data FILE, got none")
    if args.out and str(args.out) != "-":
        places.check({"--out": args.out}, inputs=[args.model, args.data])


def _found(classifier: TitleClassifier, top: int | None, threshold: float | None, titles: list[str]) -> list[Pairs]:
    """The categories of each title, and their probabilities: the `top` likeliest, or those above the threshold."""
    if not top:
        return classifier.predict_above(titles, threshold)
    return [[pair for pair in pairs if pair[1] > (threshold or 0)] for pairs in classifier.predict_top_k(titles, top)]


def explain(args: Namespace) -> None:
    """Print the effect of each word of a title on each of its likeliest categories."""
    classifier = TitleClassifier.load(args.model)
    title = clean(typed(args.title))
    found = classifier.explain(title, args.top)
    if args.json:
        show(json_text({"title": title, "categories": [
            {**e._asdict(), "effects": [effect._asdict() for effect in e.effects]} for e in found]}))
        return
    for category, probability, effects in found:
        show(f"{printable(category)} {probability:.2f}")
        for effect in effects:
            show(f"  {effect.probability:+.3f}  logit {effect.logit:+6.2f}  {printable(effect.word)}")
