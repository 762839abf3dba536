"""Delimited files of any dialect give their rows; where quotes are broken, rows may be lost but none is invented."""

import csv
import io
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlite.data.files import blocks, quotes
from nnlite.data.files.delimited import Rows
from nnlite.data.files.dialect import decide
from nnlite.data.lines import SkippedLine

DELIMITERS = ",;\t|~"
ITEMS = [["1", "Red Shoe", "Shoes"], ["2", 'TV, 55"', "TVs"], ["3", "Line\nbreak", "Hats"], ["4", "", ""],
         ["5", " b ", "ü"]]


def written(rows, delimiter=",", line_end="\n", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return out.getvalue()


def read(text, ending=".csv", **options):
    """(Dialect, what Rows yields) of a file with this text."""
    dialect = decide(text, ending, **options)
    return dialect, list(Rows(io.BytesIO(text.encode(errors="surrogateescape")), dialect))


def rows_of(text, ending=".csv", **options):
    return [row for _, row in read(text, ending, **options)[1]]


def kinds(items):
    return [row.kind for _, row in items if isinstance(row, SkippedLine)]


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz"])
def test_every_dialect_is_found(delimiter, line_end, quoting, ending):
    header, items = ["id", "title", "category"], ITEMS if line_end != "\r" else ITEMS[:2] + ITEMS[3:]
    dialect, got = read(written([header, *items], delimiter, line_end, quoting), ending)
    assert dialect.delimiter == delimiter and dialect.columns == header
    assert [row for _, row in got] == items
    if len(items) == len(ITEMS):
        assert [number for number, _ in got] == [2, 3, 4, 6, 7]


@pytest.mark.parametrize("start, n_lines", [
    ("\ufeff", 0), ("sep=;\r\n", 1), ('"sep=;"\n', 1), ("\n  \n", 2),
    ("# made by a shop\n# at noon\n", 2), ("#\n\n# x\n", 3),
])
def test_what_stands_before_the_header_is_skipped(start, n_lines):
    dialect, got = read(start + "title;category\nRed Shoe;Shoes\nHat, blue;Hats\n")
    assert dialect.columns == ["title", "category"]
    assert got == [(n_lines + 2, ["Red Shoe", "Shoes"]), (n_lines + 3, ["Hat, blue", "Hats"])]


def test_a_column_may_begin_with_a_hash():
    assert read("#id,title\n1,Shoe\n")[0].columns == ["#id", "title"]


def test_spaces_before_quotes():
    assert rows_of('title, category\n"Hat, blue", "Hats, all"\n"Shoe", "Shoes"\n')[0] == ["Hat, blue", "Hats, all"]


def test_quotes_without_meaning_stay():
    titles = ['"Weird Al" Greatest Hits', '13" Laptop Sleeve', '"The Rising', "Plain", 'said "ok"']
    text = "id\ttitle\n" + "".join(f"{i}\t{title}\n" for i, title in enumerate(titles))
    assert [row[1] for row in rows_of(text, ".tsv")] == titles


@pytest.mark.parametrize("line, row", [
    ('27" Monitor,Monitors', ['27" Monitor', "Monitors"]),
    ('"27"" Monitor, black",Monitors', ['27" Monitor, black', "Monitors"]),
    ('"TV 55" LED",TVs', ['TV 55" LED', "TVs"]),
    ('12" x 10" Pan,Kitchen', ['12" x 10" Pan', "Kitchen"]),
    ('"Big" Lebowski DVD,Movies', ['"Big" Lebowski DVD', "Movies"]),
    ('"He said "hi", then left",Cat', ['He said "hi", then left', "Cat"]),
    ('"5" x 7", glossy",Paper', ['5" x 7", glossy', "Paper"]),
    ('"say "hi"",Cat', ['say "hi"', "Cat"]),
    ('"",Cat', ["", "Cat"]),
])
@pytest.mark.parametrize("n_after", [0, 1, 40])
def test_quotes_that_are_not_escaped_stay_in_the_field(line, row, n_after):
    around = [["Mug", "Kitchen"]] * 9
    text = written([["title", "category"], *around]) + line + "\n" + written(around * n_after)
    assert rows_of(text) == [*around, row, *around * n_after]


BROKEN_TEXTS = [
    '"<p class="x">line\nfoo, bar\n</p>",Cat\n',
    '"x class="a", foo\nbar",Cat\n',
    '"x class="a", foo\nbar, baz\nboo",Cat\n',
    '"<ul>\n<li>a, "b"</li>\n<li class="c">d, e</li>\n<li>"f, g</li>\n</ul>",Cat\n',
    '"<a href="x",b>\nfoo, bar\na "quoted", text\n",Cat\n',
]


@pytest.mark.parametrize("text", BROKEN_TEXTS)
@pytest.mark.parametrize("n", [1, 30])
def test_no_row_comes_from_the_inside_of_another(text, n):
    whole = [text[1:text.rindex('"')], "Cat"]
    plain = [[f"Mug {i}", "Cat"] for i in range(n)]
    _, got = read("title,category\n" + written(plain) + text + written(plain))
    good = [row for _, row in got if isinstance(row, list)]
    assert all(row in plain or row == whole for row in good)
    assert len(good) >= n - 1
    assert whole in good or kinds(got)


@pytest.mark.parametrize("n_after", [0, 3, 500])
@pytest.mark.parametrize("later", ["", '"Tee, red",Kitchen\n', 'Mug,"Kitchen"\n'])
def test_a_stray_quote_does_not_swallow_the_file(n_after, later):
    plain = [[f"Mug {i}", "Kitchen"] for i in range(n_after)]
    cups = "Cup,Kitchen\n" * 20
    _, got = read("title,category\n" + cups + '"Mug,Kitchen\n' + written(plain) + later + cups)
    good = [row for _, row in got if isinstance(row, list)]
    assert all(row in plain or row[0] in ("Cup", "Mug", "Tee, red", '"Mug') for row in good)
    assert len(good) >= 39 + n_after


def test_a_file_that_ends_within_a_field_gives_no_row_from_it():
    _, got = read('title,category\nMug,Kitchen\n"Tee, blue\nfoo, bar\nbaz, qux')
    assert got[0] == (2, ["Mug", "Kitchen"]) and kinds(got[1:]) == ["unclosed quote"] * 3


@pytest.mark.parametrize("line, row", [
    ("1,A,B", ["1", "A", "B"]),
    ("1,A,B,", ["1", "A", "B"]),
    ('1,"A, b",B,,', ["1", "A, b", "B"]),
    ("1,A", ["1", "A", ""]),
    ("1", "wrong columns"),
    ("1,A,B,C", "wrong columns"),
    ("a\rb,A,B", ["a\rb", "A", "B"]),
    ("\0a,A,B", ["\1a", "A", "B"]),
    ("caf\udce9,A,B", "not UTF-8"),
    (f"1,{'x' * 200_000},B", ["1", "x" * 200_000, "B"]),
    (f'1,"{"x" * 200_000}",B', ["1", "x" * 200_000, "B"]),
])
def test_the_shapes_of_one_row(line, row):
    [(number, got)] = [item for item in read(f"id,title,category\n7,M,K\n{line}\n8,N,K\n")[1] if item[0] == 3]
    assert (got.kind if isinstance(got, SkippedLine) else got) == row


def test_a_line_end_without_quotes_makes_no_two_rows():
    assert kinds(read("id,title,category\n1,A,B\n2,foo\nbar,C\n3,D,E\n")[1]) == ["wrong columns"] * 2


def test_rows_may_end_with_one_delimiter_more_than_the_header():
    assert rows_of('id,title\n1,A,\n2,"B, c",\n3,"TV 55" LED",\n') == [["1", "A"], ["2", "B, c"], ["3", 'TV 55" LED']]


def test_a_field_may_have_any_number_of_lines():
    body = "".join(f"line {i}, with, commas\n" for i in range(20_000))
    items = [["a", body, "Shoes"], ["b", body + '"', "Hats"]]
    dialect = decide("Handle,Body,Type\na,b,c\n")
    text = written([["Handle", "Body", "Type"], *items])
    assert list(Rows(io.BytesIO(text.encode()), dialect)) == [(2, items[0]), (20_003, items[1])]


def test_a_row_that_is_too_long_is_counted_and_makes_no_other(monkeypatch):
    monkeypatch.setattr(quotes, "MAX_ROW_CHARS", 1 << 15)
    monkeypatch.setattr("nnlite.data.files.delimited.MAX_OPEN_LINES", 64)
    body = "".join(f"line {i} with\n" for i in range(20_000))
    _, got = read(written([["title", "category"], ["Mug", "K"], [body, "K"], *[["Mug", "K"]] * 50]))
    good = [row for _, row in got if isinstance(row, list)]
    assert {tuple(row) for row in good} == {("Mug", "K")} and len(kinds(got)) >= 20_000


def test_a_line_that_is_too_long_is_counted(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 1 << 18)
    plain = "1,A,B\n" * 40
    _, got = read("id,title,category\n" + plain + f"1,{'x' * 600_000},B\n" + plain)
    assert kinds(got) == ["line too long"] and len(got) == 81 and got[41][0] == 43


def test_without_a_header():
    dialect, got = read("Lamp\t3\nHose, 20 m\t4\n", header=False)
    assert dialect.columns is None and dialect.n_columns == 2
    assert got == [(1, ["Lamp", "3"]), (2, ["Hose, 20 m", "4"])]


@pytest.mark.parametrize("above, header", [
    ("My shop, May\n", "sku;name;category"), ("Export\n\n", "sku;price;category"),
    ("Info;Version=1;;\n", "*Title;*Category;x"), ("Version=2;a;b\nProduct Name;SKU;x\n", "item_name;item_sku;x"),
    ("Shop:;Acme\n", "sku;name;category"), ("Shop:;Acme\nDate:;1.5.;;\n", "sku;name;category"),
    ("", "Text;Kind;x"), ("", "title"), ("", "Art;Größe;x"), ("", "Art;Größe;"),
])
def test_what_stands_above_the_header_is_no_header(above, header):
    dialect, got = read(f"{above}{header}\n" + "1;Shoe, red;Shoes\n2;Hat;Hats\nname;x;y\n3;name;x\n" * 3)
    assert dialect.columns == header.split(";") and got[0][0] == above.count("\n") + 2
    assert bool(above) == any("above the header" in note for note in dialect.why)


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n"])
def test_a_delimiter_is_one_character(delimiter):
    with pytest.raises(ValueError, match="^delimiter: want one character"):
        decide("a,b\n", delimiter=delimiter)


cells = st.text(st.sampled_from('ab5 ",;\t\n|é漢\'=') | st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
tables = st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=9))


