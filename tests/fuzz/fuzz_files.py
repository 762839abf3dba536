"""What `fuzz.py` feeds to the readers of files, and what must hold whatever comes in.

make_X makes an input from random numbers: a value whose repr shows all of it. start_X(folder) returns the check of an
input: True if it was accepted, False if it was refused as documented; whatever else happens is a failure.
"""

import bz2
import gzip
import lzma

from fuzz_mutations import NUMBERS, PIECES, mutated, refusal

from nnlite import Record, read_records, read_xmc
from nnlite.categories.mapping import Mapping
from nnlite.data.lines import MAX_LINE_BYTES

PACKERS = {"": bytes, ".gz": lambda raw: gzip.compress(raw, mtime=0), ".bz2": bz2.compress,
           ".xz": lambda raw: lzma.compress(raw, preset=0)}


# ---- raw product files

MUG = Record("Mug", ("Kitchen",))
HEADS = {".jsonl": b'{"title": "Mug", "category": ["Kitchen"]}\n', ".csv": b"title,category\nMug,Kitchen\n",
         ".tsv": b"title\tcategory\nMug\tKitchen\n"}
ENDS = {".jsonl": HEADS[".jsonl"], ".csv": b"Mug,Kitchen\n", ".tsv": b"Mug\tKitchen\n"}
LINES = {
    ".jsonl": [
        b'{"title": "Blue &amp; red <b>dress</b>", "category": ["Women", "Dresses", "Imported"], "price": "$1"}\n',
        b'{"main_category": "All Beauty", "title": "Soap", "categories": ["Bath", "Soap"], "rating": 4.5, "b": null}\n',
        b"{'asin': '1', 'title': \"Levi's 501\", 'categories': [['Men', 'Jeans'], ['Men']], 'related': {'x': ['y']}}\n",
        b'{"name": "Pan", "category": "Home > Kitchen | Pans", "sub_category": "[\'a\', \'b\']"}\n', HEADS[".jsonl"]],
    ".csv": [b'"A, ""big"" mug",Kitchen > Mugs\n', b'"two\nlines",X|Y\n', b"Pan,\"['a', 'b']\"\n", b"Mug,Kitchen\n"],
    ".tsv": [b"A mug\tKitchen > Mugs\n", b'"two\nlines"\tX|Y\n', b"Pan\t['a', 'b']\n", b"Mug\tKitchen\n"],
}


def make_records(rng):
    """(file name, its bytes, the same unpacked and undamaged or None)."""
    ending, packing = rng.choice(list(LINES)), rng.choice([""] * 12 + list(PACKERS))
    content = mutated(rng, b"".join(rng.choices(LINES[ending], k=rng.choice([1, 2, 5]))))
    if rng.random() < 0.8:
        content = HEADS[ending] + content + b"\n" + ENDS[ending]
    packed = PACKERS[packing](content)
    if packing and rng.random() < 0.6:
        return "a" + ending + packing, mutated(rng, packed), None
    return "a" + ending + packing, packed, content


def start_records(folder):
    """Records are clean, and with the skipped lines all lines that are not empty; good lines around them stay."""
    def check(given):
        name, packed, content = given
        path, ending = folder / name, "." + name.split(".")[1]
        path.write_bytes(packed)
        reader = read_records(path)
        records, refused = refusal(lambda: list(reader), ValueError, where=path)
        for title, names in records or ():
            for part in (title, *names):
                assert part and part == " ".join(part.split()) and part.isprintable() or not part.isascii(), part
                part.encode()
            assert names and len(set(names)) == len(names)
        assert refused or len(records) == reader.n_records
        if content is not None and content.startswith(HEADS[ending]) and content.endswith(b"\n" + ENDS[ending]):
            is_table, source = ending != ".jsonl", reader.readings[0].source if reader.readings else None
            if refused or is_table and b'"' in content or not is_table and source.format != "JSON lines":
                return not refused  # a doubtful quote, or bracket, takes what is behind it along
            assert records[0] == records[-1] == MUG
            lines = [line for line in content.split(b"\n") if line.decode(errors="replace").strip()]
            if not is_table and source.encoding == "utf-8":
                assert reader.n_records + reader.skipped.total() == len(lines)
                assert reader.skipped["not UTF-8"] == sum(not is_text(line) for line in lines)
        return not refused

    return check


def is_text(line):
    """Whether a line is UTF-8, or too long to be looked at."""
    try:
        return len(line) >= MAX_LINE_BYTES or bool(line.decode())
    except UnicodeDecodeError:
        return False


# ---- the Extreme Classification format, mapping files

def make_xmc(rng):
    """(file name, its bytes)."""
    packing = rng.choice([""] * 12 + list(PACKERS))
    content = mutated(rng, b"3 4 5\n4,0 3:0.5 0:2\n 1:1e-3\n2\n", rng.choice([PIECES, NUMBERS]))
    packed = PACKERS[packing](content)
    return "a.txt" + packing, mutated(rng, packed) if packing and rng.random() < 0.5 else packed


def start_xmc(folder):
    """As many rows as the header says, as many values as there are colons, as many labels as there are names."""
    def check(given):
        name, content = given
        (folder / name).write_bytes(content)
        data, refused = refusal(lambda: read_xmc(folder / name), ValueError, OSError, where=folder)
        if data and name == "a.txt":
            head, *lines = content.removesuffix(b"\n").split(b"\n")
            sizes = len(data), data.n_words, data.n_labels
            assert sizes == tuple(map(int, head.decode().split())) and len(lines) == len(data)
            names = [line.rstrip(b"\r").partition(b" ")[0] for line in lines]
            assert data.x.nnz == sum(line.count(b":") for line in lines)
            assert data.y.nnz == sum(name.count(b",") + 1 for name in names if name)
        return not refused

    return check


def make_mapping(rng):
    """The bytes of a mapping file."""
    return mutated(rng, "# raw\tcategory\tnote\nT-shirts\tT-Shirts\nImported\t\tdrop\n\\*\t\\#\\s\nWomen\tWomen\n"
                        "Tees\tT-shirts\tsame\n裙子\tDresses\n*\tOther\n".encode())


def start_mapping(folder):
    """What is read is written and read again, and mapping what is mapped changes nothing."""
    def check(content):
        path = folder / "a.tsv"
        path.write_bytes(content)
        mapping, refused = refusal(lambda: Mapping.read(path), ValueError, where=path)
        if mapping:
            mapping.write(path)
            assert Mapping.read(path) == mapping
            once = list(mapping.apply([Record("", (name, "other")) for name in mapping.rules]))
            assert list(mapping.apply(once)) == once
        return not refused

    return check
