"""How much memory a training step takes."""

from math import ceil

from nnlite.mlp import MLP
from nnlite.network.products import FLOAT32, Products
from nnlite.ranks.sharded_mlp import ShardedMLP
from nnlite.system import memory
from nnlite.system.sizes import strip_rows
from nnlite.system.slices import width

PACKED = 32  # units at a time in a packed matrix, see kernels/packing.py


def step_bytes(model: MLP, n_rows: int, threads: int, products: Products = FLOAT32) -> int:
    """About the bytes of a step of so many rows beyond its data, the parameters and their state.

    These are the hidden layers, the shares of gradients and, of each thread, logits and dh; and the operands of the
    products, where they are not taken as they are.
    """
    blocks, tiles, rounds = model.labels.pieces(n_rows, products)
    n_labels, n_units = max(map(width, tiles)), model.hidden[-1]
    slots, dh_parts = (width(rounds[0]), width(rounds[0])) if rounds else (len(tiles), 1)
    n, packed_units = min(width(blocks[0]), strip_rows(products.strip_logits, n_labels)), n_units
    if products.packs_gradient:
        packed_units = PACKED * ceil(n_units / PACKED)
    shares = (slots * len(blocks) if len(blocks) > 1 else threads) * n_labels * (n_units + 1)
    shares += dh_parts * n_rows * n_units
    own = n * n_labels + n * n_units + 3 * n
    copies = products.copies_operands * n_labels * packed_units
    if products.packs_gradient:  # and, of h and W, while they are transposed; dh of a block
        copies += n * n_labels + (n + n_labels) * packed_units // 2 + width(blocks[0]) * n_units
    rows = n_rows * sum(model.hidden) + products.copies_operands * n_rows * packed_units
    if isinstance(model, ShardedMLP):  # of each shard of this rank its parts of z1 and dh
        rows += len(model.shards.own) * n_rows * (model.hidden[0] + n_units)
    return 4 * (rows + shares + threads * (own + copies))


def check_room(state: int, step: int, n_rows: int) -> None:
    """MemoryError if the optimiser's state and a step of n_rows rows, in bytes, are more than this machine has left."""
    available = memory.available_memory()
    if available is not None and state + step > available:
        raise MemoryError(
            f"Trainer: want at most the {available / 2**30:.3g} GiB that this machine has left, got "
            f"{(state + step) / 2**30:.3g} GiB: {state / 2**30:.3g} for the optimiser's state, {step / 2**30:.3g} "
            f"for a step of {n_rows:,} rows")
