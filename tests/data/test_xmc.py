"""Claim: files of the Extreme Classification Repository lose no row, and what is wrong in them is named by line."""

import bz2
import gzip
import lzma
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems import compiled

from nnlite import read_xmc
from nnlite.data import xmc

XMC = Path(__file__).parents[3] / "shared" / "data" / "xmc"


def write(folder, text, name="data.txt"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["data.txt", "data.txt.gz"])
def test_rows_labels_and_values(tmp_path, name):
    data = read_xmc(write(tmp_path, "3 4 5\n4,0 3:0.5 0:2\n 1:1\n2\n", name))
    np.testing.assert_array_equal(data.x.toarray(), [[2, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(data.y.toarray(), [[1, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]])


@pytest.mark.parametrize("text, message", [
    ("", r":1: want 'rows features labels', got ''"),
    ("3 4\n", r":1: want 'rows features labels', got '3 4'"),
    ("1 4 5\n5 0:1\n", r":2: label 5 is outside 0\.\.4 in '5 0:1'"),  # the id equal to n
    ("1 4 5\n-1 0:1\n", r":2: label -1 is outside"),
    ("1 4 5\n0 4:1\n", r":2: feature 4 is outside 0\.\.3"),
    ("1 4 5\n0,0 1:1\n", r":2: a label is repeated"),
    ("1 4 5\n0 1:1 1:2\n", r":2: a feature is repeated"),
    ("1 4 5\n0 1:x\n", r":2: could not convert string to float"),
    ("1 4 5\n0 1:1e99\n", r":2: want values between"),
    ("1 4 5\n0 1:nan\n", r":2: want values between"),
    ("1 4 5\n0 x:1\n", r":2: invalid literal"),
    ("1 4 5\n0 1\n", r":2: want feature:value pairs"),
    ("2 4 5\n0 1:1\n", r"promises 2 rows, the file has 1"),
    ("1 4 5\n0 1:1\n0 1:1\n", r"promises 1 rows, the file has 2"),
])
def test_bad_input_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_xmc(write(tmp_path, text))


@given(content=st.binary(max_size=60))
def test_any_bytes_give_a_dataset_or_one_error(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("xmc") / "data.txt"
    path.write_bytes(b"1 9 9\n" + content)
    try:
        assert len(read_xmc(path)) == 1
    except ValueError as error:
        assert str(path) in str(error)


@pytest.mark.skipif(not XMC.exists(), reason="the Bibtex and Delicious files are not here")
@pytest.mark.parametrize("name, rows, features, labels, without_label", [
    ("bibtex_train", 4_880, 1_836, 159, 0), ("bibtex_test", 2_515, 1_836, 159, 0),
    ("delicious_train", 12_920, 500, 983, None), ("delicious_test", 3_185, 500, 983, None),
])
def test_real_files_lose_no_row(name, rows, features, labels, without_label):
    data = read_xmc(XMC / f"{name}.txt.gz")
    assert (len(data), data.n_words, data.n_labels) == (rows, features, labels)
    empty = int(np.sum(np.diff(data.y.indptr) == 0))
    assert empty == without_label if without_label is not None else empty <= 14


@pytest.mark.parametrize("text, message", [
    ("-1 4 5\n", r":1: want sizes of 0 to 2,147,483,647, got '-1 4 5'$"),
    ("0 -4 5\n", r":1: want sizes"), ("0 4 -5\n", r":1: want sizes"),
    ("0 4 2147483648\n", r":1: want sizes"), ("0 2147483648 5\n", r":1: want sizes"), ("2147483648 4 5\n", ":1: want"),
    ("1 4 5 6\n", r":1: want 'rows features labels', got '1 4 5 6'$"),
    ("1 4 5\n0 -1:1\n", r":2: feature -1 is outside 0\.\.3 in '0 -1:1'$"),
    ("1 4 5\n0 1:1e38\n", r":2: want values between \+-1e\+38 in"), ("1 4 5\n0 1:-1e38\n", r":2: want values between"),
    ("3 4 5\n0 1:1\n0 1:1\n5 1:1\n", r":4: label 5 is outside"), ("3 4 5\n0 1:1\n0 1\n5 1:1\n", r":3: want feature:"),
    ("1 4 5\n0 " + "0:1 " * 99, r"a feature is repeated in '0 (0:1 ){14}0:'$"),
])
def test_bounds_and_line_numbers(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_xmc(write(tmp_path, text))


@pytest.mark.parametrize("text, message", [
    ("1 9999 5\n0 1_000:1\n", ":2: want numbers without '_'"), ("1 9999 5\n0 1:1_0\n", ":2: want numbers without '_'"),
    ("1 4 5\n0 +1:1\n", r":2: invalid literal: want an id of digits, got '\+1'"),
    ("1 4 5\n+1 1:1\n", r":2: invalid literal: .* got '\+1'"), ("1 4 50\n1_0 1:1\n", r":2: invalid literal"),
    ("1 4 5\n0 \u0661:1\n", ":2: invalid literal"), ("1 4 5\n\u0661 1:1\n", ":2: invalid literal"),
    ("1 4 5\n0 nan:1\n", ":2: invalid literal"), ("1 4 5\nnan 1:1\n", ":2: invalid literal"),
    ("1 4 5\n0 1.0:1\n", ":2: invalid literal"), ("1 4 5\n0 :1\n", ":2: invalid literal"),
    ("1 4 5\n0, 1:1\n", ":2: invalid literal"), ("1 4 5\n0 1: 1\n", ":2: "), ("1 4 5\n0 1:1:1\n", ":2: could not"),
    ("1 4 5\n0 1:infinity\n", ":2: want values between"), ("1 4 5\n0 1:\u0661\n", ":2: could not convert"),
    (f"1 4 5\n0 {'9' * 5000}:1\n", ":2: Exceeds the limit|:2: feature 9{20} is outside"),
    (f"1 4 5\n0 {'9' * 4000}:1\n", r":2: feature 9{20} is outside 0\.\.3 in '0 9{58}'$"),
    ("+1 4 5\n0 1:1\n", ":1: want 'rows"), ("1 1_0 5\n0 1:1\n", ":1: want 'rows"), ("\u0661 4 5\n", ":1: want 'rows"),
    (f"{'9' * 5000} 4 5\n", ":1: want 'rows"), ("1" * 10**6, ":1: want 'rows .* got '1{60}'$"),
    ("2147483647 4 5\n0 1:1\n", "promises 2147483647 rows, the file has 1"),
])
def test_only_plain_digits_are_ids(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_xmc(write(tmp_path, text))


def test_an_endless_line_is_read_no_further_than_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(xmc, "MAX_LINE_BYTES", 40)
    good = "1 9 1\n0 " + "1:" + "0" * 34
    assert read_xmc(write(tmp_path, good)).x.nnz == 1  # a line of 38 bytes
    for name in "data.txt", "data.txt.gz":
        with pytest.raises(ValueError, match=":2: want a line of at most 40 bytes, got a longer one in '0 1:0"):
            read_xmc(write(tmp_path, good + "00000\n", name))
    assert len(read_xmc(write(tmp_path, "2 9 1\n0 1:" + "0" * 35 + "\n0 1:1"))) == 2  # 40 bytes with the line end


@compiled
def test_memory_follows_the_bytes_that_are_read(tmp_path):
    """A line of zeros that unpacks to 40 MB from 40 kB."""
    path = tmp_path / "data.txt.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"2147483647 2147483647 2147483647\n0 1:")
        for _ in range(40):
            file.write(b"0" * 10**6)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=":2: want a line of at most"):
            read_xmc(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text, shape", [
    ("0 3 2\n", (0, 3, 2)), ("0 0 0\n", (0, 0, 0)), ("0 2147483647 2147483647\n", (0, 2**31 - 1, 2**31 - 1))])
def test_a_file_without_rows(tmp_path, text, shape):
    data = read_xmc(write(tmp_path, text))
    assert (len(data), data.n_words, data.n_labels) == shape


def test_the_largest_ids_and_values_and_any_line_ends_are_read(tmp_path):
    data = read_xmc(write(tmp_path, "4 4 5\r\n4 3:-9.9e37\r\n\r\n2\r\n 0:9.9e37"))
    assert data.x.toarray().tolist() == np.float32([[0, 0, 0, -9.9e37], [0] * 4, [0] * 4, [9.9e37, 0, 0, 0]]).tolist()
    assert data.y.indptr.tolist() == [0, 1, 1, 2, 2] and data.y.indices.tolist() == [4, 2]


@pytest.mark.parametrize("ending, pack", [(".gz", gzip.compress), (".bz2", bz2.compress), (".XZ", lzma.compress)])
@pytest.mark.parametrize("harm", ["cut", "another kind"])
def test_a_damaged_packed_file_is_named(tmp_path, ending, pack, harm):
    path = tmp_path / f"data.txt{ending}"
    packed = pack(b"2 4 5\n0 1:1\n0 1:1\n")
    path.write_bytes(packed)
    assert len(read_xmc(path)) == 2
    path.write_bytes(packed[:-12] if harm == "cut" else b"2 4 5\n0 1:1\n0 1:1\n")
    with pytest.raises(ValueError, match=f"data.txt{ending}: damaged: want a whole file of its ending's kind, got: "):
        read_xmc(path)
