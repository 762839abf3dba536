"""Claim: what people do with scikit-learn's estimators works, or is refused in one line that says what to type."""

import inspect
import pickle
import re

import numpy as np
import pytest
import scipy.sparse as sp
from problems import change_json, compiled
from shops import SMALL, shop

from nnlite import TitleClassifier
from nnlite.training import recipes

sklearn = pytest.importorskip("sklearn", reason="its habits are tried with scikit-learn itself")
from joblib.externals.loky import get_reusable_executor  # noqa: E402
from sklearn import metrics, model_selection, pipeline, preprocessing  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402

pytestmark = compiled
QUICK = SMALL | dict(epochs=20)
TITLES, LISTS = shop(60)
TEXTS = [names[1] for names in LISTS]
FOLDS = model_selection.KFold(3, shuffle=True, random_state=0)
BINARIZER = preprocessing.MultiLabelBinarizer(sparse_output=False)
MATRIX = BINARIZER.fit_transform(LISTS)
NUMBERS = preprocessing.LabelEncoder().fit_transform(TEXTS)


@pytest.fixture(scope="module")
def of_texts():
    return TitleClassifier(**QUICK).fit(TITLES, TEXTS)


@pytest.fixture(scope="module")
def of_matrix():
    return TitleClassifier(**QUICK).fit(TITLES, MATRIX, classes=BINARIZER.classes_)


@pytest.fixture(scope="module")
def of_lists():
    return TitleClassifier(**QUICK).fit(TITLES, LISTS)


# ---- the arguments

def test_every_setting_is_in_the_signature_and_documented():
    names = list(inspect.signature(TitleClassifier).parameters)
    assert sorted(names) == sorted(["recipe", *(name for group in recipes.SETTINGS.values() for name in group)])
    said = re.findall(r"^([a-z_, ]+): ", inspect.getdoc(TitleClassifier.__init__), re.MULTILINE)
    assert [name for part in said for name in part.split(", ")] == names


def test_params_are_all_shown_and_none_is_the_recipes():
    one = TitleClassifier(epochs=2)
    assert one.get_params().keys() == inspect.signature(TitleClassifier).parameters.keys()
    assert one.get_params()["epochs"] == one.epochs == 2 and one.get_params()["stem"] == "recipe"
    assert one.overrides == {"epochs": 2} and TitleClassifier(stem=None).overrides == {"stem": None}
    assert one.set_params(epochs=None).overrides == {} and repr(one) == "TitleClassifier(recipe='default')"


def test_a_clone_has_the_same_settings_and_is_not_trained(of_texts):
    hidden = [8]
    one = sklearn.clone(TitleClassifier(hidden=hidden, labels_lr=None, stem=None))
    assert one.overrides == {"hidden": [8], "labels_lr": None, "stem": None}
    check_is_fitted(of_texts)
    for act in check_is_fitted, lambda one: one.predict(["a"]):
        with pytest.raises(sklearn.exceptions.NotFittedError):
            act(sklearn.clone(of_texts))


@pytest.mark.parametrize("hidden", [8, np.int64(8), [8]])
def test_one_width_is_one_layer(hidden, of_texts, tmp_path):
    one = TitleClassifier(**QUICK | dict(hidden=hidden)).fit(TITLES, TEXTS)
    assert np.array_equal(one.predict_proba(TITLES), of_texts.predict_proba(TITLES))
    one.save(tmp_path / "m")
    assert TitleClassifier.load(tmp_path / "m").hidden == (8,)


# ---- the forms of categories

def test_one_text_each_is_learnt_as_a_list_of_one_and_answered_as_a_text(of_texts):
    lists = TitleClassifier(**QUICK).fit(TITLES, [(name,) for name in TEXTS])
    assert of_texts.predict_top_k(TITLES) == lists.predict_top_k(TITLES)
    assert of_texts.classes_.tolist() == sorted(set(TEXTS)) and of_texts.predict(TITLES).tolist() == TEXTS
    assert of_texts.predict([]).shape == (0,) and of_texts.predict(["zzz"])[0] in TEXTS
    assert metrics.accuracy_score(TEXTS, of_texts.predict(TITLES)) == of_texts.score(TITLES, TEXTS) == 1
    assert "macro avg" in metrics.classification_report(TEXTS, of_texts.predict(TITLES))
    assert metrics.f1_score(TEXTS, of_texts.predict(TITLES), average="micro") == 1
    with pytest.raises(ValueError, match="^predict: threshold: want none where each title has one category"):
        of_texts.predict(TITLES, threshold=0.5)


