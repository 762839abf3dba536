"""Data larger than memory: records encoded once into a folder, read back chunk by chunk, the next one ahead of time.

    data/          settings, the vocabulary, the files that the records come from; when all is written, the sizes
    part-00000/    chunk_rows consecutive records, encoded, in random order
    part-00001/    the next ones ...

Each is written by `array_folder`: whole or not at all, its CRC-32s checked when it is opened. A part holds

    ends.npy       int64 (rows + 1, 2): where in words, and in labels, the rows end
    words.npy      int32, the column of each non-zero of x        labels.npy   int32, those of y
    weights.npy    float32, the values of x; only if they are not all 1 (tfidf). Those of y always are.

Files are sorted by shop or by category, so a part is not a good chunk to train on. A chunk takes an equal share of
every part instead: a random sample of all records, fixed by the seed. P parts make P chunks, and chunk c is one piece
of each part. With more than MIXED_PARTS parts the pieces would be too small to be read quickly: the parts are then
split into groups, each with parts from the whole file, which make their own chunks.

Rows are read, not mapped, so that a file cut short is an error; large files are mapped while a part is being opened.
"""

import json
import math
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.data.dataset import Dataset, from_arrays
from nnlite.data.parts import Columns, Part, matrix, read_part
from nnlite.data.records import Record, RecordReader
from nnlite.data.vocabulary import Vocabulary, without_secret
from nnlite.system import array_folder, beside
from nnlite.system.ahead import ahead
from nnlite.system.contents import Want, check_arrays, check_figures
from nnlite.system.figures import Figure, Named, Whole
from nnlite.system.paths import checked_path
from nnlite.system.ranges import INT32_MAX, INT64_MAX, integer
from nnlite.system.ranks import Alone
from nnlite.system.slices import blocks, shares
from nnlite.system.threads import team

CHUNK_ROWS = 20_000  # records of a part
MIXED_PARTS = 128  # whose rows a chunk holds at most
GROUP_PARTS = 64  # opened at a time
FIGURES: dict[str, Figure] = {  # in data.json
    "chunk_rows": Whole(1, INT32_MAX), "seed": Whole(0, INT64_MAX), "n_rows": Whole(1, INT64_MAX),
    "n_parts": Whole(1, INT32_MAX), "bad_lines": Named(Whole(0, INT64_MAX))}
FINAL = "n_rows", "n_parts", "bad_lines"  # those of a finished folder only


def write_chunks(folder: str | Path, records: Iterable[Record], vocabulary: Vocabulary, chunk_rows: int = CHUNK_ROWS,
                 sources: Sequence = (), seed: int = 0, reading: dict[str, Any] | None = None,
                 ranks: Alone = Alone()) -> "ChunkFolder":
    """Encode some records in one pass, in memory for chunk_rows of them; returns the ChunkFolder.

    folder, records, vocabulary: where to write what, encoded by what
    chunk_rows: records of a part    seed: of their order
    reading: the options of `read_records` by which the files were read
    sources: the files that the records come from, if they do. If the folder is finished and these are unchanged, no
    record is read. Otherwise parts that exist are compared with the records (by a CRC-32) and kept, and the missing
    ones are written: after a crash the same call finishes the work.
    ranks: all of which call it with the same records; each encodes and writes some parts, and the files are the same

    If the records are those of `read_records`, the ChunkFolder stores what was skipped.
    ValueError, and nothing is touched, if the folder holds something else, or parts of other records, settings or files
    (or of these, changed since). ValueError for no record or a file that changes meanwhile; OSError if it cannot write.
    """
    chunk_rows, seed = integer("write_chunks: chunk_rows", chunk_rows), integer("write_chunks: seed", seed, 0)
    if not 1 <= chunk_rows <= INT32_MAX:
        raise ValueError(f"write_chunks: want chunk_rows of at least 1, got {chunk_rows}")
    folder, files = Path(os.path.abspath(checked_path("write_chunks", folder))), _seen(sources)
    about = {"chunk_rows": chunk_rows, "seed": seed, "sources": files} | ({"reading": reading} if reading else {})
    with ranks.together():
        job, arrays, texts, finished = ranks.in_turn(lambda: _begun(folder, about, vocabulary))
        if not (finished and files):
            header, label_rows = _written(folder, records, vocabulary, job, finished, ranks)
            if ranks.rank == 0:
                array_folder.write(folder / "data", "data", header, arrays | label_rows, texts)
        ranks.any(True)  # so that none opens the folder before it is finished
    return ChunkFolder(folder)


