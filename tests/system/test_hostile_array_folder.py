"""Claim: a folder is refused if anything in it is not as it was written, and nothing in it is run."""

import os
import pickle
import resource
import subprocess
import zlib

import numpy as np
import pytest
from folders import KIND, TEXTS, change, npy, put, refused, texts_of, write

from nnlite.system import array_files, array_folder


def test_no_folder(tmp_path):
    (tmp_path / "file").touch()
    for path, found in (tmp_path / "none", "no such folder"), (tmp_path, "no model.json in it"), (
            tmp_path / "file", "no such folder"), (tmp_path / "file" / "none", "no such folder"):
        with pytest.raises(FileNotFoundError, match=f"{path}: want a model folder, found {found}$"):
            array_folder.read(path, KIND)


def test_another_kind_or_version(tmp_path):
    write(tmp_path / "a")
    change(tmp_path / "a", kind="chunk")
    refused(tmp_path / "a", "JSON of a model")
    for version in 6, None, "1" * 1000:
        change(tmp_path / "a", kind=KIND, format=version)
        refused(tmp_path / "a", "want format 1 or 2")


@pytest.mark.parametrize("version", [1, 4])
def test_bytes_under_an_earlier_format(tmp_path, version):
    change(write(tmp_path / "a", arrays={"x": np.zeros(3, np.uint8)}), format=version)
    refused(tmp_path / "a", "model.json: want format 5 with uint8", f"got {version}")


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"kind": "model"}', b"1" * 5000, b'{"a": NaN',
    b'{"kind": "model", "format": 2, "files": []}', b'{"kind": "model", "files": {}}',
])
def test_hostile_json(tmp_path, content):
    (write(tmp_path / "a") / "model.json").write_bytes(content)
    refused(tmp_path / "a", "model.json")


@pytest.mark.parametrize("name", ["a.npy/../../out.npy", "a.npy\n", "a.txt.pkl", "a.npy ", "\na.npy", "a.npyx"])
def test_no_name_that_only_begins_or_ends_as_it_should(tmp_path, name):
    write(tmp_path / "a")
    change(tmp_path / "a", files={name: {"bytes": 1, "crc32": 0}})
    refused(tmp_path / "a", "JSON of a model")


@pytest.mark.parametrize("name", [
    "../out.npy", "/etc/x.txt", "..npy", "a\0.npy", "a.pkl", "x" * 300 + ".npy", "a/b.npy",
])
def test_no_path_out_of_the_folder(tmp_path, name):
    np.save(tmp_path / "out.npy", np.ones(3, np.float32))
    write(tmp_path / "a")
    change(tmp_path / "a", files={name: {"bytes": 1, "crc32": 0}})
    refused(tmp_path / "a", "JSON of a model")


@pytest.mark.parametrize("entry", [
    None, 1, {}, {"bytes": 1}, {"bytes": True, "crc32": True}, {"bytes": "1", "crc32": 0},
])
def test_bad_entries(tmp_path, entry):
    write(tmp_path / "a")
    change(tmp_path / "a", files={"words.txt": entry})
    refused(tmp_path / "a", "JSON of a model")


def test_a_json_that_is_too_large(tmp_path, monkeypatch):
    write(tmp_path / "a")
    monkeypatch.setattr(array_folder, "MAX_JSON", (tmp_path / "a" / "model.json").stat().st_size)
    array_folder.read(tmp_path / "a", KIND)
    monkeypatch.setattr(array_folder, "MAX_JSON", array_folder.MAX_JSON - 1)
    refused(tmp_path / "a", "model.json", "larger one")


def test_a_link_to_the_right_content_is_not_followed(tmp_path):
    folder = write(tmp_path / "a")
    for name in "words.txt", "counts.npy":
        (folder / name).rename(tmp_path / name)
        (folder / name).symlink_to(tmp_path / name)
        refused(folder, name, "got a link")
        (folder / name).unlink()
        (tmp_path / name).rename(folder / name)
    assert texts_of(folder) == TEXTS


def test_links_and_what_is_not_a_file(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret\n")
    for make in (lambda path: path.symlink_to(secret), os.mkdir, os.mkfifo, lambda path: None):
        folder = write(tmp_path / "a")
        (folder / "words.txt").unlink()
        make(folder / "words.txt")
        refused(folder, "words.txt")
        subprocess.run(["rm", "-r", folder], check=True)
    write(tmp_path / "b")
    (tmp_path / "b" / "model.json").rename(tmp_path / "c.json")
    (tmp_path / "b" / "model.json").symlink_to(tmp_path / "c.json")
    refused(tmp_path / "b", "link")


def test_every_changed_byte_and_every_lost_one_is_noticed(tmp_path):
    folder = write(tmp_path / "a")
    for name in "features.W.npy", "counts.npy", "words.txt":
        content = (folder / name).read_bytes()
        for i in range(len(content)):
            (folder / name).write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1:])
            refused(folder, name, "CRC-32")
            (folder / name).write_bytes(content[:i])
            refused(folder, name, "want bytes")
        (folder / name).write_bytes(content + b"\0")
        refused(folder, name, "want bytes")
        (folder / name).write_bytes(content)
    assert texts_of(folder) == TEXTS


def test_damage_in_any_piece_of_a_large_file_is_noticed(tmp_path, monkeypatch):
    """A change of the first byte, of one in the middle and of the last but one; the last is the end of a line."""
    monkeypatch.setattr(array_files, "CRC_BYTES", 8)
    folder = write(tmp_path / "a")
    for name in "features.W.npy", "counts.npy", "words.txt":
        content = (folder / name).read_bytes()
        for i in 0, len(content) // 2, len(content) - 2:
            (folder / name).write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1:])
            refused(folder, name, "CRC-32")
        (folder / name).write_bytes(content)
    assert texts_of(folder) == TEXTS


