"""What is each part of the default recipe worth?

    python benchmarks/ablation.py [--quick] [--seeds N] [--data FILE ...] [--json FILE]

Trains the default recipe as it is, then with one thing changed at a time, on four fifths of the titles (by default the
real ones where they are at hand, else a made-up catalogue) and tests on the last fifth. Scores in percent; propensities
come from the counts of the training part. ECE@1 is the calibration of the likeliest label, ECE that of all pairs of
row and label. Each row is the mean over the seeds, of weights and order alone: differences below about 0.1 are noise. A
change that gains belongs into the recipe, one that gains nothing need not exist.
"""

from pathlib import Path

import numpy as np
import report

import nnlite
from nnlite.scores import calibration, metrics
from nnlite.training import recipes
from nnlite.training.trainer import constant

SCORES = ("P@1", "P@3", "P@5", "PSP@1", "PSP@5", "nDCG@5", "ECE@1", "ECE")


def rebuilt(**changes):
    """A change of the network: the same trainer with a model of other sizes or another activation."""
    def change(trainer, train):
        old = trainer.model
        sizes = dict(hidden=old.hidden, activation=old.activation, seed=trainer.seed) | changes
        trainer.model = nnlite.MLP(train.n_words, train.n_labels, **sizes)
        trainer.model.init_label_bias(train.label_frequencies())
    return change


def trained(**changes):
    """A change of the training: other values of the trainer's attributes."""
    return lambda trainer, train: vars(trainer).update(changes)


def warmed_up(trainer, train):
    """The rate rises over the first 5 % of the training, then falls to 0 as before."""
    trainer.schedule = lambda progress: min(progress / 0.05, (1 - progress) / 0.95)


def by_propensity(power):
    """True labels weigh 1 / propensity^power in the gradient, 1 in the mean."""
    def change(trainer, train):
        counts = np.bincount(train.y.indices, minlength=train.n_labels)
        weights = metrics.propensities(counts, len(train)) ** -power
        trainer.label_weights = (weights / np.average(weights, weights=counts)).astype(np.float32)
    return change


def averaged(trainer, train):
    """The parameters are in the end the mean of those of the second half, every 20 steps, at a constant rate."""
    fit, trainer.schedule = trainer.fit, constant

    def fit_and_average(data):
        sums, taken = {name: np.zeros(p.shape) for name, p in trainer.model.params.items()}, []

        def add(step):
            if 2 * step.step > step.n_steps and step.step % 20 == 0:
                taken.append(step.step)
                for name, p in trainer.model.params.items():
                    sums[name] += p

        history = fit(data, on_step=add)
        for name, p in trainer.model.params.items():
            p[...] = sums[name] / max(len(taken), 1)
        return history

    trainer.fit = fit_and_average


def stopped_early(trainer, train):
    """Twice the epochs at a constant rate; the parameters are those that a tenth, held out, liked best."""
    fit, trainer.schedule, trainer.epochs = trainer.fit, constant, 2 * trainer.epochs

    def fit_and_choose(data):
        order = np.random.default_rng(0).permutation(len(data))
        held_out, rest = data.take(order[:len(data) // 10]), data.take(order[len(data) // 10:])
        best = {"bce": np.inf}

        def look(step):
            if step.step * trainer.epochs % step.n_steps == 0:
                bce = nnlite.evaluate(trainer.model, held_out, ks=(1,))["bce"]
                if bce < best["bce"]:
                    best.update(bce=bce, params={name: p.copy() for name, p in trainer.model.params.items()})

        history = fit(rest, on_step=look)
        for name, p in trainer.model.params.items():
            p[...] = best["params"][name]
        return history

    trainer.fit = fit_and_choose


def without_bias(trainer, train):
    trainer.model.params["labels.b"][:] = 0


VARIANTS = {  # name: what changes in the features, what changes in the training
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
    "one learning rate": ({}, lambda trainer, train: vars(trainer.optimizer).update(labels_lr=trainer.optimizer.lr)),
    "AdaGrad with an eps of 1e-10": ({}, lambda trainer, train: vars(trainer.optimizer).update(eps=1e-10)),
    "a constant learning rate": ({}, trained(schedule=constant)),
    "a warm-up over 5 %": ({}, warmed_up),
    "weights averaged": ({}, averaged),
    "stopped early": ({}, stopped_early),
    "labels weighed by propensity": ({}, by_propensity(1)),
    "half as much": ({}, by_propensity(0.5)),
    "AdaGrad by row": ({}, trained(optimizer=nnlite.AdaGrad(0.15, 0.04, recipes.EPS, by_row=True))),
    "Adam 0.002": ({}, trained(optimizer=nnlite.Adam(0.002))),
    "no bias from frequencies": ({}, without_bias),
    "sigmoid units": ({}, rebuilt(activation="sigmoid")),
    "two layers of 200": ({}, rebuilt(hidden=(200, 200))),
    "400 units": ({}, rebuilt(hidden=(400,))),
    "6 epochs, dropout of 0.4 and 0.2": ({}, trained(epochs=6, dropout=0.4, word_dropout=0.2)),
    "twice the epochs": ({}, lambda trainer, train: vars(trainer).update(epochs=2 * trainer.epochs)),
    "no gradients up to 0.01": ({}, trained(negligible=0.01)),
}


def measure(name, records, seeds):
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
            "train s": seconds}


def main():
    parser = report.parser(__doc__, "10,000 records, to see that it runs")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="default: %(default)s")
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE", help="what nnlite.read_records reads")
    args = parser.parse_args()
    report.rerun_clean()
    records, source = report.records(args.data, args.quick)
    print(report.head_line(), end="\n\n")
    print(f"{len(records):,} records of {source}, {args.seeds} seeds\n")
    rows = [measure(name, records, args.seeds) for name in VARIANTS]
    report.show(rows, args)


if __name__ == "__main__":
    main()
