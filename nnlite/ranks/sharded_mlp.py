"""`ShardedMLP`: the same network, of which each rank holds its words and labels. A step reads as that of `MLP`.

    z1 = sum over all shards of x W_features + b    one sum of N x H numbers over the ranks
    h1, h2, ...                                     small layers: every rank has them and does the same
    loss, dh = this rank's labels                   another sum of N x H numbers, and one of a number for each shard
    dz2, dz1                                        every rank does the same
    this rank's words are updated from dz1          nothing is sent

Memory and work fall as 1 / ranks, and what is sent does not depend on the numbers of words and labels. The sums are
made along a fixed tree over shards (`system.ranks`), so that S shards give the same bits on any number of ranks.
"""

import zlib
from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr_checks import check_features
from nnlite.mlp import MLP
from nnlite.network.label_layer import LabelLayer, SoftmaxLayer
from nnlite.network.layers import ACTIVATIONS, Linear
from nnlite.network.network import shapes
from nnlite.network.products import FLOAT32
from nnlite.ranks.layers import OwnLabels, OwnWords, own_labels, own_words
from nnlite.system.named_arrays import NamedArrays, check_array
from nnlite.system.ranges import SEED_MAX, integer
from nnlite.system.ranks import Alone, Shards
from nnlite.system.sizes import row_blocks
from nnlite.system.blas import one_blas_thread
from nnlite.system.scratch import scratch
from nnlite.system.slices import blocks, shares, width
from nnlite.system.threads import team, until_interrupted

BLOCK_NUMBERS = 1 << 22  # of first values that are drawn at a time
SUMMED_ROWS = 4096  # of predictions, of which the words' parts are added up over the ranks at a time
OWNED = "features.W", "labels.W", "labels.b"  # parameters whose rows have owners
f32 = np.float32


