"""Claim: processes of mpiexec train to the bits of one process, and refuse others that do not fit."""

from pathlib import Path

import on_ranks_problems
import pytest
from mpi import needs_mpi, on_mpi
from on_ranks_problems import ON_PROCESSES, digest

VERSIONS = """
from mpi4py import MPI
from nnlite.system import ranks
ranks.VERSION = f"0.2.{MPI.COMM_WORLD.rank}"
try:
    ranks.world()
except ValueError as error:
    print(error)
"""


@needs_mpi
@pytest.mark.parametrize("n_ranks", [2, 4])
def test_processes_train_to_the_bits_of_one(n_ranks):
    done = on_mpi(n_ranks, Path(on_ranks_problems.__file__))
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == [f"{n_ranks} {digest(name)[0]} {name}" for name in ON_PROCESSES]


@needs_mpi
def test_ranks_of_different_versions_refuse_each_other():
    done = on_mpi(2, "-c", VERSIONS)
    assert done.stdout.count("versions: want the same on all ranks") == 2 and "0.2.1 on rank 1" in done.stdout
