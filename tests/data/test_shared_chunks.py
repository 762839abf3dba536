"""Claim: ranks that share the encoding of chunks write the files of one process, and finish what others began."""

import pytest
from numbered import RECORDS, content, records_file
from thread_ranks import on_ranks

from nnlite import Vocabulary, read_records, write_chunks
from nnlite.data import chunks

ROWS = 29  # of the 8 parts


def own_vocabulary():
    """An equal vocabulary with a secret of its own, as each process makes one."""
    return Vocabulary.build(RECORDS, min_count=1, tfidf=True)


def written(place, n_ranks, sources=()):
    """The content of the folder that some ranks write, which all of them have opened."""
    found = on_ranks(n_ranks, lambda ranks: write_chunks(
        place, read_records(sources) if sources else iter(RECORDS), own_vocabulary(), ROWS, sources, ranks=ranks))
    assert len({data.crc32() for data in found}) == 1 and len(found) == n_ranks
    return content(place)


def without_secret(files):
    """Those files that do not depend on the random secret of the vocabulary's hash."""
    return {name: data for name, data in files.items()
            if name not in ("data/data.json", "data/word_hashes.npy", "data/word_ids.npy")}


@pytest.mark.parametrize("n_ranks", [2, 3, 11])
def test_the_files_are_those_of_one_process(tmp_path, n_ranks):
    paths = [records_file(tmp_path)]
    alone = written(tmp_path / "alone", 1, paths)
    several = written(tmp_path / "several", n_ranks, paths)
    assert without_secret(several) == without_secret(alone) and several.keys() == alone.keys()
    assert written(tmp_path / "alone", n_ranks, paths) == alone


@pytest.mark.parametrize("n_ranks", [1, 3])
def test_what_some_ranks_began_others_finish(tmp_path, monkeypatch, n_ranks):
    place, encode = tmp_path / "a", chunks._part

    def part(folder, *others):
        if folder.name == "part-00005":
            raise OSError("full")
        return encode(folder, *others)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(chunks, "_part", part)
        written(place, 2)
    begun = content(place)
    assert begun and "part-00005/part.json" not in begun
    finished = written(place, n_ranks)
    assert {name: data for name, data in finished.items() if name in begun and not name.startswith("data/")}.items() \
        <= begun.items()
    assert without_secret(finished) == without_secret(written(tmp_path / "alone", 1))


def test_records_of_others_are_an_error_on_all_ranks(tmp_path):
    written(tmp_path / "a", 1)
    with pytest.raises(ValueError, match="others"):
        on_ranks(2, lambda ranks: write_chunks(tmp_path / "a", RECORDS[1:], own_vocabulary(), ROWS, ranks=ranks))
