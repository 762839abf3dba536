"""What several ranks send and take: a formula for the time of a step.

    seconds = work / P  +  everywhere  +  messages x latency  +  bytes / bandwidth

work         of the words and labels, which ranks share
everywhere   what each rank does for itself: hidden layers, dropout, the choice of its words
messages     a rank sends 4 (P - 1) parts of the two sums of N x H numbers, and 2 (P - 1) small ones
bytes        of the sums 2 x 2 x 4 N H (P - 1) / P: a share to each rank, and the sum of its own share to each rank
"""

from typing import Any, NamedTuple

SUMS, SMALL = 2, 2  # of N x H numbers; of a few bytes: the losses of the shards, and whether a rank wants to stop


class Shared(NamedTuple):
    """What a training takes on several ranks, by the formula; the hidden layers count as work that is shared."""

    ranks: int
    held: float  # bytes of parameters and state of a rank
    sent: float  # bytes that a rank sends in all steps
    work_seconds: float
    message_seconds: float


class Network(NamedTuple):
    """What connects the ranks."""

    latency: float = 30e-6  # seconds for each message of a rank
    bandwidth: float = 1.25e9  # bytes that a rank sends in a second: 10 Gbit/s


def sent_bytes(n_rows: int, n_units: float, n_ranks: int) -> float:
    """The bytes that a rank sends in a step of n_rows rows, whose layers above the words and below the labels have
    n_units units."""
    return SUMS * 2 * 4 * n_rows * n_units * (n_ranks - 1) / n_ranks


def messages(n_ranks: int) -> int:
    """How many messages a rank sends in a step."""
    return (2 * SUMS + SMALL) * (n_ranks - 1)


def message_seconds(n_rows: int, n_units: float, n_ranks: int, network: Network) -> float:
    """What the messages of a step take, by the formula."""
    return messages(n_ranks) * network.latency + sent_bytes(n_rows, n_units, n_ranks) / network.bandwidth


def shared(plan: Any, n_ranks: int) -> Shared:
    """A Plan of one process, carried out by ranks that are each as fast."""
    n, units = plan.batch_rows, (plan.network[1] + plan.network[-2]) / 2
    return Shared(n_ranks, (plan.memory["parameters"] + plan.memory["optimiser"]) / n_ranks,
                  plan.n_steps * sent_bytes(n, units, n_ranks), plan.seconds["train"] / n_ranks,
                  plan.n_steps * message_seconds(n, units, n_ranks, Network()))
