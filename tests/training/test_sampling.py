"""Claim: a sample tells how many records, words and bytes there are, and what held them out and encoded them."""

import gzip
import sys
from math import ceil
from types import SimpleNamespace

import numpy as np
import pytest
from problems import random_dataset
from shops import catalogue_files, shop_file

from nnlite import Vocabulary, read_records
from nnlite.data.holdout import HeldOut
from nnlite.training import recipes
from nnlite.training.sampling import Expected, Sample, grown, spread, spread_of


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    return catalogue_files(tmp_path_factory.mktemp("catalogue"))


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_records_are_estimated_from_the_bytes_that_were_read(ending, catalogue, tmp_path, monkeypatch):
    n, path = 30_000, tmp_path / f"a.jsonl{ending}"
    with (gzip.open if ending else open)(path, "wb") as file:
        file.write((catalogue / "plain.jsonl").read_bytes() * 10)
    monkeypatch.setattr("nnlite.data.records.AHEAD_BYTES", path.stat().st_size // 3)
    for paths, n_all in ([path], n), ([path] * 2, 2 * n):
        reader = read_records(paths)
        next(reader)
        assert reader.expected_records() == pytest.approx(n_all, rel=0.4)  # files are read ahead of their records
        assert reader.n_records < 0.5 * n
        reader.close()
        assert list(reader) == []


def test_of_small_files_all_records_are_counted(catalogue):
    reader = read_records([catalogue / "plain.jsonl", catalogue / "packed.jsonl.gz"])
    next(reader)
    assert reader.expected_records() == 6_000


def test_of_standard_input_all_records_are_counted(catalogue, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=open(catalogue / "plain.jsonl", "rb")))
    with sys.stdin.buffer:
        assert Sample(["-"], 1_000, {}, {}).n_records == 3_000


@pytest.mark.parametrize("most, exact", [(39, False), (40, False), (41, True)])
def test_a_sample_is_the_whole_where_the_files_end_before_it(most, exact, tmp_path):
    sample = Sample([shop_file(tmp_path)], most, dict(label_min_count=1), {})
    assert (sample.exact, sample.n_records, len(sample.records)) == (exact, 40, min(most, 40))
    assert sample.scale == 40 / min(most, 40)


def test_skipped_lines_of_a_sample_do_not_count_as_records(tmp_path):
    """Every second line is skipped, so that 20 of 40 records are half."""
    path = tmp_path / "a.jsonl"
    path.write_text("".join(line + "{}\n" for line in shop_file(tmp_path).read_text().splitlines(True)))
    sample = Sample([path], 20, dict(min_count=1, label_min_count=1), {})
    assert sample.n_records == pytest.approx(40, abs=2)


def test_a_sample_takes_the_memory_of_its_records_its_matrices_and_its_words(tmp_path):
    plain, hashed = (Sample([shop_file(tmp_path)], 99, more, {})
                     for more in (dict(label_min_count=1), dict(label_min_count=1, hash_size=64)))
    expected = Expected(40, n_words=100, n_labels=5, n_seen=1_000)
    for sample, vocabulary in (plain, 350 * 105 + 64 * 1_000), (hashed, 350 * 5 + 64 * 1_000 + 40 * 64):
        sample.records_bytes, sample.scale = 1_000, 3.0
        sample.n_records = sample.n_trained = 120
        assert sample.memory_of(expected) == {
            "records": 3_900, "matrices": 3 * sample.data.nbytes, "vocabulary": vocabulary}


def test_rare_words_count_as_seen(tmp_path):
    sample = Sample([shop_file(tmp_path)], 99, dict(min_count=14, label_min_count=1), {})
    vocabulary = sample.vocabulary
    assert vocabulary.n_dropped_words > 0
    assert sample.expected_sizes({}) == Expected(
        40, vocabulary.n_words, 5, len(vocabulary.words) + vocabulary.n_dropped_words)


def test_all_labels_are_expected_to_be_equally_frequent():
    assert Expected(10, 5, 4, 7).label_frequencies().tolist() == [0.25] * 4


