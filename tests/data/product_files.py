"""Small product files and what is read from them, shared by the tests of reading."""

import bz2
import gzip
import lzma

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nnlite.data.cleaning import clean
from nnlite.data.files.cells import NO_NAMES
from nnlite.data.lines import MAX_LINE_BYTES, MAX_LITERAL_CHARS, MAX_TITLE_CHARS
from nnlite.data.records import Record, read_records

GOOD = b'{"title": "Mug", "category": ["Kitchen"]}\n'
MUG = Record("Mug", ("Kitchen",))
CAFE = Record("Café", ("Kitchen",))
ACCENTS = '{"title": "Café", "category": ["Kitchen"]}\n'.encode() * 2  # what other letters there are is UTF-8
HEADER = b"title,category\n"
ROW = b"Mug,Kitchen\n"
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder, name, content, **options):
    """(records, reader) of a file with this content."""
    reader = read_records(write(folder, name, content), **options)
    return list(reader), reader


BAD_JSON_LINES = [
    ("not UTF-8", b'{"title": "caf\xe9", "category": ["X"]}'),
    ("line too long", b'{"title": "%s", "category": ["X"]}' % (b"x" * MAX_LINE_BYTES)),
    ("not JSON", b"Mug, Kitchen"),
    ("not JSON", b'{"title": "Mug", "categ'),
    ("not JSON", b"{'title': 'Mug', 'category': [open('x')]}"),
    ("not JSON", b"{'title': %s1}" % (b"-" * 50_000)),
    ("not JSON", b"{" * 50_000),
    ("not JSON", b'{"a":' * 50_000),
    ("not JSON", b"{%s}" % (b"1+" * 50_000 + b"1")),
    ("not JSON", b"{%s}" % (b"1," * MAX_LITERAL_CHARS)),
    ("not JSON", b'{"title": "Mug", "price": %s}' % (b"9" * 5_000)),
    ("not JSON", b"{[]: 1}"),
    ("not JSON", b"\x00"),
    ("not an object", b"17"),
    ("not an object", b'"Mug"'),
    ("not an object", b"[1, 2]"),
    ("not an object", b"{'Mug'}"),
    ("no title", b'{"category": ["X"]}'),
    ("no title", b'{"title": null, "category": ["X"]}'),
    ("no title", b'{"title": " \\u0000 ", "category": ["X"]}'),
    ("no title", b'{"title": "<img src=x>", "category": ["X"]}'),
    ("no title", b'{"title": "<script>var x</script>", "category": ["X"]}'),
    ("no title", b'{"title": "var aPageStart = (new Date()).getTime();", "category": ["X"]}'),
    ("no title", b'{"title": true, "category": ["X"]}'),
    ("no title", b'{"title": "nan", "category": ["X"]}'),
    ("no title", b"{'title': b'Mug', 'category': ['X']}"),
    ("bad category", b"{'title': 0x%s, 'category': ['X']}" % (b"f" * 5_000)),
    ("title too long", b'{"title": "%s", "category": ["X"]}' % (b"x" * (MAX_TITLE_CHARS + 1))),
    ("no category", b'{"title": "Mug"}'),
    ("no category", b'{"title": "Mug", "category": [], "main_category": null}'),
    ("no category", b'{"title": "Mug", "category": ["", "</span>"]}'),
    ("no category", b'{"title": "Mug", "category": " > | "}'),
    ("no category", b'{"title": "Mug", "category": false}'),
    ("no category", b'{"title": "Mug", "category": "nan"}'),
    ("bad category", b'{"title": "Mug", "category": {"X": 1}}'),
    ("no category", b'{"title": "Mug", "category": NaN}'),
    ("bad category", b'{"title": "Mug", "category": 1e999}'),
    ("bad category", b'{"title": "Mug", "category": [1%s]}' % (b"0" * 400)),
    ("nested too deep", b'{"title": "Mug", "category": [[["X"]]]}'),
    ("nested too deep", b'{"title": "Mug", "category": "[[[1]]]"}'),
    ("nested too deep", b'{"title": "Mug", "category": %s}' % (b"[" * 500 + b"]" * 500)),
]


BAD_ROWS = [
    ("not UTF-8", b"caf\xe9,X"),
    ("title too long", b"x" * MAX_LINE_BYTES + b",X"),
    ("wrong columns", b"Mug, large,Kitchen"),
    ("wrong columns", b"Mug"),
    ("no title", b",Kitchen"),
    ("no title", b"-----,--------"),
    ("no title", b"#REF!,Kitchen"),
    ("header", b"Title,Category"),
    ("no title", b","),
    ("title too long", b"%s,X" % (b"x" * (MAX_TITLE_CHARS + 1))),
    ("no category", b"Mug,"),
    ("nested too deep", b"Mug,[[[]]]"),
]


letters = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"],  # what separates names or lines
                        exclude_characters="|>›»→＞｜;:-=[({&\\")
words = st.text(letters, max_size=12).filter(lambda word: "getTime" not in word and word.strip() not in NO_NAMES)
items = st.lists(st.tuples(words, st.lists(words, max_size=4)), min_size=1, max_size=8)


def cleaned(products):
    """The records that these (title, categories) must give."""
    for title, categories in products:
        title, categories = clean(title), tuple(dict.fromkeys(filter(None, map(clean, categories))))
        if title and categories:
            yield Record(title, categories)
