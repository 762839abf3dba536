"""How the cells of a category column are written, and the names in them.

A cell is one name, a path of levels, a list of names, a list of paths, or the text of an array. `>`, `|` and their like
are hardly ever part of a name, so they always separate. A comma or a slash often is ('Clothing, Shoes & Jewelry',
'TV/Video'): `decide` accepts it by a rule of the program that wrote the file, or because the parts of the cells recur
with other neighbours. Where that does not suffice the cell stays whole, and the `Writing` says so.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from nnlite.data.cleaning import clean
from nnlite.data.files.arrays import array_of
from nnlite.data.lines import SkippedLine

LEVELS = re.compile(r"\s*(?:->|=>|::|[>|›»→＞｜])+\s*")  # between levels, whatever the names are
LISTS = re.compile(r"\s*;\s*")  # between names or paths, likewise; a line end as well
BAR = re.compile(r"\s*[|｜]\s*")  # between paths where another sign is between their levels
NO_NAMES = frozenset(("", "nan", "NaN", "null", "NULL", "None"))  # how programs write that there is no value
OBJECT_KEYS = ("name", "title", "label", "value")  # of an object that stands for a category
MAX_TEXTS = 2_000  # that `decide` looks at, distinct ones
MIN_PAIRS = 3  # of neighbours across a separator, before they are evidence
MOST, HALF, FEW = 0.8, 0.5, 0.2  # fractions of them

Path = tuple[str, ...]  # the names of the levels, the widest first

_ESCAPED = re.compile(r"\\([,;/|>\\])")
_MASKS = {sign: chr(0xE000 + i) for i, sign in enumerate(",;/|>\\")}  # private characters stand for escaped signs
_UNMASK = str.maketrans({mask: sign for sign, mask in _MASKS.items()})


class Rule(NamedTuple):
    """What a kind of file puts into its category cells. lists and levels: doubtful separators that it uses."""

    source: str
    lists: str = ""
    levels: str = ""


class Writing(NamedTuple):
    """How the cells of a column are written.

    lists, levels: the doubtful separators that were accepted, "" for none    only: the one that the user named
    bars: `|` is between paths    bare: items of arrays need no quotes
    items: the items of an array are paths    ordered: the items of an array are the levels of one path
    why: what was seen, in words    doubts: (separator, cells that hold it and stay whole, one of these)
    """

    lists: str = ""
    levels: str = ""
    only: str = ""
    bars: bool = False
    bare: bool = False
    items: bool = False
    ordered: bool = False
    why: tuple[str, ...] = ()
    doubts: tuple[tuple[str, int, str], ...] = ()


class Evidence(NamedTuple):
    """What the neighbours of a separator tell, of all different pairs (left, right) of them.

    both_free: pairs whose left and right part also have other neighbours: the parts are names of their own
    left_free: pairs whose left part has others: it begins several paths
    roots: pairs whose right part also begins a cell    cells: how many hold the separator, example: one of these
    """

    pairs: int
    both_free: int
    left_free: int
    roots: int
    cells: int
    example: str


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
        items = array_of(value, writing.bare) if value.lstrip()[:1] in ("[", "{", "(", "a", "s", "f") else None
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
        key = next((keys[known] for known in OBJECT_KEYS if known in keys), None) or \
            next((key for lower, key in keys.items() if lower.endswith("name")), None)
        if key is None or isinstance(value[key], (dict, list)):
            raise SkippedLine("bad category", value)
        return cell_paths(value[key], writing, depth)
    if value is None or isinstance(value, bool) or value != value:
        return []
    if isinstance(value, (int, float)):
        return [(number_text(value),)]
    raise SkippedLine("bad category", value)


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
            pieces = [[clean(part) for part in line.split(writing.only)]]
            if writing.only.strip() in (",", ";"):
                pieces = [[piece] for piece in pieces[0]]
        else:
            pieces = [_levels(part, writing) for part in _parts(clean(line), writing)]
        paths += [tuple(name for name in piece if name not in NO_NAMES) for piece in pieces]
    return paths


def _parts(line, writing):
    """The names or paths in a cleaned line, with escaped signs masked."""
    if "\\" in line:
        line = _ESCAPED.sub(lambda match: _MASKS[match[1]], line)
    parts = LISTS.split(line)
    for use, pattern in ((writing.lists, _split_at(writing.lists)), (writing.bars, BAR)):
        if use:
            parts = [piece for part in parts for piece in pattern.split(part)]
    return parts


def _levels(part, writing):
    levels = LEVELS.split(part)
    if writing.levels:
        levels = [piece for level in levels for piece in _split_at(writing.levels).split(level)]
    return [level.translate(_UNMASK).strip() for level in levels]


@lru_cache(maxsize=16)
def _split_at(separator: str) -> re.Pattern[str]:
    """What splits at a separator and takes the spaces around it along; for ' / ' they must be there."""
    return re.compile(re.escape(separator) if separator != separator.strip() else rf"\s*{re.escape(separator)}\s*")


def decide(values: Iterable[Any], rule: Rule | None = None, separator: str = "") -> Writing:
    """How a column is written, from some of its values.

    rule: of the file's kind, if that is known    separator: the only one, if the user names one
    """
    if separator:
        return Writing(only=separator, why=(f"{separator!r} between names, as asked",))
    values = list(values)
    texts = [value for value in dict.fromkeys(value for value in values if isinstance(value, str))
             if value.strip() not in NO_NAMES]
    texts = texts[:MAX_TEXTS]
    bare = bool(texts) and sum(array_of(text, bare=True) is not None for text in texts) >= HALF * len(texts)
    lists = [value for value in islice((v for v in values if isinstance(v, (list, tuple))), MAX_TEXTS)]
    cells = []
    for text in texts:
        items = array_of(text, bare)
        if items is None:
            cells.append(text)
        else:
            lists.append(items)
    writing, why = Writing(bare=bare), []
    if lists:
        writing = _decide_lists(lists, writing, why)
    if cells:
        writing = _decide_texts(cells, writing, rule, why)
    return writing._replace(why=tuple(why))


def _decide_lists(lists, writing, why):
    """Whether the items of lists are paths, or the levels of one path."""
    flat = [[item for item in value if isinstance(item, str)] for value in lists]
    flat = [items for items in flat if items]
    with_levels = sum(any(LEVELS.search(item) for item in items) for items in flat)
    if flat and with_levels >= HALF * len(flat):
        why.append("lists of paths")
        return writing._replace(items=True)
    before = defaultdict(set)
    for items in flat:
        for left, right in zip(items, items[1:]):
            before[right].add(left)
    ordered = len(before) >= MIN_PAIRS and sum(len(lefts) == 1 for lefts in before.values()) >= MOST * len(before)
    why.append("lists of levels" if ordered else "lists of names")
    return writing._replace(ordered=ordered)


def _decide_texts(cells, writing, rule, why):
    """The separators of texts that are no arrays."""
    lines = [_ESCAPED.sub(lambda match: _MASKS[match[1]], clean(line)) for cell in cells for line in cell.splitlines()]
    escapes = {sign for sign, mask in _MASKS.items() if any(mask in line for line in lines)}
    if any(len(cell.splitlines()) > 1 for cell in cells):
        why.append("line end between names")
    if any(LISTS.search(line) for line in lines):
        why.append("; between names")
    signs = {sign for line in lines for match in LEVELS.findall(line) for sign in (match.strip(),)}
    strong = bool(signs)
    doubts = []
    if not strong:
        for slash in (" / ", "/"):
            if any(slash in line for line in lines):
                seen = _evidence(lines, slash)
                reason = _slash(seen, slash, len(lines), escapes, rule)
                if reason:
                    why.append(f"{slash.strip()} between levels: {reason}")
                    writing = writing._replace(levels=slash)
                elif slash == "/" and not _is_part_of_names(seen):
                    doubts.append((slash, seen.cells, seen.example))
                break
    if any("," in line for line in lines):
        seen = _evidence(lines, ",", writing.levels)
        reason = _comma(seen, strong or bool(writing.levels), escapes, rule)
        if reason:
            why.append(f"comma between {'paths' if strong or writing.levels else 'names'}: {reason}")
            writing = writing._replace(lists=",")
        elif _is_part_of_names(seen):
            why.append(f"commas are part of names: always between the same parts, as in {seen.example!r:.80}")
        else:
            doubts.append((",", seen.cells, seen.example))
    if strong:
        bars = len(signs) > 1 and bool(signs & {"|", "｜"})
        shown = " ".join(sorted(signs - ({"|", "｜"} if bars else set())))
        why.append(f"{shown} between levels" + ", | between paths" * bars)
        writing = writing._replace(bars=bars)
    return writing._replace(doubts=tuple(doubts))


def _evidence(lines, separator, levels=""):
    """The `Evidence` of a doubtful separator in some cleaned lines."""
    doubtful = "|".join(_split_at(sign).pattern for sign in dict.fromkeys((separator, levels, "," if separator != "," else ""))
                        if sign)
    cut = re.compile(rf"({LEVELS.pattern}|{LISTS.pattern}|{doubtful})")
    after, before = defaultdict(set), defaultdict(set)
    pairs, begins, cells, example = set(), set(), 0, ""
    for line in lines:
        pieces = cut.split(line)
        parts, signs = pieces[::2], ["", *(sign.strip() for sign in pieces[1::2]), ""]
        begins.add(parts[0])
        for i, part in enumerate(parts):
            before[part].add((signs[i], parts[i - 1] if i else ""))
            after[part].add((signs[i + 1], parts[i + 1] if i + 1 < len(parts) else ""))
            if i and signs[i] == separator.strip():
                pairs.add((parts[i - 1], part))
        if separator in line:
            cells, example = cells + 1, example or line.translate(_UNMASK)
    return Evidence(
        pairs=len(pairs),
        both_free=sum(len(after[left]) > 1 and len(before[right]) > 1 for left, right in pairs),
        left_free=sum(len(after[left]) > 1 for left, _ in pairs),
        roots=sum(right in begins for _, right in pairs),
        cells=cells, example=example)


def _is_part_of_names(seen):
    """Whether there is enough evidence that a separator does not separate."""
    return seen.pairs >= MIN_PAIRS and seen.both_free <= FEW * seen.pairs and seen.left_free <= HALF * seen.pairs


def _comma(seen, has_levels, escapes, rule):
    """Why a comma separates names or paths; "" if it does not."""
    if rule and rule.lists == ",":
        return f"the rule of {rule.source}"
    if "," in escapes:
        return r"it is escaped as \, within names"
    if has_levels and seen.pairs and seen.roots >= MOST * seen.pairs:
        return f"what follows begins other paths ({seen.roots} of {seen.pairs})"
    if seen.pairs >= MIN_PAIRS and seen.both_free >= HALF * seen.pairs:
        return f"the parts recur with other neighbours ({seen.both_free} of {seen.pairs} pairs)"
    return ""


def _slash(seen, slash, n_lines, escapes, rule):
    """Why a slash separates levels; "" if it does not."""
    if rule and rule.levels == "/":
        return f"the rule of {rule.source}"
    if "/" in escapes:
        return r"it is escaped as \/ within names"
    if slash == " / " and (seen.cells >= HALF * n_lines and n_lines >= MIN_PAIRS or seen.left_free and seen.pairs > 1):
        return "with spaces around it, in most cells" if seen.cells >= HALF * n_lines else "with spaces around it"
    if seen.pairs >= MIN_PAIRS and seen.cells >= FEW * n_lines and seen.left_free >= HALF * seen.pairs:
        return f"beginnings recur ({seen.left_free} of {seen.pairs} pairs)"
    return ""
