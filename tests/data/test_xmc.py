"""Claim: files of the Extreme Classification Repository lose no row, and what is wrong in them is named by line."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import read_xmc

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
