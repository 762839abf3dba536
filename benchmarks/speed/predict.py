"""How many titles a second get their five likeliest labels?

    python -m benchmarks.speed.predict [--quick] [--json FILE]

The default recipe is trained for one epoch on four fifths of the real titles (of a made-up catalogue where these are
absent). The last fifth is then predicted in one call, from its csr matrix and from its texts. Before that, the labels
are compared with a full sort of all logits.
"""

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


def main() -> None:
    args = report.parser(__doc__, "10,000 records").parse_args()
    process.rerun_clean()
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
