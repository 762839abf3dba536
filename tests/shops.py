"""A small shop whose categories a network learns in a second, shared by the tests, and files of product records."""

import gzip
import json

from nnlite import Record, make_catalogue

WORDS = {"dress": ("Women", "Dresses"), "shoe": ("Men", "Shoes"), "鞋子": ("Men", "Shoes"), "حقيبة": ("Women", "Bags")}
SMALL = dict(epochs=60, hidden=(8,), min_count=2, label_min_count=2, batch_rows=8, word_dropout=0.0, dropout=0.0)


def shop(n=40):
    """Titles of three words, of which the middle one tells the categories."""
    titles, categories = [], []
    for i in range(n):
        word, names = list(WORDS.items())[i % len(WORDS)]
        titles.append(f"{'blue red green'.split()[i % 3]} {word} {i % 5}")
        categories.append(names)
    return titles, categories


def lines(records):
    """The records as lines of a .jsonl file."""
    return "".join(json.dumps({"title": title, "category": list(names)}) + "\n" for title, names in records)


def shop_file(folder, n=40):
    """The path of a file with the records of the shop."""
    path = folder / "shop.jsonl"
    path.write_text(lines(map(Record, *shop(n))))
    return path


def catalogue_files(folder, n=3_000):
    """The folder, with n made-up products as plain.jsonl and, with a bad line behind each, as packed.jsonl.gz."""
    made = lines(make_catalogue(n)).splitlines(True)
    (folder / "plain.jsonl").write_text("".join(made))
    with gzip.open(folder / "packed.jsonl.gz", "wt") as file:
        file.write("{}\n".join(made))
    return folder
