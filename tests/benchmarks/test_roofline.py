"""Claim: the roofline counts what it says, its small problem agrees, and tables and environments are as documented."""

import pytest

from benchmarks import process, report
from benchmarks.speed import roofline
from benchmarks.speed.peaks import Peaks

# 2 rows with 3 non-zeros in 2 words; 4 units, then 5; 6 labels; SGD reads w and writes w
SIZES = {"N": 2, "Z": 3, "W": 2, "H": 4, "K": 5, "L": 6, "U": 2, "O": 2, "T": 8}


class FakePeaks:
    """1 GFLOP/s; 4 GB/s through nothing, else 1 GB/s."""

    def products(self, precision, n):
        return {"float32": 1e9, "bfloat16": 8e9}[precision]

    products_now = products

    def bandwidth(self, n, size):
        return 1e9 if size else 4e9

    def reached(self, precision, n, flops):
        pass


@pytest.mark.parametrize("name, flops, moved", [
    ("csr_matmul forward", 3 * 4 * 2, 3 * (16 + 4 + 4) + 2 * 16),  # 3 rows of W, 3 indices and values; z
    ("sigmoid", 8 * 20, 8 * 4 * 2),
    ("Linear.forward", 2 * 2 * 4 * 5, (8 + 20 + 10) * 4),
    ("Linear.backward", 2 * (2 * 2 * 4 * 5), (8 + 10 + 20 + 8 + 20) * 4),  # h, dz, W; dh, dW
    ("LabelLayer", 3 * (2 * 2 * 5 * 6), (10 + 10 + 30 + 30) * 4),  # h, dh; W twice
    ("bce_with_logits", 12 * 25, 12 * 8),
    ("csr_transpose", 0, 3 * 20),
    ("SparseLinear backward", 3 * 4 * 2 + 2 * 4 * 2, 3 * 24 + 2 * 16 * 2),
])
def test_counts_by_hand(name, flops, moved):
    count = roofline.COUNTS[name]
    assert roofline.counted(count.flops, SIZES) == flops
    assert roofline.counted(count.bytes, SIZES) == moved


@pytest.mark.parametrize("name, hidden", [("deck", (4, 3)), ("mini", (4,)), ("deck in bfloat16, on AMX", (4, 3))])
def test_every_piece_of_a_step_is_measured(name, hidden):
    job = roofline.jobs(quick=True, unit="AMX")[name]._replace(
        batch_rows=5, n_batches=2, n_words=30, per_title=3, n_labels=7, hidden=hidden)
    found, sizes = roofline.measure(job, 2, FakePeaks(), repeats=1)
    times, bounds = roofline.rows_of(job, found, sizes, FakePeaks())
    names = [row["kernel or layer"] for row in times]
    assert set(roofline.layers_of_step(job)) < set(names) and names[-1] == "step"
    assert set(names[:-1]) <= set(roofline.COUNTS)
    assert sizes["N"] == 5 and 0 < sizes["W"] <= sizes["Z"] <= 15
    assert all(row["min ms"] > 0 for row in times) and all(row["bound ms"] > 0 for row in bounds)


def test_a_bound_of_bytes_is_that_of_the_cache_that_holds_them():
    of = roofline.bounds("relu", 1e9, 2, SIZES, FakePeaks())
    assert of == {"flops": 8 / 1e9, "bytes, L1": 64 / 4e9, "bytes, 3.05e-05 MiB": 64 / 1e9}


@pytest.mark.parametrize("name, want", [("LabelLayer", 360 / 8e9), ("bce_with_logits", 300 / 1e9)])
def test_only_products_are_bound_by_the_units(name, want):
    """LabelLayer: 360 operations. bce_with_logits: 300."""
    job = roofline.jobs(quick=True, unit="AMX")["deck in bfloat16, on AMX"]
    peaks = FakePeaks()
    peaks.bandwidth = lambda n, size: 1e15
    assert roofline.bound(name, 8e9, job, 2, SIZES, peaks) == (want, "flops")


def test_a_part_is_compared_with_the_products_of_its_own_turns():
    """LabelLayer, 360 operations: products at 8 and 4 GFLOP/s beside calls of 90 and 180 ns, so 50 % of the bound."""
    job, peaks = roofline.jobs(quick=True, unit="")["deck"], FakePeaks()
    peaks.bandwidth = lambda n, size: 1e15
    part = roofline.Timed(2, 90e-9, 180e-9, 8e9, 4e9)
    _, [row] = roofline.rows_of(job, {"LabelLayer": part}, SIZES, peaks)
    assert row["% of bound"] == row["medians, %"] == pytest.approx(50)


def test_products_are_measured_before_each_call():
    order = []
    part = roofline.timed(lambda: order.append("call"), 1, 2, 1, lambda: order.append("products") or len(order))
    assert order == ["call", "products", "call", "products", "call"] and part[3:] == (4, 3)


def test_bandwidth_is_that_of_the_next_smaller_arrays_or_of_larger_ones():
    peaks = object.__new__(Peaks)
    peaks.bytes = {1: {1024: 50.0, 2048: 20.0, 4096: 30.0}}
    assert [peaks.bandwidth(1, size) for size in (0, 1500, 2048, 10**9)] == [50, 50, 30, 30]


def test_the_small_problem_agrees():
    assert roofline.agree() < 1e-4


def test_table():
    rows = [{"system": "a", "ms": 1234.5, "rows": 20_000}, {"system": "bcd", "ms": None}]
    assert report.table(rows).splitlines() == [
        "| system |    ms |   rows |",
        "| ------ | ----: | -----: |",
        "| a      | 1,234 | 20,000 |",
        "| bcd    |       |        |",
    ]


def test_clean_environment(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("NEUTRAL", "1")
    environment = process.clean_environment()
    assert "OPENBLAS_CORETYPE" not in environment and environment["NEUTRAL"] == "1"


def test_the_environment_of_a_system_has_its_number_of_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    environment = process.environment(2)
    assert environment["OMP_NUM_THREADS"] == "2" and "MKL_CBWR" not in environment
