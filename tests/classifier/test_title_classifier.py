"""Claim: titles go in and category names come out, for every kind of title."""

import json
import pickle
import sys
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import shop

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier


def test_names_come_out_likeliest_first(trained):
    found = trained.predict(["Blue DRESS 1", "red shoe 1"])
    assert [set(names) for names in found] == [{"Women", "Dresses"}, {"Men", "Shoes"}]
    for pairs in trained.predict_above(["blue dress", "shoe 3"]):
        p = [probability for _, probability in pairs]
        assert p == sorted(p, reverse=True) and min(p) > trained.threshold_
    assert trained.score(*shop()) == 1


def test_top_k_and_probabilities_agree(trained):
    titles = shop()[0][:7]
    top, matrix = trained.predict_top_k(titles, k=3), trained.predict_proba(titles, k=3)
    assert matrix.shape == (7, 5) and matrix.nnz == 21 and matrix.has_canonical_format
    for i, pairs in enumerate(top):
        assert {name: p for name, p in pairs} == {trained.classes_[j]: matrix[i, j] for j in matrix[[i]].indices}
    assert [len(pairs) for pairs in trained.predict_top_k(titles, k=99)] == [5] * 7  # there are no more
    assert trained.predict_proba(titles).nnz == 35


def test_the_likeliest_is_named_where_none_is_above_the_threshold(trained):
    trained = deepcopy(trained)
    trained.threshold_ = 1.0
    titles = ["blue dress", "shoe"]
    assert trained.predict(titles) == [(pairs[0][0],) for pairs in trained.predict_top_k(titles, 1)]
    assert trained.predict(titles, threshold=1.0) == [(), ()]
    assert all(len(names) == 5 for names in trained.predict(titles, threshold=0.0))


def test_equal_probabilities_stand_in_the_order_of_the_classes(trained):
    one = deepcopy(trained)
    for p in one.model_.params.values():
        p[:] = 0
    assert one.predict(["dress"], threshold=0.0) == [tuple(one.classes_)]
    assert [name for name, _ in one.predict_top_k(["dress"], 3)[0]] == one.classes_[:3]


@pytest.mark.parametrize("title", ["", "   ", "?!", "zzz yyy", "👗👠", "\u0301", "\ud800", "\0"])
def test_a_title_without_a_known_word_gets_no_category(trained, title):
    assert trained.predict([title, "dress"], threshold=None)[0] == ()
    assert trained.predict([title], threshold=0.0) == [()]
    assert len(trained.predict_top_k([title])[0]) == 5  # the frequencies
    assert all(e.effects == () or {effect.logit for effect in e.effects} == {0.0} for e in trained.explain(title))


def test_a_category_as_likely_as_the_threshold_is_not_named(trained):
    one = deepcopy(trained)
    for p in one.model_.params.values():
        p[:] = 0
    assert one.predict(["dress"], threshold=0.5) == [()] and one.predict_above(["dress"], 0.5) == [[]]
    one.threshold_ = 0.5
    assert one.predict_above(["dress", "zzz", "shoe"]) == [[("Men", 0.5)], [], [("Men", 0.5)]]


def test_the_likeliest_is_named_for_those_titles_alone_that_need_it(trained):
    """Of four titles the first and the last have a category above the threshold, and the third has no known word."""
    one = deepcopy(trained)
    titles = ["blue dress 1", "blue", "zzz", "red shoe 1"]
    one.threshold_ = one.predict_top_k(titles, 1)[1][0][1] * (1 + 1e-6)  # a sigmoid's last bits may differ
    first, second, third, last = one.predict_above(titles)
    assert len(first) >= 1 and len(last) >= 1 and min(p for _, p in first + last) > one.threshold_
    assert [second, third] == [one.predict_top_k(["blue"], 1)[0], []]


