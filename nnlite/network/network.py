"""`Network`: the parameters by name, the forward pass from words to labels, and one training step."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from nnlite.data.csr import Csr
from nnlite.network.label_layer import MAX_CLASSES, LabelLayer, SoftmaxLayer
from nnlite.network.label_step import StepSettings
from nnlite.network.layers import ACTIVATIONS, Dropout, Linear, SparseLinear, Words, update_from_blocks
from nnlite.network.optimizers import Optimizer
from nnlite.network.products import FLOAT32, Products
from nnlite.system.sizes import GATHER_FLOPS, GRADIENT_FLOPS, row_blocks
from nnlite.system.named_arrays import NamedArrays
from nnlite.system.ranges import SEED_MAX, integer
from nnlite.system.scratch import scratch
from nnlite.system.workers import Workers

OUTPUTS = {"sigmoid": LabelLayer, "softmax": SoftmaxLayer}
f32 = np.float32


class Network:
    """Multilayer perceptron: sparse words -> hidden layers -> one logit per label, sigmoid or softmax of these.

        h1 = act(x W_features + b)    h_{i+1} = act(h_i W_hidden_i + b)    z = h_last W_labels^T + b

    n_words: D    n_labels: L    hidden: the widths of the hidden layers, at least one
    activation: a name in `layers.ACTIVATIONS`
    output: "sigmoid", any number of labels may be true; or "softmax", one of 2 to MAX_CLASSES is, and the loss is the
    cross-entropy of that one
    Weights begin uniform in +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010), biases at 0.
    ValueError for a size below 1, an unknown activation or output, or too many labels for a softmax.
    Values of params may change at any time; its arrays may not be replaced.
    A batch is not checked: it comes from a Dataset, which is. The subclass `nnlite.mlp.MLP` predicts, and checks input.
    """

    def __init__(self, n_words: int, n_labels: int, hidden: Sequence[int] = (200, 200), activation: str = "sigmoid",
                 seed: int = 0, output: str = "sigmoid"):
        rng = np.random.default_rng(integer("MLP: seed", seed, 0, SEED_MAX))
        self.params = NamedArrays({name: glorot_uniform(rng, shape) if name.endswith(".W") else np.zeros(shape, f32)
                                   for name, shape in shapes(n_words, hidden, n_labels).items()})
        self._make_layers(activation, output)

    def _make_layers(self, activation, output):
        layers = [(self.params[name], self.params[f"{name[:-2]}.b"]) for name in self.params if name.endswith(".W")]
        self.n_words, self.n_labels = len(layers[0][0]), len(layers[-1][0])
        self.hidden = tuple(len(b) for _, b in layers[:-1])
        self.sizes = self.n_words, self.hidden, self.n_labels
        self.shapes = shapes(*self.sizes)
        self.activation, self.output = activation, output
        if not isinstance(activation, str) or activation not in ACTIVATIONS:
            raise ValueError(f"MLP: activation: want {' or '.join(map(repr, ACTIVATIONS))}, got {activation!r}")
        self.act, self.act_backward, _ = ACTIVATIONS[activation]
        if not isinstance(output, str) or output not in OUTPUTS:
            raise ValueError(f"MLP: output: want 'sigmoid' or 'softmax', got {output!r}")
        if output == "softmax" and not 2 <= self.n_labels <= MAX_CLASSES:
            raise ValueError(f"MLP: want 2 to {MAX_CLASSES:,} labels for a softmax, got {self.n_labels:,}")
        self.features = SparseLinear(*layers[0])
        self.between = [Linear(*layer) for layer in layers[1:-1]]
        self.labels: LabelLayer = OUTPUTS[output](*layers[-1])
        self.losses_per_row = 1 if output == "softmax" else self.n_labels

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

    def prepare(self, x: Csr, settings: StepSettings) -> Words:
        """The words of the batch x, which `step` takes: some are left out. It may be called during another step."""
        if settings.word_dropout:
            keep, first_row = f32(1 - settings.word_dropout), len(self.hidden) * x.n_rows
            x = self.features.drop(x, keep, settings.stream, first_row)
        return self.features.transpose(x)

    def step(self, words: Words, y: Csr, settings: StepSettings, optimizer: Optimizer, workers: Workers,
             meanwhile: Callable[[], None] | None = None) -> float:
        """Update every parameter once from a batch. Returns the loss summed over rows and labels.

        words: from `prepare`, with the same settings    meanwhile: is called during the step, such as `prepare` of the
        next batch; it must not raise
        The loss is that of the parameters before the update. BLAS must be held at one thread by the caller.
        """
        n_rows, products = words.x.n_rows, settings.products
        dropout = Dropout(f32(1 - settings.dropout), settings.stream, n_rows)
        hs = [scratch(f"h{i}", n_rows, units) for i, units in enumerate(self.hidden)]
        also = [meanwhile] if meanwhile else []
        updates = self.features.updates(words, hs[0], optimizer, workers.threads)
        if label_step := self.labels.step_by_blocks(hs[-1], y, settings, optimizer):
            return self._step_by_blocks(label_step, words.x, hs, dropout, optimizer, workers, also, updates)

        self._forward(words.x, hs, dropout, workers, products)                                  # h1, h2, ...
        loss, dh = self.labels.backward_and_update(hs[-1], y, settings, optimizer, workers)     # dW_labels is applied
        self._backward(hs, dh, dropout, optimizer, workers, products)                           # h -> dz, dW_hidden
        workers.call([*also, *updates])                                                         # dW_features
        return loss

    def _step_by_blocks(self, label_step, x, hs, dropout, optimizer, workers, also, updates):
        """The same where labels are few: a thread takes a block of rows through all layers, and threads meet once."""
        blocks, products = label_step.blocks, label_step.products
        gradients: list[list] = [[] for _ in blocks]

        def one_block(i, block):
            here = [h[block] for h in hs]
            self.forward(x.rows(block), here, dropout, block.start, products)
            loss = label_step.work_on_block(i)
            gradients[i] += self._backward_block(here, label_step.dh.rows(block), dropout, block.start, products)
            return loss

        def after_all_blocks(update):
            workers.wait_for_first(len(blocks))
            update()

        updates = [partial(self._update_hidden, gradients, optimizer), *updates]
        losses = workers.call([*(partial(one_block, *each) for each in enumerate(blocks)), *also,
                               *(partial(after_all_blocks, update) for update in updates)])
        return float(sum(losses[:len(blocks)]))

    def _forward(self, x, hs, dropout, workers, products):
        """Fill hs block by block."""
        def one_block(block):
            self.forward(x.rows(block), [h[block] for h in hs], dropout, block.start, products)

        workers.run(one_block, row_blocks(x.n_rows, GATHER_FLOPS * self.hidden[0] + self._flops_between()))

    def _backward(self, hs, dh, dropout, optimizer, workers, products):
        """In place: every h becomes its dz. Updates the hidden layers and features.b. dh(rows): of the last one."""
        def one_block(block):
            return self._backward_block([h[block] for h in hs], dh(block), dropout, block.start, products)

        cut = row_blocks(len(hs[0]), GRADIENT_FLOPS * self.hidden[-1] + 2 * self._flops_between())
        self._update_hidden(workers.run(one_block, cut), optimizer)

    def _update_hidden(self, gradients, optimizer):
        """Update the hidden layers and features.b from what `_backward_block` has returned for each block."""
        for name, *parts in zip(self._hidden_params(), *gradients):
            update_from_blocks(optimizer, name, self.params[name], parts)

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
