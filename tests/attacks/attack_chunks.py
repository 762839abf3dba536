"""Attacks by folders of chunks: right checksums and wrong contents, and files that change while a folder is open."""

import json
import shutil
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkdtemp

import attack
import numpy as np
from attack import Attack
from handmade import write_folder

import nnlite
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.system import array_folder

FORMAT = array_folder.FORMATS[-1]

LAST = 2**63 - 1
ERRORS = ValueError, OSError


@lru_cache
def good():
    """A folder of chunks in three parts, with weights."""
    records = list(nnlite.make_catalogue(150))
    vocabulary = nnlite.Vocabulary.build(records, 3, tfidf=True)
    write_chunks(folder := Path(mkdtemp()) / "chunks", records, vocabulary, chunk_rows=50)
    return folder


def use(folder):
    """Read every chunk, train on all, and judge: what is accepted must make valid matrices of the right sizes."""
    chunks = ChunkFolder(folder)
    datasets = list(chunks)
    assert sum(map(len, datasets)) == chunks.n_rows, "another number of rows than it says"
    for data in datasets:
        nnlite.Dataset(data.x.copy(), data.y.copy())
    frequencies = chunks.label_frequencies()
    assert ((frequencies >= 0) & (frequencies <= 1)).all(), "label frequencies outside 0..1"
    whole = np.sum([len(data) * data.label_frequencies() for data in datasets], axis=0) / chunks.n_rows
    assert np.allclose(whole, frequencies), "other label frequencies than those of the rows"
    model = nnlite.MLP(chunks.n_words, chunks.n_labels, hidden=(4,), activation="relu")
    losses = nnlite.Trainer(model, nnlite.AdaGrad(0.01), epochs=1, batch_rows=32).fit(chunks).loss
    assert np.isfinite(losses).all() and min(losses) >= 0, "a loss that is not a number of at least 0"


def rewritten(part, change, case):
    """Use the folder after a change of one of its array folders, whose checksums are right."""
    place = copied(case)
    kind = part.partition("-")[0]
    header, arrays, texts = array_folder.read(place / part, kind)
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    arrays = {name: np.array(array) for name, array in arrays.items()}
    texts = {name: list(lines) for name, lines in texts.items()}
    change(header, arrays, texts)
    write_folder(place / part, kind, FORMAT, header, arrays, texts)
    use(place)


def copied(case):
    return Path(shutil.copytree(good(), case.folder / "chunks"))


def rearranged(change, case):
    """Use the folder after a change of its files."""
    place = copied(case)
    change(place)
    use(place)


def changed_while_open(change, case):
    """Read a chunk after a change of the files of an open folder."""
    place = copied(case)
    chunks = ChunkFolder(place)
    want = [data.crc32() for data in chunks]
    change(place)
    assert [data.crc32() for data in chunks] == want, "other data than when it was opened"


def ends(*numbers):
    """Where the words' rows end: these numbers, from the second row on."""
    def change(h, a, t):
        a["ends"][1:len(numbers) + 1, 0] = numbers
    return change


def column(name, value):
    return lambda h, a, t: a.update({name: value(a[name])})


def set_at(place, value):
    def changed(array):
        array[place] = value
        return array
    return changed


def header(**entries):
    return lambda h, a, t: h.update(entries)