def _written(folder, records, vocabulary, job, finished, ranks):
    """Write this rank's parts. Returns the header of data/ and the number of rows of each label."""
    n_rows, n_parts, label_counts = 0, 0, np.zeros(len(vocabulary.labels), np.int64)
    rest = iter(records)
    for k in count():
        part = _Noted(islice(rest, job["chunk_rows"]))
        if finished and k == finished and next(rest, None) is not None:
            raise ValueError(f"{folder}: holds {n_rows} records, finished: want the same ones, got more")
        if k % ranks.size == ranks.rank:
            label_counts += _part(folder / f"part-{k:05}", part, vocabulary, np.random.default_rng([job["seed"], k]))
        deque(part, maxlen=0)
        if not part.n_records:
            break
        n_rows, n_parts = n_rows + part.n_records, k + 1
    if not n_rows:
        raise ValueError(f"{folder}: want at least one record to encode, got none")
    sources = [path for path, *_ in job["sources"]]
    if _seen(sources) != job["sources"]:
        raise ValueError(f"{', '.join(sources)}: changed while being read: want another folder than {folder}")
    skipped = dict(records.skipped) if isinstance(records, RecordReader) else {}
    header = job | {"n_rows": n_rows, "n_parts": n_parts, "bad_lines": skipped}
    return header, {"label_rows": sum(ranks.objects(label_counts))}


def _seen(sources):
    """Path, size and time of change of each file."""
    return [[os.path.abspath(path), os.stat(path).st_size, os.stat(path).st_mtime_ns] for path in sources]


def _begun(folder, about, vocabulary):
    """The job, its arrays and texts, and the number of parts if it is finished in the folder, else 0.

    Begins the job in a new or empty folder. ValueError for another job, or anything else.
    """
    is_new = not (folder / "data" / "data.json").exists()
    if not is_new:
        vocabulary = vocabulary.with_secret_of(array_folder.read_header(folder / "data", "data").get("vocabulary", {}))
    known, arrays, texts = vocabulary.to_files()
    job = about | {"vocabulary": known}
    if is_new:
        if folder.exists() and (not folder.is_dir() or not all(p.name.startswith(".data.") for p in folder.iterdir())):
            raise ValueError(f"{folder}: want a new or empty folder, or one of chunks, got something else")
        header, unknown = job | {"n_rows": None, "n_parts": 0}, {"label_rows": np.zeros(0, np.int64)}
        array_folder.write(folder / "data", "data", header, arrays | unknown, texts)
        return job, arrays, texts, 0
    beside.clear(folder / "data")
    header, there, lists = _read_data(folder)
    for name in [*job, "reading"]:
        if (want := job.get(name)) != (got := header.get(name)):
            raise _other_job(folder, name, want, got)
    same_lists = {name: list(lines) for name, lines in lists.items()} == texts
    if not same_lists or not all(np.array_equal(there.get(name), array) for name, array in arrays.items()):
        raise _other_job(folder, "the same", "words and labels", "others")
    return job, arrays, texts, header["n_parts"] if header["n_rows"] else 0


