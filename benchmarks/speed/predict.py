"""How many titles a second get their five likeliest labels?

    python -m benchmarks.speed.predict [--quick] [--titles FILE ...] [--json FILE]

The default recipe is trained for one epoch on four fifths of the titles. The last fifth is then predicted in one call,
from its csr matrix and from its texts. Before that, the labels are compared with a full sort of all logits.
"""

import functools
import sys

import numpy as np

import nnlite
from benchmarks import process, report
from nnlite.system.threads import usable_cores
from nnlite.training import recipes


def check(model: nnlite.MLP, x) -> None:
    """Exit unless the ids of top_k are those of the largest logits."""
    ids, _ = model.top_k(x, 5)
    z = model.logits(x)
    largest = -np.sort(-z, axis=1)[:, :5]
    if not (np.take_along_axis(z, ids, axis=1) == largest).all():
        raise SystemExit("predict: top_k and a full sort of the logits differ")


class Predictions:
    """The top 5 of the test titles, from csr and from text."""

    def __init__(self, records: list[nnlite.Record]):
        train, test = records[:len(records) * 4 // 5], records[len(records) * 4 // 5:]
        self.vocabulary = nnlite.Vocabulary.build(train, **recipes.FEATURES["default"])
        data = self.vocabulary.encode(train)
        trainer = recipes.default(data, epochs=1)
        trainer.fit(data)
        self.model, self.titles = trainer.model, [record.title for record in test]
        self.x = self.vocabulary.encode_titles(self.titles)

    def from_csr(self, threads: int) -> None:
        self.model.top_k(self.x, 5, threads)

    def from_text(self, threads: int) -> None:
        self.model.top_k(self.vocabulary.encode_titles(self.titles), 5, threads)


def main() -> int:
    args = report.parser(__doc__, "10,000 records", titles=True).parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 10_000 if args.quick else None)
    predictions = Predictions(records)
    model, x = predictions.model, predictions.x
    check(model, x[:2_000])

    rows = []
    for threads in 1, usable_cores():
        for what, predict in ("from csr", predictions.from_csr), ("from text", predictions.from_text):
            least, median = report.timed(functools.partial(predict, threads))
            rows.append({"top 5": what, "threads": threads, "titles": x.shape[0], "min ms": 1e3 * least,
                         "median ms": 1e3 * median, "titles / s": x.shape[0] / least})
    print(report.head_line(), end="\n\n")
    print(f"{source}; {model.n_words:,} words, {x.nnz / x.shape[0]:.1f} a title, "
          f"{model.hidden[0]} units, {model.n_labels:,} labels\n")
    report.show(rows, args)
    return report.verdict([], "labels with a full sort of 2,000 titles' logits")


if __name__ == "__main__":
    sys.exit(main())
