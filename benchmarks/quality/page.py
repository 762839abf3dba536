"""Does the HTML page of a model predict what Python does, how well, and how fast?

    python -m benchmarks.quality.page [--quick] [--titles FILE ...] [--mb N ...] [--json FILE]

The default recipe is trained on four fifths of the titles, and written as pages of several sizes. Each is opened in
headless Chromium. Of the last fifth, 2,000 titles must get the same five categories in the same order in the page as in
Python with the numbers of the page. The precision is that of the whole last fifth; the first row is the whole model.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import nnlite
from benchmarks import process, report
from benchmarks.quality.carried import TOP, as_carried, ask, opened, shown
from nnlite import TitleClassifier
from nnlite.scores import metrics

COMPARED = 2_000  # titles
SIZES = 3.0, 6.0, 12.0  # MB
OPENINGS = 7
TIMED = "titles => { const began = performance.now(); for (const title of titles) view.network.forward(title); " \
        "return (performance.now() - began) / titles.length; }"


def precision(classifier: TitleClassifier, records: list[nnlite.Record]) -> dict[str, float]:
    """P@k in percent, as texts of two digits."""
    data = classifier.encode(records)
    ids, _ = classifier.model_.top_k(data.x, 5)
    return {f"P@{k}": f"{100 * metrics.precision_at_k(data.y, ids, k):.2f}" for k in (1, 3, 5)}


def one_page(classifier: TitleClassifier, test: list[nnlite.Record], megabytes: float, path: Path) -> dict[str, Any]:
    """The figures of a page: how many of the first titles agree, how good it is, its times and what it asked for."""
    classifier.to_page(path, megabytes)
    carried, titles = as_carried(classifier, path), [record.title for record in test[:COMPARED]]
    with opened(path) as page:
        ours, theirs = ask(page, TOP, titles), carried.predict_top_k(titles)
        per_title = ask(page, TIMED, titles)
        seconds, asked, errors = [], set(page.asked), list(page.errors)
        for _ in range(OPENINGS):
            tab = shown(page.context.browser, path)
            tab.wait_for_selector("#found li")
            seconds.append(tab.evaluate("() => performance.now()") / 1e3)  # since the navigation began
            tab.context.close()
    labels = carried.vocabulary_.labels
    same = sum([labels[one["label"]] for one in a] == [name for name, _ in b] for a, b in zip(ours, theirs))
    return {"page": f"{path.stat().st_size / 1e6:.2f} MB", "words": carried.model_.n_words,
            **precision(carried, test), "same top 5": f"{same:,} of {len(titles):,}", "ms / title": per_title,
            "opened, min s": min(seconds), "median s": statistics.median(seconds),
            "asked for": len(asked - {path.as_uri()}), "errors": len(errors)}


def main() -> int:
    arguments = report.parser(__doc__, "3,000 records and one size", titles=True)
    arguments.add_argument("--mb", type=float, nargs="+", default=SIZES, metavar="N", help="sizes of pages")
    args = arguments.parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 3_000 if args.quick else None)
    train, test = records[:len(records) * 4 // 5], records[len(records) * 4 // 5:]
    classifier = TitleClassifier().fit(*zip(*train))
    rows = [{"page": "the model", "words": classifier.model_.n_words, **precision(classifier, test)}]
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in args.mb[:1] if args.quick else args.mb:
            rows.append(one_page(classifier, test, megabytes, Path(folder) / "page.html"))
    print(report.head_line(), end="\n\n")
    print(f"{source}; {classifier.model_.hidden[0]} units, {classifier.model_.n_labels:,} labels\n")
    print(report.table(rows, list(rows[-1])))
    report.write(args.json, rows)
    wrong = [f"{row['page']}: {row['same top 5']} titles, {row['asked for']} requests, {row['errors']} errors"
             for row in rows[1:] if len(set(row["same top 5"].split(" of "))) > 1 or row["asked for"] or row["errors"]]
    return report.verdict(wrong, "the five likeliest categories of each title in the page and in Python")


if __name__ == "__main__":
    sys.exit(main())
