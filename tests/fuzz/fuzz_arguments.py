"""Public functions called with hostile arguments, for `fuzz.py`: what it feeds to them and what must hold.

A call is a function's name and the arguments that differ from valid ones. The functions are those of `nnlite.__all__`
and of `nnlite.scores`, and the methods that take matrices, numbers or titles (`functions`). Their arguments are found
by the names in their signatures.
"""

import inspect
import math
import traceback
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from fuzz_mutations import CHARACTERS

import nnlite
from nnlite.network import reference
from nnlite.scores import calibration, evaluation, explanation, metrics

N, D, L = 6, 5, 4  # rows, words, labels of the valid arguments
DOCUMENTED = ValueError, TypeError, FloatingPointError, IndexError  # raised by nnlite, in words of its own
OF_THE_SYSTEM = OSError, MemoryError
PACKAGE = Path(nnlite.__file__).parent
SCORES = calibration, evaluation, explanation, metrics

NUMBERS = [0, 1, -1, 2, 3, 10**30, -10**30, 2**31, 2**63, 10**400, 0.0, 0.5, -0.5, 1.5, 1e-300, 1e308, math.nan,
           math.inf, -math.inf, True, False, None, "", "3", "x", b"1", (), [], [1], {}, 1j, np.int8(-1), np.uint8(3),
           np.int64(2), np.float32(0.5), np.float64(np.nan), np.bool_(True), np.array(2), np.array([2]), np.array([]),
           slice(2), Ellipsis, object]
TEXTS = ["", "\0", "x", ".", "..", "x/y", "missing.jsonl", "\ud800", "x" * 3_000, "sum", "relu", None, 0, 3.5, b"x",
         [], {}, *CHARACTERS[:12]]
COSTLY = "threads", "epochs", "n_records", "hash_size", "hidden", "n_words", "n_labels"  # large ones are right and slow
CHEAP = [number for number in NUMBERS if not (isinstance(number, (int, float)) and 4 < abs(number) < math.inf)]


def csr(dense):
    return sp.csr_array(np.asarray(dense, np.float32))


@lru_cache
def good():
    """Valid arguments by name, for every function that has a parameter of that name."""
    x, y = csr(np.arange(N * D).reshape(N, D) % 3), csr(np.arange(N * L).reshape(N, L) % 3 == 1)
    titles, categories = zip(*nnlite.make_catalogue(30))
    records = [nnlite.Record(*pair) for pair in zip(titles, categories)]
    vocabulary = nnlite.Vocabulary.build(records, 2)
    ids = np.argsort(np.arange(N * L).reshape(N, L) * 7 % 5, axis=1, kind="stable").astype(np.int32)
    model = nnlite.MLP(D, L, hidden=(3,), activation="relu")
    return {
        "model": model, "dataset": nnlite.Dataset(x, y), "x": x, "y": y, "truth": y, "ids": ids, "k": 2, "ks": (1, 3),
        "bins": 5, "n_bins": 5, "threads": 1, "label_counts": np.arange(L), "counts": np.arange(L), "parts": 3,
        "propensities": np.linspace(0.1, 1, L), "thresholds": 0.5, "threshold": 0.5, "n_rows": 10.0, "a": 0.55,
        "weights": np.ones(N), "sample_weight": np.ones(len(titles)), "label_weights": np.ones(L), "titles": titles,
        "categories": categories, "records": records, "vocabulary": vocabulary, "title": titles[0], "min_count": 2,
        "n_records": 5, "seed": 0, "n_words": D, "n_labels": L, "hidden": (3,), "activation": "relu",
        "output": "sigmoid", "lr": 0.1, "labels_lr": 0.1, "eps": 1e-8, "beta1": 0.9, "beta2": 0.99,
        "optimizer": nnlite.SGD(0.1), "word_counts": {"a": 5, "b": 3}, "b": 1.5,
        "batch_rows": 2, "epochs": 1, "order": "shuffled", "reduction": "sum", "dropout": 0.1, "word_dropout": 0.1,
        "negligible": 0.1, "checkpoint_seconds": 1.0, "tile": 2, "h": np.ones((N, 3), np.float32),
        "w": np.ones((L, 3), np.float32), "path": "good.jsonl", "paths": "full", "folder": "chunks",
        "chunk_rows": 10, "recipe": "default", "predicted": np.arange(N) % L, "table": np.ones((L, L), int),
        "n_true": np.arange(L), "n_positive": np.arange(L), "n_both": np.zeros(L, int), "frequencies": np.full(L, 0.5),
        "n": np.arange(1, 4), "p_sum": np.ones(3), "p": np.linspace(0, 1, 5), "true": np.arange(5) % 2 == 0,
        "z": np.linspace(-5, 5, 5), "where": "here", "groups": np.zeros(L, np.int32), "n_groups": 1,
        "ngrams": 1, "stem": 4, "hash_size": 8, "label_min_count": 2, "max_counts": 100,
        "rows": np.arange(N)[::-1], "sample_records": 10, "params": dict(model.params), "settings": {},
    }