PARTS = {
    "ends that wrap around": ends(LAST, -LAST - 1, -1),
    "ends that fall": ends(9, 3, 5),
    "ends far above": ends(10**12),
    "ends below 0": ends(-5),
    "a first end above 0": column("ends", set_at((0, 0), 1)),
    "a first end of the labels above 0": column("ends", set_at((0, 1), 1)),
    "last ends below the sizes": column("ends", lambda a: a - (np.arange(len(a)) == len(a) - 1)[:, None]),
    "all ends 0": column("ends", np.zeros_like),
    "a row less": column("ends", lambda a: a[:-1]),
    "ends of floats": column("ends", lambda a: a.astype(float)),
    "ends of 32 bits": column("ends", lambda a: a.astype(np.int32)),
    "words below 0": column("words", set_at(0, -1)),
    "words above": column("words", set_at(-1, 2**31 - 1)),
    "words of 64 bits": column("words", lambda a: a.astype(np.int64)),
    "a word less": column("words", lambda a: a[:-1]),
    "no words": column("words", lambda a: a[:0]),
    "labels below 0": column("labels", set_at(0, -1)),
    "labels above": column("labels", set_at(-1, 2**31 - 1)),
    "labels of floats": column("labels", lambda a: a.astype(np.float32)),
    "one label for all": column("labels", np.zeros_like),
    "labels that fall": column("labels", lambda a: a[::-1].copy()),
    "weights of NaN": column("weights", set_at(0, np.nan)),
    "weights of infinity": column("weights", set_at(-1, np.inf)),
    "weights of 64 bits": column("weights", lambda a: a.astype(float)),
    "no weights": lambda h, a, t: a.pop("weights"),
    "one weight more": column("weights", lambda a: np.append(a, a[:1])),
    "an array more": lambda h, a, t: a.update(more=np.zeros(3)),
    **{f"n_rows {value!r}": header(n_rows=value) for value in (0, -1, 49, 10**12, "50", None, 50.5, True, [])},
}
DATA = {
    **{f"data: {name} {value!r:.20}": header(**{name: value}) for name, value in [
        ("n_rows", 0), ("n_rows", -1), ("n_rows", 151), ("n_rows", "150"), ("n_rows", []), ("n_parts", 2),
        ("n_parts", 10**9), ("n_parts", "3"), ("n_parts", None), ("vocabulary", {}), ("vocabulary", "x"),
        ("n_rows", 1e400)]},
    "data: label rows below 0": column("label_rows", lambda a: -a),
    "data: label rows of 2^62": column("label_rows", lambda a: np.full_like(a, 2**62)),
    "data: label rows of other labels": column("label_rows", lambda a: a[::-1].copy()),
    "data: label rows of floats": column("label_rows", lambda a: a.astype(float)),
    "data: a label less": lambda h, a, t: t.update(labels=t["labels"][:-1]),
    "data: a word less": lambda h, a, t: t.update(words=t["words"][:-1]),
}


def link(path, target):
    shutil.rmtree(path)
    path.symlink_to(target)


FILES = {
    "a part missing": lambda place: shutil.rmtree(place / "part-00001"),
    "a part too many": lambda place: shutil.copytree(place / "part-00001", place / "part-00003"),
    "another part's number": lambda place: (place / "part-00002").rename(place / "part-00007"),
    "a file as a part": lambda place: (shutil.rmtree(place / "part-00001"), (place / "part-00001").write_text("x")),
    "an empty part": lambda place: (shutil.rmtree(place / "part-00001"), (place / "part-00001").mkdir()),
    "no data": lambda place: shutil.rmtree(place / "data"),
    "a model as data": lambda place: (place / "data" / "data.json").rename(place / "data" / "model.json"),
    "a ring of links": lambda place: link(place / "part-00001", place / "part-00001"),
    "JSON of 200,000 lists": lambda place: (place / "data" / "data.json").write_text("[" * 200_000),
    "JSON with a number of 100,000 digits": lambda place: (place / "data" / "data.json").write_text(
        '{"format": %s}' % ("9" * 100_000)),
    "JSON with a name twice": lambda place: twice(place / "data" / "data.json"),
}


def twice(path):
    """The last of two entries of one name counts for Python; another reader may take the first."""
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content)[:-1] + ', "n_parts": 1, "n_rows": 50}')


def overwrite(name, value):
    """Fill a file's array, in place."""
    def change(place):
        array = np.load(place / "part-00001" / f"{name}.npy", mmap_mode="r+")
        array[...] = value
        array.flush()
    return change


def truncate(name, keep):
    def change(place):
        path = place / "part-00001" / f"{name}.npy"
        path.write_bytes(path.read_bytes()[:keep])
    return change


CHANGES = {
    **{f"{name} overwritten with {value}": overwrite(name, value) for name, value in [
        ("words", -1), ("words", 2**31 - 1), ("labels", -1), ("labels", 2**31 - 1), ("labels", 0), ("ends", LAST),
        ("ends", -1), ("ends", 0), ("weights", np.nan), ("weights", np.inf)]},
    **{f"{name} cut to {keep} bytes": truncate(name, keep) for name in ("words", "labels", "ends", "weights")
       for keep in (0, 100, 150)},
    "a part removed": lambda place: shutil.rmtree(place / "part-00001"),
    "parts exchanged": lambda place: [
        (place / a).rename(place / b) for a, b in (("part-00001", "x"), ("part-00002", "part-00001"),
                                                   ("x", "part-00002"))],
}

ATTACKS = {
    "unchanged": Attack(partial(rearranged, lambda place: None), ()),
    **{name: Attack(partial(rewritten, "part-00001", change), ERRORS, refused=True) for name, change in PARTS.items()},
    **{name: Attack(partial(rewritten, "data", change), ERRORS, refused=True) for name, change in DATA.items()},
    **{name: Attack(partial(rearranged, change), ERRORS, refused=True) for name, change in FILES.items()},
    **{f"{name} while open": Attack(partial(changed_while_open, change), ERRORS) for name, change in CHANGES.items()},
}

if __name__ == "__main__":
    attack.main(ATTACKS)
