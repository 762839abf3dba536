"""scikit-learn as a system of the quality benchmark: one LinearSVC, or one SGDClassifier with log loss, for each label.

The classifiers train on threads, which share the features: both release the interpreter's lock. A label without a
training row, possible in a validation part, gets OneVsRestClassifier's constant, and its warning is not shown.
"""

import pickle
import warnings

import joblib
import sklearn
from sklearn.linear_model import SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from benchmarks.quality import protocol


class OneVsRest:
    def __init__(self, job, folder, threads, seed, **params):
        self.job, self.folder, self.threads = job, folder, threads
        self.x, self.test_x = job.weighted(job.train_x), job.weighted(job.test_x)
        self.model = OneVsRestClassifier(self.classifier(seed, **params), n_jobs=threads)
        self.versions = {"scikit-learn": sklearn.__version__}
        warnings.filterwarnings("ignore", message="Label .* is present in")

    def train(self) -> None:
        with joblib.parallel_config(backend="threading", n_jobs=self.threads):
            self.model.fit(self.x, self.job.train_y)

    def top_k(self, k: int):
        return protocol.best(self.model.decision_function(self.test_x), k)

    def save(self):
        path = self.folder / "model.pickle"
        with open(path, "wb") as file:
            pickle.dump(self.model, file)
        return path


class Svc(OneVsRest):
    def classifier(self, seed, **params):
        return LinearSVC(random_state=seed, **params)


class Sgd(OneVsRest):
    def classifier(self, seed, **params):
        return SGDClassifier(loss="log_loss", random_state=seed, **params)

    def probabilities(self):
        return self.model.predict_proba(self.test_x)


if __name__ == "__main__":
    protocol.serve({"svc": Svc, "sgd": Sgd})
