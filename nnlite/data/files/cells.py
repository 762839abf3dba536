"""The category names in a cell, given how the cells of its column are written.

A cell is one name, a path of levels, a list of names, a list of paths, or the text of an array. `>`, `|` and their like
are hardly ever part of a name, so they always separate, as do semicolons and line ends. Whether a comma or a slash
separates ('Clothing, Shoes & Jewelry', 'TV/Video') is decided in evidence.py; a `Writing` holds the decision.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from nnlite.data.cleaning import clean
from nnlite.data.files.arrays import array_of
from nnlite.data.lines import SkippedLine

LEVELS = re.compile(r"\s*(?:->|=>|::|[>|›»→＞｜])+\s*")  # between levels, whatever the names are
_SIGN = re.compile("[>|›»→＞｜]")  # faster to search for
LISTS = re.compile(r"\s*;\s*")  # between names or paths, likewise; a line end as well
BAR = re.compile(r"\s*[|｜]\s*")  # between paths where another sign is between their levels
EXCEL_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#NV", "#N/D",
                          "#BEZUG!", "#WERT!", "#VALEUR!", "#VALOR!", "#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!"))
NO_NAMES = EXCEL_ERRORS | {"", "nan", "NaN", "null", "Null", "NULL", "None", r"\N"}  # for none
OBJECT_KEYS = ("name", "title", "label", "value")  # of an object that stands for a category
FULL_KEYS = ("fullname", "full_name", "fullpath", "path", "breadcrumb")  # ... with its levels, if they hold them
NODES = ("edges", "nodes")  # of an object that holds several
MAX_PARENTS = 20
ARRAY_STARTS = frozenset("[{(asfltdn")  # of array(...), set(...), frozenset(...), list(...), tuple(...), dict_keys(...)

Path = tuple[str, ...]  # the names of the levels, the widest first

_EMPTY_ITEMS = re.compile(r",(?:\s*,)+")
_ESCAPED = re.compile(r"\\([,;/|>\\])")
_QUOTED = re.compile(r'(^|[,;])\s*"([^"]*)"\s*(?=[,;]|$)')  # an item of a list whose names hold the separator
MASKS = {sign: chr(0xE000 + i) for i, sign in enumerate(",;/|>\\")}  # private characters stand for escaped ones
UNMASK = str.maketrans({mask: sign for sign, mask in MASKS.items()})
_CODE = re.compile(r"[a-z0-9_\-/:.]*")  # of a parent: an id, not a name
_LEVEL_KEY = re.compile(r"(?:lvl|level|l)_?(\d)", re.IGNORECASE)


class Doubt(NamedTuple):
    """A separator about which there is not enough evidence: in `cells` different cells, one of them `example`.

    splits: it separates nevertheless, else the cells stay whole
    """

    separator: str
    cells: int
    example: str
    splits: bool = False


class Writing(NamedTuple):
    """How the cells of a column are written.

    lists, levels: the doubtful separators that were accepted, "" for none    only: the one that the user named
    roots: where not None, `lists` separates before these names only
    glued: (left, right) between which `lists` is part of a name
    bars: `|` is between paths    bare: items of arrays need no quotes
    items: the items of an array are paths    ordered: the items of an array are the levels of one path
    why: what was seen, in words    doubts: what was left undecided
    """

    lists: str = ""
    levels: str = ""
    only: str = ""
    roots: frozenset[str] | None = None
    glued: frozenset[tuple[str, str]] = frozenset()
    bars: bool = False
    bare: bool = False
    items: bool = False
    ordered: bool = False
    why: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def names(value: Any, writing: Writing, paths: str = "levels") -> list[str]:
    """The category names in a cell, some of them twice perhaps.

    paths: "levels" takes each level as a name, "full" a whole path, 'Women > Shoes', "leaf" its last level
    Raises SkippedLine for a value that cannot be categories.
    """
    found = [path for path in cell_paths(value, writing) if path]
    if paths == "full":
        return [" > ".join(path) for path in found]
    return [path[-1] for path in found] if paths == "leaf" else [name for path in found for name in path]


def cell_paths(value: Any, writing: Writing, depth: int = 0) -> list[Path]:
    """The paths in a cell: a text, a number, an object with a name, or a list of these or of lists of these."""
    if isinstance(value, str):
        items = array_of(value, writing.bare) if value.lstrip()[:1] in ARRAY_STARTS else None
        return _text_paths(value, writing) if items is None else cell_paths(items, writing)
    if isinstance(value, (list, tuple, set, frozenset)):
        if depth == 2:
            raise SkippedLine("nested too deep", value)
        parts = [[(clean(item),)] if isinstance(item, str) and not writing.items and not writing.only
                 else _text_paths(item, writing) if isinstance(item, str)
                 else cell_paths(item, writing, depth + 1) for item in value]
        flat = [path for part in parts for path in part]
        if depth or writing.ordered:  # an inner list is a path
            return [tuple(name for path in flat for name in path if name not in NO_NAMES)]
        return [tuple(name for name in path if name not in NO_NAMES) for path in flat]
    if isinstance(value, dict):
        keys = {key.lower(): key for key in value if isinstance(key, str)}
        if keys and all(map(_LEVEL_KEY.fullmatch, keys)):  # {"lvl0": "Men", "lvl1": "Men > Shoes"}
            return [path for key in sorted(keys) for path in cell_paths(value[keys[key]], writing, depth)]
        if nodes := next((keys[known] for known in NODES if isinstance(value.get(keys.get(known)), list)), None):
            return cell_paths([node.get("node") if isinstance(node, dict) and "node" in node else node
                               for node in value[nodes]], writing, depth)
        key = next((keys[known] for known in OBJECT_KEYS if known in keys), None) or \
            next((key for lower, key in keys.items() if lower.endswith("name")), None)
        if key is None or isinstance(value[key], (dict, list)):
            raise SkippedLine("bad category", value)
        found = cell_paths(value[key], writing, depth)
        full = [path for known in FULL_KEYS if isinstance(text := value.get(keys.get(known)), str) and has_levels(text)
                for path in _text_paths(text, Writing()) if path[-1:] == found[0][-1:]] if len(found) == 1 else []
        return full[:1] or [(*above, *path) for above in _parents(value.get(keys.get("parent")), writing, depth)
                            for path in found]
    if value is None or isinstance(value, bool) or value != value:
        return []
    if isinstance(value, (int, float)):
        return [(number_text(value),)]
    raise SkippedLine("bad category", value)


def _parents(value, writing, depth):
    """The path above an object that stands for a category, from the object or the name of its parent; else ()."""
    if isinstance(value, dict) and value and depth < MAX_PARENTS:
        return cell_paths(value, writing, depth + 1)[:1] or [()]
    return [(clean(value),)] if isinstance(value, str) and clean(value) not in NO_NAMES and not _CODE.fullmatch(value) \
        else [()]


def number_text(value: int | float) -> str:
    """A number as a name: 12, not 12.0. Raises SkippedLine for one of more than 50 digits."""
    if abs(value) >= 10 ** 50:
        raise SkippedLine("bad category", value)
    return str(int(value)) if value == int(value) else str(value)


def _text_paths(text: str, writing: Writing) -> list[Path]:
    """The paths in a text that is no array."""
    paths = []
    for line in text.splitlines():
        if writing.only:
            pieces = [_split_only(line, writing.only)]
            if writing.only.strip() in (",", ";"):
                pieces = [[piece] for piece in pieces[0]]
        else:
            line = prepared(line)
            if writing.levels or has_levels(line):
                pieces = [_levels(part, writing) for part in _parts(line, writing)]
            else:
                pieces = [[unmasked(part)] for part in _parts(line, writing)]
        paths += [tuple(name for name in piece if name not in NO_NAMES) for piece in pieces]
    return paths


def _split_only(line, separator):
    """The names in a line at the user's separator, which may be of white space that `clean` changes."""
    if clean(f"a{separator}b") != f"a{separator}b":
        return [clean(part) for part in line.split(separator)]
    return [unmasked(part) for part in prepared(line).split(separator)]


