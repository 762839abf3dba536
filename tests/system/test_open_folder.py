"""Claim: what was read is of one write, stays as it was, and takes no descriptors, whatever happens to the files."""

import gc
import os
import shutil
import threading

import numpy as np
import pytest
from children import called

from nnlite.system import array_folder, open_folder

KIND = "model"


def write(folder, number):
    """A folder all of whose contents tell the number."""
    arrays = {"W": np.full(5000, number, np.float32), "ids": np.full(7000, number, np.int32)}
    array_folder.write(folder, KIND, {"number": number}, arrays, {"words": [str(number)] * 50})
    return folder


def numbers(content):
    """The different numbers that the contents of a folder tell."""
    header, arrays, texts = content
    return {header["number"], *map(int, texts["words"]), *map(int, arrays["W"]), *map(int, arrays["ids"])}


def cut_short(path):
    os.truncate(path, 10)


def overwritten(path):
    with open(path, "r+b") as file:
        file.seek(256)
        file.write(b"\1" * 100)


CHANGES = [cut_short, overwritten, os.remove, lambda path: shutil.copy(path.parent / "model.json", path)]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["W.npy", "ids.npy", "words.txt", "model.json"])
def test_small_files_may_change_after_they_were_read(tmp_path, name, change):
    content = array_folder.read(write(tmp_path / "a", 7), KIND)
    change(tmp_path / "a" / name) if name != "model.json" or change is not CHANGES[-1] else None
    assert numbers(content) == {7}


@pytest.mark.parametrize("change", CHANGES)
def test_integers_may_change_after_they_were_read_however_many_there_are(tmp_path, monkeypatch, change):
    """They are indices, with which a kernel would write outside an array."""
    monkeypatch.setattr(open_folder, "MAP_BYTES", 0)
    content = array_folder.read(write(tmp_path / "a", 7), KIND)
    change(tmp_path / "a" / "ids.npy")
    assert numbers(content) == {7}


def test_a_mapped_array_stays_when_its_folder_is_replaced_or_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(open_folder, "MAP_BYTES", 0)
    content = array_folder.read(write(tmp_path / "a", 7), KIND)
    for number in 8, 9:
        write(tmp_path / "a", number)
    assert numbers(content) == {7} and numbers(array_folder.read(tmp_path / "a", KIND)) == {9}
    shutil.rmtree(tmp_path / "a")
    content[1]["W"][:] = 7
    assert numbers(content) == {7}


def test_what_was_mapped_is_shared_with_the_file_and_what_was_read_is_not(tmp_path, monkeypatch):
    for map_bytes, first in (0, 8), (1 << 20, 7):
        monkeypatch.setattr(open_folder, "MAP_BYTES", map_bytes)
        array = array_folder.read(write(tmp_path / "a", 7), KIND)[1]["W"]
        np.load(tmp_path / "a" / "W.npy", mmap_mode="r+")[:] = 8
        assert array[0] == first


def used_descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def count_descriptors(folder):
    """Those of 300 copied folders, of 300 mapped ones more and of none; whether all arrays are right."""
    import resource
    array_folder.read(folder, "model")
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    before = used_descriptors()
    small = [array_folder.read(folder, "model") for _ in range(300)]
    copied = used_descriptors() - before
    open_folder.MAP_BYTES = 0
    large = [array_folder.read(folder, "model") for _ in range(300)]
    mapped, right = used_descriptors(), all(arrays["W"][-1] == 7 for _, arrays, _ in small + large)
    del small, large
    return copied, mapped, used_descriptors() - before, right


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted by Linux")
def test_descriptors(tmp_path):
    """None for copied arrays, at most one for each that is mapped; when few are left, arrays are copied."""
    write(tmp_path / "a", 7)
    copied, mapped, left, right = called(count_descriptors, tmp_path / "a")
    assert copied == left == 0 and mapped < 40 and right


@pytest.mark.parametrize("handles", [True, False])
def test_what_is_read_while_others_write_is_of_one_write(tmp_path, monkeypatch, handles):
    """Without handles of folders, as on Windows, the identity of the folder tells."""
    monkeypatch.setattr(open_folder, "_HANDLES", handles and open_folder._HANDLES)
    write(tmp_path / "a", 1)
    stop = threading.Event()

    def keep_writing():
        number = 1
        while not stop.is_set():
            number = number % 100 + 1
            write(tmp_path / "a", number)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        seen = [numbers(array_folder.read(tmp_path / "a", KIND)) for _ in range(150)]
    finally:
        stop.set()
        writer.join()
    assert {len(found) for found in seen} == {1}


@pytest.mark.parametrize("times", [1, 3])
def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch, times):
    write(tmp_path / "a", 1)
    contents, calls = array_folder._contents, []

    def replaced_meanwhile(opened, kind, mapped):
        header = array_folder._header(opened, kind)
        if len(calls) < times:
            calls.append(header)
            write(tmp_path / "a", 2 + len(calls))
        return contents(opened, kind, mapped)

    monkeypatch.setattr(array_folder, "_contents", replaced_meanwhile)
    assert numbers(array_folder.read(tmp_path / "a", KIND)) == {2 + times}


def test_a_folder_is_read_through_a_link_and_not_written_through_one(tmp_path):
    write(tmp_path / "a-2024", 7)
    (tmp_path / "a").symlink_to("a-2024")
    assert numbers(array_folder.read(tmp_path / "a", KIND)) == {7}
    with pytest.raises(ValueError, match="got a file or a link"):
        write(tmp_path / "a", 8)
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError, match="want a model folder"):
        array_folder.read(tmp_path / "a", KIND)
    with pytest.raises(ValueError, match="got a file or a link"):
        write(tmp_path / "a", 8)
