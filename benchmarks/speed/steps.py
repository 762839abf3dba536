"""`Steps`: training steps over the same batches again and again, prepared as `Trainer` does."""

from collections.abc import Iterator

from nnlite.data.csr import Csr
from nnlite.network.label_step import StepSettings
from nnlite.network.network import Network
from nnlite.network.optimizers import Optimizer
from nnlite.system.threads import Team


class Steps:
    """Each batch, (x, y, settings), is prepared during the step of the one before."""

    def __init__(self, network: Network, batches: list[tuple[Csr, Csr, StepSettings]]):
        self.network, self.batches, self.following = network, batches, 0
        self.prepare()

    def prepare(self) -> None:
        """Prepare the batch whose turn is next."""
        x, _, settings = self.batches[self.following]
        self.words, self.following = self.network.prepare(x, settings), (self.following + 1) % len(self.batches)

    def epoch(self, optimizer: Optimizer, workers: Team) -> Iterator[float]:
        """A step of each batch. Yields the losses, summed over rows and labels."""
        for _, y, settings in self.batches:
            optimizer.next_step()
            yield self.network.step(self.words, y, settings, optimizer, workers, self.prepare)
