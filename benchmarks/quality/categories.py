"""How do a mapping of the categories, and 20 major ones with a softmax, change the scores?

    python -m benchmarks.quality.categories [--quick] [--seeds N] [--major N] [--titles FILE ...] [--picture FILE]
                                            [--json FILE]

Trains the default recipe on four fifths of the titles, and tests on the last fifth: with the categories as they are,
mapped as nnlite proposes from the four fifths, and reduced to the major ones among the mapped. Different labels make a
different task, whose scores cannot be compared. So the "answers" rows test the network of the unmapped categories on
the easier tasks: the probability of a mapped category is the largest of those mapped to it. The difference between a
row and the "answers" row above it is the gain of training on the mapped labels. A softmax overfits sooner than
sigmoids, so the recipe gives it fewer epochs and more dropout; the row above it is trained with the epochs and dropout
of the sigmoids.

P@1 and the columns after it are in percent, means over the seeds; class F1 is the mean over the F1 of each major class.
The picture shows how often the softmax confuses one class with another.
"""

import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks import process, report
from nnlite.categories.major import Major
from nnlite.categories.mapping import Mapping
from nnlite.scores import metrics
from nnlite.training import recipes

SCORES = ("P@1", "P@3", "P@5", "nDCG@5", "ECE@1")
SIZES = ("labels", "records", "a record", "train s")


def trained(records: list, seed: int, output: str = "sigmoid",
            like_sigmoids: bool = False) -> tuple[nnlite.Vocabulary, nnlite.MLP, float]:
    """The vocabulary and the network of the default recipe, and the seconds of its training.

    like_sigmoids: use the recipe's epochs and dropout for sigmoids.
    """
    vocabulary = nnlite.Vocabulary.build(records, **recipes.FEATURES["default"])
    train = vocabulary.encode(records)
    how = {"output": output}
    if like_sigmoids:
        sigmoids = recipes.default(train, seed)
        how |= {"epochs": sigmoids.epochs, "dropout": sigmoids.dropout}
    trainer = recipes.default(train, seed, **how)
    return vocabulary, trainer.model, trainer.fit(train).seconds


def own_scores(vocabulary: nnlite.Vocabulary, model: nnlite.MLP, records: list) -> dict[str, float]:
    """The scores of a network on its own labels."""
    test = vocabulary.encode(records)
    found = nnlite.evaluate(model, test)
    ids, _ = model.top_k(test.x, 1)
    return {name: 100 * found.get(name, np.nan) for name in SCORES} | class_f1(test.y, ids) | {"BCE": found["bce"]}


def answers(vocabulary: nnlite.Vocabulary, model: nnlite.MLP, records: list, asked: nnlite.Vocabulary,
            becomes: Callable[[str], str | None]) -> dict[str, float]:
    """The scores of a network on the labels of another vocabulary, `asked`.

    becomes(name) is the name in `asked` of one of the network's own labels, or None.
    """
    truth, place = asked.encode(records).y, {name: i for i, name in enumerate(asked.labels)}
    z = model.logits(vocabulary.encode_titles(record.title for record in records))
    logits = np.full(truth.shape, -30, np.float32)
    for j, name in enumerate(vocabulary.labels):
        if (i := place.get(becomes(name))) is not None:
            np.maximum(logits[:, i], z[:, j], out=logits[:, i])
    ids = np.argsort(-logits, axis=1, kind="stable")[:, :5]
    p = metrics.sigmoid(np.take_along_axis(logits, ids[:, :1], axis=1))
    bce = (np.logaddexp(0, logits).sum() - logits[truth.toarray() > 0].sum()) / logits.size
    found = {f"P@{k}": metrics.precision_at_k(truth, ids, k) for k in (1, 3, 5) if k <= ids.shape[1]}
    if ids.shape[1] == 5:
        found["nDCG@5"] = metrics.ndcg_at_k(truth, ids, 5)
    found["ECE@1"] = metrics.reliability_of(p, metrics.hits(truth, ids[:, :1])).ece
    return {name: 100 * found.get(name, np.nan) for name in SCORES} | class_f1(truth, ids) | {"BCE": bce}


def class_f1(truth: sp.csr_array, ids: np.ndarray) -> dict[str, float]:
    """The mean F1 of the classes, in percent; NaN if a row has several labels. ids: (N, k)."""
    if np.diff(truth.indptr).max() > 1:
        return {"class F1": np.nan}
    return {"class F1": 100 * float(metrics.by_class(metrics.confusion(truth, ids[:, 0]))["F1"].mean())}


