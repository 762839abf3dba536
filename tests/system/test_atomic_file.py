"""Claim: a file that is replaced is the old one or the new one, whole; packed files are known by their endings."""

import bz2
import gzip
import lzma
import os
import re

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


def test_a_file_is_written_in_a_marked_folder_beside_its_place(tmp_path):
    with atomic_file.replacing(str(tmp_path / "a.json")) as file:
        (holder,) = tmp_path.iterdir()
        assert re.fullmatch(r"\.a\.json\.[0-9a-f]{16}", holder.name) and {p.name for p in holder.iterdir()} == {
            "nnlite-temporary", "new"}
        file.write(b"new")
    assert os.listdir(tmp_path) == ["a.json"]


def test_the_permissions_of_a_file_stay_and_a_new_one_has_those_of_the_user(tmp_path):
    (tmp_path / "a").touch()
    os.chmod(tmp_path / "a", 0o640)
    (tmp_path / "plain").touch()
    for name in "a", "b":
        with atomic_file.replacing(tmp_path / name) as file:
            assert name == "b" or os.fstat(file.fileno()).st_mode & 0o777 == 0o640  # also while it is being written
            file.write(b"new")
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("a", "b", "plain")}
    assert modes["a"] == 0o640 and modes["b"] == modes["plain"]


MAKE = {
    "a folder": lambda path: path.mkdir(),
    "a link": lambda path: path.symlink_to(path.with_name("other")),
    "a device or a pipe": lambda path: os.mkfifo(path),
}


@pytest.mark.parametrize("what", MAKE)
def test_only_a_plain_file_is_replaced(tmp_path, what):
    (tmp_path / "other").write_text("mine")
    MAKE[what](tmp_path / "a")
    before = os.lstat(tmp_path / "a").st_mode
    with pytest.raises(ValueError, match=f"a: want a place for a file, got {what}"):
        atomic_file.check_place(tmp_path / "a")
    with pytest.raises(ValueError, match="a: want"), atomic_file.replacing(tmp_path / "a") as file:
        file.write(b"new")
    assert os.lstat(tmp_path / "a").st_mode == before and (tmp_path / "other").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["a", "other"]


def test_the_standard_output_is_not_replaced():
    with pytest.raises(ValueError, match="/dev/stdout: want a place for a file"):
        atomic_file.check_place("/dev/stdout")
    with pytest.raises(ValueError, match="/dev/null: want a place for a file"):
        atomic_file.check_place("/dev/null")


def test_an_input_is_not_a_place_for_the_output(tmp_path, monkeypatch):
    (tmp_path / "in").write_text("mine")
    os.link(tmp_path / "in", tmp_path / "same")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    for path, source in ("in", "in"), ("in", tmp_path / "in"), ("same", "in"), ("in", "link"), ("in", "./in"):
        with pytest.raises(ValueError, match="got the input file"):
            atomic_file.check_place(path, ["none", source])
    assert atomic_file.check_place("out", ["in", "none"]) == tmp_path / "out"
    assert sorted(os.listdir()) == ["in", "link", "same"]


def test_a_place_whose_folder_is_missing_or_a_file(tmp_path):
    (tmp_path / "file").touch()
    for above in "none", "file":
        with pytest.raises(OSError, match=above):
            atomic_file.check_place(tmp_path / above / "a")
