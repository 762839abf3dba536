"""How the benchmarks start processes: in the root of the repository, without variables that slow a system down.

This module needs the standard library alone, so the process of every system can import it.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # of the repository: the working directory of every child process
SLOWER_KERNELS = (  # variables that choose the kernels of an older processor
    "OPENBLAS_CORETYPE",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_CBWR",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
)
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
UNWANTED = (*SLOWER_KERNELS, *THREAD_COUNTS, "OPENBLAS_L2_SIZE", "NUMBA_BOUNDSCHECK")
KERAS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}  # read when Keras is imported


def _without(names: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in names}


def clean_environment() -> dict[str, str]:
    """The environment without variables that choose older kernels or a number of threads."""
    return _without(UNWANTED)


def environment(threads: int) -> dict[str, str]:
    """The environment of a measured system: no variable that chooses older kernels, and this number of threads."""
    return _without(SLOWER_KERNELS) | KERAS | {name: str(threads) for name in THREAD_COUNTS}


def command(python: str | Path, module: str, *arguments: object) -> list[str]:
    """The words that run a module, such as benchmarks.speed.ingest, with an interpreter; to be started in ROOT."""
    return [str(word) for word in (python, "-m", module, *arguments)]


def own_command() -> str:
    """The command that started this process, as text for a shell: python -m benchmarks.speed.ingest --quick

    Files and folders outside the repository have their last name only.
    """
    words = (word if not os.path.isabs(word) or Path(word).is_relative_to(ROOT) else Path(word).name
             for word in sys.orig_argv[1:])
    return shlex.join(["python", *words])


def rerun_clean() -> None:
    """If the environment is not clean, run the same command in a child process where it is, and exit with its status.

    BLAS chooses its kernels when it is loaded, so a change in this process would come too late.
    """
    if len(clean_environment()) < len(os.environ):
        sys.exit(subprocess.run([sys.executable, *sys.orig_argv[1:]], env=clean_environment()).returncode)
