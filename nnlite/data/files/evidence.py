"""`decide`: how the cells of a category column are written, on evidence.

A comma or a slash is often part of a name ('Clothing, Shoes & Jewelry', 'TV/Video'). It separates by a rule of the
program that wrote the file, or because the parts of the cells recur with other neighbours. Where that does not suffice
the cell stays whole, and the `Writing` says so.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from nnlite.data.files.arrays import array_of
from nnlite.data.files.cells import LEVELS, MASKS, NO_NAMES, Doubt, Writing, has_levels, prepared
from nnlite.data.files.neighbours import Neighbours
from nnlite.data.files.separators import HALF, MIN_PAIRS, MOST, Rule, decide_comma, decide_slash, slash_reason

MAX_TEXTS, MAX_CHARS = 2_000, 1 << 16  # of a column that are looked at: distinct cells, characters in all
OTHERS = (" - ", " – ", "\\", "~", ":", "^", "#", "__", " + ", " · ", "、", "،", "／", ".")
# may separate: never accepted, but said
BREAKS = ("<br>", "<br/>", "<br />", "</li>", "</p>")  # likewise, of HTML


def decide(values: Iterable[Any], rule: Rule | None = None, separator: str = "") -> Writing:
    """How a column is written, from some of its values.

    rule: of the file's kind, if that is known    separator: the only one, if the user names one
    """
    if separator:
        return Writing(only=separator, why=(f"{separator!r} between names, as asked",))
    texts: dict[str, None] = {}
    lists: list[Any] = []
    n_chars = 0
    for value in values:
        if isinstance(value, str):
            if value not in texts and value.strip() not in NO_NAMES:
                texts[value[:MAX_CHARS]] = None
                n_chars += len(value)
        elif isinstance(value, (list, tuple)):
            lists.append(value[:MAX_CHARS])
            n_chars += sum(len(item) if isinstance(item, str) else 1 for item in value)
        if n_chars > MAX_CHARS or len(texts) + len(lists) >= MAX_TEXTS:
            break
    bare = _are_bare(texts)
    cells = []
    for text in texts:
        items = array_of(text, bare)
        if items is None:
            cells.append(text)
        else:
            lists.append(items)
    writing, why = Writing(bare=bare), list[str]()
    if lists:
        writing = _decide_lists(lists, writing, why)
    if cells:
        writing = _decide_texts(cells, writing, rule, why)
    return writing._replace(why=tuple(why))


def _are_bare(texts):
    """Whether most texts are arrays whose items need no quotes: [Shoes, Hats]; [Sale] alone may be a name."""
    arrays = [text for text in texts if text.lstrip()[:1] in ("[", "{") and array_of(text, bare=True) is not None]
    return len(arrays) >= HALF * max(len(texts), 1) and \
        (any("," in text for text in arrays) or len(arrays) == len(texts) >= MIN_PAIRS)


def _decide_lists(lists, writing, why):
    """Whether the items of lists are paths, or the levels of one path."""
    flat = [[item for item in value if isinstance(item, str)] for value in lists]
    flat = [items for items in flat if items]
    with_levels = [sum(map(has_levels, items)) for items in flat]
    if flat and sum(map(bool, with_levels)) >= HALF * len(flat) and sum(with_levels) >= HALF * sum(map(len, flat)):
        why.append("lists of paths")
        return writing._replace(items=True)
    items = list(dict.fromkeys(prepared(item) for items in flat for item in items))
    if sum("/" in item for item in items) >= max(MIN_PAIRS, HALF * len(items)) and \
            slash_reason(Neighbours(items, "/").evidence(), "/", len(items), set(), Rule("")):
        why.append("lists of paths, / between levels")
        return writing._replace(items=True, levels="/")
    before = defaultdict(set)
    for items in flat:
        for left, right in zip(items, items[1:]):
            before[right].add(left)
    ordered = len(before) >= MIN_PAIRS and sum(len(lefts) == 1 for lefts in before.values()) >= MOST * len(before)
    why.append("lists of levels" if ordered else "lists of names")
    return writing._replace(ordered=ordered)


def _decide_texts(cells, writing, rule, why):
    """The separators of texts that are no arrays."""
    rule = rule or Rule("")
    lines = list(dict.fromkeys(prepared(line) for cell in cells for line in cell.splitlines()))
    escapes = {sign for sign, mask in MASKS.items() if any(mask in line for line in lines)}
    if any(len(cell.splitlines()) > 1 for cell in cells):
        why.append("a line end between names")
    if any(";" in line for line in lines):
        why.append("; between names")
    signs = {match.strip() for line in lines if has_levels(line) for match in LEVELS.findall(line)}
    doubts = [Doubt(sign, len(held), held[0]) for sign in BREAKS if (held := [cell for cell in cells if sign in cell])]
    writing = writing._replace(lists=rule.lists, levels="" if signs else rule.levels)  # later cells may hold them
    if not signs and any("/" in line for line in lines):
        writing = decide_slash(lines, writing, rule, escapes, why, doubts)
    if any("," in line for line in lines):
        writing = decide_comma(lines, writing, rule, escapes, bool(signs) or bool(writing.levels), why, doubts)
    if signs:
        bars = len(signs) > 1 and bool(signs & {"|", "｜"})
        shown = " ".join(sorted(signs - ({"|", "｜"} if bars else set())))
        why.append(f"{shown} between levels" + ", | between paths" * bars)
        writing = writing._replace(bars=bars)
    elif not writing.lists and not writing.levels:
        doubts += _others(lines)
    return writing._replace(doubts=tuple(doubts))


def _others(lines):
    """Characters that seldom separate, where they do so by the looks of it."""
    for sign in OTHERS:
        if sum(sign in line for line in lines) >= HALF * len(lines):
            evidence = Neighbours(lines, sign).evidence()
            if evidence.pairs >= MIN_PAIRS and evidence.left_free >= HALF * evidence.pairs:
                return [Doubt(sign, evidence.cells, evidence.example)]
    return []
