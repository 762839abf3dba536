"""`SmallMLP`: a network whose rows of words and of labels have few bits each. It predicts; to learn, it is expanded.

The forward pass reads the codes of the words that a title has, and expands the labels' rows a tile at a time, so that
neither matrix ever exists as float32.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite.classifier.small_rows import BITS, ROWS, packed, rounded, width
from nnlite.data.csr import Csr
from nnlite.kernels import small_rows
from nnlite.mlp import MLP
from nnlite.system.named_arrays import NamedArrays, check_array
from nnlite.system.slices import blocks

SMALL = "features.W", "labels.W"  # the parameters that are SmallRows
PARTS = "codes", "scales", "bits"  # the arrays of SmallRows, by the names of attributes

f32 = np.float32


class SmallRows:
    """A matrix (n, H), each of whose rows has 0, 2, 4 or 8 bits a number; `classifier.small_rows` says how.

    codes: uint8, the bytes of all rows, one after the other    scales: float32 (n,)    bits: uint8 (n,)
    Indexing with a slice or with an array of row numbers gives rows as a new array of float32.
    ValueError if the arrays do not fit together.
    """

    def __init__(self, codes: np.ndarray, scales: np.ndarray, bits: np.ndarray, n_units: int):
        n = len(bits)
        for name, array, dtype in ("codes", codes, "uint8"), ("scales", scales, "float32"), ("bits", bits, "uint8"):
            if array.dtype != dtype or array.ndim != 1:
                raise ValueError(f"SmallRows: {name}: want {dtype} (n,), got {array.dtype} {array.shape}")
        widths = np.zeros(256, np.int64)
        for b in BITS:
            widths[b] = width(n_units, b)
        if not np.isin(bits, (0, *BITS)).all() or scales.size != n or codes.size != widths[bits].sum():
            raise ValueError(f"SmallRows: want rows of 0, {', '.join(map(str, BITS))} bits, {n} scales and as many "
                             f"codes as they take, got {scales.size} scales and {codes.size} bytes")
        self.codes, self.scales, self.bits = codes, scales, bits.copy()
        self.ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(widths[bits])])
        self.shape = n, n_units

    @classmethod
    def of(cls, w: Any, bits: np.ndarray) -> "SmallRows":
        """The rows of w (n, H), rounded to so many bits each, uint8 (n,)."""
        found, n_units = cls.blank(w, bits), w.shape[1]
        for part in blocks(len(w), ROWS):
            rows = w[part]
            for b in BITS:
                here = np.flatnonzero(bits[part] == b)
                codes, found.scales[part.start + here] = rounded(rows[here], b)
                places = found.ends[part.start + here, None] + np.arange(width(n_units, b))
                found.codes[places] = packed(codes, b)
        return found

    @classmethod
    def blank(cls, w: Any, bits: np.ndarray) -> "SmallRows":
        """As many rows as w (n, H) has, of so many bits and of zeros: as large as `of`."""
        codes = np.zeros(sum(width(w.shape[1], b) * np.count_nonzero(bits == b) for b in BITS), np.uint8)
        return cls(codes, np.zeros(len(w), f32), bits, w.shape[1])

    @property
    def size(self) -> int:
        """n H, the numbers that the rows stand for."""
        return self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        ids = np.arange(len(self))[rows]
        out = np.empty((ids.size, self.shape[1]), f32)
        small_rows.expand_rows(ids, self.codes, self.ends, self.bits, self.scales, out)
        return out


class SmallFeatures:
    """z = x W + b, as `SparseLinear`, where W is SmallRows."""

    def __init__(self, w: SmallRows, b: np.ndarray):
        self.w, self.b = w, b

    def forward(self, x: Csr, z: np.ndarray) -> None:
        """z (N, H) from the rows x."""
        small_rows.small_csr_matmul(*x, self.w.codes, self.w.ends, self.w.bits, self.w.scales, self.b, z)


class SmallMLP(MLP):
    """An MLP whose features.W and labels.W are SmallRows: it predicts; optimisers refuse its arrays.

    params: in the place of these two, the arrays of their PARTS: "features.W.codes", "features.W.scales", ...
    """

    features: Any  # SmallFeatures; of labels, w is SmallRows

    @classmethod
    def of(cls, params: Mapping[str, Any], activation: str, output: str) -> "SmallMLP":
        """The network of these parameters, of which those named in SMALL are SmallRows."""
        rows = {f"{name}.{part}": getattr(params[name], part) for name in SMALL for part in PARTS}
        return cls.from_params({name: p for name, p in params.items() if name not in SMALL} | rows, activation, output)

    @classmethod
    def tiny(cls) -> "SmallMLP":
        """One of a word, a unit and a label."""
        params, bits = MLP(1, 1, hidden=(1,)).params, np.full(1, 8, np.uint8)
        return cls.of(params | {name: SmallRows.of(params[name], bits) for name in SMALL}, "relu", "sigmoid")

    @classmethod
    def from_params(cls, params: dict[str, np.ndarray], activation: str = "sigmoid",
                    output: str = "sigmoid") -> "SmallMLP":
        """As MLP.from_params."""
        n_hidden = sum(name.startswith("hidden") and name.endswith(".b") for name in params)
        below = "features.b", f"hidden{n_hidden}.b" if n_hidden else "features.b"  # arrays as long as a row
        found: dict[str, Any] = {name: array for name, array in params.items() if not name.endswith(PARTS)}
        for name, of_units in zip(SMALL, below):
            codes, scales, bits = (params[f"{name}.{part}"] for part in PARTS)
            found[name] = SmallRows(codes, scales, bits, params[of_units].size)
        model: Any = super().from_params(found, activation, output)
        model.params = NamedArrays(params)
        return model

    def _make_layers(self, activation, output):
        super()._make_layers(activation, output)
        self.features = SmallFeatures(self.features.w, self.features.b)

    def check(self) -> None:
        """ValueError if an array of another type is held."""
        for name, array in self.params.items():
            if name.endswith((".W", ".b")) and name not in SMALL:
                check_array(f"MLP: {name}", array, array.shape)

    def expanded(self) -> MLP:
        """The network of the same numbers as float32, which can learn."""
        plain = {name: p.copy() for name, p in self.params.items() if not name.endswith(PARTS)}
        rows = {"features.W": self.features.w[:], "labels.W": self.labels.w[:]}
        return MLP.from_params(plain | rows, self.activation, self.output)
