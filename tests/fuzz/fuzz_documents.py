"""Product files with products inside of products, damaged: no record is made from the inside of another one.

Each product holds others in a list, a cell or an element of its own; their titles begin with INSIDE. What a strict
reader takes for a product of the damaged file is allowed: the whole file, or an element, a row, an item alone.
"""

import ast
import csv
import io
import json
import re
import warnings
from contextlib import suppress
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from fuzz_mutations import mutated, refusal

from nnlite import read_records
from nnlite.data.cleaning import clean

INSIDE = "inside"
NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")  # the reader of feeds takes them as spaces
NAMES = ["Mugs", "Pans", "Hats", "Red shoes", "Käse"]


def products(rng):
    """4 to 12 products, each with others inside."""
    return [{"id": i, "title": f"Item {i} 'é\" [{{", "category": rng.sample(NAMES, rng.choice([1, 2])), "price": 1.5,
             "related": [{"title": f"{INSIDE} {i}{j}", "category": "no"} for j in range(rng.choice([1, 1, 3]))]}
            for i in range(rng.randrange(4, 13))]


def as_table(rows):
    """CSV whose last column holds whole rows between line ends."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["id", "title", "category", "price", "description"])
    for row in rows:
        inner = "\n".join(f"9,{other['title']},no,1.5,x" for other in row["related"])
        writer.writerow([row["id"], row["title"], "|".join(row["category"]), row["price"], f"text\n{inner}\n\"x\""])
    return file.getvalue()


def as_feed(rows):
    """A feed whose items hold others, as text and as elements."""
    return '<rss xmlns:g="x"><channel><title>Shop</title>\n' + "\n".join(
        f"<item><g:id>{row['id']}</g:id><title>{escape(row['title'])}</title>" +
        "".join(f"<category>{escape(name)}</category>" for name in row["category"]) + "<related>" + "".join(
            f"<product><title>{other['title']}</title><category>no</category></product>" for other in row["related"]) +
        f"</related><description><![CDATA[<item><title>{INSIDE}</title><category>no</category></item>]]></description>"
        "</item>" for row in rows) + "\n</channel></rss>"


KINDS = {
    "array.json": json.dumps, "indented.json": lambda rows: json.dumps(rows, indent=1), "python.json": repr,
    "rows.json": lambda rows: "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]",
    "wrapped.json": lambda rows: json.dumps({"data": {"products": rows}}, indent=2),
    "nodes.json": lambda rows: json.dumps({"s": {"edges": [{"node": row} for row in rows]}}),
    "pages.json": lambda rows: json.dumps([{"n": 1, "products": rows[:4]}, {"n": 2, "products": rows[4:]}], indent=1),
    "documents.json": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
    "lines.jsonl": lambda rows: "\n".join(map(json.dumps, rows)),
    "literals.jsonl": lambda rows: "\n".join(map(repr, rows)),
    "table.csv": as_table, "table.tsv": lambda rows: as_table(rows).replace(",", "\t"), "feed.xml": as_feed,
}
LITERALS = "python.json", "literals.jsonl"  # whose elements no strict reader finds


def make_documents(rng):
    """(file name, its bytes, the products of the undamaged file)."""
    name, rows = rng.choice(list(KINDS)), products(rng)
    content = KINDS[name](rows).encode()
    return name, content[:rng.randrange(len(content))] if rng.random() < 0.2 else mutated(rng, content), rows


def start_documents(folder):
    """Each record is that of an undamaged product, or of one that a strict reader knows."""
    def check(given):
        name, content, rows = given
        path = folder / name
        path.write_bytes(content)
        reader = read_records(path)
        records, refused = refusal(lambda: list(reader), ValueError, where=path)
        known = {(clean(row["title"]), *row["category"]) for row in rows}
        odd = [record for record in records or () if (record.title, *record.categories) not in known]
        if odd:
            source = reader.readings[0].source
            text = content.decode(source.encoding, errors="replace").removeprefix("\ufeff")
            allowed = list(STRICT[name.split(".")[1]](text, source.delimiter))
            for record in odd:
                assert any(is_of(record, title, names) for title, names in allowed) or INSIDE not in record.title and \
                    (name in LITERALS or name.startswith("table") and squeezed(record.title) in squeezed(text)), record
        return not refused

    return check


def is_of(record, title, names):
    """Whether a record has this title, and its categories are parts of the names."""
    return record.title == clean(str(title)) and \
        all(name in clean(flat(names)) or name in flat(names) or name in cleaned(names) for name in record.categories)


def literal(text):
    """The value of a Python literal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)


