"""How many titles a second get their five likeliest labels?

    python benchmarks/predict.py [--quick] [--json FILE]

The default recipe is trained for one epoch on four fifths of the real titles (of a made-up catalogue where they are not
at hand); the last fifth is then predicted, at once, from its csr matrix and from its texts. The labels are those of a
full sort of all logits, which is checked first.
"""

import numpy as np
import report

import nnlite
from nnlite.system.threads import usable_cores
from nnlite.training import recipes


def check(model, x):
    """The ids of top_k are those of the largest logits."""
    ids, _ = model.top_k(x, 5)
    z = model.logits(x)
    largest = -np.sort(-z, axis=1)[:, :5]
    if not (np.take_along_axis(z, ids, axis=1) == largest).all():
        raise SystemExit("top_k and a full sort disagree")


def main():
    args = report.parser(__doc__, "10,000 records").parse_args()
    report.rerun_clean()
    records, _ = report.records([], args.quick)
    n_train = len(records) * 4 // 5
    vocabulary = nnlite.Vocabulary.build(records[:n_train], **recipes.FEATURES["default"])
    trainer = recipes.default(vocabulary.encode(records[:n_train]))
    trainer.epochs = 1
    trainer.fit(vocabulary.encode(records[:n_train]))
    model, titles = trainer.model, [record.title for record in records[n_train:]]
    x = vocabulary.encode_titles(titles)
    check(model, x[:2_000])

    rows = []
    for threads in 1, usable_cores():
        for what, predict in (("from csr", lambda: model.top_k(x, 5, threads)),
                              ("from text", lambda: model.top_k(vocabulary.encode_titles(titles), 5, threads))):
            least, median = report.timed(predict)
            rows.append({"top 5": what, "threads": threads, "titles": len(titles), "min ms": 1e3 * least,
                         "median ms": 1e3 * median, "titles / s": len(titles) / least})
    print(report.head_line(), end="\n\n")
    print(f"{model.n_words:,} words, {x.nnz / x.shape[0]:.1f} a title, {model.hidden[0]} units, "
          f"{model.n_labels:,} labels\n")
    report.show(rows, args)


if __name__ == "__main__":
    main()
