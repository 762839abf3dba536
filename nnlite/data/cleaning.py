"""`clean`: a text on one line, as a page would show it."""

import html
import re

_ENTITY = re.compile(r"&#?\w{1,31};")  # HTML knows some without the semicolon as well, but '911&GT3' is not '911>3'
# What is opened and never closed reaches to the end, which also keeps the time linear.
_CODE = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE)
_TAG = re.compile(r"<[/!?]?[a-z][^<>]*>", re.IGNORECASE)
# Control characters, lone surrogates, marks of direction and of no width; the joiners stay, scripts need them.
_HIDDEN = re.compile("[\0-\b\x0e-\x1b\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` on one line, as a page would show it.

    Entities become characters (those escaped twice as well); comments, scripts, styles and tags become a space;
    invisible characters are removed; white space becomes single spaces. A '<' that opens no tag stays, as in '3 < 5'.
    """
    if "&" in text and ";" in text:
        for _ in range(2):
            text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if not text.isprintable():
        text = " ".join(_HIDDEN.sub("", text).split())
    if "<" in text:
        text = _TAG.sub(" ", _CODE.sub(" ", text))
    return " ".join(text.split()) if "  " in text else text.strip()
