"""`resolve`: rows from lines whose quotes are broken, without inventing any.

All readings of the lines are followed side by side, line by line. Each has a cost: what it asks us to believe of the
one who wrote the file. A quote opens a field only at its start and closes it only before a delimiter or the end of the
line, so `"TV 55" LED",TVs` has one reading with two columns. Where two readings meet whose costs differ by less than
MARGIN, all lines since they parted are doubtful: they are skipped and counted, because a row that is read from the
inside of another one is worse than a row lost. (This is the Viterbi algorithm; the states are column and mode.)
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nnlite.data.files.signature import MAX_VALUE_CHARS, Signature
from nnlite.data.lines import SkippedLine

# What a reading costs
UNESCAPED = 1.0  # a quote inside a quoted field that is not doubled, or that is doubled and closes the field
INNER_OPENING = 2.0  # the same where a field would open: behind a delimiter or the start of a line
MAX_UNESCAPED = 3.0  # of both within the lines of one field: who does not escape one quote escapes none
STRAY_CLOSING = 1.0  # an unquoted field that ends with a quote
LITERAL = 3.0  # an unquoted field that begins with a quote
PAIRED = -2.0  # ... which has a partner in the same field: "Big" Lebowski
UNUSUAL = 1.0  # a value that its column does not have elsewhere
BROKEN_LINE, BROKEN_LINES = 4.0, 6.0  # a row with a wrong number of columns, on one line or on several
OPEN_AT_END = 3.0  # the file ends inside a quoted field
PAST_A_ROW = (0.05, 2.5)  # a field that continues where a row could end; the second if it has values usual in a row

MARGIN = 2.0  # how much worse the second best reading must be
MAX_WORSE = 6.0  # a reading that is worse than the best by more than this is given up
MAX_STATES = 48  # readings followed at a time
MAX_ROW_CHARS = 1 << 24


class _Done(NamedTuple):
    """Lines start to end (exclusive) as one row, or skipped (fields None): broken, doubtful, or empty (no kind)."""

    before: "_Done | None"
    start: int
    end: int
    fields: Any  # (fields before, start, end, is quoted), or None
    kind: str


class _Reading(NamedTuple):
    cost: float
    done: _Done | None
    fields: Any  # of the present row, those that are complete
    start: int  # line of the present row
    at: int  # offset of the present field
    unescaped: float  # cost of the present field's quotes
    is_doubtful: bool


class _Lines:
    """The lines of a stretch, to be cut at offsets."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.offsets = [0]

    def add(self, text: str) -> None:
        self.texts.append(text)
        self.offsets.append(self.offsets[-1] + len(text))

    def cut(self, start: int, end: int) -> str:
        first, last = bisect_right(self.offsets, start) - 1, bisect_right(self.offsets, end)
        base = self.offsets[first]
        return "".join(self.texts[first:last])[start - base:end - base]


def resolve(next_line: Callable[[], str | None], width: int, delimiter: str, signature: Signature,
            is_inside: bool = False) -> Iterator[tuple[int, int, list[str] | SkippedLine]]:
    """Yield (lines taken before, lines from there, row or SkippedLine) of the next lines until one surely ends a row.

    The first line starts a row, or may be inside another one (is_inside), which is skipped then.
    """
    resolver = _Resolver(width, delimiter, signature, is_inside)
    n_before = 0
    while not resolver.is_sure():
        if resolver.lines.offsets[-1] > MAX_ROW_CHARS:
            yield from ((n_before + i, 1, SkippedLine("unclosed quote", text))
                        for i, text in enumerate(resolver.lines.texts))
            n_before += len(resolver.lines.texts)
            resolver.forget()
        line = next_line()
        if line is None:
            resolver.end()
            break
        resolver.step(line)
    yield from ((n_before + start, n, row) for start, n, row in resolver.rows())


