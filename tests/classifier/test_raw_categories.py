"""Claim: raw categories are mapped, or reduced to major ones, wherever titles are learnt or scored."""

import numpy as np
import pytest
from shops import SMALL, shop

import nnlite
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier


@pytest.mark.parametrize("form", ["mapping", "file"])
def test_mapped_categories_are_learnt_scored_and_saved(form, tmp_path):
    mapping = Mapping({"Men": "", "Women": "Ladies"})
    mapping.write(tmp_path / "mapping.tsv")
    one = TitleClassifier(**SMALL, mapping=mapping if form == "mapping" else tmp_path / "mapping.tsv").fit(*shop())
    assert set(one.classes_) == {"Ladies", "Dresses", "Shoes", "Bags"} and one.score(*shop()) == 1
    assert set(one.predict(["blue dress"])[0]) == {"Ladies", "Dresses"}
    one.save(tmp_path / "model")
    other = TitleClassifier.load(tmp_path / "model")
    assert other.categories_.mapping == mapping and other.predict(shop()[0]) == one.predict(shop()[0])
    assert other.score(*shop()) == 1 and "merged into others" in other.training_["categories"][0]


def test_weights_stay_with_their_titles(monkeypatch):
    titles, categories = shop()
    seen = []
    fit = nnlite.Trainer.fit
    monkeypatch.setattr(nnlite.Trainer, "fit", lambda self, data, *rest, **more: (
        seen.append(data.weights), fit(self, data, *rest, **more))[1])
    for change in dict(mapping=Mapping({"Men": "", "Shoes": ""})), dict(major=["Dresses", "Bags"]):
        TitleClassifier(**SMALL, **change).fit(titles, categories, sample_weight=np.arange(40))
    want = [i for i, names in enumerate(categories) if "Men" not in names]
    assert len(seen) == 2 and all(weights.tolist() == want for weights in seen) and len(want) < 40


@pytest.mark.parametrize("major", [3, ["Dresses", "Shoes", "Bags"]])
def test_major_categories_exclude_each_other(major, tmp_path):
    one = TitleClassifier(**SMALL, major=major).fit(*shop())
    assert one.model_.output == "softmax" and len(one.classes_) == 3 and one.score(*shop()) == 1
    np.testing.assert_allclose(one.predict_proba(shop()[0], k=3).sum(axis=1), 1, rtol=1e-5)
    one.save(tmp_path / "model")
    other = TitleClassifier.load(tmp_path / "model", threads=1)
    assert other.predict_top_k(shop()[0]) == one.predict_top_k(shop()[0]) and other.score(*shop()) == 1
    best, *_ = other.explain("blue dress 1")
    effect = {word: e for word, e, _ in best.effects}
    assert best.category == one.predict(["blue dress 1"])[0][0] and max(effect, key=effect.get) == "dress"
    plain = TitleClassifier(**SMALL | dict(ngrams=1, stem=None, first_word=False), major=major).fit(*shop())
    best, *_ = plain.explain("blue dress 1")
    without = dict(plain.predict_top_k(["blue 1"])[0])[best.category]
    assert {e.word: e.probability for e in best.effects}["dress"] == pytest.approx(best.probability - without, abs=1e-5)
