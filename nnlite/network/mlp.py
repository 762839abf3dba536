"""`MLP`: the parameters by name, the way up from words to labels, and one training step."""

import numpy as np
import scipy.sparse as sp

from nnlite.data.dataset import check_features
from nnlite.kernels import ranking, dense
from nnlite.network.layers import Activation, LabelLayer, Linear, SparseLinear, one_of_each, row_blocks
from nnlite.network.softmax import MAX_CLASSES, SoftmaxLayer
from nnlite.scores.metrics import logit_thresholds
from nnlite.system.threads import one_blas_thread, scratch, team

# What gathering the words of a row, and taking an activation back, costs per unit, in operations of a matrix product.
GATHER_FLOPS, GRADIENT_FLOPS = 1_000, 20
OUTPUTS = {"sigmoid": LabelLayer, "softmax": SoftmaxLayer}

f32 = np.float32


class MLP:
    """Multilayer perceptron: sparse words -> hidden layers -> one logit per label, sigmoid or softmax of these.

        h1 = act(x W_features + b)    h_{i+1} = act(h_i W_hidden_i + b)    z = h_last W_labels^T + b

    n_words: D    n_labels: L    hidden: the widths of the hidden layers, at least one    activation: "sigmoid", "relu"
    output: "sigmoid", any number of labels may be true; or "softmax", one of 2 to MAX_CLASSES is, and the loss is the
    cross-entropy of that one
    Weights begin uniform in +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010), biases at 0.
    ValueError for a size below 1, an unknown activation or output, or too many labels for a softmax.
    """

    def __init__(self, n_words, n_labels, hidden=(200, 200), activation="sigmoid", seed=0, output="sigmoid"):
        sizes = [n_words, *hidden, n_labels]
        if len(sizes) < 3 or min(sizes) < 1:
            raise ValueError(f"MLP: want at least one word, hidden layer, unit and label, got sizes {sizes}")
        self.n_words, self.n_labels, self.hidden, self.activation = n_words, n_labels, tuple(hidden), activation
        self.output = output
        rng = np.random.default_rng(seed)
        self.params = {}
        for name, n_in, n_out in zip(layer_names(len(hidden)), sizes[:-1], sizes[1:]):
            shape = (n_out, n_in) if name == "labels" else (n_in, n_out)
            self.params[name + ".W"] = glorot_uniform(rng, shape)
            self.params[name + ".b"] = np.zeros(n_out, f32)
        self._make_layers()

    @classmethod
    def from_params(cls, params, activation="sigmoid", output="sigmoid"):
        """The MLP whose parameters are these arrays, by name; they are shared, not copied.

        Arrays that cannot be written, such as read-only memory maps, do for predicting. ValueError if they do not fit
        together: names, dtype float32, C-contiguous, each layer as wide as the next one wants.
        """
        model = object.__new__(cls)
        model.activation, model.output, model.params = activation, output, dict(params)
        model.hidden = tuple(len(b) for name, b in params.items() if name.endswith(".b") and name != "labels.b")
        model.n_words, model.n_labels = (len(params.get(f"{name}.W", ())) for name in ("features", "labels"))
        sizes = [model.n_words, *model.hidden, model.n_labels]
        want = {}
        for name, n_in, n_out in zip(layer_names(len(model.hidden)), sizes[:-1], sizes[1:]):
            want |= {f"{name}.W": (n_out, n_in) if name == "labels" else (n_in, n_out), f"{name}.b": (n_out,)}
        got = {name: p.shape for name, p in params.items()}
        if min(sizes) < 1 or len(sizes) < 3 or got != want:
            raise ValueError(f"MLP: parameters do not fit together: want {want}, got {got}")
        if any(p.dtype != f32 or not p.flags.c_contiguous for p in params.values()):
            raise ValueError("MLP: want parameters of float32, C-contiguous, got others")
        model._make_layers()
        return model

    def _make_layers(self):
        if self.output not in OUTPUTS:
            raise ValueError(f"MLP: output: want 'sigmoid' or 'softmax', got {self.output!r}")
        if self.output == "softmax" and not 2 <= self.n_labels <= MAX_CLASSES:
            raise ValueError(f"MLP: want 2 to {MAX_CLASSES:,} labels for a softmax, got {self.n_labels:,}")
        layers = [(self.params[n + ".W"], self.params[n + ".b"]) for n in layer_names(len(self.hidden))]
        self.act = Activation(self.activation)
        self.features = SparseLinear(*layers[0])
        self.between = [Linear(*layer) for layer in layers[1:-1]]
        self.labels = OUTPUTS[self.output](*layers[-1])
        self.losses_per_row = 1 if self.output == "softmax" else self.n_labels

    def init_label_bias(self, frequencies):
        """Set labels.b to logit(frequency), so that the untrained network predicts about the bare frequencies.

        With a softmax to log(frequency), for the same end.
        frequencies (L,): fractions of the training rows, clipped to 1e-9 .. 1 - 1e-9 (a logit of +-20.7).
        """
        p = np.clip(frequencies, 1e-9, 1 - 1e-9)
        self.params["labels.b"][:] = np.log(p) if self.output == "softmax" else np.log(p / (1 - p))

    # ---- the way up

    def forward(self, x, hs, drop=lambda layer, h: None):
        """Fill hs, one (N, units) array per hidden layer, from the rows x (Csr); drop(layer, h) changes each h."""
        self.features.forward(x, hs[0])
        self.act.forward(hs[0])
        drop(0, hs[0])
        for i, layer in enumerate(self.between, start=1):
            layer.forward(hs[i - 1], hs[i])
            self.act.forward(hs[i])
            drop(i, hs[i])

    def each_block(self, x, function, threads=None):
        """[function(rows, h)] over blocks of rows of the csr matrix x, h (n, H) the last hidden layer; on threads."""
        x = check_features(x, self.n_words)

        def one_block(rows):
            hs = [scratch(f"h{i}", rows.stop - rows.start, units) for i, units in enumerate(self.hidden)]
            self.forward(x.rows(rows), hs)
            return function(rows, hs[-1])

        with one_blas_thread():
            return team(threads).run(one_block, row_blocks(x.n_rows, 2 * self.labels.w.size))

    def logits(self, x):
        """z (N, L) of the csr matrix x (N, D): rows x labels numbers, for small work. `top_k` needs no such array."""
        z = np.empty((x.shape[0], self.n_labels), f32)

        def fill(rows, h):
            for tile in self.labels.tiles():
                z[rows, tile] = self.labels.products(h, tile) + self.params["labels.b"][tile]

        self.each_block(x, fill)
        return z

    def top_k(self, x, k, threads=None):
        """The k likeliest labels of each row of the csr matrix x (N, D), best first, ties to the smaller id.

        Returns ids (N, k) int32 and probabilities (N, k). ValueError unless 1 <= k <= number of labels.
        """
        if not 1 <= k <= self.n_labels:
            raise ValueError(f"top_k: want 1 to {self.n_labels} labels, got k = {k}")
        ids = np.zeros((x.shape[0], k), np.int32)
        z = np.full((x.shape[0], k), -np.inf, f32)

        def fill(rows, h):
            for tile in self.labels.tiles():
                ranking.merge_top_k(
                    self.labels.logits(h, tile), self.params["labels.b"][tile], tile.start, ids[rows], z[rows])

        self.each_block(x, fill, threads)
        dense.sigmoid(z)
        return ids, z

    def above(self, x, thresholds=0.5, threads=None):
        """The labels whose probability is above their threshold, for each row of the csr matrix x (N, D).

        thresholds: one probability, or one per label (L,). Returns the probabilities as a csr matrix (N, L), float32.
        """
        cuts = logit_thresholds(thresholds, self.n_labels)

        def find(rows, h):
            found = []
            for tile in self.labels.tiles():
                z = self.labels.logits(h, tile)
                z += self.params["labels.b"][tile]
                row, label = np.nonzero(z > cuts[tile])
                found.append((row + rows.start, label + tile.start, z[row, label]))
            row, label, z = map(np.concatenate, zip(*found))
            dense.sigmoid(z.reshape(1, -1))
            return row, label, z

        found = self.each_block(x, find, threads)
        row, label, p = map(np.concatenate, zip(*found)) if found else (np.empty(0, int), np.empty(0, int), np.empty(0))
        return sp.csr_array((p.astype(f32, copy=False), (row, label)), shape=(x.shape[0], self.n_labels))

    # ---- one training step

    def step(self, x, y, scale, optimizer, workers, dropout=0.0, word_dropout=0.0, stream=0, weights=None,
             negligible=0.0):
        """Update every parameter once from the batch x, y (Csr). Returns the BCE summed over rows and labels.

        scale multiplies every gradient: 1 / N averages the loss over the rows, 1 / (N L) over rows and labels.
        dropout, word_dropout: the chance of a hidden unit, of a word, to be left out of a row; it hangs on the stream,
        an integer below 2^32.
        weights: of the rows (N,) and of true labels (L,), float32: they multiply gradients, not the loss returned.
        negligible: see LabelLayer.backward_and_update.
        The loss is that of the parameters before the update. BLAS must be held at one thread by the caller.
        """
        n, between = x.n_rows, 2 * sum(layer.w.size for layer in self.between)
        hs = [scratch(f"h{i}", n, units) for i, units in enumerate(self.hidden)]
        up = row_blocks(n, GATHER_FLOPS * self.hidden[0] + between)
        keep = f32(1 - dropout)
        if word_dropout:
            x = self.features.drop(x, f32(1 - word_dropout), stream, len(hs) * n)

        def one_block(block):
            def drop(layer, h):
                if dropout:
                    dense.dropout(h, keep, stream, layer * n + block.start)

            self.forward(x.rows(block), [h[block] for h in hs], drop)

        (words, xt), *_ = workers.run(
            lambda block: one_block(block) if block else self.features.transpose(x), [None, *up])

        loss, dh = self.labels.backward_and_update(
            hs[-1], y, f32(scale), optimizer, workers, weights, negligible)

        down = row_blocks(n, GRADIENT_FLOPS * self.hidden[-1] + 2 * between)
        shares = workers.run(lambda block: self._backward([h[block] for h in hs], dh[block], keep), down)
        for name, gradients in zip(self._shared_names(), zip(*shares)):
            n_rows = len(np.atleast_2d(self.params[name]))
            optimizer.update(name, np.arange(n_rows, dtype=np.int32), one_of_each(len(shares), n_rows, n_rows),
                             np.concatenate(gradients, axis=None).reshape(-1, self.params[name].shape[-1]))

        dz = hs[0]  # every h has become its dz
        self.features.backward_and_update(words, xt, dz, optimizer, workers)
        return loss

    def step_bytes(self, n_rows, threads):
        """About the memory that a step of so many rows takes beyond its data, the parameters and their state."""
        return 4 * n_rows * sum(self.hidden) + self.labels.step_bytes(n_rows, threads)

    def _backward(self, hs, dh, keep):
        """In a block of rows every h becomes its dz. Returns the block's share of dW and db, by _shared_names."""
        self.act.backward(dh, hs[-1], keep)
        gradients = []
        for layer, h, dz in reversed(list(zip(self.between, hs, hs[1:]))):
            dw, db, dh = layer.backward(h, dz)
            gradients += [dw, db]
            self.act.backward(dh, h, keep)
        return [*gradients, hs[0].sum(axis=0)]

    def _shared_names(self):
        between = layer_names(len(self.hidden))[1:-1]
        return [f"{name}.{p}" for name in reversed(between) for p in "Wb"] + ["features.b"]


def layer_names(n_hidden):
    """["features", "hidden1", ..., "labels"]: one name per matrix, in forward order."""
    return ["features", *(f"hidden{i}" for i in range(1, n_hidden)), "labels"]


def glorot_uniform(rng, shape):
    """float32, uniform in +-sqrt(6 / (n_in + n_out))"""
    bound = np.sqrt(6 / sum(shape))
    w = rng.random(shape, f32)
    w *= f32(2 * bound)
    w -= f32(bound)
    return w
