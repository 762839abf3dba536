"""Claim: what is not a path is refused in words of nnlite wherever a path is given."""

import pytest
from problems import random_dataset, random_model

from nnlite import SGD, TitleClassifier, Trainer, Vocabulary, inspect_file, read_records, read_xmc, write_chunks

USES = {
    "read_records": read_records, "inspect_file": inspect_file, "read_xmc": read_xmc, "load": TitleClassifier.load,
    "write_chunks": lambda path: write_chunks(path, [], Vocabulary({"mug": 2}, {"kitchen": 2}, 2, min_count=1)),
    "checkpoints": lambda path: Trainer(random_model(random_dataset()), SGD(0.1), checkpoints=path),
}


@pytest.mark.parametrize("path", [3, b"x", 1.5, "a\0b", "\ud800"])
@pytest.mark.parametrize("name", USES)
def test_what_is_not_a_path(name, path):
    with pytest.raises((TypeError, ValueError), match=": want a path, got "):
        USES[name](path)


def test_what_is_not_a_dataset():
    one = Trainer(random_model(random_dataset()), SGD(0.1), epochs=1)
    for data, message in (None, "data: want Iterable, got NoneType"), ([None], "chunk: want Dataset, got NoneType"):
        with pytest.raises(TypeError, match=message):
            one.fit(data)
    with pytest.raises(TypeError, match="chunk: want Dataset, got int"):
        one.fit(iter([3]))