class ShardedMLP(MLP):
    """An MLP whose words and labels are cut into shards, of which this rank holds those that it owns.

    The arguments are those of MLP, and the first values the same for the same seed.
    shards: how many; the same number gives the same bits for any number of ranks    ranks: by default those of mpiexec
    params: this rank's rows of features.W, labels.W and labels.b, and all of the others
    parts: the first label of each shard; what is summed over labels is summed in the order of shards
    of_all(found): what each rank has found among its labels    best_of_all: see there
    With a softmax each rank predicts all labels, which are few, and these three are as in MLP.
    """

    def __init__(self, n_words: int, n_labels: int, hidden: Sequence[int] = (200, 200), activation: str = "sigmoid",
                 seed: int = 0, output: str = "sigmoid", shards: int = 8, ranks: Alone | None = None):
        rng = np.random.default_rng(integer("MLP: seed", seed, 0, SEED_MAX))
        self._own(shapes(n_words, hidden, n_labels), activation, output, Shards(shards, ranks))
        self._take({name: _drawn(rng, shape, self.rows(name)) if name.endswith(".W")
                    else np.zeros(self.own_shapes[name], f32) for name, shape in self.shapes.items()})

    @classmethod
    def of(cls, model: MLP, shards: int, ranks: Alone | None = None) -> "ShardedMLP":
        """With the values of an MLP. If this process is the only one the arrays are shared, else copied."""
        own = object.__new__(cls)
        own._own({name: p.shape for name, p in model.params.items()}, model.activation, model.output,
                 Shards(shards, ranks))
        own.source, own.products = model, model.products
        if own.shards.ranks.size == 1:
            own._shared = model
            own._take(model.params)
        else:
            own._take({name: np.array(p[own.rows(name)]) for name, p in model.params.items()})
        return own

    @classmethod
    def from_params(cls, params: dict[str, np.ndarray], activation: str = "sigmoid", output: str = "sigmoid") -> MLP:
        """TypeError: a rank has only its rows of the parameters. A saved model can be cut by `of`."""
        raise TypeError("ShardedMLP: want sizes, or `of` an MLP, got parameters: save the model to copy it")

    def _own(self, shapes, activation, output, shards):
        """Set all but the parameters. Raises as MLP."""
        *_, (n_labels, _), _ = shapes.values()
        tried = MLP(1, n_labels, (1,), activation, output=output)
        self.shapes, self.shards, self.activation, self.output = shapes, shards, activation, output
        self.n_words, self.n_labels = shapes["features.W"][0], n_labels
        self.hidden = tuple(shape[0] for name, shape in shapes.items() if name.endswith(".b") and name != "labels.b")
        self.own_shapes = {name: (np.arange(n)[self.rows(name)].size, *others)
                           for name, (n, *others) in shapes.items()}
        self.act, self.act_backward, _ = ACTIVATIONS[activation]
        self.losses_per_row, self.products = tried.losses_per_row, FLOAT32
        if output == "sigmoid":
            self.parts = tuple(part.start for part in shares(n_labels, shards.n))  # type: ignore[assignment]
            self.of_all, self.best_of_all = shards.ranks.objects, self._best_of_all  # type: ignore[assignment]
        self.source: MLP | None = None  # the MLP that it was made of
        self._shared: MLP | None = None  # in one process: the MLP with the same arrays

    def _take(self, params):
        """Make the layers of this rank's parameters."""
        self.params = params if isinstance(params, NamedArrays) else NamedArrays(params)
        words, *between, labels = ((p, self.params[f"{name[:-2]}.b"]) for name, p in self.params.items()
                                   if name.endswith(".W"))
        self.features = self.words = OwnWords(*words, self.shards)
        self.between = [Linear(*layer) for layer in between]
        self.labels: OwnLabels = OwnLabels(*labels, self.n_labels, self.output, self.shards)

    def rows(self, name: str, own: range | None = None) -> Any:
        """What of the whole parameter the owner of some shards, by default this rank, holds: an index."""
        if name == "features.W":
            return own_words(self.n_words, self.shards, own)
        return own_labels(self.n_labels, self.shards, own) if name.startswith("labels.") else slice(None)

    def check(self) -> None:
        """As in MLP."""
        layers: list[Any] = [self.features, *self.between, self.labels]
        held = [array for layer in layers for array in (layer.w, layer.b)]
        for name, array in zip(self.params, held, strict=True):
            check_array(f"MLP: {name}", array, self.own_shapes[name], also_held=self.params[name])

    def init_label_bias(self, frequencies: np.ndarray) -> None:
        """As in MLP; frequencies (L,): of all labels."""
        every = MLP(1, self.n_labels, (1,), self.activation, output=self.output)
        every.init_label_bias(frequencies)
        self.params["labels.b"][:] = every.params["labels.b"][self.rows("labels.b")]

    def _forward(self, x, hs, dropout, workers, products):
        """As in MLP, once the words' parts of z1 are added up over all shards."""
        hs[0][:] = self.words.total(x, workers)
        super()._forward(x, hs, dropout, workers, products)

    def check_copies(self) -> None:
        """ValueError unless the small layers are the same on all ranks, as they are on processors of one kind."""
        small = [p for name, p in self.params.items() if name not in OWNED]
        crc = reduce(lambda crc, p: zlib.crc32(p.data, crc), small, 0)
        self.shards.ranks.check_same("MLP: CRC-32 of the hidden layers after the same steps", f"{crc:08x}")

    def whole(self) -> MLP:
        """The MLP with the parameters of all ranks, on each of them. In one process the arrays are shared."""
        if self.shards.ranks.size == 1:
            self._shared = self._shared or MLP.from_params(self.params, self.activation, self.output)
            return self._shared
        self.check_copies()
        return MLP.from_params({name: self._gathered(name) for name in self.params}, self.activation, self.output)

    def hand_back(self) -> None:
        """Set the values of the MLP that it was made of, if there is one, to those of all ranks."""
        for name, p in self.source.params.items() if self.source else ():
            if p is not self.params[name]:
                p[...] = self._gathered(name)

    def _gathered(self, name):
        """A whole parameter."""
        own, shape = self.params[name], self.shapes[name]
        if name not in OWNED:
            return own
        rows = [self.rows(name, of_rank) for of_rank in self.shards.of_ranks]
        row_size = int(np.prod(shape[1:]))
        sizes = [np.arange(shape[0])[of_rank].size * row_size for of_rank in rows]
        whole = np.empty(shape, f32)
        for of_rank, part in zip(rows, self.shards.ranks.collect(own.reshape(-1), sizes)):
            whole[of_rank] = part.reshape(-1, *shape[1:])
        return whole

    def each_block(self, x: sp.csr_array, visit: Callable[[slice, np.ndarray], Any],
                   threads: int | None = None) -> list:
        """As in MLP. All ranks call it with the same rows, and each visits all of them: h is the same everywhere."""
        x = check_features(x, self.n_words)
        self.check()
        found, workers = [], team(self.shards.ranks.threads() if threads is None else threads)
        with self.shards.ranks.together(), one_blas_thread():
            for part in blocks(x.n_rows, SUMMED_ROWS):
                own = self.words.own(x.rows(part))
                z = self.words.total(own, workers)
                found += workers.run(partial(self._visit_block, visit, part.start, own, z),
                                     row_blocks(len(z), 2 * self.n_labels * self.hidden[-1]))
        return found

    def _visit_block(self, visit, first, x, z, rows):
        """visit(rows, h) of a block of some rows that begin at `first`; z: of the words, without the bias."""
        hs = [z[rows], *(scratch(f"h{i}", width(rows), units) for i, units in enumerate(self.hidden) if i)]
        self.forward(x.rows(rows), hs, products=self.products)
        return visit(slice(first + rows.start, first + rows.stop), hs[-1])

    def each_tile(self, x: sp.csr_array, visit: Callable[[slice, slice, np.ndarray], Any],
                  threads: int | None = None) -> list[list]:
        """As in MLP. All ranks call it; each visits its labels, and gets what `visit` has returned on all of them."""
        labels: LabelLayer = self.labels
        first = self.labels.own.start
        if self.output == "softmax":
            labels, first = SoftmaxLayer(self._gathered("labels.W"), self._gathered("labels.b")), 0

        def one_block(rows, h):
            return [visit(rows, slice(first + tile.start, first + tile.stop), labels.logits(h, tile, self.products))
                    for tile in until_interrupted(labels.tiles())]

        return [list(chain(*of_ranks)) for of_ranks in zip(*self.of_all(self.each_block(x, one_block, threads)))]

    def _best_of_all(self, ids, best):
        """The likeliest labels of each row, (N, k), and their logits, of those that each rank has found in its own."""
        found = [np.concatenate(parts, axis=1) for parts in zip(*self.of_all((ids, best)))]
        places = np.argsort(-found[1], axis=1, kind="stable")[:, :ids.shape[1]]  # of equal logits the smaller id
        return [np.take_along_axis(every, places, axis=1) for every in found]


