"""Claim: a folder of chunks tells its job from any other and says how they differ, at the limits of its figures."""

import numpy as np
import pytest
from numbered import RECORDS, content, records_file, refused, rows

from nnlite import Vocabulary
from nnlite.data import chunks
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.system.ranges import INT32_MAX, INT64_MAX


@pytest.mark.parametrize("change", ["word_counts", "label_counts", "words", "labels"])
def test_counts_or_names_of_another_vocabulary_are_another_job(tmp_path, vocabulary, change):
    write_chunks(tmp_path / "a", RECORDS, vocabulary, 29)
    before = content(tmp_path / "a")
    header, arrays, texts = vocabulary.to_files()
    if change in arrays:
        arrays = arrays | {change: np.maximum(arrays[change] - 1, 0)}
    else:
        texts = texts | {change: list(texts[change])[::-1]}
    other = Vocabulary.from_files(header, arrays, texts)
    refused(lambda: write_chunks(tmp_path / "a", RECORDS, other, 29), "want the same words and labels, got others",
            "delete this folder to encode anew, or name another")
    assert content(tmp_path / "a") == before


def test_how_jobs_differ_is_said(tmp_path, vocabulary):
    path, place = records_file(tmp_path), tmp_path / "a"
    write_chunks(place, RECORDS, vocabulary, 29, [path], reading={"title": "a", "paths": "full"})
    other = Vocabulary.build(RECORDS, min_count=2, tfidf=True)
    for job, message in (
            ((vocabulary, 28, [path], 0, {"title": "a", "paths": "full"}), "want chunk_rows 28, got 29: delete"),
            ((vocabulary, 29, [path], 1, {"title": "a", "paths": "full"}), "want seed 1, got 0: delete"),
            ((vocabulary, 29, [path], 0, None), "want reading None, got {'title': 'a', 'paths': 'full'}: "),
            ((vocabulary, 29, [path], 0, {"title": "b", "paths": "full"}),
             "want reading {'title': 'b'}, got {'title': 'a'}"),
            ((vocabulary, 29, [], 0, {"title": "a", "paths": "full"}), f"want sources [], got ['{path}']"),
            ((other, 29, [path], 0, {"title": "a", "paths": "full"}), "want vocabulary {'min_count': 2, ")):
        refused(lambda: write_chunks(place, RECORDS, *job), f"{place}: holds chunks of another job: ", message)
    path.write_text("x")
    refused(lambda: write_chunks(place, RECORDS, vocabulary, 29, [path], 0, {"title": "a", "paths": "full"}),
            f"want sources ['{path}'], got them before they changed: delete")
    many = ["/dev/null"] * 99
    refused(lambda: write_chunks(place, RECORDS, vocabulary, 29, many, 0, {"title": "a", "paths": "full"}),
            f"want sources {str(many)[:200]}, got")


@pytest.mark.parametrize("names, is_taken", [([], True), ([".data.1"], True), ([".data.1", ".data.2"], True),
                                             ([".data.1", "b"], False), (["data.1"], False), ([".data"], False)])
def test_a_folder_of_what_a_crash_left_is_taken(tmp_path, vocabulary, names, is_taken):
    place = tmp_path / "a"
    place.mkdir()
    for name in names:
        (place / name).mkdir()
    if is_taken:
        assert write_chunks(place, RECORDS, vocabulary, 29).n_rows == len(RECORDS)
    else:
        refused(lambda: write_chunks(place, RECORDS, vocabulary, 29), "want a new or empty folder, or one of chunks")
        assert sorted(path.name for path in place.iterdir()) == sorted(names)


def test_the_largest_figures_are_taken(tmp_path, vocabulary):
    folder = write_chunks(tmp_path / "a", RECORDS, vocabulary, INT32_MAX, seed=INT64_MAX)
    assert folder.sizes == [len(RECORDS)] == ChunkFolder(tmp_path / "a").sizes
    assert write_chunks(tmp_path / "b", RECORDS, vocabulary, 1).sizes == [1] * len(RECORDS)
    for name, rows_, seed in ("chunk_rows", INT32_MAX + 1, 0), ("chunk_rows", 0, 0), ("seed", 1, -1):
        refused(lambda: write_chunks(tmp_path / "c", RECORDS, vocabulary, rows_, seed=seed), "write_chunks: ", name)


@pytest.mark.parametrize("n", [1, 3, 7, 8])
def test_parts_are_opened_in_groups_of_any_size(tmp_path, vocabulary, monkeypatch, n):
    monkeypatch.setattr(chunks, "GROUP_PARTS", n)
    folder, want = write_chunks(tmp_path / "a", RECORDS, vocabulary, 29), vocabulary.encode(RECORDS)
    assert rows(folder) == rows([want]) and len(folder) == 7
    np.testing.assert_array_equal(folder.label_frequencies(), want.label_frequencies())


@pytest.mark.parametrize("min_count", [1, 35])
def test_rows_without_a_label_are_counted(tmp_path, min_count):
    built = Vocabulary.build(RECORDS, 1, label_min_count=min_count)
    records = [*RECORDS[:60], ("none", ()), ("other", ("unknown",))]
    folder, want = write_chunks(tmp_path / "a", records, built, 13), built.encode(records)
    assert folder.rows_without_label() == want.rows_without_label() == sum(
        not set(names) & set(built.labels) for _, names in records) >= 2
