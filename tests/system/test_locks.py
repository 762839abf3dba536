"""Claim: one holder at a time has a folder's lock, and a killed one has it no longer."""

import pytest
from children import called, started

from nnlite.system import locks
from nnlite.system.locks import FolderLock


def refusal_of(folder):
    """The type of the error of taking the lock."""
    try:
        FolderLock(folder)
    except OSError as error:
        return type(error)


def test_one_at_a_time(tmp_path):
    with FolderLock(tmp_path, "trains with these checkpoints"):
        with pytest.raises(BlockingIOError, match=f"another process trains with these checkpoints.*{tmp_path}"):
            FolderLock(tmp_path, "trains with these checkpoints")
        assert called(refusal_of, tmp_path) is BlockingIOError
    with FolderLock(tmp_path) as lock:
        lock.release()
        FolderLock(tmp_path).release()


def hold(pipe, folder):
    lock = FolderLock(folder)
    pipe.send("held")
    pipe.recv()
    lock.release()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with started(hold, tmp_path) as (_, pipe):
        assert pipe.recv() == "held"
        with pytest.raises(BlockingIOError):
            FolderLock(tmp_path)
    FolderLock(tmp_path).release()


def test_without_locks_work_goes_on(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locks.fcntl, "flock", unsupported)
    with FolderLock(tmp_path), FolderLock(tmp_path):
        pass


def test_a_file_that_is_removed_at_each_try_is_no_lock_and_none_stays_open(tmp_path, monkeypatch):
    opened = []

    def noted(*arguments):
        opened.append(open(*arguments))
        return opened[-1]

    monkeypatch.setattr(locks, "open", noted, raising=False)
    monkeypatch.setattr(locks.os.path, "samestat", lambda a, b: False)
    with pytest.raises(BlockingIOError, match=f"another process is here.*{tmp_path}"):
        FolderLock(tmp_path, "is here")
    assert len(opened) == FolderLock.TRIES and all(file.closed for file in opened)


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        FolderLock(tmp_path / "none")
