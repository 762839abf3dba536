"""Arrays by name that others hold as well, such as a network's parameters, and what kernels want of an array."""

from typing import Any

import numpy as np

F32 = np.dtype(np.float32)


class NamedArrays(dict[str, np.ndarray]):
    """A dict of arrays whose values can change, `arrays[name][:] = values`, but whose arrays cannot be replaced.

    Otherwise those who hold the same arrays, such as layers and optimisers, would keep the old ones unnoticed.
    """

    def _refuse(self, *arguments: Any, **named: Any) -> Any:
        raise TypeError("params: want values changed in place, params[name][:] = values, got an array to be replaced, "
                        "added or removed")

    __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse  # type: ignore[assignment]

    def __setitem__(self, name: str, array: np.ndarray) -> None:
        if array is not self.get(name):  # it is after params[name] *= 2
            self._refuse()

    def __reduce__(self) -> tuple[type, tuple[dict[str, np.ndarray]]]:
        return NamedArrays, (dict(self),)  # copy and pickle would set one item after the other


def check_array(name: str, array: np.ndarray | None, shape: tuple[int, ...], write: bool = False,
                also_held: np.ndarray | None = None) -> None:
    """ValueError unless the array is float32, C-contiguous, of this shape and, to `write`, not read-only.

    also_held: what another holds under this name, which must be the same array
    """
    if isinstance(array, np.ndarray) and array.shape == shape and array.dtype == F32 and array.flags.carray and (
            also_held is None or also_held is array):
        return  # as in every training step: behaved and writeable
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name}: want an array of float32 {shape}, got {type(array).__name__}")
    flags = array.flags
    if array.shape != shape or array.dtype != F32 or not (flags.c_contiguous and flags.aligned):
        raise ValueError(f"{name}: want float32 {shape}, C-contiguous, got {array.dtype} {array.shape}, "
                         f"{'aligned' if flags.aligned else 'unaligned'}, strides {array.strides}")
    if also_held is not None and also_held is not array:
        raise ValueError(f"{name}: want values changed in place, params[name][:] = values, got another array")
    if write and not flags.writeable:
        raise ValueError(f"{name}: want an array that can be changed, got a read-only one: train copies of the arrays")
