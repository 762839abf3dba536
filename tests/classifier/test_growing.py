"""Claim: `partial_fit(grow=True)` learns new words and categories, and old weights go a part of their way only."""

import numpy as np
import pytest
from problems import bits, compiled
from shops import SMALL, shop

from nnlite.classifier import growing
from nnlite.classifier.title_classifier import TitleClassifier

pytestmark = compiled
COATS = ["purple coat", "yellow coat"] * 10, [("Coats",)] * 20


def mixed(n=20):
    """Coats, and n titles of the shop."""
    return COATS[0] + shop(n)[0], COATS[1] + shop(n)[1]


@pytest.fixture(scope="module")
def loaded(trained, tmp_path_factory):
    """A function that loads the trained classifier."""
    folder = tmp_path_factory.mktemp("grow") / "m"
    trained.save(folder)
    return lambda **options: TitleClassifier.load(folder, **options)


def test_new_categories_are_learnt_and_old_ones_are_not_forgotten(trained, loaded, tmp_path):
    one = loaded().partial_fit(*mixed(), grow=True)
    assert one.predict(["purple coat"]) == [("Coats",)] and one.score(*shop()) == 1
    assert one.classes_ == [*trained.classes_, "Coats"]
    n = trained.vocabulary_.n_words
    assert one.vocabulary_.words[:n] == trained.vocabulary_.words and "coat" in one.vocabulary_.words[n:]
    assert (one.training_["records"], one.vocabulary_.n_records) == (80, 80)
    assert one.n_trained_on(["Purple COAT", "blue dress 0", "another"]) == 2
    one.save(tmp_path / "m")
    again = TitleClassifier.load(tmp_path / "m")
    assert again.predict_top_k(COATS[0][:2]) == one.predict_top_k(COATS[0][:2])
    assert again.training_ == one.training_ and again.training_["counts"]["new_categories"] == 1


@pytest.mark.parametrize("moved", [0.0, 0.25])
def test_old_weights_go_a_part_of_their_way(loaded, monkeypatch, moved):
    before, after = loaded().model_.params, {}
    for name in moved, 1.0:
        monkeypatch.setattr(growing, "MOVED", name)
        after[name] = loaded().partial_fit(*mixed(), grow=True).model_.params
    for name, p in before.items():
        want = p + moved * (after[1.0][name][:len(p)] - p)
        assert np.allclose(after[moved][name][:len(p)], want, rtol=0, atol=1e-6 * np.abs(want).max())
        assert np.array_equal(after[moved][name][len(p):], after[1.0][name][len(p):])
    assert np.array_equal(before["features.W"], after[moved]["features.W"][:len(before["features.W"])]) == (not moved)


@pytest.mark.parametrize("moved, want", [(0.0, [1, 8]), (0.25, [1.5, 7]), (1.0, [3, 4])])
def test_a_weight_moves_a_part_of_the_way_from_its_old_value_to_its_new_one(moved, want, monkeypatch):
    monkeypatch.setattr(growing, "MOVED", moved)
    after = {"features.W": np.array([[3, 4], [5, 6]], np.float32), "features.b": np.array([3, 4], np.float32)}
    growing.settle(after, {"features.W": np.array([[1, 8]], np.float32), "features.b": np.array([1, 8], np.float32)})
    assert after["features.W"].tolist() == [want, [5, 6]] and after["features.b"].tolist() == want


def test_threads_do_not_change_a_bit_and_a_network_in_memory_grows_as_a_stored_one(trained, loaded):
    found = [bits(one.partial_fit(*mixed(), grow=True).model_) for one in (loaded(threads=1), loaded(threads=3))]
    first = TitleClassifier(**SMALL).fit(*shop())
    assert found[0] == found[1] == bits(first.partial_fit(*mixed(), grow=True).model_)


def test_the_threshold_and_the_last_score_are_those_of_the_network_in_the_end(loaded):
    one = loaded().partial_fit(*COATS, grow=True, validation=mixed())
    assert one.training_["validation"][-1]["P@1"] == one.score(*mixed())
    assert len(one.training_["validation"]) == SMALL["epochs"] and 0 < one.threshold_ < 1
    assert one.training_["counts"]["validation_records"] == 40
    one.partial_fit(*shop(8))
    assert not {"validation_records", "new_words"} & one.training_["counts"].keys()


