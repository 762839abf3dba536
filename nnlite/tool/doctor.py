"""What this machine can do, and what slows it down: the measurements and checks behind `nnlite doctor`.

Measured figures bound every kernel and layer: the operations a second of matrix products (`sgemm_peak`, and on matrix
units `bfloat16_peak`) and the bytes a second that memory delivers (`copy_bandwidth`). `complaints` names the settings
that slow a program down, and a BLAS whose products are wrong.
"""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from timeit import default_timer, timeit
from typing import Any

import numpy as np

from nnlite.kernels import cache, dense
from nnlite.precision.choice import UNITS, matrix_unit
from nnlite.precision.units import left, packed, right
from nnlite.system.blas import blas_libraries, one_blas_thread
from nnlite.system.groups import own_groups
from nnlite.system.threads import team, usable_cores
from nnlite.version import VERSION

CPUINFO = Path("/proc/cpuinfo")
QUOTA = "cpu.max"  # of a control group: "200000 100000", microseconds of processor time per period, or "max 100000"
OLDER = {  # OpenBLAS's names of the x86 cores whose kernels do not use a feature of newer processors, by its flag
    "avx512f": {"haswell", "zen", "excavator"},
    "avx2": {"prescott", "core2", "penryn", "dunnington", "atom", "nano", "nehalem", "sandybridge", "athlon", "opteron",
             "opteron_sse3", "barcelona", "bobcat", "bulldozer", "piledriver", "steamroller"},
}
PRODUCTS = (64, 200, 48), (65, 33, 17), (128, 512, 96)  # rows, inner, columns of those that are checked
PRODUCT_ERROR = 1e-4  # relative, at most, of a sum of some hundred positive float32
KERNEL_BYTES = 1 << 24  # that all compiled kernels take on disk, at most
THREAD_COUNTS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
SLOW_NUMBA = {  # what a variable does unless it is 0 or empty
    "NUMBA_DISABLE_JIT": "kernels run interpreted, hundreds of times slower",
    "NUMBA_BOUNDSCHECK": "every index in a kernel is checked, and no loop is vectorised",
    "NUMBA_CPU_NAME": "kernels are compiled for another processor",
}


def examine() -> dict[str, Any]:
    """All that `nnlite doctor` shows: the machine, versions, BLAS, speeds by number of threads, complaints."""
    about = description()
    teams = sorted({1, about["cores"]})
    return about | {
        "blas_threads": blas()["threads"],
        "sgemm_gflops": {n: round(sgemm_peak(n), 1) for n in teams},
        "unit": (unit := matrix_unit()),
        "bfloat16_gflops": {n: round(bfloat16_peak(unit, n), 1) for n in teams if unit},
        "copy_gb_per_s": {n: round(copy_bandwidth(n), 1) for n in teams},
        "complaints": complaints(),
    }


def report_lines(found: dict[str, Any]) -> list[str]:
    """What `examine` found, as the lines of a table."""
    lines = [
        ("machine", f"{found['processor']}, {found['cores']} usable cores, {found['memory_gib']} GiB"),
        ("versions", ", ".join(f"{name} {found[name]}" for name in ("nnlite", "python", "numpy", "scipy", "numba"))),
        ("BLAS", f"{found['blas']}, kernels for {found['core']}, {found['blas_threads']} threads"),
        ("SGEMM", _by_threads(found["sgemm_gflops"], "GFLOP/s")),
        ("bfloat16", f"{found['unit']}, {_by_threads(found['bfloat16_gflops'], 'GFLOP/s')}" if found["unit"] else
         "no matrix units: slower than float32"),
        ("copy", _by_threads(found["copy_gb_per_s"], "GB/s") + ", read and written, in copies of 64 MiB"),
        *zip(["complaints", *[""] * len(found["complaints"])], found["complaints"] or ["fine"]),
    ]
    return [f"{name:10} {text}" for name, text in lines]


def _by_threads(figures: dict[int, float], unit: str) -> str:
    first, *others = figures.items()
    return ", ".join([f"{first[1]:.1f} {unit} on 1 thread", *(f"{figure:.1f} on {n}" for n, figure in others)])


