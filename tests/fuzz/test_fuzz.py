"""Claim: nothing hostile hangs nnlite, makes it fail otherwise than documented, or makes it give a wrong answer; and
the fuzzer that looks for such inputs (`fuzz.py`) notices what it should notice."""

import gzip
import os
import subprocess
import sys
import time
from random import Random

import children
import fuzz
import numpy as np
import pytest
from problems import compiled

import nnlite


@pytest.mark.parametrize("name", ["records", "documents", "xmc", "mapping"])
def test_files(name, tmp_path, monkeypatch):
    feed(name, 400, tmp_path, monkeypatch)


@compiled
@pytest.mark.parametrize("name", ["titles", "vocabulary", "model", "chunks", "command", "datasets", "arguments",
                                  "model-arrays", "shrunk-arrays", "chunk-arrays", "checkpoints"])
def test_titles_and_folders(name, tmp_path, monkeypatch):
    feed(name, 60, tmp_path, monkeypatch)


def feed(name, n_inputs, folder, monkeypatch):
    """The first inputs of a target, in this process. Some are accepted, some are refused."""
    monkeypatch.chdir(folder)
    check = fuzz.TARGETS[name].start(folder)
    outcomes = {bool(check(fuzz.made(name, fuzz.TARGETS[name], number))) for number in range(n_inputs)}
    assert outcomes == {True, False}


@compiled
def test_every_function_has_valid_arguments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check = fuzz.TARGETS["arguments"].start(tmp_path)
    assert all(check((name, {})) for name in fuzz.arguments.functions())


@pytest.mark.parametrize("name, content", [
    ("a.txt.gz", gzip.compress(b"1 4 5\n0 1:1\n", mtime=0)[:-9]), ("a.txt.xz", b"\xfd7zXZ\0"), ("a.txt.bz2", b"BZh9"),
    ("a.txt", b"\xff 4 5\n"), ("a.txt", b"1 9999999999 5\n0 9999999998:1\n"), ("a.txt", b"0 -1 5\n"),
])
def test_files_that_were_not_refused_as_documented(name, content, tmp_path):
    assert fuzz.TARGETS["xmc"].start(tmp_path)((name, content)) is False


@compiled
def test_arguments_that_were_refused_in_words_of_numpy_and_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check = fuzz.TARGETS["arguments"].start(tmp_path)
    ragged = [[1], [1, 2]]
    for name, wrong in [
        ("SGD", {"lr": "x"}), ("AdaGrad", {"eps": np.nan}), ("Adam", {"beta1": 1}), ("Dataset", {"weights": ragged}),
        ("Dataset.chunks", {"n_rows": 1.5}), ("Dataset.take", {"rows": {}}), ("MLP", {"n_words": "3"}),
        ("MLP", {"hidden": None}), ("MLP", {"seed": -1}), ("MLP", {"activation": []}), ("MLP.logits", {"x": None}),
        ("MLP.top_k", {"threads": "3"}), ("MLP.from_params", {"params": {1: 2}}), ("Trainer", {"model": None}),
        ("Trainer", {"dropout": "x"}), ("Trainer", {"seed": -1}), ("Vocabulary", {"label_counts": None}),
        ("Vocabulary", {"n_records": "x"}), ("Vocabulary", {"word_counts": {"a": 2**70}}),
        ("Vocabulary.build", {"records": [None]}), ("Vocabulary.build", {"stem": "x"}), ("evaluate", {"model": None}),
        ("Predictor.predict_top_k", {"k": None}), ("calibration.binned", {"y": None}),
        ("explanation.explain", {"title": 3}), ("holdout_split", {"seed": "x"}), ("inspect_file", {"path": "\0"}),
        ("read_records", {"path": None}), ("linear_bce", {"w": ragged}), ("metrics.f1", {"n_both": ragged}),
        ("metrics.psp_at_k", {"ids": np.zeros((6, 4), int)}), ("metrics.propensities", {"a": 10**400}),
        ("metrics.wilson", {"n_true": np.array([9, 9, 9])}), ("metrics.sigmoid", {"z": np.nan}),
    ]:
        assert check((name, wrong)) is False, name


