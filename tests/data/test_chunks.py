"""Claim: a folder of chunks holds every record once, well mixed, and trains as if in memory."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numbered import RECORDS, N, content, records_file, refused, rows, same
from problems import compiled
from shops import lines

from nnlite import MLP, AdaGrad, Dataset, Record, Trainer, Vocabulary, make_catalogue, read_records
from nnlite.data import chunks
from nnlite.data.chunks import ChunkFolder, write_chunks

KINDS = [dict(), dict(tfidf=True), dict(hash_size=50), dict(hash_size=50, tfidf=True)]


# ---- what is written is read

@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("chunk_rows", [13, 20, 29, N, 1000])
def test_every_record_is_in_one_chunk(tmp_path, settings, chunk_rows):
    built = Vocabulary.build(RECORDS, min_count=2, **settings)
    folder = write_chunks(tmp_path / "a", iter(RECORDS), built, chunk_rows)
    found = list(folder)
    assert rows(found) == rows([built.encode(RECORDS)])
    assert [len(data) for data in found] == folder.sizes and len(folder) == len(found) == -(-N // chunk_rows)
    assert max(folder.sizes) <= chunk_rows + len(folder) and min(folder.sizes) > 0
    for data in found:
        assert (data.n_words, data.n_labels) == (folder.n_words, folder.n_labels) == (built.n_words, len(built.labels))
        assert same(data, Dataset(data.x, data.y))  # the types that kernels expect
        assert all(array.flags.writeable for csr in data.arrays() for array in csr)
    np.testing.assert_array_equal(folder.label_frequencies(), built.encode(RECORDS).label_frequencies())
    assert folder.n_rows == N and folder.vocabulary.words == built.words
    assert sum(1 for path in tmp_path.rglob("weights.npy")) == (len(folder) if settings.get("tfidf") else 0)


@given(st.integers(1, 90), st.integers(1, 12), st.integers(1, 5))
def test_pieces_make_up_the_parts(n, chunk_rows, mixed):
    """Each row of each part in one chunk; no chunk empty, none larger than its share and one row a part."""
    parts = [type("Part", (), {"n_rows": min(chunk_rows, n - start)}) for start in range(0, n, chunk_rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MIXED_PARTS", mixed)
        made = chunks.chunks_of(parts)
    taken = [(parts.index(part), row) for pieces in made for part, piece in pieces
             for row in range(piece.start, piece.stop)]
    assert sorted(taken) == [(i, row) for i, part in enumerate(parts) for row in range(part.n_rows)]
    sizes = [sum(piece.stop - piece.start for _, piece in pieces) for pieces in made]
    assert len(made) == len(parts) and all(len(pieces) <= mixed for pieces in made)
    assert 0 < min(sizes) and max(sizes) <= chunk_rows + mixed


def test_empty_rows_come_back(tmp_path):
    records = [Record("unknown", ("Unknown",))] * 3 + [Record("a b", ("X",))] * 2
    built = Vocabulary.build(records[3:], min_count=2)
    for n in 3, 5:
        folder = write_chunks(tmp_path / str(n), records[:n], built, chunk_rows=2)
        assert rows(folder) == rows([built.encode(records[:n])])


def test_sorted_records_are_mixed(tmp_path, vocabulary):
    """Records sorted by category, 29 of each: each chunk of 29 has some of all, whatever the group, no two alike."""
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, chunk_rows=29)
    first = [vocabulary.labels.index(f"L{i}") for i in range(7)]
    for data in folder:
        assert (data.y.sum(axis=0)[first] >= 4).all()
    in_order = [vocabulary.words.index(f"n{i}") for i in range(29)]
    picked = [[i for i, word in enumerate(in_order) if word in data.x.indices] for data in folder]
    assert sorted(sum(picked, [])) == list(range(29)) and max(map(len, picked)) <= 5
    assert picked != [list(part) for part in np.array_split(np.arange(29), 7)]  # not simply cut


def test_each_part_has_an_order_of_its_own(tmp_path, vocabulary):
    write_chunks(tmp_path / "a", RECORDS[:29] * 2, vocabulary, chunk_rows=29)
    one, other = (np.load(tmp_path / "a" / f"part-0000{k}" / "words.npy") for k in range(2))
    assert sorted(one) == sorted(other) and one.tolist() != other.tolist()


def test_groups_take_from_everywhere(tmp_path, vocabulary, monkeypatch):
    monkeypatch.setattr(chunks, "MIXED_PARTS", 4)
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, chunk_rows=29)
    labels = [{f"L{i}" for i in range(7) if vocabulary.labels.index(f"L{i}") in data.y.indices} for data in folder]
    assert labels == 4 * [{"L0", "L2", "L4", "L6"}] + 3 * [{"L1", "L3", "L5"}]
    assert rows(folder) == rows([vocabulary.encode(RECORDS)])


def test_the_seed_decides(tmp_path, vocabulary):
    a, b, c = (write_chunks(tmp_path / name, iter(RECORDS), vocabulary, 29, seed=seed)
               for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert all(map(same, a, b)) and not any(map(same, a, c))


def test_files_of_any_kind(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(lines(RECORDS[:5]) + '{\n{"category": ["A"]}\n' + lines(RECORDS[5:]))
    built = Vocabulary.build(read_records(path), min_count=1)
    folder = write_chunks(tmp_path / "a", read_records(path), built, 50, sources=[path])
    assert folder.skipped == {"not JSON": 1, "no title": 1} and rows(folder) == rows([built.encode(RECORDS)])
    assert same(write_chunks(tmp_path / "a", iter([None]), built, 50, sources=[path])[0], folder[0])  # nothing is read
    with open(path, "a") as file:
        file.write("\n")
    before = content(tmp_path / "a")
    with pytest.raises(ValueError, match="another job: want sources .*records.jsonl"):
        write_chunks(tmp_path / "a", read_records(path), built, 50, sources=[path])
    assert content(tmp_path / "a") == before


def test_a_file_that_changes_while_it_is_read(tmp_path, vocabulary):
    path = tmp_path / "records.jsonl"
    path.write_text("{}")

    def records():
        yield from RECORDS
        path.write_text("{}\n{}")

    refused(lambda: write_chunks(tmp_path / "a", records(), vocabulary, 29, [path]), str(path), "changed while")
    refused(lambda: ChunkFolder(tmp_path / "a"), "unfinished")


def test_label_frequencies_are_those_of_the_records_also_where_parts_were_there(tmp_path, vocabulary):
    want = vocabulary.encode(RECORDS).label_frequencies()
    first = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    again = write_chunks(tmp_path / "a", iter(RECORDS), vocabulary, 29)
    for folder in first, again, ChunkFolder(tmp_path / "a"):
        np.testing.assert_array_equal(folder.label_frequencies(), want)


def test_the_sum_tells_folders_of_other_records_or_seeds_apart(tmp_path, vocabulary):
    changed, other = ([*RECORDS[:99], RECORDS[99]._replace(**change), *RECORDS[100:]]
                      for change in (dict(categories=("L1",)), dict(title="w1 w2")))
    sums = [write_chunks(tmp_path / name, records, vocabulary, 29, seed=seed).crc32()
            for name, records, seed in (("a", RECORDS, 0), ("b", RECORDS, 0), ("c", RECORDS, 1), ("d", changed, 0),
                                        ("e", other, 0))]
    assert sums[0] == sums[1] and len(set(sums)) == 4


def test_the_sum_and_the_resumed_job_do_not_depend_on_the_secret_of_the_hash(tmp_path):
    """Each time the vocabulary is built again, as by a training that was killed, with another secret."""
    made = []
    for name in "a", "a", "b":
        vocabulary = Vocabulary.build(RECORDS, min_count=1)
        made.append(write_chunks(tmp_path / name, iter(RECORDS), vocabulary, 29))
    assert len({folder.crc32() for folder in made}) == 1
    first, again, other = (folder.vocabulary.secret.tolist() for folder in made)
    assert first == again != other
    want = vocabulary.encode(RECORDS[:9])
    for folder in made:
        for got, matrix in zip(folder.vocabulary.encode(RECORDS[:9]).arrays()[:2], want.arrays()):
            np.testing.assert_equal(tuple(got), tuple(matrix))


# ---- reading ahead

def test_chunks_in_any_order_any_number_of_times(tmp_path, vocabulary):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    for order in [6, 0, 0, 3], np.array([2, 1]), []:
        assert all(same(data, folder[c]) for data, c in zip(folder.in_order(order), order, strict=True))
    pairs = list(zip(folder, folder))  # two passes at once
    assert len(pairs) == 7 and all(same(*pair) for pair in pairs)
    next(iter(folder))  # a pass that is given up
    assert all(map(same, folder, folder))
    with pytest.raises(IndexError):
        folder[7]


def test_the_next_chunk_is_read_while_one_is_in_use(tmp_path, vocabulary, monkeypatch):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    read, threads, done = [], set(), threading.Event()
    plain = ChunkFolder.__getitem__

    def noted(self, c):
        data = plain(self, c)
        read.append(c)
        threads.add(threading.get_ident())
        done.set()
        return data

    monkeypatch.setattr(ChunkFolder, "__getitem__", noted)
    for c, _ in enumerate(folder):
        deadline = time.monotonic() + 30
        while len(read) < min(c + 2, 7) and time.monotonic() < deadline:
            done.wait(0.01)
        time.sleep(0.01)
        assert read == list(range(min(c + 2, 7)))  # the next, and no more
    assert threading.get_ident() not in threads


def test_an_error_of_the_thread_reaches_the_reader(tmp_path, vocabulary):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    (tmp_path / "a" / "part-00003" / "labels.npy").unlink()
    with pytest.raises(FileNotFoundError, match="part-00003/labels.npy"):
        list(folder)


@compiled
def test_training_from_disk_is_training_from_memory(tmp_path):
    """The same bits of all parameters: chunks read ahead, and the same Datasets in a list."""
    records = list(make_catalogue(3_000))
    built = Vocabulary.build(records, tfidf=True)
    folder = write_chunks(tmp_path / "a", records, built, chunk_rows=701)
    results = []
    for data in folder, list(folder):
        for order in "shuffled", "chunks":
            model = MLP(folder.n_words, folder.n_labels, hidden=(20,), activation="relu")
            history = Trainer(model, AdaGrad(0.05), batch_rows=64, epochs=2, order=order).fit(data)
            results.append([*model.params.values(), history.loss])
    for from_disk, from_memory in zip(results[:2], results[2:]):
        assert all(np.array_equal(a, b) for a, b in zip(from_disk, from_memory))
        assert from_disk[-1][-1] < from_disk[-1][0] / 2


def test_relative_names_of_the_folder_and_of_a_file_mean_what_they_meant(tmp_path, vocabulary, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = records_file(tmp_path)
    folders = [write_chunks("a", RECORDS, vocabulary, 29, ["records.jsonl"]), ChunkFolder("a")]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    again = write_chunks(tmp_path / "a", iter([None]), vocabulary, 29, [path])  # the same file: nothing is read
    assert all(folder.folder == tmp_path / "a" and same(folder[3], again[3]) for folder in folders)


def test_repr_and_what_was_skipped_where_no_file_was_read(tmp_path, vocabulary):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    assert repr(folder) == "ChunkFolder(203 rows in 7 chunks, 210 words, 12 labels)" and folder.skipped == {}
    folder.n_rows, folder.n_words, folder.n_labels, folder.sizes = 1_000, 2_000, 3_000, [0] * 4_000
    assert repr(folder) == "ChunkFolder(1,000 rows in 4,000 chunks, 2,000 words, 3,000 labels)"


def test_chunks_are_counted_from_the_end_too(tmp_path, vocabulary):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    assert same(folder[-1], folder[6]) and not same(folder[-1], folder[0])


def test_so_many_parts_make_one_group_and_one_more_makes_two(monkeypatch):
    monkeypatch.setattr(chunks, "MIXED_PARTS", 4)
    parts = [type("Part", (), {"n_rows": 10})() for _ in range(5)]
    assert [len(pieces) for pieces in chunks.chunks_of(parts[:4])] == [4] * 4
    assert [len(pieces) for pieces in chunks.chunks_of(parts)] == [3] * 3 + [2] * 2
