"""`Neighbours`: what stands on the two sides of a doubtful separator, such as a comma, in the cells of a column."""

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from nnlite.data.files.cells import LEVELS, LISTS, UNMASK, split_at, unmasked

_AND = re.compile(r"&|(?:^|\s)(?:and|und|et|y|e|en|og|och|i|и)\s", re.IGNORECASE)  # before the last part of 'A, B & C'


class Evidence(NamedTuple):
    """What the neighbours of a separator tell, of all different pairs (left, right) of them.

    both_free: pairs whose left and right part also have other neighbours: the parts are names of their own
    left_free: pairs whose left part has others: it begins several paths
    rooted: pairs whose right part also begins a cell
    cells: how many hold the separator, deep: hold it twice, example: one of these
    """

    pairs: int
    both_free: int
    left_free: int
    rooted: int
    cells: int
    deep: int
    example: str


class Neighbours:
    """The parts of some prepared lines and what stands beside them, for one doubtful separator.

    pairs: (left, right) across the separator -> in how many lines    begins: the parts that begin a line
    after, before: part -> the different (separator, part) beside it
    """

    def __init__(self, lines: list[str], separator: str, levels: str = ""):
        doubtful = "|".join(split_at(sign).pattern for sign in dict.fromkeys((separator, levels, ",")) if sign)
        cut = re.compile(rf"({LEVELS.pattern}|{LISTS.pattern}|{doubtful})")
        self.after, self.before = defaultdict(set), defaultdict(set)
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.begins: set[str] = set()
        self.shown: dict[tuple[str, str], str] = {}  # a line each
        self.cells, self.deep, self.example, sign = 0, 0, "", separator.strip()
        for line in lines:
            pieces = cut.split(line)
            parts, signs = pieces[::2], ["", *(sign.strip() for sign in pieces[1::2]), ""]
            self.begins.add(parts[0])
            found: dict[tuple[str, str], None] = {}
            for i, part in enumerate(parts):
                self.before[part].add((signs[i], parts[i - 1] if i else ""))
                self.after[part].add((signs[i + 1], parts[i + 1] if i + 1 < len(parts) else ""))
                if i and signs[i] == sign and parts[i - 1] and part:
                    found[parts[i - 1], part] = None
            self.pairs.update(found.keys())
            if separator in line:
                self.cells, self.deep = self.cells + 1, self.deep + (line.count(separator) > 1)
                self.example = self.example or line.translate(UNMASK)
                self.shown.update((pair, line) for pair in found if pair not in self.shown)

    def evidence(self) -> Evidence:
        """What all pairs tell."""
        left_free = [len(self.after[left]) > 1 for left, _ in self.pairs]
        both_free = [len(self.after[left]) > 1 and len(self.before[right]) > 1 for left, right in self.pairs]
        rooted = sum(right in self.begins for _, right in self.pairs)
        return Evidence(len(self.pairs), sum(both_free), sum(left_free), rooted, self.cells, self.deep, self.example)

    def never_apart(self) -> dict[tuple[str, str], int]:
        """The pairs whose parts are found nowhere without each other, and in how many lines."""
        return {(left, right): n for (left, right), n in self.pairs.items()
                if len(self.after[left]) == 1 and len(self.before[right]) == 1}

    def by_habit(self) -> int:
        """The pairs that are one name by the looks of them: found several times, or as 'Bags, Wallets & Cases'."""
        return sum(n > 1 or is_enumeration(pair) or any(sign == "," for sign, _ in self.after[pair[1]])
                   for pair, n in self.pairs.items())

    def roots(self) -> frozenset[str]:
        """The parts that begin paths: those that begin a cell, or follow the separator after different parts."""
        lefts = Counter(right for _, right in self.pairs)
        return frozenset(unmasked(part) for part in
                         self.begins | {right for right, n in lefts.items() if n > 1})


def is_enumeration(pair: tuple[str, str]) -> bool:
    """Whether two parts look like the end of one name, 'A, B & C'."""
    return bool(_AND.search(pair[1])) and not _AND.search(pair[0])
