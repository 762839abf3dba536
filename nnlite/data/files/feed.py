"""`Feed`: the products of an XML feed: RSS and Atom with Google's `g:` names, Yandex's YML, and others of their shape.

An item becomes a dict: the local name of each element inside it -> its text, a list where the element repeats, a dict
or list where it holds others. Memory holds a block of the file and an item. Documents that define entities are refused.
"""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from nnlite.data.lines import DAMAGE, MAX_OBJECT_CHARS, SkippedLine

ITEMS = frozenset(("item", "entry", "product", "offer", "shopitem", "row", "book", "article"))  # are products
MAX_TEXT_CHARS = 1 << 20  # of one element; the rest is left out
MAX_DEPTH = 100
MAX_CATEGORIES = 1 << 20  # of a YML file
ELEMENT_CHARS = 32  # that an element counts besides its texts
MAX_TOKEN_BYTES = 1 << 22  # of a tag or comment, which expat keeps
MAX_HELD = 8  # items that are believed in once there are more, or no tag is in another's place
MISMATCH = expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
BLOCK_BYTES = 1 << 16
LOST = "\ufdd0"  # stands for bytes that are not in the encoding; no text holds it

_NO_XML = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_SPACES = bytes.maketrans(_NO_XML, b" " * len(_NO_XML))
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(#x?[0-9a-fA-F]{1,8};)?")


class Element:
    """An element inside of an item: its name, attributes, texts, and the elements in it by their local names."""

    __slots__ = "name", "attributes", "texts", "children"

    def __init__(self, name: str, attributes: dict[str, str]):
        self.name, self.attributes = name, attributes
        self.texts: list[str] = []
        self.children: dict[str, list[Any]] = {}

    def value(self) -> Any:
        """Its text, without elements in it; else a dict of these, or their one list."""
        if self.children:
            if len(self.children) == 1:
                only = next(iter(self.children.values()))
                return only if len(only) > 1 or isinstance(only[0], str) else only[0]
            return {name: values if len(values) > 1 else values[0] for name, values in self.children.items()}
        text = "".join(self.texts).strip()
        if not text and local(self.name) == "category":  # Atom has the category in an attribute
            text = self.attributes.get("label") or self.attributes.get("term") or ""
        return text


class Feed:
    """Iterator of (line number, dict or SkippedLine) of a file of UTF-8 bytes that holds an XML document.

    Raises ValueError (without the path) for a document that defines entities.
    """

    def __init__(self, file: Any):
        self.file = file
        self.ready: deque[tuple[int, dict[str, Any] | SkippedLine]] = deque()
        self.depth = 0
        self.item: list[Element] = []  # open elements from the item on
        self.line = self.n_chars = 0  # of the item
        self.kind: tuple[str, int] | None = None  # local name and depth of the first item
        self.n_rows = 0
        self.is_dirty = False  # bytes that are not in the encoding were met
        self.tree: dict[str, tuple[str, str | None]] = {}  # YML: id of a category -> name, id of the one above it
        self.category: Element | None = None  # of that tree, while it is open
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler, parser.EntityDeclHandler = self._text, self._entity

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any] | SkippedLine]]:
        decoder = codecs.getincrementaldecoder("utf-8")("nnlite.lost")
        rest, block, trouble, n_sent = "", b" ", "", 0
        while block and not trouble:
            try:
                block = self.file.read1(BLOCK_BYTES)
            except DAMAGE as error:
                trouble, block = str(error), b""  # as at an end: expat may have held back the last tag
            text = rest + decoder.decode(block.translate(_SPACES), final=not block)
            for character in LOST, "\ufffe", "\uffff":
                if character in text:
                    text, self.is_dirty = text.replace(character, LOST), True
            cut = text.rfind("&", max(len(text) - 12, 0)) if block else -1
            text, rest = (text[:cut], text[cut:]) if cut >= 0 else (text, "")
            try:
                sent = _AMPERSAND.sub(_known, text).encode()
                n_sent += len(sent)
                self.parser.Parse(sent, not block)
                if n_sent - self.parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                    trouble = f"a tag or comment of more than {MAX_TOKEN_BYTES:,} bytes"
            except expat.ExpatError as error:
                trouble = trouble or str(error)
                if error.code == MISMATCH and self.n_rows <= MAX_HELD:
                    self.ready = deque((number, SkippedLine("damaged file", "part of a damaged item"))
                                       for number, _ in self.ready)
            while self.ready and self.n_rows > MAX_HELD:
                yield self.ready.popleft()
        yield from self.ready
        if trouble:
            yield self.parser.CurrentLineNumber, SkippedLine("damaged file", trouble)

    def _start(self, name, attributes):
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"elements in one another: want at most {MAX_DEPTH}, got more")
        if self.item:
            self.n_chars += ELEMENT_CHARS + len(name) + sum(map(len, attributes.values()))
            if self.n_chars <= MAX_OBJECT_CHARS or len(self.item) == 1:
                self.item.append(Element(name, attributes))
            else:
                self.item.append(Element("", {}))
        elif self.depth > 1 and local(name).lower() in ITEMS:
            if not self._is_like_first(name):
                self.ready.append((self.parser.CurrentLineNumber, SkippedLine("not an item", name)))
                return
            self.item, self.n_chars, self.line = [Element(name, attributes)], 0, self.parser.CurrentLineNumber
        elif "id" in attributes and local(name) == "category" and len(self.tree) < MAX_CATEGORIES:
            self.category = Element(name, attributes)

    def _is_like_first(self, name):
        """Whether an element may be an item: it has the name of the first one, or its place."""
        return not self.kind or local(name) == self.kind[0] or self.depth - 1 == self.kind[1]

    def _text(self, text):
        element = self.item[-1] if self.item else self.category
        if element:
            self.n_chars += len(text)
            if sum(map(len, element.texts[-1:])) < MAX_TEXT_CHARS and self.n_chars <= MAX_OBJECT_CHARS:
                if element.texts and len(element.texts) > 100:
                    element.texts = ["".join(element.texts)]
                element.texts.append(text)

    def _end(self, name):
        self.depth -= 1
        if len(self.item) > 1:
            element = self.item.pop()
            if self.n_chars <= MAX_OBJECT_CHARS:
                self.item[-1].children.setdefault(
                    element.name if len(self.item) == 1 else local(element.name), []).append(element.value())
        elif self.item:
            self.ready.append((self.line, self._row()))
            self.kind, self.n_rows, self.item = self.kind or (local(name), self.depth), self.n_rows + 1, []
        elif self.category:
            self.tree[self.category.attributes["id"]] = self.category.value(), self.category.attributes.get("parentId")
            self.category = None

    def _row(self):
        """The item that has ended as a row."""
        if self.n_chars > MAX_OBJECT_CHARS:
            return SkippedLine("object too long", self.item[0].name)
        row: dict[str, Any] = {}
        children = self.item[0].children
        for name in sorted(children, key=lambda name: (not name.startswith("g:"), ":" in name)):  # Google's are first
            values = children[name]
            if not row.get(_key(name)):
                row[_key(name)] = values if len(values) > 1 else values[0]
        if self.is_dirty and repr(LOST)[1:-1] in str(row):
            return SkippedLine("not UTF-8", str(row))
        if self.tree and "category" not in row and "categoryId" in row:
            ids = row["categoryId"] if isinstance(row["categoryId"], list) else [row["categoryId"]]
            row["category"] = [path for path in map(self._path, ids) if path]
        if "name" not in row and "title" not in row and "model" in row:
            row["name"] = " ".join(str(row[part]) for part in ("typePrefix", "vendor", "model") if row.get(part))
        return row

    def _path(self, number):
        """The names from the widest category down to the one with this id."""
        path: list[str] = []
        while number in self.tree and len(path) < MAX_DEPTH:
            name, number = self.tree[number]
            path.insert(0, name)
        return path

    def _entity(self, name, *_):
        raise ValueError(f"an XML document that defines entities, want one without, for they can do harm; got {name!r}")


def _lost(error):
    return LOST, error.end


codecs.register_error("nnlite.lost", _lost)


def local(name: str) -> str:
    """The name of an element without its prefix."""
    return name.rpartition(":")[2]


def _key(name):
    """The key of an element in a row: Google's product_type keeps its prefix, because others mean something else."""
    return name if name == "g:product_type" else local(name)


def _known(match):
    """What expat makes of an ampersand that opens no entity: the character itself. `clean` knows those of HTML."""
    number = match[1]
    if number:
        code = int(number[2:-1], 16) if number[1] == "x" else int(number[1:-1]) if number[1:-1].isdecimal() else 0
        if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
            return match[0]
    return "&amp;" + (number or "")
