"""Claim: a folder is written where one can be, and gives nobody more rights than the one that it replaces."""

import itertools
from pathlib import Path

import pytest

from nnlite.system import array_folder, atomic_folder


def write(folder, answer=42):
    array_folder.write(folder, "model", {"answer": answer}, None, {"words": ["a"] * answer})
    return folder


@pytest.mark.parametrize("place", ["/", "/.", "/tmp/.."])
def test_the_root_of_a_file_system_is_no_place(place):
    with pytest.raises(ValueError, match="^/: want the place of a folder, got the root of a file system$"):
        array_folder.check_place(place, "model")
    with pytest.raises(ValueError, match="^/: want the place of a folder, got the root of a file system$"):
        array_folder.write(place, "model", {}, {}, {})


def test_a_place_on_a_drive_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: False)
    with pytest.raises(FileNotFoundError, match="/nowhere/m"):
        atomic_folder.check_writable(Path("/nowhere/m"))


def test_permissions_are_those_of_the_user(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").touch()
    write(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert {path.stat().st_mode for path in (tmp_path / "a").iterdir()} == {(tmp_path / "file").stat().st_mode}


@pytest.mark.parametrize("folder, files, want", [(0o700, [0o600, 0o600], 0o600), (0o750, [0o640, 0o644], 0o640),
                                                 (0o755, [0o400, 0o644], 0o600), (0o700, [0o644, 0o644], 0o644)])
@pytest.mark.parametrize("exchanges", [True, False])
def test_a_folder_that_is_replaced_keeps_its_permissions_and_no_file_gets_more(
        tmp_path, monkeypatch, folder, files, want, exchanges):
    if not exchanges:
        monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)
    place = write(tmp_path / "a", 1)
    for path, mode in zip(place.iterdir(), itertools.cycle(files)):
        path.chmod(mode)
    place.chmod(folder)
    write(place, 2)
    assert array_folder.read(place, "model")[0]["answer"] == 2 and place.stat().st_mode & 0o7777 == folder
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {want}


def test_nobody_else_can_look_into_a_folder_that_is_being_written(tmp_path):
    with atomic_folder.replacing(tmp_path / "a") as new:
        assert new.stat().st_mode & 0o777 == 0o700
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode
