"""Claim: lines come whole and numbered whatever the blocks; one too long, and a damaged end, cost themselves."""

import io
from itertools import accumulate

import pytest

from nnlite.data.files import blocks
from nnlite.data.files.blocks import Lines, Stretch


class Pieces(io.BytesIO):
    """A file that is read `size` bytes at a time and, if it is damaged, raises an error where it ends."""

    def __init__(self, content, size, is_damaged=False):
        super().__init__(content)
        self.size, self.is_damaged = size, is_damaged

    def read1(self, size=-1):
        block = super().read1(min(self.size, size))
        if self.is_damaged and not block:
            raise OSError("damaged")
        return block


def taken(lines):
    """(number, line or kind of trouble) each, as a reader takes them."""
    found = []
    while True:
        while (line := lines.take()) is not None:
            found.append((lines.number - 1, line))
        if not lines.trouble:
            return found
        number, trouble = lines.end_trouble()
        found.append((number, trouble.kind))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 99])
@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize("text", ["", "a", "a|", "|", "||b", "a|bc|def", "ä|ö|ü€|\ufeff|"])
def test_lines_come_whole(text, end, size):
    text = text.replace("|", end)
    found = taken(Lines(Pieces(text.encode(), size), end))
    assert "".join(line for _, line in found) == text and all(line.count(end) <= 1 for _, line in found)
    assert [number for number, _ in found] == [*range(1, len(found) + 1)]
    assert all(line.endswith(end) for _, line in found[:-1])


@pytest.mark.parametrize("n_chars", [7, 8, 9, 10, 30])
@pytest.mark.parametrize("before, after", [("", ""), ("", "c\nd\n"), ("ab\n", "c\n\nd"), ("a\n\n", "\n")])
@pytest.mark.parametrize("end", ["\n", ""])
def test_a_line_that_is_too_long_costs_itself(n_chars, before, after, end, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 8)
    after = after * bool(end)
    want = [*before.splitlines(True), "line too long" if n_chars > 8 else "x" * n_chars + end, *after.splitlines(True)]
    lines = Lines(Pieces(f"{before}{'x' * n_chars}{end}{after}".encode(), 1), "\n")
    assert taken(lines) == [*enumerate(want, 1)]


@pytest.mark.parametrize("size", range(1, 9))
def test_lines_behind_one_that_is_too_long_are_read_whatever_the_blocks(size, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 8)
    text = "ab\n" + "x" * 30 + "\nc\n" + "y" * 30 + "\nd\ne"
    assert taken(Lines(Pieces(text.encode(), size), "\n")) == [
        (1, "ab\n"), (2, "line too long"), (3, "c\n"), (4, "line too long"), (5, "d\n"), (6, "e")]


def test_only_a_file_begins_with_a_mark(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 8)
    for size in 1, 4, 99:
        assert taken(Lines(Pieces("\ufeffa\n\ufeffb".encode(), size), "\n")) == [(1, "a\n"), (2, "\ufeffb")]
    assert taken(Lines(Pieces(b"x" * 20 + "\n\ufeffb".encode(), 1), "\n")) == [(1, "line too long"), (2, "\ufeffb")]


@pytest.mark.parametrize("size", [1, 2, 5, 99])
@pytest.mark.parametrize("text, want", [
    ("", []), ("a\nb\n", ["a\n", "b\n"]), ("a\nb", ["a\n"]), ("a\n" + "x" * 200 + "\nb\n" + "y" * 200, None)])
def test_a_damaged_end_is_the_last_thing_that_comes(text, want, size, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 99)
    want = ["a\n", "line too long", "b\n"] if want is None else want
    lines = Lines(Pieces(text.encode(), size, is_damaged=True), "\n")
    assert taken(lines) == [*enumerate([*want, "damaged file"], 1)]
    assert not lines.read() and lines.take() is None


def test_lines_may_be_put_back_and_dropped():
    lines = Lines(Pieces(b"a\nb\nc\nd\n", 99), "\n")
    assert lines.take() == "a\n" and lines.number == 2
    lines.put_back("a\n")
    assert lines.number == 1 and lines.ahead == ["a\n", "b\n", "c\n", "d\n"]
    lines.drop(3)
    assert lines.number == 4 and lines.take() == "d\n" and lines.take() is None


@pytest.mark.parametrize("n_dropped", range(5))
def test_a_stretch_is_cut_at_offsets_that_stay(n_dropped):
    texts = ["ab\n", "\n", "cde\n", "f"]
    stretch, starts = Stretch(), [0, *accumulate(map(len, texts))]
    assert [stretch.add(text) for text in texts] == [*enumerate(starts[:-1])]
    stretch.drop(n_dropped)
    assert (stretch.n_lines, stretch.n_chars, stretch.end) == (4 - n_dropped, 9 - starts[n_dropped], 4)
    assert [stretch[i] for i in range(n_dropped, 4)] == texts[n_dropped:]
    for start in range(starts[n_dropped], 10):
        for end in range(start, 10):
            assert stretch.cut(start, end) == "".join(texts)[start:end]
    assert stretch.add("gh") == (4, 9) and stretch.cut(9, 11) == "gh" and stretch.end == 5
