"""Claim: a folder is written whole or not at all, read back as it was, refused if anything in it is not as written."""

import io
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import change_json

from nnlite.system import array_files, array_folder, atomic_folder, open_folder

KIND = "model"
ARRAYS = {"features.W": np.arange(12, dtype=np.float32).reshape(4, 3), "counts": np.array([5, 3], np.int64)}
TEXTS = {"words": ["blue", "", "a\\nb", "two\nlines", "\\", "tab\t", "\r", "\x85\u2028", "裙子", "\ud800"]}


def write(folder, header=None, arrays=ARRAYS, texts=TEXTS):
    array_folder.write(folder, KIND, header or {"answer": 42}, arrays, texts)
    return folder


def change(folder, **entries):
    """Change the JSON of a folder."""
    change_json(folder / "model.json", **entries)


def put(folder, name, content):
    """Put a file into a folder, with the size and the checksum that belong to it."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / "model.json").read_text())["files"]
    change(folder, files=files | {name: {"bytes": len(content), "crc32": zlib.crc32(content)}})


def npy(descr="<f4", shape=(4, 3), content=b"\0" * 48, by_columns=False):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": by_columns, "shape": shape})
    return file.getvalue() + content


def texts_of(folder):
    return {name: list(lines) for name, lines in array_folder.read(folder, KIND)[2].items()}


def refused(folder, *words):
    with pytest.raises(ValueError) as error:
        array_folder.read(folder, KIND)
    for word in (str(folder), *words):
        assert word in str(error.value)


def child(code, *argv, **options):
    """Run Python with array_folder at hand."""
    head = "import os, resource, sys, numpy as np\nfrom nnlite.system import array_folder\n"
    return subprocess.Popen([sys.executable, "-c", head + textwrap.dedent(code), *map(str, argv)],
                            stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


# ---- what is written is read

@pytest.mark.parametrize("map_bytes", [0, open_folder.MAP_BYTES])
def test_what_is_written_is_read(tmp_path, monkeypatch, map_bytes):
    monkeypatch.setattr(open_folder, "MAP_BYTES", map_bytes)
    header, arrays, texts = array_folder.read(write(tmp_path / "a"), KIND)
    assert header == {"format": 4, "kind": KIND, "answer": 42} and texts.keys() == TEXTS.keys()
    assert [len(lines) for lines in texts.values()] == [len(lines) for lines in TEXTS.values()]
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array) and arrays[name].dtype == array.dtype
        assert arrays[name].flags.writeable and arrays[name].flags.aligned and type(arrays[name]) is np.ndarray


@given(st.lists(st.text(st.characters(codec=None, categories=None), max_size=9), max_size=9))
def test_any_text_comes_back(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("texts") / "a"
    assert texts_of(write(folder, texts={"words": lines})) == {"words": lines}


@pytest.mark.parametrize("shape", [(0,), (0, 3), (1, 5), (5, 1)])
def test_awkward_shapes_come_back(tmp_path, shape):
    array = np.ones(shape, np.float32)
    got = array_folder.read(write(tmp_path / "a", arrays={"x": array[::1]}), KIND)[1]["x"]
    assert np.array_equal(got, array) and got.shape == shape


def test_a_checksum_of_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(array_files, "CRC_BYTES", 8)
    assert texts_of(write(tmp_path / "a")) == TEXTS
    monkeypatch.setattr(array_files, "CRC_BYTES", 16)
    refused(tmp_path / "a", "CRC-32")


def test_what_is_made_of_a_folder_counts_only_if_it_is_sound(tmp_path):
    def use(header, arrays, texts):
        if texts["words"][0] != "blue":
            raise KeyError("not one of ours")
        return header["answer"], sorted(arrays), sorted(texts)

    folder = write(tmp_path / "a")
    assert array_folder.read(folder, KIND, use) == (42, sorted(ARRAYS), sorted(TEXTS))
    with pytest.raises(KeyError, match="the user's own"):
        array_folder.read(folder, KIND, lambda *_: {}["the user's own"])
    path = folder / "words.txt"
    path.write_bytes(path.read_bytes().swapcase())
    with pytest.raises(ValueError, match="words.txt: damaged: want CRC-32"):
        array_folder.read(folder, KIND, use)


def test_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write(".")
    assert texts_of(tmp_path / "here") == TEXTS


# ---- what is refused when read

def test_no_folder(tmp_path):
    for path in tmp_path / "none", tmp_path:
        with pytest.raises(FileNotFoundError, match="want a model folder"):
            array_folder.read(path, KIND)


def test_another_kind_or_version(tmp_path):
    write(tmp_path / "a")
    change(tmp_path / "a", kind="chunk")
    refused(tmp_path / "a", "JSON of a model")
    for version in 5, None, "1" * 1000:
        change(tmp_path / "a", kind=KIND, format=version)
        refused(tmp_path / "a", "want format 1 or 2")


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


# ---- written whole or not at all

def test_other_things_in_the_place_are_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    write(tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    array_folder.write(tmp_path / "chunk", "chunk", {})
    for name in "file", "full", "link", "model", "chunk":
        with pytest.raises(ValueError, match="want"):
            write(tmp_path / name)
    with pytest.raises(OSError, match="file"):
        write(tmp_path / "file" / "below")
    assert (tmp_path / "model" / "notes.txt").read_text() == (tmp_path / "file").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["chunk", "file", "full", "link", "model"]


def test_the_error_for_a_folder_with_other_files_names_these(tmp_path):
    folder = write(tmp_path / "m")
    for name in "zebra", "yak", "apple", "x":
        (folder / name).write_text("mine")
    with pytest.raises(ValueError, match="a model to replace, got one with other files: apple, x, yak$"):
        write(folder)


def test_without_the_exchange_of_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)
    write(tmp_path / "a", header={"answer": 1})
    write(tmp_path / "a", header={"answer": 2})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 2 and os.listdir(tmp_path) == ["a"]


def test_a_crash_between_two_moves_loses_nothing(tmp_path, monkeypatch):
    """Where the system cannot exchange two folders, the old one is moved aside first."""
    write(tmp_path / "a")
    rename, moves = os.rename, []

    def fail_at_the_second(source, target):
        moves.append(source)
        if len(moves) == 2:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)
    monkeypatch.setattr(os, "rename", fail_at_the_second)
    with pytest.raises(OSError):
        write(tmp_path / "a", header={"answer": 43})
    left = [path for path in tmp_path.iterdir() if (path / "model.json").exists()]
    assert [array_folder.read(path, KIND)[0]["answer"] for path in left] == [42]


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the exchange in one move is Linux's own")
def test_on_linux_a_folder_is_replaced_in_one_move(tmp_path, monkeypatch):
    write(tmp_path / "a")
    monkeypatch.setattr(os, "rename", lambda *names: pytest.fail("two moves"))
    write(tmp_path / "a", header={"answer": 43})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 43


def test_all_is_on_disk_before_the_folder_takes_its_place_and_the_new_name_after(tmp_path, monkeypatch):
    did, swap, sync = [], atomic_folder._move, atomic_folder._sync
    monkeypatch.setattr(atomic_folder, "_sync", lambda path: did.append(path.name) or sync(path))
    monkeypatch.setattr(atomic_folder, "_move", lambda new, folder: did.append("swap") or swap(new, folder))
    write(tmp_path / "a")
    at = did.index("swap")
    assert {"model.json", "features.W.npy", "counts.npy", "words.txt"} < set(did[:at])
    assert did[at - 1] == "new" and did[at + 1:] == [tmp_path.name]


@pytest.mark.parametrize("name", ["", "file"])
def test_a_file_or_a_folder_is_synced_and_closed_again(tmp_path, name, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append((handle, os.fstat(handle).st_ino)))
    (tmp_path / "file").touch()
    atomic_folder._sync(tmp_path / name)
    (handle, inode), = synced
    assert inode == (tmp_path / name).stat().st_ino
    with pytest.raises(OSError):
        os.fstat(handle)


def test_to_look_at_a_place_leaves_nothing_there(tmp_path):
    assert array_folder.check_place(tmp_path / "new" / "a", KIND) == tmp_path / "new" / "a"
    assert not list(tmp_path.iterdir())


def test_what_fails_half_way_leaves_the_old_one(tmp_path):
    write(tmp_path / "a")
    with pytest.raises(TypeError):
        write(tmp_path / "a", header={"answer": object()})
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 42 and os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("limit", [0, 100, 4096, 100_000])
def test_a_full_disk(tmp_path, limit):
    write(tmp_path / "a")
    process = child("""
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
        try:
            array_folder.write(sys.argv[1], "model", {}, {"x": np.ones(50_000, np.float32)}, {"words": ["a"] * 99})
        except OSError as error:
            print(error.strerror, error.filename)
    """, tmp_path / "a", limit)
    out, err = process.communicate(timeout=60)
    assert out == f"File too large {tmp_path / 'a'}\n" and not err
    assert array_folder.read(tmp_path / "a", KIND)[0]["answer"] == 42 and os.listdir(tmp_path) == ["a"]


def test_a_read_only_folder():
    with tempfile.TemporaryDirectory() as home:
        write(Path(home, "a"))
        os.chmod(home, 0o555)
        out, err = child("""
            array_folder.read(sys.argv[1], "model")  # imports all that it needs: the user below may not be allowed to
            if os.getuid() == 0:
                os.setgroups([]), os.setgid(65534), os.setuid(65534)
            for function in (lambda: array_folder.write(sys.argv[1], "model", {}),
                             lambda: array_folder.check_place(sys.argv[1], "model")):
                try:
                    function()
                except PermissionError as error:
                    print(error.filename)
            print(array_folder.read(sys.argv[1], "model")[0]["answer"])
        """, Path(home, "a")).communicate(timeout=60)
        assert out.split() == [home, home, "42"], err
        os.chmod(home, 0o755)


def left(folder):
    """The names in a folder, but for a hidden one in which nothing is written yet, which may be a living writer's."""
    return [path.name for path in folder.iterdir() if path.name[0] != "." or beside_is_used(path)]


