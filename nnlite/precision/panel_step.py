"""A training step of a label layer whose logits exist for a panel of labels at a time, on a matrix unit."""

from typing import Any

import numpy as np

from nnlite.network.label_step import Item, Step
from nnlite.system.slices import width

NO_WEIGHTS = np.empty(0, np.float32)


class PanelStep(Step):
    """As Step, of binary cross-entropy: the same sums in the same order, in one call for a strip and a tile."""

    def work_on_strip(self, strip: int, item: Item, dw: np.ndarray, db: np.ndarray, first: bool) -> float:
        """As in Step."""
        rows, tile, weights = self.strips[strip], item.tile, (NO_WEIGHTS, NO_WEIGHTS)
        if self.weights:
            weights = self.weights[0][rows], self.weights[1][tile]
        shares = dw[:width(tile)], db[:width(tile)], self.dh.part(item.part, strip)
        products: Any = self.products
        return products.bce_strip(self.labels(tile), self.rows[strip], self.layer.b[tile], self.y.rows(rows),
                                  tile.start, weights, self.scale, shares, (first, item.first))
