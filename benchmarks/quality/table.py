"""The scores of `quality.py` from the ids that systems answer, and the table of them."""

import numpy as np
import quality_data
import report

from nnlite.scores import metrics

NDCG = "nDCG@5"
PERCENT = ("P@1", "P@3", "P@5", "PSP@1", "PSP@3", "PSP@5", NDCG)
COSTS = ("features s", "train s", "us / title", "before MiB", "peak MiB", "model MiB")
COLUMNS = ("system", *PERCENT, "BCE", *COSTS, "note")
CLIP = 1e-7


# ---- scores

def bce(truth, probabilities):
    """Mean BCE over rows and labels of probabilities (N, L), clipped; truth is csr."""
    p = np.clip(probabilities.astype(float), CLIP, 1 - CLIP)
    rows = np.repeat(np.arange(truth.shape[0]), np.diff(truth.indptr))
    true = p[rows, truth.indices]
    return float((np.log1p(-true).sum() - np.log(true).sum() - np.log1p(-p).sum()) / p.size)


def scores(truth, ids, propensities, probabilities=None):
    """The quality columns of ids (N, 5): fractions, and the BCE where there are probabilities."""
    row = {f"P@{k}": metrics.precision_at_k(truth, ids, k) for k in (1, 3, 5)}
    row |= {f"PSP@{k}": metrics.psp_at_k(truth, ids, k, propensities) for k in (1, 3, 5)}
    return row | {NDCG: metrics.ndcg_at_k(truth, ids, 5),
                  "BCE": None if probabilities is None else bce(truth, probabilities)}


def propensities_of(job, propensity):
    counts = np.bincount(job.train_y.indices, minlength=job.train_y.shape[1])
    return metrics.propensities(counts, job.train_y.shape[0], *propensity)


def floor(part, propensity):
    """The most frequent labels for every title: what needs no learning."""
    y = part.job.train_y
    frequent = part.job.frequent()[:5]
    row = scores(part.truth, np.tile(frequent, (part.truth.shape[0], 1)), propensities_of(part.job, propensity))
    frequencies = np.clip(np.bincount(y.indices, minlength=y.shape[1]) / y.shape[0], CLIP, 1 - CLIP)
    return row | {"BCE": metrics.bce_of_frequencies(part.truth, frequencies)}


# ---- table

def table(rows, dataset):
    """The table of {row name: its runs, or why there are none}, with the figures published for the data set."""
    return report.table(table_rows(rows) + published(dataset), COLUMNS)


def table_rows(rows):
    """The rows of the printed table: means over the seeds and, of several, the largest distance from the mean."""
    lines = []
    for name, runs in rows.items():
        if isinstance(runs, str):
            lines.append({"system": name, "note": runs})
            continue
        line = {"system": name, "note": note(runs)}
        for column in COLUMNS[1:-1]:
            values = [found[column] for found in runs if found.get(column) is not None]
            if values:
                line[column] = cell(column, np.array(values))
        lines.append(line)
    return lines


def note(runs):
    params = runs[0].get("params")
    return ", ".join(f"{name} {value}" for name, value in params.items()) if params else ""


def cell(column, values):
    """'91.23 ±0.04': percents with two digits, the BCE with four, costs with three significant ones."""
    if column in PERCENT:
        values, form = 100 * values, "{:.2f}"
    else:
        form = "{:.4f}" if column == "BCE" else "{:.0f}" if values.mean() >= 100 else "{:.3g}"
    text = form.format(values.mean())
    spread = abs(values - values.mean()).max()
    return f"{text} ±{form.format(spread)}" if len(values) > 1 and column not in ("before MiB", "model MiB") else text


def published(name):
    return [{"system": system} | {column: f"{value:.2f}" for column, value in zip(quality_data.PUBLISHED_COLUMNS, row)}
            for system, row in quality_data.PUBLISHED.get(name, {}).items()]


def versions(rows):
    """'napkinxc 0.7.2, omikuji 0.5.2': what the systems of a table say that they are, but for Python and NumPy."""
    found = {}
    for runs in rows.values():
        found |= runs[0].get("versions", {}) if isinstance(runs, list) else {}
    return ", ".join(f"{name} {version}" for name, version in found.items() if name not in ("python", "numpy"))


def short(found):
    """One run in a few words."""
    precisions = " / ".join(f"{100 * found[f'P@{k}']:.2f}" for k in (1, 3, 5))
    return f"P@1/3/5 {precisions}, {found['train s']:.1f} s"
