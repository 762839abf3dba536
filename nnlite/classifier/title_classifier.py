"""`TitleClassifier`: titles in, category names out; a recipe, its vocabulary and its network as one object.

It follows scikit-learn's conventions and works in its pipelines and searches; scikit-learn need not be installed.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from os import PathLike
from typing import Any

import numpy as np

from nnlite.categories.choice import Categories
from nnlite.classifier import model_folder
from nnlite.classifier.arguments import CategoryLists, Titles, Validation, checked_validation, labelled, rereader
from nnlite.classifier.fitted import changed, encoded, encoded_files, fitted
from nnlite.classifier.forms import Form
from nnlite.classifier.growing import more, settle
from nnlite.classifier.noted_fit import OnStep, noted_fit
from nnlite.classifier.page.example import examples
from nnlite.classifier.page.page import write_page
from nnlite.classifier.predictor import Predictor
from nnlite.classifier.said import about_data, about_unknown, about_validation
from nnlite.classifier.settings import check_names
from nnlite.classifier.shrinking import shrunk
from nnlite.data.chunks import CHUNK_ROWS, ChunkFolder
from nnlite.data.cleaning import clean
from nnlite.system.number_arrays import check_weights
from nnlite.data.dataset import Dataset
from nnlite.data.digests import TitleDigests, digests, merged
from nnlite.data.holdout import HeldOut
from nnlite.data.records import Record
from nnlite.data.vocabulary import Vocabulary
from nnlite.precision.choice import products_of
from nnlite.ranks.sharded_mlp import to_predict
from nnlite.scores.calibration import best_threshold
from nnlite.scores.evaluation import evaluate
from nnlite.scores.explanation import Explanation, explain
from nnlite.training import recipes
from nnlite.training.claims import one_at_a_time
from nnlite.training.divergence import check_finite
from nnlite.training.trainer import Trainer

MAX_COUNTS = 5_000_000  # words that `fit_files` counts at a time: 200 MB
THRESHOLD_ROWS = 20_000  # of the training or validation rows, for the threshold

_log = logging.getLogger("nnlite")


class TitleClassifier(Predictor):
    """Learns the categories of products from their titles, and predicts those of new titles.

    The arguments are those of `Settings`: a recipe, and what replaces its settings, such as epochs=3, hidden=400,
    min_count=5, dropout=0.2, seed=1, threads=4.

    Titles are a list of str, an array, a pandas or Polars column, or a table with one column. Missing ones count as
    empty titles, and a warning on the logger "nnlite" says how many there are. Categories have one of the forms in
    `forms`, such as a list of tuples, a text for each title, or a matrix of 0 and 1; `predict` answers in that form.

    Titles are cleaned as `read_records` cleans them. Words are lower-cased runs of letters, digits and combining marks
    of any script, separated by punctuation and emoji. In scripts without spaces, such as Chinese, Japanese and Thai, an
    unbroken run is one word, and `stem` its first letters. Full-width letters are as others, and Arabic and Hebrew lose
    their vowel points (`data.letters`).
    The default recipe also has features of punctuation, emoji and the title's length. For a title without a
    known word the network predicts from the categories' frequencies alone, and `predict` names no category.

    mapping (a `Mapping` or the file of one) replaces raw categories by others. major (a number or a list of names)
    gives each product one of a few categories and makes the network choose between them (softmax).

    After `fit`: vocabulary_ (Vocabulary), model_ (MLP), classes_ (the categories that can be predicted: the columns of
    `predict_proba`; of lists, the names by id), categories_ (Categories: how raw ones are mapped), threshold_ (the
    probability above which `predict` names a category), training_ (a dict: records, steps, losses, seconds, scores on
    the validation data after each epoch, counts of what was dropped).

    One thread trains at a time, others raise RuntimeError. Predictions meanwhile raise ValueError if it is a `fit`; in
    a `partial_fit` they use values from before and after some updates.
    """

    _trainer: Trainer

    @one_at_a_time
    def fit(self, titles: Titles, categories: CategoryLists, validation: Validation = None,
            on_step: OnStep = None, sample_weight: Sequence[float] | np.ndarray | None = None,
            classes: Sequence | None = None) -> "TitleClassifier":
        """Learn from titles and the categories of each, which may have any form of `forms`. Returns self.

        validation: (titles, categories) to score after each epoch and to choose the threshold by, instead of by the
        training titles    on_step: called with a `trainer.Step` after every update
        sample_weight: how much each title counts, at least 0; 2 is as if the title were there twice
        classes: the columns' names of a matrix of categories; by default those of a table, or the columns' numbers
        Ctrl-C ends the training after the current step and raises KeyboardInterrupt; what was learnt can be used.
        TypeError for titles or categories of another form, ValueError if no word or no category occurs often enough, or
        if all titles have the same categories: there is nothing to learn.
        """
        records, form = labelled("fit", titles, categories, classes)
        held_out = checked_validation("fit", validation, form.columns)
        features, asked, others = recipes.split(self.recipe, self.overrides)
        known = Categories.choose(records, **asked)
        if sample_weight is not None:
            weights = check_weights("fit: sample_weight", np.asarray(sample_weight), len(records))[known.kept(records)]
            if not weights.any():
                raise ValueError("fit: sample_weight: all weights are zero: there is nothing to learn")
        records, news = known.apply(records)
        vocabulary = Vocabulary.build(records, **features)
        form.check(vocabulary.labels)
        data = vocabulary.encode(records)
        data.weights = None if sample_weight is None else weights
        counts = about_data(vocabulary, data, sum(not names for _, names in records))
        titles_seen = merged(digests(title for title, _ in records))
        trainer = recipes.RECIPES[self.recipe](data, **others)
        judged, seen = about_validation(held_out, known, vocabulary, titles_seen)
        self._train(trainer, data, judged, on_step, title_digests_=titles_seen,
                    **fitted(vocabulary, trainer.model, known, form, {"categories": news, "counts": counts | seen}))
        return self

    @one_at_a_time
    def fit_files(self, paths: Sequence[str | PathLike], /, chunks: str | PathLike, validation: Validation = None,
                  on_step: OnStep = None, left_out: HeldOut | None = None, chunk_rows: int = CHUNK_ROWS,
                  **reading: Any) -> "TitleClassifier":
        """As `fit`, on product files (what `read_records` reads) that need not fit into memory. Returns self.

        chunks: a folder for the encoded records, which is made, completed or reused (`write_chunks`). The files are
        read twice: words and categories are counted first, and the rarest are forgotten when there are more than
        MAX_COUNTS. Major categories must be given by name, and take one more pass. left_out: the products that are not
        trained on; they are the validation data if no others are given. reading: options of `read_records`, noted in
        training_. chunk_rows: in memory together. Raises what `read_records`, `write_chunks` and `fit` raise.
        """
        features, asked, others = recipes.split(self.recipe, self.overrides)
        if isinstance(asked.get("major"), (int, np.integer)):
            raise ValueError("fit_files: major: want names, because a number needs all records at once, got a number")
        read, reading = rereader("fit_files", paths, reading, left_out)
        held_out = checked_validation("fit_files", validation)
        known = Categories.choose(read(), **asked)
        noted = TitleDigests()
        vocabulary = Vocabulary.build(noted.noting(known.stream(read())), max_counts=MAX_COUNTS, **features)
        data = encoded_files(chunks, lambda: known.stream(read()), vocabulary, chunk_rows, paths,
                             reading | ({"left_out": left_out.crc32()} if left_out else {}))
        held_out = left_out.records if left_out and not held_out else held_out
        counts, titles_seen = about_data(vocabulary, data), noted.result()
        trainer = recipes.RECIPES[self.recipe](data, **others)
        judged, seen = about_validation(held_out, known, vocabulary, titles_seen)
        self._train(trainer, data, judged, on_step, title_digests_=titles_seen,
                    **fitted(vocabulary, trainer.model, known, Form(), {"categories": [], "reading": reading,
                                                                        "counts": counts | seen}))
        return self

    def partial_fit(self, titles: Titles, categories: CategoryLists, on_step: OnStep = None,
                    classes: Sequence | None = None, grow: bool = False, validation: Validation = None,
                    ) -> "TitleClassifier":
        """Learn from some more titles and their categories, with all the epochs of the recipe. Returns self.

        The first call is a `fit`: its words and categories are kept, and later calls ignore all others. The optimiser
        keeps its state, so that rows of the network that are already trained move less than new ones. The state is not
        part of a saved model: after `load` it starts anew, and more of what was learnt is forgotten.

        grow: learn new words and categories too, those that reach min_count and label_min_count in these titles, up to
        5,000,000 words and 500,000 categories in all, and forget little, see `growing`. The classifier predicts as
        before until the training ends, and if it fails.    validation: as in `fit`
        """
        if not hasattr(self, "model_"):
            return self.fit(titles, categories, validation, on_step, classes=classes)
        return self._fit_more(titles, categories, on_step, classes, grow, validation)

    @one_at_a_time
    def _fit_more(self, titles: Titles, categories: CategoryLists, on_step: OnStep, classes: Sequence | None,
                  grow: bool, validation: Validation) -> "TitleClassifier":
        records, _ = labelled("partial_fit", titles, categories, classes, self._form.columns)
        held_out = checked_validation("partial_fit", validation, self._form.columns)
        what, one = more(self, getattr(self, "_trainer", None), records, held_out, grow), copy(self) if grow else self
        try:
            one._train(what.trainer, what.data, what.judged, on_step, what.before, **what.attributes)
        except KeyboardInterrupt:
            vars(self).update(vars(one))
            raise
        vars(self).update(vars(one))
        return self

    def encode(self, records: Iterable[Record]) -> Dataset:
        """The Dataset of some records, with the words and the categories that this model knows.

        Where categories are mapped or reduced to major ones, records that keep no category are left out.
        """
        if not hasattr(self, "model_"):
            raise ValueError("TitleClassifier: want one with a vocabulary, got one without: call fit or load first")
        return encoded(records, self.categories_, self.vocabulary_)

    def _train(self, trainer: Trainer, data: Dataset | ChunkFolder, held_out: Dataset | None, on_step: OnStep,
               before: Mapping[str, np.ndarray] | None = None, **attributes: Any) -> None:
        """Set the attributes, train and choose the threshold, also after Ctrl-C, which is raised again.

        before: the parameters from which old weights do not go all the way, see `growing`
        """
        with changed(self, _trainer=trainer, **attributes):
            interrupted = noted_fit(trainer, data, held_out, on_step, self.training_)
        self.model_ = to_predict(trainer.model)
        if before is not None:
            settle(trainer.model.params, before)
            if held_out:
                self.training_["validation"][-1:] = [evaluate(self.model_, held_out, threads=self.threads)]
        judged = held_out or (data if isinstance(data, Dataset) else data[0])
        rows = np.linspace(0, len(judged) - 1, min(THRESHOLD_ROWS, len(judged))).astype(int)
        self.threshold_ = best_threshold(trainer.model, judged.x[rows], threads=self.threads)
        if interrupted:
            raise KeyboardInterrupt

    def explain(self, title: str, k: int = 5) -> list[Explanation]:
        """The effect of each word of the title on its k likeliest categories, likeliest first.

        Words that the model does not know have no effect; they are named on the logger "nnlite".
        """
        self._check_fitted()
        if not isinstance(title, str):
            raise TypeError(f"explain: want one title, a str, got {type(title).__name__}")
        found = explain(self.vocabulary_, self.model_, clean(title), k, self.threads)
        about_unknown(self.vocabulary_, clean(title))
        return found

    def save(self, folder: str | PathLike) -> None:
        """Write the model into a new folder, or replace the model there, atomically. Nothing in it can execute.

        OSError if it cannot be written, ValueError if the folder holds something else, FloatingPointError if there are
        parameters that are not finite.
        """
        self._check_fitted()
        self.model_.check()
        check_finite(f"{folder}: not saved", self.model_.params, "a training with a smaller learning rate")
        model_folder.write(folder, self._stored())

    def _stored(self) -> model_folder.Stored:
        return model_folder.Stored(
            self.recipe, self.overrides, self.vocabulary_, self.model_, self.categories_, self.threshold_,
            self.training_, self.title_digests_, self._form)

    def _take(self, stored: model_folder.Stored) -> "TitleClassifier":
        """Become the classifier of what is stored, whose recipe it has. Returns self."""
        vars(self).update(
            fitted(stored.vocabulary, stored.model, stored.categories, stored.form, stored.training),
            threshold_=stored.threshold, title_digests_=stored.title_digests)
        return self

    def shrink(self, megabytes: float) -> "TitleClassifier":
        """A classifier that predicts nearly the same, and whose `save` makes a folder of at most so many 10^6 bytes.

        Words that matter least for the predictions are left out, and the rows of the others and of the categories are
        rounded to 8, 4 or 2 bits a number, see `shrinking`. What was left out is said on the logger "nnlite"; `score`
        of both tells what it costs. It predicts, explains and is saved as any other; `partial_fit` makes its numbers
        float32 again, so that it is no longer small. ValueError if all but the words takes more.
        """
        self._check_fitted()
        return type(self)(**self.get_params())._take(shrunk(self._stored(), megabytes))

    def to_page(self, path: str | PathLike, megabytes: float = 6.0, example: str | None = None) -> None:
        """Write one HTML file with which a person predicts in a browser, offline and without nnlite.

        megabytes: of 10^6 bytes, at most. A network that takes more is rounded, to 2, 4 or 8 bits for each number of a
        word, and the least useful words are left out; what the page has is said on the logger "nnlite" and in the page.
        example: a title to begin with; by default one of useful words, none that the model was trained on
        A page, like a model, holds words and all categories. Raises as `save`; ValueError if they do not fit.
        """
        self._check_fitted()
        self.model_.check()
        check_finite(f"{path}: not written", self.model_.params, "a training with a smaller learning rate")
        if example is None:
            found = examples(self.vocabulary_, self.model_)
            example = next((title for title in found if not self.n_trained_on([title])), "")
        write_page(path, self.vocabulary_, self.model_, self.threshold_, example, megabytes)

    @classmethod
    def load(cls, folder: str | PathLike, threads: int | None = None, precision: str = "float32") -> "TitleClassifier":
        """The classifier saved in a folder. Its parameters stay on disk and are mapped into memory as they are used.

        precision: of the matrix products of predictions, "float32" or "bfloat16"
        FileNotFoundError if there is no model, ValueError for one that is damaged or of another version, or for another
        precision.
        """
        products, stored = products_of(precision), model_folder.read(folder)
        try:
            check_names(stored.overrides)
            classifier = cls(stored.recipe, **stored.overrides, threads=threads)
        except (TypeError, ValueError) as error:
            raise model_folder.not_whole(folder, error) from None
        classifier._take(stored)
        classifier.model_.products = products
        return classifier

    def __getstate__(self) -> dict[str, Any]:
        """All but the trainer, which has threads; of the network its arrays, because joblib copies one held twice."""
        state = {name: value for name, value in vars(self).items() if name != "_trainer"}
        if model := state.get("model_"):
            network = dict(model.params), model.activation, model.output
            state["model_"] = type(model), network, model.products.precision
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if network := state.get("model_"):
            kind, network, precision = network
            self.model_ = kind.from_params(*network)
            self.model_.products = products_of(precision)  # of this processor
