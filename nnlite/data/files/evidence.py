"""`decide`: how the cells of a category column are written, on evidence.

A comma or a slash is often part of a name ('Clothing, Shoes & Jewelry', 'TV/Video'). It separates by a rule of the
program that wrote the file, or because the parts of the cells recur with other neighbours. Where that does not suffice
the cell stays whole, and the `Writing` says so.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from nnlite.data.files.arrays import array_of
from nnlite.data.files.cells import LEVELS, MASKS, NO_NAMES, UNMASK, Doubt, Writing, prepared, unmasked
from nnlite.data.files.neighbours import Neighbours, is_enumeration

MAX_TEXTS, MAX_CHARS = 2_000, 1 << 16  # of a column that are looked at: distinct cells, characters in all
MIN_PAIRS = 3  # of neighbours across a separator, before they are evidence
MOST, HALF, FEW = 0.8, 0.5, 0.2  # fractions of them
OTHERS = (" - ", " – ", "\\", "~", ":", "^", "#")  # may separate: never accepted, but said

_NUMBERS = re.compile(r"\d+(?:\s*,\s*\d+)*")


class Rule(NamedTuple):
    """What a kind of file puts into its category cells.

    lists, levels: doubtful separators that it uses    whole: one that is always part of a name
    escapes: a separator within a name is always escaped
    """

    source: str
    lists: str = ""
    levels: str = ""
    whole: str = ""
    escapes: bool = False


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
    with_levels = sum(any(LEVELS.search(item) for item in items) for items in flat)
    if flat and with_levels >= HALF * len(flat):
        why.append("lists of paths")
        return writing._replace(items=True)
    items = list(dict.fromkeys(prepared(item) for items in flat for item in items))
    if sum("/" in item for item in items) >= max(MIN_PAIRS, HALF * len(items)) and \
            _slash(Neighbours(items, "/").evidence(), "/", len(items), (), Rule("")):
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
    signs = {match.strip() for line in lines for match in LEVELS.findall(line)}
    doubts: list[Doubt] = []
    writing = writing._replace(lists=rule.lists, levels="" if signs else rule.levels)  # later cells may hold them
    if not signs and any("/" in line for line in lines):
        writing = _decide_slash(lines, writing, rule, escapes, why, doubts)
    if any("," in line for line in lines):
        writing = _decide_comma(lines, writing, rule, escapes, bool(signs) or bool(writing.levels), why, doubts)
    if signs:
        bars = len(signs) > 1 and bool(signs & {"|", "｜"})
        shown = " ".join(sorted(signs - ({"|", "｜"} if bars else set())))
        why.append(f"{shown} between levels" + ", | between paths" * bars)
        writing = writing._replace(bars=bars)
    elif not writing.lists and not writing.levels:
        doubts += _others(lines)
    return writing._replace(doubts=tuple(doubts))


def _decide_slash(lines, writing, rule, escapes, why, doubts):
    """Whether a slash, or one with spaces around it, separates levels."""
    if rule.whole == "/":
        return writing
    wide = [line for line in lines if " / " in line]
    tight = sum("/" in line.replace(" / ", "") for line in lines)
    for slash in [" / "] * (not rule.levels and len(wide) >= tight and bool(wide)) + ["/"]:
        seen = Neighbours(lines, slash)
        told = seen.evidence()
        if reason := _slash(told, slash, len(lines), escapes, rule):
            why.append(f"{slash.strip()} between levels: {reason}")
            if not rule.escapes and "/" not in escapes and slash == "/":
                doubts += _maybe_whole(seen, slash, {pair: n for pair, n in seen.pairs.items()
                                                     if len(seen.after[pair[0]]) == 1})
            return writing._replace(levels=slash)
    if _is_part_of_names(told) and told.deep <= FEW * told.cells:
        why.append(f"slashes are part of names, as in {told.example!r:.60}")
    else:
        doubts.append(Doubt("/", told.cells, told.example))
    return writing


def _slash(seen, slash, n_lines, escapes, rule):
    """Why a slash separates levels; "" if it does not."""
    if rule.levels == "/":
        return f"the rule of {rule.source}"
    if "/" in escapes:
        return r"it is escaped as \/ within names"
    if slash == " / " and (seen.cells >= HALF * n_lines and seen.deep or seen.left_free and seen.pairs > 1):
        return "with spaces around it"
    if seen.pairs >= MIN_PAIRS and seen.cells >= FEW * n_lines and seen.left_free >= HALF * seen.pairs:
        return f"beginnings recur ({seen.left_free} of {seen.pairs} pairs)"
    if seen.cells >= max(MIN_PAIRS, HALF * n_lines) and seen.deep >= HALF * seen.cells:
        return f"several of them in most cells ({seen.deep} of {n_lines})"
    return ""


def _decide_comma(lines, writing, rule, escapes, has_levels, why, doubts):
    """Whether a comma separates, and where."""
    if rule.whole == ",":
        why.append(f"commas are part of names: the rule of {rule.source}")
        return writing
    seen = Neighbours(lines, ",", writing.levels)
    told = seen.evidence()
    what = "paths" if has_levels else "names"
    by_rule = f"the rule of {rule.source}" if rule.lists == "," else \
        r"it is escaped as \, within names" if "," in escapes else \
        "all parts are numbers" if all(map(_NUMBERS.fullmatch, lines)) else ""
    if by_rule:
        why.append(f"comma between {what}: {by_rule}")
        writing = writing._replace(lists=",")
        return writing if rule.escapes or "," in escapes or not rule.lists else _with_glue(seen, writing, why, doubts)
    if has_levels:
        roots = seen.roots() if told.rooted else frozenset()
        rooted = [pair for pair in seen.pairs if unmasked(pair[1]) in roots]
        if rooted:
            why.append(f"comma between paths: what follows begins other paths ({len(rooted)} of {told.pairs})")
            if len(rooted) < told.pairs:
                writing = writing._replace(roots=roots)
                doubts += _left_whole(seen, rooted)
            return writing._replace(lists=",")
    elif reason := _comma(told):
        why.append(f"comma between names: {reason}")
        return _with_glue(seen, writing._replace(lists=","), why, doubts)
    if _is_part_of_names(told) and (not has_levels or seen.by_habit() >= MOST * told.pairs):
        why.append(f"commas are part of names: always between the same parts, as in {told.example!r:.80}")
    else:
        doubts.append(Doubt(",", told.cells, told.example))
    return writing


def _comma(seen):
    """Why a comma separates names in a column without levels; "" if it does not."""
    if seen.pairs >= MIN_PAIRS and seen.both_free >= HALF * seen.pairs and seen.rooted >= FEW * seen.pairs:
        return f"the parts recur with other neighbours ({seen.both_free} of {seen.pairs} pairs)"
    if seen.pairs >= 2 * MIN_PAIRS and seen.left_free >= MOST * seen.pairs and seen.deep >= HALF * seen.cells:
        return f"beginnings recur ({seen.left_free} of {seen.pairs} pairs)"
    return ""


def _is_part_of_names(seen):
    """Whether there is enough evidence that a separator does not separate."""
    return max(seen.pairs, seen.cells) >= MIN_PAIRS and seen.both_free <= FEW * seen.pairs and \
        seen.left_free <= HALF * seen.pairs


def _with_glue(seen, writing, why, doubts):
    """Where a comma separates although it is not escaped: not in names whose parts are never found apart."""
    apart = seen.never_apart()
    glued = {pair: n for pair, n in apart.items() if n >= MIN_PAIRS or n == 2 and is_enumeration(pair)}
    if glued:
        left, right = next(iter(glued))
        why.append(f"but not within {len(glued):,} names whose parts are never found apart, as '{left}, {right}'")
        doubts.append(Doubt(",", len(glued), f"{left}, {right}".translate(UNMASK)))
        writing = writing._replace(glued=frozenset((unmasked(left), unmasked(right))
                                                   for left, right in glued))
    rest = {pair: n for pair, n in apart.items() if pair not in glued and is_enumeration(pair)}
    doubts += _maybe_whole(seen, ",", rest, least=1)
    return writing


def _maybe_whole(seen, separator, pairs, least=MIN_PAIRS):
    """The doubt that some pairs are one name each."""
    pairs = [pair for pair, n in pairs.items() if n >= least]
    return [Doubt(separator, len(pairs), seen.shown[pairs[0]].translate(UNMASK), splits=True)] if pairs else []


def _left_whole(seen, rooted):
    """The doubt that some pairs are two paths although what follows begins no other."""
    known = {*rooted}
    rest = [pair for pair in seen.pairs if pair not in known]
    return [Doubt(",", len(rest), seen.shown[rest[0]].translate(UNMASK))]


def _others(lines):
    """Characters that seldom separate, where they do so by the looks of it."""
    for sign in OTHERS:
        if sum(sign in line for line in lines) >= HALF * len(lines):
            told = Neighbours(lines, sign).evidence()
            if told.pairs >= MIN_PAIRS and told.left_free >= HALF * told.pairs:
                return [Doubt(sign, told.cells, told.example)]
    return []
