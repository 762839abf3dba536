"""What `fuzz.py` feeds to Datasets, and to folders whose checksums are right and whose contents are not; as in
`fuzz_files`."""

import json
import shutil
import tempfile
import warnings
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from fuzz_mutations import HOSTILE, altered, any_parameters, refusal
from handmade import write_folder

from nnlite import MLP, AdaGrad, Dataset, Trainer, Vocabulary, linear_bce, make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.network import reference
from nnlite.system import array_folder

F32, FORMAT = np.float32, array_folder.FORMATS[-1]
POINTERS = [0, 1, 2, 3, -1, 7, 2**31 - 1, -2**31, 2**32, 2**62, 2**63 - 1, -2**63, 10**9]
HUGE = 1e37  # sums of larger numbers may be infinite in float32
VALUES = [0.0, 1.0, -1.0, 0.5, 2.0, 1e-42, 3e38, np.nan, np.inf, -np.inf]
TYPES = ["i1", "i2", "i4", "i8", "u1", "u4", "u8", "f4", "f8", "f2", ">i4", ">i8", ">f4", "?", "c8", "O", "U9"]


# ---- csr matrices

def make_csr(rng, n_rows, ones):
    """(indptr, indices, data, n_columns) of a csr matrix, as lists and their types."""
    n_columns = rng.randint(1, 6)
    rows = [sorted(rng.sample(range(n_columns), rng.randint(0, min(3, n_columns)))) for _ in range(n_rows)]
    indptr = np.cumsum([0, *map(len, rows)])
    data = [1.0 if ones else rng.choice(VALUES[:5]) for row in rows for _ in row]
    return [indptr, np.array(sum(rows, []), "i4"), np.array(data, F32)], n_columns


def with_hostile(rng, array):
    """An array with one or two of its entries, its type or its shape changed."""
    values = VALUES if array.dtype.kind == "f" else POINTERS if array.dtype.kind == "i" else [0, 1]
    match rng.randrange(8):
        case 0 | 1 | 2 if array.size:
            places = rng.choices(range(array.size), k=rng.choice([1, 2]))
            entries = array.ravel().tolist()
            for place in places:
                entries[place] = rng.choice(values)
            return np.array(entries).astype(array.dtype).reshape(array.shape)
        case 3 if array.dtype.kind in "biuf":  # not every text or object has a number
            with np.errstate(all="ignore"):
                return array.astype(rng.choice(TYPES))
        case 4:
            array = np.atleast_1d(array)
            return rng.choice([array[:-1], array[1:], array[:0], np.append(array, array[-1:]), array[::-1]])
        case 5:
            return rng.choice([array[None], array.reshape(-1, 1),
                               array.reshape(-1)[:1].reshape(()) if array.size else array])
        case 6:
            return np.repeat(array, 2)[::2]  # strided
        case _:
            return np.array(rng.choices(values[:6], k=array.size)).astype(array.dtype)


def make_datasets(rng):
    """(the arrays and the width of x, the same of y, their common number of rows, whether all is as it should be)."""
    n_rows = rng.randint(1, 5)
    (x, n_words), (y, n_labels) = make_csr(rng, n_rows, False), make_csr(rng, n_rows, True)
    changes = rng.choice([0, 1, 1, 2])
    for _ in range(changes):
        arrays, place = rng.choice([x, y]), rng.randrange(3)
        with np.errstate(all="ignore"):
            arrays[place] = with_hostile(rng, arrays[place])
    return x, n_words, y, n_labels, n_rows, not changes


def csr(arrays, shape):
    """A csr matrix of arrays that nobody looks at."""
    matrix = sp.csr_array(shape, dtype=F32)
    matrix.indptr, matrix.indices, matrix.data = arrays
    return matrix


def copies(arrays):
    return [array.copy() for array in arrays]


def dense(arrays, shape):
    """The dense matrix (float64) that three arrays describe, or None: a plain loop that checks every number."""
    indptr, indices, data = arrays
    if any(array.ndim != 1 or array.dtype.kind not in "iu" for array in (indptr, indices)) or data.ndim != 1:
        return None
    if data.dtype.newbyteorder("=") != F32 or indptr.size != shape[0] + 1:
        return None
    found, indptr = np.zeros(shape), indptr.tolist()
    if indptr[0] != 0 or any(b < a for a, b in pairwise(indptr)) or indptr[-1] > min(indices.size, data.size):
        return None
    for row, (first, last) in enumerate(pairwise(indptr)):
        for column, value in zip(indices[first:last].tolist(), data[first:last].tolist()):
            if not 0 <= column < shape[1] or not np.isfinite(value):
                return None
            found[row, column] += value
    return found


