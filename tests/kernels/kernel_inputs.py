"""Extreme values and small random matrices, shared by the tests of kernels."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from problems import F32

EXTREME = np.array([0, -0.0, 1e-30, 1, -1, 16, -16, 87, -87, 88.8, -88.8, 104, -104, 1e4, -1e4, 3e38, -3e38], F32)
finite = st.floats(-100, 100, width=32)


def matrices(min_columns=1):
    return hnp.arrays(F32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=finite)


def work(z):
    return np.full((3, z.shape[1]), np.nan, F32)
