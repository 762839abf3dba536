"""`Rows`: the rows of a CSV file whose quotes may be broken."""

import csv
from collections import deque
from collections.abc import Iterator

from nnlite.data.lines import MAX_ROW_LINES, SkippedLine


class Rows:
    """Iterator of (line number, list of fields or SkippedLine), the header first, from numbered lines.

    A row has as many fields as the header. A broken row costs one line: reading resumes at its second line.

    Time is linear in the text, however many rows are broken, because a line that others may follow into a row is looked
    at once: what it adds to a row that has an open quote where the line begins, and whether it closes the quote.
    """

    def __init__(self, lines: Iterator[tuple[int, str | SkippedLine]], delimiter: str):
        self.delimiter = delimiter  # Python 3.10's csv module refuses NUL; any control character is cleaned away
        self.lines = ((n, text.replace("\0", "\1") if isinstance(text, str) else text) for n, text in lines)
        self.n_columns = 0  # until the header is read
        self.ahead: deque[_Line] = deque()  # lines that were read to find the end of a row
        self.ends: deque[_Line] = deque()  # of these, the ones at which a row ends
        self.n_fields = self.n_invalid = 0  # of all lines ever put into `ahead`, as a row sees them that they continue

    def __iter__(self) -> Iterator[tuple[int, list[str] | SkippedLine]]:
        while first := self._next_line():
            if isinstance(first.text, str) and not first.text.strip():
                continue
            try:
                yield first.number, self._row(first)
            except SkippedLine as trouble:
                yield first.number, trouble

    def _next_line(self):
        if self.ahead:
            return self.ahead.popleft()
        number, text = next(self.lines, (0, None))
        return _Line(number, text, self.n_fields, self.n_invalid) if number else None

    def _row(self, first):
        """The fields of the row that begins with a line. Raises SkippedLine."""
        if isinstance(first.text, SkippedLine):
            raise first.text
        row, is_open, error = _parsed(first.text, self.delimiter)
        if error:
            raise SkippedLine("not CSV", error)
        if is_open:
            return self._long_row(first, len(row))
        self._check(first, len(row))
        return row

    def _check(self, first, n_fields):
        self.n_columns = self.n_columns or n_fields
        if n_fields != self.n_columns:
            raise SkippedLine("wrong columns", first.text)

    def _long_row(self, first, n_fields):
        """The fields of the row that begins with a line of n_fields, of which the last has an open quote."""
        last = self._end_of_row(first)
        if not last or last.is_barrier:
            raise SkippedLine("unclosed quote", first.text)
        self._check(first, n_fields + last.n_fields - first.n_fields)
        # A stray quote could make one row of all lines up to the next quote, were invalid quotes allowed.
        if last.n_invalid > first.n_invalid or self._is_invalid(first.text):
            raise SkippedLine("unclosed quote", first.text)
        texts = [first.text] + [line.text for line in self.ahead if line.number <= last.number]
        try:
            row = next(csv.reader(texts, delimiter=self.delimiter))
        except csv.Error as error:  # a field that is too long
            raise SkippedLine("unclosed quote", str(error)) from None
        while self.ahead and self.ahead[0].number <= last.number:
            self.ahead.popleft()
        return row

    def _end_of_row(self, first):
        """The line at which a row ends whose first line leaves a quote open; None if it has too many lines."""
        while self.ends and self.ends[0].number <= first.number:
            self.ends.popleft()
        most = first.number + MAX_ROW_LINES - 1  # the number of the last line that the row may have
        while not self.ends and (self.ahead[-1] if self.ahead else first).number < most:
            number, text = next(self.lines, (0, None))
            if not number:
                return None
            self._look_ahead(_Line(number, text, self.n_fields, self.n_invalid))
        return self.ends[0] if self.ends and self.ends[0].number <= most else None

    def _look_ahead(self, line):
        """Add the next line to `ahead`, with what it adds to a row whose quote is open where the line begins."""
        is_open = False
        line.is_barrier = isinstance(line.text, SkippedLine)
        if not line.is_barrier:
            row, is_open, error = _parsed('"' + line.text, self.delimiter)
            line.is_barrier = bool(error)
            if not error:
                line.n_fields += len(row) - 1
                line.n_invalid += self._is_invalid('"' + line.text)
        self.n_fields, self.n_invalid = line.n_fields, line.n_invalid
        self.ahead.append(line)
        if not is_open:
            self.ends.append(line)

    def _is_invalid(self, text):
        """Whether a quote in the text is followed by something that it must not be followed by."""
        _, is_open, error = _parsed(text, self.delimiter, strict=True)
        return bool(error) and not is_open


class _Line:
    """A line, and sums over the lines that were looked at ahead up to this one: fields, and those of invalid quotes.

    is_barrier: no row can continue over it
    """

    def __init__(self, number, text, n_fields, n_invalid):
        self.number, self.text, self.n_fields, self.n_invalid = number, text, n_fields, n_invalid
        self.is_barrier = False


def _parsed(text, delimiter, strict=False):
    """(fields, whether a quote is open at the end of the text, what the csv module says is wrong or None)."""
    reader = csv.reader((text, ""), delimiter=delimiter, strict=strict)
    try:
        return next(reader), reader.line_num > 1, None
    except csv.Error as error:
        return [], reader.line_num > 1, str(error)