@lru_cache
def network(n_words, n_labels):
    return MLP(n_words, n_labels, hidden=(3,), activation="relu")


def start_datasets(folder):
    """What is accepted is valid, and scores, losses and a step of training are those of the reference in NumPy."""
    def check(given):
        x, n_words, y, n_labels, n_rows, good = given
        with np.errstate(all="ignore"):
            want_x, want_y = dense(x, (n_rows, n_words)), dense(y, (n_rows, n_labels))
        errors, shape_x, shape_y = (ValueError, TypeError), (n_rows, n_words), (n_rows, n_labels)
        data, refused = refusal(lambda: Dataset(csr(copies(x), shape_x), csr(copies(y), shape_y)), *errors)
        assert not (good and refused)
        model = network(n_words, n_labels)
        with warnings.catch_warnings():  # np.errstate does not reach the threads of top_k
            overflows = want_x is not None and np.abs(want_x).max(initial=0) > HUGE
            if overflows:
                warnings.filterwarnings("ignore", "(overflow|invalid value) encountered", RuntimeWarning)
            try:
                top, x_refused = refusal(lambda: model.top_k(csr(copies(x), shape_x), n_labels), *errors)
            except FloatingPointError:
                assert overflows
                top, x_refused = None, False
        h = np.linspace(-1, 1, 2 * n_rows, dtype=F32).reshape(n_rows, 2)
        w, b = np.ones((n_labels, 2), F32), np.zeros(n_labels, F32)
        found, y_refused = refusal(lambda: linear_bce(h, w, b, csr(copies(y), shape_y)), *errors)
        assert refused == (x_refused or y_refused)
        if top and np.abs(want_x).max(initial=0) < 1e3:
            exact = {name: p.astype(float) for name, p in model.params.items()}
            _, z = reference.forward(exact, want_x, "relu")
            ids, p = top
            want = 1 / (1 + np.exp(-np.take_along_axis(z, ids, 1)))
            assert np.allclose(p, want, atol=1e-4) and (np.sort(ids, axis=1) == np.arange(n_labels)).all()
        if found:
            loss, dz = reference.bce_with_logits((h @ w.T).astype(float), want_y)
            assert np.isclose(found[0], loss, rtol=1e-4) and np.allclose(found[1], dz @ w, atol=1e-4)
        if data:
            assert want_x is not None and (data.x.toarray() == want_x.astype(F32)).all()
            assert (data.y.toarray() == want_y).all()
            if np.abs(want_x).max(initial=0) < 1e3:
                one = MLP.from_params({name: p.copy() for name, p in model.params.items()}, "relu")
                losses = Trainer(one, AdaGrad(0.1), epochs=1, batch_rows=n_rows, threads=1).fit(data).loss
                assert np.isclose(losses[0], reference.bce_with_logits(z, want_y)[0] / want_y.size, rtol=1e-4)
        return not refused

    return check


# ---- folders of arrays with right checksums

def parts_of(folder, kind):
    """The header, the arrays and the texts of a folder, in memory."""
    header, arrays, texts = array_folder.read(folder, kind)
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    return (header, {name: np.array(array) for name, array in arrays.items()},
            {name: list(lines) for name, lines in texts.items()})


def changed(rng, header, arrays, texts):
    """(header, arrays, texts) with one to three changes."""
    arrays, texts = dict(arrays), dict(texts)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kind = rng.randrange(10)
        if kind == 0:
            header = altered(rng, header)
        elif kind == 1 and texts:
            name = rng.choice(list(texts))
            texts[name] = rng.choice([texts[name][1:], texts[name][::-1], texts[name] * 2, [],
                                      ["x"] * len(texts[name])])
        elif kind == 2:
            arrays.pop(rng.choice(list(arrays)))
            arrays = arrays or {"x": np.zeros(1)}
        elif kind == 3 and len(arrays) > 1:
            a, b = rng.sample(list(arrays), 2)
            arrays[a], arrays[b] = arrays[b], arrays[a]
        else:
            name = rng.choice(list(arrays))
            with np.errstate(all="ignore"):
                array = with_hostile(rng, arrays[name])
            arrays[name] = array if array.dtype.kind in "fiu?" else np.atleast_1d(arrays[name])[:-1]
    return header, arrays, texts


def same(a, b):
    """Whether two folders' contents are equal."""
    return (json.dumps(a[0]) == json.dumps(b[0]) and a[2] == b[2] and a[1].keys() == b[1].keys() and all(
        array.dtype == b[1][name].dtype and np.array_equal(array, b[1][name], equal_nan=array.dtype.kind == "f")
        for name, array in a[1].items()))


