"""Claim: the rows of a CSV file are those that reading on from every broken row's second line gives, in linear time."""

import csv
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlite.data import rows
from nnlite.data.lines import SkippedLine
from nnlite.data.rows import Rows

PIECES = ['"', '"', ",", "a", '""', '","', "\r", " ", "b" * 9]


def simple_rows(lines, max_lines):
    """The twin, which parses up to max_lines lines once more for each broken row: (line number, fields or kind)."""
    found, n_columns, i = [], 0, 0
    while i < len(lines):
        first, taken, i = lines[i], 1, i + 1
        if isinstance(first, str) and not first.strip():
            continue

        def more():
            nonlocal taken
            yield first
            while taken < max_lines and i + taken - 1 < len(lines):
                taken += 1
                if isinstance(lines[i + taken - 2], SkippedLine):
                    break
                yield lines[i + taken - 2]
            raise SkippedLine("unclosed quote", first)

        number = i
        try:
            if isinstance(first, SkippedLine):
                raise first
            row = next(csv.reader(more()))
            n_columns = n_columns or len(row)
            if len(row) != n_columns:
                raise SkippedLine("wrong columns", first)
            if taken > 1:
                next(csv.reader(lines[i - 1:i + taken - 1], strict=True))
            i += taken - 1
        except SkippedLine as trouble:
            row = trouble.kind
        except csv.Error:
            row = "unclosed quote" if taken > 1 else "not CSV"
        found.append((number, row))
    return found


def got(lines, max_lines=5):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "MAX_ROW_LINES", max_lines)
        return [(number, row.kind if isinstance(row, SkippedLine) else row)
                for number, row in Rows(iter(enumerate(lines, 1)), ",")]


texts = st.lists(st.sampled_from(PIECES), max_size=6).map(lambda pieces: "".join(pieces) + "\n")
lines = st.lists(st.one_of(texts, texts, texts, st.just(SkippedLine("not UTF-8", b""))), max_size=12)


@given(lines)
@example(['a,b\n', '"x\n', 'y","z"\n', 'p,"\n', '",q"r\n', '"\n'])
def test_rows_are_those_of_the_simple_reader(lines):
    assert got(lines) == simple_rows(lines, 5)


def test_rows_of_many_random_lines():
    rng = random.Random(0)
    for trial in range(300):
        columns = rng.choice([1, 2, 3])
        lines = ["a" + ",b" * (columns - 1) + "\n"]
        for _ in range(40):
            fields = [rng.choice(["x", '"y"', '"y\n"', '"y"",\n', '"\n\n', 'z"', '"q" ']) for _ in range(columns)]
            lines += (",".join(fields) + "\n").splitlines(keepends=True)
        assert got(lines) == simple_rows(lines, 5), trial


def test_a_field_that_is_too_long_breaks_its_row():
    lines = ["a,b\n", 'x,"' + "y" * 70_000 + "\n", "y" * 70_000 + '"\n', "p,q\n"]
    assert got(lines) == simple_rows(lines, 5) and got(lines)[1][1] == "unclosed quote"


@pytest.mark.parametrize("line", [
    'x","y\n', '"a,b\n', 'q,"' + 'a","b' * 9 + "\n", '"a",b"\n', '"\n', '""",\n', 'a,"b"c"\n', ',"\n', '"x",y\n"\n"'])
def test_a_character_is_parsed_a_few_times(monkeypatch, line):
    """Not once for each of the 256 lines that a row may have."""
    parsed, reader = [], csv.reader

    def counted(texts, **settings):
        texts = list(texts)
        parsed.append(sum(map(len, texts)))
        return reader(texts, **settings)

    monkeypatch.setattr(rows.csv, "reader", counted)
    for lines in [line] * 2_000, [line, "a,b\n"] * 1_000, ['"', *[line] * 100] * 20:
        lines = "".join(["a,b\n", *lines]).splitlines(keepends=True)
        parsed.clear()
        assert len(list(Rows(iter(enumerate(lines, 1)), ","))) > 1
        assert sum(parsed) < 7 * sum(map(len, lines))