@settings(max_examples=150, deadline=None)
@given(tables, st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]), st.sampled_from([0, 1]),
       st.integers(1, 99))
@example([["", '"'], ["a\n", "b"]], ",", "\n", 0, 1)
def test_tables_come_back(table, delimiter, line_end, quoting, size):
    block, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, size
    try:
        header = [f"column {i}" for i in range(len(table[0]))]
        got = rows_of(written([header, *table], delimiter, line_end, quoting), delimiter=delimiter)
    finally:
        blocks.BLOCK_BYTES = block
    assert got == table


PHRASES = ["red", "TV", "steel mug", "the cup, big", "blue", "shirt, class"]
SLOPPY = ['{} {n}" {}', '<p class="{}">{}, {}\n{}, {}\n</p>', '{} class="a", {}\n{}', 'He said "{}", then {}',
          '"{}" {}', '{} {n}", {}', '{}\n{}, {}\n{} {n}" {}\n{}', "{}, {}", "{}", "{}"]


def sloppy_file(seed):
    """(text, its true rows): products with numbers, and titles whose quotes are not escaped."""
    rng = random.Random(seed)
    rows, lines = [], []
    for i in range(rng.randrange(10, 50)):
        pattern = rng.choice(SLOPPY[-3:] if rng.random() < 0.7 else SLOPPY)
        title = pattern.format(*rng.choices(PHRASES, k=6), n=i)
        rows.append([str(7 * i), title, rng.choice(["Shirts", "Mugs"]), f"{i}.50"])
        is_quoted = rng.random() < 0.3 or any(c in title for c in ",\n")
        lines.append(",".join([rows[-1][0], f'"{title}"' if is_quoted else title, *rows[-1][2:]]))
    return "id,title,category,price\n" + "\n".join(lines) + "\n", rows