@compiled
def test_no_rows_have_no_likeliest_label_and_empty_bins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good, functions = fuzz.arguments.good(), fuzz.arguments.functions()
    none = {"x": good["x"][:0], "y": good["y"][:0]}
    assert functions["explanation.likeliest_true"](good["model"], **none).tolist() == []
    tables = functions["calibration.binned"](
        **fuzz.arguments.valid("calibration.binned") | none | {"y": nnlite.data.label_checks.check_labels(none["y"])})
    assert [table.tolist() for table in tables] == [[[0] * 5]] * 3


@pytest.mark.parametrize("changes", [
    {"ngrams": 10**18}, {"stem": 10**18}, {"min_count": 10**30}, {"n_records": 10**400}, {"n_dropped_words": 2**63},
])
def test_vocabularies_that_hung_or_failed(changes, tmp_path):
    header, arrays, texts = fuzz.models.vocabularies()[0]
    assert fuzz.TARGETS["vocabulary"].start(tmp_path)((header | changes, arrays, texts)) is False


def test_counts_too_large_to_add_to(tmp_path):
    header, arrays, texts = fuzz.models.vocabularies()[0]
    most = np.full_like(arrays["word_counts"], 2**63 - 1)
    assert fuzz.TARGETS["vocabulary"].start(tmp_path)((header, arrays | {"word_counts": most}, texts)) is False


def number_of(rng):
    """An input that is a number, and not much else."""
    return rng.randrange(1_000)


def good(folder):
    return lambda number: number % 2


def wrong(folder):
    return lambda number: 1 // 0


def hanging(folder):
    """From the second input on: the first one may compile kernels."""
    waits = iter([0, 99])
    return lambda number: time.sleep(next(waits))


def dying(folder):
    return lambda number: os.abort()


@pytest.fixture
def copies(monkeypatch):
    """Targets are fed in copies of a process that has imported nnlite."""
    monkeypatch.setattr(fuzz, "context", children.ready_context())


@pytest.mark.usefixtures("copies")
@pytest.mark.parametrize("start, trouble, n_done", [
    (good, None, 9), (wrong, "ended with 1", 0), (hanging, "not done after 1 s", 1), (dying, "ended with -6", 0)])
def test_what_goes_wrong_is_noticed_and_can_be_repeated(start, trouble, n_done, monkeypatch):
    if start is hanging:
        monkeypatch.setattr(fuzz, "LIMIT_SECONDS", 1)
    said = []
    total, n_failed = fuzz.fuzz({"x": fuzz.Target(9, number_of, start)}, seed=70, seconds=60, say=said.append)
    assert (total, n_failed) == (n_done, bool(trouble))
    if trouble:
        number = 70 + n_done
        assert trouble in said[2] and f"the input {number_of(Random(f'x {number}'))}" in said[2]
        assert said[2].endswith(f"fuzz.py x --seed {number} --inputs 1")


def number_below_0(rng):
    raise ValueError("want a number below 0")


@pytest.mark.usefixtures("copies")
def test_an_input_that_cannot_be_made_is_the_failure_of_its_target():
    said = []
    targets = {"x": fuzz.Target(9, number_below_0, good), "y": fuzz.Target(9, number_of, good)}
    assert fuzz.fuzz(targets, seed=70, seconds=60, say=said.append) == (9, 1)
    assert any("at the input that cannot be made: ValueError('want a number below 0')" in text for text in said)


@pytest.mark.parametrize("seed", range(20))
def test_changes_of_an_array_without_axes(seed):
    changed = fuzz.arrays.changed(Random(seed), {"n": 1}, {"a": np.float32(1).reshape(())}, {})
    assert all(array.dtype.kind in "fiu?" for array in changed[1].values())


def test_a_command_line_for_one_input_again():
    words = [sys.executable, fuzz.__file__, "mapping", "--seed", "4711", "--inputs", "1"]
    process = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0 and process.stdout.split()[4:6] == ["mapping", "1"], process.stderr
