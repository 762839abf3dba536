"""Claim: lines, titles and cells of any length are read or skipped in little memory."""

import csv
import gzip
import json
import subprocess
import sys
import tracemalloc

import pytest
from problems import compiled
from product_files import GOOD, read, write

from nnlite.data.lines import MAX_LINE_BYTES, MAX_TITLE_CHARS
from nnlite.data.records import Record, read_records


def test_a_cell_of_any_length_is_read(tmp_path):
    name = "x" * (csv.field_size_limit() + 1)
    assert read(tmp_path, "a.csv", f"title,category\nMug,{name}\n")[0] == [Record("Mug", (name,))]


def test_a_line_of_any_length_takes_little_memory(tmp_path):
    path = write(tmp_path, "a.jsonl.gz", gzip.compress(GOOD + b"x" * 10_000_000 + b"\n" + b"\xff\n" + GOOD))
    list(read_records(path))
    tracemalloc.start()
    reader = read_records(path)
    n_records = sum(1 for _ in reader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_records == 2 and reader.skipped == {"line too long": 1, "not UTF-8": 1}
    assert ":3: not UTF-8" in reader.skipped.examples[1]
    assert peak < 8 * MAX_LINE_BYTES


@pytest.mark.parametrize("more, kind", [(0, {}), (1, {"not JSON": 1})])
def test_a_python_literal_may_have_so_many_characters_and_no_more(tmp_path, monkeypatch, more, kind):
    line = "{'title': 'Mug', 'category': ['Kitchen']}"
    monkeypatch.setattr("nnlite.data.files.arrays.MAX_CHARS", len(line) + len("\r\n"))
    for end in b"", b"\n", b"\r\n":
        _, reader = read(tmp_path, "a.jsonl", GOOD + line.encode() + b" " * 3 * more + end)
        assert reader.skipped == kind and reader.n_records == 2 - more


def test_a_title_may_have_so_many_characters(tmp_path):
    line = json.dumps({"title": "x" * MAX_TITLE_CHARS + " <br>" * 999, "category": ["X"]})
    assert len(read(tmp_path, "a.jsonl", line)[0][0].title) == MAX_TITLE_CHARS


@pytest.mark.parametrize("n", [64, 65, 5_000])
def test_a_list_may_have_many_categories(tmp_path, n):
    line = json.dumps({"title": "Blue mug", "category": [str(i) for i in range(n)]})
    assert len(read(tmp_path, "a.jsonl", line)[0][0].categories) == n


@compiled
def test_titles_of_a_megabyte_take_little_memory(tmp_path):
    """In a file they are skipped as a kind of their own; from Python, a few are hashed at a time."""
    path, line = tmp_path / "a.jsonl.gz", json.dumps({"title": "ab " * 333_000, "category": ["X"]}) + "\n"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(GOOD * 10)
        for _ in range(9):
            file.write(line.encode())
    snippet = """
import logging, resource, sys
import nnlite
logging.disable()
nnlite.Vocabulary.build([("a", ("b",))], min_count=1)
started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reader = nnlite.read_records(sys.argv[1])
records = list(reader) + [nnlite.Record("a " * 250_000, ("X",))] * 12
nnlite.Vocabulary.build(records, min_count=1, ngrams=2)
print(dict(reader.skipped), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started < 200_000)
"""
    found = subprocess.run([sys.executable, "-c", snippet, path], capture_output=True, text=True, check=True)
    assert found.stdout == "{'title too long': 9} True\n"