@pytest.mark.parametrize("part", range(4))
def test_files_with_unescaped_quotes_give_true_rows_only(part):
    n_rows = n_read = 0
    for seed in range(part * 25, part * 25 + 25):
        text, rows = sloppy_file(seed)
        _, got = read(text)
        good = [row for _, row in got if isinstance(row, list)]
        assert all(row in rows for row in good), seed
        assert len(good) == len(rows) or kinds(got), seed
        n_rows, n_read = n_rows + len(rows), n_read + len(good)
    assert n_read > 0.85 * n_rows


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from('ab,"\n\r;\0\udce9 '), max_size=80), st.booleans())
def test_any_text_gives_rows_of_one_width(text, header):
    try:
        dialect = decide(text, header=header)
    except ValueError:
        return
    got = list(Rows(io.BytesIO(text.encode(errors="surrogateescape")), dialect))
    assert all(len(row) == dialect.n_columns for _, row in got if isinstance(row, list))
    assert [number for number, _ in got] == sorted({number for number, _ in got})


@pytest.mark.parametrize("line", ['"a,b\n', 'x","y\n', 'q,"' + 'a","b' * 200 + "\n", '"\n', '",' * 50 + "\n", "foo\n"])
def test_hostile_quotes_take_little_memory(line):
    dialect = decide('title,category\n"x,y\n')
    content = io.BytesIO(('title,category\n"x,y\n' + line * (2_000 // len(line) + 10)).encode())
    tracemalloc.start()
    n_rows = sum(1 for _ in Rows(content, dialect))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_rows and peak < 3 * 2**20


FILES = Path(__file__).parents[4] / "shared" / "cases" / "files"


@pytest.mark.skipif(not FILES.exists(), reason="the example files are not here")
def test_the_example_files_have_no_skipped_line():
    for path in [*FILES.glob("*.csv"), *FILES.glob("*.tsv")]:
        content = path.read_bytes()
        if path.name not in ("utf16.csv", "cp1252.csv"):
            got = read(content.decode(), path.suffix)[1]
            assert got and not kinds(got), path
