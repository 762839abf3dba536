"""How much does each part of the default recipe contribute to the scores?

    python -m benchmarks.quality.ablation [--quick] [--seeds N] [--titles FILE ...] [--json FILE]

Trains the default recipe as it is, then with one change at a time, on four fifths of the titles, and tests on the last
fifth. Scores are in percent; propensities come from the counts of the training part. ECE@1 is the calibration error of
the likeliest label, ECE that of all pairs of row and label; model MiB is the size of the parameters. Each row is the
mean over the seeds, which change only the first weights and the order of the rows: differences below about 0.1 are
noise. A change that gains belongs in the recipe; an option that gains nothing does not need to exist.
"""

import sys
from collections.abc import Sequence

import numpy as np

import nnlite
from benchmarks import process, report
from nnlite.scores import calibration, metrics
from nnlite.training import recipes
from nnlite.training.trainer import constant

SCORES = ("P@1", "P@3", "P@5", "PSP@1", "PSP@5", "nDCG@5", "ECE@1", "ECE")


def rebuilt(**changes):
    """A change of the network: the same trainer, with a model of other sizes or another activation."""
    def change(trainer, train):
        old = trainer.model
        sizes = dict(hidden=old.hidden, activation=old.activation, seed=trainer.seed) | changes
        trainer.model = nnlite.MLP(train.n_words, train.n_labels, **sizes)
        trainer.model.init_label_bias(train.label_frequencies())
    return change


def trained(**changes):
    """A change of the training: other values of the trainer's attributes."""
    def change(trainer, train):
        vars(trainer).update(changes)
    return change


def twice_the_epochs(trainer, train):
    trainer.epochs *= 2


def one_rate(trainer, train):
    """The label layer learns at the rate of the others."""
    trainer.optimizer.labels_lr = trainer.optimizer.lr


def smaller_eps(trainer, train):
    trainer.optimizer.eps = 1e-10


def warmed_up(trainer, train):
    """The rate rises over the first 5 % of the training, then falls to 0."""
    def schedule(progress):
        return min(progress / 0.05, (1 - progress) / 0.95)
    trainer.schedule = schedule


def by_propensity(power):
    """True labels weigh 1 / propensity^power in the gradient, scaled to a mean of 1."""
    def change(trainer, train):
        counts = np.bincount(train.y.indices, minlength=train.n_labels)
        weights = metrics.propensities(counts, len(train)) ** -power
        trainer.label_weights = (weights / np.average(weights, weights=counts)).astype(np.float32)
    return change


class Averaged:
    """Trains at a constant rate; the parameters become the mean of those of the second half, every 20 steps."""

    def __init__(self, trainer):
        self.params, self.plain_fit = trainer.model.params, trainer.fit
        self.sums, self.n = {name: np.zeros(p.shape) for name, p in self.params.items()}, 0

    def add(self, step):
        if 2 * step.step > step.n_steps and step.step % 20 == 0:
            self.n += 1
            for name, p in self.params.items():
                self.sums[name] += p

    def fit(self, data):
        history = self.plain_fit(data, on_step=self.add)
        for name, p in self.params.items():
            p[...] = self.sums[name] / max(self.n, 1)
        return history


def averaged(trainer, train):
    trainer.schedule, trainer.fit = constant, Averaged(trainer).fit


class StoppedEarly:
    """Holds out a tenth of the rows; the parameters become those of the epoch with its lowest BCE."""

    def __init__(self, trainer):
        self.trainer, self.plain_fit, self.bce = trainer, trainer.fit, np.inf

    def look(self, step):
        if step.step * self.trainer.epochs % step.n_steps == 0:
            bce = nnlite.evaluate(self.trainer.model, self.held_out, ks=(1,))["bce"]
            if bce < self.bce:
                self.bce = bce
                self.params = {name: p.copy() for name, p in self.trainer.model.params.items()}

    def fit(self, data):
        order = np.random.default_rng(0).permutation(len(data))
        n_held_out = len(data) // 10
        self.held_out = data.take(order[:n_held_out])
        history = self.plain_fit(data.take(order[n_held_out:]), on_step=self.look)
        for name, p in self.trainer.model.params.items():
            p[...] = self.params[name]
        return history


