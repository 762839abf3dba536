"""`Signature`: what is usual in the columns of a table, to tell its rows from lines of text."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

MIN_VALUES = 8  # of a column, to know what is usual in it
MAX_VALUE_CHARS = 200
_NUMBER = re.compile(r"[-+]?[\d.,]+")


class Signature:
    """What is usual in each column of `rows`: numbers only, or one of a few values that recur."""

    def __init__(self, rows: Sequence[Sequence[str]]):
        self.usual: dict[int, Callable[[str], Any]] = {}
        columns = [[value.strip() for value in column] for column in zip(*rows)]
        for i, column in enumerate(columns):
            values = list(filter(None, column))
            if len(values) >= MIN_VALUES and sum(map(bool, map(_NUMBER.fullmatch, values))) >= 0.8 * len(values):
                self.usual[i] = _NUMBER.fullmatch
        tables = [row for row in zip(*columns) if all(not row[i] or test(row[i]) for i, test in self.usual.items())]
        for i, column in enumerate(map(list, zip(*tables))):  # without lines of text that got among the rows
            values = list(filter(None, column))
            often = {value: n for value, n in Counter(values).items() if n > 1}
            if i not in self.usual and MIN_VALUES <= len(values) <= 1.25 * sum(often.values()) and \
                    4 * len(often) <= len(values):
                self.usual[i] = often.__contains__

    def knows(self, row: Sequence[str]) -> bool:
        """Whether the row has values that are usual in their columns, and none that is not."""
        known = [bool(test(row[i].strip())) for i, test in self.usual.items() if row[i].strip()]
        return bool(known) and all(known)
