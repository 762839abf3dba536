"""`MLP`: the parameters by name, the forward pass from words to labels, and one training step."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.csr_checks import check_features, n_rows_of
from nnlite.kernels import dense, top_k
from nnlite.network.label_layer import MAX_CLASSES, LabelLayer, SoftmaxLayer
from nnlite.network.label_step import StepSettings
from nnlite.network.layers import ACTIVATIONS, Dropout, Linear, SparseLinear, update_from_blocks
from nnlite.network.optimizers import Updates
from nnlite.network.products import FLOAT32, Products
from nnlite.system.number_arrays import check_weights, finite, logit_thresholds
from nnlite.system.sizes import GATHER_FLOPS, GRADIENT_FLOPS, row_blocks
from nnlite.system.named_arrays import NamedArrays, check_array
from nnlite.system.ranges import SEED_MAX, instance, integer
from nnlite.system.threads import Team, one_blas_thread, scratch, team, until_interrupted

OUTPUTS = {"sigmoid": LabelLayer, "softmax": SoftmaxLayer}
f32 = np.float32


class MLP:
    """Multilayer perceptron: sparse words -> hidden layers -> one logit per label, sigmoid or softmax of these.

        h1 = act(x W_features + b)    h_{i+1} = act(h_i W_hidden_i + b)    z = h_last W_labels^T + b

    n_words: D    n_labels: L    hidden: the widths of the hidden layers, at least one
    activation: a name in `layers.ACTIVATIONS`
    output: "sigmoid", any number of labels may be true; or "softmax", one of 2 to MAX_CLASSES is, and the loss is the
    cross-entropy of that one
    Weights begin uniform in +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010), biases at 0.
    ValueError for a size below 1, an unknown activation or output, or too many labels for a softmax. Predictions raise
    FloatingPointError if parameters are so large that a logit overflows.
    Values of params may change at any time, also while another thread predicts; its arrays may not be replaced.
    """

    parts, of_all, best_of_all = (0,), staticmethod(lambda one: [one]), staticmethod(lambda *best: best)  # ShardedMLP

    def __init__(self, n_words: int, n_labels: int, hidden: Sequence[int] = (200, 200), activation: str = "sigmoid",
                 seed: int = 0, output: str = "sigmoid"):
        rng = np.random.default_rng(integer("MLP: seed", seed, 0, SEED_MAX))
        self.params = NamedArrays({name: glorot_uniform(rng, shape) if name.endswith(".W") else np.zeros(shape, f32)
                                   for name, shape in shapes(n_words, hidden, n_labels).items()})
        self._make_layers(activation, output)

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

    def _make_layers(self, activation, output):
        layers = [(self.params[name], self.params[f"{name[:-2]}.b"]) for name in self.params if name.endswith(".W")]
        self.n_words, self.n_labels = len(layers[0][0]), len(layers[-1][0])
        self.hidden = tuple(len(b) for _, b in layers[:-1])
        self.activation, self.output, self.products = activation, output, FLOAT32  # of predictions, not of `step`
        if not isinstance(activation, str) or activation not in ACTIVATIONS:
            raise ValueError(f"MLP: activation: want {' or '.join(map(repr, ACTIVATIONS))}, got {activation!r}")
        self.act, self.act_backward = ACTIVATIONS[activation]
        if not isinstance(output, str) or output not in OUTPUTS:
            raise ValueError(f"MLP: output: want 'sigmoid' or 'softmax', got {output!r}")
        if output == "softmax" and not 2 <= self.n_labels <= MAX_CLASSES:
            raise ValueError(f"MLP: want 2 to {MAX_CLASSES:,} labels for a softmax, got {self.n_labels:,}")
        self.features = SparseLinear(*layers[0])
        self.between = [Linear(*layer) for layer in layers[1:-1]]
        self.labels: LabelLayer = OUTPUTS[output](*layers[-1])
        self.losses_per_row = 1 if output == "softmax" else self.n_labels

    def check(self) -> None:
        """ValueError if arrays were replaced, resized or retyped since the model was made: kernels check no bounds."""
        layers: list[Any] = [self.features, *self.between, self.labels]
        held = [array for layer in layers for array in (layer.w, layer.b)]
        for (name, shape), array in zip(shapes(self.n_words, self.hidden, self.n_labels).items(), held, strict=True):
            check_array(f"MLP: {name}", array, shape, also_held=self.params[name])

    def init_label_bias(self, frequencies: np.ndarray) -> None:
        """Set labels.b to logit(frequency), so that the untrained network predicts about the bare frequencies.

        With a softmax to log(frequency). frequencies (L,): fractions of rows, clipped to 1e-9 .. 1 - 1e-9 (+-20.7).
        """
        check_weights("init_label_bias: frequencies", frequencies, self.n_labels)
        p = np.clip(frequencies, 1e-9, 1 - 1e-9)
        self.params["labels.b"][:] = np.log(p) if self.output == "softmax" else np.log(p / (1 - p))

    def forward(self, x: Csr, hs: list[np.ndarray], dropout: Dropout | None = None, first_row: int = 0,
                products: Products = FLOAT32) -> None:
        """Fill hs, an array (n, units) for each hidden layer, from the rows x, a block that begins at first_row."""
        for i, h in enumerate(hs):
            if i:
                self.between[i - 1].forward(hs[i - 1], h, products)
            else:
                self.features.forward(x, h)
            self.act(h)
            if dropout:
                dropout.apply(h, i, first_row)

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

    def step(self, x: Csr, y: Csr, settings: StepSettings, optimizer: Updates, workers: Team) -> float:
        """Update every parameter once from the batch x, y. Returns the loss summed over rows and labels.

        The loss is that of the parameters before the update. BLAS must be held at one thread by the caller.
        """
        dropout = Dropout(f32(1 - settings.dropout), settings.stream, x.n_rows)
        hs = [scratch(f"h{i}", x.n_rows, units) for i, units in enumerate(self.hidden)]
        if settings.word_dropout:
            x = self.features.drop(x, f32(1 - settings.word_dropout), settings.stream, len(hs) * x.n_rows)

        words, xt = self._forward(x, hs, dropout, workers, settings.products)  # h1, h2, ..., the words of the batch
        loss, dh = self.labels.backward_and_update(hs[-1], y, settings, optimizer, workers)  # dW_labels is applied
        self._backward(hs, dh, dropout, optimizer, workers, settings.products)  # h becomes dz; dW_hidden is applied
        self.features.backward_and_update(words, xt, hs[0], optimizer, workers)       # dW_features is applied
        return loss

    def _forward(self, x, hs, dropout, workers, products):
        """Fill hs block by block, while one thread transposes x. Returns the words of the batch and x^T."""
        def one_block(block):
            self.forward(x.rows(block), [h[block] for h in hs], dropout, block.start, products)

        cut = row_blocks(x.n_rows, GATHER_FLOPS * self.hidden[0] + self._flops_between())
        transposed, *_ = workers.call([partial(self.features.transpose, x), *(partial(one_block, b) for b in cut)])
        return transposed

    def _backward(self, hs, dh, dropout, optimizer, workers, products):
        """In place: every h becomes its dz. Updates the hidden layers and features.b."""
        def one_block(block):
            return self._backward_block([h[block] for h in hs], dh[block], dropout, block.start, products)

        cut = row_blocks(len(dh), GRADIENT_FLOPS * self.hidden[-1] + 2 * self._flops_between())
        for name, *gradients in zip(self._hidden_params(), *workers.run(one_block, cut)):
            update_from_blocks(optimizer, name, self.params[name], gradients)

    def _backward_block(self, hs, dh, dropout, first_row, products):
        """In a block of rows every h becomes its dz. Returns the block's share of dW and db, as _hidden_params."""
        gradients = []
        for i in reversed(range(len(hs))):
            dropout.apply(dh, i, first_row)
            self.act_backward(dh, hs[i], dropout.keep)
            if i:
                dw, db, dh = self.between[i - 1].backward(hs[i - 1], hs[i], products)
                gradients += [dw, db]
        return [*gradients, hs[0].sum(axis=0)]

    def _hidden_params(self):
        """The parameters that no thread owns, in the order in which the backward pass meets them."""
        return [f"hidden{i}.{p}" for i in reversed(range(1, len(self.hidden))) for p in "Wb"] + ["features.b"]

    def _flops_between(self):
        """Operations for each row of the layers between hidden ones, forward."""
        return 2 * sum(layer.w.size for layer in self.between)


def shapes(n_words: int, hidden: Sequence[int], n_labels: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter by name, in forward order. ValueError unless all sizes are at least 1."""
    sizes = [integer("MLP: sizes", n) for n in (n_words, *(hidden if np.iterable(hidden) else [hidden]), n_labels)]
    names = ["features", *(f"hidden{i}" for i in range(1, len(sizes) - 2)), "labels"]
    if len(sizes) < 3 or min(sizes) < 1:
        raise ValueError(f"MLP: want at least one word, hidden layer, unit and label, got sizes {sizes}")
    found: dict[str, tuple[int, ...]] = {}
    for name, n_in, n_out in zip(names, sizes[:-1], sizes[1:]):
        found |= {f"{name}.W": (n_out, n_in) if name == "labels" else (n_in, n_out), f"{name}.b": (n_out,)}
    return found


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """float32, uniform in +-sqrt(6 / (n_in + n_out))"""
    bound = np.sqrt(6 / sum(shape))
    w = rng.random(shape, f32)
    w *= f32(2 * bound)
    w -= f32(bound)
    return w