def beside_is_used(path):
    return any(file.is_dir() or file.stat().st_size for file in path.iterdir())


def test_killed_at_any_moment(tmp_path):
    """SIGKILL after 0 to 60 ms of writing again and again: the folder is whole, and no more than one is left over."""
    write(tmp_path / "a", header={"answer": 0}, arrays={"x": np.zeros(99, np.float32)}, texts={})
    for delay in np.linspace(0, 0.06, 13):
        process = child("""
            print("ready", flush=True)
            for n in range(1, 1000):
                array_folder.write(sys.argv[1], "model", {"answer": n}, {"x": np.full(20_000, n, np.float32)}, {})
        """, tmp_path / "a")
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        header, arrays, _ = array_folder.read(tmp_path / "a", KIND)
        assert (arrays["x"] == header["answer"]).all()
        assert len(left(tmp_path)) <= 3  # one more where the removal of another was interrupted
    write(tmp_path / "a", arrays={"x": np.zeros(99, np.float32)}, texts={})
    assert left(tmp_path) == ["a"]


def test_memory_does_not_grow_with_a_promised_shape(tmp_path):
    folder = write(tmp_path / "a")
    put(folder, "features.W.npy", npy(shape=(1 << 50, 1 << 50)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(folder, "features.W.npy")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 16  # KiB


@pytest.mark.parametrize("version, word", [(1, None), (2, None), (3, None), (4, None), (0, "got 0"), ("2", "got '2'")])
def test_which_formats_are_read(tmp_path, version, word):
    change(write(tmp_path / "a"), format=version)
    if word:
        refused(tmp_path / "a", "want format 1 or 2", word)
    else:
        assert texts_of(tmp_path / "a") == TEXTS


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_arrays_of_every_type_and_order_in_memory_come_back(tmp_path, dtype):
    array = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    arrays = {"plain": array, "by-columns": np.asfortranarray(array), "every.second": array[:, ::2, ::-1]}
    got = array_folder.read(write(tmp_path / "a", arrays=arrays), KIND)[1]
    for name, want in arrays.items():
        assert np.array_equal(got[name], want) and got[name].dtype == dtype and got[name].flags.c_contiguous


def test_an_array_of_another_type_is_refused_with_the_types_that_are_read(tmp_path):
    want = "x.npy: want a C-contiguous array of float32, float64, int32, int64, got something else"
    put(write(tmp_path / "a"), "x.npy", npy("|u1", (3,), b"abc"))
    refused(tmp_path / "a", want)
    with pytest.raises(ValueError, match=f"^{tmp_path}/b/{want}"):
        write(tmp_path / "b", arrays={"x": np.zeros(3, np.uint8)})
    assert left(tmp_path) == ["a"]


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


def test_numbers_of_every_size_that_json_may_hold(tmp_path):
    numbers = [0, -1, 2**64 - 1, 1 - 2**64, 1.5, 1e308, 5e-324, True, None]
    assert array_folder.read(write(tmp_path / "a", header={"answer": numbers}), KIND)[0]["answer"] == numbers


def test_a_name_that_would_not_be_read_is_not_written(tmp_path):
    for name in "x" * 200, "ünder", "a b":
        with pytest.raises(ValueError, match="want"):
            write(tmp_path / "a", arrays={name: np.ones(1, np.float32)})
    assert not list(tmp_path.iterdir())


def test_entries_that_are_not_aligned(tmp_path):
    content = npy().replace(b" \n", b"\n")
    put(write(tmp_path / "a"), "features.W.npy", content[:8] + bytes([content[8] - 1]) + content[9:])
    refused(tmp_path / "a", "features.W.npy: want a C-contiguous array")


def test_a_change_of_an_array_does_not_reach_the_file(tmp_path):
    array_folder.read(write(tmp_path / "a"), KIND)[1]["counts"][:] = 7
    assert array_folder.read(tmp_path / "a", KIND)[1]["counts"].tolist() == [5, 3]


def test_the_first_three_other_files_in_the_place_are_named(tmp_path):
    write(tmp_path / "a")
    for name in "dcba":
        (tmp_path / "a" / name).touch()
    with pytest.raises(ValueError, match="or a model to replace, got one with other files: a, b, c$"):
        write(tmp_path / "a")


def test_folders_above_are_made_and_files_of_before_are_gone(tmp_path):
    folder = write(tmp_path / "x" / "y" / "a")
    write(folder, arrays={"other": np.zeros(2, np.float32)}, texts={})
    assert sorted(os.listdir(folder)) == ["model.json", "other.npy"]
    array_folder.write(folder, KIND, {})
    assert os.listdir(folder) == ["model.json"] and array_folder.read(folder, KIND)[1:] == ({}, {})


def test_damage_names_the_size_or_the_sum_that_was_wanted_and_the_one_that_came(tmp_path):
    path = write(tmp_path / "a", texts={"words": ["blue"]}) / "words.txt"
    path.write_bytes(b"blu\n")
    refused(tmp_path / "a", "words.txt: damaged: want bytes 5, got 4")
    path.write_bytes(b"blau\n")
    refused(tmp_path / "a", f"words.txt: damaged: want CRC-32 {zlib.crc32(b'blue' + bytes([10]))}, got "
                            f"{zlib.crc32(path.read_bytes())}")
