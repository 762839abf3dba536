"""What the cut leaves of the categories, as a sentence that says what to do about it."""

from collections.abc import Collection
from typing import Any

CUTS = 5, 3, 2  # that are proposed, if they are smaller than what was asked for
MANY = 0.05  # of the records without a category: then any smaller cut that keeps more is proposed


def smaller_cuts(counts: Collection[int], cut: int) -> dict[int, int]:
    """How many of the counts reach each of CUTS that is smaller than the cut, by cut, the largest first."""
    return {smaller: sum(n >= smaller for n in counts) for smaller in CUTS if smaller < cut}


def kept_categories(vocabulary: Any, n_without: int, of: str = "") -> str:
    """As '68 categories, 12 learnt; 56 in fewer than 10 products; ...', or '' if the cut has dropped none.

    vocabulary: a Vocabulary that was counted, not read    n_without: its records that have no category left
    of: what was counted, as ' of the sample'
    """
    n_kept, n_dropped = len(vocabulary.labels), vocabulary.n_dropped_labels
    if not n_dropped:
        return ""
    text = (f"{n_kept + n_dropped:,} categories{of}, {n_kept:,} learnt; {n_dropped:,} in fewer than "
            f"{vocabulary.label_min_count:,} products")
    if n_without:
        text += f"; {n_without:,} of {vocabulary.n_records:,} products have none left"
    better = better_cut(vocabulary.smaller_cuts, n_kept, n_without / vocabulary.n_records)
    return text + (f": --label-min-count {better} would keep {vocabulary.smaller_cuts[better]:,}" if better else "")


def better_cut(cuts: dict[int, int], n_kept: int, share_without: float) -> int | None:
    """The largest cut that keeps twice as many; or, where many records have no category, the one that keeps most."""
    twice = [cut for cut, n in cuts.items() if n >= 2 * n_kept]
    more = [cut for cut, n in cuts.items() if n > n_kept and share_without >= MANY]
    return max(twice) if twice else min(more, default=None)


def nothing_to_learn(vocabulary: Any, n_without: int) -> str:
    """A sentence if all records have the same categories, else ''."""
    if n_without or (vocabulary.label_counts < vocabulary.n_records).any():
        return ""
    names = " and ".join(map(repr, vocabulary.labels[:3])) + (", ..." if len(vocabulary.labels) > 3 else "")
    what = "the one category" if len(vocabulary.labels) == 1 else "the same categories"
    dropped = kept_categories(vocabulary, 0)
    return f"all products have {what} {names}: there is nothing to learn" + (f" ({dropped})" if dropped else "")
