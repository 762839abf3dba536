"""napkinXC as a system of the quality benchmark: probabilistic label trees, and one classifier a label.

Its `OVR` is for exactly one label a row; `BR`, binary relevance, is one-vs-rest for many labels. It writes the model
while it trains and loads it before it predicts, so the first prediction reads the disk. It scales rows to length 1
itself (norm=True). What it calls probabilities are probabilities only if the loss is logistic.
"""

from importlib.metadata import version

from napkinxc.models import BR, PLT

from benchmarks.quality import protocol


class Napkin:
    model_class = PLT

    def __init__(self, job, folder, threads, seed, **params):
        self.job, self.folder = job, folder / "model"
        self.x, self.y = job.weighted(job.train_x), protocol.rows_of(job.train_y)
        self.test_x = job.weighted(job.test_x)
        self.model = self.model_class(str(self.folder), threads=threads, seed=seed, **params)
        self.versions = {"napkinxc": version("napkinxc")}

    def train(self) -> None:
        self.model.fit(self.x, self.y)

    def top_k(self, k: int):
        return self.model.predict(self.test_x, top_k=k)

    def probabilities(self):
        if self.model.get_params()["loss"] != "log":
            return None
        n_labels = self.job.train_y.shape[1]
        return protocol.table_of(self.model.predict_proba(self.test_x, top_k=n_labels), n_labels)

    def save(self):
        return self.folder


class NapkinOneVsRest(Napkin):
    model_class = BR


if __name__ == "__main__":
    protocol.serve({"plt": Napkin, "ovr": NapkinOneVsRest})
