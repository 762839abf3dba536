"""The attributes of a classifier that a training sets, and what becomes of them when it fails."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from nnlite.categories.choice import Categories
from nnlite.classifier.forms import Form
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.data.dataset import Dataset
from nnlite.data.records import Record
from nnlite.data.vocabulary import Vocabulary
from nnlite.mlp import MLP
from nnlite.system.ranks import world


def fitted(vocabulary: Vocabulary, model: MLP, categories: Categories, form: Form,
           training: dict[str, Any]) -> dict[str, Any]:
    """The attributes that `fit` and `load` set, by name."""
    return dict(vocabulary_=vocabulary, model_=model, classes_=form.classes(vocabulary.labels),
                categories_=categories, training_=training, _form=form)


@contextmanager
def changed(classifier: Any, **attributes: Any) -> Iterator[None]:
    """Set attributes, training_ among them, for a training within it.

    An error before the first step leaves all attributes as they were. A training that diverges, or a `fit` that fails
    later, leaves no threshold: there is nothing to predict with.
    """
    own = vars(classifier)
    before = own.copy()
    if "vocabulary_" in attributes:
        own.pop("threshold_", None)
    own.update(attributes)
    try:
        yield
    except FloatingPointError:
        own.pop("threshold_", None)
        raise
    except BaseException:
        if not own["training_"].get("steps"):
            for name in own.keys() - before.keys():
                del own[name]
            own.update(before)
        raise


def encoded(records: Iterable[Record], categories: Categories, vocabulary: Vocabulary) -> Dataset:
    """The Dataset of some records with mapped categories."""
    records, _ = categories.apply(list(records))
    return vocabulary.encode(records)


def encoded_files(folder: str | PathLike, records: Callable[[], Iterable[Record]], vocabulary: Vocabulary,
                  chunk_rows: int, paths: Sequence[str | PathLike], reading: dict[str, Any]) -> ChunkFolder:
    """`write_chunks` of the records of some files, shared out among the ranks."""
    return write_chunks(Path(folder), records(), vocabulary, chunk_rows, sources=paths, reading=reading, ranks=world())
