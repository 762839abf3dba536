"""The options of `read_records` on the command line, of the package and of its example."""

import argparse
import csv
import re
from argparse import Namespace
from typing import Any

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.files.columns import Options
from nnlite.data.records import given, make_options
from nnlite.tool.printing import say

ABOUT = "how files are read; what is not given, or given as 'auto', is decided on a sample, see `nnlite look`"
AUTO = "auto"


def add(command: argparse.ArgumentParser, separator: str = "the only text that separates names in a category cell",
        ) -> None:
    """Add the options; separator: the help of the one of this name."""
    group = command.add_argument_group("files", ABOUT)
    group.add_argument("--title", metavar="COLUMN", help="the column of titles")
    group.add_argument("--categories", action="append", metavar="COLUMN[,COLUMN...]",
                       help="the columns of categories; may be repeated, as a column's name may hold a comma")
    group.add_argument("--separator", metavar="TEXT", help=separator)
    group.add_argument("--delimiter", metavar="CHARACTER",
                       help="between the cells of a table, or one of the words tab, comma, semicolon, pipe")
    group.add_argument("--encoding", metavar="NAME", help="such as utf-8, cp1252, utf-16")
    group.add_argument("--no-header", dest="header", action="store_const", const=False,
                       help="the first row is a product; columns are given by number, from 1 on")
    group.add_argument("--header", action="store_const", const=True, help="the first row names the columns (default)")
    group.add_argument("--paths", choices=("levels", "full", "leaf"),
                       help="of 'Women > Shoes' take each level (default), 'Women > Shoes', or 'Shoes'")


def reading(args: Namespace) -> dict[str, Any]:
    """The options that were given, as keywords for `read_records`. Raises what it raises."""
    values = {name: getattr(args, name, None) for name in Options._fields}
    found = {name: value for name, value in values.items() if value not in (None, AUTO, [AUTO])}
    if "categories" in found:
        found["categories"] = [name for text in found["categories"] for name in unquoted(text)]
    return given(make_options(**found))


def unquoted(text: str) -> list[str]:
    """The names in a text like '"Shoes, Bags",Toys'; without quotes it is one, and its commas are for its reader."""
    if not re.search(r'^\s*"|,\s*"', text):
        return [text]
    return [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row]


def as_trained(args: Namespace, classifier: TitleClassifier, *without: str) -> dict[str, Any]:
    """The options that were given and, of all others, those that the model was trained with, which is said.

    without: names of options that do not count
    One that is given as 'auto', or as the default, is not that of the training either.
    """
    own, stored = reading(args), classifier.training_.get("reading", {})
    more = {name: value for name, value in stored.items() if getattr(args, name, None) is None and name not in without}
    if more:
        texts = (f"{name} {value!r}" for name, value in more.items())
        say(f"{args.model}: reads as in its training: {', '.join(texts)}")
    return more | {name: value for name, value in own.items() if name not in without}
