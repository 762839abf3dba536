"""Claim: what is said of data names five things and counts the others, and is said from its limit on, not before."""

import numpy as np
import pytest

from nnlite import Record, Vocabulary
from nnlite.categories.choice import Categories
from nnlite.classifier.said import about_data, about_growth, about_new, about_unknown, about_validation
from nnlite.data.digests import digests, merged
from nnlite.data.growing_vocabulary import grown

KNOWN = [Record("red shoe", ("Shoes",)), Record("blue dress", ("Dresses", "Blue"))] * 3
NOTHING = np.zeros(0, np.int64)


@pytest.fixture
def vocabulary():
    return Vocabulary.build(KNOWN, min_count=1, label_min_count=2)


@pytest.fixture
def said(caplog):
    return lambda: [record.getMessage() for record in caplog.records]


def new(n):
    """Records of n new categories, of which the first is on two."""
    return [Record("red", ("Shoes",)) for _ in range(9)] + [Record("red", (f"n{i}",)) for i in [0, *range(n)]]


@pytest.mark.parametrize("n, names", [
    (1, "'n0' (2)"), (5, "'n0' (2), 'n1' (1), 'n2' (1), 'n3' (1), 'n4' (1)"),
    (6, "'n0' (2), 'n1' (1), 'n2' (1), 'n3' (1), 'n4' (1) and 1 more")])
def test_five_new_categories_are_named(n, names, vocabulary, said):
    counts = about_new(new(n), vocabulary)
    assert counts == {"new_categories": n, "records_without_known": n + 1}
    assert said() == [f"partial_fit: new categories are ignored, the model does not know them: {names}; {n + 1} of "
                      f"{n + 10} products have no other; grow=True learns them"]


@pytest.mark.parametrize("categories, n_new, n_without", [
    ((), 0, 0), (("Shoes",), 0, 0), (("x",), 1, 1), (("x", "x"), 1, 1), (("x", "y"), 2, 1), (("x", "Shoes"), 1, 0)])
def test_records_without_a_known_category_have_new_ones_alone(categories, n_new, n_without, vocabulary):
    assert about_new([Record("red", categories)], vocabulary) == {
        "new_categories": n_new, "records_without_known": n_without}


@pytest.mark.parametrize("n_known, is_said", [(9, True), (8, True), (10, False)])
def test_unknown_words_are_said_if_they_are_a_tenth(n_known, is_said, vocabulary, said):
    about_new([Record("red " * n_known + "zebra", ("Shoes",))], vocabulary)
    assert said() == [f"partial_fit: {100 / (n_known + 1):.1f} % of the titles' words have no effect, the model does "
                      "not know them; grow=True learns them"] * is_said


def test_nothing_is_unknown_to_a_vocabulary_of_hashes(said):
    about_new([Record("zebra", ("Shoes",))], Vocabulary.build(KNOWN, min_count=1, hash_size=9))
    assert said() == []


@pytest.mark.parametrize("n, more", [(0, None), (1, ""), (5, ""), (6, " and 1 more")])
def test_five_unknown_words_of_a_title_are_named(n, more, vocabulary, said):
    words = [f"w{i}" for i in range(n)]
    about_unknown(vocabulary, " ".join(["red", *words, *words]))
    shown = ", ".join(map(repr, words[:5]))
    want = f"explain: words that the model does not know have no effect: {shown}{more}"
    assert said() == ([] if more is None else [want])


def growth(vocabulary, records, trained_on=NOTHING):
    found = grown(vocabulary, records)
    return about_growth(vocabulary, found, found.vocabulary.encode(records), records, trained_on)


@pytest.mark.parametrize("n, names", [(1, "1: 'n0'"), (5, "5: 'n0', 'n1', 'n2', 'n3', 'n4'"),
                                      (6, "6: 'n0', 'n1', 'n2', 'n3', 'n4' and 1 more")])
def test_five_learnt_categories_are_named(n, names, vocabulary, said):
    records = [Record(f"red new{i % 2}", (f"n{i}",)) for i in range(n)] * 2 + [Record("red", ("rare",))]
    records += [Record("red shoe", ("Shoes",))] * 2
    counts = growth(vocabulary, records, merged(digests(["RED SHOE", "red new0"])))
    n_old, n_words = 2 + (n + 1) // 2 * 2, min(n, 2)
    assert said()[0] == (f"partial_fit: learns new words ({n_words}) and new categories ({names}); others (1) are in "
                         f"fewer than 2 of these products, or too many; 1 of {2 * n + 3} products have no category "
                         f"that is learnt; {n_old} of their titles were learnt from before")
    assert counts == {"new_words": n_words, "new_categories": n, "words": 4 + n_words, "categories": 3 + n,
                      "words_dropped": 0, "categories_dropped": 1, "records": 9 + 2 * n, "records_without": 1}


@pytest.mark.parametrize("n_others, is_said", [(2, True), (3, False)])
def test_a_new_category_of_more_than_half_of_the_products_is_named(n_others, is_said, vocabulary, said):
    growth(vocabulary, [Record("red", ("new",))] * 3 + [Record("red", ("Shoes",))] * n_others)
    assert [text for text in said() if "hand over" in text] == is_said * [
        f"partial_fit: 'new' is new and in 3 of {3 + n_others} products: hand over earlier products as well, or it "
        "will be named for those, too"]
    assert "learnt from before" not in said()[0] and "no category" not in said()[0] and "others" not in said()[0]


def test_nothing_new_and_no_title_from_before(vocabulary, said):
    growth(vocabulary, KNOWN[:2], digests(["pan"]))
    assert said() == ["partial_fit: learns new words (0) and new categories (0)"]


@pytest.mark.parametrize("given, counts, messages", [
    (None, {}, 0), ([], {}, 1),
    ([Record("red pan", ("Shoes",))], dict(validation_records=1, validation_known=1, validation_repeated=0), 0),
    ([Record("RED shoe", ("Shoes",)), Record("pan", ("Shoes",))],
     dict(validation_records=2, validation_known=2, validation_repeated=1), 1),
    ([Record("pan", ("other",)), Record("pan", ("Shoes",))],
     dict(validation_records=2, validation_known=1, validation_repeated=0), 1)])
def test_validation_products_are_counted(given, counts, messages, vocabulary, said):
    data, found = about_validation(given, Categories.choose(KNOWN), vocabulary, merged(digests(["red shoe"])))
    assert found == counts and len(said()) == messages and (data is None) == (not given)
    if given:
        _, found = about_validation(given, Categories.choose(KNOWN), vocabulary, NOTHING)  # more than are noted
        del counts["validation_repeated"]
        assert found == counts


@pytest.mark.parametrize("n_empty", [0, 1])
def test_records_that_never_had_a_category_are_counted_but_not_said_to_lose_one(n_empty, said):
    records = KNOWN + [Record("red", ("rare",))] + [Record("red", ())] * n_empty
    vocabulary = Vocabulary.build(records, min_count=2, label_min_count=2)
    assert about_data(vocabulary, vocabulary.encode(records), n_empty) == {
        "words": 4, "words_dropped": 0, "categories": 3, "categories_dropped": 1, "records": 7 + n_empty,
        "records_without": 1 + n_empty}
    assert said() == ["4 categories, 3 learnt; 1 in fewer than 2 products; 1 of "
                      f"{7 + n_empty} products have none left"]
