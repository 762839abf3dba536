"""Which of some products a model was trained on: it decides what a figure is of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnlite.classifier.small_model import SmallMLP
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.digests import MOST, repeated
from nnlite.data.records import Record


class Judged(NamedTuple):
    """The products that figures are of.

    is_new: whether the model was trained on none of them; False is on all of them, None is that it cannot be known
    n_seen: how many others it was trained on, which are left out; with is_new=False how many these are
    """

    records: list[Record]
    is_new: bool | None
    n_seen: int


def judged(classifier: TitleClassifier, records: Sequence[Record]) -> Judged:
    """Those of the records whose titles, whatever their case, are new to the model; all if there are none."""
    records = list(records)
    seen = repeated([title for title, _ in records], classifier.title_digests_)
    if seen is None:
        return Judged(records, None, 0)
    counts = np.zeros(len(records), bool)
    counts[classifier.categories_.kept(records)] = True
    new, n_seen = np.flatnonzero(~seen & counts), int(seen.sum())
    if not new.size and n_seen:
        return Judged(records, False, n_seen)
    return Judged([records[i] for i in np.flatnonzero(~seen)], True, n_seen)


def sentence(found: Judged) -> str:
    """What the scores are of, with the number of titles."""
    n = len(found.records)
    if found.is_new is None:
        return (f"whether the model was trained on these {n:,} titles cannot be known: an older version made it, or it "
                f"learnt from more than {MOST:,} titles")
    if not found.is_new:
        return f"all {n:,} titles are also in the training data: the scores tell how well it remembers them"
    if not found.n_seen:
        return f"the scores are of {n:,} titles that the model was not trained on"
    return (f"{found.n_seen:,} of {n + found.n_seen:,} titles are also in the training data: the scores are of the "
            f"{n:,} others")


def held_out_score(classifier: TitleClassifier) -> str:
    """The score on products held out in the model's training, "" if there were none."""
    seen = classifier.training_
    n, epochs = seen.get("counts", {}).get("held_out", 0), seen.get("validation", [])
    if not n or not epochs or "P@1" not in epochs[-1]:
        return ""
    before = " before it was shrunk" * isinstance(classifier.model_, SmallMLP)
    return (f"on {n:,} products held out in its training the first category named was true for "
            f"{100 * epochs[-1]['P@1']:.1f} %{before}")
