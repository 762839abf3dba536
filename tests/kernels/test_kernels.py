"""Claim: every kernel has a twin, and every activation has all its parts.

A twin has its kernel's name and stands in `twins` or, where it is part of the network itself, in `reference`.
"""

import ast
import math
from pathlib import Path

import numpy as np
import pytest

import twins
from nnlite.kernels import by_shard, dense, packing, ranking, small_rows, sparse, top_k
from nnlite.network import layers, reference


def names_of_kernels():
    modules = by_shard, dense, packing, sparse, small_rows, ranking, top_k
    sources = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in modules]
    functions = [node for source in sources for node in source.body if isinstance(node, ast.FunctionDef)]
    return [f.name for f in functions if {"kernel", "inlined"} & {*map(ast.unparse, f.decorator_list)}]


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
    assert name in layers.ACTIVATIONS, f"want {name} in layers.ACTIVATIONS: the compiled activation, slope and formula"
    act, _, formula = layers.ACTIVATIONS[name]
    z = np.linspace(-3, 3, 8, dtype=np.float32)[None]
    want = [eval(formula, vars(math) | {"z": each}) for each in z[0].tolist()]
    act(z)
    np.testing.assert_allclose(z[0], want, rtol=1e-6)
