"""`Rows`: the rows of a CSV or TSV file in any dialect, whose quotes may be broken.

Well-formed rows are read by the csv module, a block of lines at a time. Where the quotes of a row are odd,
nnlite.data.files.quotes reads line by line until a row surely ends.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from nnlite.data.files.blocks import Lines
from nnlite.data.files.dialect import MAX_EXAMPLES, Dialect
from nnlite.data.files.quotes import MAX_ROW_CHARS, resolve
from nnlite.data.files.signature import Signature
from nnlite.data.lines import SkippedLine

MAX_LINES_BACK = 64  # how far before an odd row the quote may stand that makes it odd
MAX_LOOKED_LINES = 500  # behind the first odd row, for good rows with lines like rows inside
MIN_LINES = 16  # parsed at a time behind an odd row
MAX_INNER = 3  # quotes inside of a cell, in a row that is read without `resolve` although values do not tell
MAX_OPEN_LINES = 1 << 16  # of a row that the csv module reads; a longer one is read line by line
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what Lines makes of such bytes

Row = list[str] | SkippedLine


class Rows:
    """Iterator of (line number, list of n_columns fields or SkippedLine) below the header of a file of UTF-8 bytes.

    The number is that of the row's first line. Empty lines are left out. A row without its last columns, or with more
    that are empty, is made complete where no quote is odd; another number of columns is a SkippedLine. A damaged file
    ends with a SkippedLine. Memory holds a block of the file or, where quotes are odd, one row.
    """

    def __init__(self, file: Any, dialect: Dialect):
        self.dialect, self.lines = dialect, Lines(file, dialect.line_end)
        self.examples = list(dialect.examples)
        self.is_sloppy = False  # a row with broken quotes was met
        self.has_rows_in_cells = False  # a cell held a line that looks like a row
        self.n_lines = 1 << 30  # parsed at a time
        self._known = 0, Signature([])  # number of examples, what they say
        sign = re.escape(dialect.delimiter)
        self._field = re.compile(  # in quotes, with others inside that neither open nor close a field; or without any
            rf'(?:"(?!")([^"]*(?:(?<![{sign}])"(?!"| *(?:{sign}|$))[^"]*)*)"|([^{sign}"\s][^{sign}"]*|))'
            rf'(?={sign}|$)').match
        self._touches = re.compile(rf'{sign} *"|" *{sign}|^[ {sign}]|[ {sign}]$').search

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        for _ in range(self.dialect.first_row - 1):
            self.lines.take()
        more = self._quoted_rows if self.dialect.quoting else self._split_rows
        while True:
            while self.lines.ahead or self.lines.read():
                yield from more()
            if not self.lines.trouble:
                return
            yield self.lines.end_trouble()
            if self.dialect.quoting and (self.lines.ahead or self.lines.read()):
                yield from self._resolved(is_inside=True)

    def _checked(self, row: Row) -> Row:
        """The same row; a SkippedLine if bytes of it are not UTF-8."""
        if self.lines.is_dirty and isinstance(row, list) and _NOT_UTF8.search("".join(row)):
            return SkippedLine("not UTF-8", self.dialect.delimiter.join(row).encode(errors="surrogateescape"))
        return row

    def _split_rows(self):
        """The rows of the lines ahead, in which quotes mean nothing."""
        delimiter, number = self.dialect.delimiter, self.lines.number
        rows = [line.rstrip("\r\n").split(delimiter) for line in self.lines.ahead]
        self.lines.drop(len(rows))
        return self._completed(rows, range(len(rows) + 1), number)

    def _quoted_rows(self):
        """Yield rows of the lines ahead, up to the first whose quotes are odd and what surely belongs to it."""
        number, lines = self.lines.number, self.lines.ahead[:self.n_lines]
        is_last = len(lines) == len(self.lines.ahead) and not self.lines.read()
        rows, ends, is_open = self._parsed(lines)
        odd = self._first_odd(rows, ends, lines)
        if odd is None and ends[-1] < len(lines) and (not is_open or is_last or
                                                      len(lines) - ends[-1] > MAX_OPEN_LINES):
            odd = len(rows)
        if odd is None and is_last:
            n_rows = len(rows)
        elif odd is not None and not self.is_sloppy and odd < len(rows) and len(rows[odd]) == self.dialect.width \
                and ends[odd + 1] > ends[odd] + 1:  # well-formed, but doubtful by what it holds
            n_rows = odd
        else:
            n_rows = _last_quoted(lines, ends, odd)
        if odd is None and not n_rows:  # more lines are needed
            self.n_lines = 2 * len(lines)
            return
        self.lines.drop(ends[n_rows])
        yield from self._completed(rows[:n_rows], ends, number)
        self.n_lines = MIN_LINES if odd is not None else 2 * self.n_lines
        if odd is not None:
            yield from self._resolved()

    def _parsed(self, lines, n_rows=None):
        """(rows, at most n_rows, lines before each and behind the last, whether the last that is not there is open)."""
        rows, ends, is_open = [], [0], False
        reader = csv.reader(lines, delimiter=self.dialect.delimiter, strict=True,
                            skipinitialspace=self.dialect.skips_spaces)
        limit = csv.field_size_limit(MAX_ROW_CHARS)  # of all readers in the process
        try:
            for row in islice(reader, n_rows):
                rows.append(row)
                ends.append(reader.line_num)
        except csv.Error as error:
            is_open = "unexpected end" in str(error)
        finally:
            csv.field_size_limit(limit)
        return rows, ends, is_open

    def _first_odd(self, rows, ends, lines):
        """Index of the first row whose quotes may be broken although the csv module takes it, or None."""
        width, is_plain = self.dialect.width, '"\0' not in "\0".join([*chain.from_iterable(rows), ""])
        if is_plain and ends[-1] == len(rows) and {width}.issuperset(map(len, rows)):
            return None
        for i, row in enumerate(rows):
            text = lines[ends[i]] if ends[i + 1] == ends[i] + 1 else "".join(lines[ends[i]:ends[i + 1]])
            if '"' in text and self._is_odd(row, text, lines[ends[i]:ends[i + 1]]):
                return i
        return None

    def _is_odd(self, row, text, lines):
        """Whether a row with quotes may be something else: its text, and the lines of it."""
        if '"\0' in "\0".join([*row, ""]) and any(_quoted(value) not in text for value in row if value.endswith('"')):
            return True
        if len(lines) > 1:
            return self.is_sloppy or len(row) != self.dialect.width or self._holds_rows(lines)
        return len(row) != self.dialect.width and isinstance(self._whole(row), SkippedLine)

    def _holds_rows(self, lines):
        """Whether a row that the csv module reads may be several: one of its lines looks like a row, and all may be.

        A quote that means nothing can make one row of several, but hardly of anything else: the csv module does not
        take the quoted cells between.
        """
        parts = [line.rstrip("\r\n").split(self.dialect.delimiter) for line in lines if line.strip()]
        rows = [part for part in parts if len(part) == self.dialect.width]
        if len(rows) < len(parts):
            self.has_rows_in_cells |= len(rows) > 1
            return False
        return any(map(self._signature().knows, rows))

    def _look_for_rows_in_cells(self):
        """Whether good rows among the next lines have lines inside of cells that look like rows."""
        lines = self.lines.ahead[:MAX_LOOKED_LINES]
        for start in [i for i, line in enumerate(lines) if line.count('"') % 2]:
            rows, ends, _ = self._parsed(lines[start:start + MAX_LINES_BACK], n_rows=1)
            if rows and ends[1] > 1 and len(rows[0]) == self.dialect.width:
                self._holds_rows(lines[start:start + ends[1]])

    def _signature(self):
        if len(self.examples) != self._known[0]:
            self._known = len(self.examples), Signature(self.examples)
        return self._known[1]

    def _resolved(self, is_inside=False):
        """Yield the next rows, of lines with odd quotes."""
        if not self.is_sloppy:
            self._look_for_rows_in_cells()
        self.is_sloppy = True
        is_odd = False
        while not (is_inside or is_odd) and (found := self._plain_row()):
            cells, is_odd = found
            yield self.lines.number, self._checked(self._whole(cells))
            self.lines.drop(1)
        if is_odd:
            return
        number = self.lines.number
        for start, row in resolve(self.lines, self.dialect.width, self.dialect.delimiter, self._signature(),
                                  is_inside, self.has_rows_in_cells, self.dialect.all_quoted):
            yield number + start, self._checked(self._whole(row)) if isinstance(row, list) else row

    def _plain_row(self) -> tuple[list[str], bool] | None:
        """(the row of the next line, whether quotes stand inside of its cells); None unless `resolve` is sure of it.

        It is where values behind the last quoted cell are usual: a cell that goes on behind them is too unlikely. And
        where one quoted row follows another and quotes stand in one cell only, see `_is_among_quoted`.
        """
        found = self._cells(0)
        if not found or max(found[1]) < 0:
            return None
        row, quoted = found
        known = {i: bool(test(row[i].strip())) for i, test in self._signature().usual.items() if row[i].strip()}
        is_sure = list(known.values()).count(False) <= 1 and any(known[i] for i in known if i > max(quoted))
        return (row, any('"' in cell for cell in row)) if is_sure or self._is_among_quoted() else None

    def _cells(self, n_before: int) -> tuple[list[str], list[int]] | None:
        """(cells, the places of those in quotes, or -1) of the line ahead behind n_before; None if unclear."""
        is_there = len(self.lines.ahead) > n_before or self.lines.read() and len(self.lines.ahead) > n_before
        text = self.lines.ahead[n_before].rstrip("\r\n") if is_there else ""
        row, place, quoted = list[str](), -1, [-1]
        while place < len(text) and len(row) < self.dialect.width:
            match = self._field(text, place + 1)
            if not match:
                return None
            if match[1] is not None:
                quoted.append(len(row))
            row.append(match[1] or match[2] or "")
            place = match.end()
        return (row, quoted) if place >= len(text) and len(row) == self.dialect.width else None

    def _is_among_quoted(self) -> bool:
        """Whether `resolve` is sure of the next line because all cells of this and the next lines are in quotes.

        One cell may hold quotes, not the last, in this line or the next; the line behind it none. All values are as
        usual in their columns. In wide rows `resolve` itself has too many readings to follow.
        """
        inner = self._inner(0)
        if inner == 0:
            inner = self._inner(1)
            return inner is not None and inner > 0 and self._inner(2) == 0
        return inner is not None and self._inner(1) == 0

    def _inner(self, n_before):
        """How many quotes stand inside of cells of a line ahead; None if it is not as `_is_among_quoted` wants."""
        found = self._cells(n_before)
        if not found or len(found[1]) <= self.dialect.width or self.dialect.delimiter == " " or \
                any(map(self._touches, found[0])):
            return None
        counts = [cell.count('"') for cell in found[0]]
        is_usual = all(test(found[0][i].strip()) for i, test in self._signature().usual.items())
        return max(counts) if is_usual and not counts[-1] and len(counts) - counts.count(0) <= 1 and \
            max(counts) <= MAX_INNER else None

    def _completed(self, rows, ends, number):
        """(line number, row with n_columns fields or SkippedLine) of the rows that are not empty."""
        n = self.dialect.n_columns
        self.examples += [row for row in rows[:MAX_EXAMPLES - len(self.examples)] if len(row) == self.dialect.width]
        numbers = map(number.__add__, ends)
        if {n}.issuperset(map(len, rows)) and (n > 1 or all(row[0].strip() for row in rows)):
            return zip(numbers, map(self._checked, rows) if self.lines.is_dirty else rows)
        short = [len(row) < n for row in rows] + [False]
        return ((line, self._checked(self._whole(row, short[i - 1] + short[i + 1] > 0))) for i, (line, row) in
                enumerate(zip(numbers, rows)) if any(map(str.strip, row)) or len(row) == n > 1)

    def _whole(self, row: list[str], is_beside_short: bool = False) -> Row:
        """The row with n_columns fields: without empty ones that are too many, with empty ones that it lacks."""
        n, n_lacking = self.dialect.n_columns, self.dialect.n_columns - len(row)
        if not n_lacking:
            return row
        if n_lacking < 0 and not any(map(str.strip, row[n:])):
            return row[:n]
        if n_lacking > 0 and len(row) > 1 and self._may_lack(row, is_beside_short):
            return row + [""] * n_lacking
        return SkippedLine("wrong columns", self.dialect.delimiter.join(row))

    def _may_lack(self, row: Sequence[str], is_beside_short: bool) -> bool:
        """Whether the columns that a row lacks are often empty, or one is, and not because a line end stands in it."""
        n, m = self.dialect.n_columns, len(row)
        often = sum(not any(example[m:n]) for example in self.examples) * 10 > len(self.examples)
        return often or (m == n - 1 and not is_beside_short and not self.is_sloppy)


def _last_quoted(lines, ends, odd):
    """How many rows stand before the last quoted row (before the odd one), which an odd row may continue."""
    last = len(ends) - 1 if odd is None else odd
    for i in range(last - 1, -1, -1):
        if any('"' in line for line in lines[ends[i]:ends[i + 1]]):
            return i
        if ends[last] - ends[i] > MAX_LINES_BACK:
            break
    return last


def _quoted(value):
    """The value as it is written in quotes."""
    return '"' + value.replace('"', '""') + '"'