def _other_job(folder, name, want, got):
    """A ValueError that says how the jobs differ in a setting."""
    if name == "sources" and got:
        want, got = ([path for path, *_ in files] for files in (want, got))
        got = "them before they changed" if got == want else got
    elif isinstance(want, dict) and isinstance(got, dict):
        keys = [key for key in want if want[key] != got.get(key)]
        want, got = ({key: entries.get(key) for key in keys} for entries in (want, got))
    return ValueError(f"{folder}: holds chunks of another job: want {name} {str(want):.200}, got {str(got):.200}: "
                      "delete this folder to encode anew, or name another")


def _read_data(folder):
    """The JSON, the arrays and the texts in data/. While the folder is unfinished, n_rows is None."""
    place = folder / "data"
    header, arrays, texts = array_folder.read(place, "data")
    header["n_rows"] = header.get("n_rows")
    is_finished = header["n_rows"] is not None
    check_figures(place, header, {name: FIGURES[name] for name in FIGURES if is_finished or name not in FINAL})
    return header, arrays, texts


class _Noted:
    """An iterator over some records that counts them and takes their CRC-32."""

    def __init__(self, records):
        self.records, self.n_records, self.crc32 = records, 0, 0

    def __iter__(self):
        for record in self.records:
            self.n_records += 1
            text = "\n".join((record[0], *record[1], ""))
            self.crc32 = zlib.crc32(text.encode("utf-8", "surrogatepass"), self.crc32)
            yield record


def _part(place, part, vocabulary, rng):
    """Write these records, _Noted, encoded and in random order, unless they are there. Returns the labels' rows."""
    if place.exists():
        beside.clear(place)
        header, arrays, _ = read_part(place, _columns(vocabulary))
        deque(part, maxlen=0)
        if [part.n_records, part.crc32] != [header.get("n_rows"), header.get("records_crc32")]:
            raise ValueError(f"{place}: want the {header.get('n_rows')} records that it was written from, got "
                             f"{part.n_records} others")
        return np.bincount(arrays["labels"], minlength=len(vocabulary.labels))
    data = vocabulary.encode(part)
    if not part.n_records:
        return 0
    x, y = data.take(rng.permutation(len(data))).arrays()
    arrays = {"ends": np.stack([x.indptr, y.indptr], axis=1), "words": x.indices, "labels": y.indices}
    if vocabulary.tfidf:
        arrays["weights"] = x.data
    array_folder.write(place, "part", {"n_rows": part.n_records, "records_crc32": part.crc32}, arrays)
    return np.bincount(y.indices, minlength=len(vocabulary.labels))


def _columns(vocabulary):
    return Columns(vocabulary.n_words, len(vocabulary.labels), vocabulary.tfidf)