def new_mlp(n_words: int, n_labels: int, *, shards: int = 1, **network: Any) -> MLP:
    """An MLP, or a ShardedMLP if there are to be several shards, with the same first values."""
    if integer("shards", shards, 1) == 1:
        return MLP(n_words, n_labels, **network)
    return ShardedMLP(n_words, n_labels, **network, shards=shards)


def sharded(model: MLP, shards: int) -> MLP:
    """The model, cut into shards if there are to be several; a ShardedMLP is already. ValueError for another number."""
    shards, there = integer("shards", shards, 1), shards_of(model)
    if there > 1 and shards not in (1, there):
        raise ValueError(f"shards: want the model's {there}, got {shards}")
    return model if shards in (1, there) else ShardedMLP.of(model, shards)


def shards_of(model: MLP) -> int:
    """Into how many shards the model is cut: 1 for an MLP."""
    return model.shards.n if isinstance(model, ShardedMLP) else 1


def ranks_of(model: MLP) -> Alone:
    """The ranks that train the model."""
    return model.shards.ranks if isinstance(model, ShardedMLP) else Alone()


def shard_arrays(model: MLP, arrays: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Of each shard of this rank, or of the MLP, the arrays by name, parameters or their state: views of its rows."""
    if not isinstance(model, ShardedMLP):
        return [arrays]

    def rows(i, name):
        if name.startswith("features.W"):
            return slice(i, None, len(model.shards.own))
        return model.labels.parts[i].own if name.startswith("labels.") else slice(None)

    return [{name: array[rows(i, name)] for name, array in arrays.items()} for i in range(len(model.shards.own))]


def whole(model: MLP) -> MLP:
    """The MLP with all parameters, also of a ShardedMLP."""
    return model.whole() if isinstance(model, ShardedMLP) else model


def to_predict(model: MLP) -> MLP:
    """The MLP with all parameters, or of several ranks the ShardedMLP, which they must call together."""
    return whole(model) if ranks_of(model).size == 1 else model


def hand_back(model: MLP) -> None:
    """Give what a ShardedMLP has learnt to the MLP that it was made of; nothing for an MLP."""
    if isinstance(model, ShardedMLP):
        model.hand_back()


def copy_values(source: MLP, target: MLP) -> None:
    """Set the parameters of a network to those of an MLP of the same sizes; of a ShardedMLP to this rank's rows."""
    for name, p in target.params.items():
        p[...] = source.params[name][target.rows(name)] if isinstance(target, ShardedMLP) else source.params[name]


def _drawn(rng, shape, rows):
    """Some rows of `glorot_uniform` of the whole shape, which is never in memory."""
    bound = np.sqrt(6 / sum(shape))
    parts, chosen = [], np.zeros(shape[0], bool)
    chosen[rows] = True
    for block in blocks(shape[0], max(1, BLOCK_NUMBERS // shape[1])):
        parts.append(rng.random((block.stop - block.start, shape[1]), f32)[chosen[block]])
    w = np.concatenate(parts)
    w *= f32(2 * bound)
    w -= f32(bound)
    return w
