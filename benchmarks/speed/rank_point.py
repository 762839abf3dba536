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
    """The bytes that a rank sends to others, its messages, and the seconds that it spends in collectives."""

    def __init__(self, ranks: Alone):
        self.ranks, self.n_bytes, self.n_calls, self.seconds = ranks, 0, 0, 0.0
        ranks.exchange = self.timed(ranks.exchange, self.of_exchange)  # type: ignore[method-assign]
        ranks.collect = self.timed(ranks.collect, self.of_collect)  # type: ignore[method-assign]

    def timed(self, collective, sent):
        def measured(data, sizes):
            began = time.perf_counter()
            result = collective(data, sizes)
            self.seconds += time.perf_counter() - began
            self.n_bytes += sent(data)
            self.n_calls += 1
            return result

        return measured

    def of_exchange(self, to) -> int:
        return sum(part.nbytes for rank, part in enumerate(to) if rank != self.ranks.rank)

    def of_collect(self, own) -> int:
        return own.nbytes * (self.ranks.size - 1)


def point(n_words: int, n_labels: int, batch_rows: int, units: int, n_steps: int, shards: int,
          threads: int) -> dict[str, float]:
    """Training steps on rows drawn by Zipf's law, 12 words and 5 labels in each. All but the digest are per step."""
    rng = np.random.default_rng(0)
    x, y = (zipf_rows(rng, n_steps * batch_rows, n, per_row) for n, per_row in ((n_words, 12), (n_labels, 5)))
    data = nnlite.Dataset(x, y)
    model = new_mlp(n_words, n_labels, hidden=(units,), activation="relu", shards=shards)
    model.init_label_bias(data.label_frequencies())
    optimizer, ranks = nnlite.AdaGrad(0.05), ranks_of(model)
    meter, ends = Meter(ranks), []

    def note(step):
        ends.append((time.perf_counter(), time.process_time(), meter.seconds, meter.n_bytes, meter.n_calls))

    trainer = nnlite.Trainer(model, optimizer, batch_rows, epochs=1, threads=threads, shards=shards, dropout=0.35,
                             schedule=linear_decay)
    trainer.fit(data, on_step=note)
    of_step = np.median(np.diff(ends[1:], axis=0), axis=0)
    held = sum(array.nbytes for array in (model.params | optimizer.state).values())
    mine = np.array([*of_step, held / MIB, memory()["peak_rss_mib"]])
    names = "s a step", "CPU s", "s in collectives", "bytes sent", "collectives", "held MiB", "peak MiB"
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