class ChunkFolder:
    """The chunks of a folder that `write_chunks` has finished: a sequence of Datasets, each read when it is asked for.

    n_rows, n_words, n_labels    sizes: list of int, the rows of each chunk; len() is the number of chunks
    vocabulary: that encoded them    skipped: dict, kind -> how many lines made no record

    Opening reads every file once and compares its CRC-32. FileNotFoundError if there is no such folder, ValueError if
    it is unfinished, of another version, incomplete or damaged. Reading a chunk raises ValueError or OSError if its
    files have changed since and hold invalid ids now.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(os.path.abspath(checked_path("ChunkFolder", folder)))
        header, arrays, texts = _read_data(self.folder)
        if header["n_rows"] is None:
            raise ValueError(f"{self.folder}: want finished chunks, got unfinished ones: call write_chunks again")
        try:
            self.vocabulary = Vocabulary.from_files(header["vocabulary"], arrays, texts, owned=True)
            self.n_rows, self.skipped = header["n_rows"], header["bad_lines"]
            self.n_words, self.n_labels = self.vocabulary.n_words, len(self.vocabulary.labels)
            self._label_rows = np.array(arrays["label_rows"])
            there = len(list(self.folder.glob("part-*")))
            if there != header["n_parts"]:
                raise ValueError(f"{self.folder}: want {header['n_parts']} parts, got {there}")
            rows, parts = np.zeros(self.n_labels, np.int64), []
            for group in blocks(there, GROUP_PARTS):
                places = [self.folder / f"part-{k:05}" for k in range(group.start, group.stop)]
                parts += team().run(partial(Part, columns=_columns(self.vocabulary)), places)
                for part in parts[group]:
                    part.add_label_rows(rows)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self.folder}: want what write_chunks makes, got: {error!r}") from None
        except ValueError as error:
            raise error if str(self.folder) in str(error) else ValueError(f"{self.folder}: {error}") from None
        if self.n_rows != sum(part.n_rows for part in parts) or self._label_rows.shape != (self.n_labels,):
            raise ValueError(f"{self.folder}: want parts of {self.n_rows} rows and {self.n_labels} labels, got others")
        check_arrays(self.folder, {"label_rows": self._label_rows},
                     {"label_rows": Want("int64", (self.n_labels,), 0, self.n_rows)})
        if (self._label_rows != rows).any():
            raise ValueError(f"{self.folder}: label_rows: want the rows of each label that the parts have, got others")
        self._chunks = chunks_of(parts)
        self.sizes = [sum(rows.stop - rows.start for _, rows in pieces) for pieces in self._chunks]

    def __len__(self) -> int:
        return len(self.sizes)

    def __repr__(self) -> str:
        return (f"ChunkFolder({self.n_rows:,} rows in {len(self):,} chunks, {self.n_words:,} words, "
                f"{self.n_labels:,} labels)")

    def crc32(self) -> int:
        """A number that distinguishes these data from others."""
        header = without_secret(array_folder.read_header(self.folder / "data", "data"))
        parts = [path.read_bytes() for path in sorted(self.folder.glob("part-*/part.json"))]
        return reduce(lambda crc, part: zlib.crc32(part, crc), [json.dumps(header, indent=1).encode(), *parts], 0)

    def label_frequencies(self) -> np.ndarray:
        """The fraction of the rows that carry each label, float64 (L,)."""
        return self._label_rows / self.n_rows

    def rows_without_label(self) -> int:
        """The number of rows that have no label."""
        pieces = (part.ends(rows) for chunk in self._chunks for part, rows in chunk)
        return sum(int((np.diff(ends[:, 1]) == 0).sum()) for ends in pieces)

    def __getitem__(self, c: int) -> Dataset:
        """Chunk c as a Dataset in memory of its own."""
        ends = [(part, part.ends(rows)) for part, rows in self._chunks[c]]
        weights = "weights" if self.vocabulary.tfidf else None
        x = matrix([(part, end[:, 0]) for part, end in ends], "words", weights)
        y = matrix([(part, end[:, 1]) for part, end in ends], "labels")
        for part, _ in ends:
            part.check_unchanged()
        try:
            return from_arrays(x, y, self.n_words, self.n_labels)
        except ValueError as error:
            raise ValueError(f"{self.folder}: chunk {c}: {error}") from None

    def __iter__(self) -> Iterator[Dataset]:
        return self.in_order(range(len(self)))

    def in_order(self, order: Iterable[int]) -> Iterator[Dataset]:
        """An iterator of the chunks of these numbers; while one is in use, a thread reads the next."""
        return ahead(partial(self.__getitem__, c) for c in order)


def chunks_of(parts: list) -> list[list[tuple]]:
    """Of each chunk the pieces that make it: (part, slice of its rows) each.

    Part p gives piece c + p to chunk c, not piece c: otherwise some chunks would take the shorter piece of every part.
    """
    n_groups = math.ceil(len(parts) / MIXED_PARTS)
    groups = [parts[g::n_groups] for g in range(n_groups)]
    return [[(part, shares(part.n_rows, len(group))[(c + p) % len(group)]) for p, part in enumerate(group)]
            for group in groups for c in range(len(group))]
