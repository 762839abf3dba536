"""Claim: every kernel computes what its twin says, in float32, at any size and for extreme values.

A twin has its kernel's name and stands in `twins` or, where it is part of the network itself, in `reference`.
"""

import ast
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from problems import F32, F64, assert_close, random_csr

import twins
from nnlite.kernels import ranking, dense, sparse
from nnlite.network import layers, reference
from nnlite.scores import metrics

EXTREME = np.array([0, -0.0, 1e-30, 1, -1, 16, -16, 87, -87, 88.8, -88.8, 104, -104, 1e4, -1e4, 3e38, -3e38], F32)
finite = st.floats(-100, 100, width=32)


def matrices(min_columns=1):
    return hnp.arrays(F32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=finite)


def work(db):
    return np.full((3, db.size), np.nan, F32)


def names_of_kernels():
    modules = dense, sparse, ranking
    sources = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in modules]
    functions = [node for source in sources for node in source.body if isinstance(node, ast.FunctionDef)]
    return [f.name for f in functions if "kernel" in map(ast.unparse, f.decorator_list)]


@pytest.mark.parametrize("name", names_of_kernels())
def test_every_kernel_has_a_twin(name):
    assert hasattr(twins, name) or hasattr(reference, name), f"want a function {name} in twins or reference: the twin"


def activations():
    """The names in either table, and those of the slopes that are kernels."""
    slopes = {name.removesuffix("_backward") for name in names_of_kernels() if name.endswith("_backward")}
    return sorted(reference.ACTIVATIONS.keys() | layers.ACTIVATIONS.keys() | slopes)


@pytest.mark.parametrize("name", activations())
def test_every_activation_is_complete(name):
    assert name in reference.ACTIVATIONS, f"want {name} in reference.ACTIVATIONS: its formula and slope"
    assert hasattr(dense, f"{name}_backward"), f"want a kernel {name}_backward in dense: its slope"
    assert name in layers.ACTIVATIONS, f"want {name} in layers.ACTIVATIONS: the compiled activation and slope"


def test_exp_neg_keeps_its_bound():
    x = np.concatenate([np.linspace(-30, 0, 20_001), -np.logspace(-38, 1.477, 2_000)]).astype(F32)
    got = np.array([dense.exp_neg(v) for v in x])
    np.testing.assert_allclose(got, twins.exp_neg(x.astype(F64)), rtol=2e-7)
    assert dense.exp_neg(F32(0)) == 1
    for far in -30.1, -88, -1e30, -np.inf:
        assert 0 < dense.exp_neg(F32(far)) < 1e-13


@pytest.mark.parametrize("name", layers.ACTIVATIONS)
def test_activations(name):
    z = np.concatenate([np.linspace(-87, 87, 4_999).astype(F32), EXTREME])[None]
    got = z.copy()
    layers.ACTIVATIONS[name][0](got)
    np.testing.assert_allclose(got, reference.ACTIVATIONS[name][0](z.astype(F64)), rtol=5e-7, atol=1e-13)


@given(z0=finite, z1=finite, scale=st.sampled_from([1, 0.1, 1e-6]))
def test_two_sigmoids(z0, z1, scale):
    got = dense.two_sigmoids(F32(z0), F32(z1), F32(scale))
    np.testing.assert_allclose(got, twins.two_sigmoids(z0, z1, scale), rtol=5e-7, atol=1e-13)


@pytest.mark.parametrize("name", layers.ACTIVATIONS)
@pytest.mark.parametrize("keep", [1.0, 0.25])
@given(data=st.data())
def test_slopes_of_the_activations(name, keep, data):
    """After dropout, of both h and dh, the slope is that of the activation where the unit was kept."""
    act, slope = reference.ACTIVATIONS[name]
    dh = data.draw(matrices())
    h = act(data.draw(hnp.arrays(F32, dh.shape, elements=finite)).astype(F64)).astype(F32)
    mask = data.draw(hnp.arrays(F32, dh.shape, elements=st.sampled_from([1 / keep, 0.0 if keep < 1 else 1.0])))
    got = h * mask
    layers.ACTIVATIONS[name][1](dh * mask, got, F32(keep))
    want = slope((dh * mask).astype(F64), h.astype(F64))
    assert_close(got, want, largest=1e-6)


