"""What one reading of lines with broken quotes has found so far: `Done` rows, and the present row, a `Reading`."""

from typing import Any, NamedTuple

# What a reading costs
UNESCAPED = 1.0  # a quote inside a quoted field that is not doubled, or that is doubled and closes the field
INNER_OPENING = 2.0  # the same where a field would open, behind a delimiter or a line's start; once in each line
MAX_UNESCAPED = 2.0  # of UNESCAPED in one field: where one quote is not escaped, others are not
STRAY_CLOSING = 1.0  # an unquoted field that ends with a quote
LITERAL = 3.0  # an unquoted field that begins with a quote
PAIRED = -2.0  # ... which has a partner in the same field: "Big" Lebowski
UNUSUAL, MAX_UNUSUAL = 0.5, 1.0  # a value that its column does not have elsewhere; all of them
BROKEN_LINE, BROKEN_LINES = 5.0, 7.0  # a row with a wrong number of columns, on one line or on several
OPEN_AT_END = (1.0, 4.0)  # the file ends inside a quoted field; the first if cells hold lines like rows
PAST_A_ROW = (0.05, 2.5)  # a field that continues where a row could end; the second if it has values usual in a row


class Done:
    """Lines start to end (exclusive) as one row, or skipped (fields None): broken, doubtful, or empty (no kind)."""

    __slots__ = "before", "start", "end", "fields", "kind"

    def __init__(self, before: "Done | None", start: int, end: int, fields: Any, kind: str):
        self.before, self.start, self.end = before, start, end
        self.fields, self.kind = fields, kind  # fields: (fields before, start, end, is quoted)


class Reading(NamedTuple):
    """One way to read the lines so far. cost: what it asks us to believe of the file."""

    cost: float
    done: Done
    start: int  # line of the present row
    at: int = 0  # offset of the present field
    fields: Any = None  # of the present row, those that are complete
    unescaped: float = 0  # cost of the present field's quotes
    opened: int = -1  # the last line on which a quote stood where a field would open
    oddity: int = 0  # 1: a quote of this row is not escaped; 2: where a field would open, perhaps one of another row
    # 3: one in an unquoted field may be the partner of one where a field before it begins
    is_alone: bool = False  # an unquoted field of this row began with a quote that has no partner in it
    is_doubtful: bool = False


class Token(NamedTuple):
    """A delimiter or a run of n quotes, which ends at the offset `end`.

    closes: a field may end there    opens: 1 if it stands behind a delimiter, 2 at the start of a line, else 0
    """

    start: int
    end: int
    n: int
    closes: bool
    opens: int


def common(one: Any, other: Any) -> Any:
    """The last row that two readings share."""
    while one is not other:
        if other is None or (one is not None and one.end >= other.end):
            one = one.before
        else:
            other = other.before
    return one


def last_span(fields: Any, offset: int) -> tuple[int, int]:
    """(start, end) of the field that begins before an offset and ends behind it; (0, 0) if none does."""
    while fields and fields[1] >= offset:
        fields = fields[0]
    return (fields[1], fields[2]) if fields and fields[2] >= offset else (0, 0)
