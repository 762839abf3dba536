"""Whether a comma or a slash separates the names in a column, or is part of them.

It separates by a rule of the program that wrote the file, or because the parts of the cells recur with other
neighbours. Each `decide_...` appends what it has seen to `why` and what is left open to `doubts`.
"""

import re
from typing import NamedTuple

from nnlite.data.files.cells import UNMASK, Doubt, Writing, unmasked
from nnlite.data.files.neighbours import Evidence, Neighbours, is_enumeration

MIN_PAIRS = 3  # of neighbours across a separator, before they are evidence
MOST, HALF, FEW = 0.8, 0.5, 0.2  # fractions of them

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


def decide_slash(lines: list[str], writing: Writing, rule: Rule, escapes: set[str], why: list[str],
                 doubts: list[Doubt]) -> Writing:
    """Whether a slash, or one with spaces around it, separates levels."""
    if rule.whole == "/":
        return writing
    wide = [line for line in lines if " / " in line]
    tight = sum("/" in line.replace(" / ", "") for line in lines)
    for slash in [rule.levels] if "/" in rule.levels else [" / "] * (len(wide) >= tight and bool(wide)) + ["/"]:
        seen = Neighbours(lines, slash)
        evidence = seen.evidence()
        if reason := slash_reason(evidence, slash, len(lines), escapes, rule):
            why.append(f"{slash.strip()} between levels: {reason}")
            if not rule.escapes and "/" not in escapes and slash == "/":
                doubts += _maybe_whole(seen, slash, {pair: n for pair, n in seen.pairs.items()
                                                     if len(seen.after[pair[0]]) == 1})
            return writing._replace(levels=slash)
    if _is_part_of_names(evidence) and evidence.deep <= FEW * evidence.cells:
        why.append(f"slashes are part of names, as in {evidence.example!r:.60}")
    else:
        doubts.append(Doubt("/", evidence.cells, evidence.example))
    return writing


def slash_reason(seen: Evidence, slash: str, n_lines: int, escapes: set[str], rule: Rule) -> str:
    """Why a slash separates levels; "" if it does not."""
    if rule.levels == slash:
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


def decide_comma(lines: list[str], writing: Writing, rule: Rule, escapes: set[str], has_levels: bool, why: list[str],
                 doubts: list[Doubt]) -> Writing:
    """Whether a comma separates, and where."""
    if rule.whole == ",":
        why.append(f"commas are part of names: the rule of {rule.source}")
        return writing
    seen = Neighbours(lines, ",", writing.levels)
    evidence = seen.evidence()
    what = "paths" if has_levels else "names"
    by_rule = f"the rule of {rule.source}" if rule.lists == "," else \
        r"it is escaped as \, within names" if "," in escapes else \
        "all parts are numbers" if all(map(_NUMBERS.fullmatch, lines)) else ""
    if by_rule:
        why.append(f"comma between {what}: {by_rule}")
        writing = writing._replace(lists=",")
        return writing if rule.escapes or "," in escapes or not rule.lists else _with_glue(seen, writing, why, doubts)
    if has_levels:
        roots = seen.roots() if evidence.rooted else frozenset()
        rooted = [pair for pair in seen.pairs if unmasked(pair[1]) in roots]
        if rooted:
            why.append(f"comma between paths: what follows begins other paths ({len(rooted)} of {evidence.pairs})")
            if len(rooted) < evidence.pairs:
                writing = writing._replace(roots=roots)
                doubts += _left_whole(seen, rooted)
            return writing._replace(lists=",")
    elif reason := _comma(evidence):
        why.append(f"comma between names: {reason}")
        return _with_glue(seen, writing._replace(lists=","), why, doubts)
    if _is_part_of_names(evidence) and (not has_levels or seen.by_habit() >= MOST * evidence.pairs):
        why.append(f"commas are part of names: always between the same parts, as in {evidence.example!r:.80}")
    else:
        doubts.append(Doubt(",", evidence.cells, evidence.example))
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