def test_whole_numbers_are_answered_as_whole_numbers(of_texts):
    one = TitleClassifier(**QUICK).fit(TITLES, NUMBERS)
    assert one.classes_.tolist() == [0, 1, 2] and np.array_equal(one.predict(TITLES), NUMBERS)
    assert set(TitleClassifier(**QUICK).fit(TITLES, NUMBERS == 1).predict(TITLES)) == {0, 1}


@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, sp.csr_matrix, sp.coo_array, np.ndarray.tolist,
                                  lambda m: m.astype(bool), lambda m: m.astype(float)])
def test_a_matrix_is_answered_as_a_matrix(form, of_matrix, of_lists):
    one = TitleClassifier(**QUICK).fit(TITLES, form(MATRIX), classes=BINARIZER.classes_)
    assert one.predict_top_k(TITLES) == of_matrix.predict_top_k(TITLES) == of_lists.predict_top_k(TITLES)
    found = one.predict(TITLES)
    assert sp.issparse(found) == sp.issparse(form(MATRIX)) and found.dtype == np.int64
    found = found.toarray() if sp.issparse(found) else found
    assert BINARIZER.inverse_transform(found) == [tuple(sorted(names)) for names in of_lists.predict(TITLES)]
    assert one.score(TITLES, form(MATRIX)) == one.score(TITLES, LISTS) == 1
    assert one.classes_.tolist() == BINARIZER.classes_.tolist() and one.predict([]).shape == (0, 5)


def test_a_matrix_without_classes_has_the_numbers_of_its_columns():
    one = TitleClassifier(**QUICK).fit(TITLES, MATRIX)
    assert set(one.classes_) == set("01234") and metrics.f1_score(MATRIX, one.predict(TITLES), average="micro") > 0.9


def test_a_column_that_is_too_rare_is_never_predicted_and_has_probability_0():
    rare = np.hstack([np.eye(60, 1, dtype=int), MATRIX])
    one = TitleClassifier(**QUICK).fit(TITLES, rare)
    assert not one.predict(TITLES)[:, 0].any() and not one.predict_proba(TITLES)[:, 0].any()
    assert one.predict_proba(TITLES)[:, 1:].all()


@pytest.mark.parametrize("categories, more, error, words", [
    (MATRIX * 2, {}, ValueError, "categories: want a matrix of 0 and 1, got other numbers"),
    (MATRIX * np.nan, {}, ValueError, "want a matrix of 0 and 1"),
    (MATRIX, dict(classes=["a"]), ValueError, "want 5 different names of columns, as classes or in a table, got 1"),
    (MATRIX, dict(classes=list("aabcd")), ValueError, "want 5 different names .*, got 4"),
    (LISTS, dict(classes=["a"]), TypeError, "classes: want them only with a matrix of 0 and 1"),
    (["a"] * 59 + [None], {}, TypeError, r"categories\[59\]: want a str, as categories\[0\] is, got NoneType"),
    ([1] * 59 + [1.5], {}, TypeError, r"categories\[59\]: want a whole number, as categories\[0\] is, got float"),
    ([1.5] * 60, {}, TypeError, r"categories\[0\]: want a collection of str"),
    (["['a', 'b']"] * 60, {}, ValueError, r"got a text that shows a list: read it with ast.literal_eval"),
    (set(TEXTS), {}, TypeError, "categories: want a list with, for each title, a collection of str.*, got set"),
    (None, {}, TypeError, "got NoneType"), (7, {}, TypeError, "got int"),
    (TEXTS[:59], {}, ValueError, "want as many categories as titles, 60, got 59"),
])
def test_categories_without_a_form_are_refused(categories, more, error, words):
    with pytest.raises(error, match=f"^fit: .*{words}"):
        TitleClassifier(**QUICK).fit(TITLES, categories, **more)


def test_a_mapping_that_leaves_the_form_is_refused(tmp_path):
    (tmp_path / "m.tsv").write_text("0\tnone\n")
    for categories in NUMBERS, MATRIX:
        with pytest.raises(ValueError, match="^categories: want .*, got (none|'none')"):
            TitleClassifier(**QUICK, mapping=tmp_path / "m.tsv").fit(TITLES, categories)


