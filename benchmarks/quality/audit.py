"""How many planted mistakes does an audit of the categories find, and how long does it take?

    python -m benchmarks.quality.audit [--quick] [--titles FILE ...] [--json FILE]

Of 20,000 titles 5 % of the categories are replaced by others, all being equally likely. A row is a way to rank the
categories given; all have the same out-of-fold networks. "pairs" ranks categories of products, "products" products by
their worst category: of the first 500 and 1,000, the percentage that was planted, and the average precision (AP).
cleanlab's methods (`pip install cleanlab`) take the probabilities of all labels, N x L; their best is named.

Then the same with the made-up catalogue, its categories mapped as nnlite proposes and none of its products misfiled, so
that the truth is known: 5 % replaced, 5 % removed. "found" is the percentage of the replaced ones that are found where
90 % of those listed are right.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

import nnlite
from benchmarks import process, report
from nnlite.categories.mapping import Mapping
from nnlite.classifier.audit import Audit, audited
from nnlite.data import catalogue
from nnlite.data.holdout import folds_of, groups_of
from nnlite.scores import metrics
from nnlite.training import recipes

N, FOLDS, LEAST = 20_000, 5, 10


def planted(records: Sequence[nnlite.Record], removed: float, seed: int = 0) -> tuple[list[nnlite.Record], set]:
    """The records with 5 % of their categories replaced and a share removed; (row, category) of those replaced by."""
    counts, rng = Counter(name for record in records for name in record.categories), np.random.default_rng(seed)
    known = sorted(name for name, n in counts.items() if n >= LEAST)
    pairs = [(i, name) for i, record in enumerate(records) for name in record.categories if counts[name] >= LEAST]
    order, n = rng.permutation(len(pairs)), len(pairs) // 20
    names, wrong = [list(record.categories) for record in records], set()
    for i, name in (pairs[j] for j in order[:n]):
        other = known[rng.integers(len(known))]
        while other in names[i] or other in records[i].categories:
            other = known[rng.integers(len(known))]
        names[i][names[i].index(name)] = other
        wrong.add((i, other))
    for i, name in (pairs[j] for j in order[n:n + int(removed * len(pairs))]):
        names[i].remove(name)
    return [nnlite.Record(record.title, tuple(own)) for record, own in zip(records, names)], wrong


def out_of_fold(records: list[nnlite.Record]) -> tuple[nnlite.Vocabulary, np.ndarray, np.ndarray]:
    """The vocabulary, y (N, L) bool, and p (N, L) by the networks that `audit` trains."""
    vocabulary = nnlite.Vocabulary.build(records, **recipes.FEATURES["default"])
    data = vocabulary.encode(records)
    fold, p = folds_of(groups_of(record.title for record in records), FOLDS), np.empty((len(data), data.n_labels))
    for i in range(FOLDS):
        trainer = recipes.default(train := data.take(np.flatnonzero(fold != i)))
        trainer.fit(train)
        p[fold == i] = metrics.sigmoid(trainer.model.logits(data.take(np.flatnonzero(fold == i)).x))
    return vocabulary, data.y.toarray() > 0, p


def rankings(y: np.ndarray, p: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> (suspicion of each pair (N, L), of each product (N,)), and cleanlab's where it is installed."""
    found = {"1 - p": (1 - p, np.where(y, 1 - p, 0).max(axis=1))}
    try:
        from cleanlab.multilabel_classification import get_label_quality_scores
        from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
        from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class
    except ImportError:
        print("cleanlab is not installed: its rows are missing\n")
        return found
    labels = [np.flatnonzero(row).tolist() for row in y]
    for method in "self_confidence", "normalized_margin", "confidence_weighted_entropy":
        pairs = 1 - get_label_quality_scores_per_class(labels, p, method=method)
        for name, how in (("softmin", {}), ("exponential_moving_average", {"alpha": 0.8}), ("min", {})):
            aggregator = {"method": np.min if name == "min" else name, **how}
            products = 1 - get_label_quality_scores(labels, p, method=method, aggregator_kwargs=aggregator)
            found[f"cleanlab {method}, {name}"] = pairs, products
    for by in "prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given":
        pairs = np.array(find_multilabel_issues_per_class(labels, p, filter_by=by, n_jobs=1)) + 1 - p
        found[f"cleanlab filter {by}"] = pairs, np.where(y, pairs, 0).max(axis=1)
    return found


