"""Claim: the bytes of an array's or a text's file are read up to the stated limits, and their sums are by parts."""

import io
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from folders import npy

from nnlite.system import array_files
from nnlite.system.array_files import Sums, array_of, header_of, kind_of, lines_of, sizes, sums, text_of


def bytes_of(content):
    return np.frombuffer(content, np.uint8)


@pytest.mark.parametrize("shape, n", [
    ((), 1), ((0,), 0), ((3,), 3), ((2, 3), 6), ((1,) * 10, 1), ((0, 2**48 - 1), 0), ((2**48 - 1, 0), 0)])
def test_shapes_that_are_read(shape, n):
    content = npy("<f4", shape, bytes(4 * n))
    header = header_of(bytes_of(content))
    assert header == (np.float32, shape, len(content) - 4 * n) and header.size % 64 == 0
    assert array_of(bytes_of(content)).shape == shape


@pytest.mark.parametrize("shape, n_bytes, word", [
    ((1,) * 11, 4, "something else"), ((0, 2**48), 0, r"\(0, 281474976710656\), got 0 bytes"),
    ((3,), 11, "got 11 bytes"), ((3,), 13, "got 13 bytes"),
    ((), 0, "got 0 bytes"), ((0,), 4, "got 4 bytes"), ((1000,), 2_000, "got 2,000 bytes")])
def test_shapes_that_are_not(shape, n_bytes, word):
    with pytest.raises(ValueError, match=f"^want .*{word}"):
        header_of(bytes_of(npy("<f4", shape, bytes(n_bytes))))


@pytest.mark.parametrize("n_more, is_read", [(0, True), (64, True), (1, False), (32, False), (896, True), (960, False)])
def test_a_header_of_a_kibibyte_at_most_whose_end_is_aligned(n_more, is_read):
    """64 bytes of version and length, and the dict, in all 128 bytes as NumPy writes it."""
    content = npy("<f4", (1,), b"")
    assert len(content) == 128
    text = content[10:-1] + b" " * n_more + b"\n"
    content = content[:8] + len(text).to_bytes(2, "little") + text + bytes(4)
    if is_read:
        assert header_of(bytes_of(content)).size == 128 + n_more
    else:
        with pytest.raises(ValueError, match="want a C-contiguous array of float32, float64, int32, int64, uint8, got"):
            header_of(bytes_of(content))


@pytest.mark.parametrize("change", [
    lambda c: c[:8] + (117).to_bytes(2, "little") + c[10:], lambda c: c[:8] + (119).to_bytes(2, "little") + c[10:],
    lambda c: c[:6] + b"\2\0" + c[8:], lambda c: c[1:], lambda c: b"", lambda c: c[:100]])
def test_a_header_that_is_not_numpys(change):
    content = npy("<f4", (1,), bytes(4))
    assert header_of(bytes_of(content)).size == 128
    with pytest.raises(ValueError, match="got something else"):
        header_of(bytes_of(change(content)))


@pytest.mark.parametrize("descr, kind", [("<f4", "f"), ("<f8", "f"), ("<i4", "i"), ("<i8", "i"), ("|u1", "u"),
                                         (">f4", "?"), ("<i2", "?"), ("|b1", "?")])
def test_the_kind_of_an_array_whose_file_stays_at_its_beginning(descr, kind):
    file = io.BytesIO(npy(descr))
    assert kind_of(file) == kind and file.tell() == 0


def test_sizes_are_those_that_are_written(tmp_path):
    arrays = {"a": np.arange(7, dtype=np.uint8), "b": np.ones((5, 3), np.float32)[:, ::2]}
    texts = {"w": ["a\\b\nc", "é"], "none": []}
    for name, array in arrays.items():
        array_files.write_array(tmp_path / f"{name}.npy", array)
    assert sizes(arrays, texts) == {name: (tmp_path / name).stat().st_size for name in ("a.npy", "b.npy")} | {
        "w.txt": 11, "none.txt": 0}


def test_blocks_are_written_as_one_array(tmp_path):
    whole = np.arange(12, dtype=np.int32).reshape(4, 3)
    in_blocks = SimpleNamespace(shape=whole.shape, dtype=whole.dtype, blocks=lambda: iter([whole[:3], whole[3:]]))
    for name, array in ("whole", whole), ("blocks", in_blocks):
        array_files.write_array(tmp_path / name, array)
    assert (tmp_path / "blocks").read_bytes() == (tmp_path / "whole").read_bytes()
    assert np.array_equal(np.load(tmp_path / "blocks"), whole)


@pytest.mark.parametrize("content, lines", [
    (b"", []), (b"\n", [""]), (b"a\n\n", ["a", ""]), (b"a\\nb\n", ["a\nb"]), (b"a\\\\nb\n", ["a\\nb"]),
    (b"\\x\n", ["\\x"]), (b"a\\\n", ["a\\"])])
def test_lines_and_how_many_they_are(content, lines):
    got = lines_of(bytes_of(content))
    assert len(got) == len(lines) and list(got) == lines
    if b"x" not in content and not content.endswith(b"a\\\n"):
        assert text_of(lines) == content


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 16, 17])
def test_a_sum_of_parts_is_the_sum_of_their_sums(monkeypatch, n):
    monkeypatch.setattr(array_files, "CRC_BYTES", 8)
    content, said = bytes(range(n)), []
    parts = [zlib.crc32(content[i:i + 8]) for i in range(0, n, 8)]
    want = zlib.crc32(b"".join(part.to_bytes(4, "little") for part in parts)) if n > 8 else zlib.crc32(content)
    assert sums([bytes_of(content)] * 2, lambda: said.append(1)) == [Sums(want, True)] * 2 and said == [1]
    monkeypatch.setattr(array_files, "CRC_BYTES", 1 << 24)
    monkeypatch.setattr(array_files, "CACHED_BYTES", 8)  # how they are summed does not matter
    assert sums([bytes_of(content)])[0].crc32 == zlib.crc32(content)


@pytest.mark.parametrize("place", [0, 31, 32, 63, 64, 99])
@pytest.mark.parametrize("name, limit", [("CRC_BYTES", 128), ("CACHED_BYTES", 128), ("CRC_BYTES", 1 << 24)])
def test_a_number_that_is_not_finite_is_found_in_any_part(monkeypatch, place, name, limit):
    monkeypatch.setattr(array_files, name, limit)
    for value, dtype, finite in (np.inf, "<f4", False), (np.nan, "<f8", False), (1, "<f4", True), (-1, "<i4", True):
        array = np.zeros(100, dtype)
        array[place] = value
        found = sums([bytes_of(npy(dtype, (100,), array.tobytes()))])
        assert [one.finite for one in found] == [finite]
