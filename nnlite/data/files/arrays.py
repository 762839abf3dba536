"""Arrays written as text, as data frames and databases export them, become lists.

    ["a", "b"]    JSON            ['a', "b's"]   Python     ['a' 'b']    NumPy      {a,"b c",NULL}   PostgreSQL
    {'a', 'b'}    a set           ('a', 'b')     a tuple    array(['a'], dtype=object)               [[...], ...] nested
    dict_keys(['a'])   set()   [np.str_('a'), ...]
"""

import ast
import json
import re
import warnings
from contextlib import suppress
from typing import Any

MAX_CHARS = 1 << 17  # Python's own parser takes a hundred times the memory, and quadratic time for some texts
PAIRS = {"[": "]", "(": ")", "{": "}"}

_KINDS = "array|set|frozenset|list|tuple|dict_keys|dict_values"
_CALL = re.compile(rf"(?:{_KINDS})\(\s*([\[({{].*[\])}}])?\s*(?:,\s*dtype=[^,()]*)?\)", re.DOTALL)
_NUMPY_TEXT = re.compile(r"""np\.str_\(("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")
_WORD, _BARE_WORD = r"""[^\s,\[\](){}"'][^,\[\](){}"']*""", r"""[^\s,\[\](){}"'][^,\[\]{}]*"""
_TOKENS = [re.compile(
    r"""\s*(?:(?P<open>[\[({])|(?P<close>[\])}])|(?P<comma>,)|(?P<dots>\.\.\.)|"""
    rf"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>{word}))\s*""", re.DOTALL)
    for word in (_WORD, _BARE_WORD)]
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NONE = ("None", "null", "NULL", "nan", "NaN")
_decoder: Any = json.JSONDecoder(strict=False)  # a raw tab inside a text is no reason to lose it
scan = _decoder.scan_once  # (text, place) -> (value, end)


def array_of(text: str, bare: bool = False) -> list[Any] | None:
    """The list, or list of lists, that `text` is the array of; None if it is not an array.

    bare: items need no quotes, as in [Shoes, Hats]. Without it `[Sale]` is a name, and numbers are items.
    """
    text = text.strip()
    if call := _CALL.fullmatch(text):
        text = call[1] or "[]"
    if "np.str_(" in text and len(text) <= MAX_CHARS:
        text = _NUMPY_TEXT.sub(r"\1", text)
    if len(text) < 2 or PAIRS.get(text[0]) != text[-1] or len(text) > MAX_CHARS:
        return None
    if "{" in text and ":" in text:  # objects
        value = parsed(text)
        if isinstance(value, (list, dict)):
            return value if isinstance(value, list) else [value]
    return _items(text, bare)


def parsed(text: str) -> Any:
    """The value of a JSON text or, failing that, of a Python literal; None if it is neither."""
    with suppress(ValueError, RecursionError):
        return _decoder.decode(text)
    if text.startswith(("{", "[")) and len(text) <= MAX_CHARS:
        with warnings.catch_warnings(), suppress(ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            warnings.simplefilter("ignore")  # Python's parser warns of escapes that it does not know
            return ast.literal_eval(text)
    return None


def _items(text, bare):
    """The items between brackets, which may nest; None for anything else."""
    stack: list[tuple[str, list[Any]]] = []
    place, result = 0, None
    while place < len(text):
        token = _TOKENS[bare].match(text, place)
        if not token or result is not None:
            return None
        place, kind = token.end(), token.lastgroup
        if kind == "open":
            stack.append((PAIRS[token["open"]], []))
            continue
        if not stack:
            return None
        if kind == "close":
            bracket, items = stack.pop()
            if token["close"] != bracket:
                return None
            if stack:
                stack[-1][1].append(items)
            else:
                result = items
        elif kind == "text":
            stack[-1][1].append(_unquoted(token["text"]))
        elif kind == "word":
            word = token["word"].strip()
            if not (bare or word in _NONE or _NUMBER.fullmatch(word)):
                return None
            if word not in _NONE:
                stack[-1][1].append(word)
    return result


def _unquoted(text):
    if "\\" in text:
        with suppress(ValueError):
            if text[0] == '"':
                return str(_decoder.decode(text))
        with warnings.catch_warnings(), suppress(ValueError, SyntaxError):
            warnings.simplefilter("ignore")
            return str(ast.literal_eval(text.replace("\n", " ")))
    return text[1:-1]
