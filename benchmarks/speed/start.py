"""How long does a stored model take to load and predict its first title, by its size?

    python -m benchmarks.speed.start [--quick] [--json FILE]

Models of 10, 100 and 1,000 MB are trained on titles of words that occur once, and saved; the second also as `nnlite
shrink` makes it, a tenth of its size. Each time a fresh process loads one and predicts one title. `first s` is measured
after the files were dropped from the system's file cache, where the system allows that; for `min s` and `median s` they
are in the cache.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nnlite
from benchmarks import process, report

UNITS = 200  # of the hidden layer
WORDS = 20  # of a title
START = """
import sys, time
start = time.perf_counter()
import nnlite
imported = time.perf_counter()
predicted = nnlite.TitleClassifier.load(sys.argv[1]).predict_top_k(["w1 w2 w3"])
print(imported - start, time.perf_counter() - imported)
"""


def trained(megabytes: int) -> nnlite.TitleClassifier:
    """A classifier whose parameters take about this many megabytes."""
    n_titles = int(megabytes * 1e6 / (4 * UNITS * WORDS))
    titles = [" ".join(f"w{word:x}" for word in range(i * WORDS, (i + 1) * WORDS)) for i in range(n_titles)]
    classifier = nnlite.TitleClassifier(min_count=1, ngrams=1, stem=None, first_word=False, hidden=(UNITS,), epochs=1)
    return classifier.fit(titles, [["odd", "even"][i % 2:i % 2 + 1] for i in range(n_titles)])


def drop_from_cache(folder: str) -> None:
    """Drop the files of a folder from the system's file cache."""
    for path in Path(folder).iterdir():
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds(folder: str) -> list[float]:
    """Of a fresh process: the seconds of the import, and those from there to the first title's prediction."""
    done = subprocess.run([sys.executable, "-c", START, folder], env=process.clean_environment(), capture_output=True,
                          text=True, check=True, cwd=process.ROOT)
    return [float(part) for part in done.stdout.split()]


def main() -> int:
    args = report.parser(__doc__, "1 and 10 MB, 3 repetitions").parse_args()
    process.rerun_clean()
    rows = []
    for megabytes, shrunk in ((1, 0), (10, 0), (10, 1)) if args.quick else ((10, 0), (100, 0), (100, 10), (1_000, 0)):
        with tempfile.TemporaryDirectory() as folder:
            classifier = trained(megabytes)
            (classifier.shrink(shrunk) if shrunk else classifier).save(folder)
            del classifier
            size = sum(path.stat().st_size for path in Path(folder).iterdir())
            drop_from_cache(folder)
            first = seconds(folder)[1]
            imports, starts = zip(*(seconds(folder) for _ in range(3 if args.quick else 9)))
            rows.append({"model": f"float32, {megabytes:,} MB" if not shrunk else f"the same, shrunk to {shrunk} MB",
                         "MB": size / 1e6, "import s": statistics.median(imports), "first s": first,
                         "min s": min(starts), "median s": statistics.median(starts)})
    print(report.head_line() + "\n")
    report.show(rows, args)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