@lru_cache
def small_model():
    titles, categories = zip(*make_catalogue(40))
    with tempfile.TemporaryDirectory() as folder:
        settings = dict(hidden=(3,), epochs=1, min_count=3, label_min_count=4, threads=1, tfidf=True)
        TitleClassifier(**settings).fit(titles, categories).save(Path(folder, "m"))
        return parts_of(Path(folder, "m"), "model")


def make_model_arrays(rng):
    """The header, the arrays and the texts of a model with changes."""
    return changed(rng, *small_model())


def start_model_arrays(folder):
    """A model that loads answers with its own categories and with probabilities in 0..1."""
    def check(given):
        write_folder(folder / "m", "model", FORMAT, *given)
        classifier, refused = refusal(lambda: TitleClassifier.load(folder / "m", threads=1), ValueError, where=folder)
        if classifier:
            titles = ["Classic blue dress for women", "", "x"]
            with any_parameters():
                for found in classifier.predict_top_k(titles, 2), classifier.predict_above(titles, 0.0):
                    assert all(0 <= p <= 1 and name in classifier.classes_ for pairs in found for name, p in pairs)
                assert len(classifier.predict(titles)) == 3 and classifier.explain(titles[0], 2)
        return not refused

    return check


@lru_cache
def small_parts():
    """name -> content, of the folders of some chunks; their rows in all; how many rows have each label."""
    records = list(make_catalogue(12))
    with tempfile.TemporaryDirectory() as folder:
        write_chunks(Path(folder, "c"), records, Vocabulary.build(records, 2, tfidf=True), chunk_rows=5)
        return {path.name: parts_of(path, path.name.split("-")[0]) for path in sorted(Path(folder, "c").iterdir())}


def make_parts(rng):
    """(name of a part, its header, arrays and texts with changes)."""
    name = rng.choice(["data", "part-00000", "part-00001", "part-00002"])
    return name, changed(rng, *small_parts()[name])


def start_parts(folder):
    """Chunks that can be opened are valid matrices, with as many rows of each label as they say."""
    def write(name, content):
        write_folder(folder / "c" / name, name.split("-")[0], FORMAT, *content)

    for name, content in small_parts().items():
        write(name, content)

    def check(given):
        name, content = given
        write(name, content)
        try:
            chunks, refused = refusal(lambda: ChunkFolder(folder / "c"), ValueError, where=folder)
            parts, later = refusal(lambda: list(chunks or ()), ValueError, OSError, where=folder)
            if parts:
                for data in parts:
                    Dataset(data.x.copy(), data.y.copy())
                rows = sum(len(data) * data.label_frequencies() for data in parts)
                assert sum(map(len, parts)) == chunks.n_rows == 12
                assert np.allclose(rows / 12, chunks.label_frequencies())
            return not refused and not later
        finally:
            write(name, small_parts()[name])

    return check


@lru_cache
def small_data():
    records = list(make_catalogue(24))
    return Vocabulary.build(records, 2).encode(records)


def resume(folder, on_step=None, seconds=1e9):
    """The history of a training of 4 steps with checkpoints, after each step if seconds is 0."""
    data = small_data()
    model = MLP(data.n_words, data.n_labels, hidden=(3,), activation="relu")
    return Trainer(model, AdaGrad(0.1), epochs=2, batch_rows=12, checkpoints=folder, checkpoint_seconds=seconds,
                   threads=1).fit(data, on_step=on_step)


@lru_cache
def checkpoint():
    """The name of a checkpoint after 2 of 4 steps, and its contents."""
    def end(step):
        if step.step == 3:
            raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as folder:
        try:
            resume(Path(folder), end, 0)
        except KeyboardInterrupt:
            newest = sorted(Path(folder).glob("step-*"))[-1]
            return newest.name, parts_of(newest, "checkpoint")


def make_checkpoints(rng):
    """The header and the arrays of a checkpoint with changes."""
    _, (header, arrays, _) = checkpoint()
    if rng.random() < 0.1:
        header = header | {rng.choice(list(header)): rng.choice(HOSTILE)}
    return changed(rng, header, arrays, {})[:2]


def start_checkpoints(folder):
    """A training that resumes has as many losses as steps, and those of the steps before are numbers."""
    want = resume(folder / "alone").loss

    def check(given):
        name, good = checkpoint()
        shutil.rmtree(folder / "c", ignore_errors=True)
        write_folder(folder / "c" / name, "checkpoint", FORMAT, *given, {})
        history, refused = refusal(lambda: resume(folder / "c"), ValueError, FloatingPointError)
        if history:
            assert len(history.loss) == len(history.rows) == len(want)
            assert np.isfinite(history.loss).all() and np.isfinite(history.seconds) and min(history.rows) > 0
            assert history.loss == want or not same((*given, {}), good)
        return not refused

    return check