@pytest.mark.parametrize("number, got", [
    (10**18, f"got {10**18}: give them as texts"), (-10**18, f"got {-10**18}: give"), (2**64 - 1, "got 18446744"),
    (10**5_000, "got one of 16,610 bits: give them as texts")], ids=["1", "2", "3", "4"])
def test_numbers_of_too_many_digits_are_refused_as_what_they_are(number, got):
    with pytest.raises(ValueError, match=f"categories.*: want whole numbers of at most 18 digits, {got}"):
        TitleClassifier(**QUICK).fit(TITLES, [number if one == 0 else int(one) for one in NUMBERS])
    most = [10**18 - 1 if one == 0 else int(one) for one in NUMBERS]
    assert TitleClassifier(**QUICK).fit(TITLES, most).classes_.tolist() == [1, 2, 10**18 - 1]


def test_a_matrix_for_a_model_of_names_is_refused(of_texts):
    with pytest.raises(ValueError, match="^score: categories: want 5 different names of columns"):
        of_texts.score(TITLES, MATRIX)


@pytest.mark.parametrize("categories, more", [
    (TEXTS, {}), (NUMBERS, {}), (MATRIX, dict(classes=BINARIZER.classes_)), (sp.csr_array(MATRIX), {})],
    ids=["texts", "numbers", "matrix", "sparse"])
def test_the_form_is_saved_and_later_parts_have_it(categories, more, tmp_path):
    one = TitleClassifier(**QUICK).partial_fit(TITLES, categories, **more)
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    same = [(one.predict(TITLES), other.predict(TITLES)), (one.predict_proba(TITLES), other.predict_proba(TITLES)),
            (one.classes_, other.classes_)]
    assert all(type(a) is type(b) and not (a != b).sum() for a, b in same)
    other.partial_fit(TITLES, categories)
    assert other.score(TITLES, categories) == 1 and list(other.classes_) == list(one.classes_)


def test_validation_has_the_form_of_the_training():
    one = TitleClassifier(**QUICK).fit(TITLES, MATRIX, (TITLES[:9], MATRIX[:9]), classes=BINARIZER.classes_)
    assert one.training_["counts"]["validation_known"] == 9


@pytest.mark.parametrize("form", [[], {}, None, 1, "lists of lists", "numbers", "matrix", "sparse"])
def test_a_stored_form_that_does_not_fit_is_refused(form, of_texts, tmp_path):
    of_texts.save(tmp_path / "m")
    change_json(tmp_path / "m" / "model.json", form=form)
    with pytest.raises(ValueError, match="not a whole model: ValueError: (form|categories): want "):
        TitleClassifier.load(tmp_path / "m")


@pytest.mark.parametrize("validation", [(TITLES,), (TITLES, TEXTS, TEXTS), TITLES, np.array(TITLES), {"x": 1}, 0.1])
def test_validation_that_is_not_a_pair_is_refused(validation):
    with pytest.raises(TypeError, match=r"^fit: validation: want a pair \(titles, categories\), got "):
        TitleClassifier(**QUICK).fit(TITLES, TEXTS, validation)


# ---- probabilities

def test_all_probabilities_stand_in_the_order_of_the_classes(of_texts, of_matrix):
    for one in of_texts, of_matrix:
        p, most = one.predict_proba(TITLES), one.predict_proba(TITLES, k=2)
        assert p.shape == (60, len(one.classes_)) and p.dtype == np.float32 and sp.issparse(most) and most.nnz == 120
        for row, some, pairs in zip(p, most.toarray(), one.predict_top_k(TITLES, 99)):
            assert dict(pairs) == pytest.approx(dict(zip(one.classes_, row.tolist())), rel=1e-6)  # float32
            assert np.array_equal(np.flatnonzero(some), np.sort(np.argsort(-row)[:2]))
    assert np.array_equal(of_texts.classes_[of_texts.predict_proba(TITLES).argmax(axis=1)], of_texts.predict(TITLES))
    assert sp.hstack([of_texts.predict_proba(TITLES, 2), of_matrix.predict_proba(TITLES)]).shape == (60, 8)


