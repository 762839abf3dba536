"""Where the products are in a JSON document: `survey` looks at a sample, `Walker` follows the brackets."""

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from nnlite.data.files.arrays import parsed
from nnlite.data.files.columns import CATEGORY, HINTS, TITLES, plain

MAX_DEPTH = 200  # of lists and objects in one another
MAX_KEY_CHARS = 1 << 10
MIN_ITEMS = 3  # that hold products, in a sample that is damaged behind them, or
MAX_HELD = 8  # products inside the one object of a document, before they are believed in
ANY = "*"  # in a Path: each key

Path = tuple[str | None, ...]  # of a value: the keys that lead to it, None for an item of a list or of the whole text

_TOKEN = {  # white space, then one of these; none where something else follows
    '"': re.compile(r'\s*([{}\[\],:"]|[\w.+-]+)?'),
    "'": re.compile(r"""\s*([{}\[\](),:"']|[uUrRbB](?=["'])|[\w.+-]+)?""")}
_MEMBER = {quote: re.compile(rf"\s*{quote}([^{quote}\\]{{0,200}}){quote}\s*:") for quote in "\"'"}  # the usual key
_SCALAR = {  # the usual value
    quote: re.compile(rf"\s*(?:{quote}[^{quote}\\]*(?:\\.[^{quote}\\]*)*{quote}|-?\d[\w.+-]*)\s*(?:(,)|(?=[}}\]]))",
                      re.DOTALL)
    for quote in "\"'"}
_BRACKETS = ("{}", "[]", "()")
_INSIDE = {quote: re.compile(rf"(?:[^{quote}\\]+|\\.){{0,1000}}", re.DOTALL) for quote in "\"'"}


class Walker:
    """Follows brackets and texts through a document that comes in pieces, and notices what is not in its place."""

    def __init__(self, quote: str = '"'):
        self.token, self.member, self.scalar = _TOKEN[quote], _MEMBER[quote], _SCALAR[quote]
        self.is_python = quote == "'"
        self.stack: list[tuple[str, Path]] = []
        self._sets: list[bool | None] = []  # of each, whether it is Python's set, which has no keys; None: not known
        self.key: str | None = None
        self._wanted = "value"  # "value", "key", ":" or ","
        self.has_no_commas = False  # between the documents of one file
        self._n_documents, self._is_comma = 0, False  # so far; whether one stands before the next
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

    def leave(self) -> None:
        """The innermost list or object has ended: it was read by other means."""
        self.stack.pop()
        self._sets.pop()
        self._wanted = ","

    def advance(self, text: str, place: int) -> tuple[str, int]:
        """(event, index behind it): '{', '[', '}', ']'; ':' with the `key`; '' for more text; '!' for damage."""
        if self._quote:
            end = text_end(text, place, self._quote)
            if end < 0:
                return "", _closed_end(text, place)
            place, self._quote = end, ""
            self._wanted = ":" if self._wanted == "key" else ","
        while True:
            if self._wanted == "key" and self.stack and not self._sets[-1] and \
                    (match := self.member.match(text, place)):
                self.key, self._wanted, self._sets[-1] = match[1], "value", False
                return ":", match.end()
            if self._wanted == "value" and self.stack and (match := self.scalar.match(text, place)):
                place = match.end()
                self._wanted = "," if not match[1] else "key" if self.stack[-1][0] == "{" else "value"
                continue
            match = self.token.match(text, place)
            assert match
            sign, start, place = match[1], place, match.end()
            if sign is None:
                if place < len(text):
                    return "!", place
                return "", start if place - start < MAX_KEY_CHARS else place  # the indent of what follows
            if not self.stack and sign not in ("{", "[", ","):
                return "!", place  # something else than lists and objects
            if sign in ("\"", "'"):
                if self._wanted not in ("value", "key"):
                    return "!", place
                end = text_end(text, place, sign)
                if end < 0:
                    if len(text) - place < MAX_KEY_CHARS:
                        return "", place - 1
                    self._quote, self._text = sign, ""
                    return "", _closed_end(text, place)
                self._text = text[place - 1:end] if end - place < MAX_KEY_CHARS else ""
                self._wanted, place = ":" if self._wanted == "key" else ",", end
            elif sign == ",":
                if self.stack and self._wanted != "," and not self._is_set() or not self.stack and self.has_no_commas:
                    return "!", place
                self._is_comma = True
                self._wanted = "key" if self.stack and self.stack[-1][0] == "{" else "value"
            elif sign == ":":
                if self._wanted != ":" or self._sets[-1]:
                    return "!", place
                self._sets[-1] = False
                self.key = str(parsed(self._text)) if "\\" in self._text else self._text[1:-1]
                self._wanted = "value"
                return ":", place
            elif sign in "{[(":
                if self.stack and self._wanted != "value" or len(self.stack) >= MAX_DEPTH:
                    return "!", place
                if not self.stack:
                    self.has_no_commas |= self._n_documents > 0 and not self._is_comma
                    self._n_documents, self._is_comma = self._n_documents + 1, False
                is_member = self.stack and self.stack[-1][0] == "{"
                self.stack.append((sign, (*self.path, self.key if is_member else None)))
                self._sets.append(None)
                self._wanted = "key" if sign == "{" else "value"
                return sign, place
            elif sign in "}])":
                is_member = self.stack[-1][0] == "{"
                if self._wanted == ":" and not self._is_set() or self._wanted == "value" and is_member or \
                        self.stack[-1][0] + sign not in _BRACKETS:
                    return "!", place
                self.stack.pop()
                self._sets.pop()
                self._wanted = ","
                return sign, place
            elif not self.is_python or sign not in "uUrRbB":
                if place == len(text) and place - start < MAX_KEY_CHARS:
                    return "", start  # more of it may follow
                if self._wanted != "value" and not (self.is_python and self._wanted == "key"):
                    return "!", place
                self._text, self._wanted = f"'{sign}'", ":" if self._wanted == "key" else ","

    def _is_set(self):
        """Whether this is Python's set: only names without values between the brackets of an object."""
        if self.is_python and self._wanted == ":" and self._sets[-1] is None:
            self._sets[-1] = True
        return self._wanted == ":" and bool(self._sets[-1])


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


