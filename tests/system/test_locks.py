"""Claim: one holder at a time has a folder's lock, and a killed one has it no longer."""

import subprocess
import sys

import pytest

from nnlite.system import locks
from nnlite.system.locks import FolderLock


def test_one_at_a_time(tmp_path):
    with FolderLock(tmp_path, "trains with these checkpoints"):
        with pytest.raises(BlockingIOError, match=f"another process trains with these checkpoints.*{tmp_path}"):
            FolderLock(tmp_path, "trains with these checkpoints")
        code = f"from nnlite.system.locks import FolderLock; FolderLock({str(tmp_path)!r})"
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert "BlockingIOError" in process.stderr
    with FolderLock(tmp_path) as lock:
        lock.release()
        FolderLock(tmp_path).release()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = f"""from nnlite.system.locks import FolderLock
lock = FolderLock({str(tmp_path)!r})
print("held", flush=True)
input()"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with pytest.raises(BlockingIOError):
            FolderLock(tmp_path)
        process.kill()
        process.wait(60)
    FolderLock(tmp_path).release()


def test_without_locks_work_goes_on(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locks.fcntl, "flock", unsupported)
    with FolderLock(tmp_path), FolderLock(tmp_path):
        pass


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        FolderLock(tmp_path / "none")
