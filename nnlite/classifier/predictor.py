"""`Predictor`: what a trained classifier answers, in the form in which the categories were given to `fit`."""

import sys
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.classifier.arguments import CategoryLists, Titles, checked_records, texts
from nnlite.classifier.fitted import encoded
from nnlite.classifier.forms import Form
from nnlite.classifier.settings import Settings
from nnlite.data.digests import repeated
from nnlite.data.vocabulary import Vocabulary
from nnlite.kernels import dense
from nnlite.mlp import MLP
from nnlite.scores import metrics
from nnlite.scores.explanation import unknown_share
from nnlite.system.number_arrays import finite
from nnlite.system.ranges import integer

MOST_LIKELY = 10  # categories of a title that `predict_proba` has where they were given as lists

Pairs = list[tuple[str, float]]  # categories and their probabilities, likeliest first


class Predictor(Settings):
    """A classifier that may have been trained: its predictions and scores."""

    vocabulary_: Vocabulary
    model_: MLP
    classes_: list[str] | np.ndarray
    categories_: Categories
    threshold_: float
    training_: dict[str, Any]
    title_digests_: np.ndarray
    _form: Form

    def predict(self, titles: Titles, threshold: float | None = None) -> Any:
        """The categories of each title, in the form in which `fit` was given them.

        lists: a list of tuples, likeliest first: the categories with a probability above the threshold; if none is
        given, above threshold_, or the likeliest: best F1. No category for a title without a known word.
        One text or number for each title: an array of the likeliest ones. ValueError for a threshold.
        matrix: 0 and 1, int64 (N, columns), csr if it was sparse; chosen as for lists.
        """
        self._check_fitted()
        if self._form.is_single:
            if threshold is not None:
                raise ValueError("predict: threshold: want none where each title has one category; see predict_above")
            x = self._encoded("predict", titles)
            return self.classes_[self._places[self._top(x, 1)[1]]]
        found = [tuple(name for name, _ in pairs) for pairs in self.predict_above(titles, threshold)]
        if not self._form.is_matrix:
            return found
        place = {name: i for i, name in enumerate(self.classes_)}
        columns = [place[name] for names in found for name in names]
        indptr = np.cumsum([0, *map(len, found)])
        matrix = sp.csr_array((np.ones(len(columns), np.int64), columns, indptr), (len(found), len(place)))
        matrix.sort_indices()
        return matrix if self._form.kind == "sparse" else matrix.toarray()

    def predict_above(self, titles: Titles, threshold: float | None = None) -> list[Pairs]:
        """The categories of each title as `predict` chooses them for lists: [[(category, probability), ...], ...]."""
        x = self._encoded("predict", titles)
        above = self.model_.above(x, self.threshold_ if threshold is None else threshold, self.threads)
        rows = np.repeat(np.arange(above.shape[0]), np.diff(above.indptr))
        order = np.lexsort((above.indices, -above.data, rows))  # each row's likeliest first, ties to the smaller id
        found = self._pairs(above.indptr, above.indices[order], above.data[order])
        if threshold is None:
            alone = np.flatnonzero((np.diff(above.indptr) == 0) & (np.diff(x.indptr) > 0))
            for i, likeliest in zip(alone, self._pairs(*self._top(x[alone], 1))):
                found[i] = likeliest
        return [pairs if known else [] for pairs, known in zip(found, np.diff(x.indptr))]

    def predict_top_k(self, titles: Titles, k: int = 5) -> list[Pairs]:
        """The k likeliest categories of each title (all, if there are fewer): [[(category, probability), ...], ...].

        TypeError unless k is an integer and titles are texts, ValueError for k below 1 or if nothing has been learnt.
        """
        return self._pairs(*self._top(self._encoded("predict_top_k", titles), k))

    def predict_proba(self, titles: Titles, k: int | None = None) -> np.ndarray | sp.csr_array:
        """The probabilities of the categories, float32 (N, L): a column for each of classes_.

        k: None, or of how many categories of each title, the likeliest (all, if fewer): then csr. What it does not hold
        is not 0, but at most as likely as the least likely one that it holds of the same title.
        By default an array of all of them; but csr with k = 10 where categories were given as lists, because N x L
        numbers may be too many. k=len(classes_) gives all. A column of a matrix that was too rare to be learnt is 0.
        Probabilities add up to 1 only with output="softmax". Raises as `predict_top_k`.
        """
        x = self._encoded("predict_proba", titles)
        if k is None and self._form.kind != "lists":
            return self._all(x)
        indptr, ids, p = self._top(x, MOST_LIKELY if k is None else k)
        matrix = sp.csr_array((p, self._places[ids], indptr), shape=(indptr.size - 1, len(self.classes_)))
        matrix.sort_indices()
        return matrix

    def _all(self, x):
        """The probabilities of all of classes_, (N, L)."""
        found, places = np.zeros((x.shape[0], len(self.classes_)), np.float32), self._places

        def keep(rows, tile, z):
            p = z.copy()
            dense.sigmoid(p)
            found[rows, places[tile]] = p

        self.model_.each_tile(x, keep, self.threads)
        return finite("predict_proba", found)

    def score(self, titles: Titles, categories: CategoryLists) -> float:
        """P@1: the fraction of the titles whose likeliest category is a true one.

        Titles without a category that the model knows are left out: no prediction for them can be right.
        """
        self._check_fitted()
        records = checked_records("score", titles, categories, self._form.columns)
        data = encoded(records, self.categories_, self.vocabulary_)
        return metrics.precision_at_k(data.y, self.model_.top_k(data.x, 1, self.threads)[0], 1)

    def n_trained_on(self, titles: Titles) -> int | None:
        """How many of the titles, whatever their case, the model was trained on; None where it was not noted."""
        self._check_fitted()
        found = repeated(texts("n_trained_on", titles), self.title_digests_)
        return None if found is None else int(found.sum())

    def unknown_share(self, titles: Titles) -> float | None:
        """The fraction of the words of the titles, as often as they occur, that the model does not know.

        It rises as the language of titles departs from that of the training, and can be watched without categories.
        Titles that were trained on have a lower one than new titles, because a word is kept for occurring in several.
        0 for titles without words, None with hash_size, where no word is unknown.
        """
        self._check_fitted()
        return unknown_share(self.vocabulary_, texts("unknown_share", titles))

    def _encoded(self, where: str, titles: Titles) -> sp.csr_array:
        self._check_fitted()
        return self.vocabulary_.encode_titles(texts(where, titles))

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            error = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", ValueError)  # a ValueError
            raise error("TitleClassifier: want a trained one, got one without: call fit or load first")

    @property
    def _places(self) -> np.ndarray:
        return self._form.places(self.vocabulary_.labels)

    def _top(self, x: sp.csr_array, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The k likeliest labels of each row as indptr, ids, probabilities."""
        ids, p = self.model_.top_k(x, min(integer("k", k), self.model_.n_labels), self.threads)
        return np.arange(0, ids.size + 1, ids.shape[1]), ids.ravel(), p.ravel()

    def _pairs(self, indptr: np.ndarray, ids: np.ndarray, p: np.ndarray) -> list[Pairs]:
        pairs = list(zip(map(self.vocabulary_.labels.__getitem__, ids.tolist()), p.tolist()))
        return [pairs[a:b] for a, b in zip(indptr[:-1].tolist(), indptr[1:].tolist())]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "threshold_")

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator; the caller has imported it.

        A "classifier" promises one category for each title or a matrix of them. Trained on either it is one; before,
        or if it was trained on lists, it is not, because scikit-learn would refuse the lists.
        """
        utils = sys.modules["sklearn.utils"]
        form = self._form if self.__sklearn_is_fitted__() else Form()
        more = {} if form.kind == "lists" else {"classifier_tags": utils.ClassifierTags(multi_label=form.is_matrix)}
        return utils.Tags(
            estimator_type="classifier" if more else None,
            target_tags=utils.TargetTags(required=True, multi_output=True),
            input_tags=utils.InputTags(one_d_array=True, two_d_array=False, string=True, allow_nan=True), **more)
