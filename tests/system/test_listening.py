"""Claim: listeners hear what is done while they listen, and a stream of files is as far as its bytes or records."""

from pathlib import Path

import pytest

from nnlite.system.stages import Position, done, listening, sizes_of


def test_listeners_hear_what_is_done_within_and_nothing_after_an_error():
    one, other = [], []
    done("reading", 1, None)
    with pytest.raises(ZeroDivisionError), listening(lambda *said: one.append(said)):
        with listening(lambda *said: other.append(said)):
            done("reading", 2, 9)
        done("encoding", 3, None)
        raise ZeroDivisionError
    done("reading", 4, 9)
    assert one == [("reading", 2, 9), ("encoding", 3, None)] and other == [("reading", 2, 9)]


def test_the_sizes_of_regular_files_alone_are_known(tmp_path):
    for name, size in ("a", 3), ("b", 0):
        (tmp_path / name).write_bytes(bytes(size))
    a, b = tmp_path / "a", tmp_path / "b"
    assert sizes_of([a, b, a]) == [3, 0, 3] and sizes_of([]) == []
    assert sizes_of([Path("-")]) is None and sizes_of([a, Path("-")]) is None and sizes_of([a, tmp_path]) is None
    with pytest.raises(FileNotFoundError):
        sizes_of([a, tmp_path / "none"])


@pytest.mark.parametrize("sizes, said", [
    ([100, 50, 7], [(30, 157), (70, 157), (20, 157), (37, 157)]),
    ([100, 50, 0], [(30, 150), (70, 150), (20, 150), (30, 150)]),
    (None, [(2, None), (5, None), (2, None), (1, None)]), ([], [(30, None), (-30, None), (20, None), (-20, None)])])
def test_a_stream_says_what_came_since_it_said_it_last(sizes, said):
    heard, position = [], Position("reading", sizes)
    position.say(1, 0, 10)  # nobody listens
    with listening(lambda *one: heard.append(one)):
        for n_records, n_files, n_bytes in (2, 0, 30), (7, 1, 0), (9, 1, 20), (10, 3, 0):
            position.say(n_records, n_files, n_bytes)
    assert heard == [("reading", *one) for one in said]