def softmax():
    """A model whose rows have one label each, and such rows."""
    x, y = good()["x"], csr(np.eye(L)[np.arange(N) % L])
    return {"model": nnlite.MLP(D, L, hidden=(3,), activation="relu", output="softmax"),
            "dataset": nnlite.Dataset(x, y)}


@lru_cache
def classifier():
    one = nnlite.TitleClassifier(epochs=1, hidden=(3,), min_count=2, threads=1)
    return one.fit(good()["titles"], good()["categories"])


@lru_cache
def own():
    """Valid arguments of functions whose parameters mean something else than those of the same name."""
    return {
        "Vocabulary": {"label_counts": {"x": 5}, "n_records": 9}, "linear_bce": {"b": np.zeros(L, np.float32)},
        "metrics.record_f1": {"n_positive": np.arange(N), "n_both": np.zeros(N, int)},
        "metrics.wilson": {"n_true": np.arange(3)}, "metrics.reliability": {"n_true": np.ones(3)},
        "calibration.binned": {"y": good()["dataset"].arrays()[1]},
        "Record": {"title": "a", "categories": ("b",)}, "explanation.likeliest_true": {"y": csr(np.ones((N, L)))},
        "explanation.left_out": {"title": "blue dress"}, "Dataset.chunks": {"n_rows": 2},
        "explanation.explain": {"model": classifier().model_, "vocabulary": classifier().vocabulary_},
        "explanation.reasons": {"model": classifier().model_, "vocabulary": classifier().vocabulary_,
                                "labels": np.arange(30) % 2 - 1, "others": np.arange(30) % 2},
        "evaluation.cross_entropy": softmax(),
        **dict.fromkeys(("read_records", "inspect_file"), {"title": "title", "categories": ["category"]}),
    }


UNASKED = {"label_min_count", "hash_size", "max_counts"}  # valid ones that a function may do without: rarely given


@lru_cache
def functions():
    """name -> function."""
    without = "plan", "read_xmc", "FileReport", "write_chunks"  # slow, of targets of their own, or no function
    found = {name: getattr(nnlite, name) for name in nnlite.__all__ if name not in without}
    for module in SCORES:
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{module.__name__.split('.')[-1]}.{name}"] = function
    model, one, data = good()["model"], classifier(), good()["dataset"]
    methods = [model.top_k, model.above, model.logits, nnlite.MLP.from_params, nnlite.Vocabulary.build, data.take,
               data.chunks,
               one.predict, one.predict_top_k, one.predict_proba, one.predict_above, one.score, one.explain]
    return found | {method.__qualname__: method for method in methods}


