"""scikit-learn as a system of the quality benchmark: one LinearSVC, or one SGDClassifier with log loss, for each label.

The classifiers train on threads, which share the features: both release the interpreter's lock. A label without a
training row, possible with few titles, gets a constant of OneVsRestClassifier, 0, which would be above all labels that
are unlikely; here it comes last, and the warning is not shown. Forms `own-...` make TF-IDF rows of words and pairs of
words with TfidfVectorizer.
"""

import pickle
import warnings

import joblib
import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from benchmarks.quality import protocol


class Svc:
    """The shared features."""

    def __init__(self, job, folder, threads, seed, **params):
        self.job, self.folder, self.threads, self.vectorizer = job, folder, threads, None
        self.model = OneVsRestClassifier(self.classifier(seed, **params), n_jobs=threads)
        self.versions = {"scikit-learn": sklearn.__version__}
        warnings.filterwarnings("ignore", message="Label .* is present in")
        self.load()

    @staticmethod
    def classifier(seed, **params):
        return LinearSVC(random_state=seed, **params)

    def load(self) -> None:
        """What does not count as training."""
        self.x, self.test_x = self.job.weighted(self.job.train_x), self.job.weighted(self.job.test_x)
        self.y = self.job.train_y

    def train(self) -> None:
        with joblib.parallel_config(backend="threading", n_jobs=self.threads):
            self.model.fit(self.x, self.y)

    def top_k(self, k: int):
        scores = self.model.decision_function(self.test_x)
        scores[:, np.bincount(self.y.indices, minlength=self.y.shape[1]) == 0] = -np.inf
        return protocol.best(scores, k)

    def save(self):
        path = self.folder / "model.pickle"
        with open(path, "wb") as file:
            pickle.dump((self.vectorizer, self.model), file)
        return path


class Sgd(Svc):
    @staticmethod
    def classifier(seed, **params):
        return SGDClassifier(loss="log_loss", random_state=seed, **params)

    def probabilities(self):
        return self.model.predict_proba(self.test_x)


class OwnFeatures:
    """Features from titles; to be mixed into one of the above."""

    def load(self) -> None:
        self.vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, dtype=np.float32)
        self.y = self.job.train_y

    def prepare(self) -> None:
        self.x = self.vectorizer.fit_transform(self.job.titles("train.jsonl"))

    def prepare_test(self) -> None:
        self.test_x = self.vectorizer.transform(self.job.titles("test.jsonl"))


class OwnSvc(OwnFeatures, Svc):
    pass


class OwnSgd(OwnFeatures, Sgd):
    pass


if __name__ == "__main__":
    protocol.serve({"svc": Svc, "sgd": Sgd, "own-svc": OwnSvc, "own-sgd": OwnSgd})
