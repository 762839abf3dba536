"""`TitleClassifier`: titles in, category names out; a recipe, its vocabulary and its network as one object.

It follows scikit-learn's conventions and works in its pipelines and searches; scikit-learn need not be installed.
"""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.classifier import model_folder
from nnlite.classifier.arguments import CategoryLists, Titles, Validation, checked_records, rereader, texts
from nnlite.classifier.fitted import changed, encoded, fitted
from nnlite.classifier.noted_fit import OnStep, noted_fit
from nnlite.classifier.settings import Settings
from nnlite.classifier.said import about_data, about_new, about_validation
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.data.cleaning import clean
from nnlite.data.csr import check_weights
from nnlite.data.dataset import Dataset
from nnlite.data.digests import TitleDigests, digests, merged, repeated
from nnlite.data.holdout import HeldOut
from nnlite.data.records import Record
from nnlite.data.vocabulary import Vocabulary
from nnlite.network.mlp import MLP
from nnlite.scores import metrics
from nnlite.scores.calibration import best_threshold
from nnlite.scores.explanation import Explanation, explain
from nnlite.training import recipes
from nnlite.training.claims import one_at_a_time
from nnlite.training.divergence import check_finite
from nnlite.training.trainer import Trainer

MAX_COUNTS = 5_000_000  # words that `fit_files` counts at a time: 200 MB
THRESHOLD_ROWS = 20_000  # of the training or validation rows, for the threshold

Pairs = list[tuple[str, float]]  # categories and their probabilities, likeliest first


