"""`Steps`: training steps over the same batches again and again, prepared as `Trainer` does."""

from collections.abc import Iterator
from functools import partial

from nnlite.data.csr import Csr
from nnlite.network.label_step import StepSettings
from nnlite.network.network import Network
from nnlite.network.optimizers import Optimizer
from nnlite.system.threads import Team


class Steps:
    """Each batch, (x, y, settings), is prepared during the step of the one before, the first one during the last."""

    def __init__(self, network: Network, batches: list[tuple[Csr, Csr, StepSettings]]):
        self.network, self.batches = network, batches
        self.prepare(0)

    def prepare(self, i: int) -> None:
        """Prepare batch i."""
        x, _, settings = self.batches[i]
        self.ready, self.words = i, self.network.prepare(x, settings)

    def epoch(self, optimizer: Optimizer, workers: Team, n_batches: int | None = None) -> Iterator[float]:
        """A step of each of the first batches, by default of all. Yields the losses, summed over rows and labels."""
        for i, (_, y, settings) in enumerate(self.batches[:n_batches]):
            if self.ready != i:  # an epoch of fewer batches came before
                self.prepare(i)
            optimizer.next_step()
            following = partial(self.prepare, (i + 1) % len(self.batches))
            yield self.network.step(self.words, y, settings, optimizer, workers, following)
