"""A step of several ranks, simulated message by message: with waiting, which the formula of `rank_costs` leaves out."""

import numpy as np

from nnlite.training.rank_costs import SMALL, Network


def simulated_seconds(n_rows: int, n_units: int, n_ranks: int, network: Network, work: float, everywhere: float,
                      spread: float = 0.0) -> float:
    """The seconds of a step in which every message is sent and received, one at a time at each rank.

    work, everywhere: as in `rank_costs`, of all ranks together and of each
    spread: relative standard deviation of the time that a rank takes for a piece of its work
    A rank sends to the next one, then to the one after that, and so on; a collective is over for it when it has sent
    and received everything.
    """
    rng = np.random.default_rng(0)
    share = 4 * n_rows * n_units / n_ranks
    pieces = [work / n_ranks / 2 + everywhere / 2] * 2  # the forward pass, and labels with the backward pass
    ready = np.zeros(n_ranks)
    for seconds in pieces:
        ready = ready + seconds * np.maximum(1 + spread * rng.standard_normal(n_ranks), 0)
        for n_bytes in share, share:
            ready = _exchanged(ready, network.latency + n_bytes / network.bandwidth)
    for _ in range(SMALL):
        ready = _exchanged(ready, network.latency)
    return float(ready.max())


def _exchanged(ready: np.ndarray, seconds: float) -> np.ndarray:
    """When each rank has sent a message to each other one and received theirs; ready: when it begins."""
    ranks = np.arange(ready.size)
    sends, receives = ready.copy(), ready.copy()
    for distance in range(1, ready.size):
        to = (ranks + distance) % ready.size
        ends = np.maximum(sends, receives[to]) + seconds
        sends = ends
        receives[to] = ends
    return np.maximum(sends, receives)