def survey(sample: str, title: str | int | None = None, is_whole: bool = False) -> Found:
    """Where the products are in a document that begins with `sample`.

    title: the key that holds titles, if known    is_whole: the sample is all of it

    Of several lists of objects: those with titles and categories, else with titles; not one inside of such objects;
    the longest of these. Raises ValueError (without the path) where there is none.
    """
    quote = "'" if re.match(r"[\s\[{]*'", sample) else '"'
    walker, place, event = Walker(quote), 0, " "
    starts: dict[Path, list[int]] = defaultdict(list)
    raw: dict[Path, Counter[str]] = defaultdict(Counter)
    first_keys: dict[Path, set[str]] = defaultdict(set)  # of the first object at each path
    items: dict[Path, set[int]] = defaultdict(set)  # which of the widest items around it have objects at a path
    while event not in ("", "!"):
        event, place = walker.advance(sample, place)
        if event == "{":
            starts[walker.path].append(place)
            items[walker.path].add(len(starts.get(_item(walker.path), ())))
        elif event == ":" and walker.key is not None:
            raw[walker.path][walker.key] += 1
            if len(starts[walker.path]) == 1:
                first_keys[walker.path].add(plain(walker.key))
    keys = defaultdict(set, {path: set(map(plain, found)) for path, found in raw.items()})
    for parent, n in Counter(path[:-1] for path in starts if path[-1] is not None).items():
        if n > 1:  # objects by their ids
            children = [path for path in starts if path[:-1] == parent and path[-1] is not None]
            starts[parent + (ANY,)] = sorted(start for path in children for start in starts[path])
            items[parent + (ANY,)] = set.union(*(items[path] for path in children))
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
    titles = {path: sum(n for key, n in found.items() if plain(key) in wanted) for path, found in raw.items()}
    good = [path for path in good if first_keys[path] & wanted or path[-1] == ANY or
            2 * titles.get(path, 0) >= len(starts[path])] or good
    good = [path for path in good if not any(other != path and _is_inside(path, other) for other in good)] \
        if best else [path for path in good if path[-1] is None] or good
    good = [path for path in good if not any(_is_instead(other, path, items) for other in good)]
    path = max(good, key=lambda path: len(starts[path]))
    level = outer_level(path)
    is_one = level == 1 == len(starts[None,])
    is_damaged = event == "!" or is_whole and bool(walker.stack or walker.is_in_text)
    is_early = len(starts[path if is_one else path[:level]]) <= (MAX_HELD if is_one else MIN_ITEMS)
    is_doubtful = any(_item(other) == _item(path) and not matches(other, path) for other in good)
    if is_damaged and level and (is_early or is_doubtful):
        line = sample.count("\n", 0, place) + 1
        raise ValueError(f"a JSON document that is damaged in line {line:,}, before it shows where its products are: "
                         "want a whole document")
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


def _item(path):
    """The path of the widest item that objects at `path` are part of; () if they are in none."""
    return path[:outer_level(path)]


def _is_instead(other, path, items):
    """Whether the products are at `other`, and objects at `path` inside of products whose key is misspelt.

    Each is in items of one list that have nothing at the other place; `other` in more of them, or in fewer lists.
    """
    return _item(path) == _item(other) != () and items[path].isdisjoint(items[other]) and \
        (len(items[other]), -other.count(None)) > (len(items[path]), -path.count(None))


def matches(path: Path, wanted: Path) -> bool:
    """Whether a path is the wanted one."""
    return path == wanted or wanted[-1] == ANY and len(path) == len(wanted) and path[:-1] == wanted[:-1] \
        and path[-1] is not None


def outer_level(path: Path) -> int:
    """How many brackets are open in the widest item that objects at `path` are part of; 0 if they are in none.

    1 is the document itself, or one of several.
    """
    levels = [i for i in range(1, len(path)) if path[i - 1] is None and path[i] is not None]
    return next((level for level in levels if level > 1), 1) if levels else 0


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