def test_a_shrunk_model_grows_as_float32(loaded, caplog):
    one = loaded().shrink(1).partial_fit(*mixed(), grow=True)
    assert one.predict(["purple coat"]) == [("Coats",)] and one.score(*shop()) == 1
    assert one.model_.params["features.W"].dtype == np.float32 and "become float32" in caplog.text


def test_an_error_changes_nothing_and_ctrl_c_keeps_what_was_learnt(loaded):
    def fail(step):
        if step.step == 30:
            raise ValueError("failed")

    def stop(step):
        assert one.predict(["blue dress"]) == before
        if step.step == 30:
            raise KeyboardInterrupt

    one = loaded()
    before, known = one.predict(["blue dress"]), bits(one.model_)
    with pytest.raises(ValueError, match="^failed$"):
        one.partial_fit(*mixed(), grow=True, on_step=fail)
    assert bits(one.model_) == known and "Coats" not in one.classes_ and one.predict(["blue dress"]) == before
    with pytest.raises(KeyboardInterrupt):
        one.partial_fit(*mixed(), grow=True, on_step=stop)
    assert "Coats" in one.classes_ and one.training_["steps"] == 30 and one.predict(["blue dress"])


def test_without_anything_new_the_network_keeps_its_size(loaded, caplog):
    one = loaded()
    one.partial_fit(*shop(8), grow=True)
    assert one.classes_ == loaded().classes_ and one.model_.n_words == loaded().model_.n_words
    assert "learns new words (0) and new categories (0); 8 of their titles were learnt from before" in caplog.text
    with pytest.raises(ValueError, match="at least one row"):
        one.partial_fit([], [], grow=True)
    assert one.score(*shop()) == 1


def test_what_is_not_learnt_is_said(loaded, caplog):
    loaded().partial_fit([*COATS[0], "red hat"], [*COATS[1], ("Hats",)], grow=True)
    assert "'Coats' is new and in 20 of 21 products: hand over earlier products as well" in caplog.text
    assert "new categories (1: 'Coats'); others (1) are in fewer than 2 of these products" in caplog.text
    assert "1 of 21 products have no category that is learnt" in caplog.text
    caplog.clear()
    loaded().partial_fit(*COATS)
    assert "new categories are ignored" in caplog.text
    assert "100.0 % of the titles' words have no effect, the model does not know them; grow=True" in caplog.text


def test_one_category_a_title_and_columns_grow(loaded):
    titles, texts = shop()[0], [names[-1] for names in shop()[1]]
    one = TitleClassifier(**SMALL).fit(titles, texts).partial_fit(COATS[0], ["Coats"] * 20, grow=True)
    assert sorted({*texts, "Coats"}) == list(one.classes_) and one.predict(["purple coat"]).tolist() == ["Coats"]
    columns = ["Dresses", "Shoes", "Bags", "Coats"]
    matrix = np.array([[name == text for name in columns] for text in texts], int)
    one = TitleClassifier(**SMALL).fit(titles, matrix, classes=columns)
    assert one.vocabulary_.labels == ["Shoes", "Bags", "Dresses"]
    one.partial_fit(COATS[0], np.tile([0, 0, 0, 1], (20, 1)), grow=True)
    assert one.predict(["purple coat"]).tolist() == [[0, 0, 0, 1]] and list(one.classes_) == columns


def test_a_softmax_grows_to_as_many_labels_as_it_may_have(monkeypatch):
    monkeypatch.setattr(growing, "MAX_CLASSES", 4)
    titles, texts = shop()[0], [names[-1] for names in shop()[1]]
    one = TitleClassifier(**SMALL, output="softmax").fit(titles, texts)
    one.partial_fit(["purple coat"] * 9 + ["grey hat"] * 8, ["Coats"] * 9 + ["Hats"] * 8, grow=True)
    assert one.vocabulary_.labels[3:] == ["Coats"] and one.predict(["purple coat"]).tolist() == ["Coats"]
