"""Claim: a chunk folder whose checksums are right and whose contents are wrong is one ValueError, never a crash."""

import shutil
from unittest import mock

import children
import numpy as np
import pytest
from problems import change_json

from nnlite import Vocabulary, make_catalogue
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.system import array_folder
from nnlite.system.ranges import integer

BIG = 2**63 - 1
NO_INTEGERS = ["29", 29.0, True, -1, None, [29], 10**400, BIG, 10**12, float("nan"), 1e400]
RECORDS = list(make_catalogue(90))


def rewritten(place, kind, change):
    """Write a folder again, with right checksums, after change(header, arrays). Returns whether an array is another."""
    header, arrays, texts = array_folder.read(place, kind)
    arrays, texts = {n: np.array(a) for n, a in arrays.items()}, {n: list(lines) for n, lines in texts.items()}
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    before = {name: array.copy() for name, array in arrays.items()}
    change(header, arrays)
    with mock.patch.object(array_folder, "_check_finite"):  # as another program would write it
        array_folder.write(place, kind, header, arrays, texts)
    return any(a.dtype != b.dtype or a.tobytes() != b.tobytes() for a, b in zip(before.values(), arrays.values()))


def put(name, place, value):
    """A change of some entries of an array."""
    def change(header, arrays):
        arrays[name][place] = value
    return change


def cut(name, n):
    """A change of an array's length."""
    def change(header, arrays):
        arrays[name] = np.resize(arrays[name], (len(arrays[name]) + n, *arrays[name].shape[1:]))
    return change


def cast(name, dtype):
    """A change of an array's type."""
    def change(header, arrays):
        arrays[name] = arrays[name].astype(dtype)
    return change


PART = [put("ends", (slice(1, 4), 0), [BIG, -BIG - 1, -1]), put("ends", (slice(1, 4), 1), [BIG, -BIG - 1, -1]),
        put("ends", (0, 0), 1), put("ends", (0, 1), -1), put("ends", (-1, 0), BIG), put("ends", (-1, 1), 10**6),
        put("ends", (-1, 0), 0), put("ends", (5, 0), -BIG), put("ends", ..., 0), put("words", 3, -1),
        put("words", 3, 2**31 - 1), put("labels", 3, -1), put("labels", 3, 2**31 - 1), put("weights", 3, np.nan),
        put("weights", 3, np.inf), put("weights", 3, -np.inf), put("weights", 3, -1)]
PART += [cut(name, n) for name in ("ends", "words", "labels", "weights") for n in (-1, 1)]
PART += [cast(name, dtype) for name in ("ends", "words", "labels", "weights") for dtype in ("f8", "f4", "i8", "i4")]
DATA = [put("label_rows", 0, value) for value in (2**61, BIG, -BIG, -1, 91, 1)] + [cut("label_rows", 1)]
DATA += [cut("label_rows", -1), cast("label_rows", "f8"), cast("label_rows", "i4"), put("label_rows", ..., 0)]


def accept_wrong_contents(tmp):
    """Which changes of an array are read, or end in another error."""
    accepted = []
    vocabulary = Vocabulary.build(RECORDS, min_count=1, tfidf=True)
    write_chunks(f"{tmp}/good", RECORDS, vocabulary, 30)
    for kind, part, changes in ("part", "part-00001", PART), ("data", "data", DATA):
        for i, change in enumerate(changes):
            place = f"{tmp}/{kind}{i}"
            shutil.copytree(f"{tmp}/good", place)
            if not rewritten(f"{place}/{part}", kind, change):
                continue
            try:
                list(ChunkFolder(place))
                accepted.append((kind, i, "was read"))
            except ValueError as error:
                if place not in str(error):
                    accepted.append((kind, i, str(error)))
    return accepted


def test_wrong_arrays_with_right_checksums(tmp_path):
    assert children.called(accept_wrong_contents, str(tmp_path)) == []


@pytest.mark.parametrize("name", [
    "n_rows", "n_parts", "chunk_rows", "seed", "records_crc32", "part n_rows", "bad_lines"])
def test_wrong_figures_with_right_checksums(tmp_path, name):
    vocabulary = Vocabulary.build(RECORDS, min_count=1)
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 30, sources=[__file__])
    part = tmp_path / "a" / "part-00001" / "part.json"
    path = part if name in ("records_crc32", "part n_rows") else tmp_path / "a" / "data" / "data.json"
    good = path.read_text()
    for value in NO_INTEGERS:
        if value in (BIG, 10**12) and name in ("seed", "chunk_rows", "bad_lines"):
            continue
        if value is None and name == "n_rows":
            continue
        path.write_text(good)
        change_json(path, **{name.removeprefix("part "): {"x": value} if name == "bad_lines" else value})
        for call in lambda: ChunkFolder(tmp_path / "a"), lambda: write_chunks(
                tmp_path / "a", RECORDS, vocabulary, 30, sources=[__file__]):
            with pytest.raises(ValueError, match=str(tmp_path / "a")):
                call()


@pytest.mark.parametrize("value", [0, -1, 2**31, 10**400, 2.0, "9", True, None])
def test_chunk_rows_and_seed_are_whole_numbers(tmp_path, value):
    vocabulary = Vocabulary.build(RECORDS, min_count=1)
    with pytest.raises((TypeError, ValueError), match="write_chunks: .*want"):
        write_chunks(tmp_path / "a", RECORDS, vocabulary, value)
    if value not in (0, 2**31):
        with pytest.raises((TypeError, ValueError), match="write_chunks: seed: want"):
            write_chunks(tmp_path / "a", RECORDS, vocabulary, 30, seed=value)
    assert not (tmp_path / "a").exists()


def test_integers_of_numpy_make_the_same_folder(tmp_path):
    vocabulary = Vocabulary.build(RECORDS, min_count=1)
    one = write_chunks(tmp_path / "a", RECORDS, vocabulary, np.int32(30), seed=np.uint8(3))
    assert one.crc32() == write_chunks(tmp_path / "b", RECORDS, vocabulary, 30, seed=3).crc32()


def test_an_integer_of_any_size_is_refused_in_a_few_words():
    with pytest.raises(ValueError, match="^k: want an integer from 1 to 9, got one of 33220 bits$"):
        integer("k", 10**10_000, 1, 9)
    with pytest.raises(TypeError, match="^k: want an integer, got 'x{59}$"):
        integer("k", "x" * 10**6, 1, 9)
