"""Claim: another job, another folder and damaged chunks are refused, and nothing in the place is touched."""

import os
import shutil

import numpy as np
import pytest
from numbered import RECORDS, N, content, records_file, refused, rows
from problems import change_json

from nnlite import Record, Vocabulary
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.data.parts import Part
from nnlite.system import array_folder


def test_another_job_touches_nothing(tmp_path, vocabulary):
    place = tmp_path / "a"
    write_chunks(place, RECORDS, vocabulary, 29)
    before = content(place)
    others = Vocabulary.build(RECORDS[:150], min_count=1, tfidf=True)
    changed = [*RECORDS[:99], Record("other", ("L1",)), *RECORDS[100:]]
    other_settings = Vocabulary.build(RECORDS, min_count=1)
    for records, job, words in (
            (RECORDS, (vocabulary, 30), ["want chunk_rows 30, got 29"]), (RECORDS, (others, 29), ["vocabulary"]),
            (RECORDS, (other_settings, 29), ["want vocabulary"]), (RECORDS, (vocabulary, 29, (), 1), ["seed 1"]),
            (changed, (vocabulary, 29), ["part-00003", "want the 29 records", "29 others"]),
            (RECORDS[:99], (vocabulary, 29), ["part-00003", "want the 29 records", "12 others"]),
            (RECORDS[:58], (vocabulary, 29), ["part-00002", "0 others"]),
            (RECORDS + RECORDS[:1], (vocabulary, 29), ["203 records, finished", "got more"])):
        refused(lambda: write_chunks(place, iter(records), *job), str(place), *words)
        assert content(place) == before
    shuffled = [w[::-1] for w in vocabulary.words]
    same_settings = Vocabulary(dict(zip(shuffled, vocabulary.word_counts)),
                               dict(zip(vocabulary.labels, vocabulary.label_counts)), N, **vocabulary.settings)
    refused(lambda: write_chunks(place, RECORDS, same_settings, 29), "want the same words and labels")
    assert content(place) == before
    assert rows(write_chunks(place, iter(RECORDS), vocabulary, 29)) == rows(ChunkFolder(place))


def test_records_with_other_categories_are_others(tmp_path, vocabulary):
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    changed = [*RECORDS[:99], RECORDS[99]._replace(categories=("L1",)), *RECORDS[100:]]
    refused(lambda: write_chunks(tmp_path / "a", changed, vocabulary, 29), "part-00003", "29 others")


@pytest.mark.parametrize("later", [10**9, 10**6], ids=["a second", "a millisecond"])
def test_a_file_of_the_same_size_that_was_written_again_is_another(later, tmp_path, vocabulary):
    path = records_file(tmp_path)
    os.utime(path, ns=(10**18, 10**18))
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29, [path])
    os.utime(path, ns=(10**18, 10**18 + later))
    refused(lambda: write_chunks(tmp_path / "a", RECORDS, vocabulary, 29, [path]), "another job: want sources")


def test_a_file_of_another_name_or_one_more_is_another(tmp_path, vocabulary):
    path = records_file(tmp_path)
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29, [path])
    copy = shutil.copy2(path, tmp_path / "copy.jsonl")  # of the same size and time of change
    for sources in [copy], [path, copy], []:
        refused(lambda: write_chunks(tmp_path / "a", RECORDS, vocabulary, 29, sources), "another job: want sources")


def test_something_else_in_the_place_is_left_alone(tmp_path, vocabulary):
    (tmp_path / "file").write_text("mine")
    for name in "full", "data":
        (tmp_path / "dir" / name).mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    array_folder.write(tmp_path / "model", "model", {})
    for name in "file", "dir", "other", "model":
        refused(lambda: write_chunks(tmp_path / name, RECORDS, vocabulary), str(tmp_path / name), "something else")
    assert (tmp_path / "file").read_text() == (tmp_path / "other" / "notes.txt").read_text() == "mine"
    for name in "file", "dir", "none":
        with pytest.raises(OSError, match=name):
            ChunkFolder(tmp_path / name)


