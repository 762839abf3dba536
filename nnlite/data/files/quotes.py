"""`resolve`: rows from lines whose quotes are broken, without inventing any.

All readings of the lines are followed side by side, line by line. Each has a cost: what it asks us to believe of the
one who wrote the file. A quote opens a field only at its start and closes it only before a delimiter or the end of the
line, so `"TV 55" LED",TVs` has one reading with two columns. Where two readings meet whose costs differ by less than
MARGIN, all lines since they parted are doubtful: they are skipped and counted, because a row that is read from the
inside of another one is worse than a row lost. (This is the Viterbi algorithm; the states are column and mode.)
"""

import re
from collections.abc import Iterator
from functools import reduce
from nnlite.data.files.blocks import Lines, Stretch
from nnlite.data.files.readings import (BROKEN_LINE, BROKEN_LINES, INNER_OPENING, LITERAL, MAX_UNESCAPED, MAX_UNUSUAL,
                                        OPEN_AT_END, PAIRED, PAST_A_ROW, STRAY_CLOSING, UNESCAPED, UNUSUAL, Done,
                                        Reading, Token, common, last_span)
from nnlite.data.files.signature import MAX_VALUE_CHARS, Signature
from nnlite.data.lines import SkippedLine

MARGIN = 2.0  # how much worse the second best reading must be
MAX_WORSE = 7.0  # a reading that is worse than the best by more than this is given up
MAX_STATES = 32  # readings followed at a time
MAX_STEPS = 15_000  # of them in one line; such a line is skipped
MAX_ROW_CHARS, CHECKED_LINES = 1 << 24, 64  # of a row that is too long; between two looks at what is agreed


def resolve(lines: Lines, width: int, delimiter: str, signature: Signature, is_inside: bool = False,
            holds_rows: bool = False, all_quoted: bool = False) -> Iterator[tuple[int, list[str] | SkippedLine]]:
    """Yield (number of the line from 0, row or SkippedLine) of the next lines until one surely ends a row.

    The first line starts a row, or may be inside another one (is_inside), which is skipped then.
    holds_rows: lines inside of cells may look like rows    all_quoted: a cell without one of its quotes has lost it
    """
    resolver = _Resolver(width, delimiter, signature, is_inside, holds_rows, all_quoted)
    line = lines.take()
    while line is not None:
        before = resolver.ended
        resolver.step(line)
        if resolver.is_sure():
            break
        if before and resolver.was_sure(before):
            lines.put_back(line)
            resolver.ended = before
            break
        if resolver.lines.n_lines % CHECKED_LINES == 0 or resolver.lines.n_chars > MAX_ROW_CHARS:
            yield from resolver.agreed()
        line = lines.take()
    else:
        resolver.end()
    if resolver.ended:
        yield from resolver.rows(resolver.ended.done)


