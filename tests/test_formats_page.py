"""Claim: nnlite/FORMATS.md is what the code does: its limits are the constants, and folders made by it are read."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from handmade import write_folder
from problems import compiled

import nnlite
from nnlite.data.chunks import ChunkFolder

PAGE = (Path(nnlite.__file__).parent / "FORMATS.md").read_text(encoding="utf-8")
LIMITS = re.findall(r"^\| [^|]+ \| ([\d^, ]+) \| ([\w.]+) \|$", PAGE, re.MULTILINE)
SECRET = [12345678901234567890 % 2**63, 9876543210987654321 % 2**63 | 1]
WORDS, LABELS = ["blue", "dress", "shoe"], ["Women", "Shoes"]


def test_the_page_has_a_table_of_limits():
    assert len(LIMITS) == PAGE.split("## Limits")[1].split("\n## ")[0].count("\n| ") - 1 >= 10


@pytest.mark.parametrize("written, name", LIMITS)
def test_limits_are_those_of_the_code(written, name):
    module, constant = name.rsplit(".", 1)
    numbers = [int(base) ** int(power or 1) for base, power in re.findall(r"(\d+)(?:\^(\d+))?", written)]
    value = getattr(importlib.import_module(f"nnlite.{module}"), constant)
    assert list(value if isinstance(value, tuple) else [value]) == numbers


def hash_of(word):
    """As the page says."""
    state = SECRET[0]
    for character in word:
        state = (state ^ ord(character)) * SECRET[1] % 2**64
        state ^= state >> 32
    return state


def vocabulary(tfidf=False):
    """The header's object, the arrays and the texts of three words and two labels."""
    hashes, ids = np.zeros(8, np.int64), np.zeros(8, np.int32)
    for number, word in enumerate(WORDS, start=1):
        slot = hash_of(word) % 8
        while ids[slot]:
            slot = (slot + 1) % 8
        hashes[slot], ids[slot] = np.uint64(hash_of(word)).astype(np.int64), number
    about = {"n_records": 5, "n_dropped_words": 0, "n_dropped_labels": 0, "word_error": 0, "label_error": 0,
             "min_count": 1,
             "label_min_count": 1, "hash_size": None, "ngrams": 1, "stem": None, "tfidf": tfidf, "first_word": False,
             "shape": False, "hash_secret": SECRET}
    arrays = {"word_counts": np.array([3, 2, 1]), "label_counts": np.array([4, 1]), "word_hashes": hashes,
              "word_ids": ids}
    return about, arrays, {"words": WORDS, "labels": LABELS}


@compiled
def test_a_model_made_by_hand_is_loaded_and_predicts(tmp_path):
    about, arrays, texts = vocabulary()
    header = {"recipe": "default", "overrides": {}, "threshold": 0.5, "activation": "relu", "output": "sigmoid",
              "training": {}, "vocabulary": about, "categories": {"mapped": False, "others": None, "major": None}}
    w = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    params = {"features.W": w, "features.b": np.zeros(2, np.float32), "labels.W": 6 * np.eye(2, dtype=np.float32),
              "labels.b": np.full(2, -3, np.float32)}
    write_folder(tmp_path / "m", "model", 3, header, params | arrays, texts)
    classifier = nnlite.TitleClassifier.load(tmp_path / "m")
    assert classifier.predict(["A blue dress", "shoe", "hat"]) == [("Women",), ("Shoes",), ()]
    (name, p), _ = classifier.predict_top_k(["dress"])[0]
    assert name == "Women" and p == pytest.approx(1 / (1 + np.exp(-3)))


@compiled
@pytest.mark.parametrize("tfidf", [False, True])
def test_chunks_made_by_hand_are_read(tfidf, tmp_path):
    about, arrays, texts = vocabulary(tfidf)
    header = {"chunk_rows": 3, "seed": 0, "sources": [], "vocabulary": about, "n_rows": 5, "n_parts": 2,
              "bad_lines": {}}
    write_folder(tmp_path / "data", "data", 3, header, arrays | {"label_rows": np.array([2, 1])}, texts)
    parts = {"words": np.array([0, 1], np.int32), "labels": np.array([0, 1], np.int32),
             "ends": [[0, 0], [2, 2], [2, 2], [2, 2]]
             }, {"words": np.array([2], np.int32), "labels": np.array([0], np.int32), "ends": [[0, 0], [0, 1], [1, 1]]}
    for number, part in enumerate(parts):
        part = part | {"ends": np.array(part["ends"])}
        if tfidf:
            part["weights"] = np.full(part["words"].size, 0.5, np.float32)
        about_part = {"n_rows": len(part["ends"]) - 1, "records_crc32": 0}
        write_folder(tmp_path / f"part-{number:05}", "part", 3, about_part, part, {})
    chunks = ChunkFolder(tmp_path)
    rows = np.concatenate([np.hstack([data.x.toarray(), data.y.toarray()]) for data in chunks])
    one = 0.5 if tfidf else 1
    want = [[one, one, 0, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, one, 0, 0]]
    assert sorted(rows.tolist()) == sorted(want) and chunks.vocabulary.words == WORDS