def ranked(suspicion: np.ndarray, is_planted: np.ndarray) -> dict[str, float]:
    """Of a ranking: the percentage planted among the first 500 and 1,000, and the average precision."""
    hit = is_planted[np.argsort(-suspicion, kind="stable")]
    places = np.flatnonzero(hit) + 1
    return {"first 500": 100 * hit[:500].mean(), "first 1,000": 100 * hit[:1_000].mean(),
            "AP": 100 * float((np.arange(1, places.size + 1) / places).mean())}


def of_audit(found: Audit, labels: Sequence[str], shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The suspicion of pairs and of products: how early they are in the list."""
    place, pairs = {name: i for i, name in enumerate(labels)}, np.zeros(shape)
    for i, suspect in enumerate(found.suspects):
        if suspect.kind == "wrong":
            pairs[suspect.row, place[suspect.category]] = len(found.suspects) - i
    return pairs, pairs.max(axis=1)


def timed(records: list[nnlite.Record]) -> tuple[Audit, float]:
    """An audit, and its seconds."""
    start = time.perf_counter()
    return audited(records, folds=FOLDS), time.perf_counter() - start


def real(records: list[nnlite.Record]) -> list[dict]:
    """The rows of the first table."""
    noisy, wrong = planted(records, 0)
    found, seconds = timed(noisy)
    vocabulary, y, p = out_of_fold(noisy)
    place, is_planted = {name: i for i, name in enumerate(vocabulary.labels)}, np.zeros(y.shape, bool)
    for row, name in wrong:
        if name in place:
            is_planted[row, place[name]] = True
    rows = []
    every = {"nnlite audit": of_audit(found, vocabulary.labels, y.shape)} | rankings(y, p)
    for name, (pairs, products) in every.items():
        of_pairs, of_products = ranked(pairs[y], is_planted[y]), ranked(products, is_planted.any(axis=1))
        rows.append({"ranking": name, **{f"pairs: {key}": f"{value:.1f}" for key, value in of_pairs.items()},
                     **{f"products: {key}": f"{value:.1f}" for key, value in of_products.items()}})
    print(f"{is_planted.sum():,} of {y.sum():,} categories were replaced, {100 * is_planted[y].mean():.2f} %; the "
          f"audit estimates {_shown(found.share)}, in {seconds:.0f} s\n")
    return rows


def made_up(n: int) -> dict:
    """The row of the second table."""
    before, catalogue.MISFILED = catalogue.MISFILED, 0
    try:
        records = list(nnlite.make_catalogue(n))
    finally:
        catalogue.MISFILED = before
    records = list(Mapping.propose(records).apply(records))
    noisy, wrong = planted(records, 0.05)
    found, seconds = timed(noisy)
    hits = np.array([(one.row, one.category) in wrong for one in found.suspects if one.kind == "wrong"])
    n_right = np.cumsum(hits)
    enough = np.flatnonzero(n_right >= 0.9 * np.arange(1, hits.size + 1))
    back = [one.suggestion in records[one.row].categories for one in found.suspects if one.kind == "missing"][:1_000]
    return {"products": n, "replaced %": f"{100 * len(wrong) / found.n_given:.2f}", "estimate": _shown(found.share),
            "found %": f"{100 * n_right[enough[-1]] / len(wrong) if enough.size else 0:.1f}",
            "first 1,000 missing, right %": f"{100 * np.mean(back):.1f}" if back else None, "seconds": seconds}


def _shown(share):
    return f"{100 * share.estimate:.2f} % ({100 * share.low:.2f} to {100 * share.high:.2f})"


def main() -> int:
    parser = report.parser(__doc__, "2,000 records, to see that it runs", titles=True)
    args = parser.parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 2_000 if args.quick else N)
    print(report.head_line(), end="\n\n")
    print(source + "\n")
    rows = real(records)
    print(report.table(rows) + "\n")
    more = [made_up(2_000 if args.quick else N)]
    print(report.table(more))
    report.write(args.json, [*rows, *more])
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