def hostile(rng, name, value):
    """Something in the place of a valid argument."""
    if isinstance(value, (bool, int, float)) or name in COSTLY:
        return rng.choice(CHEAP if name in COSTLY else NUMBERS)
    if isinstance(value, str):
        return rng.choice(TEXTS)
    if isinstance(value, np.ndarray):
        return changed(rng, value)
    if sp.issparse(value):
        return rng.choice([value.tocsc(), value.toarray(), value[:2], value[:, :2], value * 2, value[:0],
                           value.astype(float),
                           csr(np.zeros((N, 0))), sp.csr_matrix(value), value * np.float32("nan"), None, "x", 3])
    if isinstance(value, nnlite.Dataset):
        x, y = value.x, value.y
        return rng.choice([nnlite.Dataset(x[:0], y[:0]), nnlite.Dataset(x[:, :2], y), nnlite.Dataset(x, y[:, :2]),
                           nnlite.Dataset(x * 0, y * 0 if (y * 0).nnz == 0 else y),
                           nnlite.Dataset(x * np.float32(1e30), y)])
    if isinstance(value, (tuple, list)):
        return rng.choice([(), [], (0,), (-1,), (1, 1), (10**9,), (1.5,), ("a",), (None,), "x", 3, None, value[:1],
                           list(value) * 2, [value], (math.nan,), (True,), {1}, np.array([1]), (2**70,), [[]], [b"x"]])
    if isinstance(value, dict):
        return rng.choice([{}, {"x": -1}, {"x": "y"}, {1: 2}, {"\n": 2**70}, {"x": math.nan}, {"\ud800": 3}, [], None,
                           {name: 5 for name in CHARACTERS[:9]}])
    return rng.choice([None, 3, "x"])


def changed(rng, array):
    """An array that is unlike a valid one in its shape, its type or its entries."""
    match rng.randrange(6):
        case 0:
            return rng.choice([array[:0], array[:-1], array[:1], np.append(array, array[:1]), array[None],
                               array[..., None]])
        case 1:
            with np.errstate(all="ignore"):
                return array.astype(rng.choice(["i1", "u8", "f2", "f4", "f8", "?", "O", "U5"]))
        case 2:
            return rng.choice([array.tolist(), tuple(array.tolist()), None, "x", 3, {}, np.array(5), [[1], [1, 2]]])
        case _:
            value = rng.choice([0, -1, 1, L, 2**31 - 1, 2**62, 2**63 - 1, -2**63, math.nan, math.inf, -math.inf, 1e308,
                                0.5])
            kind = "f8" if isinstance(value, float) else "i8"
            array = np.array(array, kind)
            array.reshape(-1)[:rng.choice([1, array.size])] = value
            return array


def make_arguments(rng):
    """(name of a function, the arguments that are not the valid ones)."""
    name = rng.choice(list(functions()))
    own = valid(name)
    if not own:
        return name, {}
    names = rng.sample(list(own), min(len(own), rng.choice([0, 1, 1, 1, 2])))
    return name, {each: hostile(rng, each, own[each]) for each in names}


@lru_cache
def valid(name):
    """Valid arguments of a function by the names in its signature; optional ones that `good` lacks are left out."""
    known, found = good() | own().get(name, {}), {}
    for parameter in inspect.signature(functions()[name]).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.name in known and parameter.name not in UNASKED:
            found[parameter.name] = known[parameter.name]
        elif parameter.default is parameter.empty:
            raise KeyError(f"{name}: no valid {parameter.name}")
    return found


def start_arguments(folder):
    """A documented error, or an answer that is right where a plain computation knows it."""
    (Path(folder) / "good.jsonl").write_text('{"title": "Mug", "category": ["Kitchen"]}\n')

    def check(given):
        name, wrong = given
        arguments = valid(name) | wrong
        try:
            answer = functions()[name](**arguments)
        except (*DOCUMENTED, *OF_THE_SYSTEM) as error:
            assert wrong, f"valid arguments refused: {error!r}"
            if not isinstance(error, OF_THE_SYSTEM) and not is_raised_here(error):
                raise
            assert len(str(error)) < 5_000, "a message without end"
            return False
        right(name, arguments, answer)
        return True

    return check


