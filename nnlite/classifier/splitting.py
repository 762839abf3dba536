"""`holdout_split`: products to train a classifier on, and products to score it on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.classifier.arguments import CategoryLists, Titles, labelled
from nnlite.data.holdout import HeldOut

Side = tuple[Any, Any]  # titles and the categories of each


def holdout_split(titles: Titles, categories: CategoryLists, holdout: float | None = None,
                  seed: int = 0) -> tuple[Side, Side]:
    """((titles, categories) to train on, (titles, categories) to score), as `nnlite train` splits a file.

    Near-duplicates are on the same side, see `data.holdout`. The order stays. The same titles and seed give the same
    split in any order. Titles and categories may have any form that `TitleClassifier.fit` takes. Both sides have the
    same: tables, columns, arrays and sparse matrices stay what they are, others become lists.
    holdout: a share below 1, or how many products are held out at most; by default 10 %, at most 20,000, and none of
    fewer than 500. ValueError for another number, or if all titles are too much alike; else raises as `fit`.

    >>> train, held = holdout_split(["Blue Dress S", "Blue dress, M", "Red hat", "Pan"], ["a", "a", "b", "c"], 2)
    >>> train, held
    ((['Blue Dress S', 'Blue dress, M'], ['a', 'a']), (['Red hat', 'Pan'], ['b', 'c']))
    """
    titles, categories = (list(given) if isinstance(given, Iterator) else given for given in (titles, categories))
    cleaned = [title for title, _ in labelled("holdout_split", titles, categories)[0]]
    mask = HeldOut(cleaned, holdout, seed).mask(cleaned)
    train, held = ((_taken(titles, rows), _taken(categories, rows)) for rows in map(np.flatnonzero, (~mask, mask)))
    return train, held


def _taken(given, rows):
    """Some rows of titles or of categories."""
    if hasattr(given, "iloc"):
        return given.iloc[rows]
    if hasattr(given, "shape"):
        return (given.tocsr() if sp.issparse(given) else given)[rows]
    given = list(given)
    return [given[i] for i in rows]
