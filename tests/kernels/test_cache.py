"""Claim: what Numba keeps on disk costs time at most: damaged, full or missing folders; none that others may write."""

import os
import pickle
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from types import SimpleNamespace

import numba
import pytest
from children import called
from problems import compiled

from nnlite.kernels import cache

posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no mode bits")
TINY = """
from nnlite.kernels.compile import kernel

@kernel
def twice(x):
    return 2 * x
"""
CALL = "import tiny; assert tiny.twice(3) == 6; print(sum(tiny.twice.stats.cache_hits.values()), {})"


def call_tiny(folder, kept, before="", result="tiny.twice.stats.cache_path", **environment):
    """Call a kernel in another process, which keeps compiled kernels in `kept`. Its output, and lines of errors."""
    if not (folder / "tiny.py").exists():  # older versions of Numba go by the time of the source
        (folder / "tiny.py").write_text(TINY)
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = known | {"NUMBA_CACHE_DIR": str(kept)} | environment
    return called(execute, folder, before + "\n" + CALL.format(result), environment)


def execute(folder, code, environment):
    """Execute the code as if Python had been started in the folder and with the environment."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    numba.config.reload_config()
    cache.refused.clear()
    cache.danger.cache_clear()
    cache._warn_once.cache_clear()
    said, errors = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(errors):
        exec(code, {})
    return said.getvalue().strip(), errors.getvalue().splitlines()


def trap(folder):
    """A pickle that makes a file when it is read."""
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(folder / "ran"),)

    return pickle.dumps(Trap())


@compiled
def test_a_kernel_is_compiled_once(tmp_path):
    kept = tmp_path / "kept"
    for hits in "01":
        said, errors = call_tiny(tmp_path, kept)
        assert said.startswith(f"{hits} {kept}") and not errors
    assert {path.suffix for path in kept.rglob("*.*")} == {".nbi", ".nbc"}


@compiled
def test_an_edit_of_any_kernel_file_compiles_those_that_call_it(tmp_path):
    assert {"bce_strip.py", "dense.py", "packing.py"} <= {name for name, _, _ in cache._files_of_kernels()}
    kept = tmp_path / "kept"
    edited = "from nnlite.kernels import cache; cache._files_of_kernels = lambda: {}"
    for stamp, hits in (1, 0), (1, 1), (2, 0), (2, 1):
        said, errors = call_tiny(tmp_path, kept, edited.format([("dense.py", stamp, 9)]))
        assert said.startswith(f"{hits} {kept}") and not errors


@compiled
def test_damaged_files_are_compiled_again_and_replaced(tmp_path):
    kept = tmp_path / "kept"
    call_tiny(tmp_path, kept)
    index, = kept.rglob("*.nbi")
    data, = kept.rglob("*.nbc")
    loop = f"""
import sys, warnings
import tiny
from nnlite.kernels import cache
from nnlite.kernels.compile import kernel
index, data = {str(index)!r}, {str(data)!r}
whole = {{path: open(path, "rb").read() for path in (index, data)}}
for path, content in whole.items():
    half, zeros = len(content) // 2, bytes(len(content) // 3)
    for damaged in (b"", content[:1], content[:half], content[:-1], b"garbage" * 99, content[:-len(zeros)] + zeros,
                    content[:half] + zeros + content[half + len(zeros):], b"\\x80\\x04N.", b"\\x80\\x04N.\\x80\\x04N."):
        for intact in whole:
            open(intact, "wb").write(whole[intact])
        open(path, "wb").write(damaged)
        cache._warn_once.cache_clear()
        for hits in 0, 1:
            twice = kernel(tiny.twice.py_func)
            assert twice(3) == 6 and sum(twice.stats.cache_hits.values()) == hits, (path, damaged[:9], hits)
"""
    _, errors = call_tiny(tmp_path, kept, loop)
    assert len(errors) >= 12 and all("damaged files of compiled kernels" in line for line in errors)


@compiled
def test_a_file_with_a_kernel_for_other_arguments_is_not_called(tmp_path):
    """Two processes that save at once may leave an index that names the other's file."""
    kept = tmp_path / "kept"
    call_tiny(tmp_path, kept, "import tiny; tiny.twice(1.5)")
    first, second = sorted(kept.rglob("*.nbc"))
    first.write_bytes(second.read_bytes())
    said, errors = call_tiny(tmp_path, kept, "import tiny; assert tiny.twice(1.5) == 3.0")
    assert len(errors) == 1 and "damaged" in errors[0]


