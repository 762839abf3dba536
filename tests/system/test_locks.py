"""Claim: one holder at a time has a folder's lock, and a killed one has it no longer."""

import errno
import os

import pytest
from children import called, started

from nnlite.system import atomic_folder, beside, locks
from nnlite.system.locks import FolderLock, is_locked, unlock


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


@pytest.mark.parametrize("code, wait, without, answer", [
    (errno.EAGAIN, False, True, False), (errno.EACCES, False, True, False), (errno.EDEADLK, True, True, False),
    (errno.ENOLCK, False, True, True), (errno.ENOLCK, True, False, False), (errno.EAGAIN, False, False, False)])
def test_what_the_system_says_of_a_lock(tmp_path, monkeypatch, code, wait, without, answer):
    def refuse(number, flags):
        assert flags in (locks.fcntl.LOCK_EX | (0 if wait else locks.fcntl.LOCK_NB), locks.fcntl.LOCK_UN)
        raise OSError(code, "no")

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with open(tmp_path / "a", "wb") as file:
        assert is_locked(file, wait=wait, without=without) is is_locked(file.fileno(), wait, without) is answer
        unlock(file)  # no error


def take_and_move(place):
    """A place is locked while a folder moves there."""
    with atomic_folder._one_at_a_time(place.parent):
        pass
    return place.parent


def look_for_what_is_left(place):
    """The mark of a writer that has not named its place yet is locked while another looks at it."""
    holder = place.with_name(f".{place.name}.0123456789abcdef")
    holder.mkdir()
    (holder / beside.MARK).touch()
    beside.clear(place)
    return holder / beside.MARK


@pytest.mark.parametrize("work", [take_and_move, look_for_what_is_left])
def test_a_lock_is_free_although_a_child_that_was_forked_meanwhile_has_the_file_open(tmp_path, monkeypatch, work):
    """A copy of the descriptor is what such a child has."""
    copies = []

    def copied(file, **options):
        copies.append(os.dup(file if isinstance(file, int) else file.fileno()))
        return is_locked(file, **options)

    for module in atomic_folder, beside:
        monkeypatch.setattr(module, "is_locked", copied)
    number = os.open(work(tmp_path / "a"), os.O_RDONLY)
    assert copies and is_locked(number)
    for one in [number, *copies]:
        os.close(one)


def test_the_file_of_a_lock_is_removed_and_a_new_holder_makes_another(tmp_path):
    (tmp_path / FolderLock.NAME).touch()
    with FolderLock(tmp_path) as lock:
        assert os.listdir(tmp_path) == [".lock"]
    assert os.listdir(tmp_path) == []
    with FolderLock(tmp_path):
        lock.release()  # the second time
        assert os.listdir(tmp_path) == [".lock"] and refusal_of(tmp_path) is BlockingIOError
    (tmp_path / FolderLock.NAME).mkdir()
    assert refusal_of(tmp_path) is IsADirectoryError


def test_a_holder_that_removes_its_file_at_the_last_moment_is_no_obstacle(tmp_path, monkeypatch):
    """The file is opened, then its holder removes it and lets go: the lock of it would lock nothing."""
    before = FolderLock(tmp_path)

    def late(file):
        before.release()
        return is_locked(file)

    monkeypatch.setattr(locks, "is_locked", late)
    with FolderLock(tmp_path):
        assert refusal_of(tmp_path) is BlockingIOError
