"""What kind of file it is: by its content first, by the ending of its name second."""

import re
from typing import Any

from nnlite.data.files.arrays import parsed
from nnlite.data.files.columns import TITLES, Options, plain
from nnlite.data.files.json_survey import survey
from nnlite.data.files.labelled import is_labelled

JSON_ENDINGS = (".json", ".jsonl", ".ndjson", ".jl")
TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".txt")
MAX_LINES = 50  # that are tried as JSON
REFUSED = (  # how a file begins, what it is, what helps
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)", "save it as .xlsx or .csv"),
    (b"%PDF", "a PDF", "export the products as CSV"),
    (b"\x89PNG", "an image", "give the file of products"),
    (b"\xff\xd8\xff", "an image", "give the file of products"),
    (b"GIF8", "an image", "give the file of products"),
    (b"SQLite format 3\0", "an SQLite database", "export its table as CSV"),
    (b"\x28\xb5\x2f\xfd", "a file packed by zstd", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"ARROW1", "an Arrow file", "write it as .parquet"),
    (b"\x89HDF", "an HDF5 file", "write it as .parquet or .csv"),
    (b"\x93NUMPY", "a NumPy array", "write it as .csv"),
    (b"\x1f\x8b", "a file packed twice", "unpack it"),
)
_HTML = re.compile(r"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(r"<(?:\?xml\b|!DOCTYPE\b|(?:\w+:)?(?:rss|feed|RDF|yml_catalog)[\s>])")
_ELEMENT = re.compile(r"<(?:!--|[A-Za-z_][\w:.-]*[\s/>])")
_DOCUMENT = re.compile(r"""\[\s*[\[{\]]|\{\s*["'}]""")
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1a\x1b")


def binary_kind(sample: bytes) -> str:
    """'Parquet' or 'Excel', '' for text. Raises ValueError (without the path) for what holds no products."""
    if sample.startswith(b"PAR1"):
        return "Parquet"
    if sample.startswith(b"PK\3\4"):
        if b"opendocument.spreadsheet" in sample[:200]:
            raise ValueError("an OpenDocument sheet (.ods), which is not read: save it as .xlsx or .csv")
        if b"[Content_Types].xml" in sample or b"xl/" in sample:
            return "Excel"
        raise ValueError("a zip archive, want the file of products in it: unpack it")
    for start, what, advice in REFUSED:
        if sample.startswith(start):
            raise ValueError(f"{what}, want a file of products: {advice}")
    return ""


def is_binary(sample: bytes) -> bool:
    """Whether these bytes are hardly a text in any encoding of 8 bits."""
    return len(sample) - len(sample.translate(None, _CONTROL)) > len(sample) // 20


def text_kind(text: str, is_whole: bool, ending: str, options: Options) -> str:
    """'XML', 'JSON lines', 'JSON document', 'fastText' or 'table' for a file that begins with `text`.

    Raises ValueError (without the path) for an HTML page.
    """
    start = text.lstrip()
    if _HTML.match(start[:1 << 12]) or ending in (".xls", ".html", ".htm") and start.startswith("<"):
        raise ValueError("an HTML page, want the export itself: was the login page or an error page saved?")
    if _XML.match(start) or ending not in TABLE_ENDINGS and _ELEMENT.match(start):
        return "XML"
    lines = text.split("\n")
    if not is_whole:
        lines.pop()
    lines = [line for line in lines if line.strip()][:MAX_LINES]
    if start.startswith(("{", "[")) or ending in JSON_ENDINGS:
        objects = [value for value in map(parsed, lines) if isinstance(value, dict)]
        if objects and 2 * len(objects) >= len(lines):
            return "JSON document" if _is_page(objects[0], text, options) else "JSON lines"
        if _DOCUMENT.match(start):
            return "JSON document"
    if ending in JSON_ENDINGS:
        return "JSON lines"
    return "fastText" if is_labelled(lines) else "table"


def _is_page(first: dict[Any, Any], text: str, options: Options) -> bool:
    """Whether a line is not a product but holds a list of them."""
    wanted = {plain(str(options.title))} if options.title is not None else {*TITLES}
    if any(isinstance(key, str) and plain(key) in wanted and not isinstance(first[key], dict) for key in first):
        return False
    try:
        return survey(text, options.title).is_sure
    except ValueError:
        return True
