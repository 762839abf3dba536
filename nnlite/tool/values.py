"""The types of the options: numbers, names and paths as people type them. ArgumentTypeError says what to type."""

import argparse
import math
import re
from functools import partial
from pathlib import Path
from typing import Any

from nnlite.tool.reading_options import unquoted

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


def _number(kind: type, least: int, most: int | None, text: str) -> Any:
    value = _as(kind, text)
    if value is None or not least <= value <= (math.inf if most is None else most) or math.isinf(value):
        want = f"{'a whole number' if kind is int else 'a number'} of at least {least}"
        raise argparse.ArgumentTypeError(f"want {want}{'' if most is None else f' and at most {most}'}, got "
                                         f"{text!r:.{SHOWN}}{_meant(kind, most, text)}")
    return value


def _as(kind: type, text: str) -> Any:
    """The number, or None."""
    try:
        return kind(text)
    except ValueError:
        return None


def _meant(kind: type, most: int | None, text: str) -> str:
    """What to write instead: for 0,5 as for 1,000 and 50 %."""
    plain = text.strip().removesuffix("%").strip()
    if kind is int:
        whole = re.sub(r"(?<=\d)[., '_](?=\d{3}(\D|$))|\.0+$", "", plain)
        return f": write {whole}" if whole != text and _as(int, whole) is not None else ""
    value = _as(float, plain.replace(",", "."))
    if value is None or not math.isfinite(value) or value < 0:
        return ""
    if most == 1 and (1 < value <= 100 or text != plain and value <= 100):
        return f": write {value / 100:g} for {value:g} %"
    return f": write {value:g}" if "," in text and (most is None or value <= most) else ""


positive, natural = partial(_number, int, 1, None), partial(_number, int, 0, None)
share, amount = partial(_number, float, 0, 1), partial(_number, float, 0, None)


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
