"""The types of the options: numbers, names and paths as people type them. ArgumentTypeError says what to type."""

import argparse
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlite.classifier.audit import MOST_FOLDS
from nnlite.data.holdout import MOST
from nnlite.tool.reading_options import unquoted
from nnlite.training.choosing import n_bytes_of
from nnlite.training.overrides import RATE, SEED, SIZE

SHOWN = 40  # characters of a wrong value


def place(text: str) -> Path:
    """The path of a file or a folder; ~ is the home folder also where the shell leaves it, as in --data=~/new.csv."""
    if re.match("(https?|ftp|s3|gs)://", text):
        raise argparse.ArgumentTypeError(f"want a file on this machine, got an address: download {text:.{SHOWN}} first")
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError(f"want the name of a file or a folder, got {text!r:.{SHOWN}}")
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no such user
        return Path(text)


@dataclass(frozen=True)
class Number:
    """The type of a number of least to most; kind: int or float; wanted: the same in words."""

    kind: type
    least: float
    most: float
    wanted: str

    def __call__(self, text: str) -> Any:
        """The number. ArgumentTypeError for any other text."""
        value = _as(self.kind, text)
        if value is None or not self.least <= value <= self.most:
            limit = f" and at most {self.most:,}" if self.kind is int and value and value > self.most else ""
            raise argparse.ArgumentTypeError(f"want {self.wanted}{limit}, got {text!r:.{SHOWN}}{self.meant(text)}")
        return value

    def meant(self, text: str) -> str:
        """What to write instead: for 0,5 as for 1,000 and 50 %."""
        plain = text.strip().removesuffix("%").strip()
        if self.kind is int:
            plain = re.sub(r"(?<=\d)[., '_](?=\d{3}(\D|$))|\.0+$", "", plain)
        plain = plain.replace(",", ".")
        value = _as(self.kind, plain)
        if value is None or not 0 <= value < math.inf:
            return ""
        if self.wanted in SHARES and value / 100 <= self.most and (value > 1 or "%" in text):
            return f": write {value / 100:g} for {value:g} %"
        return f": write {plain}" if plain != text and self.least <= value <= self.most else ""


def _as(kind: type, text: str) -> Any:
    """The number, or None."""
    try:
        return kind(text)
    except ValueError:
        return None


SHARES = "a number of at least 0 and at most 1", "a number of at least 0 and below 1"
positive = Number(int, SIZE.least, SIZE.most, "a whole number of at least 1")
natural = Number(int, SEED.least, SEED.most, "a whole number of at least 0")
share, part = Number(float, 0, 1, SHARES[0]), Number(float, 0, math.nextafter(1, 0), SHARES[1])
folds = Number(int, 2, MOST_FOLDS, f"a whole number of 2 to {MOST_FOLDS}")
rate = Number(float, RATE.least, RATE.most, f"a number from {RATE.least:g} to {RATE.most:,.0f}")
megabytes = Number(float, math.ulp(0.0), 1e9, "a number of megabytes above 0")
minutes = Number(float, math.ulp(0.0), 10**9, "a number of minutes above 0")


products = Number(int, 0, MOST, f"a share below 1, such as 0.2, or a number of products up to {MOST:,}")


def holdout(text: str) -> int | float:
    """A whole number of products, or a share of them below 1."""
    value = _as(int, text)
    value = _as(float, text) if value is None else value
    if value is not None and (0 <= value < 1 or isinstance(value, int) and 0 <= value <= MOST):
        return value
    meant = "%" not in text and products.meant(text) or part.meant(text)
    raise argparse.ArgumentTypeError(f"want {products.wanted}, got {text!r:.{SHOWN}}{meant}")


def size(text: str) -> int:
    """The bytes of a size such as 2GiB."""
    try:
        return n_bytes_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("memory: ")) from None


def widths(text: str) -> tuple[int, ...]:
    """Whole numbers of at least 1, separated by commas."""
    return tuple(map(positive, text.split(",")))


def majors(text: str) -> int | list[str]:
    """A number, or names separated by commas; those that hold a comma may be quoted."""
    return positive(text) if text.isdecimal() else unquoted(text)


class Majors(argparse.Action):
    """Adds the names of an option that is repeated; a number stands alone."""

    def __call__(self, parser, namespace, values, option_string=None):
        before = getattr(namespace, self.dest)
        if before is not None and not (isinstance(before, list) and isinstance(values, list)):
            parser.error("argument --major: want one number, or names, got several")
        setattr(namespace, self.dest, values if before is None else before + values)
