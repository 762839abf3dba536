"""One point of scale.py, in a process of its own: a series' name and its arguments in JSON become figures in JSON.

    python -m benchmarks.speed.scale_point steps '{"n_words": 1000, "n_labels": 100, "batch_rows": 32, "units": 200}'
    python -m benchmarks.speed.scale_point rows '{"path": "products.jsonl.gz", "n_records": 10000}'
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence

import numpy as np

import nnlite
from benchmarks.peers.protocol import memory
from benchmarks.speed.step_problems import zipf_rows
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.training import recipes

MIB = 2 ** 20
CHUNK_ROWS = 20_000
IN_MEMORY = 200_000  # rows up to which training from memory is timed too
SECONDS = 3.0  # of training steps at each point, and at least three of them


class Enough(Exception):
    """Ends a training."""


class Clock:
    """The time at the end of each training step; raises Enough after SECONDS."""

    def __init__(self):
        self.seconds = []

    def __call__(self, step) -> None:
        self.seconds.append(step.seconds)
        if step.step > 4 and self.seconds[-1] - self.seconds[0] > SECONDS:
            raise Enough


def steps(n_words: int, n_labels: int, batch_rows: int, units: int, by_row: Sequence[str] = (),
          negligible: float = 0.0) -> dict[str, float]:
    """Training steps of a network on rows drawn by Zipf's law, 12 words and 5 labels in each."""
    rng, clock = np.random.default_rng(0), Clock()
    x, y = zipf_rows(rng, 20 * batch_rows, n_words, 12), zipf_rows(rng, 20 * batch_rows, n_labels, 5)
    data, model = nnlite.Dataset(x, y), nnlite.MLP(n_words, n_labels, (units,), "relu")
    model.init_label_bias(data.label_frequencies())
    optimizer = nnlite.AdaGrad(0.05, by_row=by_row)
    try:
        nnlite.Trainer(model, optimizer, batch_rows, epochs=10 ** 6, negligible=negligible).fit(data, on_step=clock)
    except Enough:
        pass
    parameters = sum(p.nbytes for p in model.params.values())
    return {"s a step": float(np.median(np.diff(clock.seconds))), "parameters MiB": parameters / MIB,
            "peak MiB": memory()["peak_rss_mib"]}


def rows(path: str, n_records: int) -> dict[str, float]:
    """One epoch out of core: count, encode into chunks on disk, train from these."""
    features, found = recipes.FEATURES["default"] | {"hash_size": 2 ** 18}, {}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        vocabulary = nnlite.Vocabulary.build(nnlite.read_records(path), **features)
        found["count s"], start = time.perf_counter() - start, time.perf_counter()
        write_chunks(folder, nnlite.read_records(path), vocabulary, CHUNK_ROWS)
        found["encode s"] = time.perf_counter() - start
        data = ChunkFolder(folder)
        seconds_of_an_epoch(data, data[0])  # loads the compiled code
        found["train s"] = seconds_of_an_epoch(data, data)
        found |= {"rows/s from disk": n_records / found["train s"], "peak MiB": memory()["peak_rss_mib"]}
        if n_records <= IN_MEMORY:
            chunks, turns = list(data), range(3)
            times = [(seconds_of_an_epoch(data, chunks), seconds_of_an_epoch(data, data)) for _ in turns]
            from_memory, from_disk = np.min(times, axis=0)
            found["disk / memory"] = float(from_memory / from_disk)  # of rows/s
    return found


def seconds_of_an_epoch(data: ChunkFolder, source) -> float:
    """The seconds of one epoch of the default recipe for `data`, trained from another source of the same chunks."""
    return recipes.default(data, hidden=(200,), batch_rows=512, epochs=1).fit(source).seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("steps", "rows"))
    parser.add_argument("arguments", type=json.loads, metavar="JSON")
    args = parser.parse_args()
    print(json.dumps({"steps": steps, "rows": rows}[args.kind](**args.arguments)))


if __name__ == "__main__":
    main()