def measure(train: list, test: list, n_major: int, seed: int) -> tuple[dict, list[str], np.ndarray]:
    """The scores of every row, by name, and the names and the confusion matrix of the major classes."""
    mapping = Mapping.propose(train)
    mapped, mapped_test = list(mapping.apply(train)), list(mapping.apply(test))
    major = Major.choose(mapped, n_major)
    one_each, one_each_test = list(major.apply(mapped)), list(major.apply(mapped_test))
    names, rows = set(major.names), {}

    def row(name, vocabulary, records, found, seconds=np.nan):
        labels = sum(len(record.categories) for record in records) / len(records)
        rows[name] = {"labels": len(vocabulary.labels), "records": len(records), "a record": labels, **found,
                      "train s": seconds}

    raw, network, seconds = trained(train, seed)
    row("as they are", raw, test, own_scores(raw, network, test), seconds)
    vocabulary, model, seconds = trained(mapped, seed)
    row("answers, mapped", vocabulary, mapped_test, answers(raw, network, mapped_test, vocabulary, mapping.becomes))
    row("mapped", vocabulary, mapped_test, own_scores(vocabulary, model, mapped_test), seconds)
    vocabulary, model, seconds = trained(one_each, seed)

    def becomes(name):
        return mapping.becomes(name) if mapping.becomes(name) in names else None

    row(f"answers, {n_major} major", vocabulary, one_each_test,
        answers(raw, network, one_each_test, vocabulary, becomes))
    row(f"{n_major} major, sigmoid", vocabulary, one_each_test, own_scores(vocabulary, model, one_each_test), seconds)
    for like_sigmoids in True, False:
        vocabulary, model, seconds = trained(one_each, seed, "softmax", like_sigmoids)
        row(f"{n_major} major, softmax" + ", trained like the sigmoids" * like_sigmoids, vocabulary, one_each_test,
            own_scores(vocabulary, model, one_each_test), seconds)
    data = vocabulary.encode(one_each_test)
    table = metrics.confusion(data.y, model.top_k(data.x, 1)[0][:, 0])
    return rows, vocabulary.labels, table


def picture(path: Path, names: list[str], table: np.ndarray) -> None:
    """Draw the confusion matrix: a row per true class, in percent of its records; cells below 0.5 % stay empty."""
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    shares = 100 * table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    side = 3 + 0.42 * len(names)
    figure, axes = plt.subplots(figsize=(side + 1, side), layout="constrained")
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=10)  # the root shows small shares beside large ones
    for (i, j), share in np.ndenumerate(shares):
        if share >= 0.5:
            axes.text(j, i, f"{share:.0f}", ha="center", va="center", fontsize=8, color="w" if share > 50 else "k")
    titles = [f"{name} ({n:,})" for name, n in zip(names, table.sum(axis=1))]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), titles, fontsize=8)
    axes.set(xlabel="predicted", ylabel="true (records)", title="Predicted classes in percent of the true ones")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> int:
    parser = report.parser(__doc__, "2,000 records, to see that it runs", titles=True)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="default: %(default)s")
    parser.add_argument("--major", type=int, default=20, metavar="N", help="default: %(default)s")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the confusion matrix; needs matplotlib")
    args = parser.parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 2_000 if args.quick else None)
    train, test = records[:len(records) * 4 // 5], records[len(records) * 4 // 5:]
    print(report.head_line(), end="\n\n")
    print(f"{source}, {args.seeds} seeds\n")
    mapping = Mapping.propose(train)
    mapped = mapping.apply(train)
    kept = list(mapped)
    print("The mapping proposed, on the training part:\n\n- " + mapped.summary().replace("\n", "\n- "), end="\n\n")
    major = Major.choose(kept, args.major).apply(kept)
    deque(major, maxlen=0)
    print(f"{args.major} major categories: {major.summary()}\n")
    runs = [measure(train, test, args.major, seed) for seed in range(args.seeds)]
    rows = []
    for name in runs[0][0]:
        found = {key: float(np.mean([rows[name][key] for rows, *_ in runs])) for key in runs[0][0][name]}
        rows.append({"categories": name} | {key: _shown(key, value) for key, value in found.items()})
    print(report.table(rows, ["categories", *SIZES]) + "\n")
    print(report.table(rows, ["categories", *SCORES, "class F1", "BCE"]))
    report.write(args.json, rows)
    if args.picture:
        picture(args.picture, *runs[0][1:])
    return report.verdict([], "nothing is compared here")


def _shown(key, value):
    if np.isnan(value):
        return None
    if key in ("labels", "records"):
        return round(value)
    return value if key in ("BCE", "train s", "a record") else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
