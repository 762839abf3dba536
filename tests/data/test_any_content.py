"""Claim: records that are written come back, and any other bytes are accounted for line by line."""

import csv
import io
import json
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from product_files import GOOD, HEADER, MUG, PACKERS, ROW, cleaned, items, quick, read

from nnlite.data import lines
from nnlite.data.cleaning import clean


@quick
@given(items, st.booleans())
def test_json_lines_come_back(tmp_path, products, escape):
    lines = [json.dumps({"title": t, "category": c}, ensure_ascii=escape) for t, c in products]
    records, reader = read(tmp_path, "a.jsonl", GOOD + "\n".join(lines).encode())
    assert records == [MUG, *cleaned(products)]
    assert reader.n_records + reader.skipped.total() == 1 + len(lines)


@quick
@given(st.lists(st.sampled_from([0, 1, 40, 63, 64, 65, 130]), max_size=9),
       st.sampled_from([b"a", "é".encode(), b"\xff"]), st.booleans())
def test_lines_are_whole_wherever_blocks_end(sizes, unit, ended):
    content = b"\n".join(unit * (size // len(unit)) for size in sizes) + b"\n" * ended
    want = []
    for line in content.splitlines(keepends=True):
        bad = "line too long" if len(line) > 64 else "not UTF-8" if b"\xff" in line else None
        want.append(bad or line.decode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", 7)
        patch.setattr(lines, "MAX_LINE_BYTES", 64)
        found = list(lines.numbered_lines(io.BytesIO(content)))
    assert [getattr(text, "kind", text) for _, text in found] == want
    assert [number for number, _ in found] == list(range(1, len(want) + 1))


@quick
@given(items)
def test_python_literals_come_back(tmp_path, products):
    lines = [repr({"title": t, "categories": [c]}) for t, c in products]
    records, reader = read(tmp_path, "a.json", GOOD + "\n".join(lines).encode())
    assert records == [MUG, *cleaned(products)]
    assert reader.n_records + reader.skipped.total() == 1 + len(lines)


def test_nul_in_a_table_is_left_out(tmp_path):
    """With every version of Python: the csv module of 3.10 would refuse the row."""
    records, reader = read(tmp_path, "a.csv", b"name,category\nBlue\0 mug,Kit\0chen\n" + ROW * 9)
    assert records == [("Blue mug", ("Kitchen",)), *[MUG] * 9] and not reader.skipped


@quick
@given(items, st.sampled_from([(".csv", ",", csv.QUOTE_MINIMAL), (".tsv", "\t", csv.QUOTE_ALL)]))
def test_tables_come_back(tmp_path, products, kind):
    ending, delimiter, quoting = kind
    if sys.version_info < (3, 11):  # its csv.writer refuses NUL
        assume(not any("\0" in text for title, categories in products for text in (title, *categories)))
    file = io.StringIO()
    rows = csv.writer(file, delimiter=delimiter, quoting=quoting)
    rows.writerows([["title", "categories"], ["Mug", "Kitchen"]])
    rows.writerows([t, " > ".join(c)] for t, c in products)
    records, reader = read(tmp_path, "a" + ending, file.getvalue())
    assert records == [MUG, *cleaned((t, clean(" > ".join(c)).split(">")) for t, c in products)]
    assert reader.n_records + reader.skipped.total() == 1 + len(products)


def n_filled(content):
    """The lines that are not empty."""
    return sum(1 for line in content.split(b"\n") if line.decode(errors="replace").strip())


dirt = st.lists(st.sampled_from([GOOD, ROW, b"{", b"}", b"'", b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"a"]))


@quick
@given(st.one_of(st.binary(max_size=200), dirt.map(b"".join)), st.sampled_from(["", ".gz", ".bz2", ".xz"]))
def test_any_bytes_are_accounted_for(tmp_path, content, packing):
    content = GOOD * 200 + content
    records, reader = read(tmp_path, "a.jsonl" + packing, PACKERS[packing](content), encoding="utf-8")
    assert records[:200] == [MUG] * 200 and len(records) == reader.n_records
    assert reader.n_records + reader.skipped.total() == n_filled(content)


@quick
@given(st.one_of(st.binary(max_size=200), dirt.map(b"".join)))
def test_whatever_comes_before_a_good_last_row_is_read(tmp_path, content):
    content = HEADER + ROW * 200 + content + b"\n" + ROW * 300
    records, reader = read(tmp_path, "a.csv", content, encoding="utf-8", delimiter=",")
    assert records[-1] == MUG
    assert reader.n_records + reader.skipped.total() <= n_filled(content) - 1


@quick
@given(st.binary(max_size=200), st.sampled_from([e + p for e in (".jsonl", ".json", ".csv", ".tsv") for p in PACKERS]))
def test_any_bytes_raise_nothing_but_one_line(tmp_path, content, ending):
    try:
        read(tmp_path, "a" + ending, content)
    except ValueError as error:
        assert str(error).startswith(str(tmp_path)) and "\n" not in str(error)
