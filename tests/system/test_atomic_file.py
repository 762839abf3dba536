"""Claim: a file that is replaced is the old one or the new one, whole; packed files are known by their endings."""

import bz2
import gzip
import lzma
import os

import pytest

from nnlite.data import lines
from nnlite.system import atomic_file


def test_what_replaces_a_file_is_on_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    did, fsync, replace = [], os.fsync, os.replace

    def synced(handle):
        did.append(("fsync", os.fstat(handle).st_size))  # what is still in Python's buffer is not on disk
        fsync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", lambda *names: did.append("replace") or replace(*names))
    with atomic_file.replacing(tmp_path / "a") as file:
        file.write(b"new")
    assert did == [("fsync", 3), "replace"] and (tmp_path / "a").read_bytes() == b"new"


def test_until_it_is_whole_the_old_file_is_there(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with atomic_file.replacing(tmp_path / "a") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(KeyError), atomic_file.replacing(tmp_path / "a") as file:
        file.write(b"new")
        raise KeyError
    assert os.listdir(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("ending, pack", [
    ("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".GZ", gzip.compress)])
def test_packed_files_are_unpacked(tmp_path, ending, pack):
    path = tmp_path / f"a.tsv{ending}"
    path.write_bytes(pack(b"blue dress"))
    with lines.open_binary(path) as file:
        assert file.read() == b"blue dress"
    with open(path, "rb") as opened, lines.open_binary(path, opened) as file:
        assert file.read() == b"blue dress" and opened.tell() == path.stat().st_size


def test_a_file_is_written_beside_its_place_under_a_hidden_name_of_this_process(tmp_path):
    with atomic_file.replacing(str(tmp_path / "a.json")) as file:
        assert os.listdir(tmp_path) == [f".a.json.{os.getpid()}"]
        file.write(b"new")
    assert os.listdir(tmp_path) == ["a.json"]
