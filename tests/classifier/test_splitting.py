"""Claim: a split takes titles and categories in every form that a classifier is fitted with, and keeps the form."""

import numpy as np
import pytest
import scipy.sparse as sp
from shops import SMALL

from nnlite import TitleClassifier, holdout_split

TITLES = [f"{a}{b} {word}" for a in "blr" for b in "aeiou" for word in ("dress", "shoe")]
NAMES = [title.split()[1] for title in TITLES]
MATRIX = np.array([[name == "dress", name == "shoe"] for name in NAMES]).astype(int)
FORMS = {
    "tuples": (tuple(TITLES), [(name,) for name in NAMES]), "texts": (TITLES, NAMES),
    "iterators": (iter(TITLES), iter(NAMES)),
    "arrays": (np.array(TITLES), np.array(NAMES)), "a column": (np.array(TITLES)[:, None], NAMES),
    "numbers": (TITLES, MATRIX[:, 0].tolist()), "matrix": (TITLES, MATRIX), "rows": (TITLES, MATRIX.tolist()),
    "csr": (TITLES, sp.csr_array(MATRIX)), "coo": (TITLES, sp.coo_array(MATRIX)),
    "csc": (TITLES, sp.csc_matrix(MATRIX))}


@pytest.mark.parametrize("form", FORMS)
def test_the_split_is_the_same_in_each_form(form):
    titles, categories = FORMS[form]
    train, held = holdout_split(titles, categories, 10, seed=1)
    (want, _), (others, _) = holdout_split(TITLES, NAMES, 10, seed=1)
    assert np.ravel(train[0]).tolist() == want and np.ravel(held[0]).tolist() == others and len(others) == 10
    assert [TITLES.index(title) for title in want] == sorted(map(TITLES.index, want))
    one = TitleClassifier(**SMALL | dict(epochs=2)).fit(*train, held)
    assert one.training_["validation"][0]["rows"] == 10 and one.score(*held) >= 0


def test_tables_and_columns_keep_their_index_and_a_missing_title_is_empty():
    pd = pytest.importorskip("pandas", reason="its tables and columns are split")
    table = pd.DataFrame({"title": TITLES, "category": NAMES}, index=np.arange(30) * 7).astype("string")
    for titles, categories in (table["title"], table["category"]), (table[["title"]], pd.get_dummies(table.category)):
        train, held = holdout_split(titles, categories, 10)
        assert type(train[0]) is type(titles) and type(held[1]) is type(categories)
        for side in train, held:
            assert side[0].index.equals(side[1].index) and side[0].equals(titles.loc[side[0].index])
            assert side[1].equals(categories.loc[side[1].index])
        assert sorted([*train[0].index, *held[0].index]) == table.index.tolist()
    table.loc[0, "title"] = None
    train, held = holdout_split(table["title"], table["category"], 10)
    assert len(train[0]) + len(held[0]) == 30


def test_the_split_keeps_titles_as_they_are_given():
    titles = ["<b>Blue</b> dress", "Blue dress 5", " Red  hat", "pan", "pot"]
    (train, _), (held, categories) = holdout_split(titles, list("aabcd"), 2)
    assert sorted(train + held) == sorted(titles) and dict(zip(titles, "aabcd"))[held[0]] == categories[0]
    assert ("<b>Blue</b> dress" in train) == ("Blue dress 5" in train)


@pytest.mark.parametrize("titles, categories, error", [
    ("abc", ["a"] * 3, TypeError), (b"abc", ["a"] * 3, TypeError), (["a", "b"], ["a"], ValueError),
    (["a", "b"], {"a", "b"}, TypeError), ({"a": 1, "b": 2}, ["a", "b"], TypeError), (["a", 1], ["a", "b"], TypeError),
    (np.array([["a", "b"]] * 2), ["a", "b"], TypeError), (["a", "b"], [("a",), 1], TypeError)])
def test_titles_and_categories_must_fit(titles, categories, error):
    with pytest.raises(error, match="^holdout_split: "):
        holdout_split(titles, categories)
