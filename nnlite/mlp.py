"""`MLP`: the network as its users have it. It checks what it is given, and predicts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr_checks import check_features, n_rows_of
from nnlite.kernels import dense, top_k
from nnlite.network.network import Network, shapes
from nnlite.network.products import FLOAT32, Products
from nnlite.system.named_arrays import NamedArrays, check_array
from nnlite.system.number_arrays import check_weights, finite, logit_thresholds
from nnlite.system.ranges import instance, integer
from nnlite.system.sizes import row_blocks
from nnlite.system.blas import one_blas_thread
from nnlite.system.scratch import scratch
from nnlite.system.threads import team, until_interrupted

f32 = np.float32


class MLP(Network):
    """Multilayer perceptron: sparse words -> hidden layers -> one logit per label, sigmoid or softmax of these.

    The arguments are those of Network:
    n_words, n_labels: how many there are    hidden: the widths of the hidden layers, at least one
    activation: "sigmoid" or "relu", of the hidden layers
    output: "sigmoid", any number of labels may be true; or "softmax", one of 2 to MAX_CLASSES is, and the loss is the
    cross-entropy of that one
    ValueError for a size below 1, an unknown activation or output, or too many labels for a softmax. Predictions raise
    FloatingPointError if parameters are so large that a logit overflows.
    Values of params may change at any time, also while another thread predicts; its arrays may not be replaced.
    """

    products: Products = FLOAT32  # of predictions, not of `step`
    parts, of_all, best_of_all = (0,), staticmethod(lambda one: [one]), staticmethod(lambda *best: best)  # ShardedMLP

    @classmethod
    def from_params(cls, params: dict[str, np.ndarray], activation: str = "sigmoid", output: str = "sigmoid") -> "MLP":
        """The MLP whose parameters are these arrays, by name; they are shared, not copied.

        Arrays that cannot be written, such as read-only memory maps, do for predicting. ValueError if they do not fit
        together: names, dtype float32, C-contiguous, each layer as wide as the next one wants.
        """
        got = {str(name): getattr(p, "shape", ()) for name, p in instance("MLP: params", params, dict).items()}
        n_words, n_labels = (got.get(f"{name}.W", ())[:1] for name in ("features", "labels"))
        hidden = [n for name, shape in got.items() for n in shape[:1] if name.endswith(".b") and name != "labels.b"]
        if got != (want := shapes(sum(n_words), hidden, sum(n_labels))):
            raise ValueError(f"MLP: parameters do not fit together: want {want}, got {got}")
        model = object.__new__(cls)
        model.params = NamedArrays({name: params[name] for name in want})
        model._make_layers(activation, output)
        model.check()
        return model

    def check(self) -> None:
        """ValueError if arrays were replaced, resized or retyped since the model was made: kernels check no bounds."""
        layers: list[Any] = [self.features, *self.between, self.labels]
        held = [array for layer in layers for array in (layer.w, layer.b)]
        sizes = self.n_words, self.hidden, self.n_labels
        wanted = self.shapes if sizes == self.sizes else shapes(*sizes)
        for (name, shape), array in zip(wanted.items(), held, strict=True):
            check_array(f"MLP: {name}", array, shape, also_held=self.params[name])

    def init_label_bias(self, frequencies: np.ndarray) -> None:
        """Set labels.b to logit(frequency), so that the untrained network predicts about the bare frequencies.

        With a softmax to log(frequency). frequencies (L,): fractions of rows, clipped to 1e-9 .. 1 - 1e-9 (+-20.7).
        """
        check_weights("init_label_bias: frequencies", frequencies, self.n_labels)
        p = np.clip(frequencies, 1e-9, 1 - 1e-9)
        self.params["labels.b"][:] = np.log(p) if self.output == "softmax" else np.log(p / (1 - p))

    def each_block(self, x: sp.csr_array, visit: Callable[[slice, np.ndarray], Any],
                   threads: int | None = None) -> list:
        """[visit(rows, h)] over blocks of rows of the csr matrix x, h (n, H) the last hidden layer; on threads."""
        x = check_features(x, self.n_words)
        self.check()

        def one_block(rows):
            hs = [scratch(f"h{i}", rows.stop - rows.start, units) for i, units in enumerate(self.hidden)]
            self.forward(x.rows(rows), hs, products=self.products)
            return visit(rows, hs[-1])

        with one_blas_thread():
            return team(threads).run(one_block, row_blocks(x.n_rows, 2 * self.labels.w.size))

    def each_tile(self, x: sp.csr_array, visit: Callable[[slice, slice, np.ndarray], Any],
                  threads: int | None = None) -> list[list]:
        """For each block of rows of x the list of visit(rows, tile, z) over tiles of labels, z (n, T) their logits.

        z lies in scratch memory: visit may change it and must not keep it. Blocks run on threads, tiles in order.
        """
        def one_block(rows, h):
            return [visit(rows, tile, self.labels.logits(h, tile, self.products))
                    for tile in until_interrupted(self.labels.tiles())]

        return self.each_block(x, one_block, threads)

    def logits(self, x: sp.csr_array) -> np.ndarray:
        """z (N, L) of the csr matrix x (N, D): rows x labels numbers, for small work. `top_k` needs no such array."""
        found = self.each_tile(x, lambda rows, tile, z: z.copy())
        return finite("logits", np.concatenate([np.empty((0, self.n_labels), f32), *map(np.hstack, found)]))

    def top_k(self, x: sp.csr_array, k: int, threads: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k likeliest labels of each row of the csr matrix x (N, D), best first, ties to the smaller id.

        Returns ids (N, k) int32 and probabilities (N, k). ValueError unless 1 <= k <= number of labels.
        """
        if not 1 <= integer("top_k: k", k) <= self.n_labels:
            raise ValueError(f"top_k: want 1 to {self.n_labels} labels, got k = {k}")
        ids = np.zeros((n_rows_of("x", x), k), np.int32)
        best = np.full(ids.shape, -np.inf, f32)
        nan = self.each_tile(x, lambda rows, tile, z: top_k.merge_top_k(z, tile.start, ids[rows], best[rows]), threads)
        ids, best = self.best_of_all(ids, best)
        dense.sigmoid(finite("top_k: logits", np.nan if np.any(nan) else best))
        return ids, best

    def above(self, x: sp.csr_array, thresholds: float | np.ndarray = 0.5, threads: int | None = None) -> sp.csr_array:
        """The labels whose probability is above their threshold, for each row of the csr matrix x (N, D).

        thresholds: one probability, or one per label (L,). Returns the probabilities as a csr matrix (N, L), float32.
        TypeError or ValueError for other thresholds or another x, FloatingPointError for logits that are not finite.
        """
        cuts = logit_thresholds(thresholds, self.n_labels)

        def find(rows, tile, z):
            row, label = np.nonzero(~(z <= cuts[tile]))  # NaN too
            return row + rows.start, label + tile.start, z[row, label]

        found = [part for parts in self.each_tile(x, find, threads) for part in parts]
        row, label, p = map(np.concatenate, zip(*found)) if found else np.empty((3, 0))
        p = finite("above: logits", p.astype(f32, copy=False))
        dense.sigmoid(p.reshape(1, -1))
        return sp.csr_array((p, (row.astype(int), label.astype(int))), shape=(x.shape[0], self.n_labels))
