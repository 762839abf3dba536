"""What do one title, a thousand titles and one more process cost a server, and what does `unknown_share` tell it?

    python -m benchmarks.speed.serve [--quick] [--titles FILE ...] [--json FILE]

The default recipe is trained for one epoch on four fifths of the titles, and saved. Processes then predict a thousand
of the other titles, at the same time: one by one and in one call, on one thread each. They load the model themselves,
as those of uvicorn do, or are forked from one that has loaded it, as those of gunicorn with --preload.

PSS is a process's share of memory: a page that n processes map counts 1/n in each (Linux, /proc/self/smaps_rollup).
Memory is read when all have predicted; `all MiB` is the sum of PSS.

The second table is the share of unknown words of titles that were trained on, of others, and of others of a category of
which none was trained on: what a shop sees when goods are new.
"""

import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nnlite
from benchmarks import process, report
from nnlite.scores.explanation import unknown_share
from nnlite.training import recipes

TITLES = 1_000  # that a process predicts
NEW = 3  # categories, the most frequent ones, that are new in the second table, one at a time


def store(records: list[nnlite.Record], folder: str) -> None:
    """Train and save a model, in a process of its own, whose memory no worker inherits."""
    nnlite.TitleClassifier(epochs=1).fit(*zip(*records)).save(folder)


def memory() -> tuple[float, float]:
    """PSS and RSS of this process in MiB."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return kib["Pss"] / 1024, kib["Rss"] / 1024


def work(model: nnlite.TitleClassifier | str, titles: list[str], together, results) -> None:
    """A worker: loads the model if it is given a folder, predicts, and puts its figures into `results`."""
    if isinstance(model, str):
        model = nnlite.TitleClassifier.load(model, threads=1)
    many = model.predict_above(titles)
    together.wait()
    seconds, found = [], []
    for title in titles:
        start = time.perf_counter()
        found += model.predict_above([title])
        seconds.append(time.perf_counter() - start)
    batch, _ = report.timed(lambda: model.predict_above(titles))
    together.wait()
    figures = memory()
    together.wait()  # nobody ends before all have read
    same = [[name for name, _ in pairs] for pairs in found] == [[name for name, _ in pairs] for pairs in many]
    results.put((*figures, 1e3 * min(seconds), 1e3 * statistics.median(seconds), 1e3 * batch, same))


def measured(how: str, n: int, folder: str, titles: list[str]) -> tuple[dict, bool]:
    """A row of the table, and whether one by one and in one call the categories were the same."""
    is_forked = how == "fork after loading"
    context = multiprocessing.get_context("fork" if is_forked else "spawn")
    model = nnlite.TitleClassifier.load(folder, threads=1) if is_forked else folder
    together, results = context.Barrier(n), context.Queue()
    workers = [context.Process(target=work, args=(model, titles, together, results)) for _ in range(n)]
    for worker in workers:
        worker.start()
    pss, rss, least, one, batch, same = zip(*[results.get() for _ in workers])
    for worker in workers:
        worker.join()
    row = {"processes": n, "which": how, "RSS MiB": statistics.mean(rss), "PSS MiB": statistics.mean(pss),
           "all MiB": sum(pss), "one title, min ms": min(least), "median ms": statistics.median(one),
           "1,000 titles, min ms": min(batch)}
    return row, all(same)


def shares(train: list[nnlite.Record], test: list[nnlite.Record]) -> list[dict]:
    """The rows of the second table."""
    settings = recipes.FEATURES["default"]
    vocabulary = nnlite.Vocabulary.build(train, **settings)
    rows = [_share(vocabulary, "trained on", train), _share(vocabulary, "others", test)]
    for name in vocabulary.labels[:NEW]:
        vocabulary = nnlite.Vocabulary.build([one for one in train if name not in one.categories], **settings)
        rows.append(_share(vocabulary, f"others, {name} is new", [one for one in test if name in one.categories]))
    return rows


def _share(vocabulary, which, records):
    return {"titles": len(records), "which": which,
            "unknown words %": 100 * unknown_share(vocabulary, [record.title for record in records])}


def main() -> int:
    args = report.parser(__doc__, "10,000 records, up to 2 processes", titles=True).parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 10_000 if args.quick else None)
    train, test = records[:len(records) * 4 // 5], records[len(records) * 4 // 5:]
    titles = [record.title for record in test[:TITLES]]
    rows, wrong = [], []
    with tempfile.TemporaryDirectory() as folder:
        trainer = multiprocessing.get_context("spawn").Process(target=store, args=(train, folder))
        trainer.start()
        trainer.join()
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        for how in "load it themselves", "fork after loading":
            for n in (1, 2) if args.quick else (1, 2, 4):
                row, same = measured(how, n, folder, titles)
                rows.append(row)
                wrong += [] if same else [f"{n} processes that {how}"]
    print(report.head_line(), end="\n\n")
    print(f"{source}; a model of {size / 1e6:,.0f} MB\n")
    unknown = shares(train, test)
    print(report.table(rows), report.table(unknown), sep="\n\n")
    report.write(args.json, rows + unknown)
    return report.verdict(wrong, "the categories of titles one by one with those of one call")


if __name__ == "__main__":
    sys.exit(main())