class Trap:
    def __reduce__(self):
        return os.mkdir, ("trapped",)


@pytest.mark.parametrize("content", [
    b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", pickle.dumps(Trap()), npy("|O", (1,), pickle.dumps(Trap())),
    npy(shape=(1 << 62, 4)), npy(shape=(1 << 40,)), npy(shape=(-4, -3)), npy(shape=(4, 4)), npy(shape=(4, 2)),
    npy(shape=(1 << 64, 0), content=b""), npy(">f4"), npy("<f2"), npy("<U1"), npy(by_columns=True), npy("<c16"),
    npy([("a", "<f4")]), b"PK\3\4" + b"\0" * 30, npy().replace(b"(4, 3)", b"(4, x)"),
    npy().replace(b"(4, 3)", b"(1 2,)"), npy().replace(b"(4, 3)", b"(4, ,)"),
    b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, b"\x93NUMPY\x02\x00" + npy()[8:],
])
def test_hostile_arrays(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    put(write(tmp_path / "a"), "features.W.npy", content)
    refused(tmp_path / "a", "features.W.npy")
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("content, word", [(b"\xff\n", "UTF-8"), (b"no end", "line end")])
def test_hostile_texts(tmp_path, content, word):
    put(write(tmp_path / "a"), "words.txt", content)
    refused(tmp_path / "a", "words.txt", word)


def test_memory_does_not_grow_with_a_promised_shape(tmp_path):
    folder = write(tmp_path / "a")
    put(folder, "features.W.npy", npy(shape=(1 << 50, 1 << 50)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(folder, "features.W.npy")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 16  # KiB


def test_an_array_of_another_type_is_refused_with_the_types_that_are_read(tmp_path):
    want = "x.npy: want a C-contiguous array of float32, float64, int32, int64, uint8, got something else"
    put(write(tmp_path / "a"), "x.npy", npy("|i1", (3,), b"abc"))
    refused(tmp_path / "a", want)
    with pytest.raises(ValueError, match=f"^{tmp_path}/b/{want}"):
        write(tmp_path / "b", arrays={"x": np.zeros(3, np.int8)})
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_that_are_not_finite_are_neither_written_nor_read(tmp_path, monkeypatch, value, dtype):
    monkeypatch.setattr(array_files, "CACHED_BYTES", 64)
    monkeypatch.setattr(array_files, "CRC_BYTES", 256)
    large = np.full(101, np.finfo(dtype).max, dtype)
    write(tmp_path / "a", arrays={"x": large})
    for at in 0, 50, 100:
        array = large.copy()
        array[at] = value
        with pytest.raises(ValueError, match=f"^{tmp_path}/b/x.npy: want finite numbers, got NaN or infinite ones$"):
            write(tmp_path / "b", arrays={"x": array})
        with monkeypatch.context() as patch:
            patch.setattr(array_folder, "_check_finite", lambda *_: None)
            write(tmp_path / "c", arrays={"x": array})
        refused(tmp_path / "c", "x.npy: want finite numbers, got NaN or infinite ones")


@pytest.mark.parametrize("value, word", [
    ("NaN", "not finite: NaN"), ("-Infinity", "not finite: -Infinity"), ("1e999", "not finite: 1e999"),
    ("1" + "0" * 400, "2^64 or more"),
    (str(2**64), "2^64 or more"), (str(-2**64), "2^64 or more"), ('{"a": 1, "a": 2}', "a name twice"),
    ('[{"b": 1, "b": 1}]', "a name twice"), ("9" * 5000, "2^64 or more"), ("-1e400", "not finite: -1e400"),
])
def test_json_that_is_not_plain(tmp_path, value, word):
    path = write(tmp_path / "a") / "model.json"
    path.write_text(path.read_text().replace("42", value))
    refused(tmp_path / "a", "model.json: damaged: want JSON", word)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**64, 10**400])
def test_json_that_would_not_be_read_is_not_written(tmp_path, value):
    write(tmp_path / "a")
    with pytest.raises(ValueError, match=f"^{tmp_path}/a/model.json: want plain JSON, got: "):
        write(tmp_path / "a", header={"answer": [value]})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 42 and os.listdir(tmp_path) == ["a"]


def test_a_name_that_would_not_be_read_is_not_written(tmp_path):
    for name in "x" * 200, "ünder", "a b":
        with pytest.raises(ValueError, match="want"):
            write(tmp_path / "a", arrays={name: np.ones(1, np.float32)})
    assert not list(tmp_path.iterdir())


def test_entries_that_are_not_aligned(tmp_path):
    content = npy().replace(b" \n", b"\n")
    put(write(tmp_path / "a"), "features.W.npy", content[:8] + bytes([content[8] - 1]) + content[9:])
    refused(tmp_path / "a", "features.W.npy: want a C-contiguous array")


def test_damage_names_the_size_or_the_sum_that_was_wanted_and_the_one_that_came(tmp_path):
    path = write(tmp_path / "a", texts={"words": ["blue"]}) / "words.txt"
    path.write_bytes(b"blu\n")
    refused(tmp_path / "a", "words.txt: damaged: want bytes 5, got 4")
    path.write_bytes(b"blau\n")
    refused(tmp_path / "a", f"words.txt: damaged: want CRC-32 {zlib.crc32(b'blue' + bytes([10]))}, got "
                            f"{zlib.crc32(path.read_bytes())}")
