"""Claim: every kind of data that a training takes has the same methods, and the same chunks in memory and on disk."""

import zlib

import numpy as np
import pytest
from problems import random_dataset

from nnlite import Vocabulary, make_catalogue
from nnlite.data.chunked import ChunkedData, DatasetChunks, DatasetStream, chunked
from nnlite.data.chunks import write_chunks


def labels(chunks):
    return [chunk.y.toarray().tolist() for chunk in chunks]


@pytest.mark.parametrize("form", [list, tuple])
def test_a_list_of_datasets(form):
    parts = random_dataset().chunks(25)
    data = chunked(form(parts))
    assert isinstance(data, DatasetChunks) and isinstance(data, ChunkedData) and data.sizes == [25, 25, 11]
    assert list(data) == parts and list(data.in_order(np.array([2, 0, 0]))) == [parts[2], parts[0], parts[0]]
    assert data.crc32() == zlib.crc32(repr([part.crc32() for part in parts]).encode())


def test_a_dataset_is_one_chunk_or_is_cut():
    data = random_dataset()
    assert list(chunked(data)) == [data] and chunked(data).sizes == [61]
    assert chunked(data).crc32() == chunked([data]).crc32()
    assert chunked(data, 25).sizes == [25, 25, 11] and labels(chunked(data, 25)) == labels(data.chunks(25))


def test_a_folder_is_itself(tmp_path):
    records = list(make_catalogue(60))
    folder = write_chunks(tmp_path / "a", records, Vocabulary.build(records, min_count=3), chunk_rows=25)
    assert chunked(folder) is folder and chunked(folder, 25) is folder
    assert labels(folder) == labels(chunked(list(folder))) and folder.sizes == chunked(list(folder)).sizes
    assert labels(folder.in_order([2, 1])) == labels(chunked(list(folder)).in_order([2, 1]))


def test_any_other_iterable_is_a_stream():
    parts = random_dataset().chunks(25)
    once, again = chunked(iter(parts)), chunked(dict.fromkeys(parts))
    for data in once, again:
        assert isinstance(data, DatasetStream) and data.sizes is data.crc32() is None and list(data) == parts
    assert once.one_pass and list(once) == [] and not again.one_pass and list(again) == parts
    with pytest.raises(TypeError, match="data: want Iterable, got int"):
        chunked(3)
