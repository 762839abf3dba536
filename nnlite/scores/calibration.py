"""What a probability of this model is worth: its reliability and the groups of labels it serves (`report`), and the
threshold of each label above which predicting it pays (`tune_thresholds`)."""

import numpy as np

from nnlite.kernels import ranking, dense
from nnlite.scores import metrics
from nnlite.scores.evaluation import Tally, check
from nnlite.system.threads import blocks

GROUPS = ["head", "torso", "tail"]  # labels by frequency, a third of all occurrences each
HISTOGRAM_BINS = 128  # of 1/8 in logits: the bounds go from -8 to 7.75, probabilities from 0.00034 to 0.99957
HISTOGRAM_LABELS = 16_384  # labels whose histograms exist at once: 16 MiB for each thread

f32 = np.float32


def report(model, dataset, label_counts=None, ks=(1, 3, 5), bins=15, threads=None):
    """What `evaluate` has no number for, as a dict of two dicts.

    "reliability": `metrics.Reliability` by name: "all" (row, label) pairs; those of the "head", "torso" and "tail"
    labels, from frequent to rare, with a third of all occurrences each; "top k" predictions of each row for k in ks
    "frequency": k -> the table of `metrics.by_frequency`, the share that each decile of the labels has in the scores

    label_counts (L,): how often each label occurs in the training rows; by default in the dataset itself.
    bins: of equal width, between 0 and 1. Nothing here has the size of rows x labels.
    """
    check("report", model, dataset)
    truth, (_, y), ks = dataset.y, dataset.arrays(), [k for k in ks if k <= model.n_labels]
    if label_counts is None:
        label_counts = np.bincount(truth.indices, minlength=model.n_labels)
    groups = metrics.frequency_groups(label_counts, len(GROUPS))
    ids = np.zeros((len(dataset), max(ks, default=1)), np.int32)
    z = np.full(ids.shape, -np.inf, f32)

    def one_block(rows, h):
        count, p_sum, n_true = (np.zeros((len(GROUPS), bins), dtype) for dtype in (np.int64, np.float64, np.int64))
        for tile in model.labels.tiles():
            tile_z, b = model.labels.logits(h, tile), model.params["labels.b"][tile]
            ranking.merge_top_k(tile_z, b, tile.start, ids[rows], z[rows])
            ranking.calibration_bins(
                tile_z, b, groups[tile], *y.rows(rows)[:2], tile.start, count, p_sum, n_true)
        return count, p_sum, n_true

    tables = [sum(parts) for parts in zip(*model.each_block(dataset.x, one_block, threads))]  # in the order of blocks
    dense.sigmoid(z)
    hits = metrics.hits(truth, ids)
    return {
        "reliability": {
            "all": metrics.reliability(*(table.sum(axis=0) for table in tables)),
            **{name: metrics.reliability(*parts) for name, *parts in zip(GROUPS, *tables)},
            **{f"top {k}": metrics.reliability_of(z[:, :k], hits[:, :k], bins) for k in ks},
        },
        "frequency": {k: metrics.by_frequency(truth, ids, k, label_counts) for k in ks},
    }


