"""Claim: writers of one place never lose a folder, neither to each other nor to a kill, and remove only their own."""

import errno
import os
import shutil
import subprocess
import sys
import textwrap
import threading

import pytest
from children import started

from nnlite.system import array_folder, atomic_file, atomic_folder, beside, locks
from nnlite.tool import places

KIND = "model"


def write(folder, answer=42):
    array_folder.write(folder, KIND, {"answer": answer}, None, {"words": ["a"] * answer})
    return folder


def answer(folder):
    header, _, texts = array_folder.read(folder, KIND)
    assert len(texts["words"]) == header["answer"]
    return header["answer"]


def left_by_a_killed_writer(place, name=None, **content):
    """A folder as `beside.holder` makes one, of which no process has the lock."""
    holder = place.with_name(name or f".{place.name[:50]}.0123456789abcdef")
    holder.mkdir()
    (holder / beside.MARK).write_text(place.name)
    for part, number in content.items():
        write(holder / part, number)
    return holder


def unable(monkeypatch, code=None):
    """Have the system exchange no folders; with an errno, not move an old one either."""
    rename = os.rename

    def fail(source, target):
        if code and os.path.basename(target) == "old":
            raise OSError(code, os.strerror(code), source)
        rename(source, target)

    monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)
    monkeypatch.setattr(os, "rename", fail)


# ---- what is removed

@pytest.mark.parametrize("name", ["a", "a[1]*", "ä" * 100, "x" * 240, "a\\b", "..a"])
def test_what_a_killed_writer_left_is_removed(tmp_path, name):
    left_by_a_killed_writer(tmp_path / name, new=3)
    write(tmp_path / name, 7)
    assert os.listdir(tmp_path) == [name] and answer(tmp_path / name) == 7


@pytest.mark.parametrize("name", [
    ".a.20241231", ".a.old", ".a.4194305", ".a.0123456789abcdef", ".a.backup", ".a.0123456789ABCDEF", "a.20241231"])
def test_what_does_not_bear_the_mark_stays(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").touch()
    write(tmp_path / "a")
    array_folder.check_place(tmp_path / "a", KIND)
    assert (tmp_path / name / "mine").exists()


def test_the_mark_of_another_place_or_under_another_name_stays(tmp_path):
    other = left_by_a_killed_writer(tmp_path / "b", ".a.0123456789abcdef", new=3)
    copied = left_by_a_killed_writer(tmp_path / "a", ".a.backup-of-mine", new=3)
    target = left_by_a_killed_writer(tmp_path / "a", "mine", new=3)
    (tmp_path / ".a.aaaaaaaaaaaaaaaa").symlink_to(target)
    write(tmp_path / "a")
    assert other.exists() and copied.exists() and (target / "new").exists()


def test_what_a_living_writer_is_writing_stays(tmp_path):
    """Even if it has this process's number, as in another container: the number does not matter."""
    with beside.holder(tmp_path / "a") as holder:
        write(holder / "new", 3)
        write(tmp_path / "a", 7)
        assert answer(holder / "new") == 3
    assert os.listdir(tmp_path) == ["a"]


def test_without_locks_nothing_is_removed(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", unsupported)
    holder = left_by_a_killed_writer(tmp_path / "a", new=3)
    write(tmp_path / "a", 7)
    assert holder.exists() and answer(tmp_path / "a") == 7 and len(os.listdir(tmp_path)) == 2


# ---- what is restored

@pytest.mark.parametrize("old", ["old", "copy"])
def test_killed_between_two_moves(tmp_path, old):
    """A reader is told the command, the next writer restores what was there."""
    place = tmp_path / "a"
    holder = left_by_a_killed_writer(place, **{old: 3, "new": 4})
    with pytest.raises(FileNotFoundError, match=f"a write was interrupted: 'mv {holder}/{old} {place}'"):
        array_folder.read(place, KIND)
    array_folder.check_place(place, KIND)
    assert answer(place) == 3 and os.listdir(tmp_path) == ["a"]
    write(place, 5)
    assert answer(place) == 5


def test_killed_after_both_moves(tmp_path):
    write(tmp_path / "a", 4)
    left_by_a_killed_writer(tmp_path / "a", old=3)
    array_folder.check_place(tmp_path / "a", KIND)
    assert answer(tmp_path / "a") == 4 and os.listdir(tmp_path) == ["a"]


def test_killed_while_a_folder_that_cannot_be_renamed_was_removed(tmp_path):
    """The copy of what was there stays, because the place may be half empty."""
    write(tmp_path / "a", 4)
    (tmp_path / "a" / "model.json").unlink()
    holder = left_by_a_killed_writer(tmp_path / "a", copy=3, new=5)
    with pytest.raises(FileNotFoundError, match=f"a write was interrupted: .*{holder}/copy"):
        array_folder.read(tmp_path / "a", KIND)
    with pytest.raises(ValueError, match="other files: words.txt"):
        write(tmp_path / "a")
    assert answer(holder / "copy") == 3


@pytest.mark.parametrize("code", [None, errno.EXDEV])
def test_without_an_exchange_of_folders_and_in_an_overlay(tmp_path, monkeypatch, code):
    write(tmp_path / "a", 1)
    unable(monkeypatch, code)
    for number in 2, 3:
        write(tmp_path / "a", number)
        assert answer(tmp_path / "a") == number and os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ENOSPC])
