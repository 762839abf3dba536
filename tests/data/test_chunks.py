"""Claim: a folder of chunks holds every record once, well mixed, survives any crash, and trains as if in memory."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import change_json, compiled
from shops import lines

from nnlite import MLP, AdaGrad, Dataset, Record, Trainer, Vocabulary, make_catalogue, read_records
from nnlite.data import chunks
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.data.parts import Part
from nnlite.system import array_folder, beside

N = 203
RECORDS = [Record(f"n{i} w{i % 7} w{i % 7} w{i // 29}", (f"L{i // 29}", f"M{i % 5}")) for i in range(N)]
KINDS = [dict(), dict(tfidf=True), dict(hash_size=50), dict(hash_size=50, tfidf=True)]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.build(RECORDS, min_count=1, tfidf=True)


def rows(datasets):
    """Every row of some Datasets as one line of numbers, sorted."""
    return sorted(np.hstack([row, labels]).tolist() for data in datasets
                  for row, labels in zip(data.x.toarray(), data.y.toarray()))


def same(one, other):
    """Whether two Datasets are equal to the last bit, and in their types."""
    arrays = [[a for matrix in data.arrays() for a in matrix] for data in (one, other)]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(*arrays))


def content(folder):
    """Every file below a folder, and what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


# ---- what is written is read

@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("chunk_rows", [7, 20, 29, N, 1000])
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


# ---- what is refused

def refused(function, *words):
    with pytest.raises(ValueError) as error:
        function()
    assert all(word in str(error.value) for word in words), error.value


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


def records_file(folder):
    """The path of a file with all the records."""
    path = folder / "records.jsonl"
    path.write_text(lines(RECORDS))
    return path


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


# ---- written whole or not at all

def child(place, before="", rows=29):
    """A process that says ready and then writes RECORDS into a place, some milliseconds a part."""
    code = f"""
        import resource, sys
        sys.path[:0] = {[str(folder) for folder in Path(__file__).parents[:2]]}
        import test_chunks as t
        vocabulary = t.Vocabulary.build(t.RECORDS, min_count=1, tfidf=True)
        vocabulary.encode(t.RECORDS)
        {before}
        print("ready", flush=True)
        try:
            t.write_chunks({str(place)!r}, iter(t.RECORDS), vocabulary, {rows})
        except OSError as error:
            print(error.strerror, error.filename)
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("limit", [0, 2000, 7000])
def test_a_full_disk(tmp_path, vocabulary, limit):
    """What is there stays whole, and with more disk space the same call finishes."""
    limited = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)"
    out, _ = child(tmp_path / "a", limited).communicate(timeout=120)
    assert out.startswith("ready\nFile too large ") and str(tmp_path / "a") in out
    assert not list(tmp_path.rglob(".*"))
    for part in (tmp_path / "a").glob("part-*"):
        array_folder.read(part, "part")
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    assert rows(ChunkFolder(tmp_path / "a")) == rows([vocabulary.encode(RECORDS)])


def left(place):
    """What killed writers have left there, but for folders in which nothing is written yet: a living writer's?"""
    return [path for path in place.rglob(".*") if any(file.is_dir() or file.stat().st_size for file in path.iterdir())]


@compiled
def test_killed_at_any_moment(tmp_path, vocabulary):
    """SIGKILL again and again, each time a little later: all there is whole, and no part that is there written anew."""
    place, parts = tmp_path / "a", {}
    want = write_chunks(tmp_path / "want", RECORDS, vocabulary, 5)
    for n_parts, delay in zip((0, 0, 3, 9, 20), (0, 0.004, 0.011, 0.001, 0.007)):
        process = child(place, rows=5)
        process.stdout.readline()
        while len(list(place.glob("part-*"))) < n_parts and process.poll() is None:
            time.sleep(0.001)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert all((place / name).stat().st_mtime_ns == at for name, at in parts.items())
        for part in place.glob("part-*"):
            array_folder.read(part, "part")
            parts[part.name] = part.stat().st_mtime_ns
        if (place / "data").exists() and array_folder.read(place / "data", "data")[0]["n_rows"] is None:
            refused(lambda: ChunkFolder(place), "unfinished")
        assert len(left(place)) <= 1
    assert len(parts) >= 20
    assert all(map(same, write_chunks(place, iter(RECORDS), vocabulary, 5), want))
    assert not left(place)


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


def test_what_a_killed_writer_has_left_in_the_folder_is_no_hindrance(tmp_path, vocabulary):
    holder = tmp_path / "a" / ".data.0123456789abcdef"
    holder.mkdir(parents=True)
    (holder / beside.MARK).write_text("data")
    assert write_chunks(tmp_path / "a", RECORDS, vocabulary, 29).n_rows == N
    assert not list((tmp_path / "a").glob(".*"))


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


def test_chunks_are_counted_from_the_end_too(tmp_path, vocabulary):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    assert same(folder[-1], folder[6]) and not same(folder[-1], folder[0])


def test_so_many_parts_make_one_group_and_one_more_makes_two(monkeypatch):
    monkeypatch.setattr(chunks, "MIXED_PARTS", 4)
    parts = [type("Part", (), {"n_rows": 10})() for _ in range(5)]
    assert [len(pieces) for pieces in chunks.chunks_of(parts[:4])] == [4] * 4
    assert [len(pieces) for pieces in chunks.chunks_of(parts)] == [3] * 3 + [2] * 2
