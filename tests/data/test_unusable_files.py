"""Claim: a damaged file keeps what came before the damage; one without a usable record is an error that says why."""

import bz2
import gzip
import random
from itertools import islice

import pytest
from product_files import GOOD, HEADER, MUG, PACKERS, read, write

from nnlite.data.records import read_records


def titles(n, seed):
    """Titles that hardly compress, so that harm to the packed file meets few of them."""
    rng = random.Random(seed)
    return [rng.randbytes(16).hex() for _ in range(n)]


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("harm", ["cut", "overwritten", "appended"])
@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_a_damaged_file_keeps_what_came_before(tmp_path, packing, harm, ending):
    head, line = ("", '{"title": "%s", "category": "X"}\n') if ending == ".jsonl" else ("title,category\n", "%s,X\n")
    early, late = titles(n=2_000, seed=0), titles(n=2_000, seed=1)
    packed = [PACKERS[packing]((text + "".join(line % title for title in part)).encode())
              for text, part in ((head, early), ("", late))]
    whole, middle = b"".join(packed), len(packed[0]) + len(packed[1]) // 2
    content = {
        "cut": whole[:middle],
        "overwritten": whole[:middle] + bytes(40) + whole[middle + 40:],
        "appended": whole + whole[:20],
    }[harm]
    records, reader = read(tmp_path, "a" + ending + packing, content)
    assert [record.title for record in records[:2_000]] == early
    assert reader.skipped["damaged file"] == 1
    if harm != "overwritten":  # which the .gz format notices late, so that strange lines may come through
        assert [record.title for record in records] == (early + late)[: len(records)]
        number = len(records) + 1 + bool(head)
        assert f"{ending}{packing}:{number}: damaged file, want a whole" in reader.skipped.examples[0]


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.jsonl", b"", r"a\.jsonl: the file is empty$"),
        ("a.jsonl", b"\n  \r\n", r"a\.jsonl: the file is empty$"),
        ("a.csv", b"", r"a\.csv: the file is empty$"),
        ("a.csv", HEADER, r"a\.csv: no rows below the header$"),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), r"a\.jsonl\.gz: the file is empty$"),
        ("a.jsonl.gz", GOOD, r"a\.jsonl\.gz: damaged file, Not a gzipped file"),
        ("a.csv.xz", GOOD, r"a\.csv\.xz: damaged file, "),
        ("a.jsonl.bz2", bz2.compress(GOOD)[:20], r"damaged file"),
        ("a.jsonl", b'x\n{"title": "M"}\ny\n',
         r"2 of the first 3 rows cannot be read; the first is .*a\.jsonl:1: not JSON"),
        ("a.json", b'\n[{"title": "Mug"},\n', r"a\.json: no column of categories .*; the columns are 'title'$"),
        ("a.csv", b"id;heading\n1;Mug\n",
         r"a\.csv: no column of titles .* among 'id', 'heading': name it with --title"),
        ("a.csv", b"title,category_id\nMug,7\n",
         r"a\.csv: no column of categories .*'category_id' may hold them: --cat"),
        ("a.tsv", b"category\nX\n", r"a\.tsv: no column of titles"),
        ("a.csv", b'"title,category\nMug,Kitchen\n', r"a\.csv: no rows below the header"),
        ("a.csv", "title,category\n".encode("utf-16"), r"a\.csv: no rows below the header"),
    ],
)
def test_a_file_without_a_usable_record_is_an_error(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).isprintable()


def test_a_later_file_without_a_usable_record_is_an_error_too(tmp_path):
    reader = read_records([write(tmp_path, "a.jsonl", GOOD), write(tmp_path, "b.jsonl", b"x\n")])
    assert next(reader) == MUG
    with pytest.raises(ValueError, match=r"b\.jsonl: 1 of the first 1 rows cannot be read; .*b\.jsonl:1: not JSON"):
        next(reader)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.zst", "a", "jsonl", "a.csv"])
def test_what_a_file_holds_tells_more_than_its_ending(tmp_path, name):
    assert read(tmp_path, name, GOOD)[0] == [MUG]


@pytest.mark.parametrize("name", ["a.gz", "a.csv.gz.gz"])
def test_what_is_not_packed_as_its_ending_says_is_damaged(tmp_path, name):
    with pytest.raises(ValueError, match="damaged file"):
        read(tmp_path, name, GOOD)


def test_what_cannot_be_opened_is_an_error(tmp_path):
    good = write(tmp_path, "good.jsonl", GOOD)
    with pytest.raises(FileNotFoundError, match="missing.jsonl"):
        read_records([good, tmp_path / "missing.jsonl"])
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(IsADirectoryError, match="folder.jsonl"):
        next(read_records(tmp_path / "folder.jsonl"))
    with pytest.raises(ValueError, match="no file given"):
        read_records([])


def test_a_second_file_without_a_record_is_an_error_about_its_own_lines(tmp_path):
    """Although so many lines of the first file were skipped that no further one is among the examples."""
    first = write(tmp_path, "a.jsonl", b"x\n" * 9 + GOOD * 10)
    for content, message in (
            (b'\n{"title": "Mug", "category": " > "}\n', "no usable record in 1 rows: .* is .*b.jsonl:2: no category"),
            (b"", "the file is empty$")):
        reader = read_records((first, write(tmp_path, "b.jsonl", content)))
        assert list(islice(reader, 10)) == [MUG] * 10
        with pytest.raises(ValueError, match=f"b.jsonl: {message}"):
            next(reader)


def test_the_file_after_a_damaged_one_is_read(tmp_path):
    damaged = write(tmp_path, "a.jsonl.gz", gzip.compress(GOOD * 3)[:-6])
    reader = read_records([damaged, write(tmp_path, "b.jsonl", GOOD)])
    assert list(reader) == [MUG] * 4 and reader.skipped == {"damaged file": 1}


def test_a_long_name_of_a_column_is_cut_in_an_error(tmp_path):
    with pytest.raises(ValueError, match="no column of titles") as error:
        read(tmp_path, "a.csv", "\n \nid," + "x" * 5000 + "\n1,2\n")
    assert len(str(error.value)) < len(str(tmp_path)) + 1200
