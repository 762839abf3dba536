"""Claim: every method that takes titles cleans them as the reader of files does, so that the words are the same."""

import pytest
from shops import SMALL, shop

from nnlite import Record, TitleClassifier
from nnlite.classifier.arguments import checked_records, texts

PLAIN, DIRTY = ["blue dress caf\u00e9"], ["<b class=shoe>blue</b> dress caf&eacute;"]
QUICK = SMALL | dict(epochs=2)


def marked(titles):
    """Titles in HTML whose tags hold a word that would mislead if it were read as part of the title."""
    return [f"<i title='shoe'>{title}</i>" for title in titles]


def test_titles_are_cleaned_and_categories_are_not():
    assert texts("fit", DIRTY) == PLAIN
    assert checked_records("fit", DIRTY, [["<b>A</b>"]]) == [Record(PLAIN[0], ("<b>A</b>",))]


@pytest.mark.parametrize("method", ["predict", "predict_above", "predict_top_k"])
def test_titles_are_cleaned_before_a_prediction(trained, method):
    assert getattr(trained, method)(DIRTY) == getattr(trained, method)(PLAIN)


def test_titles_are_cleaned_before_their_probabilities_are_computed(trained):
    assert (trained.predict_proba(DIRTY) != trained.predict_proba(PLAIN)).nnz == 0


def test_titles_are_cleaned_before_they_are_scored(trained):
    titles, categories = shop()
    dirty = [f"<i title='{'dress' if 'shoe' in title else 'shoe'} shoe dress'>{title}</i>" for title in titles]
    assert trained.score(dirty, categories) == trained.score(titles, categories) == 1


def test_titles_are_cleaned_before_they_are_learnt():
    titles, categories = shop()
    one, other = (TitleClassifier(**QUICK).fit(given, categories) for given in (titles, marked(titles)))
    assert one.vocabulary_.words == other.vocabulary_.words
    assert one.predict_top_k(titles) == other.predict_top_k(titles)


def test_titles_are_cleaned_before_more_is_learnt():
    titles, categories = shop()
    one, other = (TitleClassifier(**QUICK).fit(titles, categories).partial_fit(given, categories)
                  for given in (titles, marked(titles)))
    assert one.predict_top_k(titles) == other.predict_top_k(titles)


def test_titles_are_cleaned_before_they_validate():
    titles, categories = shop()
    one, other = (TitleClassifier(**QUICK).fit(titles, categories, validation=(given, categories))
                  for given in (titles, marked(titles)))
    assert one.training_["validation"] == other.training_["validation"] and one.threshold_ == other.threshold_


@pytest.mark.parametrize("where, use", [
    ("predict", lambda one, titles: one.predict(titles)),
    ("predict_top_k", lambda one, titles: one.predict_top_k(titles)),
    ("predict_proba", lambda one, titles: one.predict_proba(titles)),
    ("score", lambda one, titles: one.score(titles, [])),
    ("fit", lambda one, titles: one.fit(titles, [])),
    ("fit: validation", lambda one, titles: one.fit(*shop(), validation=(titles, []))),
    ("fit_files: validation", lambda one, titles: one.fit_files([], "chunks", (titles, []))),
    ("partial_fit", lambda one, titles: one.partial_fit(titles, [])),
])
def test_the_message_begins_with_the_method_whose_titles_are_wrong(trained, where, use):
    with pytest.raises(TypeError, match=f"^{where}: titles: want a list of str, got one str$"):
        use(trained, "dress")


@pytest.mark.parametrize("categories, message", [
    (b"ab", "fit: categories: want for each title a collection of str, such as a tuple, got one bytes"),
    ([("a",), b"ab"], r"fit: categories\[1\]: want a collection of str, such as a tuple, got bytes"),
    ([("a",), 7], r"fit: categories\[1\]: want a collection of str, such as a tuple, got int"),
    ([("a", 1, None), ("a",)], r"fit: categories\[0\]: want a collection of str, such as a tuple, got one of int"),
    ([("a",)] * 3, "fit: want as many categories as titles, 2, got 3"),
])
def test_the_message_names_the_first_categories_that_are_wrong(categories, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        checked_records("fit", ["x", "y"], categories)


def test_the_message_names_the_first_title_that_is_wrong():
    with pytest.raises(TypeError, match=r"^fit: titles\[1\]: want a str, got bytes$"):
        texts("fit", ["a", b"b", None])