def description() -> dict[str, Any]:
    """The machine and the versions of the numeric libraries."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None
    library = blas()
    return {
        "processor": _cpuinfo("model name") or platform.processor() or platform.machine(),
        "cores": usable_cores(),
        "memory_gib": pages and round(pages / 2**30, 1),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "numba")},
        "nnlite": own_version(),
        "blas": f"{library['name']} {library['version']}",
        "core": library["core"],
    }


def own_version() -> str:
    """The version of this code, and where it is if it is not installed, or not the one that is."""
    sources = f"{VERSION} of the sources in {Path(__file__).parents[1]}"
    try:
        installed = version("nnlite")
    except PackageNotFoundError:
        return f"{sources}, not installed"
    return installed if installed == VERSION else f"{sources}; {installed} is installed"


def blas() -> dict[str, Any]:
    """The BLAS library under NumPy's matrix products: name, version, threads (that it would use now), core (the
    processor whose kernels it runs; None where it does not say), coretype (the variable OPENBLAS_CORETYPE, or None)."""
    found = blas_libraries().info()
    library = next((library for library in found if "numpy" in library["filepath"]), found[0] if found else {})
    return {
        "name": library.get("internal_api", "unknown"),
        "version": library.get("version") or "",
        "core": library.get("architecture"),
        "threads": library.get("num_threads", 1),
        "coretype": os.environ.get("OPENBLAS_CORETYPE"),
    }


def kernel_cache() -> str | None:
    """The folder in which Numba keeps compiled kernels; None where they are interpreted."""
    stats = getattr(dense.sigmoid, "stats", None)
    return stats and stats.cache_path


def _cpuinfo(field: str) -> str | None:
    """The first value of a field of /proc/cpuinfo; None where there is none."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.split("\t")[0].strip() == field), None)


def complaints() -> list[str]:
    """What keeps programs below what this machine offers: one line each, none if all is well."""
    slow = [f"{name}={os.environ[name]}: {effect}" for name, effect in SLOW_NUMBA.items()
            if os.environ.get(name, "") not in ("", "0")]
    return [*_about_blas(blas()), *_about_products(), *slow, *_about_process()]


def _about_products() -> Iterator[str]:
    """Some releases of OpenBLAS computed wrong products on some processors: are they plain sums, nearly?"""
    rng = np.random.default_rng(0)
    for n_rows, n_inner, n_columns in PRODUCTS:
        a, b = matrix(rng, n_rows, n_inner), matrix(rng, n_inner, n_columns)
        want = np.stack([(row[:, None] * b.astype(np.float64)).sum(axis=0) for row in np.asarray(a)])
        for got in a @ b, (b.T @ a.T).T, a.T.copy().T @ b, a @ b.T.copy().T:
            error = float(abs(got / want - 1).max())
            if not error < PRODUCT_ERROR:
                yield (f"BLAS computes wrong products ({n_rows} x {n_inner} times {n_inner} x {n_columns} are off by "
                       f"{error:.1g}): install another release of NumPy")
                return


def _about_blas(library: dict[str, Any]) -> Iterator[str]:
    flags, core, cores = (_cpuinfo("flags") or "").split(), library["core"] or "", usable_cores()
    unused = next((flag for flag in flags if core.lower() in OLDER.get(flag, ())), None)
    variable = f" (OPENBLAS_CORETYPE={library['coretype']})" if library["coretype"] else ""
    if unused:
        yield f"BLAS runs the kernels of an older core, {core}{variable}, on a processor with {unused}"
    elif variable and not flags:
        yield f"a variable chooses the kernels of BLAS{variable}; whether they fit this processor is not known"
    if library["threads"] != cores:
        given = [f"{name}={os.environ[name]}" for name in THREAD_COUNTS if name in os.environ]
        yield (f"BLAS has {library['threads']} of {cores} threads" + (f" ({', '.join(given)})" if given else "")
               + ": nnlite uses its own threads and is not slowed, other matrix products are")


def matrix(rng: np.random.Generator, n_rows: int, n_columns: int) -> np.ndarray:
    """Of float32 from 0 to 1."""
    return rng.random((n_rows, n_columns), np.float32)


