"""Claim: what is written to a folder of arrays is read back as it was."""

import numpy as np
import pytest
from folders import ARRAYS, KIND, TEXTS, change, refused, texts_of, write
from hypothesis import given
from hypothesis import strategies as st

from nnlite.system import array_files, array_folder, open_folder


@pytest.mark.parametrize("map_bytes", [0, open_folder.MAP_BYTES])
def test_what_is_written_is_read(tmp_path, monkeypatch, map_bytes):
    monkeypatch.setattr(open_folder, "MAP_BYTES", map_bytes)
    header, arrays, texts = array_folder.read(write(tmp_path / "a"), KIND)
    assert header == {"format": 4, "kind": KIND, "answer": 42} and texts.keys() == TEXTS.keys()
    assert [len(lines) for lines in texts.values()] == [len(lines) for lines in TEXTS.values()]
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array) and arrays[name].dtype == array.dtype
        assert arrays[name].flags.writeable and arrays[name].flags.aligned and type(arrays[name]) is np.ndarray


@given(st.lists(st.text(st.characters(codec=None, categories=None), max_size=9), max_size=9))
def test_any_text_comes_back(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("texts") / "a"
    assert texts_of(write(folder, texts={"words": lines})) == {"words": lines}


@pytest.mark.parametrize("shape", [(0,), (0, 3), (1, 5), (5, 1)])
def test_awkward_shapes_come_back(tmp_path, shape):
    array = np.ones(shape, np.float32)
    got = array_folder.read(write(tmp_path / "a", arrays={"x": array[::1]}), KIND)[1]["x"]
    assert np.array_equal(got, array) and got.shape == shape


@pytest.mark.parametrize("dtype, number", [("uint8", 5), ("float32", 4)])
def test_bytes_have_a_format_of_their_own_and_the_size_is_known_before(tmp_path, dtype, number):
    arrays = ARRAYS | {"x": np.arange(7).astype(dtype)}
    folder = write(tmp_path / "a", {"answer": 42}, arrays)
    header, got, _ = array_folder.read(folder, KIND)
    assert header["format"] == number and got["x"].dtype == dtype and got["x"].tolist() == list(range(7))
    size = sum(path.stat().st_size for path in folder.iterdir())
    at_most = array_folder.bytes_at_most(KIND, {"answer": 42}, arrays, TEXTS)
    assert size <= at_most <= size + 4 * len(arrays | TEXTS)  # a checksum may have fewer digits


def test_a_checksum_of_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(array_files, "CRC_BYTES", 8)
    assert texts_of(write(tmp_path / "a")) == TEXTS
    monkeypatch.setattr(array_files, "CRC_BYTES", 16)
    refused(tmp_path / "a", "CRC-32")


def test_what_is_made_of_a_folder_counts_only_if_it_is_sound(tmp_path):
    def use(header, arrays, texts):
        if texts["words"][0] != "blue":
            raise KeyError("not one of ours")
        return header["answer"], sorted(arrays), sorted(texts)

    folder = write(tmp_path / "a")
    assert array_folder.read(folder, KIND, use) == (42, sorted(ARRAYS), sorted(TEXTS))
    with pytest.raises(KeyError, match="the user's own"):
        array_folder.read(folder, KIND, lambda *_: {}["the user's own"])
    path = folder / "words.txt"
    path.write_bytes(path.read_bytes().swapcase())
    with pytest.raises(ValueError, match="words.txt: damaged: want CRC-32"):
        array_folder.read(folder, KIND, use)


def test_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write(".")
    assert texts_of(tmp_path / "here") == TEXTS


@pytest.mark.parametrize("version, word", [(1, None), (2, None), (3, None), (4, None), (5, None), (0, "got 0"),
                                           (6, "got 6"), ("2", "got '2'"), (True, "got True"), (2.0, "got 2.0")])
def test_which_formats_are_read(tmp_path, version, word):
    change(write(tmp_path / "a"), format=version)
    if word:
        refused(tmp_path / "a", "want format 1 or 2", word)
    else:
        assert texts_of(tmp_path / "a") == TEXTS


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_arrays_of_every_type_and_order_in_memory_come_back(tmp_path, dtype):
    array = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    arrays = {"plain": array, "by-columns": np.asfortranarray(array), "every.second": array[:, ::2, ::-1]}
    got = array_folder.read(write(tmp_path / "a", arrays=arrays), KIND)[1]
    for name, want in arrays.items():
        assert np.array_equal(got[name], want) and got[name].dtype == dtype and got[name].flags.c_contiguous


def test_numbers_of_every_size_that_json_may_hold(tmp_path):
    numbers = [0, -1, 2**64 - 1, 1 - 2**64, 1.5, 1e308, 5e-324, True, None]
    assert array_folder.read(write(tmp_path / "a", header={"answer": numbers}), KIND)[0]["answer"] == numbers


def test_a_change_of_an_array_does_not_reach_the_file(tmp_path):
    array_folder.read(write(tmp_path / "a"), KIND)[1]["counts"][:] = 7
    assert array_folder.read(tmp_path / "a", KIND)[1]["counts"].tolist() == [5, 3]
