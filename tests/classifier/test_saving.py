"""Claim: what is saved is what loads, and parts that do not fit together are refused."""

import gc
import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from problems import change_json
from shops import SMALL, shop

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.system import open_folder
from nnlite.training import recipes

FORMAT_1 = Path(__file__).with_name("model_format_1")


@pytest.mark.parametrize("map_bytes", [0, open_folder.MAP_BYTES])
def test_what_is_saved_is_what_loads(tmp_path, trained, monkeypatch, map_bytes):
    monkeypatch.setattr(open_folder, "MAP_BYTES", map_bytes)
    titles, _ = shop()
    of_the_machine = dict(checkpoints=tmp_path / "c", checkpoint_seconds=9.0, threads=2)
    one = deepcopy(trained).set_params(seed=np.int64(7), **of_the_machine)
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    for method in "predict", "predict_above", "predict_top_k", "explain":
        title = titles[0] if method == "explain" else titles
        assert getattr(other, method)(title) == getattr(trained, method)(title)
    assert other.overrides == {**SMALL, "seed": 7}
    for name in "threshold_", "training_", "classes_":
        assert getattr(other, name) == getattr(trained, name)
    assert all(p.flags.writeable for p in other.model_.params.values())
    assert sorted({path.suffix for path in (tmp_path / "m").iterdir()}) == [".json", ".npy", ".txt"]
    other.save(tmp_path / "m")  # over the very files that it has mapped
    assert TitleClassifier.load(tmp_path / "m", threads=1).predict(titles) == trained.predict(titles)


@pytest.mark.parametrize("recipe", list(recipes.RECIPES))
def test_names_with_anything_in_them(tmp_path, recipe):
    names = ["two\nlines", "tab\t", "\\", "", " ", "衣服", "\ud800", "a" * 9999]
    titles = [f"word{i} x" for i in range(len(names)) for _ in range(10)]
    one = TitleClassifier(recipe, epochs=1, hidden=(4,)).fit(titles, [[name] for name in names for _ in range(10)])
    one.save(tmp_path / "m")
    assert TitleClassifier.load(tmp_path / "m").classes_ == one.classes_ and set(one.classes_) == set(names)


def test_parts_of_two_models_do_not_make_one(tmp_path, trained):
    trained.save(tmp_path / "a")
    other = TitleClassifier(**SMALL | dict(min_count=1)).fit(["one word"] * 9 + ["two words"] * 9, [["A"], ["B"]] * 9)
    other.save(tmp_path / "b")
    for name in "words.txt", "labels.txt", "features.W.npy", "labels.b.npy":
        trained.save(tmp_path / "a")
        (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
        with pytest.raises(ValueError, match="damaged"):
            TitleClassifier.load(tmp_path / "a")
        header, sums = (json.loads((tmp_path / x / "model.json").read_text()) for x in "ab")
        header["files"][name] = sums["files"][name]
        (tmp_path / "a" / "model.json").write_text(json.dumps(header))
        with pytest.raises(ValueError, match="not a whole model"):
            TitleClassifier.load(tmp_path / "a")


@pytest.mark.parametrize("threshold", [1.5, -0.1, "0.5x", None])
def test_a_model_with_an_impossible_threshold_is_refused(threshold, tmp_path, trained):
    trained.save(tmp_path / "m")
    change_json(tmp_path / "m" / "model.json", threshold=threshold)
    with pytest.raises(ValueError, match="not a whole model: .*threshold: want a number from 0 to 1"):
        TitleClassifier.load(tmp_path / "m")


@pytest.mark.parametrize("more_words, more_labels", [(0, 1), (1, 0), (0, -1)])
def test_a_network_for_another_number_of_words_or_labels_is_refused(more_words, more_labels, tmp_path, trained):
    one = deepcopy(trained)
    model = one.model_
    one.model_ = nnlite.MLP(model.n_words + more_words, model.n_labels + more_labels, model.hidden, model.activation)
    one.save(tmp_path / "m")
    with pytest.raises(ValueError, match=f"want a network for {model.n_words} words and {model.n_labels} labels, got"):
        TitleClassifier.load(tmp_path / "m")


@pytest.mark.parametrize("enabled", [True, False])
def test_loading_leaves_the_search_for_garbage_as_it_was(enabled, tmp_path, trained, monkeypatch):
    trained.save(tmp_path / "shop")
    while_loading, use = [], nnlite.classifier.model_folder._stored
    monkeypatch.setattr(nnlite.classifier.model_folder, "_stored",
                        lambda *given: (while_loading.append(gc.isenabled()), use(*given))[1])
    try:
        (gc.enable if enabled else gc.disable)()
        TitleClassifier.load(tmp_path / "shop")
        assert gc.isenabled() is enabled
        (tmp_path / "shop" / "words.txt").write_text("")
        with pytest.raises(ValueError, match="damaged"):
            TitleClassifier.load(tmp_path / "shop")
        assert gc.isenabled() is enabled and while_loading == [False]
    finally:
        gc.enable()


def test_a_model_of_format_1_loads():
    """It was made by `TitleClassifier(**SMALL | dict(ngrams=1, stem=2)).fit(*shop())` of version 0.1.0."""
    one = TitleClassifier.load(FORMAT_1)
    assert one.classes_ == ["Men", "Shoes", "Women", "Bags", "Dresses"] and one.vocabulary_.rules.stem == 2
    assert set(one.predict(["Blue DRESS"])[0]) == {"Women", "Dresses"}
    (name, p), *_ = one.predict_top_k(["green 鞋子 1"])[0]
    assert name == "Men" and p == pytest.approx(0.944804, abs=1e-5)
    assert one.vocabulary_.rules.version == 1
    assert one.predict_top_k(["\ufeff blue dre\u0301ss"]) == one.predict_top_k(["blue dre ss"])  # as it was trained
