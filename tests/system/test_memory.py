"""Claim: the memory that is left, that this process holds, and graphics processors are those that the system names."""

import os

import pytest

from nnlite.system import memory


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with other memory files: machine(meminfo=..., limit=..., usage=..., old_limit=..., old_usage=...)."""
    names = "meminfo", "limit", "usage", "old_limit", "old_usage"
    paths = {name: tmp_path / name for name in names}
    monkeypatch.setattr(memory, "MEMINFO", paths["meminfo"])
    monkeypatch.setattr(memory, "MEMORY_LIMITS", [(paths["limit"], paths["usage"]),
                                                  (paths["old_limit"], paths["old_usage"])])

    def change(**texts):
        for name, text in texts.items():
            paths[name].write_text(f"{text}\n")

    change(meminfo="MemTotal: 9000 kB\nMemFree: 1000 kB\nMemAvailable: 5000 kB")
    return change


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
    memory.MEMORY_LIMITS[0][1].unlink()
    assert memory.available_memory() == 5000 * 1024


def test_graphics_processors_without_a_model_or_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "NVIDIA", tmp_path)
    assert memory.gpus() == []
    for name, text in ("0", "a line without a colon\n"), ("1", "Model: NVIDIA A:B\n"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "information").write_text(text)
    assert [gpu.strip() for gpu in memory.gpus()] == ["NVIDIA", "NVIDIA A:B"]
