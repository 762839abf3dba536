"""The scores of compare.py, computed from the ids that systems answer, and its tables: scores, costs, nnlite's lead."""

import numpy as np
import scipy.sparse as sp

from benchmarks import report
from benchmarks.quality.parts import Part
from benchmarks.quality.protocol import Job
from benchmarks.quality.published import PUBLISHED, PUBLISHED_COLUMNS
from nnlite.scores import metrics

NDCG = "nDCG@5"
PERCENT = ("P@1", "P@3", "P@5", "PSP@1", "PSP@3", "PSP@5", NDCG)
SCORES = ("system", *PERCENT, "BCE")
COSTS = ("system", "features s", "train s", "both s", "us / title", "before MiB", "peak MiB", "model MiB", "note")
LINEAR = "LinearSVC (shared), tuned"  # the system that nnlite's lead is explained against
CLIP = 1e-7


# ---- scores

def bce(truth: sp.csr_array, probabilities: np.ndarray) -> float:
    """Mean BCE over rows and labels of probabilities (N, L), clipped; truth is csr."""
    p = np.clip(probabilities.astype(float), CLIP, 1 - CLIP)
    rows = np.repeat(np.arange(truth.shape[0]), np.diff(truth.indptr))
    true = p[rows, truth.indices]
    return float((np.log1p(-true).sum() - np.log(true).sum() - np.log1p(-p).sum()) / p.size)


def scores(truth: sp.csr_array, ids: np.ndarray, propensities: np.ndarray,
           probabilities: np.ndarray | None = None) -> dict:
    """The columns of quality for ids (N, 5): fractions, and the BCE of the probabilities (N, L) where there are any."""
    row = {f"P@{k}": metrics.precision_at_k(truth, ids, k) for k in (1, 3, 5)}
    row |= {f"PSP@{k}": metrics.psp_at_k(truth, ids, k, propensities) for k in (1, 3, 5)}
    return row | {NDCG: metrics.ndcg_at_k(truth, ids, 5),
                  "BCE": None if probabilities is None else bce(truth, probabilities)}


def propensities_of(job: Job, propensity: tuple[float, float]) -> np.ndarray:
    """The propensities (L,) of a job's labels; propensity: A and B."""
    counts = np.bincount(job.train_y.indices, minlength=job.train_y.shape[1])
    return metrics.propensities(counts, job.train_y.shape[0], *propensity)


def baseline(part: Part, propensity: tuple[float, float]) -> dict:
    """The scores of the most frequent labels for every title, which takes no learning."""
    y = part.job.train_y
    frequent = part.job.frequent()[:5]
    row = scores(part.truth, np.tile(frequent, (part.truth.shape[0], 1)), propensities_of(part.job, propensity))
    frequencies = np.clip(np.bincount(y.indices, minlength=y.shape[1]) / y.shape[0], CLIP, 1 - CLIP)
    return row | {"BCE": metrics.bce_of_frequencies(part.truth, frequencies)}


# ---- tables

def tables(rows: dict, dataset: str) -> str:
    """The tables of {row name: its runs, or why there are none}, with the figures published for the data set."""
    lines = table_rows(rows)
    parts = [report.table([line for line in lines if "P@1" in line] + published(dataset), SCORES),
             report.table([line for line in lines if "train s" in line or "P@1" not in line], COSTS)]
    if explained := lead(rows):
        parts += [f"Where nnlite's lead over {LINEAR} comes from, in points:", report.table(explained)]
    return "\n\n".join(parts)


def table_rows(rows: dict) -> list[dict]:
    """The rows of the printed tables: means over the seeds and, if there are several, the largest distance from it."""
    lines = []
    for name, runs in rows.items():
        if isinstance(runs, str):
            lines.append({"system": name, "note": runs})
            continue
        line = {"system": name, "note": note(runs)}
        for column in (*SCORES[1:], *COSTS[1:-1]):
            values = [found[column] for found in runs if found.get(column) is not None]
            if values:
                line[column] = cell(column, np.array(values))
        lines.append(line)
    return lines


def lead(rows: dict) -> list[dict]:
    """How much of nnlite's lead comes from its features and how much from its network, with the features of the other.

    The network's share is the difference on the shared features; what nnlite's own features add is the other.
    """
    own, shared, linear = (rows.get(name) for name in ("nnlite (own)", "nnlite (shared)", LINEAR))
    if not all(isinstance(runs, list) for runs in (own, shared, linear)):
        return []
    lines = []
    for score in PERCENT:
        a, b, c = (100 * np.mean([found[score] for found in runs]) for runs in (own, shared, linear))
        lines.append({"score": score, "lead": f"{a - c:+.2f}", "from features": f"{a - b:+.2f}",
                      "from the network": f"{b - c:+.2f}"})
    return lines


def note(runs: list[dict]) -> str:
    """The parameters that were chosen by tuning."""
    params = runs[0].get("params")
    return ", ".join(f"{name} {value}" for name, value in params.items()) if params else ""


def cell(column: str, values: np.ndarray) -> str:
    """'91.23 ±0.04': percents with two decimals, the BCE with four, costs with three significant digits."""
    if column in PERCENT:
        values, form = 100 * values, "{:.2f}"
    else:
        form = "{:.4f}" if column == "BCE" else "{:.0f}" if values.mean() >= 100 else "{:.3g}"
    text = form.format(values.mean())
    spread = abs(values - values.mean()).max()
    return f"{text} ±{form.format(spread)}" if len(values) > 1 and column not in ("before MiB", "model MiB") else text


def published(name: str) -> list[dict]:
    """The rows of the figures published for a data set."""
    return [{"system": system} | {column: f"{value:.2f}" for column, value in zip(PUBLISHED_COLUMNS, row)}
            for system, row in PUBLISHED.get(name, {}).items()]


def versions(rows: dict) -> str:
    """'napkinxc 0.7.2, omikuji 0.5.2': the versions that the systems of a table report, without Python and NumPy."""
    found = {}
    for runs in rows.values():
        found |= runs[0].get("versions", {}) if isinstance(runs, list) else {}
    return ", ".join(f"{name} {version}" for name, version in found.items() if name not in ("python", "numpy"))


def short(found: dict) -> str:
    """One run in a few words."""
    precisions = " / ".join(f"{100 * found[f'P@{k}']:.2f}" for k in (1, 3, 5))
    return f"P@1/3/5 {precisions}, {found['train s']:.1f} s"