@given(x=st.integers(0, 2 ** 32 - 1))
def test_random_bits(x):
    assert dense.random_bits(np.uint64(x)) == twins.random_bits(x)


@pytest.mark.parametrize("keep", [0.4, 0.9])
def test_dropout(keep):
    h = np.ones((7, 11), F32)
    dense.dropout(h, F32(keep), 4_000_000_000, 2 ** 31)
    np.testing.assert_allclose(h, twins.dropout(h.shape, F32(keep), 4_000_000_000, 2 ** 31), rtol=1e-6)


def test_drop_words():
    x = random_csr(np.random.default_rng(0), 13, 30, 0.4)
    indptr, indices, data = np.full(10, -1), np.full(x.nnz, -1, np.int32), np.full(x.nnz, np.nan, F32)
    dense.drop_words(x.indptr[4:], x.indices, x.data, F32(0.7), 77, 20, indptr, indices, data)
    got = sp.csr_array((data[:indptr[-1]], indices[:indptr[-1]], indptr), shape=(9, 30)).toarray()
    np.testing.assert_allclose(got, twins.drop_words(x[4:], F32(0.7), 77, 20), rtol=1e-6)
    assert 0 < indptr[-1] < x[4:].nnz


def test_dropout_keeps_its_share_of_every_row_and_unit():
    """Within five standard deviations, in rows, units, and pairs of neighbours, of a stream and of the next one."""
    masks = []
    for stream in 1, 2:
        h = np.ones((300, 400), F32)
        dense.dropout(h, F32(0.4), stream, 0)
        masks.append(h > 0)
    mask = masks[0]
    for mask, share in [(mask, 0.4), (mask[1:] & mask[:-1], 0.16), (mask[:, 1:] & mask[:, :-1], 0.16),
                        (mask & masks[1], 0.16)]:
        for axis in 0, 1:
            deviation = np.sqrt(share * (1 - share) / mask.shape[axis])
            assert abs(mask.mean(axis=axis) - share).max() < 5 * deviation
        assert abs(mask.mean() - share) < 5 * np.sqrt(share * (1 - share) / mask.size)


@pytest.mark.parametrize("first_label, n_labels", [(0, 170), (0, 65), (65, 65), (130, 40), (169, 1), (0, 128)])
@pytest.mark.parametrize("size", [1.0, 10.0, 60.0])
def test_bce_with_logits(first_label, n_labels, size):
    rng = np.random.default_rng(0)
    y = random_csr(rng, 6, 170, 0.1, ones=True)
    z, b = (size * rng.standard_normal((6, n_labels))).astype(F32), rng.standard_normal(n_labels).astype(F32)
    true = y.toarray()[:, first_label:first_label + n_labels]
    want_loss, want_dz = reference.bce_with_logits((z + b).astype(F64), true)
    db = np.full(n_labels, np.nan, F32)
    loss = dense.bce_with_logits(z, b, y.indptr, y.indices, first_label, F32(0.5), db, work(db))
    assert loss == pytest.approx(want_loss, rel=1e-6)  # one rounding per logit, of either sign
    assert_close(z, 0.5 * want_dz, largest=1e-6)
    assert_close(db, 0.5 * want_dz.sum(axis=0), largest=1e-6)


@pytest.mark.parametrize("first_label, n_labels", [(0, 170), (65, 65), (169, 1)])
def test_weigh(first_label, n_labels):
    rng = np.random.default_rng(0)
    y, dz = random_csr(rng, 6, 170, 0.1, ones=True), rng.standard_normal((6, n_labels)).astype(F32)
    rows, labels = rng.uniform(0, 2, 6).astype(F32), rng.uniform(0, 2, n_labels).astype(F32)
    want = reference.weigh(dz.astype(F64), y.toarray()[:, first_label:first_label + n_labels], rows, labels)
    db = np.full(n_labels, np.nan, F32)
    dense.weigh(dz, y.indptr, y.indices, first_label, rows, labels, db)
    assert_close(dz, want, largest=1e-6)
    assert_close(db, want.sum(axis=0), largest=1e-6)


@given(dz=matrices(), bound=st.sampled_from([0, 1e-3, 1, 50]))
def test_busy_columns(dz, bound):
    columns = np.full(dz.shape[1], -1, np.int32)
    n = dense.busy_columns(dz, F32(bound), work(dz[0])[0], columns)
    np.testing.assert_array_equal(columns[:n], twins.busy_columns(dz, F32(bound)))