@compiled
@posix
def test_a_full_disk_costs_a_warning(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))"
    said, errors = call_tiny(tmp_path, tmp_path / "kept", limit, PYTHONDONTWRITEBYTECODE="1")
    assert said.startswith("0 ") and len(errors) == 1
    assert str(tmp_path / "kept") in errors[0] and "File too large" in errors[0] and "every process" in errors[0]


@compiled
@pytest.mark.parametrize("kind", ["a file", "below a file"])
def test_where_no_folder_can_be_made_the_work_goes_on(tmp_path, kind):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "__pycache__").write_text("in the way")
    place = tmp_path / "file" if kind == "a file" else tmp_path / "file" / "kept"
    said, errors = call_tiny(tmp_path, place, XDG_CACHE_HOME=str(place))
    assert said == "0 None" and len(errors) == 1 and "want NUMBA_CACHE_DIR" in errors[0]


@compiled
@posix
def test_files_in_a_folder_that_others_may_write_are_not_loaded(tmp_path):
    kept = tmp_path / "kept"
    call_tiny(tmp_path, kept)
    index, = kept.rglob("*.nbi")
    index.write_bytes(trap(tmp_path))
    kept.chmod(0o777)
    said, errors = call_tiny(tmp_path, kept)
    assert said == f"0 {tmp_path / '__pycache__'}" and not (tmp_path / "ran").exists()
    assert len(errors) == 1 and f"others may write {kept}" in errors[0]
    (tmp_path / "__pycache__").chmod(0o777)
    said, errors = call_tiny(tmp_path, kept, XDG_CACHE_HOME=str(kept))
    assert said == "0 None" and len(errors) == 1 and "want NUMBA_CACHE_DIR" in errors[0]
    kept.chmod(0o755)
    call_tiny(tmp_path, kept)
    assert (tmp_path / "ran").exists()  # the trap works


@compiled
@posix
def test_without_a_home_nothing_is_written_into_the_current_folder(tmp_path):
    """A user without HOME and without a name: Numba's user-wide folder is then `~/.cache/numba`, which is relative."""
    (tmp_path / "__pycache__").write_text("in the way")
    unknown = "import os; os.path.expanduser = lambda path: path"
    said, errors = call_tiny(tmp_path, "", unknown, HOME="")
    assert said == "0 None" and len(errors) == 1 and "not an absolute path" in errors[0]
    assert {path.name for path in tmp_path.iterdir()} == {"__pycache__", "tiny.py"}


@posix
@pytest.mark.parametrize("who, mode, is_danger", [
    ("folder", 0o755, False), ("folder", 0o757, True), ("folder", 0o775, True), ("folder", 0o1777, True),
    ("above", 0o757, True), ("above", 0o775, True), ("above", 0o1777, False), ("file", 0o646, True)])
def test_a_folder_is_safe_if_no_one_else_may_write_it(tmp_path, monkeypatch, who, mode, is_danger):
    monkeypatch.setattr(cache, "_is_own", lambda group: False)
    above, folder = tmp_path / "above", tmp_path / "above" / "folder"
    folder.mkdir(parents=True)
    (folder / "file.nbi").write_text("")
    {"above": above, "folder": folder, "file": folder / "file.nbi"}[who].chmod(mode)
    why = cache.danger.__wrapped__(str(folder), True)
    assert bool(why) == is_danger and (not why or f"{mode:o}" in why)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert bool(cache.danger.__wrapped__(str(link), True)) == is_danger


@posix
def test_a_folder_of_another_user_is_not_safe(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    assert not cache.danger.__wrapped__(str(folder / "new"), False)
    monkeypatch.setattr(cache.Path, "lstat", lambda path: SimpleNamespace(st_uid=12345, st_gid=0, st_mode=0o40755))
    assert "owner 12345" in cache.danger.__wrapped__(str(folder), True)


@posix
@pytest.mark.parametrize("name, members, is_own", [("me", [], True), ("me", ["me"], True), ("me", ["you"], False),
                                                   ("staff", [], False), (None, [], False)])
def test_a_group_of_the_user_alone_is_no_danger(monkeypatch, name, members, is_own):
    import grp
    import pwd

    def found(group):
        if name is None:
            raise KeyError(group)
        return SimpleNamespace(gr_name=name, gr_mem=members)

    monkeypatch.setattr(grp, "getgrgid", found)
    monkeypatch.setattr(pwd, "getpwuid", lambda user: SimpleNamespace(pw_name="me"))
    assert cache._is_own(1) is is_own
