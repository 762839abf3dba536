"""Claim: titles and categories may be columns and tables of pandas, whatever their index, type and missing values."""

import numpy as np
import pytest
from problems import compiled
from shops import SMALL, shop

from nnlite import TitleClassifier

pd = pytest.importorskip("pandas", reason="its habits are tried with pandas itself")

pytestmark = compiled
QUICK = SMALL | dict(epochs=20)
TITLES, LISTS = shop(60)
TYPES = ["object", "string", "string[pyarrow]", "category"]


@pytest.fixture
def table():
    return pd.DataFrame({"title": TITLES, "category": [names[1] for names in LISTS],
                         "categories": ["|".join(names) for names in LISTS]}, index=np.arange(60)[::-1] * 7)


@pytest.fixture(scope="module")
def trained():
    return TitleClassifier(**QUICK).fit(TITLES, LISTS)


@pytest.mark.parametrize("kind", TYPES)
def test_columns_of_any_type_of_text(kind, table, trained):
    titles = table["title"].astype(kind)
    one = TitleClassifier(**QUICK).fit(titles, table["category"].astype(kind))
    assert one.predict(titles).tolist() == table["category"].tolist()
    many = TitleClassifier(**QUICK).fit(titles, table["categories"].str.split("|"))
    assert many.predict(titles) == trained.predict(TITLES)
    assert many.score(titles, table["categories"].str.split("|")) == 1


@pytest.mark.parametrize("form", [
    list, tuple, iter, np.array, lambda t: np.array(t, object), lambda t: np.array(t).reshape(-1, 1), pd.Series,
    pd.Index, lambda t: pd.DataFrame({"title": t}), lambda t: pd.DataFrame({("a", "b"): t})])
def test_titles_in_any_form(form, trained):
    assert trained.predict(form(TITLES)) == trained.predict(TITLES)
    assert TitleClassifier(**QUICK).fit(form(TITLES), LISTS).predict_top_k(TITLES) == trained.predict_top_k(TITLES)


def test_tables(table):
    one = TitleClassifier(**QUICK).fit(table[["title"]], table[["category"]])
    assert one.predict(table[["title"]]).tolist() == table["category"].tolist()
    several = "^{}: {}: want one column, .*got 3.*: choose one, such as table"
    with pytest.raises(TypeError, match=several.format("fit", "titles")):
        TitleClassifier().fit(table, table["category"])
    with pytest.raises(TypeError, match=several.format("predict", "titles")):
        one.predict(table)
    with pytest.raises(TypeError, match=several.format("fit", "categories")):
        TitleClassifier().fit(table["title"], table)


@pytest.mark.parametrize("titles", [set(TITLES), {"title": TITLES}, 7, None, np.array("a"), np.zeros((2, 2, 2))])
def test_titles_without_order_or_that_are_none_are_refused(titles, trained):
    with pytest.raises(TypeError, match="^predict: titles: want a list of str, got "):
        trained.predict(titles)


def test_a_table_of_ones_has_the_names_of_its_columns(table, trained):
    dummies = table["categories"].str.get_dummies("|")
    one = TitleClassifier(**QUICK).fit(table["title"], dummies)
    assert one.classes_.tolist() == list(dummies) and one.predict_top_k(TITLES) == trained.predict_top_k(TITLES)
    assert one.score(table["title"], dummies[dummies.columns[::-1]]) == 1  # by name
    for column in table["category"], table["category"].astype("string"):  # columns of bool, and of pandas' boolean
        assert TitleClassifier(**QUICK).fit(table["title"], pd.get_dummies(column)).score(
            table["title"], table["category"]) == 1


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT])
def test_a_missing_title_is_an_empty_one_and_counted(missing, trained, caplog):
    assert trained.predict(["dress", missing, missing]) == trained.predict(["dress", "", ""])
    assert [record.getMessage() for record in caplog.records] == [
        "predict: 2 of 3 titles are missing and count as empty ones"]


@pytest.mark.parametrize("kind", TYPES)
def test_missing_titles_in_columns(kind, table, caplog):
    table.iloc[[3, 5], 0] = None
    one = TitleClassifier(**QUICK).fit(table["title"].astype(kind), table["category"])
    want = TitleClassifier(**QUICK).fit(table["title"].fillna(""), table["category"])
    assert one.predict_top_k(TITLES) == want.predict_top_k(TITLES)
    assert [record.getMessage() for record in caplog.records] == [
        "fit: 2 of 60 titles are missing and count as empty ones"]


def test_missing_categories_are_refused(table):
    table.iloc[3, 1:] = None
    for categories in table["category"], table["categories"].str.split("|"):
        with pytest.raises(TypeError, match=r"^fit: categories\[3\]: want a "):
            TitleClassifier(**QUICK).fit(table["title"], categories)


def test_samples_empty_columns_and_new_columns(table, trained):
    some = table.sample(20, random_state=1)
    assert TitleClassifier(**QUICK).fit(some["title"], some["category"]).score(some["title"], some["category"]) > 0.9
    assert trained.predict(table["title"].iloc[:0]) == [] and trained.predict(table[["title"]].iloc[:0]) == []
    one = TitleClassifier(**QUICK).fit(table["title"], table["category"])
    table["found"], table["likeliest"] = one.predict(table["title"]), one.predict_top_k(table["title"], 1)
    assert (table["found"] == table["category"]).all()
    p = pd.DataFrame(one.predict_proba(table["title"]), index=table.index, columns=one.classes_)
    assert (p.idxmax(axis=1) == table["found"]).all()


def test_with_scikit_learn(table):
    selection = pytest.importorskip("sklearn.model_selection", reason="both together")
    train, test = selection.train_test_split(table, test_size=0.25, random_state=0, stratify=table["category"])
    one = TitleClassifier(**QUICK).fit(train["title"], train["category"])
    assert one.score(test["title"], test["category"]) > 0.9
    x, y = table["title"], table["category"]
    folds = selection.StratifiedKFold(3)
    assert selection.cross_val_score(one, x, y, cv=folds, scoring="f1_micro").mean() > 0.8
    assert selection.cross_val_score(one, table[["title"]], y, cv=folds, scoring="accuracy").mean() > 0.8
    assert selection.cross_val_predict(one, x, table["categories"].str.get_dummies("|"), cv=3).shape == (60, 5)
    search = selection.GridSearchCV(one, {"epochs": [1, 20]}, cv=folds, scoring="f1_micro").fit(x, y)
    assert search.best_params_ == {"epochs": 20} and search.predict(x.iloc[:3]).shape == (3,)
