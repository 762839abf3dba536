"""omikuji as a system of the quality benchmark: Parabel's trees, trained on a file, asked for one row at a time.

The file is written before the clock starts; reading it is part of training, because omikuji trains on nothing else. It
refuses rows without features, so they are left out of training. Its scores are not probabilities: the default loss is a
hinge, and labels that the beam does not reach have no score.
"""

from importlib.metadata import version

import omikuji

from benchmarks.quality import protocol


class Omikuji:
    def __init__(self, job, folder, threads, seed, **params):
        self.threads, self.path, self.folder = threads, folder / "train.txt", folder / "model"
        self.hyper_param = omikuji.Model.default_hyper_param()
        for name, value in params.items():
            setattr(self.hyper_param, name, value)
        if "linear_loss_type" in params:
            self.hyper_param.linear_loss_type = omikuji.LossType[params["linear_loss_type"]].value
        x, labels = protocol.pairs_of(job.weighted(job.train_x)), protocol.rows_of(job.train_y)
        lines = [",".join(map(str, ids)) + " " + " ".join(f"{i}:{v:.6g}" for i, v in row)
                 for row, ids in zip(x, labels) if row]
        header = f"{len(lines)} {job.train_x.shape[1]} {job.train_y.shape[1]}"
        protocol.write_lines(self.path, [header, *lines])
        self.rows = protocol.pairs_of(job.weighted(job.test_x))
        self.versions = {"omikuji": version("omikuji")}

    def train(self) -> None:
        self.model = omikuji.Model.train_on_data(str(self.path), self.hyper_param, self.threads)

    def top_k(self, k: int):
        return [[label for label, _ in self.model.predict(row, top_k=k)] for row in self.rows]

    def save(self):
        self.model.save(str(self.folder))
        return self.folder


if __name__ == "__main__":
    protocol.serve({"trees": Omikuji})
