"""What `fuzz.py` feeds to vocabularies and models, and what must hold; as in `fuzz_files`."""

import json
import re
import tempfile
import zlib
from collections import Counter
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from fuzz_mutations import CHARACTERS, altered, any_parameters, mutated, refusal

from nnlite import Record, Vocabulary, make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import tokens
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.data.tokens import TokenRules, tokenise


# ---- titles and vocabularies

def make_titles(rng):
    """(titles, categories of each, settings of a vocabulary)."""
    words = [rng.choice(CHARACTERS) + rng.choice(["", "a", "B", rng.choice(CHARACTERS)])
             for _ in range(rng.randint(1, 12))]
    titles = ["".join(rng.choice(words) + rng.choice(["", " ", " ", "-"]) for _ in range(rng.choice([0, 1, 3, 9])))
              for _ in range(rng.randint(1, 8))]
    if rng.random() < 0.01:
        titles[0] = "".join(rng.choices(words, k=9_999))[:50_000]
    if rng.random() < 0.1:
        titles[0] = "".join(chr(rng.randrange(0x110000)) for _ in range(20))
    settings = dict(min_count=rng.choice([1, 1, 2, 3]), label_min_count=rng.choice([1, 2]), tfidf=rng.random() < 0.5,
                    ngrams=rng.choice([1, 2, 5]), stem=rng.choice([None, 1, 4]), first_word=rng.random() < 0.5,
                    shape=rng.random() < 0.5)
    return titles, [tuple(rng.choices(words, k=rng.randint(0, 3))) for _ in titles], settings


def start_titles(folder):
    """The compiled way gives the tokens, the counts and the rows that plain Python gives."""
    def check(given):
        titles, categories, settings = given
        rules = TokenRules(*(settings[name] for name in ("ngrams", "stem", "first_word", "shape")))
        found, want = tokens.hashed(titles, rules), [tokenise(title, rules) for title in titles]
        assert [found.name(k) for k in range(found.hashes.size)] == sum(want, [])
        assert np.diff(found.rows).tolist() == list(map(len, want))

        records = list(map(Record, titles, categories))
        cuts = settings["min_count"], settings["label_min_count"]
        kept = [frequent(rows, cut) for rows, cut in zip((want, categories), cuts)]
        vocabulary, refused = refusal(lambda: Vocabulary.build(records, **settings), ValueError, where="Vocabulary")
        assert refused != all(kept)
        if vocabulary:
            data = vocabulary.encode(records)
            assert list(zip(vocabulary.words, vocabulary.word_counts)) == kept[0]
            assert list(zip(vocabulary.labels, vocabulary.label_counts)) == kept[1]
            words = [tokenise(title, replace(rules, shape=False)) for title in titles]  # beside which a shape counts
            rows_of_x = [row if set(own) & set(vocabulary.words) else [] for own, row in zip(words, want)]
            for matrix, names, rows in ((data.x, vocabulary.words, rows_of_x), (data.y, vocabulary.labels, categories)):
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
    kinds = [dict(ngrams=2, stem=4, tfidf=True, first_word=True, shape=True), dict(hash_size=9),
             dict(hash_size=9, tfidf=True)]
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
                                np.full_like(right, 2**31 - 1), right.astype("f4"), right.astype("i4"),
                                np.ones(300, "i8"), np.full(9, 2**63 - 1), np.empty(0)])
            arrays = {name: wrong} if rng.random() < 0.2 else arrays | {name: wrong}
        case 2:
            name = rng.choice(list(texts))
            names = [*texts[name][rng.choice([0, 1]):], *rng.choices(CHARACTERS, k=rng.randint(0, 2))]
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

def content_of(folder):
    """Every file below a folder: name -> bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}


@lru_cache
def model():
    """The files of a small model."""
    titles, categories = zip(*make_catalogue(40))
    settings = dict(hidden=(3,), epochs=1, min_count=3, label_min_count=4, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        classifier = TitleClassifier(**settings).fit(titles, categories)
        classifier.training_["seconds"] = 0.1  # all that differs from one time to the next
        classifier.save(Path(folder, "m"))
        return content_of(Path(folder, "m"))


@lru_cache
def chunks():
    """The files of a few records in three parts."""
    records = list(make_catalogue(12))
    with tempfile.TemporaryDirectory() as folder:
        write_chunks(Path(folder, "c"), records, Vocabulary.build(records, 2, tfidf=True), chunk_rows=5)
        return content_of(Path(folder, "c"))


def edited(rng, files, kind):
    """name -> content, of the files of one folder that are no longer as they were: None is no file, a str a link."""
    files = dict(files)
    content = files.pop(kind)
    head = json.loads(content)
    name, other = rng.sample(list(files), 2)
    match rng.randrange(9):
        case 0:
            return {kind: mutated(rng, content)}
        case 1 | 2:
            part = {key: value for key, value in head.items() if key != "files"}
            return {kind: json.dumps(head | altered(rng, part)).encode()}
        case 3:
            return {kind: json.dumps(altered(rng, head)).encode()}
        case 4:
            return {rng.choice([name, kind]): rng.choice([None, "/etc/passwd", "words.txt", kind, "..", "/nowhere"])}
        case 5:
            edits = {name: files[other], other: files[name]}
        case 6 if name.endswith(".npy"):
            number = rng.choice([b"0", b"1", b"-1", b"3", b"1099511627776", b"9" * 30, b"1, 1", b"x", b""])
            edits = {name: re.sub(rb"\d+(?=[,)])", lambda _: number, files[name], count=rng.choice([1, 2]))}
        case _:
            edits = {name: mutated(rng, files[name])}
    if rng.random() < 0.6:  # the sizes and sums as they should be
        for name, changed in edits.items():
            head["files"][name] = {"bytes": len(changed), "crc32": zlib.crc32(changed)}
        edits[kind] = json.dumps(head).encode()
    return edits


def make_model(rng):
    """name -> content, of the files that are not as in `model`."""
    return edited(rng, model(), "model.json")


def make_chunks(rng):
    """name -> content, of the files that are not as in `chunks`."""
    part = rng.choice(["data/", "part-00000/", "part-00002/"])
    files = {name.removeprefix(part): content for name, content in chunks().items() if name.startswith(part)}
    edits = edited(rng, files, f"{part.partition('-')[0].strip('/')}.json")
    return {part + name: content for name, content in edits.items()}


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
                with any_parameters():
                    assert len(classifier.predict_top_k(["Classic blue dress"])) == 1
            return not refused
        finally:
            put(folder, {name: model()[name] for name in edits})

    return check


def start_chunks(folder):
    """A changed file is noticed, or the change was in the JSON; no chunk has indices outside its matrix."""
    (folder / "c").mkdir()
    for name in {name.partition("/")[0] for name in chunks()}:
        (folder / "c" / name).mkdir()
    put(folder / "c", chunks())

    def check(edits):
        put(folder / "c", edits)
        try:
            parts, refused = refusal(lambda: list(ChunkFolder(folder / "c")), ValueError, OSError, where=folder)
            changed = {name for name, content in edits.items() if content != chunks()[name]}
            assert refused or not changed or any(name.endswith(".json") for name in changed)
            for matrix in (matrix for part in parts or () for matrix in (part.x, part.y)):
                matrix.check_format(full_check=True)
            return not refused
        finally:
            put(folder / "c", {name: chunks()[name] for name in edits})

    return check
