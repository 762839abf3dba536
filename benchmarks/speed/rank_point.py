"""One point of ranks.py, on each rank of `mpiexec`: the first prints what all have found, as a line of JSON.

    mpiexec -n 2 python -m benchmarks.speed.rank_point '{"n_labels": 131073, "shards": 8, "threads": 1}'
"""

import argparse
import hashlib
import json
import time

import numpy as np

import nnlite
from benchmarks.peers.protocol import memory
from benchmarks.speed.step_problems import zipf_rows
from nnlite.ranks.sharded_mlp import new_mlp, ranks_of, whole
from nnlite.system.ranks import Alone, world
from nnlite.training.recipes import linear_decay

USUAL = dict(n_words=40_000, n_labels=131_073, batch_rows=512, units=200, n_steps=20, shards=8, threads=1)
MIB = 2 ** 20


class Meter:
    """What a rank sends to others, and when it enters and leaves each collective.

    The clock is that of all processes of a machine: a collective itself begins when the last rank enters it.
    """

    def __init__(self, ranks: Alone):
        self.ranks, self.n_bytes = ranks, 0
        self.times: list[tuple[float, float]] = []
        ranks.exchange = self.timed(ranks.exchange, self.of_exchange)  # type: ignore[method-assign]
        ranks.collect = self.timed(ranks.collect, self.of_collect)  # type: ignore[method-assign]

    def timed(self, collective, sent):
        def measured(data, sizes):
            began = time.perf_counter()
            result = collective(data, sizes)
            self.times.append((began, time.perf_counter()))
            self.n_bytes += sent(data)
            return result

        return measured

    def of_exchange(self, to) -> int:
        return sum(part.nbytes for rank, part in enumerate(to) if rank != self.ranks.rank)

    def of_collect(self, own) -> int:
        return own.nbytes * (self.ranks.size - 1)

    def parts(self) -> np.ndarray:
        """The seconds that this rank has waited for the last one, and those since, in each collective (n, 2)."""
        own = np.array(self.times).reshape(-1, 2)
        every = self.ranks.collect(own[:, 0].copy(), [len(own)] * self.ranks.size)
        last = np.minimum(np.max(every, axis=0), own[:, 1])
        return np.stack([last - own[:, 0], own[:, 1] - last], axis=1)


def point(n_words: int, n_labels: int, batch_rows: int, units: int, n_steps: int, shards: int,
          threads: int) -> dict[str, float]:
    """Training steps on rows drawn by Zipf's law, 12 words and 5 labels in each.

    All but the digest are of a step, the median, and of the rank that has most; waiting comes as a mean, too.
    """
    rng = np.random.default_rng(0)
    x, y = (zipf_rows(rng, n_steps * batch_rows, n, per_row) for n, per_row in ((n_words, 12), (n_labels, 5)))
    data = nnlite.Dataset(x, y)
    model = new_mlp(n_words, n_labels, hidden=(units,), activation="relu", shards=shards)
    model.init_label_bias(data.label_frequencies())
    optimizer, ranks = nnlite.AdaGrad(0.05), ranks_of(model)
    meter, ends = Meter(ranks), []

    def note(step):
        ends.append((time.perf_counter(), time.process_time(), meter.n_bytes, len(meter.times)))

    trainer = nnlite.Trainer(model, optimizer, batch_rows, epochs=1, threads=threads, shards=shards, dropout=0.35,
                             schedule=linear_decay)
    trainer.fit(data, on_step=note)
    spent = np.append(np.zeros((1, 2)), np.cumsum(meter.parts(), axis=0), axis=0)
    steps = np.diff(np.hstack([ends, spent[[n_calls for *_, n_calls in ends]]])[1:], axis=0)
    of_step = np.append(np.median(steps, axis=0), steps[:, -2].mean())
    held = sum(array.nbytes for array in (model.params | optimizer.state).values())
    mine = np.array([*of_step, held / MIB, memory()["peak_rss_mib"]])
    names = ("s a step", "CPU s", "bytes sent", "collectives", "s waiting", "s in collectives", "mean s waiting",
             "held MiB", "peak MiB")
    every = np.max(ranks.collect(mine, [mine.size] * ranks.size), axis=0)
    params = [p.tobytes() for p in whole(model).params.values()]  # after the memory is measured
    return dict(zip(names, every.tolist())) | {"digest": hashlib.sha256(b"".join(params)).hexdigest()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arguments", type=json.loads, metavar="JSON", help=f"what differs from {USUAL}")
    args = parser.parse_args()
    found = point(**USUAL | args.arguments)
    if world().rank == 0:
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
