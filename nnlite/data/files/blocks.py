"""`Lines`: the lines of a file of UTF-8 bytes, read in blocks. `Stretch`: some of them, to be cut at offsets."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from nnlite.data.files.dialect import split_lines
from nnlite.data.lines import DAMAGE, SkippedLine

BLOCK_BYTES = 1 << 17
MAX_LINE_BYTES = 1 << 24


class Lines:
    """ahead: lines that are read and not yet taken; number: line number of the first of them.

    A byte that is not UTF-8 becomes a lone surrogate, and is_dirty True. At a line of more than MAX_LINE_BYTES and
    at a damaged end `trouble` holds a SkippedLine, and reading stops until `end_trouble`.
    """

    def __init__(self, file: Any, line_end: str):
        self.file, self.line_end = file, line_end
        self.ahead: list[str] = []
        self.number = 1
        self.is_dirty = False
        self.trouble: SkippedLine | None = None
        self._rest, self._is_first, self._is_end = b"", True, False
        self._later: list[str] = []  # lines behind a line that was too long

    def read(self) -> bool:
        """Add a block of lines to `ahead`; False at the end of the file and at trouble."""
        while not (self.trouble or self._is_end or self._later):
            lines = self._decoded(self._read_bytes())
            if self.trouble:
                self._later = lines
            elif lines:
                self.ahead += lines
                return True
        if self.trouble or not self._later:
            return False
        self.ahead, self._later = self.ahead + self._later, []
        return True

    def take(self) -> str | None:
        """The next line; None at the end of the file and at trouble."""
        if not self.ahead and not self.read():
            return None
        self.number += 1
        return self.ahead.pop(0)

    def put_back(self, line: str) -> None:
        """Make the line that was taken last the next one again."""
        self.number -= 1
        self.ahead.insert(0, line)

    def drop(self, n_lines: int) -> None:
        """Take n_lines of those ahead."""
        self.number += n_lines
        del self.ahead[:n_lines]

    def end_trouble(self) -> tuple[int, SkippedLine]:
        """(line number, what is wrong with the line) of the present trouble, which is over then."""
        assert self.trouble and not self.ahead
        trouble, number = self.trouble, self.number
        self.trouble, self.number = None, number + 1
        return number, trouble

    def _read_bytes(self) -> bytes:
        """Some whole lines, the last one with its end unless the file ends."""
        end, parts, size = self.line_end.encode(), [self._rest], len(self._rest)
        block: bytes | SkippedLine = b" "
        while block:
            block = _read_block(self.file.read1)
            if isinstance(block, SkippedLine):
                self.trouble, self._is_end = block, True
                self._later, self._rest = [], b""
                return b""
            head, found, tail = block.rpartition(end)
            if size + len(block) > MAX_LINE_BYTES and not found and block:
                self.trouble = SkippedLine("line too long", parts[0] or block)
                return self._after_long_line(end)
            if found:
                self._rest = tail
                return b"".join([*parts, head, found])
            parts.append(block)
            size += len(block)
        self._rest, self._is_end = b"", True
        return b"".join(parts)

    def _after_long_line(self, end: bytes) -> bytes:
        """Drop the rest of the line that is too long."""
        while block := _read_block(self.file.read1):
            if isinstance(block, SkippedLine):
                self.trouble, self._is_end = block, True
                return b""
            _, found, self._rest = block.partition(end)
            if found:
                head, found, self._rest = self._rest.rpartition(end)
                return head + found
        self._rest, self._is_end = b"", True
        return b""

    def _decoded(self, lines: bytes) -> list[str]:
        try:
            text = lines.decode()
        except UnicodeDecodeError:
            self.is_dirty = True
            text = lines.decode(errors="surrogateescape")
        if self._is_first:
            text, self._is_first = text.removeprefix("\ufeff"), False
        return split_lines(text.replace("\0", "\1"), self.line_end)


def _read_block(read: Callable[[int], bytes]) -> bytes | SkippedLine:
    try:
        return read(BLOCK_BYTES)
    except DAMAGE as error:
        return SkippedLine("damaged file", str(error))


class Stretch:
    """Lines in a row. A line has a number, a character an offset; both stay when the first lines are dropped."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._offsets = [0]  # of each line and behind the last
        self._first = 0

    @property
    def end(self) -> int:
        """One more than the last line's number."""
        return self._first + len(self._texts)

    @property
    def n_chars(self) -> int:
        """The characters of all lines that it holds."""
        return self._offsets[-1] - self._offsets[0]

    @property
    def n_lines(self) -> int:
        """The number of lines that it holds."""
        return len(self._texts)

    def add(self, text: str) -> tuple[int, int]:
        """(number, offset) of the line that is added."""
        self._texts.append(text)
        self._offsets.append(self._offsets[-1] + len(text))
        return self.end - 1, self._offsets[-2]

    def __getitem__(self, number: int) -> str:
        return self._texts[number - self._first]

    def drop(self, end: int) -> None:
        """Drop the lines before number `end`."""
        n = end - self._first
        del self._texts[:n], self._offsets[:n]
        self._first = end

    def cut(self, start: int, end: int) -> str:
        """The text between two offsets."""
        first, last = bisect_right(self._offsets, start) - 1, bisect_right(self._offsets, end)
        base = self._offsets[first]
        return "".join(self._texts[first:last])[start - base:end - base]