def test_five_or_ten_categories_are_the_default():
    names = [f"category {i}" for i in range(12)]
    one = TitleClassifier(epochs=1, hidden=(2,), label_min_count=1).fit(["blue dress"] * 12, [[name] for name in names])
    assert len(one.predict_top_k(["dress"])[0]) == len(one.explain("dress")) == 5
    assert one.predict_proba(["dress"]).nnz == 10
    for k in 11, 12, 13:
        assert len(one.predict_top_k(["dress"], k)[0]) == one.predict_proba(["dress"], k).nnz == min(k, 12)
        assert len(one.explain("dress", k)) == min(k, 12)
    for use in one.predict_top_k, one.predict_proba:
        with pytest.raises(ValueError, match="want 1 to 12 labels, got k = 0"):
            use(["dress"], 0)


def test_titles_of_any_script(trained):
    assert {"Men", "Shoes"} == set(trained.predict(["鞋子"])[0])
    assert {"Women", "Bags"} == set(trained.predict(["حقيبة"])[0])
    assert trained.predict(["dress"]) == trained.predict(["👗DRESS👠"]) == trained.predict(["&amp;dress&#33; <b>"])
    assert trained.predict(["红鞋子"]) == [()]  # no spaces, so another word
    assert trained.predict(["dre\u0301ss"]) == [()]  # a combining mark stands between two words


def test_no_titles(trained):
    assert trained.predict([]) == trained.predict_above([], 0.5) == trained.predict_top_k([]) == []
    assert trained.predict_proba([]).shape == (0, 5)


@pytest.mark.parametrize("megabytes", [None, 0.02])
def test_the_share_of_unknown_words_rises_with_titles_of_another_language(trained, megabytes):
    one = trained.shrink(megabytes) if megabytes else trained
    batches = [shop()[0][:n] + ["Blaues <b>Kleid</b>, neu"] * (20 - n) for n in (20, 15, 5, 0)]
    shares = list(map(one.unknown_share, batches))
    assert shares == sorted(set(shares)) and shares[-1] == 1 and 0 <= shares[0] < 0.1
    assert one.unknown_share([]) == one.unknown_share([None, "\ud800"]) == 0


def test_titles_whose_categories_are_all_unknown_do_not_count_in_the_score(trained):
    titles, categories = ["dress", "dress", "shoe", "shoe"], [["Women"], ["Coats"], ["Bags"], []]
    assert trained.score(titles, categories) == 0.5
    assert trained.score(titles[1:2], categories[1:2]) == trained.score([], []) == 0


@pytest.mark.parametrize("titles, words", [
    ("dress", "list of str, got one str"), (b"dress", "got one bytes"), ([b"a"], r"titles\[0\]"),
    (["a", 1], r"titles\[1\]: want a str, got int"), ([["a"]], "got list"), ([1.5], "got float"),
])
def test_titles_that_are_none(trained, titles, words):
    for method in trained.predict, trained.predict_above, trained.predict_top_k, trained.predict_proba:
        with pytest.raises(TypeError, match=words):
            method(titles)
    with pytest.raises(TypeError, match=words):
        TitleClassifier().fit(titles, [("a",)] * len(titles))


def test_arrays_of_titles_do(trained):
    assert trained.predict(np.array(["dress", "shoe"])) == trained.predict(("dress", "shoe"))
    assert trained.predict(np.array(["dress", "shoe"], object)) == trained.predict(iter(["dress", "shoe"]))


@pytest.mark.parametrize("categories, error, words", [
    ([("a",), "b"], TypeError, r"categories\[1\]: want a collection of str, such as a tuple, got str"),
    ("ab", TypeError, "got one str"), ([("a",)], ValueError, "as many categories as titles, 2, got 1"),
    ([("a",), (1,)], TypeError, r"categories\[1\]: .* got one of int"), ([("a",), None], TypeError, "got NoneType"),
])
def test_categories_that_are_none(categories, error, words):
    with pytest.raises(error, match=words):
        TitleClassifier().fit(["x", "y"], categories)


