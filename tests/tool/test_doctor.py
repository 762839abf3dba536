"""Claim: what `nnlite doctor` prints are the figures that were measured and the files that were read, each by name."""

import os
import platform
from types import SimpleNamespace

import numpy as np
import pytest

from nnlite.kernels import bce_strip, packing
from nnlite.precision.units import UnitProducts
from nnlite.tool import doctor

FOUND = {"processor": "Abacus 3", "cores": 4, "memory_gib": 7.5, "nnlite": "1", "python": "2", "numpy": "3",
         "scipy": "4", "numba": "5", "blas": "openblas 0.3", "core": "Zen", "blas_threads": 8,
         "sgemm_gflops": {1: 10.0, 4: 35.26}, "unit": "", "bfloat16_gflops": {},
         "copy_gb_per_s": {1: 9.04, 4: 12.0}, "complaints": ["one", "two"]}
LIBRARY = {"name": "openblas", "version": "1", "core": "Zen", "threads": 2, "coretype": None}


@pytest.fixture
def machine(monkeypatch, tmp_path, two_cores):
    """A machine of two cores about which there is nothing to say, without the file CPUINFO and control groups."""
    monkeypatch.setattr(doctor, "kernel_cache", lambda: str(tmp_path))
    monkeypatch.setattr(doctor, "blas", lambda: LIBRARY)


def with_libraries(monkeypatch, *libraries):
    monkeypatch.setattr(doctor, "blas_libraries", lambda: SimpleNamespace(info=lambda: list(libraries)))


def test_every_figure_stands_in_its_line_of_the_table():
    assert doctor.report_lines(FOUND) == [
        "machine    Abacus 3, 4 usable cores, 7.5 GiB",
        "versions   nnlite 1, python 2, numpy 3, scipy 4, numba 5",
        "BLAS       openblas 0.3, kernels for Zen, 8 threads",
        "SGEMM      10.0 GFLOP/s on 1 thread, 35.3 on 4",
        "bfloat16   no matrix units: slower than float32",
        "copy       9.0 GB/s on 1 thread, 12.0 on 4, read and written, in copies of 64 MiB",
        "complaints one",
        "           two"]
    found = FOUND | {"unit": "AMX", "bfloat16_gflops": {1: 842.01, 2: 1600.0}}
    assert doctor.report_lines(found)[4] == "bfloat16   AMX, 842.0 GFLOP/s on 1 thread, 1600.0 on 2"


@pytest.mark.parametrize("cores, teams", [(1, [1]), (3, [1, 3])])
def test_speeds_are_measured_on_one_thread_and_on_all_and_rounded_to_a_tenth(machine, monkeypatch, cores, teams):
    monkeypatch.setattr(doctor, "description", lambda: {"cores": cores})
    monkeypatch.setattr(doctor, "sgemm_peak", lambda n: 100.06 * n)
    monkeypatch.setattr(doctor, "copy_bandwidth", lambda n: 10.06 * n)
    monkeypatch.setattr(doctor, "bfloat16_peak", lambda unit, n: 400.06 * n)
    for unit in "AMX", "":
        monkeypatch.setattr(doctor, "matrix_unit", lambda: unit)
        assert doctor.examine() == {
            "cores": cores, "blas_threads": 2, "complaints": [], "unit": unit,
            "sgemm_gflops": {n: round(100.06 * n, 1) for n in teams},
            "bfloat16_gflops": {n: round(400.06 * n, 1) for n in teams if unit},
            "copy_gb_per_s": {n: round(10.06 * n, 1) for n in teams}}


def test_the_memory_of_a_machine_is_its_pages_in_gib(machine, monkeypatch):
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 3 << 18, "SC_PAGE_SIZE": 6144}.get)
    about = doctor.description()
    assert about["memory_gib"] == 4.5 and about["cores"] == 2
    assert about["blas"] == "openblas 1" and about["core"] == "Zen"
    monkeypatch.delattr(os, "sysconf")
    assert doctor.description()["memory_gib"] is None


@pytest.mark.parametrize("processor, want", [("x86 of some kind", "x86 of some kind"), ("", "abacus64")])
def test_a_processor_that_proc_does_not_name_is_named_by_python(machine, monkeypatch, processor, want):
    monkeypatch.setattr(platform, "processor", lambda: processor)
    monkeypatch.setattr(platform, "machine", lambda: "abacus64")
    assert doctor.description()["processor"] == want
    doctor.CPUINFO.write_text("model\t\t: 85\nmodel name\t: Abacus: 3\nmodel name\t: Abacus 4\n")
    assert doctor.description()["processor"] == "Abacus: 3"


