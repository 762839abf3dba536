"""Claim: two ranks of lesson 15 end in the bits of one process, and hold half of the parameters."""

import lesson_runs
from mpi import needs_mpi
from ranks_lesson import check_15


@needs_mpi
def test_two_ranks_of_the_lesson_end_in_the_bits_of_one(capsys):
    one = lesson_runs.run("15", capsys, "RANKS = 2")
    check_15(one)
    assert one.several and one.held < 0.6 * one.parameters
