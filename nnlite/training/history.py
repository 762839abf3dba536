"""What a training reports: a `Step` after every update, the `History` at the end."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Step(NamedTuple):
    """What `on_step` receives after every update."""

    step: int  # 1, 2, ... over the whole training
    n_steps: int | None  # None if the data do not tell their length
    epoch: int  # 1, 2, ...; with order="chunks" it starts anew in every chunk
    rows: int  # in this batch
    loss: float  # BCE, mean over the batch's rows and labels, before the update
    seconds: float  # since fit was called, and of the calls before that were interrupted


@dataclass
class History:
    """The course of a training."""

    loss: list[float] = field(default_factory=list)  # by step: BCE, mean over rows and labels, before the update
    rows: list[int] = field(default_factory=list)  # by step
    validation: list[dict[str, float]] = field(default_factory=list)  # by epoch: the dict of `evaluate`
    seconds: float = 0.0
