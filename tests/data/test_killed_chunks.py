"""Claim: chunks are written whole or not at all, whether their writer is killed or the disk is full."""

import time

import pytest
from children import started
from numbered import RECORDS, N, refused, rows, same
from problems import compiled

from nnlite import Vocabulary
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.system import array_folder, beside


def write(pipe, place, chunk_rows=29, limit=None):
    """Write RECORDS into a place, to files of at most `limit` bytes; send that it begins, and the error."""
    vocabulary = Vocabulary.build(RECORDS, min_count=1, tfidf=True)
    vocabulary.encode(RECORDS)
    if limit is not None:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    pipe.send("ready")
    try:
        write_chunks(place, iter(RECORDS), vocabulary, chunk_rows)
    except OSError as error:
        pipe.send((error.strerror, error.filename))


@pytest.mark.parametrize("limit", [0, 2000, 7000])
def test_a_full_disk(tmp_path, vocabulary, limit):
    """What is there stays whole, and with more disk space the same call finishes."""
    with started(write, tmp_path / "a", 29, limit) as (_, pipe):
        assert pipe.recv() == "ready"
        what, where = pipe.recv()
    assert what == "File too large" and str(tmp_path / "a") in where
    assert not list(tmp_path.rglob(".*"))
    for part in (tmp_path / "a").glob("part-*"):
        array_folder.read(part, "part")
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    assert rows(ChunkFolder(tmp_path / "a")) == rows([vocabulary.encode(RECORDS)])


def left(place):
    """What killed writers have left there, but for folders in which nothing is written yet: a living writer's?"""
    return [path for path in place.rglob(".*") if any(file.is_dir() or file.stat().st_size for file in path.iterdir())]


@compiled
def test_killed_at_any_moment(tmp_path, vocabulary):
    """SIGKILL again and again, each time a little later: all there is whole, and no part that is there written anew."""
    place, parts = tmp_path / "a", {}
    want = write_chunks(tmp_path / "want", RECORDS, vocabulary, 5)
    for n_parts, delay in zip((0, 0, 3, 9, 20), (0, 0.004, 0.011, 0.001, 0.007)):
        with started(write, place, 5) as (process, pipe):
            pipe.recv()
            while len(list(place.glob("part-*"))) < n_parts and process.is_alive():
                time.sleep(0.001)
            time.sleep(delay)
        assert all((place / name).stat().st_mtime_ns == at for name, at in parts.items())
        for part in place.glob("part-*"):
            array_folder.read(part, "part")
            parts[part.name] = part.stat().st_mtime_ns
        if (place / "data").exists() and array_folder.read(place / "data", "data")[0]["n_rows"] is None:
            refused(lambda: ChunkFolder(place), "unfinished")
        assert len(left(place)) <= 1
    assert len(parts) >= 20
    assert all(map(same, write_chunks(place, iter(RECORDS), vocabulary, 5), want))
    assert not left(place)


def test_what_a_killed_writer_has_left_in_the_folder_is_no_hindrance(tmp_path, vocabulary):
    holder = tmp_path / "a" / ".data.0123456789abcdef"
    holder.mkdir(parents=True)
    (holder / beside.MARK).write_text("data")
    assert write_chunks(tmp_path / "a", RECORDS, vocabulary, 29).n_rows == N
    assert not list((tmp_path / "a").glob(".*"))
