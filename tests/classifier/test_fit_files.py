"""Claim: files larger than memory are learnt through a folder of chunks, as records in memory are."""


import numpy as np
import pytest
from shops import SMALL, shop, shop_file

import nnlite
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.chunks import ChunkFolder


def test_training_from_files_through_a_folder(tmp_path):
    path = shop_file(tmp_path)
    one = TitleClassifier(**SMALL).fit_files([path], tmp_path / "chunks")
    assert one.score(*shop()) == 1 and one.training_["records"] == 40
    again = TitleClassifier(**SMALL, mapping=Mapping({"Men": ""})).fit_files([path], tmp_path / "mapped", shop())
    assert "Men" not in again.classes_ and again.score(*shop()) == 1
    major = TitleClassifier(**SMALL, major=["Shoes", "Bags", "Dresses"]).fit_files([path], tmp_path / "major")
    assert len(major.classes_) == 3 and major.score(*shop()) == 1
    with pytest.raises(ValueError, match="fit_files: major: want names"):
        TitleClassifier(**SMALL, major=2).fit_files([path], tmp_path / "others")
    with pytest.raises(ValueError, match="holds chunks of another job"):
        TitleClassifier(**SMALL | dict(min_count=1)).fit_files([path], tmp_path / "chunks")


def test_words_of_files_are_counted_within_a_bound(tmp_path, monkeypatch):
    seen, build = [], nnlite.Vocabulary.build.__func__

    def noted(cls, *args, **named):
        seen.append(named.get("max_counts"))
        return build(cls, *args, **named)

    monkeypatch.setattr(nnlite.Vocabulary, "build", classmethod(noted))
    TitleClassifier(**SMALL | dict(epochs=1)).fit_files([shop_file(tmp_path)], tmp_path / "chunks")
    assert seen == [5_000_000]


def test_a_training_from_files_is_validated_and_has_no_news_of_categories(tmp_path):
    one = TitleClassifier(**SMALL | dict(epochs=2)).fit_files([shop_file(tmp_path)], tmp_path / "c", shop(6))
    assert [scores["rows"] for scores in one.training_["validation"]] == [6, 6]
    assert one.training_["categories"] == []


def test_the_first_chunk_chooses_the_threshold_of_a_training_from_files(judged, tmp_path):
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit_files([shop_file(tmp_path)], tmp_path / "c", chunk_rows=16)
    first, *_ = ChunkFolder(tmp_path / "c")
    assert len(first) == 13 and one.training_["records"] == 40
    np.testing.assert_array_equal(judged[0], first.x.toarray()[[0, 6, 12]])
