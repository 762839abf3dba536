"""What does a model forget that learns new categories later, and how well does it learn them?

    python -m benchmarks.quality.growing [--quick] [--seeds N] [--titles FILE ...] [--json FILE]

The titles are shuffled by the seed; a fifth is held out. 30 categories, drawn from the middle half by frequency of
those in at least 10 titles of the rest, are new: three fifths of all titles, which bear none of them, are trained on
first, then a fifth, among which are all that bear one.

P@1 new: of the held-out titles that bear a new category, how many have a true category, new or not, as their likeliest;
P@1 old: the same of the titles that bear none. Titles without a category that the training on both parts together
learns do not count, in any row. Means over the seeds, in percent; "-" is the difference to that training, in points.

A row is a way to go on from the first part. `grow=True` is nnlite's, `nnlite.classifier.growing`; "moved": how much of
their way old weights go; "sample": 5,000 titles of the first part, drawn at random, are learnt from once more; "state":
AdaGrad keeps its state of old weights, which a saved model does not hold. s: of the
training, or of the second one alone.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

import nnlite
from benchmarks import process, report
from nnlite.classifier import growing
from nnlite.training.trainer import Trainer

N_NEW, LEAST, SAMPLE = 30, 10, 5_000


class Split(NamedTuple):
    """The records of the two trainings, those held out, and the categories that are new in the second."""

    first: list[nnlite.Record]
    more: list[nnlite.Record]
    test: list[nnlite.Record]
    new: set[str]


def split(records: Sequence[nnlite.Record], seed: int) -> Split:
    """The split of a seed, see above."""
    rng = np.random.default_rng(seed)
    train, test = np.split(rng.permutation(len(records)), [n_train := len(records) * 4 // 5])
    counts = Counter(name for i in train for name in set(records[i].categories))
    names = sorted((name for name, n in counts.items() if n >= LEAST), key=lambda name: (-counts[name], name))
    middle = names[len(names) // 4:len(names) * 3 // 4]
    new = {middle[i] for i in rng.choice(len(middle), min(N_NEW, len(middle) // 2), replace=False)}
    bears = np.array([bool(new & set(records[i].categories)) for i in train])
    n_first = min(n_train * 3 // 4, int(np.sum(~bears)))
    more = rng.permutation(np.concatenate([train[~bears][n_first:], train[bears]]))
    return Split(*([records[i] for i in rows] for rows in (train[~bears][:n_first], more, test)), new)


def with_state(trainer: Trainer, *arguments: Any) -> Trainer:
    """`growing.trainer_of`, whose optimiser has the state of another trainer for the weights that this one had."""
    found = TRAINER_OF(*arguments)
    found.optimizer.start(found.model.params)
    for name, state in trainer.optimizer.state.items():
        found.optimizer.state[name][:len(state)] = state
    return found


TRAINER_OF = growing.trainer_of


def grown(one: nnlite.TitleClassifier, records: Sequence[nnlite.Record], moved: float = growing.MOVED,
          keeps_state: bool = False) -> nnlite.TitleClassifier:
    """The classifier after learning from some more records."""
    make = partial(with_state, one._trainer) if keeps_state else TRAINER_OF
    with patch.object(growing, "MOVED", moved), patch.object(growing, "trainer_of", make):
        return copy(one).partial_fit(*zip(*records), grow=True)


def ways(part: Split, seed: int, **settings: Any) -> Iterator[tuple[str, nnlite.TitleClassifier]]:
    """The name of each row, and its classifier, trained when it is asked for."""
    rows = np.random.default_rng([seed, 1]).permutation(len(part.first))[:SAMPLE]
    sample = [*part.more, *(part.first[i] for i in rows)]
    yield "both parts at once", nnlite.TitleClassifier(seed=seed, **settings).fit(*zip(*part.first, *part.more))
    yield "the first part alone", (one := nnlite.TitleClassifier(seed=seed, **settings).fit(*zip(*part.first)))
    yield "grow=True", grown(one, part.more)
    yield "grow=True, sample", grown(one, sample)
    yield "grow=True, state", grown(one, part.more, keeps_state=True)
    yield "moved 0.5", grown(one, part.more, 0.5)
    yield "moved 0.7", grown(one, part.more, 0.7)
    yield "moved 1", grown(one, part.more, 1)
    yield "moved 1, sample", grown(one, sample, 1)
    yield "moved 1, state", grown(one, part.more, 1, keeps_state=True)


def p_at_1(one: nnlite.TitleClassifier, records: Sequence[nnlite.Record]) -> float:
    """In percent."""
    found = one.predict_top_k([title for title, _ in records], 1)
    return 100 * float(np.mean([pairs[0][0] in names for pairs, (_, names) in zip(found, records)]))


def rows_of(part: Split, seed: int, **settings: Any) -> Iterator[dict]:
    """A row for each way."""
    sides: dict[str, list] = {}
    best: dict[str, float] = {}
    start = time.perf_counter()
    for name, one in ways(part, seed, **settings):
        seconds = time.perf_counter() - start
        if not sides:
            known = set(one.classes_)
            counts = [record for record in part.test if known & set(record.categories)]
            sides = {side: [record for record in counts if bool(part.new & set(record.categories)) == (side == "new")]
                     for side in ("new", "old")}
            print({side: len(records) for side, records in sides.items()}, file=sys.stderr, flush=True)
        row: dict[str, Any] = {"way": name, "categories": len(one.classes_)}
        for side, records in sides.items():
            row[f"P@1 {side}"] = p = p_at_1(one, records)
            row[f"- {side}"] = p - best.setdefault(side, p)
        yield row | {"s": seconds}
        start = time.perf_counter()


def main() -> int:
    """Print the table of means over the seeds."""
    parser = report.parser(__doc__, "2,000 titles", titles=True)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="default: %(default)s")
    args = parser.parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 2_000 if args.quick else None)
    print(f"{report.head_line()}\n\n{source}, {args.seeds} seeds\n", flush=True)
    found: dict[str, list[dict]] = {}
    for seed in range(args.seeds):
        for row in rows_of(split(records, seed), seed, **({"epochs": 2} if args.quick else {})):
            found.setdefault(row["way"], []).append(row)
            print(row, file=sys.stderr, flush=True)
    rows = [{name: value if name == "way" else float(np.mean([one[name] for one in runs]))
             for name, value in runs[0].items()} for runs in found.values()]
    print(report.table([{name: f"{value:.2f}" if name[0] in "P-" else value for name, value in row.items()}
                        for row in rows]))
    report.write(args.json, rows)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
