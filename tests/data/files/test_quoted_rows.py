"""Claim: rows with all cells in quotes are read fast although a quote is not escaped, and as `resolve` reads them.

The short way takes a row only where the slow one, which follows all readings of the quotes, is sure of the same row.
"""

import random

import pytest

from nnlite import read_records
from nnlite.data.files import delimited

CLEAN = ["a b", "12", "7", "S", "a, b", "1,5", "x", "Rugs", "Home > Seats"]
ODD = ['a"b', 'a"b"c', '5" x 7" d', 'a, b"c', 'x "y" z', 'a"b"c"d', 'a "b, c" d', '27" wide', 'a, "b',
       ', a"b', 'a" ', '""x']


def quoted(cells, delimiter=","):
    return delimiter.join(f'"{cell}"' for cell in cells) + "\n"


def file_of(seed):
    """A file of 2 to 5 columns, some of them with usual values, in which each third row or so has odd quotes."""
    rng = random.Random(seed)
    width = rng.randint(2, 5)
    kinds = ["free", "free", *(rng.choice(["number", "few", "free"]) for _ in range(width - 2))]
    delimiter = rng.choice(",;")
    lines = [quoted(["title", "category", *(f"c{i}" for i in range(width - 2))], delimiter)]
    for i in range(60):
        cells = [{"number": str(i), "few": f"kind {i % 3}", "free": f"{rng.choice(CLEAN)} {i}"}[kind] for kind in kinds]
        if rng.random() < 0.35:
            for place in rng.sample(range(width), rng.choice([1, 1, 1, 2])):
                cells[place] = rng.choice(ODD)
        lines.append(quoted(cells, delimiter))
    if rng.random() < 0.5:
        place = rng.randrange(1, 60)
        lines[place] = lines[place].replace(rng.choice([f'"{delimiter}"', '"']), rng.choice(["", '"', "\n"]), 1)
    return "".join(lines)


def read(path):
    try:
        reader = read_records(path)
        return [tuple(record) for record in reader], dict(reader.skipped)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("seeds", [range(start, start + 12) for start in (0, 12)])
def test_the_short_way_gives_the_same_records(seeds, tmp_path, monkeypatch):
    path, found = tmp_path / "a.csv", []
    for seed in seeds:
        path.write_text(file_of(seed))
        found.append(read(path))
    monkeypatch.setattr(delimited.Rows, "_is_among_quoted", lambda self: False)
    for seed, got in zip(seeds, found):
        path.write_text(file_of(seed))
        assert read(path) == got, seed


@pytest.mark.parametrize("width", [3, 4, 12, 30])
@pytest.mark.parametrize("odd", ['27" wide', '5" x 7" d', 'a "b" c, d'])
def test_one_broken_cell_among_quoted_ones(width, odd, tmp_path, monkeypatch):
    calls = []
    resolve = delimited.resolve
    monkeypatch.setattr(delimited, "resolve", lambda *given: calls.append(1) or resolve(*given))
    rows = [[f"{odd} {i}" if i % 10 == 5 else f"Stool {i}", f"Seats {i % 7}",
             *(f"text {i * j}" for j in range(width - 2))] for i in range(400)]
    path = tmp_path / "a.csv"
    path.write_text(quoted(["title", "category", *(f"c{j}" for j in range(width - 2))]) + "".join(map(quoted, rows)))
    assert read(path) == ([(title, (name,)) for title, name, *_ in rows], {}) and not calls


@pytest.mark.parametrize("lost", ['"{0}","Stool {0},"Seats {1}","9, 9"', '"{0}",Stool {0}","Seats {1}","9, 9"',
                                  '"{0}","Stool {0}",Seats {1}","9, 9"'])
@pytest.mark.parametrize("every", [10, 150])
def test_a_cell_that_has_lost_one_of_its_quotes_has_lost_both(lost, every, tmp_path):
    """A file that quotes where it must is another matter: there the quote may mean inches."""
    path = tmp_path / "a.csv"
    rows = [lost.format(i, i % 7) if i % every == 5 else f'"{i}","Stool {i}","Seats {i % 7}","9, 9"'
            for i in range(300)]
    path.write_text('"id","title","category","price"\n' + "\n".join(rows) + "\n")
    assert read(path) == ([(f"Stool {i}", (f"Seats {i % 7}",)) for i in range(300)], {})
    path.write_text("id,title,category,price\n" + "".join(
        f'{i},Monitor {i}","Seats, {i % 7}",9\n' if i % every == 5 else f"{i},Stool {i},Seats {i % 7},9\n"
        for i in range(300)))
    assert ('Monitor 5"', ("Seats, 5",)) in read(path)[0]