def _about_process() -> Iterator[str]:
    folder = kernel_cache()
    if folder and not os.access(folder, os.W_OK):
        yield f"{folder}: not writable, so every process compiles the kernels that are not in it yet"
    elif folder and shutil.disk_usage(folder).free < KERNEL_BYTES:
        yield f"{folder}: the disk is full, so every process compiles the kernels that are not in it yet"
    for why in cache.refused:
        yield (f"{why}: files of compiled kernels can run any code, so none are kept there; take the right to write "
               "from others, or let NUMBA_CACHE_DIR name a folder of your own")
    if isinstance(getattr(dense.sigmoid, "_cache", None), cache.NoCache):
        yield cache.NOWHERE
    if usable_cores() < (os.cpu_count() or 1):
        yield f"this process may use {usable_cores()} of the machine's {os.cpu_count()} cores (affinity)"
    quotas = [(cores, path) for group in own_groups() if (cores := _quota(path := group / QUOTA)) is not None]
    if quotas and min(quotas)[0] < usable_cores():
        cores, path = min(quotas)
        yield f"{path} grants the time of {cores:.3g} cores to {usable_cores()} that may be used"


def _quota(path):
    """The cores whose time a control group has, None without a limit."""
    quota, period = path.read_text().split() if path.exists() else ("max", "")
    return None if quota == "max" else int(quota) / int(period)


def sgemm_peak(threads: int | None = None, seconds: float = 0.3, size: int = 1024) -> float:
    """float32 operations a second, in GFLOP/s, that matrix products reach: the best of those made in `seconds`.

    Each thread (None: one per usable core) multiplies its own two matrices, size x size: 2 size^3 operations.
    """
    workers = team(threads)
    rng = np.random.default_rng(0)
    triples = [[matrix(rng, size, size) for _ in range(3)] for _ in range(workers.threads)]
    with one_blas_thread():
        best = _best_time(lambda: workers.run(lambda abc: np.matmul(abc[0], abc[1], out=abc[2]), triples), seconds)
    return workers.threads * 2 * size ** 3 / best / 1e9


def bfloat16_peak(unit: str, threads: int | None = None, seconds: float = 0.3, size: int = 512) -> float:
    """As `sgemm_peak`, of matrices that are packed as bfloat16 already, on a unit in `precision.choice.UNITS`."""
    workers = team(threads)
    a = matrix(np.random.default_rng(0), size, size)
    triples = [(left(a, packed(f"left {i}", size, size)), right(a, packed(f"right {i}", size, size)), np.empty_like(a))
               for i in range(workers.threads)]
    multiply = UNITS[unit].multiply
    best = _best_time(lambda: workers.run(lambda abc: multiply(*abc[:2], size, abc[2], False), triples), seconds)
    return workers.threads * 2 * size ** 3 / best / 1e9


def copy_bandwidth(threads: int | None = None, seconds: float = 0.3, mib: int = 64) -> float:
    """Bytes read plus bytes written a second, in GB/s, by copying arrays: the best of the copies made in `seconds`.

    Each thread (None: one per usable core) copies its own array; `mib` is the MiB of all of them, sources and targets.
    This is the bandwidth of memory if `mib` is several times the last cache, else that of the cache. A processor that
    reads a line before it writes it moves a third more than is counted here.
    """
    workers = team(threads)
    length = max(1, mib * 2**20 // (8 * workers.threads))
    pairs = [(np.ones(length, np.float32), np.zeros(length, np.float32)) for _ in range(workers.threads)]
    best = _best_time(lambda: workers.run(lambda pair: np.copyto(pair[1], pair[0]), pairs), seconds)
    return workers.threads * 8 * length / best / 1e9


def _best_time(function: Callable[[], Any], seconds: float) -> float:
    """The shortest time of a call: at least three calls after a first one, and more until `seconds` are over."""
    function()
    times: list[float] = []
    start = default_timer()
    while len(times) < 3 or default_timer() - start < seconds:
        times.append(timeit(function, number=1))
    return min(times)