def test_with_a_softmax_they_add_up_to_1():
    one = TitleClassifier(**QUICK, output="softmax").fit(TITLES, TEXTS)
    np.testing.assert_allclose(one.predict_proba(TITLES).sum(axis=1), 1, rtol=1e-5)
    assert metrics.log_loss(TEXTS, one.predict_proba(TITLES), labels=one.classes_) < 0.5
    assert metrics.get_scorer("roc_auc_ovr")(one, TITLES, TEXTS) > 0.9


# ---- scoring, searches, pipelines, copies

@pytest.mark.parametrize("categories", [TEXTS, NUMBERS, MATRIX, np.array(TEXTS, object)],
                         ids=["texts", "numbers", "matrix", "array"])
@pytest.mark.parametrize("scoring", [None, "f1_micro", "accuracy"])
def test_cross_validation(categories, scoring):
    one = TitleClassifier(**QUICK)
    assert model_selection.cross_val_score(one, TITLES, categories, cv=FOLDS, scoring=scoring).min() > 0.4


@pytest.fixture
def processes():
    """How many processes joblib may start, which would go on for minutes after the test."""
    yield 2
    get_reusable_executor().shutdown()


def test_predictions_across_folds(processes):
    one = TitleClassifier(**QUICK)
    stratified = model_selection.StratifiedKFold(3)
    found = model_selection.cross_val_predict(one, TITLES, TEXTS, cv=stratified)
    assert metrics.f1_score(TEXTS, found, average="micro") > 0.8
    p = model_selection.cross_val_predict(one, TITLES, TEXTS, cv=stratified, method="predict_proba")
    assert (np.array(sorted(set(TEXTS)))[p.argmax(axis=1)] == found).mean() > 0.9
    found = model_selection.cross_val_predict(one, TITLES, MATRIX, cv=FOLDS)
    assert found.shape == MATRIX.shape
    assert np.array_equal(model_selection.cross_val_predict(one, TITLES, MATRIX, cv=FOLDS, n_jobs=processes), found)


def test_a_search_over_epochs():
    grid = {"epochs": [1, 20], "hidden": [4, 8], "stem": [None, "recipe"]}
    search = model_selection.GridSearchCV(TitleClassifier(**QUICK), grid, cv=FOLDS, scoring="f1_micro")
    search.fit(TITLES, MATRIX)
    assert search.best_params_["epochs"] == 20 and search.predict(["blue dress"]).shape == (1, 5)
    assert pickle.loads(pickle.dumps(search)).best_score_ == search.best_score_


def test_pipelines():
    upper = preprocessing.FunctionTransformer(lambda titles: [title.upper() for title in titles])
    pipe = pipeline.Pipeline([("upper", upper), ("classify", TitleClassifier(**QUICK))])
    pipe.fit(TITLES, TEXTS, classify__sample_weight=np.ones(60))
    assert pipe.predict(["DRESS"]).tolist() == ["Dresses"] and pipe.score(TITLES, TEXTS) == 1
    assert pipe.set_params(classify__epochs=3)["classify"].epochs == 3 and "epochs=3" in repr(pipe)
    assert "TitleClassifier" in pipe._repr_html_() and pipe.classes_.tolist() == ["Bags", "Dresses", "Shoes"]


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_joblib_keeps_a_classifier(mmap_mode, of_matrix, tmp_path):
    import joblib

    joblib.dump(of_matrix, tmp_path / "m.joblib")
    other = joblib.load(tmp_path / "m.joblib", mmap_mode=mmap_mode)
    assert np.array_equal(other.predict_proba(TITLES), of_matrix.predict_proba(TITLES))
    assert other.partial_fit(TITLES, MATRIX).score(TITLES, MATRIX) == 1


def test_weights_of_zero_alone_are_refused():
    with pytest.raises(ValueError, match="^fit: sample_weight: all weights are zero: there is nothing to learn$"):
        TitleClassifier(**QUICK).fit(TITLES, TEXTS, sample_weight=np.zeros(60))


def test_unknown_words_are_named_by_explain(of_texts, caplog):
    of_texts.explain("blue dress 1")
    assert not caplog.records
    best, *_ = of_texts.explain("blue unheard DRESS zzz")
    assert {effect.word: effect.logit for effect in best.effects}["zzz"] == 0
    assert [record.getMessage() for record in caplog.records] == [
        "explain: words that the model does not know have no effect: 'unheard', 'zzz'"]