def stopped_early(trainer, train):
    """Twice the epochs at a constant rate, and the best epoch of them."""
    trainer.schedule, trainer.epochs, trainer.fit = constant, 2 * trainer.epochs, StoppedEarly(trainer).fit


def without_bias(trainer, train):
    trainer.model.params["labels.b"][:] = 0


VARIANTS = {  # name: changes of the features, change of the training
    "the default recipe": ({}, None),
    "words alone, no pairs": (dict(ngrams=1), None),
    "triples of words too": (dict(ngrams=3), None),
    "no beginnings of words": (dict(stem=None), None),
    "first words as any others": (dict(first_word=False), None),
    "no marks, no lengths": (dict(shape=False), None),
    "ones, no TF-IDF": (dict(tfidf=False), None),
    "words of 10 titles and more": (dict(min_count=10), None),
    "2^18 hashed columns": (dict(hash_size=2 ** 18), None),
    "no dropout of units": ({}, trained(dropout=0.0)),
    "no dropout of words": ({}, trained(word_dropout=0.0)),
    "one learning rate": ({}, one_rate),
    "AdaGrad with an eps of 1e-10": ({}, smaller_eps),
    "a constant learning rate": ({}, trained(schedule=constant)),
    "a warm-up over 5 %": ({}, warmed_up),
    "weights averaged": ({}, averaged),
    "stopped early": ({}, stopped_early),
    "labels weighed by propensity": ({}, by_propensity(1)),
    "half as much": ({}, by_propensity(0.5)),
    "AdaGrad by entry for words, too": ({}, trained(optimizer=nnlite.AdaGrad(0.3, 0.04, recipes.EPS))),
    "Adam 0.002": ({}, trained(optimizer=nnlite.Adam(0.002))),
    "no bias from frequencies": ({}, without_bias),
    "sigmoid units": ({}, rebuilt(activation="sigmoid")),
    "two layers of 200": ({}, rebuilt(hidden=(200, 200))),
    "400 units": ({}, rebuilt(hidden=(400,))),
    "6 epochs, dropout of 0.4 and 0.2": ({}, trained(epochs=6, dropout=0.4, word_dropout=0.2)),
    "twice the epochs": ({}, twice_the_epochs),
    "no gradients up to 0.01": ({}, trained(negligible=0.01)),
}


def measure(name: str, records: Sequence[nnlite.Record], seeds: int) -> dict:
    """One row of the table."""
    features, change = VARIANTS[name]
    n_train = len(records) * 4 // 5
    vocabulary = nnlite.Vocabulary.build(records[:n_train], **recipes.FEATURES["default"] | features)
    train, test = vocabulary.encode(records[:n_train]), vocabulary.encode(records[n_train:])
    propensities = metrics.propensities(vocabulary.label_counts, n_train)
    rows = []
    for seed in range(seeds):
        trainer = recipes.default(train, seed)
        if change:
            change(trainer, train)
        seconds = trainer.fit(train).seconds
        scores = nnlite.evaluate(trainer.model, test, propensities=propensities)
        scores["ECE"] = calibration.report(trainer.model, test)["reliability"]["all"].ece
        rows.append([*(100 * scores[score] for score in SCORES), scores["bce"], seconds])
    *scores, bce, seconds = map(float, np.mean(rows, axis=0))
    return {"recipe": name, **{score: f"{value:.2f}" for score, value in zip(SCORES, scores)}, "BCE": bce,
            "train s": seconds, "model MiB": sum(p.nbytes for p in trainer.model.params.values()) / 2**20}


def main() -> int:
    parser = report.parser(__doc__, "1,000 records and every seventh change, to see that it runs", titles=True)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="default: %(default)s")
    args = parser.parse_args()
    process.rerun_clean()
    records, source = report.records(args.titles, 1_000 if args.quick else None)
    print(report.head_line(), end="\n\n")
    print(f"{source}, {args.seeds} seeds\n")
    rows = [measure(name, records, args.seeds) for name in list(VARIANTS)[::7 if args.quick else 1]]
    print(report.table(rows, ["recipe", *SCORES[:6]]) + "\n")
    print(report.table(rows, ["recipe", *SCORES[6:], "BCE", "train s", "model MiB"]))
    report.write(args.json, rows)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