class _Resolver:
    """The readings of a stretch of lines: at most one that has ended a row with the last line, others in a field."""

    def __init__(self, width, delimiter, signature, is_inside):
        self.width, self.delimiter, self.signature = width, delimiter, signature
        self.tokens = re.compile(f'"+|{re.escape(delimiter)}')
        self.closes = re.compile(f" *(?:{re.escape(delimiter)}|$)").match
        self.lines = _Lines()
        self.ended: _Reading | None = _Reading(0, None, None, 0, 0, 0, False)
        self.open: dict = {}  # (column, "quoted", is its row new) -> _Reading
        self.is_full = False  # too many readings to follow: from there on all is doubtful
        if is_inside:
            doubtful = _Reading(0, None, None, -1, 0, 0, True)
            self.open = {(column, "quoted", False): doubtful for column in range(min(width, MAX_STATES))}

    def is_sure(self):
        return bool(self.lines.texts and self.ended) and \
            all(reading.cost >= self.ended.cost + MARGIN for reading in self.open.values())

    def forget(self):
        """Drop the lines so far: what is open will be skipped."""
        self.lines = _Lines()
        if self.ended:
            self.ended = _Reading(self.ended.cost, None, None, 0, 0, 0, False)
        self.open = {key: _Reading(r.cost, None, None, -1, 0, r.unescaped, True) for key, r in self.open.items()}

    def end(self):
        """The file ends: what is open is broken."""
        for reading in self.open.values():
            self._end_row(reading, OPEN_AT_END, None, "unclosed quote")

    def rows(self):
        """(first line, number of lines, row or SkippedLine) of the best reading."""
        done, found = self.ended.done if self.ended else None, []
        while done:
            found.append(done)
            done = done.before
        return [item for done in reversed(found) for item in self._rows_of(done)]

    def _rows_of(self, done):
        texts = self.lines.texts
        if done.fields is None:
            lines = range(done.start, done.end) if done.kind else ()
            return [(i, 1, SkippedLine(done.kind, texts[i])) for i in lines]
        row, fields = [], done.fields
        while fields:
            fields, start, end, is_quoted = fields
            text = self.lines.cut(start, end)
            row.append(text.replace('""', '"') if is_quoted else text)
        return [(done.start, done.end - done.start, row[::-1])]

    def step(self, line: str) -> None:
        """Follow every reading through one more line."""
        number, base = len(self.lines.texts), self.lines.offsets[-1]
        self.lines.add(line)
        body = line.rstrip("\r\n")
        before, states = self.ended, {}
        self.ended, best = None, min([r.cost for r in self.open.values()], default=1e9)
        for (column, mode, _), reading in self.open.items():
            self._put(states, column, mode, reading)
        if before:
            best = min(best, before.cost)
            self._put(states, 0, "plain", _Reading(before.cost, before.done, None, number, base, 0, False))
        for token in self.tokens.finditer(body):
            start, end = token.span()
            step = self._delimiter if token[0][0] == self.delimiter else self._quotes
            after: dict = {}
            for (column, mode, _), reading in states.items():
                step(after, column, mode, reading, base + start, base + end,
                     bool(self.closes(body, end)), start == 0 or body[start - 1] == self.delimiter)
            states = self._pruned(after, best + MAX_WORSE)
        self.open = self._end_line(states, base + len(body))
        if before and not body.strip():
            self._end_row(before, 0.0, None, "")
        elif before:  # or else the line is a broken row
            kind = "unclosed quote" if any(reading.start == number for reading in self.open.values()) \
                else "wrong columns"
            self._end_row(_Reading(before.cost, before.done, None, number, 0, 0, False), BROKEN_LINE, None, kind)
        for reading in list(self.open.values()):
            if reading.start < number:
                self._end_row(reading, BROKEN_LINES, None, "unclosed quote")
        limit = MAX_WORSE + min([r.cost for r in self.open.values()] + [self.ended.cost])
        self.open = self._pruned(self.open, limit)
        self.ended = self.ended if self.ended.cost <= limit else None

    def _end_line(self, states, offset):
        """Readings that have all columns end their row; those in a quoted field stay open, which are returned."""
        rows = [(reading, *self._field(mode, reading, offset)) for (column, mode, _), reading in states.items()
                if mode != "quoted" and column == self.width - 1]
        usual = {id(reading): self._usual(fields) for reading, fields, _ in rows}
        number = len(self.lines.texts) - 1
        for reading, fields, cost in rows:
            n_unusual, _ = usual[id(reading)]
            others = [usual[id(other)][1] for other, _, _ in rows if reading.start < other.start == number]
            start, end = _last_span(fields, self.lines.offsets[number])
            if any(start < value < end for values in others for value in values):
                cost += PAST_A_ROW[1]
            self._end_row(reading, cost + UNUSUAL * n_unusual, fields, "")
        still_open: dict = {}
        past = [values for n_unusual, values in usual.values() if n_unusual <= len(values)]
        for (column, mode, _), reading in states.items():
            if mode == "quoted":
                is_usual = any(value > reading.at for values in past for value in values)
                cost = reading.cost + (PAST_A_ROW[is_usual] if past else 0)
                self._put(still_open, column, mode, reading._replace(cost=cost))
        return still_open

    def _field(self, mode, reading, offset):
        """(fields with the present one, cost) where the field ends at `offset`."""
        if mode == "closed":
            return reading.fields, 0.0
        return (reading.fields, reading.at, offset, False), PAIRED if mode == "paired" else 0.0

    def _usual(self, fields):
        """(how many values are not usual in their columns, the offsets of those that are)."""
        n_unusual, usual, column = 0, [], self.width
        while fields and self.signature.usual:
            column -= 1
            fields, start, end, _ = fields
            if column in self.signature.usual and end > start:
                text = self.lines.cut(start, end).strip() if end - start <= MAX_VALUE_CHARS else "too long a value"
                if self.signature.usual[column](text):
                    usual.append(start)
                else:
                    n_unusual += bool(text)
        return n_unusual, usual

    def _end_row(self, reading, cost, fields, kind):
        """One more reading that ends a row with the last line."""
        end = len(self.lines.texts)
        start, kind = (reading.done.end if reading.done else 0, "unclosed quote") if reading.is_doubtful else (
            reading.start, kind)
        done = _Done(reading.done, start, end, None if reading.is_doubtful else fields, kind)
        new = _Reading(reading.cost + cost, done, None, end, 0, 0, False)
        if self.ended:
            new, worse = sorted((self.ended, new), key=lambda one: one.cost)
            if worse.cost - new.cost < MARGIN:
                common = _common(new.done, worse.done)
                new = new._replace(done=_Done(common, common.end if common else 0, end, None, "unclosed quote"))
        self.ended = new

    def _put(self, states, column, mode, new):
        """Of two readings with one state keep the better one; where it is not much better, it is doubtful."""
        key = column, mode, new.start == len(self.lines.texts) - 1
        old = states.get(key)
        if old:
            new, worse = (new, old) if new.cost < old.cost else (old, new)
            if worse.cost - new.cost < MARGIN:
                new = new._replace(done=_common(new.done, worse.done), is_doubtful=True)
        states[key] = new._replace(is_doubtful=True) if self.is_full else new

    def _pruned(self, states, limit):
        """The states without the hopeless ones. Too many make all that follows doubtful."""
        if max((r.cost for r in states.values()), default=0) > limit:
            states = {key: r for key, r in states.items() if r.cost <= limit}
        if len(states) > MAX_STATES:
            self.is_full = True
            states = dict(sorted(states.items(), key=lambda item: item[1].cost)[:MAX_STATES])
        return states

    def _delimiter(self, states, column, mode, reading, start, end, closes, opens):
        if mode == "quoted":
            self._put(states, column, mode, reading)
        elif column + 1 < self.width:
            fields, cost = self._field(mode, reading, start)
            self._put(states, column + 1, "plain",
                      reading._replace(cost=reading.cost + cost, fields=fields, at=end, unescaped=0))

    def _quotes(self, states, column, mode, reading, start, end, closes, opens):
        n = end - start
        if mode == "quoted":
            self._in_quoted(states, column, reading, end, n, closes, opens)
        elif mode in ("alone", "paired"):
            mode = {"alone": "paired", "paired": "alone"}[mode] if n % 2 else mode
            self._put(states, column, mode, reading._replace(cost=reading.cost + STRAY_CLOSING * closes))
        elif mode == "plain" and start == reading.at:
            opened = reading._replace(at=start + 1)
            if n > 1:
                self._in_quoted(states, column, opened, end, n - 1, closes, False)
            else:
                self._put(states, column, "quoted", opened)
            literal = reading._replace(cost=reading.cost + LITERAL)
            self._put(states, column, "alone" if n % 2 else "paired", literal)
        elif mode == "plain":
            if self.lines.cut(reading.at, start).isspace() and n == 1:
                self._put(states, column, "quoted", reading._replace(cost=reading.cost + UNESCAPED, at=start + 1))
            self._put(states, column, mode, reading._replace(cost=reading.cost + STRAY_CLOSING * closes))

    def _in_quoted(self, states, column, reading, end, n, closes, opens):
        """n quotes up to offset `end` in a quoted field: text, or text and the closing quote."""
        if closes:
            closed = reading._replace(cost=reading.cost + UNESCAPED * (n % 2 == 0),
                                      fields=(reading.fields, reading.at, end - 1, True))
            self._put(states, column, "closed", closed)
        if end - n == self.lines.offsets[-2]:
            reading = reading._replace(cost=reading.cost + INNER_OPENING)
        elif n % 2:
            new = min(reading.unescaped + (INNER_OPENING if opens else UNESCAPED), MAX_UNESCAPED)
            reading = reading._replace(cost=reading.cost + new - reading.unescaped, unescaped=new)
        self._put(states, column, "quoted", reading)


def _common(one, other):
    """The last row that two readings share."""
    while one is not other:
        if other is None or (one is not None and one.end >= other.end):
            one = one.before
        else:
            other = other.before
    return one


def _last_span(fields, offset):
    """(start, end) of the field that begins before an offset and ends behind it; (0, 0) if none does."""
    while fields and fields[1] >= offset:
        fields = fields[0]
    return (fields[1], fields[2]) if fields and fields[2] >= offset else (0, 0)