def tune_thresholds(model, dataset, min_true=5, min_f1=0.3, threads=None):
    """(L,) probabilities: the threshold of each label that gives it the best F1 on this Dataset, for `evaluate`.

    Use rows that were not trained on. A label with fewer than min_true true rows would only learn their noise, and one
    whose best F1 is below min_f1 would be predicted for nearly every row: each of these gets the threshold with the
    best micro F1 of all labels together, as every label does with min_true=np.inf. min_true=0, min_f1=0 tunes them all,
    which favours macro F1 at the cost of micro F1. Of equally good thresholds, that nearest to 1/2 is taken.
    (SCut and SCutFBR of Yang, "A Study of Thresholding Strategies for Text Categorization", SIGIR 2001.)

    The candidates are 1/8 apart in logits: 0.03 apart in probability at 1/2, 13 % apart near 0; from 0.00034 to
    0.99957. Logits are counted in bins, so one pass tries all; the memory is that of HISTOGRAM_LABELS labels.
    """
    check("tune_thresholds", model, dataset)
    (_, y), tiles = dataset.arrays(), model.labels.tiles()
    candidates = (np.arange(HISTOGRAM_BINS - 1) - HISTOGRAM_BINS // 2) / 8  # what is above the i-th is in a later bin
    nearest_half = np.argsort(np.abs(candidates), kind="stable")
    n_true = np.bincount(dataset.y.indices, minlength=model.n_labels)
    logits, scores = np.empty((2, model.n_labels))
    together = np.zeros((2, HISTOGRAM_BINS), np.int64)

    def best(n_true, histograms):
        positive, both = (above(h)[..., nearest_half] for h in histograms)
        scores = metrics.f1(n_true[..., None], positive, both)
        return candidates[nearest_half[np.argmax(scores, axis=-1)]], np.max(scores, axis=-1)

    for part in blocks(len(tiles), max(1, HISTOGRAM_LABELS // (tiles[-1].stop - tiles[-1].start))):
        labels = slice(tiles[part][0].start, tiles[part][-1].stop)
        histograms = count_logits(model, dataset.x, y, tiles[part], threads)
        logits[labels], scores[labels] = best(n_true[labels], histograms)
        together += histograms.sum(axis=1)
    logits[(n_true < min_true) | (scores < min_f1)], _ = best(n_true.sum(), together)
    return 1 / (1 + np.exp(-logits))


def best_threshold(model, x, bins=200, threads=None):
    """The probability above which predicting a label has the best micro F1 that the model itself expects on the rows x.

    Of the n labels above t, with probabilities p, sum(p) are expected to be true, and of all labels the sum of all p:
    F1(t) = 2 sum(p above t) / (n + sum(all p)). No truth is needed, only probabilities that mean something; the best t
    is half the best F1 (Lipton, Elkan and Naryanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure",
    2014). x: csr (N, D), at least one row    bins: candidates, 1 / bins apart
    """
    if not x.shape[0]:
        raise ValueError("best_threshold: want at least 1 row, got none")
    groups, no_labels = np.zeros(model.n_labels, np.int32), np.empty(0, np.int32)

    def one_block(rows, h):
        count, p_sum, n_true = (np.zeros((1, bins), dtype) for dtype in (np.int64, np.float64, np.int64))
        for tile in model.labels.tiles():
            ranking.calibration_bins(
                model.labels.logits(h, tile), model.params["labels.b"][tile], groups[tile],
                np.zeros(len(h) + 1, np.int64), no_labels, tile.start, count, p_sum, n_true)
        return count[0], p_sum[0]

    count, p_sum = map(sum, zip(*model.each_block(x, one_block, threads)))
    n_above, p_above = (np.cumsum(table[::-1])[::-1] for table in (count, p_sum))  # from the lower bound of each bin
    return int(np.argmax(2 * p_above / (n_above + p_above[0]))) / bins


def count_logits(model, x, y, tiles, threads=None):
    """(2, labels of these neighbouring tiles, bins) int64: histograms of all logits, and of true labels' ones."""
    first, stop = tiles[0].start, tiles[-1].stop
    tally = Tally(2, stop - first, HISTOGRAM_BINS)

    def one_block(rows, h):
        with tally.mine() as histograms:
            for tile in tiles:
                ranking.logit_histogram(
                    model.labels.logits(h, tile), model.params["labels.b"][tile], *y.rows(rows)[:2], tile.start,
                    *histograms[:, tile.start - first:tile.stop - first])

    model.each_block(x, one_block, threads)
    return tally.total()


def above(histogram):
    """How many lie in a later bin than each but the last, along the last axis."""
    return np.cumsum(histogram[..., :0:-1], axis=-1)[..., ::-1]
