"""Claim: a quote that is not closed costs a line or two, and rows of many lines are read whole."""

import pytest
from product_files import HEADER, MUG, ROW, read

from nnlite.data.lines import MAX_ROW_LINES
from nnlite.data.records import Record


def test_a_carriage_return_within_a_cell_is_a_space(tmp_path):
    assert read(tmp_path, "a.csv", HEADER + ROW + b"a\rb,X\n")[0] == [MUG, Record("a b", ("X",))]


@pytest.mark.parametrize("n_after", [0, 3, MAX_ROW_LINES + 3])
def test_an_unclosed_quote_costs_one_line(tmp_path, n_after):
    rows = b"".join(b"Mug %d,Kitchen\n" % i for i in range(n_after))
    records, reader = read(tmp_path, "a.csv", HEADER + ROW * 300 + b'"Mug,Kitchen\n' + rows)
    after = [Record(f"Mug {i}", ("Kitchen",)) for i in range(n_after)]
    if not reader.skipped:  # the quote is taken for an inch sign
        records.remove(('"Mug', ("Kitchen",)))
    assert records == [MUG] * 300 + after and reader.skipped.total() <= 1


@pytest.mark.parametrize("n_lines", [MAX_ROW_LINES, MAX_ROW_LINES + 1, 2_000])
def test_a_row_may_have_many_lines(tmp_path, n_lines):
    row = b'"Mug' + b"\n" * (n_lines - 1) + b'",Kitchen\n'
    assert read(tmp_path, "a.csv", HEADER + row + ROW)[0] == [MUG, MUG]


@pytest.mark.parametrize("later", [b'"Mug","Kitchen"\n', b'"Mug",Kitchen\n', b'Mug,"Kitchen"\n'])
def test_a_stray_quote_does_not_reach_the_next_quote(tmp_path, later):
    records, reader = read(tmp_path, "a.csv", HEADER + ROW * 30 + b'"Mug,Kitchen\n' + ROW * 3 + later + ROW * 30)
    n = reader.skipped.total()
    assert n <= 5 and records == [MUG] * (65 - n)


def test_quotes_within_the_titles_of_a_tsv_file_stay(tmp_path):
    records, _ = read(tmp_path, "a.tsv", 'title\tcategory\nTV 55"\tTV\n"Best" TV\tTV\n' + 'Mug\tTV\n' * 20)
    assert [record.title for record in records] == ['TV 55"', '"Best" TV', *["Mug"] * 20]
