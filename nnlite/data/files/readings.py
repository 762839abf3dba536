"""What one reading of lines with broken quotes has found so far: `Done` rows, and the present row, a `Reading`."""

from typing import Any, NamedTuple


class Done:
    """Lines start to end (exclusive) as one row, or skipped (fields None): broken, doubtful, or empty (no kind)."""

    __slots__ = "before", "start", "end", "fields", "kind"

    def __init__(self, before: "Done | None", start: int, end: int, fields: Any, kind: str):
        self.before, self.start, self.end = before, start, end
        self.fields, self.kind = fields, kind  # fields: (fields before, start, end, is quoted)


class Reading(NamedTuple):
    """One way to read the lines so far. cost: what it asks us to believe of the file, see `quotes`."""

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
