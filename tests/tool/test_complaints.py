"""Claim: the machine is described as it is, and what slows it down is named."""

import json
import os

import pytest

import nnlite
from nnlite.system import groups
from nnlite.tool import doctor
from nnlite.tool.command_line import main

FULL_SPEED = {"name": "openblas", "version": "1", "core": "SkylakeX", "threads": 2, "coretype": None}


@pytest.fixture
def quiet(monkeypatch, two_cores):
    """A machine of two cores with nothing to complain about; set(flags=..., quota=..., **blas) changes it."""
    def change(flags="fpu avx avx2 avx512f", quota="max 100000", **blas):
        if flags:
            doctor.CPUINFO.write_text(f"processor\t: 0\nmodel name\t: Abacus 3\nflags\t\t: {flags}\n\n" * 2)
        groups.GROUPS.mkdir(exist_ok=True)
        (groups.GROUPS / doctor.QUOTA).write_text(quota + "\n")
        monkeypatch.setattr(doctor, "blas", lambda: FULL_SPEED | blas)

    change()
    return change


def test_description():
    about = doctor.description()
    assert list(about) == [
        "processor", "cores", "memory_gib", "python", "numpy", "scipy", "numba", "nnlite", "blas", "core"]
    assert about["cores"] >= 1 and about["memory_gib"] > 0
    assert all(isinstance(about[name], str) for name in ("processor", "python", "numpy", "scipy", "numba", "blas"))
    json.dumps(about)


@pytest.mark.parametrize("installed, words", [(None, "not installed"), ("0.0.1", "0.0.1 is installed")])
def test_sources_that_are_not_what_is_installed_are_named(monkeypatch, installed, words):
    def version(name):
        if not installed:
            raise doctor.PackageNotFoundError(name)
        return installed

    monkeypatch.setattr(doctor, "version", version)
    own = doctor.own_version()
    assert own.startswith(f"{nnlite.__version__} of the sources in ") and own.endswith(words)


def test_blas(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Abacus")
    library = doctor.blas()
    assert library.keys() == FULL_SPEED.keys()
    assert library["threads"] >= 1 and library["coretype"] == "Abacus"


def test_processor_of_this_machine(quiet):
    assert doctor.description()["processor"] == "Abacus 3"


def test_no_complaint(quiet):
    assert doctor.complaints() == []


@pytest.mark.parametrize("change, word", [
    (dict(core="Haswell", coretype="Haswell"), "OPENBLAS_CORETYPE=Haswell), on a processor with avx512f"),
    (dict(core="Haswell"), "older core, Haswell, on a processor with avx512f"),
    (dict(core="Nehalem", flags="fpu avx2"), "Nehalem, on a processor with avx2"),
    (dict(threads=1), "1 of 2 threads"),
    (dict(quota="150000 100000"), "1.5 cores to 2"),
])
def test_complaints(quiet, change, word):
    quiet(**change)
    complaint, = doctor.complaints()
    assert word in complaint


def test_a_core_that_fits_is_no_complaint(quiet):
    quiet(core="Haswell", flags="fpu avx2", coretype="Haswell")
    assert doctor.complaints() == []
    quiet(core="neoversev1", flags="asimd sve")
    assert doctor.complaints() == []


def test_without_cpuinfo_the_variable_is_named(quiet):
    doctor.CPUINFO.unlink()
    quiet(flags=None, coretype="Haswell")
    complaint, = doctor.complaints()
    assert "OPENBLAS_CORETYPE=Haswell" in complaint


@pytest.mark.parametrize("name", doctor.SLOW_NUMBA)
def test_complaints_about_numba(quiet, monkeypatch, name):
    monkeypatch.setenv(name, "0")
    assert doctor.complaints() == []
    monkeypatch.setenv(name, "1")
    complaint, = doctor.complaints()
    assert complaint.startswith(f"{name}=1: ")


def test_the_number_of_threads_is_explained(quiet, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    quiet(threads=1)
    complaint, = doctor.complaints()
    assert "(OMP_NUM_THREADS=1)" in complaint


def test_cores_that_may_not_be_used(quiet, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    complaint, = doctor.complaints()
    assert "2 of the machine's 64 cores" in complaint


def test_a_cache_that_cannot_be_written(quiet, monkeypatch):
    monkeypatch.setattr(doctor, "kernel_cache", lambda: "/dev/null/kernels")
    complaint, = doctor.complaints()
    assert "/dev/null/kernels" in complaint and "not writable" in complaint


def test_a_quota_of_all_cores_is_no_complaint(quiet):
    quiet(quota="200000 100000")
    assert doctor.complaints() == []
    quiet(quota="199000 100000")
    assert len(doctor.complaints()) == 1


def test_the_least_quota_of_the_own_group_and_of_those_above_it_is_named(quiet):
    for name, quota in ("a", "120000 100000"), ("a/b", "max 100000"), ("a/b/own", "75000 50000"), ("other", "1 100000"):
        (groups.GROUPS / name).mkdir()
        (groups.GROUPS / name / doctor.QUOTA).write_text(quota + "\n")
    groups.OWN.write_text("0::/a/b/own\n")
    (complaint,) = doctor.complaints()
    assert complaint == f"{groups.GROUPS / 'a' / doctor.QUOTA} grants the time of 1.2 cores to 2 that may be used"


@pytest.mark.parametrize("threads", [1, 3])
def test_speeds_are_positive(threads):
    assert doctor.sgemm_peak(threads, seconds=0.01, size=16) > 0
    assert doctor.copy_bandwidth(threads, seconds=0.01, mib=1) > 0


def test_speeds_are_those_of_the_best_time(monkeypatch):
    """Of 2 threads x 2 x 16^3 operations, and of 64 MiB of sources and targets, in half a second."""
    monkeypatch.setattr(doctor, "_best_time", lambda function, seconds: 0.5)
    assert doctor.sgemm_peak(2, size=16) == pytest.approx(4 * 16**3 / 0.5 / 1e9)
    assert doctor.copy_bandwidth(2, mib=64) == pytest.approx(64 * 2**20 / 0.5 / 1e9)


# ---- the command line

@pytest.fixture
def fast(quiet, monkeypatch):
    monkeypatch.setattr(doctor, "sgemm_peak", lambda threads: 100.0 * threads)
    monkeypatch.setattr(doctor, "copy_bandwidth", lambda threads: 10.0 * threads)
    monkeypatch.setattr(doctor, "bfloat16_peak", lambda unit, threads: 400.0 * threads)
    return quiet


def test_doctor(fast, capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = ["machine", "versions", "BLAS", "SGEMM", "bfloat16", "copy", "complaints"]
    assert [line.split()[0] for line in lines] == names
    assert lines[3].endswith("100.0 GFLOP/s on 1 thread, 200.0 on 2")
    assert lines[-1].endswith(" fine")
    fast(threads=1, core="Zen")
    assert main(["doctor"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 8


def test_doctor_in_json(fast, capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sgemm_gflops"] == {"1": 100.0, "2": 200.0} and found["complaints"] == []


@pytest.mark.parametrize("words", [["dance"], ["doctor", "--xml"]])
def test_wrong_words_are_one_line_and_exit_code_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_error_is_one_line_and_exit_code_2(fast, monkeypatch, capsys):
    def refuse():
        raise ValueError("machine: want one, got none")

    monkeypatch.setattr(doctor, "description", refuse)
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "nnlite: error: machine: want one, got none\n"
