"""Claim: files larger than memory are learnt through a folder of chunks, as records in memory are."""


import numpy as np
import pytest
from shops import SMALL, lines, shop, shop_file

import nnlite
from nnlite import Record
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.chunks import ChunkFolder
from nnlite.data.holdout import HeldOut


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


@pytest.mark.parametrize("validation, n_scored", [(None, 5), (shop(6), 6), (([], []), 5)])
def test_products_that_are_left_out_are_not_learnt_from_and_validate_if_no_others_do(validation, n_scored, tmp_path):
    path, titles = tmp_path / "p.jsonl", [f"{a}{b} dress" for a in "bcdfghkl" for b in "aeiou"]
    path.write_text(lines(Record(title, (title[0],)) for title in titles))
    held, quick = HeldOut(titles, 5), SMALL | dict(epochs=1)
    one = TitleClassifier(**quick).fit_files([path], tmp_path / "c", validation, left_out=held, encoding="utf-8")
    assert one.training_["records"] == 35 and [scores["rows"] for scores in one.training_["validation"]] == [n_scored]
    assert one.training_["reading"] == {"encoding": "utf-8"}
    assert one.n_trained_on(titles) == 35 and one.n_trained_on([title for title, _ in held.records]) == 0
    with pytest.raises(ValueError, match="holds chunks of another job"):
        TitleClassifier(**quick).fit_files([path], tmp_path / "c", encoding="utf-8")