def test_nothing_to_write(tmp_path, vocabulary):
    refused(lambda: write_chunks(tmp_path / "a", [], vocabulary), "at least one record")
    refused(lambda: write_chunks(tmp_path / "a", RECORDS, vocabulary, 0), "chunk_rows of at least 1, got 0")
    refused(lambda: ChunkFolder(tmp_path / "a"), "unfinished")
    assert write_chunks(tmp_path / "a", RECORDS, vocabulary).n_rows == N
    with pytest.raises(FileNotFoundError):
        write_chunks(tmp_path / "b", RECORDS, vocabulary, sources=[tmp_path / "none.jsonl"])
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("damage, words", [
    (lambda part: os.truncate(part / "words.npy", 300), ["part-00002/words.npy", "damaged"]),
    (lambda part: (part / "ends.npy").write_bytes(b"\0" * len((part / "ends.npy").read_bytes())), ["CRC-32"]),
    (lambda part: (part / "labels.npy").unlink(), ["labels.npy"]),
    (lambda part: change_json(part / "part.json", format=99), ["part.json", "want format 1 or", "got 99"]),
    (lambda part: change_json(part / "part.json", n_rows="29"), ["want"]),
    (lambda part: change_json(part / "part.json", n_rows=28), ["part-00002", "want arrays"]),
    (lambda part: change_json(part.parent / "data" / "data.json", format="1"), ["data.json", "another version"]),
    (lambda part: change_json(part.parent / "data" / "data.json", n_rows=N + 1), ["want parts of 204 rows"]),
    (lambda part: change_json(part.parent / "data" / "data.json", n_parts=8), ["want 8 parts, got 7"]),
    (lambda part: change_json(part.parent / "data" / "data.json", vocabulary={}), ["Vocabulary"]),
    (lambda part: change_json(part.parent / "data" / "data.json", bad_lines=None), ["bad_lines", "want"]),
    (lambda part: part.rename(part.with_name("elsewhere")), ["want 7 parts, got 6"]),
    (lambda part: array_folder.write(part, "part", {"n_rows": 29, "records_crc32": 0},
                                     {"ends": np.zeros((30, 2), np.int64)}),
     ["part-00002", "want arrays"]),
    (lambda part: array_folder.write(part, "part", {"n_rows": 29, "records_crc32": 0}, {
        "ends": np.zeros((30, 2), np.int64), **{k: np.zeros(9, np.int64) for k in ("words", "labels", "weights")}}),
     ["part-00002", "int64"]),
])
def test_damage_is_one_clear_error(tmp_path, vocabulary, damage, words):
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    damage(tmp_path / "a" / "part-00002")
    refused(lambda: ChunkFolder(tmp_path / "a"), *words)


@pytest.mark.parametrize("name, entry, value", [
    ("words", 5, 10**6), ("labels", 5, -1), ("ends", 20, -9), ("ends", 20, 2**40), ("ends", 59, 2**40), ("ends", 0, -1),
    ("ends", ..., 0), ("words", ..., 0), ("words", None, 0), ("ends", None, 0), ("weights", None, 0),
])
def test_files_that_change_under_a_reader_never_reach_the_kernels(tmp_path, vocabulary, name, entry, value):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    path = tmp_path / "a" / "part-00002" / f"{name}.npy"
    if entry is None:
        os.truncate(path, 200)
    else:
        array = np.load(path)
        array.reshape(-1)[entry] = value
        np.save(path, array)
    refused(lambda: list(folder), "part-00002", name, "changed since it was opened")


@pytest.mark.parametrize("change", [lambda rows: rows[:-1], lambda rows: np.append(rows, 0), lambda rows: rows[None]])
def test_counts_of_other_labels_are_refused(tmp_path, vocabulary, change):
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    header, arrays, texts = array_folder.read(tmp_path / "a" / "data", "data")
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    arrays |= {"label_rows": change(np.array(arrays["label_rows"]))}
    array_folder.write(tmp_path / "b" / "data", "data", header, {n: np.array(a) for n, a in arrays.items()}, texts)
    for part in (tmp_path / "a").glob("part-*"):
        shutil.copytree(part, tmp_path / "b" / part.name)
    refused(lambda: ChunkFolder(tmp_path / "b"), str(tmp_path / "b"), "want parts of 203 rows and 12 labels, got othe")


@pytest.mark.parametrize("name, n", [("words", 210), ("labels", 12)])
def test_the_last_id_is_read_and_the_one_after_it_refused(tmp_path, monkeypatch, vocabulary, name, n):
    monkeypatch.setattr(Part, "check_unchanged", lambda part: None)
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    path = tmp_path / "a" / "part-00002" / f"{name}.npy"
    array, ends = np.load(path), np.load(path.with_name("ends.npy"))[:, ["words", "labels"].index(name)]
    row = np.flatnonzero(np.diff(ends))[0]  # rows stay sorted: the smallest ids stand first, the largest last
    for value in n - 1, n, -1, 0:
        changed = array.copy()
        changed[ends[row + 1] - 1 if value > 0 else ends[row]] = value
        np.save(path, changed)
        if 0 <= value < n:
            list(folder)
        else:
            refused(lambda: list(folder), f"part-00002: {name}: changed since", f"want ids of 0..{n - 1}")
