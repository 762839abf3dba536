"""Claim: of an open folder only plain files are opened, and a file is mapped from a size on, else read whole."""

import mmap
import os
import resource

import numpy as np
import pytest

from nnlite.system import open_folder
from nnlite.system.open_folder import OpenFolder, content, size_of


@pytest.fixture(params=[True, False], ids=["handles", "paths"])
def opened(request, tmp_path, monkeypatch):
    """A folder with the file "a" of five bytes, opened with or without handles of folders."""
    monkeypatch.setattr(open_folder, "_HANDLES", request.param)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a").write_bytes(b"12345")
    with OpenFolder(tmp_path / "here") as folder:
        yield folder


def is_map(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array.obj if isinstance(array, memoryview) else array, mmap.mmap)


@pytest.mark.parametrize("map_bytes, mapped, is_mapped", [
    (4, True, True), (5, True, True), (6, True, False), (5, False, False), (0, True, True)])
def test_what_is_mapped(opened, monkeypatch, map_bytes, mapped, is_mapped):
    monkeypatch.setattr(open_folder, "MAP_BYTES", map_bytes)
    with opened.open("a") as file:
        got = content(file, size_of(file), mapped)
    assert got.tobytes() == b"12345" and is_map(got) == is_mapped
    got[0] = 0
    assert (opened.path / "a").read_bytes() == b"12345"


@pytest.mark.parametrize("mapped", [True, False])
def test_an_empty_file_and_one_that_is_shorter_than_it_was(opened, monkeypatch, mapped):
    (opened.path / "none").touch()
    with opened.open("none") as file:
        monkeypatch.setattr(open_folder, "MAP_BYTES", 0)
        assert content(file, 0, mapped).size == 0
    monkeypatch.setattr(open_folder, "MAP_BYTES", 9_999)
    with opened.open("a") as file, pytest.raises(ValueError, match="^want 1,234 bytes, got 5$"):
        content(file, 1_234, mapped)


class Slow:
    """A file that gives two bytes at a time."""

    def __init__(self, file):
        self.file = file

    def readinto(self, buffer):
        return self.file.readinto(buffer[:2])


def test_a_file_that_comes_in_parts_is_read_whole(opened):
    with opened.open("a") as file:
        assert content(Slow(file), 5, False).tobytes() == b"12345"


@pytest.mark.skipif(bool(open_folder._UNTRACKED), reason="since Python 3.13 a map keeps no descriptor")
@pytest.mark.parametrize("more, may_keep", [(-1, False), (0, False), (1, False), (2, True), (3, True), (None, True)])
def test_maps_keep_at_most_half_of_the_descriptors(opened, monkeypatch, more, may_keep):
    """The next free one must be below half of the limit: if that is number 5, 12 is enough and 11 is not."""
    with opened.open("a") as file:
        number = os.dup(file.fileno())
        os.close(number)
        limit = resource.RLIM_INFINITY if more is None else 2 * number + more
        monkeypatch.setattr(resource, "getrlimit", lambda which: (limit, limit))
        monkeypatch.setattr(open_folder, "MAP_BYTES", 1)
        assert is_map(content(file, 5, True)) == may_keep


@pytest.mark.parametrize("make, word", [
    (lambda path: None, "got none"), (os.mkdir, "got something else"), (os.mkfifo, "got something else"),
    (lambda path: path.symlink_to("a"), "got a link"), (lambda path: path.symlink_to("nowhere"), "got a link")])
def test_only_a_plain_file_is_opened_and_none_stays_open(opened, make, word):
    make(opened.path / "x")
    before = os.dup(0)
    with pytest.raises(ValueError, match=f"{opened.path / 'x'}: want a file, {word}$"):
        opened.open("x")
    os.close(before)
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_another_error_names_the_whole_path(opened):
    with pytest.raises(OSError, match=f"File name too long: '{opened.path}/xxx"):
        opened.open("x" * 300)


def test_a_folder_that_is_replaced_is_not_the_same(opened):
    assert opened.is_same() and opened.is_consistent() and opened.names() == ["a"]
    os.rename(opened.path, f"{opened.path}2")
    assert not opened.is_same() and opened.is_consistent() == bool(open_folder._HANDLES)
    opened.path.mkdir()
    assert not opened.is_same() and opened.names() == (["a"] if open_folder._HANDLES else [])


def test_the_handle_of_a_folder_is_closed(tmp_path):
    before = os.dup(0)
    os.close(before)
    with OpenFolder(tmp_path):
        pass
    after = os.dup(0)
    os.close(after)
    assert after == before
