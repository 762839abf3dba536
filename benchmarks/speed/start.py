"""How long until a stored model has predicted its first title, however large it is?

    python benchmarks/start.py [--quick] [--json FILE]

Models of 10, 100 and 1,000 MB are trained on titles of words that occur once, saved and, each time in a fresh process,
loaded to predict one title. Their files are in the system's cache by then; the first time, right after they were
written and dropped from it, stands beside it where the system lets us drop them.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import report

import nnlite

UNITS, WORDS = 200, 20  # of the network, of a title
START = """
import sys, time
start = time.perf_counter()
import nnlite
imported = time.perf_counter()
predicted = nnlite.TitleClassifier.load(sys.argv[1]).predict_top_k(["w1 w2 w3"])
print(imported - start, time.perf_counter() - imported)
"""


def store(folder, megabytes):
    """Write a model whose parameters take so many megabytes."""
    n_titles = int(megabytes * 1e6 / (4 * UNITS * WORDS))
    titles = [" ".join(f"w{word:x}" for word in range(i * WORDS, (i + 1) * WORDS)) for i in range(n_titles)]
    classifier = nnlite.TitleClassifier(min_count=1, ngrams=1, stem=None, first_word=False, hidden=(UNITS,), epochs=1)
    classifier.fit(titles, [["odd", "even"][i % 2:i % 2 + 1] for i in range(n_titles)]).save(folder)


def drop_from_cache(folder):
    """Have the system forget what it holds of the files in memory."""
    for path in Path(folder).iterdir():
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds(folder):
    """Of a fresh process: those of the import, and those from then to the first title's prediction."""
    done = subprocess.run([sys.executable, "-c", START, folder], env=report.clean_environment(), capture_output=True,
                          text=True, check=True)
    return [float(part) for part in done.stdout.split()]


def main():
    args = report.parser(__doc__, "1 and 10 MB, 3 repetitions").parse_args()
    report.rerun_clean()
    rows = []
    for megabytes in (1, 10) if args.quick else (10, 100, 1_000):
        with tempfile.TemporaryDirectory() as folder:
            store(folder, megabytes)
            size = sum(path.stat().st_size for path in Path(folder).iterdir())
            drop_from_cache(folder)
            first = seconds(folder)[1]
            imports, starts = zip(*(seconds(folder) for _ in range(3 if args.quick else 9)))
            rows.append({"model MB": round(size / 1e6), "import s": statistics.median(imports), "first s": first,
                         "min s": min(starts), "median s": statistics.median(starts)})
    print(report.head_line() + "\n")
    report.show(rows, args)


if __name__ == "__main__":
    main()