def flat(value):
    """All texts in a value."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [str(value)]
    return " ".join(part if isinstance(part, str) else flat(part) for part in parts)


def cleaned(values):
    """Each text in a value, cleaned alone: damage may open a comment of HTML."""
    return {clean(str(part)) for value in values for part in (value if isinstance(value, list) else [value])}


def squeezed(text):
    """The letters of a text: the quotes of a table may mean nothing."""
    return re.sub(r"\W", "", text)


def values(row):
    """(each value that may be a title, what holds its categories) of an object or a row."""
    parts = list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else []
    return [(title, parts) for title in parts if isinstance(title, (str, int, float))]


def strict_json(text, _):
    """The objects of a whole document; or elements that stand alone, of damaged ones only those with an id."""
    decoder, place = json.JSONDecoder(strict=False), 0
    harmless = r"(\\\\)|,(?=\s*[}\]])|\\u(?![0-9a-fA-F]{4})"  # commas and damage of one letter, not escaped backslashes
    text = re.sub(harmless, lambda found: found[1] or "", text)
    yield from strict_list(text)
    yield from documents(decoder, text)
    with suppress(ValueError, RecursionError):
        yield from objects(decoder.decode(text))
        return
    for opening in re.finditer(r"\{", text):
        if opening.start() < place:
            continue
        with suppress(ValueError, RecursionError):
            value, place = decoder.raw_decode(text, opening.start())
            for title, parts in objects(value):
                if INSIDE not in str(title) or "id" in value:
                    yield title, parts
    for line in text.split("\n"):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            yield from values(literal(line))


def documents(decoder, text):
    """What the documents hold that follow each other up to the damage."""
    place = 0
    with suppress(ValueError, RecursionError):
        while place < len(text):
            value, end = decoder.raw_decode(text, place)
            yield from objects(value) if place == 0 else values(value)
            place = end + len(text[end:]) - len(text[end:].lstrip(", \r\n\t\v\f\x1c\x1d\x1e\x1f"))


def strict_list(text):
    """The elements of a list up to its damage, or between two damages, as JSON or Python's."""
    starts = [text.find("{"), *(match.start() for match in re.finditer(r"\{\s*.id.:", text))]
    for end in re.finditer(r"\}(?=\s*[,\]])", text):
        for start in [start for start in starts if start < end.start()]:
            for parse in json.JSONDecoder(strict=False).decode, literal:
                with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
                    for element in parse(f"[{text[start:end.end()]}]"):
                        yield from values(element)


def objects(value):
    """The objects in a value at all depths."""
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(part)
    if isinstance(value, dict):
        yield from values(value)


def strict_table(text, delimiter):
    """The rows of the csv module, and each line alone that does not stand inside of a row.

    A damaged title with the start of an inner row on its line is a row as any other: its line ends as those of rows do.
    """
    with suppress(csv.Error):
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield from values(row)
    lines = text.split("\n")
    for line in lines:
        if f"{delimiter}{INSIDE}" not in line or len(lines) < 4 or line.endswith(f'{delimiter}"text'):
            # of one row nothing tells that it is not two
            with suppress(csv.Error):
                yield from values(next(csv.reader([line], delimiter=delimiter), []))
            yield from values(line.split(delimiter))


def strict_feed(text, _):
    """The items before the damage, and each that stands alone: also a product inside of one whose tag is no more."""
    text = re.sub("[\ufffe\uffff]", "", NOT_XML.sub(" ", text))  # damage that only changes a letter of a title
    text = text.replace("&#0;", "\ufffd").replace("&#x110000;", "\ufffd")
    text = re.sub(r"&(?!#?\w+;)", "&amp;", text)
    alone = re.findall(r"<product>.*?</product>", text.partition("<item>")[0], re.DOTALL)
    for part in [text, *alone, *re.findall(r"<item>.*?</item>(?!\]\])", text, re.DOTALL)]:
        with suppress(ElementTree.ParseError, ValueError):
            for _, element in ElementTree.iterparse(io.StringIO(part.replace("g:", "")), ["end"]):
                if element.tag == "item" or part in alone and element.tag == "product":
                    yield from values(["".join(child.itertext()) for child in element])


STRICT = {"json": strict_json, "jsonl": strict_json, "csv": strict_table, "tsv": strict_table, "xml": strict_feed}
