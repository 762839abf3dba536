"""Claim: the memory that is left, that this process holds, and graphics processors are those that the system names."""

import os

import pytest

from nnlite.system import groups, memory


FILES = {"limit": "memory.max", "usage": "memory.current", "stat": "memory.stat",  # of a control group of version 2
         "old_limit": "memory/memory.limit_in_bytes", "old_usage": "memory/memory.usage_in_bytes",
         "old_stat": "memory/memory.stat"}


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with other memory files: machine(meminfo=..., limit=..., usage=..., stat=..., old_limit=..., ...)."""
    paths = {"meminfo": tmp_path / "meminfo"} | {name: tmp_path / "groups" / path for name, path in FILES.items()}
    monkeypatch.setattr(memory, "MEMINFO", paths["meminfo"])
    monkeypatch.setattr(groups, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(groups, "OWN", tmp_path / "own")
    (tmp_path / "groups" / "memory").mkdir(parents=True)

    def change(**texts):
        for name, text in texts.items():
            paths[name].write_text(f"{text}\n")

    change(meminfo="MemTotal: 9000 kB\nMemFree: 1000 kB\nMemAvailable: 5000 kB")
    return change


def group(path, limit, usage, old=False):
    """Make a control group of this machine."""
    folder = groups.GROUPS / ("memory" if old else "") / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in ("limit", limit), ("usage", usage):
        (folder / FILES[f"old_{name}" if old else name].rpartition("/")[2]).write_text(f"{value}\n")


def test_memory_is_what_the_system_calls_available(machine):
    assert memory.available_memory() == 5000 * 1024
    machine(limit="max", usage=1)
    assert memory.available_memory() == 5000 * 1024


@pytest.mark.parametrize("version", ["", "old_"])
def test_memory_is_within_the_limit_of_the_group_of_either_version(machine, version):
    machine(**{f"{version}limit": 4_000_000, f"{version}usage": 1_000_000})
    assert memory.available_memory() == 3_000_000
    machine(**{f"{version}limit": 10**9})
    assert memory.available_memory() == 5000 * 1024
    machine(**{f"{version}limit": 999_999})
    assert memory.available_memory() == 0


@pytest.mark.parametrize("version, prefix", [("", ""), ("old_", "total_")])
def test_cached_pages_of_files_are_available_and_other_pages_are_not(machine, version, prefix):
    stat = {"anon": 900_000, "inactive_anon": 100_000, "shmem": 30_000, "inactive_file": 2_000_000,
            "active_file": 400_000, "file_mapped": 7}
    lines = "\n".join(f"{prefix}{name} {size}" for name, size in stat.items())
    machine(**{f"{version}limit": 4_000_000, f"{version}usage": 3_900_000, f"{version}stat": lines})
    assert memory.available_memory() == 2_500_000
    machine(**{f"{version}stat": "inactive_file 1\ntotal_inactive_file 1\nanon 4"})
    assert memory.available_memory() == 100_001


@pytest.mark.parametrize("own, old", [("0::/a/b\n", False), ("9:pids:/\n4:memory:/a/b\n0::/\n", True)])
def test_the_least_of_the_own_group_and_of_those_above_it_counts(machine, own, old):
    groups.OWN.write_text(own)
    for path, limit, usage in ("a/b", 4_000_000, 1_000_000), ("a/other", 1, 1), ("a", "max", 1), ("a/b/c", 1, 1):
        group(path, limit, usage, old)
    assert memory.available_memory() == 3_000_000
    machine(**{"old_limit" if old else "limit": 6_000_000, "old_usage" if old else "usage": 4_000_000})
    assert memory.available_memory() == 2_000_000


@pytest.mark.parametrize("own", ["0::/not/shown\n", "0::/../a\n", "0::/\n", "nonsense\n", "0::/a:b (deleted)\n"])
def test_a_container_that_shows_its_own_group_alone_is_within_its_limit(machine, own):
    groups.OWN.write_text(own)
    group("a", 1, 1)
    for name, value in ("limit", 1), ("usage", 1):  # in a folder that is not of the groups
        (groups.GROUPS.parent / "a").mkdir(exist_ok=True)
        (groups.GROUPS.parent / "a" / FILES[name]).write_text(f"{value}\n")
    machine(limit=4_000_000, usage=1_000_000)
    assert memory.available_memory() == 3_000_000


@pytest.mark.parametrize("own, old", [("0::/a:b:c..d\n", False), ("3:cpu,memory:/a:b:c..d\n0::/x\n", True)])
def test_groups_of_any_name_and_of_several_controllers(machine, own, old):
    groups.OWN.write_text(own)
    group("a:b:c..d", 4_000_000, 1_000_000, old)
    assert memory.available_memory() == 3_000_000


def test_the_memory_of_a_process_is_what_is_resident_and_not_what_is_addressed(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "STATM", tmp_path / "statm")
    assert memory.resident_memory() is None
    memory.STATM.write_text("100 40 8 1 0 9 0\n")
    assert memory.resident_memory() == 40 * os.sysconf("SC_PAGE_SIZE")


def test_graphics_processors_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "NVIDIA", tmp_path)
    for name, model in ("0", "NVIDIA H100"), ("1", "Tesla T4"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "information").write_text(f"Model: \t {model}\nIRQ:  5\n")
    assert memory.gpus() == ["NVIDIA H100", "NVIDIA Tesla T4"]


def test_where_the_system_names_no_available_memory_free_pages_are_counted(machine, monkeypatch):
    monkeypatch.setattr(os, "sysconf", {"SC_AVPHYS_PAGES": 7, "SC_PAGE_SIZE": 4096}.get)
    assert memory.available_memory() == 5000 * 1024
    machine(meminfo="MemTotal: 9000 kB\nMemFree: 1000 kB")
    assert memory.available_memory() == 7 * 4096
    memory.MEMINFO.unlink()
    assert memory.available_memory() is None


def test_the_smallest_limit_counts_and_one_without_a_usage_does_not(machine):
    machine(limit=4_000_000, usage=1_000_000, old_limit=2_000_000, old_usage=500_000)
    assert memory.available_memory() == 1_500_000
    machine(old_limit=9_000_000)
    assert memory.available_memory() == 3_000_000
    (groups.GROUPS / FILES["usage"]).unlink()
    assert memory.available_memory() == 5000 * 1024


def test_graphics_processors_without_a_model_or_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "NVIDIA", tmp_path)
    assert memory.gpus() == []
    for name, text in ("0", "a line without a colon\n"), ("1", "Model: NVIDIA A:B\n"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "information").write_text(text)
    assert [gpu.strip() for gpu in memory.gpus()] == ["NVIDIA", "NVIDIA A:B"]