def test_words_grow_by_a_power_of_the_records_that_goes_on_changing():
    assert grown(50, 100, 200, 8) == 1_600 and grown(100, 100, 100, 8) == 100 and grown(50, 100, 200, 1) == 200
    assert grown(100, 200, 200, 4) == 200 and grown(100, 100, 200, 4) == 800  # a power is at least 0, at most 1
    assert grown(100, 141, 216, 4) == pytest.approx(216 * 2 ** (0.734 + 0.851), rel=0.01)  # 0.496, 0.615, then these
    assert grown(100, 141, 200, 2 ** 0.5) == pytest.approx(200 * 2 ** (0.513 / 2), rel=0.01) and grown(0, 0, 0, 5) == 0


def test_a_sample_is_spread_over_all_words():
    data = random_dataset()
    wide = spread(data, 400, 100)
    assert (wide.n_words, wide.n_labels, len(wide)) == (400, 100, 61)
    for got, want in (wide.x, data.x), (wide.y, data.y):
        np.testing.assert_array_equal(got.indptr, want.indptr)
        np.testing.assert_array_equal(got.data, want.data)
    assert ceil(wide.x.indices.max() / 100) > 2


def test_a_dataset_of_all_words_and_labels_is_spread_as_it_is():
    data = random_dataset()
    same = spread(data, data.n_words, data.n_labels)
    for got, want in (same.x, data.x), (same.y, data.y):
        np.testing.assert_array_equal(got.toarray(), want.toarray())


@pytest.mark.parametrize("holdout", [None, 100])
def test_of_a_whole_file_the_same_products_are_held_out_as_by_train(holdout, catalogue):
    records = list(read_records(catalogue / "plain.jsonl"))
    features = recipes.FEATURES["default"]
    sample = Sample([catalogue / "plain.jsonl"], 9_999, features, {}, holdout=holdout, seed=3)
    held = HeldOut([title for title, _ in records], holdout, 3)
    train = [one for one, is_held in zip(records, held.mask([title for title, _ in records])) if not is_held]
    vocabulary = Vocabulary.build(train, **features)
    assert (sample.n_held, sample.n_trained, len(sample.held)) == (held.n_held, 3_000 - held.n_held, held.n_held)
    assert sample.vocabulary.words == vocabulary.words and sample.data.n_rows == len(train)
    assert list(sample.seconds) == ["read", "hold out", "count words", "encode"] and min(sample.seconds.values()) > 0


def test_of_a_part_the_same_share_is_held_out(catalogue):
    sample = Sample([catalogue / "packed.jsonl.gz"], 1_500, {}, {}, holdout=300)
    assert sample.n_held == pytest.approx(300, rel=0.1) and len(sample.held) == pytest.approx(150, abs=3)
    assert sample.n_trained == pytest.approx(sample.n_records - sample.n_held, abs=2)
    assert Sample([catalogue / "plain.jsonl"], 1_500, {}, {}, holdout=0).held is None


def test_on_disk_some_parts_and_the_products_held_out_are_in_memory(tmp_path):
    sample = Sample([shop_file(tmp_path)], 99, dict(label_min_count=1), {}, holdout=8)
    sample.records_bytes, sample.scale = 36_000, 3_000.0
    sample.n_records, sample.n_trained, sample.n_held = 3_000 * 40, 3_000 * len(sample.data), 3_000 * sample.n_held
    in_memory, on_disk = (sample.memory_of(Expected(1, 1, 1, 1), rows) for rows in (None, 20_000))
    assert on_disk["records"] == (20_000 + sample.n_held) * 900
    assert on_disk["matrices"] == pytest.approx(
        3 * sample.n_trained / 6 * sample.data.nbytes / len(sample.data) + 3_000 * sample.held.nbytes)
    assert in_memory["records"] > 3 * on_disk["records"] and in_memory["vocabulary"] == on_disk["vocabulary"]


def test_the_spread_of_a_mean_is_that_of_its_slices():
    rng = np.random.default_rng(0)
    means = [rng.normal(50, 20, 1_000).mean() for _ in range(400)]
    assert spread_of(rng.normal(50, 20, 1_000)) == pytest.approx(np.std(means) / 50, rel=0.4)
    assert spread_of([7] * 100) == 0 == spread_of([1]) and spread_of([1] * 50 + [2] * 50) > 0.1
