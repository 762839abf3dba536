"""`OddRows`: rows of a table that are not products: a header among the rows, and sums."""

from collections.abc import Sequence
from typing import Any

from nnlite.data.cleaning import clean
from nnlite.data.files.programs import CATEGORY, TITLES, plain
from nnlite.data.lines import SkippedLine

SUMS = ("total", "totals", "grand total", "subtotal", "sub total", "sum", "summe", "gesamt", "gesamtsumme",
        "total général", "total general", "totale", "totaal", "suma", "razem", "итого", "всего", "合計", "合计", "总计",
        "합계", "총계")
COLUMNS = ("title", "name", "product name", "product_name", "product title", "item name", "category", "categories")


class OddRows:
    """names, titles, categories: those in the header of all columns, of the columns of titles and of categories.

    titles: those of rows that `check` is to look at; a set of few, because each title is looked up in it. Without names
    there are none.
    """

    def __init__(self, names: Sequence[str], titles: Sequence[str], categories: Sequence[str]):
        self.n_sums, self.sum = 0, ""  # the rows of sums, the title of one
        self.titles: frozenset[str] = frozenset()
        if not names:
            return
        self._title, self._names = set(map(plain, titles)), set(map(plain, names))
        self._categories = [plain(name) for name in categories]
        self._sums = _spellings([*SUMS, *(word + ":" for word in SUMS)])
        self.titles = self._sums | _spellings(COLUMNS) | {clean(name) for name in names}

    def check(self, title: str, cells: Sequence[Any], row: Sequence[Any]) -> None:
        """Look at a row with this title and these cells of categories.

        Raises SkippedLine for a header that says the same as the first, ValueError for one with other columns in the
        places of titles or categories: the rows below it would be mixed up.
        """
        if title in self._sums:
            self.n_sums, self.sum = self.n_sums + 1, title
            return
        there = [(plain(cell), name) for cell, name in zip(cells, self._categories) if isinstance(cell, str) and cell]
        name = plain(title)
        if not there or not all(self._is_column(cell) for cell in [name, *(cell for cell, _ in there)]):
            return
        if (name in self._title or name in TITLES) and all(cell == own or CATEGORY.fullmatch(cell)
                                                           for cell, own in there):
            raise SkippedLine("header", title)
        known = [self._is_column(plain(str(cell))) for cell in row if cell != ""]
        if (CATEGORY.fullmatch(name) or any(cell in TITLES for cell, _ in there)) and 2 * sum(known) > len(known):
            raise ValueError(f"a header with other columns, want one header in a file, got {title!r:.60} in the column "
                             f"of titles and {', '.join(str(cell) for cell in cells if cell)!r:.60} in those of "
                             "categories: make one file of what is above it and one of what is below")

    def _is_column(self, name):
        return name in self._names or name in TITLES or bool(CATEGORY.fullmatch(name))

    def remarks(self) -> list[str]:
        """What rows were read that may not be products, in words."""
        return [f"{self.n_sums:,} titles are such as {self.sum!r}: rows of sums are not products"] * bool(self.n_sums)


def _spellings(words):
    return frozenset(spelt for word in words for spelt in (word, word.upper(), word.capitalize(), word.title()))
