"""Claim: arrays that others hold are changed in place, never replaced; kernels get no array of another kind."""

import copy
import pickle

import numpy as np
import pytest
from problems import F32

from nnlite.system.named_arrays import NamedArrays, check_array

CHANGES = [
    lambda a: a.update(w=np.ones(2)), lambda a: a.setdefault("v", 1), lambda a: a.pop("w"), lambda a: a.popitem(),
    lambda a: a.clear(), lambda a: a.__delitem__("w"), lambda a: a.__setitem__("w", np.ones(2)),
    lambda a: a.__setitem__("v", np.ones(2)), lambda a: a.__ior__({"w": 1})]


@pytest.mark.parametrize("change", CHANGES)
def test_no_array_is_replaced_added_or_removed(change):
    w = np.ones(2, F32)
    arrays = NamedArrays(w=w)
    with pytest.raises(TypeError, match=r"params\[name\]\[:\] = values"):
        change(arrays)
    arrays["w"] *= 3
    assert list(arrays) == ["w"] and arrays["w"] is w and w.tolist() == [3, 3]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a)), copy.copy])
def test_a_copy_is_of_the_same_kind(copied):
    arrays = copied(NamedArrays(w=np.arange(2, dtype=F32)))
    assert type(arrays) is NamedArrays and arrays["w"].tolist() == [0, 1]


def unaligned():
    return np.frombuffer(bytes(9), np.uint8)[1:].view(F32)


@pytest.mark.parametrize("array, word", [
    (None, "got NoneType"), ([1.0, 2.0], "got list"), (np.ones(2), "got float64"),
    (np.ones(3, F32), r"got float32 \(3,\)"), (np.ones((2, 1), F32), r"\(2, 1\)"),
    (np.ones(4, F32)[::2], r"aligned, strides \(8,\)"), (unaligned(), "unaligned")])
def test_arrays_that_kernels_do_not_get(array, word):
    with pytest.raises(ValueError, match=f"^a: want .*float32.*{word}"):
        check_array("a", array, (2,))


def test_an_array_by_columns():
    with pytest.raises(ValueError, match="C-contiguous"):
        check_array("a", np.asfortranarray(np.ones((2, 3), F32)), (2, 3))


def test_read_only_arrays_can_be_read_and_another_array_is_not_the_one_that_is_held():
    array = np.ones(2, F32)
    array.flags.writeable = False
    check_array("a", array, (2,))
    check_array("a", array, (2,), also_held=array)
    with pytest.raises(ValueError, match="^a: want an array that can be changed"):
        check_array("a", array, (2,), write=True)
    with pytest.raises(ValueError, match="^a: want values changed in place.*got another array"):
        check_array("a", array, (2,), also_held=array.copy())
    check_array("a", array.copy(), (2,), write=True)
