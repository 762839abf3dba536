"""`TitleClassifier`: titles in, category names out; a recipe, its vocabulary and its network as one object.

It follows scikit-learn's conventions and works in its pipelines and searches, which need not be installed.
"""

import sys

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.classifier import model_folder
from nnlite.classifier.arguments import checked_records, texts
from nnlite.data.chunks import write_chunks
from nnlite.data.dataset import Dataset, check_weights
from nnlite.data.records import clean, read_records
from nnlite.data.vocabulary import Vocabulary
from nnlite.scores import metrics
from nnlite.scores.calibration import best_threshold
from nnlite.scores.explanation import explain
from nnlite.training import recipes

MAX_COUNTS = 5_000_000  # words that `fit_files` counts at a time: 200 MB
CURVE_POINTS = 200  # of the loss, each the mean over the steps since the one before
THRESHOLD_ROWS = 20_000  # of the training or validation rows, for the threshold


class TitleClassifier:
    """Learns the categories of products from their titles, and predicts those of new ones.

    recipe: "default" learns, "deck" shows what does not (see `recipes`)
    overrides: what the recipe is to do otherwise; the names are those of `recipes.SETTINGS`, such as epochs=3,
    hidden=(400,), min_count=5, dropout=0.2, seed=1, threads=4. TypeError for another name.

    Titles are a list (or array) of str. They are cleaned as `read_records` cleans them and cut into lower-cased runs of
    letters and digits of any script. What stands between these is no part of a word: signs, emoji, and combining marks
    too, so that a letter and its accent should be one character (NFC); the default recipe looks at them by themselves,
    as at the title's length. Where no blanks divide words, as in Chinese, a whole run is one word, and `stem` its first
    letters. A title without a known word, such as an empty one, is no error: the network then has the categories'
    frequencies to go by and nothing else, and `predict` names none.

    mapping, a `Mapping` or the file of one, says what raw categories become; major, a number or a list of names, leaves
    each product one category of a few and makes the network choose between them (softmax).

    After `fit`: vocabulary_ (Vocabulary), model_ (MLP), classes_ (the category names, by id), categories_ (Categories:
    what becomes of raw ones), threshold_ (the probability above which `predict` names a category), training_ (a dict:
    what the training has seen, and its scores on the validation data after each epoch).
    """

    def __init__(self, recipe="default", **overrides):
        self.recipe, self.overrides = recipe, {}
        self.set_params(recipe=recipe, **overrides)

    def __repr__(self):
        return f"TitleClassifier({', '.join(f'{name}={value!r}' for name, value in self.get_params().items())})"

    def get_params(self, deep=True):
        """The arguments that it was made with, as a dict."""
        return {"recipe": self.recipe, **self.overrides}

    def set_params(self, **params):
        """Change some of the arguments; they count from the next `fit` on. Returns self."""
        known = [name for names in recipes.SETTINGS.values() for name in names]
        for name in params:
            if name != "recipe" and name not in known:
                raise TypeError(f"TitleClassifier: {name}: unknown setting, want one of {', '.join(sorted(known))}")
        recipe = params.pop("recipe", self.recipe)
        if recipe not in recipes.RECIPES:
            raise ValueError(f"TitleClassifier: recipe: want {' or '.join(map(repr, recipes.RECIPES))}, got {recipe!r}")
        self.recipe, self.overrides = recipe, self.overrides | params
        return self

    def __sklearn_tags__(self):
        """What scikit-learn asks of an estimator; it has been imported by whoever calls this."""
        utils = sys.modules["sklearn.utils"]
        return utils.Tags(
            estimator_type=None,  # "classifier" promises one category each, or a matrix of them
            target_tags=utils.TargetTags(required=True, multi_output=True),
            input_tags=utils.InputTags(one_d_array=True, two_d_array=False, string=True))

    # ---- learning

    def fit(self, titles, categories, validation=None, on_step=None, sample_weight=None):
        """Learn from titles (a list of str) and the categories of each (a list of collections of str). Returns self.

        validation: (titles, categories) to score after each epoch and to choose the threshold by, else the training
        titles do    on_step: called with a `trainer.Step` after every update
        sample_weight: how much each title counts, at least 0; 2 is as if it were there twice
        Ctrl-C ends the training after the running step and raises KeyboardInterrupt; what was learnt can be used.
        TypeError for anything but lists of texts, ValueError if no word or no category occurs often enough.
        """
        records = checked_records("fit", titles, categories)
        held_out = checked_records("fit: validation", *validation) if validation else None
        features, asked, others = recipes.split(self.recipe, self.overrides)
        known = Categories.choose(records, **asked)
        if sample_weight is not None:
            sample_weight = check_weights("fit: sample_weight", sample_weight, len(records))[known.kept(records)]
        records, news = known.apply(records)
        vocabulary = Vocabulary.build(records, **features)
        data = vocabulary.encode(records)
        data.weights = sample_weight
        trainer = recipes.RECIPES[self.recipe](data, **others)
        self._take(vocabulary, trainer.model, known, training={"categories": news})
        self._train(trainer, data, self.encode(held_out) if held_out else None, on_step)
        return self

    def fit_files(self, paths, chunks, validation=None, on_step=None):
        """As `fit`, on product files (what `read_records` reads) that need not fit into memory. Returns self.

        chunks: a folder for the encoded records, which is made, finished or used again (`write_chunks`). The files are
        read twice: words and categories are counted first, the rarest forgotten when there are more than MAX_COUNTS.
        Major categories must be given by name, and take one more pass. Raises what `read_records`, `write_chunks` and
        `fit` raise.
        """
        features, asked, others = recipes.split(self.recipe, self.overrides)
        if isinstance(asked.get("major"), int):
            raise ValueError("fit_files: major: want names, because a number needs all records at once, got a number")
        known = Categories.choose(read_records(paths), **asked)
        vocabulary = Vocabulary.build(known.stream(read_records(paths)), max_counts=MAX_COUNTS, **features)
        data = write_chunks(chunks, known.stream(read_records(paths)), vocabulary, sources=paths)
        trainer = recipes.RECIPES[self.recipe](data, **others)
        self._take(vocabulary, trainer.model, known, training={"categories": []})
        held_out = checked_records("fit_files: validation", *validation) if validation else None
        self._train(trainer, data, self.encode(held_out) if held_out else None, on_step)
        return self

    def partial_fit(self, titles, categories, on_step=None):
        """Learn from some more titles and their categories, with all the epochs of the recipe. Returns self.

        The first call is a `fit`: its words and categories are kept, and later ones that it has not seen are ignored.
        The optimiser goes on where it was, so that old rows of the network move less than new ones. It is not part of
        a saved model: after `load` it begins anew and forgets more of what was learnt.
        """
        if not hasattr(self, "model_"):
            return self.fit(titles, categories, on_step=on_step)
        data = self.encode(checked_records("partial_fit", titles, categories))
        if not hasattr(self, "_trainer"):
            _, _, others = recipes.split(self.recipe, self.overrides)
            network = {name: getattr(self.model_, name) for name in recipes.SETTINGS["network"]}
            self._trainer = recipes.RECIPES[self.recipe](data, **others | network)
            for name, p in self.model_.params.items():
                self._trainer.model.params[name][...] = p
            self.model_ = self._trainer.model
        self._trainer.checkpoints = None  # they would be those of another chunk
        self._train(self._trainer, data, None, on_step)
        return self

    def _take(self, vocabulary, model, categories, training):
        self.vocabulary_, self.model_, self.classes_ = vocabulary, model, vocabulary.labels
        self.categories_, self.training_ = categories, training

    def encode(self, records):
        """The Dataset of an iterable of Record, with the words and the categories that this model knows.

        Where categories are mapped or reduced to major ones, records that are left without any are left out.
        """
        self._check_taken()
        records, _ = self.categories_.apply(list(records))
        return self.vocabulary_.encode(records)

    def _train(self, trainer, data, validation, on_step):
        """Train, then choose the threshold, also where Ctrl-C has ended the training."""
        vars(self).pop("threshold_", None)  # a training that goes astray leaves nothing to predict with
        seen, stopped, losses = self.training_, None, []

        def note(step):
            seen.update(steps=step.step, last_loss=step.loss, seconds=round(step.seconds, 3))
            losses.append((step.step, step.loss))
            seen.setdefault("first_loss", step.loss)
            if on_step:
                on_step(step)

        self._trainer = trainer
        seen.update(records=seen.get("records", 0) + data.n_rows, n_steps=trainer.n_steps(data), steps=0, validation=[])
        try:
            history = trainer.fit(data, validation, on_step=note)
            seen.update(steps=len(history.loss), last_loss=history.loss[-1], seconds=round(history.seconds, 3),
                        validation=history.validation)
            seen.setdefault("first_loss", history.loss[0])
        except KeyboardInterrupt as error:
            if not seen["steps"]:
                raise
            stopped = error
        if losses:
            parts = np.array_split(losses, min(CURVE_POINTS, len(losses)))
            curve = seen.setdefault("curve", [])
            before = curve[-1][0] if curve else 0
            curve += [[before + int(part[-1, 0]), float(part[:, 1].mean())] for part in parts]
        judged = validation or (data if isinstance(data, Dataset) else data[0])
        rows = np.linspace(0, len(judged) - 1, min(THRESHOLD_ROWS, len(judged))).astype(int)
        self.threshold_ = best_threshold(self.model_, judged.x[rows], threads=self._threads)
        if stopped:
            raise stopped

    # ---- predicting

    def predict(self, titles, threshold=None):
        """The names of the categories worth returning for each title, likeliest first, as a list of tuples.

        Those with a probability above threshold_, or the likeliest one if there is none: what gives about the best F1.
        Above another threshold, if one is given: then there may be none.
        """
        return [tuple(name for name, _ in found) for found in self.predict_above(titles, threshold)]

    def predict_above(self, titles, threshold=None):
        """As `predict`, with the probabilities: [[(category, probability), ...], ...]."""
        x = self._encoded("predict", titles)
        above = self.model_.above(x, self.threshold_ if threshold is None else threshold, self._threads)
        found = self._pairs(*_sorted_rows(above))
        if threshold is None:
            alone = np.flatnonzero((np.diff(above.indptr) == 0) & (np.diff(x.indptr) > 0))
            for i, likeliest in zip(alone, self._top(x[alone], 1)):
                found[i] = likeliest
        return [pairs if known else [] for pairs, known in zip(found, np.diff(x.indptr))]

    def predict_top_k(self, titles, k=5):
        """The k likeliest categories of each title (all, if there are fewer): [[(category, probability), ...], ...]."""
        return self._top(self._encoded("predict_top_k", titles), k)

    def predict_proba(self, titles, k=10):
        """The probabilities of the k likeliest categories, or of all if there are fewer, as a csr matrix (N, L).

        Each is the probability of its category alone: they need not add up to 1.
        """
        x = self._encoded("predict_proba", titles)
        ids, p = self.model_.top_k(x, min(k, self.model_.n_labels), self._threads)
        indptr = np.arange(0, ids.size + 1, ids.shape[1])
        matrix = sp.csr_array((p.ravel(), ids.ravel(), indptr), shape=(len(ids), self.model_.n_labels))
        matrix.sort_indices()
        return matrix

    def score(self, titles, categories):
        """P@1: the fraction of the titles whose likeliest category is a true one.

        Of those titles that have a category which the model knows; in the others nothing can be right.
        """
        self._check_fitted()
        data = self.encode(checked_records("score", titles, categories))
        ids, _ = self.model_.top_k(data.x, 1, self._threads)
        return metrics.precision_at_k(data.y, ids, 1)

    def explain(self, title, k=5):
        """Why the title gets its k likeliest categories: a list of `explanation.Explanation`, likeliest first."""
        self._check_fitted()
        if not isinstance(title, str):
            raise TypeError(f"explain: want one title, a str, got {type(title).__name__}")
        return explain(self.vocabulary_, self.model_, clean(title), k, self._threads)

    @property
    def _threads(self):
        return self.overrides.get("threads")

    def _encoded(self, where, titles):
        self._check_fitted()
        return self.vocabulary_.encode_titles(texts(where, titles))

    def _check_taken(self):
        if not hasattr(self, "model_"):
            raise ValueError("TitleClassifier: want one with a vocabulary, got one without: call fit or load first")

    def _check_fitted(self):
        if not hasattr(self, "threshold_"):
            raise ValueError("TitleClassifier: want a trained one, got one without: call fit or load first")

    def _top(self, x, k):
        ids, p = self.model_.top_k(x, min(k, self.model_.n_labels), self._threads)
        return self._pairs(np.arange(0, ids.size + 1, ids.shape[1]), ids.ravel(), p.ravel())

    def _pairs(self, indptr, ids, p):
        pairs = list(zip(map(self.classes_.__getitem__, ids.tolist()), p.tolist()))
        return [pairs[a:b] for a, b in zip(indptr[:-1].tolist(), indptr[1:].tolist())]

    # ---- as a folder

    def save(self, folder):
        """Write the model into a new folder, or in the place of another model, whole or not at all.

        It holds what predicting needs and nothing that could execute. OSError if it cannot be written, ValueError if
        something else lies there.
        """
        self._check_fitted()
        model_folder.write(folder, model_folder.Stored(
            self.recipe, self.overrides, self.vocabulary_, self.model_, self.categories_, self.threshold_,
            self.training_))

    @classmethod
    def load(cls, folder, threads=None):
        """The classifier that was saved there. Its parameters stay on disk and are mapped into memory as they are used.

        FileNotFoundError if there is no model, ValueError for one that is damaged or of another version.
        """
        stored = model_folder.read(folder)
        try:
            classifier = cls(stored.recipe, **stored.overrides, **({} if threads is None else {"threads": threads}))
        except (TypeError, ValueError) as error:
            raise model_folder.not_whole(folder, error) from None
        classifier._take(stored.vocabulary, stored.model, stored.categories, stored.training)
        classifier.threshold_ = stored.threshold
        return classifier

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_trainer"}  # it has threads


def _sorted_rows(matrix):
    """indptr, indices, data of a csr matrix, each row's largest value first, ties to the smaller id."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    return matrix.indptr, matrix.indices[order], matrix.data[order]
