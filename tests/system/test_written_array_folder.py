"""Claim: a folder is written whole or not at all, and nothing else in its place is touched."""

import os
import resource
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from children import called, started
from folders import KIND, write

from nnlite.system import array_folder, atomic_folder


def test_other_things_in_the_place_are_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    write(tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    array_folder.write(tmp_path / "chunk", "chunk", {})
    for name in "file", "full", "link", "model", "chunk":
        with pytest.raises(ValueError, match="want"):
            write(tmp_path / name)
    with pytest.raises(OSError, match="file"):
        write(tmp_path / "file" / "below")
    assert (tmp_path / "model" / "notes.txt").read_text() == (tmp_path / "file").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["chunk", "file", "full", "link", "model"]


def test_the_error_for_a_folder_with_other_files_names_these(tmp_path):
    folder = write(tmp_path / "m")
    for name in "zebra", "yak", "apple", "x":
        (folder / name).write_text("mine")
    with pytest.raises(ValueError, match="a model to replace, got one with other files: apple, x, yak$"):
        write(folder)


def test_without_the_exchange_of_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)
    write(tmp_path / "a", header={"answer": 1})
    write(tmp_path / "a", header={"answer": 2})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 2 and os.listdir(tmp_path) == ["a"]


def test_a_crash_between_two_moves_loses_nothing(tmp_path, monkeypatch):
    """Where the system cannot exchange two folders, the old one is moved aside first."""
    write(tmp_path / "a")
    rename, moves = os.rename, []

    def fail_at_the_second(source, target):
        moves.append(source)
        if len(moves) == 2:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)
    monkeypatch.setattr(os, "rename", fail_at_the_second)
    with pytest.raises(OSError):
        write(tmp_path / "a", header={"answer": 43})
    left = [path for path in tmp_path.iterdir() if (path / "model.json").exists()]
    assert [array_folder.read(path, KIND)[0]["answer"] for path in left] == [42]


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the exchange in one move is Linux's own")
def test_on_linux_a_folder_is_replaced_in_one_move(tmp_path, monkeypatch):
    write(tmp_path / "a")
    monkeypatch.setattr(os, "rename", lambda *names: pytest.fail("two moves"))
    write(tmp_path / "a", header={"answer": 43})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 43


def test_all_is_on_disk_before_the_folder_takes_its_place_and_the_new_name_after(tmp_path, monkeypatch):
    did, swap, sync = [], atomic_folder._move, atomic_folder._sync
    monkeypatch.setattr(atomic_folder, "_sync", lambda path: did.append(path.name) or sync(path))
    monkeypatch.setattr(atomic_folder, "_move", lambda *given: did.append("swap") or swap(*given))
    write(tmp_path / "a")
    at = did.index("swap")
    assert {"model.json", "features.W.npy", "counts.npy", "words.txt"} < set(did[:at])
    assert did[at - 1] == "new" and did[at + 1:] == [tmp_path.name]


@pytest.mark.parametrize("name", ["", "file"])
def test_a_file_or_a_folder_is_synced_and_closed_again(tmp_path, name, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append((handle, os.fstat(handle).st_ino)))
    (tmp_path / "file").touch()
    atomic_folder._sync(tmp_path / name)
    (handle, inode), = synced
    assert inode == (tmp_path / name).stat().st_ino
    with pytest.raises(OSError):
        os.fstat(handle)


def test_to_look_at_a_place_leaves_nothing_there(tmp_path):
    assert array_folder.check_place(tmp_path / "new" / "a", KIND) == tmp_path / "new" / "a"
    assert not list(tmp_path.iterdir())


def test_what_fails_half_way_leaves_the_old_one(tmp_path):
    write(tmp_path / "a")
    with pytest.raises(TypeError):
        write(tmp_path / "a", header={"answer": object()})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 42 and os.listdir(tmp_path) == ["a"]


def write_limited(folder, limit):
    """Write a folder to files of at most `limit` bytes. Returns the error."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        array_folder.write(folder, KIND, {}, {"x": np.ones(50_000, np.float32)}, {"words": ["a"] * 99})
    except OSError as error:
        return error.strerror, error.filename


@pytest.mark.parametrize("limit", [0, 100, 4096, 100_000])
def test_a_full_disk(tmp_path, limit):
    write(tmp_path / "a")
    assert called(write_limited, tmp_path / "a", limit) == ("File too large", str(tmp_path / "a"))
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 42 and os.listdir(tmp_path) == ["a"]


def use_read_only(folder):
    """As a user who may not write there: which file each error names, and what is read."""
    array_folder.read(folder, KIND)  # imports all that it needs: the user below may not be allowed to
    if os.getuid() == 0:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    named = []
    for function in partial(array_folder.write, folder, KIND, {}), partial(array_folder.check_place, folder, KIND):
        try:
            function()
        except PermissionError as error:
            named.append(error.filename)
    return named, array_folder.read(folder, KIND)[0]["answer"]


def test_a_read_only_folder():
    with tempfile.TemporaryDirectory() as home:
        write(Path(home, "a"))
        os.chmod(home, 0o555)
        assert called(use_read_only, Path(home, "a")) == ([home, home], 42)
        os.chmod(home, 0o755)


def left(folder):
    """The names in a folder, but for a hidden one in which nothing is written yet, which may be a living writer's."""
    return [path.name for path in folder.iterdir() if path.name[0] != "." or beside_is_used(path)]


def beside_is_used(path):
    return any(file.is_dir() or file.stat().st_size for file in path.iterdir())


def write_often(pipe, folder):
    pipe.send("ready")
    for n in range(1, 1000):
        array_folder.write(folder, KIND, {"answer": n}, {"x": np.full(20_000, n, np.float32)}, {})


def test_killed_at_any_moment(tmp_path):
    """SIGKILL after 0 to 60 ms of writing again and again: the folder is whole, and no more than one is left over."""
    write(tmp_path / "a", header={"answer": 0}, arrays={"x": np.zeros(99, np.float32)}, texts={})
    for delay in np.linspace(0, 0.06, 13):
        with started(write_often, tmp_path / "a") as (_, pipe):
            pipe.recv()
            time.sleep(delay)
        header, arrays, _ = array_folder.read(tmp_path / "a", KIND)
        assert (arrays["x"] == header["answer"]).all()
        assert len(left(tmp_path)) <= 3  # one more where the removal of another was interrupted
    write(tmp_path / "a", arrays={"x": np.zeros(99, np.float32)}, texts={})
    assert left(tmp_path) == ["a"]


def test_a_new_folder_is_written_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(array_folder.time, "sleep", lambda seconds: pytest.fail("nobody is replacing it"))
    array_folder.read(write(tmp_path / "m"), KIND)


def test_the_first_three_other_files_in_the_place_are_named(tmp_path):
    write(tmp_path / "a")
    for name in "dcba":
        (tmp_path / "a" / name).touch()
    with pytest.raises(ValueError, match="or a model to replace, got one with other files: a, b, c$"):
        write(tmp_path / "a")


def test_folders_above_are_made_and_files_of_before_are_gone(tmp_path):
    folder = write(tmp_path / "x" / "y" / "a")
    write(folder, arrays={"other": np.zeros(2, np.float32)}, texts={})
    assert sorted(os.listdir(folder)) == ["model.json", "other.npy"]
    array_folder.write(folder, KIND, {})
    assert os.listdir(folder) == ["model.json"] and array_folder.read(folder, KIND)[1:] == ({}, {})
