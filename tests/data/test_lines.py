"""Claim: the lines of a file are numbered and whole, whatever the blocks in which it is read; one that is too long or
not UTF-8 is told from others."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.data import lines
from nnlite.data.lines import SkippedLine, numbered_lines


def found(content):
    """(number, text or kind) of each line."""
    return [(number, line.kind if isinstance(line, SkippedLine) else line)
            for number, line in numbered_lines(io.BytesIO(content))]


PIECES = [b"a", b"bb", b"\n", b"\r", b"\xc3\xa9", b"\xe2\x80\xa8", b"\xff", b"\xef\xbb\xbf"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.integers(1, 9), st.integers(3, 7))
def test_lines_are_those_of_the_whole_file(content, block_bytes, most):
    """Split at line feeds alone, the mark of the beginning taken away, whatever the sizes of blocks and lines are."""
    want = []
    for number, line in enumerate(io.BytesIO(content), 1):
        if len(line) > most:
            want.append((number, "line too long"))
            continue
        try:
            text = line.decode()
        except UnicodeDecodeError:
            want.append((number, "not UTF-8"))
        else:
            want.append((number, text.removeprefix("\ufeff") if number == 1 else text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", block_bytes)
        patch.setattr(lines, "MAX_LINE_BYTES", most)
        assert found(content) == want


@pytest.mark.parametrize("n", [lines.MAX_LINE_BYTES - 1, lines.MAX_LINE_BYTES, lines.MAX_LINE_BYTES + 1])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_may_have_so_many_bytes(n, end):
    whole = b"x" * (n - len(end)) + end
    for content, numbers in (whole, [1]), (b"a\n" + whole, [1, 2]), (whole + b"\n" * (not end) + b"b", [1, 2]):
        got = found(content)
        assert [number for number, _ in got] == numbers
        if content is whole:
            assert (got[0][1] == "line too long") == (n > lines.MAX_LINE_BYTES)


def test_a_file_that_ends_in_damage_has_one_more_line_that_says_so():
    class Damaged(io.BytesIO):
        def read1(self, size=-1):
            return super().read1(4) or self.fail()

        def fail(self):
            raise EOFError("cut short")

    got = list(numbered_lines(Damaged(b"a\nb\nc\n")))
    assert got[:3] == [(1, "a\n"), (2, "b\n"), (3, "c\n")] and got[3][0] == 4 and len(got) == 4
    assert str(got[3][1]) == "damaged file, want a whole file of the kind that its ending names, got 'cut short'"


@pytest.mark.parametrize("came, shown", [
    ("x" * 61, repr("x" * 60)), (b"x" * 61, repr(b"x" * 60)), (None, "NoneType"), (["a"], "list")])
def test_what_came_instead_is_shown_in_a_few_characters(came, shown):
    assert str(SkippedLine("no title", came)) == (
        f"no title, want a text that is more than HTML or page code as title, got {shown}")


def test_five_examples_are_shown_and_more_are_counted():
    skipped = lines.Skipped()
    assert [skipped.add("no title", str(i)) for i in range(7)] == [True] * 5 + [False] * 2
    assert skipped == {"no title": 7} and skipped.examples == list("01234")
