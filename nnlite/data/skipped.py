"""`Skipped`: the account that a stream of records keeps of what it leaves out."""

from collections import Counter
from collections.abc import Iterable

MAX_EXAMPLES = 5


class Skipped(Counter[str]):
    """How many items were skipped, by kind: a dict, and the first MAX_EXAMPLES of them as `examples`."""

    def __init__(self, counts: Iterable[str] = ()) -> None:
        super().__init__(counts)
        self.examples: list[str] = []

    def add(self, kind: str, example: str) -> bool:
        """Count an item of this kind. Returns whether it is among the examples."""
        self[kind] += 1
        is_shown = len(self.examples) < MAX_EXAMPLES
        if is_shown:
            self.examples.append(example)
        return is_shown

    def summary(self, noun: str = "skipped lines") -> str:
        """One line, most frequent kinds first, as '7 skipped lines: 5 no category, 2 not JSON'."""
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in self.most_common())
        return f"{self.total():,} {noun}" + (f": {kinds}" if kinds else "")