def test_a_nan_is_busy():
    for row in range(3):
        dz, columns = np.zeros((3, 40), F32), np.zeros(40, np.int32)
        dz[row, 21] = np.nan
        assert dense.busy_columns(dz, F32(1), work(dz[0])[0], columns) == 1 and columns[0] == 21


def test_bce_is_exact_far_from_zero():
    """No clipping and no infinity: a label that is wrong by a logit of 200 costs 200."""
    z, b, db = np.array([[-200, 0, 200], [-200, 0, 200]], F32), np.zeros(3, F32), np.zeros(3, F32)
    indptr, indices = np.array([0, 0, 3]), np.arange(3, dtype=np.int32)  # row 0 all zeros, row 1 all ones
    loss = dense.bce_with_logits(z, b, indptr, indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(400 + 2 * np.log(2), rel=1e-7)
    np.testing.assert_allclose(z, [[0, 0.5, 1], [-1, -0.5, 0]], atol=1e-13)


@pytest.mark.parametrize("n_rows", [1, 2, 65])
@pytest.mark.parametrize("z", [-25, -20, -12, -5])
def test_the_loss_of_long_learnt_labels_adds_up(n_rows, z):
    """e^-20 is lost beside a float32 one, but not all of a million of them are; below e^-25 a float64 one has too few
    digits for more than five of theirs."""
    logits, db = np.full((n_rows, 50), z, F32), np.zeros(50, F32)
    indptr, indices = np.zeros(n_rows + 1, np.int64), np.zeros(0, np.int32)
    loss = dense.bce_with_logits(logits, np.zeros_like(db), indptr, indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(n_rows * 50 * np.log1p(np.exp(z)), rel=1e-5)


def test_a_nan_is_not_lost():
    z, b, db = np.array([[1, np.nan, 2]], F32), np.zeros(3, F32), np.zeros(3, F32)
    h, indptr, indices = z.copy(), np.zeros(2, np.int64), np.zeros(0, np.int32)
    with np.errstate(invalid="ignore"):
        loss = dense.bce_with_logits(z, b, indptr, indices, 0, F32(1), db, work(db))
        dense.sigmoid(h)
    assert np.isnan(loss) and np.isnan(z[0, 1]) and np.isnan(h[0, 1])  # and it may spread to the other of a pair


@pytest.mark.parametrize("n_rows", [1, 2, 63, 64, 131])
@pytest.mark.parametrize("z", [0.3, 3.3, 12.7, 16.1, 24.9, 200.0])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_loss_of_learnt_labels_is_exact_and_never_negative(n_rows, z, share):
    """True labels of large logits cost next to nothing: float32 sums of these logits must cancel without a rest."""
    rng = np.random.default_rng(n_rows)
    true = rng.random((n_rows, 37)) < share
    y = sp.csr_array(true.astype(F32))
    size = (z * rng.uniform(0.9, 1.1, true.shape)).astype(F32)
    logits, db = np.where(true, size, -size).astype(F32), np.full(37, np.nan, F32)
    want, _ = reference.bce_with_logits(logits.astype(F64), true)
    loss = dense.bce_with_logits(logits, np.zeros_like(db), y.indptr, y.indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(want, rel=2e-6, abs=n_rows * 37 * 2e-13)  # an e^-|z| is not below e^-30


@given(z=matrices(), seed=st.integers(0, 99), far=st.sampled_from([1, 10, 100]))
def test_no_loss_is_negative(z, seed, far):
    y = random_csr(np.random.default_rng(seed), z.shape[0], z.shape[1], 0.5, ones=True)
    db = np.full(z.shape[1], np.nan, F32)
    z = far * np.where(y.toarray() > 0, abs(z), -abs(z)) + z / 10
    loss = dense.bce_with_logits(z.astype(F32), np.zeros_like(db), y.indptr, y.indices, 0, F32(1), db, work(db))
    assert loss >= 0
    one = sp.csr_array(y.toarray() * (np.arange(z.shape[1]) == y.toarray().argmax(axis=1)[:, None]))
    assert dense.softmax_ce(z.astype(F32), np.zeros_like(db), one.indptr, one.indices, F32(1), db) >= 0


@pytest.mark.filterwarnings("ignore:invalid value")  # interpreted: infinity less infinity
def test_infinite_logits_keep_their_loss():
    for true, want in (0, np.inf), (1, np.nan):
        z, db = np.array([[np.inf, 1]], F32), np.zeros(2, F32)
        loss = dense.bce_with_logits(z, np.zeros_like(db), np.array([0, true]), np.zeros(true, np.int32), 0, F32(1),
                                     db, work(db))
        assert loss == want or np.isnan(loss) and np.isnan(want)


def test_gradients_are_never_subnormal():
    """Of a label that is long learnt, averaged over a large batch: matrix products with subnormal numbers crawl."""
    z, db = np.array([EXTREME]), np.zeros(EXTREME.size, F32)
    indptr, indices = np.zeros(2, np.int64), np.zeros(0, np.int32)
    dense.bce_with_logits(z, np.zeros_like(db), indptr, indices, 0, F32(1e-9), db, work(db))
    assert (abs(z) > np.finfo(F32).tiny).all()


@pytest.mark.parametrize("n_rows, n_labels", [(3, 500), (130, 64), (131, 70)])
def test_bce_of_an_untrained_network(n_rows, n_labels):
    """Logits of zero give the largest product of (1 + e) there is, 2 per label and row: it must not overflow."""
    z, db = np.zeros((n_rows, n_labels), F32), np.zeros(n_labels, F32)
    indptr, indices = np.zeros(n_rows + 1, np.int64), np.zeros(0, np.int32)
    loss = dense.bce_with_logits(z, np.zeros_like(db), indptr, indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(n_rows * n_labels * np.log(2), rel=1e-6)
    np.testing.assert_array_equal(z, 0.5)


@given(z=matrices(), seed=st.integers(0, 99))
def test_bce_of_any_small_matrix(z, seed):
    y = random_csr(np.random.default_rng(seed), z.shape[0], z.shape[1], 0.4, ones=True)
    want_loss, want_dz = reference.bce_with_logits(z.astype(F64), y.toarray())
    db = np.full(z.shape[1], np.nan, F32)
    loss = dense.bce_with_logits(z, np.zeros_like(db), y.indptr, y.indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(want_loss, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(z, want_dz, rtol=0, atol=1e-6)
    np.testing.assert_allclose(db, want_dz.sum(axis=0), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_labels", [1, 2, 17, 64, 170])
@pytest.mark.parametrize("size", [1.0, 10.0, 1e4])
def test_softmax_ce(n_labels, size):
    """Rows 0 and 1 have no label; row 2 has the extreme values as far as they are apart by less than infinity."""
    rng = np.random.default_rng(0)
    z, b = (size * rng.standard_normal((9, n_labels))).astype(F32), rng.standard_normal(n_labels).astype(F32)
    z[2], b[:1] = np.resize(EXTREME[:-2], n_labels), 0
    y = np.eye(n_labels, dtype=F32)[rng.integers(0, n_labels, 9)]
    y[:2] = 0
    truth, db = sp.csr_array(y), np.full(n_labels, np.nan, F32)
    want_loss, want_dz = reference.softmax_ce((z + b).astype(F64), y)
    p = reference.softmax((z + b).astype(F64))
    loss = dense.softmax_ce(z, b, truth.indptr, truth.indices, F32(0.5), db)
    assert loss == pytest.approx(want_loss, rel=1e-6, abs=1e-5)
    assert_close(z, 0.5 * want_dz, largest=1e-6)
    assert_close(db, 0.5 * want_dz.sum(axis=0), largest=1e-6)
    assert not z[:2].any()
    false = y[2:] == 0
    np.testing.assert_allclose(2 * z[2:][false], p[2:][false], rtol=1e-6, atol=1e-13)


def test_softmax_ce_is_exact_far_from_zero():
    """No clipping and no infinity: a class that is wrong by a logit of 1000 costs 1000."""
    z, db = np.array([[-500, 500], [3e38, -3e4], [-1e38, -1e38]], F32), np.zeros(2, F32)
    loss = dense.softmax_ce(z, np.zeros(2, F32), np.arange(4), np.zeros(3, np.int32), F32(1), db)
    assert loss == pytest.approx(1000 + np.log(2), rel=1e-7)
    np.testing.assert_allclose(z, [[-1, 1], [0, 0], [-0.5, 0.5]], atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf])
@pytest.mark.parametrize("place", range(3))
def test_softmax_ce_does_not_lose_a_nan(bad, place):
    z, db = np.array([[1, -2, 3]], F32), np.zeros(3, F32)
    z[0, place] = bad
    with np.errstate(invalid="ignore"):
        loss = dense.softmax_ce(z, np.zeros(3, F32), np.arange(2), np.zeros(1, np.int32), F32(1), db)
    assert not np.isfinite(loss) and np.isnan(z).any()


@given(z=matrices(), seed=st.integers(0, 99))
def test_softmax_ce_of_any_small_matrix(z, seed):
    labels = np.random.default_rng(seed).integers(0, z.shape[1], z.shape[0]).astype(np.int32)
    want_loss, want_dz = reference.softmax_ce(z.astype(F64), np.eye(z.shape[1])[labels])
    db = np.full(z.shape[1], np.nan, F32)
    loss = dense.softmax_ce(z, np.zeros_like(db), np.arange(len(z) + 1), labels, F32(1), db)
    assert loss == pytest.approx(want_loss, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(z, want_dz, rtol=0, atol=1e-6)
    np.testing.assert_allclose(db, want_dz.sum(axis=0), rtol=0, atol=1e-5)


def logits_and_truth(first_label, n_labels, seed=0):
    """z, every extreme value among them, and the csr truth of 17 labels and its dense part for the tile."""
    rng = np.random.default_rng(seed)
    y, z = random_csr(rng, 23, 17, 0.4, ones=True), (4 * rng.standard_normal((23, n_labels))).astype(F32)
    z[:EXTREME.size, 0] = EXTREME
    return z, y, y.toarray()[:, first_label:first_label + n_labels]


TILES = pytest.mark.parametrize("first_label, n_labels", [(0, 17), (5, 12), (16, 1)])


@TILES
def test_count_predictions(first_label, n_labels):
    z, y, true = logits_and_truth(first_label, n_labels)
    thresholds = np.resize(np.array([0, -1, 2.5, np.inf, -np.inf], F32), n_labels)
    got = [np.full(n, 100, np.int32) for n in (n_labels, n_labels, len(z), len(z))]
    ranking.count_predictions(z, thresholds, y.indptr, y.indices, first_label, *got)
    for counts, want in zip(got, twins.count_predictions(z, true, thresholds), strict=True):
        np.testing.assert_array_equal(counts, 100 + want)


@TILES
@pytest.mark.parametrize("bins", [1, 10, 15])
def test_calibration_bins(first_label, n_labels, bins):
    z, y, true = logits_and_truth(first_label, n_labels)
    groups = np.arange(n_labels, dtype=np.int32) % 3
    got = [np.full((3, bins), 100, dtype) for dtype in (np.int64, F64, np.int64)]
    want = twins.calibration_bins(z.astype(F64), true, groups, 3, bins)
    ranking.calibration_bins(z, groups, y.indptr, y.indices, first_label, *got)
    for table, wanted in zip(got, want, strict=True):
        np.testing.assert_allclose(table, 100 + wanted, rtol=1e-6)
    assert (0 <= z).all() and (z <= 1).all()


def test_probability_and_equal_bin():
    for z in np.concatenate([EXTREME, np.linspace(-20, 20, 99).astype(F32)]):
        assert ranking.probability(z) == pytest.approx(twins.probability(F64(z)), rel=5e-7, abs=1e-13)
    for p, bins in [(0, 4), (1e-9, 4), (0.25, 4), (0.25001, 4), (0.5, 4), (0.75, 4), (0.9999999, 4), (1, 4), (1, 15)]:
        assert ranking.equal_bin(F32(p), F32(bins)) == metrics.bin_of(np.array(p), bins)
    ps = np.array([0, 0.25, 0.3, 1, np.nan], F32)
    assert [ranking.equal_bin(p, F32(4)) for p in ps] == metrics.bin_of(ps, 4).tolist() == [0, 0, 1, 3, 0]


@pytest.mark.parametrize("tiles", [[17], [5, 12], [1, 15, 1]])
@pytest.mark.parametrize("k", [1, 3, 17])
def test_merge_top_k(tiles, k):
    rng = np.random.default_rng(0)
    z = rng.integers(-3, 4, (6, 17)).astype(F32)  # many ties
    ids, best = np.zeros((6, k), np.int32), np.full((6, k), -np.inf, F32)
    start = 0
    for width in tiles:
        ranking.merge_top_k(z[:, start:start + width].copy(), start, ids, best)
        start += width
    want_ids, want = twins.merge_top_k(z, k)
    np.testing.assert_array_equal(ids, want_ids)
    np.testing.assert_array_equal(best, want)


def test_merge_top_k_numbers_labels_from_the_first_of_the_tile():
    ids, best = np.zeros((1, 2), np.int32), np.full((1, 2), -np.inf, F32)
    ranking.merge_top_k(np.array([[6, 2, 3]], F32), 10, ids, best)
    assert ids.tolist() == [[10, 12]] and best.tolist() == [[6, 3]]


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_csr_matmul(density):
    rng = np.random.default_rng(0)
    x, w = random_csr(rng, 13, 9, density), rng.standard_normal((9, 5)).astype(F32)
    start, out = rng.standard_normal(5).astype(F32), np.full((13, 5), np.nan, F32)  # a forgotten row stays nan
    sparse.csr_matmul(x.indptr, x.indices, x.data, w, start, out)
    assert_close(out, twins.csr_matmul(x.astype(F64), w.astype(F64), start), largest=1e-6)


@pytest.mark.parametrize("i", range(13))
def test_add_rows(i):
    rng = np.random.default_rng(1)
    x, w, total = random_csr(rng, 13, 9, 0.5), rng.standard_normal((9, 5)).astype(F32), np.ones(5, F32)
    sparse.add_rows(x.indptr, x.indices, x.data, i, w, total)
    assert_close(total, twins.add_rows(x.astype(F64), i, w.astype(F64), 1.0), largest=1e-6)


def test_csr_matmul_of_later_rows():
    """A view of rows 4 to 9 has an indptr that begins above 0."""
    rng = np.random.default_rng(0)
    x, w = random_csr(rng, 13, 9, 0.4), rng.standard_normal((9, 5)).astype(F32)
    out = np.full((5, 5), np.nan, F32)
    sparse.csr_matmul(x.indptr[4:10], x.indices, x.data, w, np.zeros(5, F32), out)
    assert_close(out, x.toarray()[4:9].astype(F64) @ w, largest=1e-6)


@given(seed=st.integers(0, 999), density=st.sampled_from([0.02, 0.3, 1.0]), first=st.integers(0, 4))
def test_csr_transpose(seed, density, first):
    x = random_csr(np.random.default_rng(seed), 9, 14, density)
    nnz, indptr = x.indptr[9] - x.indptr[first], x.indptr[first:]
    places = np.zeros(14, np.int32)
    words, xt = np.full(nnz, -1, np.int32), np.full(nnz + 1, -1, np.int64)
    rows, data = np.full(nnz, -1, np.int32), np.full(nnz, np.nan, F32)
    n = sparse.csr_transpose(indptr, x.indices, x.data, places, words, xt, rows, data)
    got = {words[i]: list(zip(rows[xt[i]:xt[i + 1]], data[xt[i]:xt[i + 1]])) for i in range(n)}
    assert got == twins.csr_transpose(x[first:])
    assert len(got) == n and not places.any()


def test_take_rows():
    x = random_csr(np.random.default_rng(0), 9, 14, 0.4)
    rows = np.array([8, 0, 3, 3])
    indptr = np.concatenate([[0], np.cumsum(np.diff(x.indptr)[rows])])
    indices, data = np.full(indptr[-1], -1, np.int32), np.full(indptr[-1], np.nan, F32)
    sparse.take_rows(x.indptr, x.indices, x.data, rows, indptr, indices, data)
    dense = np.zeros((4, 14), F32)
    for i in range(4):
        dense[i, indices[indptr[i]:indptr[i + 1]]] = data[indptr[i]:indptr[i + 1]]
    np.testing.assert_array_equal(dense, twins.take_rows(x, rows))


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_optimisers_update_their_rows_and_no_other(scale):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((9, 5)).astype(F32)
    s, m = (scale ** 2 * rng.random((9, 5))).astype(F32), (scale * rng.standard_normal((9, 5))).astype(F32)
    rows = np.array([7, 0, 3, 8], np.int32)
    parts = sp.random_array((4, 11), density=0.6, format="csr", dtype=F32, random_state=rng)  # up to 7 in a row
    source = (scale * rng.standard_normal((11, 5))).astype(F32)
    gradient = parts.indptr, parts.indices, parts.data, source, np.full(5, np.nan, F32)
    W, S, M = (a.astype(F64) for a in (w, s, m))
    G = parts.toarray().astype(F64) @ source.astype(F64)

    def check(got, want, before):
        want_all = before.copy()
        want_all[rows] = want
        assert_close(got, want_all, largest=1e-6)
        others = np.setdiff1d(np.arange(9), rows)
        np.testing.assert_array_equal(got[others], before[others])

    got = w.copy()
    sparse.sgd(got, rows, *gradient, F32(0.5 / scale))
    check(got, twins.sgd(W[rows], G, 0.5 / scale), W)

    got, got_s = w.copy(), s.copy()
    sparse.adagrad(got, got_s, rows, *gradient, F32(0.5), F32(1e-10))
    want, want_s = twins.adagrad(W[rows], G, S[rows], 0.5, 1e-10)
    check(got, want, W), check(got_s, want_s, S)

    got, got_s = w.copy(), s[:, :1].copy()
    sparse.adagrad_by_row(got, got_s, rows, *gradient, F32(0.5), F32(1e-10))
    want, want_s = twins.adagrad_by_row(W[rows], G, S[rows, :1], 0.5, 1e-10)
    check(got, want, W), check(got_s, want_s, S[:, :1])

    got, got_m, got_v = w.copy(), m.copy(), s.copy()
    sparse.adam(got, got_m, got_v, rows, *gradient, 3, 0.5, 0.9, 0.999, 1e-8)
    want, want_m, want_v = twins.adam(W[rows], G, M[rows], S[rows], 3, 0.5, 0.9, 0.999, 1e-8)
    check(got, want, W), check(got_m, want_m, M), check(got_v, want_v, S)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_a_nan_or_minus_infinity_is_not_among_the_likeliest(bad):
    ids, best = np.full((1, 3), 9, np.int32), np.full((1, 3), -np.inf, F32)
    ranking.merge_top_k(np.array([[1, 2, bad]], F32), 0, ids, best)
    assert ids.tolist() == [[1, 0, 9]] and best.tolist() == [[2, 1, -np.inf]]


def test_a_nan_is_not_above_a_threshold():
    counts = [np.zeros(n, np.int32) for n in (2, 2, 1, 1)]
    y = np.array([0, 2]), np.arange(2, dtype=np.int32)
    ranking.count_predictions(np.array([[np.nan, 1]], F32), np.zeros(2, F32), *y, 0, *counts)
    assert [part.tolist() for part in counts] == [[0, 1], [0, 1], [1], [1]]


def test_an_entry_of_just_the_bound_is_not_busy():
    dz, columns = np.array([[1, -1, 1.5, -1.5, 0], [0, 0, -1, 1, 0]], F32), np.zeros(5, np.int32)
    n = dense.busy_columns(dz, F32(1), work(dz[0])[0], columns)
    assert columns[:n].tolist() == [2, 3]


@pytest.mark.parametrize("n_columns", [1, 2, 3, 7])
def test_sigmoid_of_any_number_of_columns(n_columns):
    z = np.random.default_rng(0).standard_normal((3, n_columns)).astype(F32)
    got = z.copy()
    dense.sigmoid(got)
    np.testing.assert_allclose(got, reference.sigmoid(z.astype(F64)), rtol=5e-7)


@pytest.mark.parametrize("n", range(10))
def test_add_rows_of_any_number_of_words(n):
    """Four words are added at a time, and the rest one by one."""
    total = np.full(2, 100, F32)
    indptr, source = np.array([3, 3 + n]), np.array([[1, 2]] * 12, F32) * np.arange(12, dtype=F32)[:, None]
    sparse.add_rows(indptr, np.arange(15, dtype=np.int32) - 3, np.full(15, 2, F32), 0, source, total)
    words = sum(range(n))
    assert total.tolist() == [100 + 2 * words, 100 + 4 * words]