def prepared(line: str) -> str:
    """A line of a cell, cleaned; characters that are escaped or quoted within it are masked, see UNMASK."""
    line = clean(line)
    if line[:1] == "," or line[-1:] == "," and line[-2:] != "\\,":
        line = line.strip(", ")
    if "," in line:
        line = _EMPTY_ITEMS.sub(",", line)
    if "\\" in line:
        line = _ESCAPED.sub(lambda match: MASKS[match[1]], line)
    if '"' in line:
        line = _QUOTED.sub(lambda match: match[1] + match[2].replace(",", MASKS[","]).replace(";", MASKS[";"]), line)
    return line


def _parts(line, writing):
    """The names or paths in a prepared line."""
    parts = LISTS.split(line)
    if writing.lists:
        parts = [piece for part in parts for piece in _listed(part, writing)]
    if writing.bars:
        parts = [piece for part in parts for piece in BAR.split(part)]
    return parts


def _listed(part, writing):
    """The pieces between the separators of a list."""
    if writing.roots is None and not writing.glued:
        return split_at(writing.lists).split(part)
    pieces = split_at(writing.lists, keep=True).split(part)
    found, left = pieces[:1], _levels(pieces[0], writing)[-1]
    for sign, piece in zip(pieces[1::2], pieces[2::2]):
        levels = _levels(piece, writing)
        if writing.roots is not None and levels[0] not in writing.roots or (left, levels[0]) in writing.glued:
            found[-1] += sign + piece
        else:
            found.append(piece)
        left = levels[-1]
    return found


def _levels(part, writing):
    levels = LEVELS.split(part)
    if writing.levels:
        levels = [piece for level in levels for piece in split_at(writing.levels).split(level)]
    return [unmasked(level) for level in levels]


def has_levels(text: str) -> bool:
    """Whether LEVELS are found in a text."""
    return _SIGN.search(text) is not None or "::" in text


def unmasked(text: str) -> str:
    """A part of a prepared line as it was meant."""
    return (text if text.isascii() else text.translate(UNMASK)).strip()


@lru_cache(maxsize=16)
def split_at(separator: str, keep: bool = False) -> re.Pattern[str]:
    """What splits at a separator and takes the spaces around it along; for ' / ' they must be there.

    keep: the separator is kept among the pieces
    """
    sign = re.escape(separator)
    pattern = sign if separator != separator.strip() else rf"\s*{sign}\s*"
    return re.compile(f"({pattern})" if keep else pattern)
