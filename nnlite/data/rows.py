"""`Rows`: the rows of a CSV file whose quotes may be broken."""

import csv
from collections import deque
from collections.abc import Iterator

from nnlite.data.lines import MAX_ROW_LINES, SkippedLine


class Rows:
    """Iterator of (line number, list of fields or SkippedLine), the header first, from numbered lines.

    A row has as many fields as the header. A broken row costs one line: reading resumes at its second line.
    """

    def __init__(self, lines: Iterator[tuple[int, str | SkippedLine]], delimiter: str):
        self.delimiter = delimiter  # Python 3.10's csv module refuses NUL; any control character is cleaned away
        self.lines = ((n, text.replace("\0", "\1") if isinstance(text, str) else text) for n, text in lines)
        self.n_columns = 0  # until the header is read
        self.again: deque = deque()  # lines that a broken row took
        self.taken: list = []  # the lines of the present row

    def __iter__(self) -> Iterator[tuple[int, list[str] | SkippedLine]]:
        while first := self._next_line():
            if isinstance(first[1], str) and not first[1].strip():
                continue
            self.taken = [first]
            try:
                row = self._row()
            except SkippedLine as trouble:
                row = trouble
                self.again.extendleft(reversed(self.taken[1:]))
            yield first[0], row

    def _next_line(self):
        return self.again.popleft() if self.again else next(self.lines, None)

    def _row(self):
        """The fields of the row that begins with the line taken. Raises SkippedLine."""
        first = self.taken[0][1]
        if isinstance(first, SkippedLine):
            raise first
        try:
            row = next(csv.reader(self._row_lines(), delimiter=self.delimiter))
            self.n_columns = self.n_columns or len(row)
            if len(row) != self.n_columns:
                raise SkippedLine("wrong columns", first)
            if len(self.taken) > 1:  # else a stray quote could make one row of all lines up to the next quote
                next(csv.reader([text for _, text in self.taken], delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise SkippedLine("unclosed quote" if len(self.taken) > 1 else "not CSV", str(error)) from None
        return row

    def _row_lines(self):
        """Yield the lines of the row: the csv module asks for another one as long as a quote is open."""
        yield self.taken[0][1]
        while len(self.taken) < MAX_ROW_LINES and (line := self._next_line()):
            self.taken.append(line)
            if isinstance(line[1], SkippedLine):
                break
            yield line[1]
        raise SkippedLine("unclosed quote", self.taken[0][1])