@pytest.mark.parametrize("away", [None, errno.EXDEV])
def test_a_second_move_that_fails_restores_the_old_folder(tmp_path, monkeypatch, code, away):
    write(tmp_path / "a", 1)
    unable(monkeypatch, away)
    rename = os.rename

    def fail(source, target):
        if os.path.basename(source) == "new":
            raise OSError(code, os.strerror(code), source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        write(tmp_path / "a", 2)
    assert answer(tmp_path / "a") == 1 and os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="without fork each of the cases takes a second")
def test_killed_at_any_step_of_taking_the_place(tmp_path):
    """What was there, or what was to be, can be read after the next writer has looked at the place."""
    process = subprocess.run([sys.executable, "-c", textwrap.dedent("""
        import itertools, os, shutil, sys
        from nnlite.system import array_folder, atomic_folder

        def write_and_die(folder, module, step, count, exchanges, code):
            function, calls = getattr(module, step), itertools.count(1)

            def die(*args, **options):
                if next(calls) == count:
                    os._exit(9)
                if step == "rename" and code and os.path.basename(args[1]) == "old":
                    raise OSError(code, "cannot")
                return function(*args, **options)

            if not exchanges:
                atomic_folder._exchange = lambda a, b: False
            setattr(module, step, die)
            array_folder.write(folder, "model", {"answer": 2}, None, {"words": ["a"] * 2})
            os._exit(0)

        steps = [(os, "rename"), (shutil, "copytree"), (shutil, "rmtree"), (os, "rmdir")]
        for (module, step), (exchanges, code) in itertools.product(steps, [(True, 0), (False, 0), (False, 18)]):
            for count in range(1, 9):
                folder = os.path.join(sys.argv[1], f"{step}{exchanges}{code}", str(count), "a")
                child = os.fork()
                if not child:
                    array_folder.write(folder, "model", {"answer": 1}, None, {"words": ["a"]})
                    write_and_die(folder, module, step, count, exchanges, code)
                if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
                    break
    """), tmp_path], timeout=120)
    assert process.returncode == 0
    places = [count / "a" for case in tmp_path.iterdir() for count in case.iterdir()]
    assert len(places) > 20
    for place in places:
        array_folder.check_place(place, KIND)
        assert answer(place) in (1, 2), place
        assert not any(list(path.iterdir()) for path in place.parent.iterdir() if path != place)  # at most an empty one
    write(place, 3)
    assert answer(place) == 3


# ---- several writers

def unsupported(*_):
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")


def write_from_threads(pipe, place, exchanges, with_locks):
    """Three threads write and read six times each. Sends how often this succeeded."""
    def go(first):
        for n in range(first, first + 6):
            write(place, n)
            answer(place)
            done.append(n)

    if not exchanges:
        atomic_folder._exchange = lambda a, b: False
    if not with_locks:
        locks.fcntl.flock = unsupported
    os.getpid = lambda: 7  # as in two containers
    done = []
    threads = [threading.Thread(target=go, args=(100 * i,)) for i in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send(len(done))


@pytest.mark.parametrize("exchanges, with_locks", [(True, True), (False, True), (False, False)])
def test_threads_and_processes_that_write_to_one_place(tmp_path, exchanges, with_locks):
    """Each write succeeds, every read gets what one of them has written, and nothing is left over."""
    given = tmp_path / "a", exchanges, with_locks
    with started(write_from_threads, *given) as (_, one), started(write_from_threads, *given) as (_, other):
        assert one.recv() == other.recv() == 18
    assert answer(tmp_path / "a") > 100 and os.listdir(tmp_path) == ["a"]


def move_to_and_fro(pipe, folder, file):
    """Has them away and back in place, again and again."""
    pipe.send(None)
    while not pipe.poll():
        for path in (folder, file):
            os.rename(path, f"{path}2")
            os.rename(f"{path}2", path)


def test_what_is_moved_while_its_place_is_checked_is_nothing_else_meanwhile(tmp_path):
    folder, file = write(tmp_path / "a"), tmp_path / "b"
    file.touch()
    with started(move_to_and_fro, folder, file) as (_, pipe):
        pipe.recv()
        for _ in range(1500):
            array_folder._check_replaceable(folder, KIND)
            atomic_file.check_place(file, [file.parent / "c", folder])
            places.check({}, {"--out": folder})
        pipe.send(None)


@pytest.mark.skipif(os.name == "nt", reason="Windows locks bytes, which msvcrt tries to do for 10 s")
def test_who_looks_at_a_new_mark_does_not_keep_its_writer_from_locking_it(tmp_path, monkeypatch):
    """Otherwise the next one who looks would take a folder that is being written for what a killed writer left."""
    lock, timers = locks.is_locked, []

    def look_first(file, **options):
        if not timers:
            other = open(file.name, "r+b")
            assert lock(other)
            timers.append(threading.Timer(0.05, other.close))
            timers[0].start()
        return lock(file, **options)

    monkeypatch.setattr(beside, "is_locked", look_first)
    with beside.holder(tmp_path / "a") as folder, open(folder / beside.MARK, "r+b") as mark:
        timers[0].join()
        assert not lock(mark)
        beside.clear(tmp_path / "a")
        assert folder.exists()


def test_another_program_puts_its_file_into_the_place_meanwhile(tmp_path, monkeypatch):
    write(tmp_path / "a", 1)
    fill = array_folder._fill
    monkeypatch.setattr(array_folder, "_fill", lambda *args: (fill(*args), (tmp_path / "a" / "mine").touch()))
    with pytest.raises(ValueError, match="other files: mine"):
        write(tmp_path / "a", 2)
    assert (tmp_path / "a" / "mine").exists() and answer(tmp_path / "a") == 1
    shutil.rmtree(tmp_path / "a")
