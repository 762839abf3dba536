"""What `fuzz.py` feeds to each door of nnlite, and what must hold whatever comes in.

A target makes an input from random numbers and checks what becomes of it: True if it was accepted, False if it was
refused as documented. Whatever else happens fails. Inputs are values whose repr shows all of them.
"""

import bz2
import gzip
import io
import json
import logging
import lzma
import re
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlite import Record, Vocabulary, make_catalogue, read_records, read_xmc, text
from nnlite.__main__ import main
from nnlite.classifier import TitleClassifier
from nnlite.lines import MAX_LINE_BYTES
from nnlite.mapping import Mapping
from nnlite.vocabulary import tokenise

PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lambda raw: lzma.compress(raw, preset=0)}


class Target(NamedTuple):
    """n_inputs: in a full run    make: Random -> input    start: a folder of its own -> what checks an input"""

    n_inputs: int
    make: Callable
    start: Callable


def refusal(function, *errors, where=""):
    """What the function returns, and whether it has refused: by one of these errors, in one line that tells `where`."""
    try:
        return function(), False
    except errors as error:
        assert "\n" not in str(error) and str(where) in str(error), f"a poor message: {error!r}"
        return None, True


# ---- mutations

SIGNS = [
    "\0", "\n", "\r", "\r\n", "\t", " ", '"', "'", "\\", "\\\\", "\\n", "\\ud800", "\\u0000", "{", "}", "[", "]", ",",
    ":", "#", "*", "-", "--", "|", ">", "<", "<b>", "<!--", "<script>", "</", "&", "&amp;amp;", "&#0;", "&#x110000;", "&lt;",
    "null", "true", "NaN", "-Infinity", "1e999", "-1", "0", "1_0", "٣", "9" * 30, "9" * 5_000, "1e-400", '{"title": ',
    '["', "(", "{'", "u'", "\ufeff", "\u2028", "\x85", "\x1c", "\u200d", "\u202e", "e\u0301", "İ", "ß", "ΑΣ", "ﬁ", "²",
    "裙子", "حقيبة", "שָׁלוֹם", "हिन्दी", "👗", "👩\u200d🔬", "🇫🇷", "\U0010ffff", "a", "Z", "_", "getTime",
]
RAW = [b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0"]
LONG = [b"[" * 20_000, b'{"a":' * 9_000, b"-" * 40_000, b"+1" * 30_000, b"(" * 150, b"a" * (1 << 17), b"\0" * 70_000,
        b"<" * 40_000, b"\n" * 5_000, b'"\n' * 600, b"a\tb\n" * 2_000, b"1:1 " * 3_000, b"x" * ((1 << 20) + 5)]
NUMBERS = [b"0", b"1", b"4", b"5", b"-1", b" ", b"\n", b",", b":", b" 2:1", b"e5", b"9" * 10, b"inf", b"+", b"_", b"\r", b"\t"]
PIECES = [sign.encode() for sign in SIGNS] + RAW


def mutated(rng, content, pieces=PIECES):
    """Some bytes, changed in one to four places."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        start = rng.randrange(len(content) + 1)
        stop = min(len(content), start + rng.choice([0, 0, 1, 1, 2, 9, 60]))
        piece = rng.choice(pieces)
        match rng.randrange(100):
            case 0:
                piece = rng.choice(LONG)
            case n if n < 25 and start < stop:
                piece = bytes([content[start] ^ 1 << rng.randrange(8)]) + content[start + 1:stop]
            case n if n < 35:
                piece = b""
            case n if n < 45:
                piece = content[start:stop] * rng.choice([2, 3, 50])
            case n if n < 55:
                other = rng.randrange(len(content) + 1)
                piece = content[other:other + 60]
            case n if n < 62:
                stop = len(content)
        content = content[:start] + piece + content[stop:]
    return content


HOSTILE = [None, True, False, 0, 1, -1, 3, 0.5, -0.5, 1e308, float("nan"), float("inf"), 2**31, 2**62, 10**18, 10**30,
           10**400, "", "x", "0.5", "relu", "deck", "\ud800", "\0", "x" * 3_000, [], [[]], [1, "x"], {}, {"a": []}]


def altered(rng, value):
    """A copy of what JSON holds with one of its parts changed, gone, or doubled."""
    value = json.loads(json.dumps(value))
    part = value
    while True:
        key = rng.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not isinstance(part[key], (dict, list)) or not part[key] or rng.random() < 0.3:
            break
        part = part[key]
    if rng.random() < 0.2:
        del part[key]
    elif isinstance(part, dict) and rng.random() < 0.1:
        part[rng.choice(SIGNS)] = rng.choice(HOSTILE)
    else:
        part[key] = rng.choice(HOSTILE)
    return value


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
    """Records are clean, and with the bad lines all lines that are not blank; good lines around bad ones survive."""
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
            assert not refused and records[0] == records[-1] == MUG
            lines = [line for line in content.split(b"\n") if line.decode(errors="replace").strip()]
            n, header = reader.n_records + reader.bad_lines.total(), ending != ".jsonl"
            assert n == len(lines) - header if not header or b'"' not in content else n < len(lines), n
            if not header:
                assert reader.bad_lines["not UTF-8"] == sum(not is_text(line) for line in lines)
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


# ---- titles and vocabularies

def make_titles(rng):
    """(titles, categories of each, settings of a vocabulary)."""
    words = [rng.choice(SIGNS) + rng.choice(["", "a", "B", rng.choice(SIGNS)]) for _ in range(rng.randint(1, 12))]
    titles = ["".join(rng.choice(words) + rng.choice(["", " ", " ", "-"]) for _ in range(rng.choice([0, 1, 3, 9])))
              for _ in range(rng.randint(1, 8))]
    if rng.random() < 0.01:
        titles[0] = "".join(rng.choices(words, k=9_999))
    if rng.random() < 0.1:
        titles[0] = "".join(chr(rng.randrange(0x110000)) for _ in range(20))
    settings = dict(min_count=rng.choice([1, 1, 2, 3]), label_min_count=rng.choice([1, 2]), tfidf=rng.random() < 0.5,
                    ngrams=rng.choice([1, 2, 5]), stem=rng.choice([None, 1, 4]), first_word=rng.random() < 0.5)
    return titles, [tuple(rng.choices(words, k=rng.randint(0, 3))) for _ in titles], settings


def start_titles(folder):
    """The compiled way gives the tokens, the counts and the rows that plain Python gives."""
    def check(given):
        titles, categories, settings = given
        kind = [settings[name] for name in ("ngrams", "stem", "first_word")]
        tokens, want = text.hashed(titles, *kind), [tokenise(title, *kind) for title in titles]
        assert [tokens.name(k) for k in range(tokens.hashes.size)] == sum(want, [])
        assert np.diff(tokens.rows).tolist() == list(map(len, want))

        records = list(map(Record, titles, categories))
        cuts = settings["min_count"], settings["label_min_count"]
        kept = [frequent(rows, cut) for rows, cut in zip((want, categories), cuts)]
        vocabulary, refused = refusal(lambda: Vocabulary.build(records, **settings), ValueError, where="Vocabulary")
        assert refused != all(kept)
        if vocabulary:
            data = vocabulary.encode(records)
            assert list(zip(vocabulary.words, vocabulary.word_counts)) == kept[0]
            assert list(zip(vocabulary.labels, vocabulary.label_counts)) == kept[1]
            for matrix, names, rows in ((data.x, vocabulary.words, want), (data.y, vocabulary.labels, categories)):
                found = [{names[i] for i in part} for part in np.split(matrix.indices, matrix.indptr[1:-1])]
                assert found == [set(row) & set(names) for row in rows]
        return not refused

    return check


def frequent(rows, min_count):
    """(name, in how many rows it is) of the names that are in min_count of them, most frequent first."""
    counts = Counter(name for row in rows for name in set(row))
    return sorted(((name, n) for name, n in counts.items() if n >= min_count), key=lambda pair: (-pair[1], pair[0]))


@lru_cache
def vocabularies():
    """What `to_files` makes of some."""
    records = list(make_catalogue(12))
    kinds = dict(ngrams=2, stem=4, tfidf=True, first_word=True), dict(hash_size=9), dict(hash_size=9, tfidf=True)
    return [Vocabulary.build(records, 2, **kind).to_files() for kind in kinds]


def make_vocabulary(rng):
    """What `Vocabulary.from_files` is given, with arrays and texts as a folder may hold them: some of it changed."""
    header, arrays, texts = rng.choice(vocabularies())
    match rng.randrange(3):
        case 0:
            header = altered(rng, header)
        case 1:
            name = rng.choice(list(arrays))
            right = arrays[name]
            wrong = rng.choice([right[1:], right[:-1], right[::-1].copy(), -right, 0 * right, right[None],
                                np.full_like(right, 2**31 - 1), right.astype("f4"), right.astype("i4"), np.ones(300, "i8"),
                                np.full(9, 2**63 - 1), np.empty(0)])
            arrays = {name: wrong} if rng.random() < 0.2 else arrays | {name: wrong}
        case 2:
            name = rng.choice(list(texts))
            names = [*texts[name][rng.choice([0, 1]):], *rng.choices(SIGNS, k=rng.randint(0, 2))]
            texts = {name: names} if rng.random() < 0.2 else texts | {name: names}
    return header, arrays, texts


def start_vocabulary(folder):
    """What is taken encodes titles."""
    def check(given):
        found, refused = refusal(lambda: Vocabulary.from_files(*given), ValueError, where="Vocabulary")
        if found:
            x = found.encode_titles(["Classic blue dress, blue", ""])
            assert x.shape == (2, found.n_words) and np.isfinite(x.data).all() and not x[[1]].nnz
        return not refused

    return check


# ---- model folders

@lru_cache
def model():
    """The files of a small model: name -> bytes."""
    titles, categories = zip(*make_catalogue(40))
    settings = dict(hidden=(3,), epochs=1, min_count=3, label_min_count=4, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        TitleClassifier(**settings).fit(titles, categories).save(Path(folder, "m"))
        return {path.name: path.read_bytes() for path in sorted(Path(folder, "m").iterdir())}


def make_model(rng):
    """name -> content, of the files that are not as in `model`: None is no file, a str a link to there."""
    files = dict(model())
    head = json.loads(files.pop("model.json"))
    name, other = rng.sample(list(files), 2)
    match rng.randrange(9):
        case 0:
            return {"model.json": mutated(rng, model()["model.json"])}
        case 1 | 2:
            part = {key: value for key, value in head.items() if key != "files"}
            return {"model.json": json.dumps(head | altered(rng, part)).encode()}
        case 8:
            return {"model.json": json.dumps(altered(rng, head)).encode()}
        case 3:
            name = rng.choice([name, "model.json"])
            return {name: rng.choice([None, "/etc/passwd", "words.txt", "model.json", "..", "/dev/zero", "/nowhere"])}
        case 4:
            edits = {name: files[other], other: files[name]}
        case 5 if name.endswith(".npy"):
            number = rng.choice([b"0", b"1", b"-1", b"3", b"1099511627776", b"9" * 30, b"1, 1", b"x", b""])
            edits = {name: re.sub(rb"\d+(?=[,)])", lambda _: number, files[name], count=rng.choice([1, 2]))}
        case _:
            edits = {name: mutated(rng, files[name])}
    if rng.random() < 0.6:  # the sizes and sums as they should be
        for name, content in edits.items():
            head["files"][name] = {"bytes": len(content), "crc32": zlib.crc32(content)}
        edits["model.json"] = json.dumps(head).encode()
    return edits


def put(folder, files):
    """Write files, none into one that is there: it may still be mapped."""
    for name, content in files.items():
        (folder / name).unlink(missing_ok=True)
        if isinstance(content, str):
            (folder / name).symlink_to(content)
        elif content is not None:
            (folder / name).write_bytes(content)


def start_model(folder):
    """A changed file is noticed, or the change was in the JSON and does no harm: titles get probabilities."""
    put(folder, model())

    def check(edits):
        put(folder, edits)
        try:
            load = partial(TitleClassifier.load, folder, threads=1)
            classifier, refused = refusal(load, ValueError, FileNotFoundError, where=folder)
            parts = {name for name, content in edits.items() if content != model()[name]}
            assert refused or "model.json" in parts or not parts
            if classifier and not any(name.endswith(".npy") for name in parts):
                titles = ["Classic blue dress", ""]
                for found in classifier.predict_top_k(titles), classifier.predict_above(titles, 0.0):
                    assert all(0 <= p <= 1 for pairs in found for _, p in pairs)
                assert len(classifier.predict(titles)) == 2 and classifier.explain(titles[0], 2)
            elif classifier:
                with np.errstate(all="ignore"):  # the parameters may be anything
                    assert len(classifier.predict_top_k(["Classic blue dress"])) == 1
            return not refused
        finally:
            put(folder, {name: model()[name] for name in edits})

    return check


# ---- the command line

WORDS = [
    "train", "evaluate", "predict", "explain", "--model", "shop", "new", "--json", "--top", "--threshold", "--recipe",
    "default", "deck", "--", "--help", "-h", "--quiet", "--seed", "--hidden", "--epochs", "--validation", "--checkpoints",
    "good.jsonl", "given.jsonl", "given.csv", "given.txt.gz", ".", "none", "blue dress", "1", "3", "0.5", "1,2", "-1",
    "nan", "1e999"]
ORDERS = [["predict", "shop"], ["predict", "shop", "--json"], ["predict", "shop", "--top", "2"],
          ["predict", "shop", "blue dress", "--threshold", "0.1"], ["explain", "shop", "blue dress"],
          ["evaluate", "shop", "given.jsonl"], ["evaluate", "shop", "good.jsonl", "given.csv", "--json"],
          ["train", "given.jsonl", "--model", "new", "--epochs", "1", "--hidden", "2"],
          ["train", "good.jsonl", "given.csv", "--model", "new", "--epochs", "1", "--hidden", "2", "--min-count", "1"]]


def make_command(rng):
    """(the words of a command, what standard input and the files called "given" hold)."""
    words = list(rng.choice(ORDERS))
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        place, word = rng.randrange(len(words) + 1), rng.choice(rng.choice([WORDS, WORDS, SIGNS]))
        words[place:place + rng.choice([0, 1, 1])] = [word]
    ending = rng.choice([".jsonl", ".csv"])
    content = HEADS[ending] + b"".join(rng.choices(LINES[ending], k=3)) + "Robe bleue\n\n裙子\n".encode()
    return words, mutated(rng, content)


def start_command(folder):
    """Exit code 0, 1 or 2, an error is one line, and each title has its line."""
    (folder / "shop").mkdir()
    put(folder / "shop", model())
    lines = [json.dumps({"title": r.title, "category": r.categories}) + "\n" for r in make_catalogue(40)]
    (folder / "good.jsonl").write_text("".join(lines))
    logging.disable(logging.NOTSET)

    def check(given):
        words, content = given
        put(folder, {"given.jsonl": content, "given.csv": content, "given.txt.gz": content})
        streams = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, out, err = (io.TextIOWrapper(io.BytesIO(part), "utf-8") for part in (content, b"", b""))
        sys.stdout, sys.stderr = out, err
        try:
            code = main(words)
        except SystemExit as stop:
            code = stop.code
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
            out.flush(), err.flush()
        printed, said = (stream.buffer.getvalue().decode() for stream in (out, err))
        assert code in (0, 1, 2) and "Traceback" not in printed + said, said
        assert code != 2 or said.splitlines()[-1].startswith("nnlite") and said.endswith("\n"), said
        if words in ORDERS[:3]:
            titles = content.removesuffix(b"\n").count(b"\n") + 1 if content else 0
            assert code == 0 and printed.count("\n") == titles, printed
            assert "--json" not in words or all(map(json.loads, printed.split("\n")[:-1]))
        return code == 0

    return check


TARGETS = {
    "records": Target(35_000, make_records, start_records),
    "xmc": Target(15_000, make_xmc, start_xmc),
    "mapping": Target(15_000, make_mapping, start_mapping),
    "titles": Target(20_000, make_titles, start_titles),
    "vocabulary": Target(7_000, make_vocabulary, start_vocabulary),
    "model": Target(5_000, make_model, start_model),
    "command": Target(3_000, make_command, start_command),
}
