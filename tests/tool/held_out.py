"""600 products of which a training holds out some, and a quick training of them; for tests of `nnlite train`."""

import re

from running import run

from nnlite import Record, make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.cleaning import clean

QUICK = "--epochs", "2", "--hidden", "8"
RECORDS = [Record(clean(title), names) for title, names in make_catalogue(600)]


def train(way, *argv, path="all.jsonl", folder="m"):
    """The classifier that a quick training has saved."""
    chunks = ["--chunks", f"{folder}-chunks"] if way == "chunks" else []
    assert run("train", path, "--model", folder, *QUICK, *chunks, *argv) == 0
    return TitleClassifier.load(folder)


def score_said(err):
    """(products, percent) of the headline."""
    found = re.search(r"on ([\d,]+) products that it has not seen: .*? true for ([\d.]+) %", err)
    return int(found[1].replace(",", "")), found[2]