class _Resolver:
    """The readings of a stretch of lines: at most one that has ended a row with the last line, others in a field."""

    def __init__(self, width, delimiter, signature, is_inside, holds_rows, all_quoted):
        self.past_a_row = PAST_A_ROW[0], PAST_A_ROW[not holds_rows]
        self.open_at_end = OPEN_AT_END[not holds_rows]
        self.width, self.delimiter, self.signature, self.all_quoted = width, delimiter, signature, all_quoted
        self.tokens = re.compile(f'"+|{re.escape(delimiter)}').finditer
        self.closes = re.compile(f" *(?:{re.escape(delimiter)}|$)").match
        self.lines, self.root = Stretch(), Done(None, 0, 0, None, "")  # what lies before it is yielded
        self.ended: Reading | None = Reading(0, self.root, 0)
        self.open: dict = {}  # (column, "quoted", first line) -> Reading
        if is_inside:
            self._lose_track(0)

    def _lose_track(self, cost):
        """The next line may be inside any column, of a row that is doubtful, or start a row."""
        best = self.ended.done if self.ended else self.root
        done = Done(self.root, self.root.end, self.lines.end, None, "unclosed quote")
        self.ended = Reading(cost, done if self.lines.end > self.root.end else best, self.lines.end)
        doubtful = Reading(cost, self.root, self.root.end, is_doubtful=True)
        self.open = {(column, "quoted", doubtful.start): doubtful for column in range(min(self.width, MAX_STATES))}

    def is_sure(self):
        """Whether a row has ended, and every reading in which it goes on costs more by MARGIN."""
        return self.ended is not None and all(r.cost >= self.ended.cost + MARGIN for r in self.open.values())

    def was_sure(self, before):
        """Whether it is sure, now that one more line is known, that the line before it ended a row as in `before`."""
        ended, number = self.ended, self.lines.end - 1
        return ended is not None and number > self.root.end and ended.done.before is before.done and all(
            r.cost >= ended.cost + MARGIN or r.start == number and r.done is before.done for r in self.open.values())

    def agreed(self):
        """Yield the rows that all readings share; of a row that is too long, its lines as skipped."""
        readings = [*self.open.values()] + [self.ended] * bool(self.ended)
        shared = reduce(common, (reading.done for reading in readings))
        yield from self.rows(shared)
        if self.lines.n_chars > MAX_ROW_CHARS:
            yield from ((i, SkippedLine("unclosed quote", self.lines[i])) for i in range(shared.end, self.lines.end))
            shared = Done(None, shared.end, self.lines.end, None, "")
            if self.ended:
                self.ended = Reading(self.ended.cost, shared, self.lines.end)
            self.open = {key: r._replace(done=shared, fields=None, is_doubtful=True) for key, r in self.open.items()}
        self.root, shared.before, shared.fields = shared, None, None
        self.lines.drop(shared.end)

    def rows(self, done):
        """Yield (first line, row or SkippedLine) from the root to `done`."""
        found = [done]
        while found[-1] is not self.root:
            found.append(found[-1].before)
        for done in reversed(found[:-1]):
            if done.fields is not None:
                yield done.start, self._row(done.fields)
            elif done.kind:
                yield from ((i, SkippedLine(done.kind, self.lines[i])) for i in range(done.start, done.end))

    def _row(self, fields):
        row = []
        while fields:
            fields, start, end, is_quoted = fields
            text = self.lines.cut(start, end)
            if not is_quoted and self.all_quoted and text.startswith('"') != text.endswith('"'):
                text, is_quoted = text.removeprefix('"').removesuffix('"'), True
            row.append(text.replace('""', '"') if is_quoted else text)
        return row[::-1]

    def end(self):
        """The file ends: what is open is broken."""
        for reading in self.open.values():
            self._end_row(reading, self.open_at_end, None, "unclosed quote")

    def step(self, line: str) -> None:
        """Follow every reading through one more line."""
        number, base = self.lines.add(line)
        body, before = line.rstrip("\r\n"), self.ended
        limit = min(r.cost for r in [*self.open.values()] + [before] * bool(before)) + MAX_WORSE
        states: dict = {}
        for (column, mode, _), reading in self.open.items():
            self._put(states, column, mode, reading)
        has_quotes = '"' in body
        if before and (has_quotes or body.count(self.delimiter) == self.width - 1):
            self._put(states, 0, "plain", Reading(before.cost, before.done, number, base))
        if has_quotes or len(states) > len(self.open):
            states = self._tokens(states, body, base, limit)
        if len(states) > MAX_STATES:
            return self._lose_track(limit)
        self.ended = None
        self.open = self._end_line(states, base + len(body), number)
        if before and not body.strip():
            self._end_row(before, 0.0, None, "")
        elif before:  # or else the line is a broken row
            kind = "unclosed quote" if any(reading.start == number for reading in self.open.values()) \
                else "wrong columns"
            self._end_row(Reading(before.cost, before.done, number), BROKEN_LINE, None, kind)
        for reading in self.open.values():
            if reading.start < number:
                self._end_row(reading, BROKEN_LINES, None, "unclosed quote")
        ended = self.ended
        limit = min(r.cost for r in [*self.open.values()] + [ended] * (ended is not None)) + MAX_WORSE
        self.open = {key: r for key, r in self.open.items() if r.cost <= limit}
        self.ended = ended if ended is not None and ended.cost <= limit else None

    def _tokens(self, states, body, base, limit):
        """The states behind the last quote and delimiter of a line; too many where it takes too long to follow."""
        n_steps, all_quoted = 0, False
        for token in self.tokens(body):
            if token[0] == self.delimiter:
                if all_quoted:
                    continue
                step = self._delimiter
            else:
                step = self._quotes
            start, end = token.span()
            found = Token(base + start, base + end, end - start, bool(self.closes(body, end)),
                          2 if start == 0 else int(body[start - 1] == self.delimiter))
            after: dict = {}
            for (column, mode, _), reading in states.items():
                step(after, column, mode, reading, found)
            states = {key: reading for key, reading in after.items() if reading.cost <= limit}
            all_quoted = all(mode == "quoted" for _, mode, _ in states)
            n_steps += len(states)
            if n_steps > MAX_STEPS or len(states) > MAX_STATES:
                return dict.fromkeys(range(MAX_STATES + 1))
        return states

    def _end_line(self, states, offset, number):
        """Readings that have all columns, or more, end their row; those in a quoted field stay open, returned."""
        rows = [(reading, *self._field(mode, reading, offset)) for (column, mode, _), reading in states.items()
                if mode != "quoted" and column == self.width - 1]
        for (column, mode, _), reading in states.items():
            if mode != "quoted" and column == self.width and reading.start < number:
                self._end_row(reading, 0.0, None, "unclosed quote")
        usual = {id(reading): self._usual(fields) for reading, fields, _ in rows}
        base = offset - len(self.lines[number].rstrip("\r\n"))
        for reading, fields, cost in rows:
            n_unusual, _ = usual[id(reading)]
            others = [usual[id(other)][1] for other, _, _ in rows if reading.start < other.start == number]
            start, end = last_span(fields, base)
            if any(start < value < end for values in others for value in values):
                cost += self.past_a_row[1]
            fields, kind = (None, "unclosed quote") if self._is_glued(reading) else (fields, "")
            self._end_row(reading, cost + min(UNUSUAL * n_unusual, MAX_UNUSUAL), fields, kind)
        still_open: dict = {}
        past = [values for n_unusual, values in usual.values() if n_unusual <= len(values)]
        for (column, mode, _), reading in states.items():
            if mode == "quoted":
                is_usual = any(value > reading.at for values in past for value in values)
                cost = reading.cost + (self.past_a_row[is_usual] if past else 0)
                self._put(still_open, column, mode, reading._replace(cost=cost))
        return still_open

    def _is_glued(self, reading):
        """Whether the row that ends may hold parts of several, or fields parts of one: its quotes leave that open."""
        return reading.oddity == 3 or reading.start < self.lines.end - 1 and (
            reading.oddity == 2 or reading.oddity and self.width > 2 and
            any(self.lines[i].count(self.delimiter) == self.width - 1
                for i in range(reading.start + 1, self.lines.end - 1)))

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
        start, end = reading.start, self.lines.end
        if reading.is_doubtful:
            start, fields, kind = reading.done.end, None, "unclosed quote"
        new = Reading(reading.cost + cost, Done(reading.done, start, end, fields, kind), end)
        if self.ended:
            new, worse = (new, self.ended) if new.cost < self.ended.cost else (self.ended, new)
            if worse.cost - new.cost < MARGIN:
                shared = common(new.done, worse.done)
                new = new._replace(done=Done(shared, shared.end, end, None, "unclosed quote"))
        self.ended = new

    def _put(self, states, column, mode, new):
        """Of two readings with one state keep the better one; where it is not much better, it is doubtful."""
        key = column, mode, new.start
        old = states.get(key)
        if old:
            new, worse = (new, old) if new.cost < old.cost else (old, new)
            if worse.cost - new.cost < MARGIN:
                new = new._replace(done=common(new.done, worse.done), is_doubtful=True)
        states[key] = new

    def _delimiter(self, states, column, mode, reading, token):
        if mode == "quoted":
            return self._put(states, column, mode, reading)
        fields, cost = self._field(mode, reading, token.start)
        cost += BROKEN_LINE * (column + 1 == self.width)
        self._put(states, min(column + 1, self.width), "plain", reading._replace(
            cost=reading.cost + cost, fields=fields, at=token.end, unescaped=0,
            is_alone=reading.is_alone or mode == "alone"))

    def _quotes(self, states, column, mode, reading, token):
        closing = STRAY_CLOSING * token.closes
        if mode == "quoted":
            self._in_quoted(states, column, reading, token)
        elif mode in ("alone", "paired"):
            if token.closes or token.n % 2:
                mode = "alone" if token.closes or mode == "paired" else "paired"
            self._put(states, column, mode, reading._replace(cost=reading.cost + closing))
        elif mode == "plain" and token.start == reading.at:
            opened = reading._replace(at=token.start + 1)
            if token.n > 1:
                self._in_quoted(states, column, opened, token._replace(n=token.n - 1, opens=0))
            else:
                self._put(states, column, "quoted", opened)
            literal = reading._replace(cost=reading.cost + LITERAL)
            self._put(states, column, "alone" if token.n % 2 else "paired", literal)
        elif mode == "plain":
            if token.n == 1 and self.lines.cut(reading.at, token.start).isspace():
                self._put(states, column, "quoted", reading._replace(cost=reading.cost + UNESCAPED, at=token.start + 1))
            self._put(states, column, mode, reading._replace(
                cost=reading.cost + closing, oddity=3 if reading.is_alone else reading.oddity))

    def _in_quoted(self, states, column, reading, token):
        """Quotes in a quoted field: text, or text and the closing quote."""
        is_odd = token.n % 2
        if token.closes:
            self._put(states, column, "closed", reading._replace(
                cost=reading.cost + UNESCAPED * (1 - is_odd), oddity=max(reading.oddity, 1 - is_odd),
                fields=(reading.fields, reading.at, token.end - 1, True)))
        reading = reading._replace(oddity=max(reading.oddity, is_odd * (1 + (token.opens > 0))))
        if is_odd + token.opens > 1 and token.opens and reading.opened < self.lines.end - 1:
            reading = reading._replace(cost=reading.cost + INNER_OPENING, opened=self.lines.end - 1)
        elif is_odd and reading.unescaped < MAX_UNESCAPED:
            reading = reading._replace(cost=reading.cost + UNESCAPED, unescaped=reading.unescaped + UNESCAPED)
        self._put(states, column, "quoted", reading)