def test_the_blas_is_the_one_that_numpy_brings(monkeypatch):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    theirs = {"filepath": "/site/scipy.libs/a.so", "internal_api": "mkl", "version": "9", "num_threads": 3}
    ours = {"filepath": "/site/numpy.libs/b.so", "internal_api": "openblas", "version": None, "num_threads": 5,
            "architecture": "Zen"}
    with_libraries(monkeypatch, theirs, ours)
    assert doctor.blas() == {"name": "openblas", "version": "", "core": "Zen", "threads": 5, "coretype": None}
    with_libraries(monkeypatch, theirs, theirs | {"internal_api": "blis"})
    assert doctor.blas() == {"name": "mkl", "version": "9", "core": None, "threads": 3, "coretype": None}
    with_libraries(monkeypatch)
    assert doctor.blas() == {"name": "unknown", "version": "", "core": None, "threads": 1, "coretype": None}


def test_interpreted_kernels_have_no_cache(monkeypatch):
    monkeypatch.setattr(doctor.dense, "sigmoid", SimpleNamespace(stats=SimpleNamespace(cache_path="/kernels")))
    assert doctor.kernel_cache() == "/kernels"
    monkeypatch.setattr(doctor.dense, "sigmoid", len)
    assert doctor.kernel_cache() is None


def test_complaints_are_about_blas_then_variables_then_the_process(machine, monkeypatch):
    monkeypatch.setattr(doctor, "blas", lambda: LIBRARY | {"threads": 3})
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setenv("MKL_NUM_THREADS", "5")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "")
    assert doctor.complaints() == [
        "BLAS has 3 of 2 threads (OMP_NUM_THREADS=3, MKL_NUM_THREADS=5): nnlite uses its own threads and is not "
        "slowed, other matrix products are",
        "NUMBA_BOUNDSCHECK=1: every index in a kernel is checked, and no loop is vectorised",
        "this process may use 2 of the machine's 4 cores (affinity)"]


@pytest.mark.parametrize("cores, count", [(2, None), (2, 2), (4, 2)])
def test_no_core_is_missed_where_all_may_be_used_or_their_number_is_not_known(machine, monkeypatch, cores, count):
    monkeypatch.setattr(doctor, "usable_cores", lambda: cores)
    monkeypatch.setattr(doctor, "blas", lambda: LIBRARY | {"threads": cores})
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert doctor.complaints() == []


@pytest.mark.parametrize("folder", [None, "."])
def test_a_cache_that_can_be_written_or_is_not_there_is_no_complaint(machine, monkeypatch, folder):
    monkeypatch.setattr(doctor, "kernel_cache", lambda: folder)
    assert doctor.complaints() == []


@pytest.mark.parametrize("wrong", ["the sum lacks a term", "NaN"])
def test_a_blas_whose_products_are_wrong_is_a_complaint(machine, monkeypatch, wrong):
    class Wrong(np.ndarray):
        def __matmul__(self, other):
            product = np.asarray(self) @ np.asarray(other)
            return product * np.nan if wrong == "NaN" else product - np.asarray(self)[:, -1:] * np.asarray(other)[-1:]

    monkeypatch.setattr(doctor, "matrix", lambda rng, *shape: rng.random(shape, np.float32).view(Wrong))
    assert any("BLAS computes wrong products (64 x 200 times 200 x 48" in line for line in doctor.complaints())


@pytest.mark.parametrize("threads", [1, 2])
def test_speeds_count_the_work_of_all_threads(monkeypatch, threads):
    """2 size^3 operations of each thread; bytes read and written: twice four bytes for each of its floats."""
    def half_a_second(function, seconds):
        function()
        assert seconds == 0.25
        return 0.5

    monkeypatch.setattr(doctor, "_best_time", half_a_second)
    assert doctor.sgemm_peak(threads, 0.25, size=16) == pytest.approx(threads * 2 * 16**3 / 0.5 / 1e9)
    monkeypatch.setitem(doctor.UNITS, "loops", UnitProducts(packing.multiply, bce_strip.in_loops))
    assert doctor.bfloat16_peak("loops", threads, 0.25, size=16) == pytest.approx(threads * 2 * 16**3 / 0.5 / 1e9)
    assert doctor.copy_bandwidth(threads, 0.25, mib=2) == pytest.approx(2 * 2**20 / 0.5 / 1e9)
    assert doctor.copy_bandwidth(threads, 0.25, mib=0) == pytest.approx(8 * threads / 0.5 / 1e9)


@pytest.mark.parametrize("now, n_calls, best", [([0, 9], 4, 2), ([0, 0, 0.5, 0.9, 1.0], 7, 0.5)])
def test_the_best_time_is_of_three_calls_after_a_first_or_of_more_until_the_seconds_are_over(
        monkeypatch, now, n_calls, best):
    calls, now, times = [], iter(now), iter([5, 2, 3, 4, 0.5, 1, 0.1])

    def timed(function, number):
        assert number == 1
        function()
        return next(times)

    monkeypatch.setattr(doctor, "default_timer", lambda: next(now))
    monkeypatch.setattr(doctor, "timeit", timed)
    assert doctor._best_time(lambda: calls.append(1), 1.0) == best and len(calls) == n_calls
