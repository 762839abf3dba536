"""What `fuzz.py` feeds as folders whose checksums are right and whose contents are not; as in `fuzz_files`."""

import json
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from fuzz_mutations import HOSTILE, altered, any_parameters, refusal, with_hostile
from handmade import write_folder

from nnlite import MLP, AdaGrad, Dataset, Trainer, Vocabulary, make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.system import array_folder

FORMAT = array_folder.FORMATS[-1]


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
def small_model(shrunk=False):
    titles, categories = zip(*make_catalogue(40))
    with tempfile.TemporaryDirectory() as folder:
        settings = dict(hidden=(3,), epochs=1, min_count=3, label_min_count=4, threads=1, tfidf=True)
        classifier = TitleClassifier(**settings).fit(titles, categories)
        (classifier.shrink(1) if shrunk else classifier).save(Path(folder, "m"))
        return parts_of(Path(folder, "m"), "model")


def make_model_arrays(rng):
    """The header, the arrays and the texts of a model with changes."""
    return changed(rng, *small_model())


def make_shrunk_arrays(rng):
    """The same of a model with rows of few bits."""
    return changed(rng, *small_model(shrunk=True))


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
