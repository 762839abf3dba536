"""Where the products are in a JSON document: `survey` looks at a sample, `Walker` follows the brackets."""

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from nnlite.data.files.arrays import parsed
from nnlite.data.files.columns import CATEGORY, HINTS, TITLES, plain

MAX_DEPTH = 200  # of lists and objects in one another
MAX_KEY_CHARS = 1 << 10
ANY = "*"  # in a Path: each key

Path = tuple[str | None, ...]  # of a value: the keys that lead to it, None for an item of a list or of the whole text

_TOKEN = {'"': re.compile(r'["{}\[\]:]'), "'": re.compile(r"""["'{}\[\]:]""")}
_INSIDE = {quote: re.compile(rf"(?:[^{quote}\\]+|\\.){{0,1000}}", re.DOTALL) for quote in "\"'"}


class Walker:
    """Follows brackets and texts through a document that comes in pieces."""

    def __init__(self, quote: str = '"'):
        self.token = _TOKEN[quote]
        self.stack: list[tuple[str, Path]] = []
        self.key: str | None = None
        self._text = ""  # the last one
        self._quote = ""  # of the text that is open

    @property
    def is_in_text(self) -> bool:
        """Whether a text has begun and not ended."""
        return bool(self._quote)

    @property
    def path(self) -> Path:
        """The path of the innermost list or object."""
        return self.stack[-1][1] if self.stack else ()

    def advance(self, text: str, place: int) -> tuple[str, int]:
        """(event, index behind it): '{', '[', '}', ']'; ':' with the `key`; '' for more text; '!' for damage."""
        if self._quote:
            end = text_end(text, place, self._quote)
            if end < 0:
                return "", _closed_end(text, place)
            place, self._quote = end, ""
        while match := self.token.search(text, place):
            if not self.stack and (match[0] not in "{[" or text[place:match.start()].strip(" \t\r\n,")):
                return "!", match.end()  # something else than lists and objects
            sign, place = match[0], match.end()
            if sign in "\"'":
                end = text_end(text, place, sign)
                if end < 0:
                    if len(text) - place < MAX_KEY_CHARS:
                        return "", place - 1
                    self._quote, self._text = sign, ""
                    return "", _closed_end(text, place)
                if text[max(place - 21, 0):place - 1].rstrip()[-1:] not in ("", "{", "[", ",", ":") or \
                        text[end:end + 20].lstrip()[:1] not in ("", ":", ",", "]", "}"):
                    return "!", end  # an odd quote before this one
                self._text = text[place - 1:end] if end - place < MAX_KEY_CHARS else ""
                place = end
            elif sign == ":":
                if self.stack[-1][0] == "[":
                    return "!", place
                self.key = str(parsed(self._text)) if "\\" in self._text else self._text[1:-1]
                return ":", place
            elif sign in "{[":
                is_member = self.stack and self.stack[-1][0] == "{"
                before = text[max(place - 21, 0):place - 1].rstrip()[-1:]
                if self.stack and before and before not in (":" if is_member else "[,"):
                    return "!", place
                self.stack.append((sign, (*self.path, self.key if is_member else None)))
                return ("!" if len(self.stack) > MAX_DEPTH else sign), place
            else:
                if not self.stack or self.stack.pop()[0] + sign not in ("{}", "[]"):
                    return "!", place
                return sign, place
        return "", len(text)


class Found(NamedTuple):
    """Where the objects are.

    is_sure: they have titles    is_one_line: they have no lines of their own
    notes: for a person    quote: of texts
    """

    path: Path
    is_sure: bool
    is_one_line: bool
    notes: list[str]
    quote: str


def survey(sample: str, title: str | int | None = None) -> Found:
    """Where the products are in a document that begins with `sample`; title: the key that holds titles, if known.

    Of several lists of objects: those with titles and categories, else with titles; not one inside of such objects;
    the longest of these. Raises ValueError (without the path) where there is none.
    """
    quote = "'" if re.match(r"[\s\[{]*'", sample) else '"'
    walker, place, event = Walker(quote), 0, " "
    starts: dict[Path, list[int]] = defaultdict(list)
    keys: dict[Path, set[str]] = defaultdict(set)
    while event not in ("", "!"):
        event, place = walker.advance(sample, place)
        if event == "{":
            starts[walker.path].append(place)
        elif event == ":" and walker.key is not None:
            keys[walker.path].add(plain(walker.key))
    for parent, n in Counter(path[:-1] for path in starts if path[-1] is not None).items():
        if n > 1:  # objects by their ids
            children = [path for path in starts if path[:-1] == parent and path[-1] is not None]
            starts[parent + (ANY,)] = sorted(start for path in children for start in starts[path])
            keys[parent + (ANY,)] = set.intersection(*(keys[path] for path in children))
    if not starts:
        raise ValueError("a JSON document without objects, want a list of objects, one a product")
    wanted = {plain(str(title))} if title is not None else {*TITLES}
    columns = [path for path in starts if len(path) == 2 and path[1] is not None]
    if keys[None,] & wanted and columns and all(key.isdecimal() for path in columns for key in keys[path]):
        raise ValueError("a JSON object of columns, as pandas writes by default, want a list of objects, one a "
                         "product: write it with to_json(orient='records')")
    scores = {path: _score(path, keys[path], wanted) for path in starts}
    best = max(scores.values())
    good = [path for path in starts if scores[path] == best]
    good = [path for path in good if not any(other != path and _is_inside(path, other) for other in good)] \
        if best else [path for path in good if path[-1] is None] or good
    path = max(good, key=lambda path: len(starts[path]))
    others = [f"{_shown(other)} ({len(starts[other]):,} objects in the sample)" for other in good
              if not matches(other, path)]
    notes = [f"products from {_shown(path)}"] * any(key not in (None, ANY) for key in path)
    if others:
        notes = [f"products from {_shown(path)}, the longest list of objects; not read: {', '.join(others[:5])}"]
    first = starts[path][:2]
    is_one_line = len(first) < 2 and "\n" not in sample or len(first) == 2 and "\n" not in sample[first[0]:first[1]]
    return Found(path, best > 0, is_one_line, notes + ["rows are counted, not lines"] * is_one_line, quote)


def _score(path, keys, wanted):
    """2 for objects with titles and categories, 1 with titles; 0 for what may be categories, or anything else."""
    lists = next((key for key in reversed(path) if key is not None), "")
    if not keys & wanted or CATEGORY.fullmatch(plain(lists)):
        return 0
    return 1 + any(CATEGORY.fullmatch(key) or HINTS.fullmatch(key) or key == "targetind" for key in keys)


def _is_inside(path, other):
    """Whether `path` leads through the objects at `other`."""
    return len(path) > len(other) and matches(path[:len(other)], other)


def matches(path: Path, wanted: Path) -> bool:
    """Whether a path is the wanted one."""
    return path == wanted or wanted[-1] == ANY and len(path) == len(wanted) and path[:-1] == wanted[:-1] \
        and path[-1] is not None


def _shown(path):
    names = [key for key in path if key not in (None, ANY)]
    return repr(".".join(names)) if names else "the list"


def text_end(text: str, place: int, quote: str) -> int:
    """Index behind the quote that ends a text, -1 if it is not there."""
    end = -1
    while end != place:
        place = max(place, end)
        end = _INSIDE[quote].match(text, place).end()  # type: ignore[union-attr]
        if text[end:end + 1] == quote:
            return end + 1
    return -1


def _closed_end(text, place):
    """Index up to which an open text may be forgotten: a backslash stays with what it escapes."""
    before = text[place:]
    return len(text) - (len(before) - len(before.rstrip("\\"))) % 2
