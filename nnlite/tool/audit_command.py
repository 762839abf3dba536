"""`nnlite audit`: the suspects of a catalogue as a table that a spreadsheet can open, and what else was found."""

import csv
import io
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from nnlite.classifier.audit import Audit, audited
from nnlite.data.records import Record, RecordReader, read_records
from nnlite.system.atomic_file import replacing
from nnlite.tool import places, reading_options, train_command
from nnlite.tool.printing import cell, printable, say, show
from nnlite.tool.progress import display, stages_shown
from nnlite.tool.report.suspects import write_audit
from nnlite.tool.values import folds, place, positive
from nnlite.tool.words import Parser
from nnlite.training.history import Step

ABOUT = """Finds the products that probably bear a wrong category or lack one, for a person to check.

  nnlite audit products.csv --out suspects.csv
  nnlite audit products.jsonl.gz --out suspects.csv --report page.html

The products are cut into --folds parts, near-duplicates in the same one. Each part is judged by a network that is
trained on the others and has not seen it. The table has a line for each suspect, the surest first:

row         of the file, as messages about skipped lines count; behind the file's name if there are several
kind        wrong: the category does not fit the title; missing: a category fits that the product does not have
category    the one that is wrong or missing
suggestion  what the network would give instead of a wrong one
score       the probability that the category is wrong, or missing, estimated from how categories score that are dealt
            to products at random
words       of the title that speak for the suggestion and against the category, the strongest first
categories  all that the product has

Categories that fit less than one dealt at random are in the table whatever their score. Also found are the share of the
categories that is as wrong as if dealt at random, with a 95 % interval (mistakes between similar categories are not in
it); titles that occur with different categories; categories that are given to the same products, or taken for each
other; and categories that no title tells.
Products without any category are left out: predict --data gives them some.
"""
TOP = 1_000  # suspects in the table, if nothing else is asked for
COLUMNS = "row", "kind", "title", "category", "suggestion", "score", "words", "categories"
DELIMITERS = {".csv": ",", ".tsv": "\t"}
SHOWN = 3  # of each kind of finding, on standard output
FIRST_STEPS = range(5, 30)  # whose times tell how long all will take; those before them load the kernels


def options(command: Parser) -> None:
    """Add the options that are not those of a training or of reading."""
    command.add_argument("--out", metavar="FILE", type=place, required=True, help="a .csv or .tsv file to write")
    command.add_argument("--report", metavar="FILE", type=place, help="write an HTML page with all findings")
    command.add_argument("--top", type=positive, default=TOP, metavar="N",
                         help="the most suspects in the table (default: %(default)s)")
    command.add_argument("--folds", type=folds, default=5, metavar="N",
                         help="how many networks are trained: fewer take less time and find less (default: "
                              "%(default)s)")


def audit(args: Namespace) -> None:
    """Write the suspects of some files to a table, print what else was found, and write the page."""
    if args.out.suffix.lower() not in DELIMITERS:
        raise ValueError(f"--out {args.out}: want .csv or .tsv, got {args.out.suffix!r}")
    places.check({"--out": args.out, "--report": args.report},
                 inputs=[*args.data, *([args.mapping] if args.mapping else [])])
    with stages_shown(say):
        reader = read_records(args.data, **reading_options.reading(args))
        records, rows = numbered(reader)
        say(reader.summary())
        say(f"trains {args.folds} networks, each on the products that it does not judge")
        with closing(display(say)) as on_step:
            found = audited(records, args.recipe, args.folds, args.top, Expected(on_step),
                            **train_command.settings(args))
    with replacing(args.out) as file:
        file.write(table(found, records, rows, args.top, DELIMITERS[args.out.suffix.lower()]).encode())
    if args.report:
        write_audit(args.report, found, rows, ", ".join(map(str, args.data)))
    show("\n".join([*summary(found, rows), f"{args.out}: {min(args.top, len(found.suspects)):,} suspects"]))


def numbered(reader: RecordReader) -> tuple[list[Record], list[str]]:
    """The records, and where each stands: its row, behind the name of its file if there are several."""
    records, rows = [], []
    for record in reader:
        file = f"{reader.paths[len(reader.readings) - 1]}:" if len(reader.paths) > 1 else ""
        records.append(record)
        rows.append(f"{file}{reader.number}")
    return records, rows


class Expected:
    """Says after the first steps how long all of them will take; hands each step on."""

    def __init__(self, on_step: Callable[[Step], Any]):
        self.on_step, self.began = on_step, 0.0

    def __call__(self, step: Step) -> None:
        if step.step == FIRST_STEPS.start:
            self.began = step.seconds
        elif step.step == FIRST_STEPS.stop and step.n_steps:
            seconds = (step.seconds - self.began) / len(FIRST_STEPS) * step.n_steps
            say(f"{step.n_steps:,} steps, about {seconds:,.0f} s")
        self.on_step(step)


def table(found: Audit, records: list[Record], rows: list[str], most: int, delimiter: str) -> str:
    """The first suspects as the text of a table; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(COLUMNS)
    for i, (row, title, kind, category, suggestion, score) in enumerate(found.suspects[:most]):
        cells = [rows[row], kind, title, category, suggestion, f"{score:.4f}", " ".join(found.words.get(i, ())),
                 "; ".join(records[row].categories)]
        writer.writerow(map(cell, cells))
    return text.getvalue()


def summary(found: Audit, rows: list[str]) -> Iterator[str]:
    """What was found, in lines."""
    kinds, share = Counter(suspect.kind for suspect in found.suspects), found.share
    yield (f"{found.n_records:,} products, {found.n_given:,} times a category of {found.n_labels:,}; about "
           f"{100 * share.estimate:.2g} % of these ({100 * share.low:.2g} to {100 * share.high:.2g} %) are as wrong as "
           "if dealt at random; mistakes between similar categories are not among them")
    yield f"suspects: {kinds['wrong']:,} categories that may be wrong, {kinds['missing']:,} that may be missing"
    yield from _some("titles with different categories", [
        f"{one.title!r:.60}, rows {', '.join(rows[row] for row in one.rows[:SHOWN])}" for one in found.contradictions])
    yield from _some("twins", [f"{one.first!r} and {one.second!r}, {one.kind}" for one in found.twins])
    yield from _some("categories that no title tells", [
        f"{one.category!r} ({one.n_records:,} products)" for one in found.at_random])


def _some(what: str, found: list[str]) -> Iterator[str]:
    """A line with their number, then the first few."""
    yield f"{what}: {len(found):,}"
    yield from (f"  {printable(one)}" for one in found[:SHOWN])