def test_before_it_is_trained(tmp_path):
    for act in (lambda c: c.predict(["a"]), lambda c: c.explain("a"), lambda c: c.score(["a"], [["b"]]),
                lambda c: c.save(tmp_path / "m"), lambda c: c.predict_proba(["a"]),
                lambda c: c.unknown_share(["a"])):
        with pytest.raises(ValueError, match="call fit or load first"):
            act(TitleClassifier())
    assert not list(tmp_path.iterdir())


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["relu", "deck"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=4)


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    """The folder of a model, and its JSON."""
    folder = tmp_path_factory.mktemp("saved") / "m"
    trained.save(folder)
    return folder, (folder / "model.json").read_text()


@given(st.data())
@settings(max_examples=150)
def test_hostile_headers_are_refused_or_harmless(saved, data):
    folder, good = saved
    header = json.loads(good)
    part = data.draw(st.sampled_from([header, header["vocabulary"], header["overrides"]]))
    name = data.draw(st.sampled_from(sorted(set(part) - {"files"})))
    if data.draw(st.booleans()):
        part[name] = data.draw(HOSTILE)
    else:
        del part[name]
    (folder / "model.json").write_text(json.dumps(header))
    try:
        assert len(TitleClassifier.load(folder).predict_top_k(["blue dress"])[0]) == 5
    except ValueError as error:
        assert str(folder) in str(error) or "training" not in str(error)


def test_records_are_encoded_from_any_iterable_and_only_with_a_vocabulary(trained):
    records = list(map(nnlite.Record, *shop(4)))
    data = trained.encode(iter(records))
    assert len(data) == 4 and np.array_equal(data.x.toarray(), trained.encode(records).x.toarray())
    with pytest.raises(ValueError, match="want one with a vocabulary, got one without: call fit or load first"):
        TitleClassifier().encode(records)


def test_copies_in_memory(trained):
    for copy in deepcopy(trained), pickle.loads(pickle.dumps(trained)):
        assert copy.predict_top_k(["blue dress"]) == trained.predict_top_k(["blue dress"])
        copy.partial_fit(*shop())
        steps = [step for step, _ in copy.training_["curve"]]
        assert steps == sorted(steps) and steps[-1] == 2 * trained.training_["steps"]


def test_a_model_predicts_in_the_precision_that_it_was_loaded_with(trained, tmp_path):
    trained.save(tmp_path / "model")
    low = TitleClassifier.load(tmp_path / "model", precision="bfloat16")
    [want], [got] = (one.predict_top_k(["blue dress"]) for one in (trained, low))
    assert [name for name, _ in got] == [name for name, _ in want]
    assert got != want and dict(got) == pytest.approx(dict(want), abs=0.02)
    assert pickle.loads(pickle.dumps(low)).predict_top_k(["blue dress"]) == [got]
    with pytest.raises(ValueError, match="want 'float32' or 'bfloat16', got 'float16'"):
        TitleClassifier.load(tmp_path / "model", precision="float16")


def test_tags_for_scikit_learn(monkeypatch):
    """Titles are one column of texts, each with several categories; the module stands in for that of scikit-learn."""
    utils = SimpleNamespace(**{name: lambda **given: given for name in ("Tags", "TargetTags", "InputTags")})
    monkeypatch.setitem(sys.modules, "sklearn.utils", utils)
    assert TitleClassifier().__sklearn_tags__() == dict(
        estimator_type=None, target_tags=dict(required=True, multi_output=True),
        input_tags=dict(one_d_array=True, two_d_array=False, string=True, allow_nan=True))


def test_a_copy_in_memory_has_no_threads_and_no_optimiser(trained):
    assert "_trainer" in vars(trained) and "_trainer" not in vars(deepcopy(trained))
    assert vars(deepcopy(trained)).keys() == vars(trained).keys() - {"_trainer"}
