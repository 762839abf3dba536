"""The products of a JSON document: a list of objects on one line or many, wherever it stands in the document.

Memory holds a block of the text, and at most MAX_OBJECT_CHARS of an object. An object comes out only if it is whole:
where the text is damaged, reading resumes at the next line that begins as the objects before did, else it ends there.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from nnlite.data.files.arrays import parsed, scan
from nnlite.data.files.json_survey import MAX_HELD, MAX_KEY_CHARS, Found, Walker, matches, outer_level
from nnlite.data.lines import DAMAGE, MAX_LITERAL_CHARS, MAX_OBJECT_CHARS, SkippedLine

BLOCK_BYTES = 1 << 18
MAX_DOUBTFUL = 64  # objects that are indented otherwise or behind a damaged one, before all are believed in
MAX_HELD_CHARS = 1 << 20  # of an item of a list, before the products inside it are believed in

_NEXT = {  # kind of place -> what stands between two objects
    "list": re.compile(r"\s*,\s*(?=\{)"), "document": re.compile(r"\s*(?=\{)"), "member": re.compile(r"(?!)")}
_AFTER = {  # ... and behind one
    "list": re.compile(r"\s*(?:[,\]]|\Z)"), "document": re.compile(r"\s*(?:[,{\[]|\Z)"),
    "member": re.compile(r"\s*(?:[,}]|\Z)")}
_REST = re.compile(r"[\s,\]}]*")  # behind the last object
_STRAY_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


class Objects:
    """Iterator of (line number or place in the list, object or SkippedLine) of a file of UTF-8 bytes."""

    def __init__(self, file: Any, found: Found):
        self.file, self.found = file, found
        self.walker = Walker(found.quote)
        self.ahead, self.line, self.n_objects = "", 1, 0
        self.trouble = ""  # why reading ended
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._is_dirty, self._is_end = False, False
        self._counted = 0  # characters of `ahead` whose line ends are in `line`
        kind = "document" if found.path == (None,) else "list" if found.path[-1] is None else "member"
        self._is_list = kind != "document"
        self._next, self._after = _NEXT[kind], _AFTER[kind]
        self._resume: re.Pattern[str] | None = None  # where the next object begins, or the list ends, on its own line
        self._level = self._n_ended = 0  # brackets that are open inside of the item that holds products; ended ones
        self._broken_item = -1  # the last one with damage
        self._n_chars = 0  # that were read
        self._is_damaged = False  # then objects are looked for line by line
        self._indent = ""  # of the lines on which objects begin, where they do so on their own
        self._doubtful: list[tuple[int, dict[str, Any] | SkippedLine]] = []  # doubtful ones, by their indents
        self._is_shaken = False  # an object before was skipped, alone: what follows is doubtful

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any] | SkippedLine]]:
        level = outer_level(self.found.path)
        return self._held(level) if level else self._rows()

    def _held(self, level):
        """The rows, each once the item that it is part of has ended well, or is too long to be a product itself."""
        held: list[tuple[int, dict[str, Any] | SkippedLine]] = []
        item, n_before, n_products, self._level = 0, 0, 0, level
        for number, row in self._rows():
            if self._n_ended > item:
                yield from self._believed(held, item)
                item, n_before, n_products, held = self._n_ended, self._n_chars, 0, []
            held.append((number, row))
            n_products += isinstance(row, dict)
            if self._n_chars - n_before > MAX_HELD_CHARS or level == 1 and n_products > MAX_HELD:
                yield from held
                n_before, held = -MAX_HELD_CHARS, []
        yield from self._believed(held, item)

    def _believed(self, rows, item):
        """The rows of an item, all of them skipped if it is damaged or has no end."""
        is_good = self._n_ended > item != self._broken_item
        return ((number, row if is_good or not isinstance(row, dict) else SkippedLine("not JSON", row))
                for number, row in rows)

    def _rows(self):
        place = 0
        while place >= 0:
            event, place = self.walker.advance(self.ahead, place)
            if event == "!":
                self.trouble = "brackets that do not match, or too many"
                break
            if event == "{" and matches(self.walker.path, self.found.path):
                place = yield from self._run(place - 1)
            elif event in ("}", "]"):
                self._n_ended += len(self.walker.stack) == self._level - 1
            elif not event:
                place = self._more(place)
        if self.walker.stack or self.walker.is_in_text:
            self.trouble = self.trouble or "a document without its end"
        yield from self._trusted(is_good=not self.trouble)
        if self.trouble:
            yield self._number(len(self.ahead)), SkippedLine("damaged file", self.trouble)

    def _trusted(self, is_good):
        """The doubtful objects, which may stand inside of a damaged one."""
        rows, self._doubtful = self._doubtful, []
        return ((number, row if is_good or not isinstance(row, dict) else SkippedLine("not JSON", row))
                for number, row in rows)

    def _run(self, start):
        """Yield objects that follow each other. Returns the index behind them, -1 where reading ends."""
        if not self._resume:
            self._set_resume(self.ahead[:start] if self._is_list or self.n_objects else "\n")
        is_odd = self._is_odd(self.ahead[max(start - MAX_KEY_CHARS, 0):start])
        while True:
            try:
                if self._is_damaged:
                    raise ValueError
                value, end = scan(self.ahead, start)
                if not self._after.match(self.ahead, end):
                    raise ValueError
            except (ValueError, StopIteration, RecursionError):
                value, start, end = self._next_of_lines(start) if self._is_damaged else self._odd(start)
                if value is None:
                    return -1
            self.n_objects += 1
            number = self._number(start)
            if self._is_dirty and _NOT_UTF8.search(self.ahead, start, end):
                value = SkippedLine("not UTF-8", self.ahead[start:end].encode(errors="surrogateescape"))
            if (is_odd or self._is_shaken) and len(self._doubtful) < MAX_DOUBTFUL:
                self._doubtful.append((number, value))
            else:
                yield from self._trusted(is_good=True)
                yield number, value
                self._is_shaken = False
            if self._is_damaged and self.ahead[end:end + 1] == "{":
                start = end
                continue
            match = self._next.match(self.ahead, end)
            if not match:
                self.walker.leave()
                return end
            self.walker.has_no_commas |= not self._is_list
            if not self._resume:
                self._set_resume(match[0])
            is_odd = self._is_odd(match[0])
            start = match.end()

    def _set_resume(self, gap):
        """Learn how the lines of objects begin, from what stands before one."""
        _, line_end, indent = gap.rpartition("\n")
        if line_end and not indent.strip():
            before, self._indent = "," if self._is_list else "[}]", indent
            self._resume = re.compile(rf"{before}[ \t\r]*\n{indent}(?=\{{)|\n[ \t]{{0,{len(indent)}}}(?=\])")

    def _is_odd(self, gap):
        """Whether an object begins on a line that is indented otherwise than those before; gap: what stands before."""
        _, line_end, indent = gap.rpartition("\n")
        return bool(line_end and self._resume) and indent != self._indent and not indent.strip()

    def _odd(self, start):
        """(object or SkippedLine, its start, index behind it) of one that is cut or damaged; (None, ...) at the end."""
        walker, place, event = Walker(self.found.quote), start, ""
        while not (event and event in "}!" and not walker.stack):
            event, place = walker.advance(self.ahead, place)
            if event == "!":
                return self._broken(start)
            if not event:
                if place - start > MAX_OBJECT_CHARS:
                    return self._too_long(walker, start, place)
                n_dropped, more = start, self._more(start)
                start, place = 0, place - n_dropped
                if more < 0:
                    return self._broken(start)
        text = self.ahead[start:place]
        value = _value(text, self.found.quote)
        if not isinstance(value, dict):
            value = SkippedLine("not JSON", text)
            if self._resume or not self._next.match(self.ahead, place):
                return self._broken(start)
            self._is_shaken = True
        return (value, start, place) if self._after.match(self.ahead, place) else self._broken(start)

    def _too_long(self, walker, start, place):
        """The same for an object of too many characters, of which nothing is kept."""
        if self._resume and self._resume.search(self.ahead, start):
            return self._broken(start)
        trouble = SkippedLine("object too long", self.ahead[start:start + 100])
        event = ""
        while not event or walker.stack:
            if not event:
                place = self._more(place)
            if place < 0 or event == "!":
                return None, 0, -1
            event, place = walker.advance(self.ahead, place)
        return trouble, place, place

    def _broken(self, start):
        """The same for an object whose end cannot be trusted: reading resumes at a line that begins like an object."""
        self._is_damaged, self._broken_item = True, self._n_ended
        self._doubtful = [*self._trusted(is_good=False)]
        start, end = self._line(start)
        if end < 0:
            self.trouble = self.trouble or "a document that cannot be understood any further"
            return None, start, -1
        return SkippedLine("not JSON", self.ahead[start:start + 100]), start, end

    def _next_of_lines(self, start):
        """The same for the lines up to the one that begins the next object or ends the list."""
        start, end = self._line(start)
        text = self.ahead[start:end] if end >= 0 else self.ahead[start:]
        with suppress(ValueError, StopIteration, RecursionError):
            value, n_chars = scan(text, 0)
            if not text[n_chars:].strip(" \t\r\n,"):
                return value, start, end if end >= 0 else start + n_chars
            if end < 0 and _REST.fullmatch(text, n_chars):
                return value, start, start + n_chars
        return (SkippedLine("not JSON", text[:100]), start, end) if end >= 0 else (None, start, -1)

    def _line(self, start):
        """(start, index where the next object begins or the list ends, -1 if there is none)."""
        place = start + 1
        while self._resume:
            match = self._resume.search(self.ahead, place)
            if match:
                return start, match.end()
            if len(self.ahead) - start > MAX_OBJECT_CHARS:
                break
            place = max(start + 1, len(self.ahead) - MAX_KEY_CHARS) - start
            if self._more(start) < 0:
                return 0, -1
            start = 0
        return start, -1

    def _more(self, place):
        """Drop the text before `place` and read some more. Returns 0, its index then; -1 at the end of the file."""
        self._number(place)
        self.ahead, self._counted = self.ahead[place:], 0
        if self._is_end:
            return -1
        try:
            block = self.file.read1(BLOCK_BYTES)
        except DAMAGE as error:
            self.trouble, block = str(error), b""
        self._is_end = not block
        text = self._decoder.decode(block, final=self._is_end)
        if not text.isascii():
            self._is_dirty = self._is_dirty or bool(_NOT_UTF8.search(text))
        self.ahead += text if self._n_chars else text.removeprefix("\ufeff")
        self._n_chars += len(text)
        return 0 if text or block else -1

    def _number(self, place):
        """The line number at an index, or the place in the list of the present object."""
        self.line += self.ahead.count("\n", self._counted, place)
        self._counted = max(place, self._counted)
        return self.n_objects if self.found.is_one_line else self.line


def _value(text, quote):
    """The object in a text that has the brackets of one; commas before a closing bracket do no harm."""
    if quote == "'":
        return parsed(text)
    with suppress(ValueError, StopIteration, RecursionError):
        return scan(text, 0)[0]
    with suppress(ValueError, StopIteration, RecursionError):
        if len(text) <= MAX_LITERAL_CHARS:
            return scan(_STRAY_COMMA.sub(lambda match: match[1] or "", text), 0)[0]
    return None