class TitleClassifier(Settings):
    """Learns the categories of products from their titles, and predicts those of new titles.

    recipe: "default" learns; "deck" is a textbook recipe that hardly does (see `recipes`)
    overrides: settings that replace the recipe's, by the names in `recipes.SETTINGS`, such as epochs=3, hidden=(400,),
    min_count=5, dropout=0.2, seed=1, threads=4. TypeError for another name.

    Titles are a list (or array) of str, cleaned as `read_records` cleans them. Words are lower-cased runs of letters,
    digits and combining marks of any script, separated by punctuation and emoji. In scripts without spaces, such as
    Chinese, Japanese and Thai, an unbroken run is one word, and `stem` its first letters. Full-width letters are as
    others, and Arabic and Hebrew lose their vowel points (`data.letters`).
    The default recipe also has features of punctuation, emoji and the title's length. For a title without a
    known word the network predicts from the categories' frequencies alone, and `predict` names no category.

    mapping (a `Mapping` or the file of one) replaces raw categories by others. major (a number or a list of names)
    gives each product one of a few categories and makes the network choose between them (softmax).

    After `fit`: vocabulary_ (Vocabulary), model_ (MLP), classes_ (the category names, by id), categories_ (Categories:
    how raw ones are mapped), threshold_ (the probability above which `predict` names a category), training_ (a dict:
    records, steps, losses, seconds, scores on the validation data after each epoch, counts of what was dropped).

    One thread trains at a time, others raise RuntimeError. Predictions meanwhile raise ValueError if it is a `fit`; in
    a `partial_fit` they use values from before and after some updates.
    """

    vocabulary_: Vocabulary
    model_: MLP
    classes_: Sequence[str]
    categories_: Categories
    threshold_: float
    training_: dict[str, Any]
    title_digests_: np.ndarray
    _trainer: Trainer

    def __init__(self, recipe: str = "default", **overrides: Any) -> None:
        self.recipe = recipe
        self.overrides: dict[str, Any] = {}
        self.set_params(recipe=recipe, **overrides)

    @one_at_a_time
    def fit(self, titles: Titles, categories: CategoryLists, validation: Validation = None,
            on_step: OnStep = None, sample_weight: Sequence[float] | np.ndarray | None = None) -> "TitleClassifier":
        """Learn from titles (a list of str) and the categories of each (a list of collections of str). Returns self.

        validation: (titles, categories) to score after each epoch and to choose the threshold by, instead of by the
        training titles    on_step: called with a `trainer.Step` after every update
        sample_weight: how much each title counts, at least 0; 2 is as if the title were there twice
        Ctrl-C ends the training after the current step and raises KeyboardInterrupt; what was learnt can be used.
        TypeError for anything but lists of texts, ValueError if no word or no category occurs often enough, or if all
        titles have the same categories: there is nothing to learn.
        """
        records = checked_records("fit", titles, categories)
        held_out = checked_records("fit: validation", *validation) if validation else None
        features, asked, others = recipes.split(self.recipe, self.overrides)
        known = Categories.choose(records, **asked)
        if sample_weight is not None:
            weights = check_weights("fit: sample_weight", np.asarray(sample_weight), len(records))[known.kept(records)]
        records, news = known.apply(records)
        vocabulary = Vocabulary.build(records, **features)
        data = vocabulary.encode(records)
        data.weights = None if sample_weight is None else weights
        counts = about_data(vocabulary, data, sum(not names for _, names in records))
        titles_seen = merged(digests(title for title, _ in records))
        trainer = recipes.RECIPES[self.recipe](data, **others)
        judged, seen = about_validation(held_out, known, vocabulary, titles_seen)
        self._train(trainer, data, judged, on_step, title_digests_=titles_seen,
                    **fitted(vocabulary, trainer.model, known, {"categories": news, "counts": counts | seen}))
        return self

    @one_at_a_time
    def fit_files(self, paths: Sequence[str | PathLike], /, chunks: str | PathLike, validation: Validation = None,
                  on_step: OnStep = None, left_out: HeldOut | None = None, **reading: Any) -> "TitleClassifier":
        """As `fit`, on product files (what `read_records` reads) that need not fit into memory. Returns self.

        chunks: a folder for the encoded records, which is made, completed or reused (`write_chunks`). The files are
        read twice: words and categories are counted first, and the rarest are forgotten when there are more than
        MAX_COUNTS. Major categories must be given by name, and take one more pass. left_out: the products that are not
        trained on; they are the validation data if no others are given. reading: options of `read_records`, noted in
        training_. Raises what `read_records`, `write_chunks` and `fit` raise.
        """
        features, asked, others = recipes.split(self.recipe, self.overrides)
        if isinstance(asked.get("major"), (int, np.integer)):
            raise ValueError("fit_files: major: want names, because a number needs all records at once, got a number")
        read, reading = rereader("fit_files", paths, reading, left_out)
        held_out = checked_records("fit_files: validation", *validation) if validation else None
        known = Categories.choose(read(), **asked)
        noted = TitleDigests()
        vocabulary = Vocabulary.build(noted.noting(known.stream(read())), max_counts=MAX_COUNTS, **features)
        data = write_chunks(Path(chunks), known.stream(read()), vocabulary, sources=paths,
                            reading=reading | ({"left_out": left_out.crc32()} if left_out else {}))
        held_out = left_out.records if left_out and not held_out else held_out
        counts, titles_seen = about_data(vocabulary, data), noted.result()
        trainer = recipes.RECIPES[self.recipe](data, **others)
        judged, seen = about_validation(held_out, known, vocabulary, titles_seen)
        self._train(trainer, data, judged, on_step, title_digests_=titles_seen,
                    **fitted(vocabulary, trainer.model, known, {"categories": [], "reading": reading,
                                                                "counts": counts | seen}))
        return self

    def partial_fit(self, titles: Titles, categories: CategoryLists, on_step: OnStep = None) -> "TitleClassifier":
        """Learn from some more titles and their categories, with all the epochs of the recipe. Returns self.

        The first call is a `fit`: its words and categories are kept, and later calls ignore all others. The optimiser
        keeps its state, so that rows of the network that are already trained move less than new ones. The state is not
        part of a saved model: after `load` it starts anew, and more of what was learnt is forgotten.
        """
        return (self._fit_more if hasattr(self, "model_") else self.fit)(titles, categories, on_step=on_step)

    @one_at_a_time
    def _fit_more(self, titles: Titles, categories: CategoryLists, on_step: OnStep) -> "TitleClassifier":
        records, _ = self.categories_.apply(checked_records("partial_fit", titles, categories))
        data, news = self.vocabulary_.encode(records), about_new(records, self.vocabulary_)
        trainer = getattr(self, "_trainer", None)
        if trainer is None or trainer.model is not self.model_:
            trainer = self._new_trainer(data)
        trainer.checkpoints = None  # they would be those of other titles
        seen = self.training_ | {"curve": list(self.training_.get("curve", [])),
                                 "counts": self.training_.get("counts", {}) | news}
        self._train(trainer, data, None, on_step, model_=trainer.model, training_=seen,
                    title_digests_=merged(self.title_digests_, digests(title for title, _ in records)))
        return self

    def _new_trainer(self, data: Dataset) -> Trainer:
        """A trainer of a copy of the network, whose optimiser starts anew."""
        _, _, others = recipes.split(self.recipe, self.overrides)
        network = {name: getattr(self.model_, name) for name in recipes.SETTINGS["network"]}
        trainer = recipes.RECIPES[self.recipe](data, **others | network)
        for name, p in self.model_.params.items():
            trainer.model.params[name][:] = p
        return trainer

    def encode(self, records: Iterable[Record]) -> Dataset:
        """The Dataset of some records, with the words and the categories that this model knows.

        Where categories are mapped or reduced to major ones, records that keep no category are left out.
        """
        if not hasattr(self, "model_"):
            raise ValueError("TitleClassifier: want one with a vocabulary, got one without: call fit or load first")
        return encoded(records, self.categories_, self.vocabulary_)

    def _train(self, trainer: Trainer, data: Dataset | ChunkFolder, held_out: Dataset | None, on_step: OnStep,
               **attributes: Any) -> None:
        """Set the attributes, train and choose the threshold, also after Ctrl-C, which is raised again."""
        with changed(self, _trainer=trainer, **attributes):
            interrupt = noted_fit(trainer, data, held_out, on_step, self.training_)
        judged = held_out or (data if isinstance(data, Dataset) else data[0])
        rows = np.linspace(0, len(judged) - 1, min(THRESHOLD_ROWS, len(judged))).astype(int)
        self.threshold_ = best_threshold(self.model_, judged.x[rows], threads=self._threads)
        if interrupt:
            raise interrupt

    def predict(self, titles: Titles, threshold: float | None = None) -> list[tuple[str, ...]]:
        """The names of the categories of each title, likeliest first, as a list of tuples.

        Those with a probability above the threshold; if none is given, above threshold_, or the likeliest: best F1.
        """
        return [tuple(name for name, _ in found) for found in self.predict_above(titles, threshold)]

    def predict_above(self, titles: Titles, threshold: float | None = None) -> list[Pairs]:
        """As `predict`, with the probabilities: [[(category, probability), ...], ...]."""
        x = self._encoded("predict", titles)
        above = self.model_.above(x, self.threshold_ if threshold is None else threshold, self._threads)
        rows = np.repeat(np.arange(above.shape[0]), np.diff(above.indptr))
        order = np.lexsort((above.indices, -above.data, rows))  # each row's likeliest first, ties to the smaller id
        found = self._pairs(above.indptr, above.indices[order], above.data[order])
        if threshold is None:
            alone = np.flatnonzero((np.diff(above.indptr) == 0) & (np.diff(x.indptr) > 0))
            for i, likeliest in zip(alone, self._pairs(*self._top(x[alone], 1))):
                found[i] = likeliest
        return [pairs if known else [] for pairs, known in zip(found, np.diff(x.indptr))]

    def predict_top_k(self, titles: Titles, k: int = 5) -> list[Pairs]:
        """The k likeliest categories of each title (all, if there are fewer): [[(category, probability), ...], ...]."""
        return self._pairs(*self._top(self._encoded("predict_top_k", titles), k))

    def predict_proba(self, titles: Titles, k: int = 10) -> sp.csr_array:
        """The probabilities of the k likeliest categories (all, if fewer), csr (N, L). They need not add up to 1."""
        indptr, ids, p = self._top(self._encoded("predict_proba", titles), k)
        matrix = sp.csr_array((p, ids, indptr), shape=(indptr.size - 1, self.model_.n_labels))
        matrix.sort_indices()
        return matrix

    def score(self, titles: Titles, categories: CategoryLists) -> float:
        """P@1: the fraction of the titles whose likeliest category is a true one.

        Titles without a category that the model knows are left out: no prediction for them can be right.
        """
        self._check_fitted()
        data = self.encode(checked_records("score", titles, categories))
        return metrics.precision_at_k(data.y, self.model_.top_k(data.x, 1, self._threads)[0], 1)

    def n_trained_on(self, titles: Titles) -> int | None:
        """How many of the titles, whatever their case, the model was trained on; None where it was not noted."""
        self._check_fitted()
        found = repeated(texts("n_trained_on", titles), self.title_digests_)
        return None if found is None else int(found.sum())

    def explain(self, title: str, k: int = 5) -> list[Explanation]:
        """The effect of each word of the title on its k likeliest categories, likeliest first."""
        self._check_fitted()
        if not isinstance(title, str):
            raise TypeError(f"explain: want one title, a str, got {type(title).__name__}")
        return explain(self.vocabulary_, self.model_, clean(title), k, self._threads)

    @property
    def _threads(self) -> int | None:
        return self.overrides.get("threads")

    def _encoded(self, where: str, titles: Titles) -> sp.csr_array:
        self._check_fitted()
        return self.vocabulary_.encode_titles(texts(where, titles))

    def _check_fitted(self) -> None:
        if not hasattr(self, "threshold_"):
            raise ValueError("TitleClassifier: want a trained one, got one without: call fit or load first")

    def _top(self, x: sp.csr_array, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The k likeliest labels of each row as indptr, ids, probabilities."""
        ids, p = self.model_.top_k(x, min(k, self.model_.n_labels), self._threads)
        return np.arange(0, ids.size + 1, ids.shape[1]), ids.ravel(), p.ravel()

    def _pairs(self, indptr: np.ndarray, ids: np.ndarray, p: np.ndarray) -> list[Pairs]:
        pairs = list(zip(map(self.classes_.__getitem__, ids.tolist()), p.tolist()))
        return [pairs[a:b] for a, b in zip(indptr[:-1].tolist(), indptr[1:].tolist())]

    def save(self, folder: str | PathLike) -> None:
        """Write the model into a new folder, or replace the model there, atomically. Nothing in it can execute.

        OSError if it cannot be written, ValueError if the folder holds something else, FloatingPointError if there are
        parameters that are not finite.
        """
        self._check_fitted()
        self.model_.check()
        check_finite(f"{folder}: not saved", self.model_.params, "a training with a smaller learning rate")
        model_folder.write(folder, model_folder.Stored(
            self.recipe, self.overrides, self.vocabulary_, self.model_, self.categories_, self.threshold_,
            self.training_, self.title_digests_))

    @classmethod
    def load(cls, folder: str | PathLike, threads: int | None = None) -> "TitleClassifier":
        """The classifier saved in a folder. Its parameters stay on disk and are mapped into memory as they are used.

        FileNotFoundError if there is no model, ValueError for one that is damaged or of another version.
        """
        stored = model_folder.read(folder)
        try:
            classifier = cls(stored.recipe, **stored.overrides, **({} if threads is None else {"threads": threads}))
        except (TypeError, ValueError) as error:
            raise model_folder.not_whole(folder, error) from None
        vars(classifier).update(fitted(stored.vocabulary, stored.model, stored.categories, stored.training),
                                threshold_=stored.threshold, title_digests_=stored.title_digests)
        return classifier

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_trainer"}  # it has threads
