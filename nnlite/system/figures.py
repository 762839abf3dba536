"""What an entry of a folder's JSON may be: ranges, to be written down as a table, and checked.

`check(where, value)` of each raises ValueError, "where: want ..., got ...", if the value is not one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SHOWN = 60  # characters of a value in an error


class Figure(Protocol):
    """A kind of entry. Its str is what an error says was wanted."""

    def check(self, where: str, value: Any) -> None:
        """ValueError, "where: want ..., got ...", if the value is not one."""


def refuse(where: str, want: object, value: Any) -> None:
    """Raise the ValueError for a value that is not what is wanted."""
    large = isinstance(value, int) and value.bit_length() > 64  # Python writes no number of more than 4,300 digits
    raise ValueError(f"{where}: want {want}, got {'a larger one' if large else repr(value):.{SHOWN}}")


@dataclass(frozen=True)
class Whole:
    """A whole number; true and 1.0 are not."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"a whole number from {self.least:,} to {self.most:,}"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if type(value) is not int or not self.least <= value <= self.most:
            refuse(where, self, value)


@dataclass(frozen=True)
class Number:
    """A number, whole or not."""

    least: float
    most: float

    def __str__(self) -> str:
        return f"a number from {self.least} to {self.most}"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if type(value) not in (int, float) or not self.least <= value <= self.most:
            refuse(where, self, value)


@dataclass(frozen=True)
class OneOf:
    """One of a few texts, booleans or None."""

    values: Collection

    def __str__(self) -> str:
        return " or ".join(map(repr, self.values))

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if not (value is None or isinstance(value, (str, bool))) or value not in self.values:
            refuse(where, self, value)


@dataclass(frozen=True)
class Text:
    """Any text."""

    def __str__(self) -> str:
        return "a text"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if not isinstance(value, str):
            refuse(where, self, value)


@dataclass(frozen=True)
class Maybe:
    """None, or what is given."""

    figure: Figure

    def __str__(self) -> str:
        return f"{self.figure} or None"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if value is not None:
            self.figure.check(where, value)


@dataclass(frozen=True)
class ListOf:
    """A list, or a tuple, of entries of one kind."""

    figure: Figure
    least: int = 0
    most: int = 1 << 20

    def __str__(self) -> str:
        return f"a list of {self.least:,} to {self.most:,} entries"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if not isinstance(value, (list, tuple)) or not self.least <= len(value) <= self.most:
            refuse(where, self, value)
        for i, entry in enumerate(value):
            self.figure.check(f"{where}[{i}]", entry)


@dataclass(frozen=True)
class Row:
    """A list of so many entries, each of its own kind."""

    figures: tuple[Figure, ...]

    def __str__(self) -> str:
        return f"a list of {len(self.figures)} entries"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if not isinstance(value, (list, tuple)) or len(value) != len(self.figures):
            refuse(where, self, value)
        for i, (figure, entry) in enumerate(zip(self.figures, value)):
            figure.check(f"{where}[{i}]", entry)


@dataclass(frozen=True)
class Named:
    """A dict with some of these names, or with any, if all are of one kind."""

    figures: Mapping[str, Figure] | Figure

    def __str__(self) -> str:
        return f"some of {', '.join(self.figures)}" if isinstance(self.figures, Mapping) else "entries with names"

    def check(self, where: str, value: Any) -> None:
        """As Figure.check."""
        if not isinstance(value, dict):
            refuse(where, self, value)
        for name, entry in value.items():
            figure = self.figures.get(name) if isinstance(self.figures, Mapping) else self.figures
            if figure is None:
                refuse(where, self, name)
            else:
                figure.check(f"{where}: {name:.{SHOWN}}", entry)