def is_raised_here(error):
    """Whether a `raise` of nnlite has made this error, not an operation of Python, NumPy or SciPy within nnlite."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return PACKAGE in Path(frame.filename).parents and frame.line.startswith("raise ")


# ---- what is right

def right(name, given, answer):
    """AssertionError if the answer is not what a plain computation gives, for the functions that have one here."""
    if name in RIGHT:
        RIGHT[name](given, answer)


def top_k_is_right(given, answer):
    z, (ids, p) = logits(given), answer
    assert ids.shape == (z.shape[0], given["k"])
    assert np.allclose(p, -np.sort(-sigmoid(z), axis=1)[:, :int(given["k"])], atol=1e-5)


def above_is_right(given, answer):
    p, cut = sigmoid(logits(given)), np.asarray(given["thresholds"], float)
    close = np.abs(p - cut) < 1e-6
    assert (((p > cut) == (answer.toarray() > 0)) | close).all()


def logits(given):
    exact = {name: p.astype(float) for name, p in good()["model"].params.items()}
    return reference.forward(exact, given["x"].toarray().astype(float), "relu")[1]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def hits_are_right(given, answer):
    dense, ids = given["truth"].toarray(), np.asarray(given["ids"])
    assert answer.shape == ids.shape
    want = [[bool(0 <= i < dense.shape[1] and dense[n, int(i)]) for i in row] for n, row in enumerate(ids)]
    assert answer.tolist() == want


def is_fraction(given, answer):
    for value in answer.values() if isinstance(answer, dict) else [answer]:
        assert 0 <= value <= 1 + 1e-9, f"want a fraction of 1, got {value}"


def precision_is_right(given, answer):
    dense, ids, k = given["truth"].toarray(), np.asarray(given["ids"]), int(given["k"])
    rows = [sum(dense[n, i] for i in row[:k]) / k for n, row in enumerate(ids) if dense[n].any()]
    assert np.isclose(answer, np.mean(rows) if rows else 0)


def groups_are_right(given, answer):
    counts, parts = [int(n) for n in given["label_counts"]], int(given["parts"])
    assert len(answer) == len(counts) and all(0 <= group < parts for group in answer)
    before, total = 0, max(sum(counts), 1)
    for label in sorted(range(len(counts)), key=lambda i: (-counts[i], i)):
        assert answer[label] == min(parts * before // total, parts - 1), "not the group of its first occurrence"
        before += counts[label]


def scores_are_right(given, answer):
    data = given["dataset"]
    assert answer["rows"] == len(data) and answer["bce"] >= 0
    assert all(0 <= value <= 1 + 1e-9 for name, value in answer.items() if "@" in name or "f1" in name), answer
    for k in given["ks"]:
        assert f"P@{k}" in answer or k > data.n_labels, f"no score for k = {k!r}"


def loss_is_right(given, answer):
    z = given["h"].astype(float) @ given["w"].T + given["b"]
    loss, dz = reference.bce_with_logits(z, given["y"].toarray())
    assert np.isclose(answer[0], loss, rtol=1e-4) and np.allclose(answer[1], dz @ given["w"], atol=1e-3)


def pairs_are_right(given, answer):
    assert len(answer) == len(list(given["titles"]))
    assert all(0 <= p <= 1 and name in classifier().classes_ for pairs in answer for name, p in pairs)


RIGHT = {
    "MLP.top_k": top_k_is_right, "MLP.above": above_is_right, "metrics.hits": hits_are_right,
    "metrics.precision_at_k": precision_is_right, "metrics.recall_at_k": is_fraction, "metrics.ndcg_at_k": is_fraction,
    "metrics.psp_at_k": is_fraction, "metrics.psndcg_at_k": is_fraction, "metrics.coverage_at_k": is_fraction,
    "metrics.frequency_groups": groups_are_right, "evaluate": scores_are_right, "evaluation.evaluate": scores_are_right,
    "linear_bce": loss_is_right, "TitleClassifier.predict_top_k": pairs_are_right,
    "TitleClassifier.predict_above": pairs_are_right, "TitleClassifier.score": is_fraction,
    "calibration.best_threshold": is_fraction, "check_gradients": is_fraction,
}
