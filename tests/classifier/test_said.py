"""Claim: what a training drops and ignores is counted and said, with the option that would keep more."""


import pytest
from problems import compiled

from nnlite import TitleClassifier, Vocabulary
from nnlite.data.digests import TitleDigests, digests, merged, repeated
from nnlite.data.records import Record
from nnlite.data.summary import kept_categories

SMALL = dict(epochs=1, hidden=(8,), min_count=1)


def shop():
    """200 products: 12 categories of 12, then 19 of 2 and 18 of 1, whose titles are all different."""
    names = [f"C{i // 12}" for i in range(144)] + [f"two {i // 2}" for i in range(38)] + [f"one {i}" for i in range(18)]
    return [f"red shirt {i}" for i in range(200)], [(name,) for name in names]


@compiled
def test_a_fit_says_what_the_cut_drops(caplog):
    one = TitleClassifier(**SMALL).fit(*shop())
    assert [record.getMessage() for record in caplog.records] == [
        "49 categories, 12 learnt; 37 in fewer than 10 products; 56 of 200 products have none left: "
        "--label-min-count 2 would keep 31"]
    counts = one.training_["counts"]
    assert [counts[name] for name in ("categories", "categories_dropped", "records_without")] == [12, 37, 56]


@compiled
def test_nothing_is_said_where_nothing_is_dropped(caplog):
    titles, categories = shop()
    TitleClassifier(**SMALL).fit(titles[:144], categories[:144], (["new"], [("C1",)]))
    assert not caplog.records


@compiled
def test_validation_new_categories_and_repeated_titles(caplog, tmp_path):
    titles, categories = shop()
    given = ["RED Shirt 0", "new", "other"], [("C1",), ("C2", "?"), ("?",)]
    one = TitleClassifier(**SMALL).fit(titles[:144], categories[:144], given)
    one.partial_fit(["blue hat", "red hat"], [("Hats",), ("Hats", "C1")])
    assert [record.getMessage() for record in caplog.records] == [
        "2 of 3 validation products count: the others have no category that is learnt",
        "1 of 3 validation titles are also in the training data",
        "partial_fit: new categories are ignored, the model does not know them: 'Hats' (2); 1 of 2 products have no "
        "other; grow=True learns them",
        "partial_fit: 75.0 % of the titles' words have no effect, the model does not know them; grow=True learns them"]
    one.save(tmp_path / "m")
    assert TitleClassifier.load(tmp_path / "m").n_trained_on(["Red shirt 1", "BLUE hat", "green hat"]) == 2


@pytest.mark.parametrize("names, what", [
    (("X",), "the one category 'X'"), (("X", "Y"), "the same categories 'X' and 'Y'")])
def test_where_there_is_nothing_to_learn_it_is_said(names, what):
    with pytest.raises(ValueError, match=f"^fit: all products have {what}: there is nothing to learn$"):
        TitleClassifier(**SMALL).fit([f"hat {i}" for i in range(20)], [names] * 20)


def test_a_cut_is_proposed_that_keeps_clearly_more():
    def said(counts, n_without, n_records=1000):
        vocabulary = Vocabulary({"a": n_records}, {f"{i}": n for i, n in enumerate(counts)}, n_records,
                                label_min_count=10)
        return kept_categories(vocabulary, n_without).partition(": ")[2]

    assert said([10, 9, 5, 3], 0) == "--label-min-count 5 would keep 3"
    assert said([10, 10, 5, 2], 0) == "--label-min-count 2 would keep 4"
    assert said([10, 10, 10, 2], 49) == "" and said([10, 10, 10, 2], 50) == "--label-min-count 2 would keep 4"
    assert said([10, 1, 1, 1], 500) == ""


def test_digests_of_a_stream_are_those_of_its_titles():
    noted, titles = TitleDigests(), [f"Title {i % 5000}" for i in range(9000)]
    assert sum(1 for _ in noted.noting(Record(title, ("C",)) for title in titles)) == 9000
    assert (noted.result() == merged(digests(titles))).all() and noted.result().size == 5000
    assert repeated(["title 1", "TITLE 2", "none"], noted.result()).tolist() == [True, True, False]
