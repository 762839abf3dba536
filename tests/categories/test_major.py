"""Claim: major categories cover the most records, exclude each other, and each covered record gets one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import compiled

from benchmarks.quality import categories
from nnlite import MLP, AdaGrad, Record, Trainer, Vocabulary, evaluate, make_catalogue
from nnlite.categories.major import NEAR_UNIVERSAL, Major
from nnlite.training import recipes


def products(*categories):
    return [Record("t", tuple(names)) for names in categories]


names = st.sampled_from("abcdefgh")
catalogues = st.lists(st.lists(names, max_size=4, unique=True).map(tuple).map(lambda c: Record("t", c)), max_size=30)


def test_a_record_gets_the_rarest_of_its_major_categories():
    records = products("ab", "ac", "a", "cb", "x", "")
    major = Major.of(records, ["a", "b", "c"])
    assert major.names == ["b", "c", "a"]  # 2, 2 and 3 records
    mapped = major.apply(records)
    assert [record.categories for record in mapped] == [("b",), ("c",), ("a",), ("b",)]
    assert mapped.summary() == "6 records: 4 with a major category, 3 of them with several; 2 left out"
    assert mapped.counts == {"b": 2, "c": 1, "a": 1}


def test_a_category_that_is_covered_already_comes_later():
    """b, within a, is more frequent than d; r is in all records but one."""
    records = products(*["rab"] * 5, *["ra"] * 2, *["rc"] * 4, *["rd"] * 3, "")
    assert Major.choose(records, 3).names == ["d", "c", "a"]
    assert set(Major.choose(records, 4).names) == set("abcd")
    with pytest.raises(ValueError, match="want at most the 4 that the records have, got 5"):
        Major.choose(records, 5)
    with pytest.raises(ValueError, match="want at least two different categories, got a"):
        Major.choose(records, 1)


def chosen(records, n):
    """The twin of `Major.choose`, which looks at every category each time: the chosen ones, or fewer than n."""
    rows = [set(record.categories) for record in records]
    counts = Counter(name for row in rows for name in row)
    left, kept = {name for name in counts if counts[name] <= 0.5 * len(rows)}, []

    def owned(names):
        return Counter(min(row & set(names), key=lambda name: (counts[name], name), default=None) for row in rows)

    while left and len(kept) < n:
        covered = [bool(row & set(kept)) for row in rows]
        new = {name: sum(name in row and not was for row, was in zip(rows, covered)) for name in left}
        name = min(left, key=lambda name: (-new[name], -counts[name], name))
        left.remove(name)
        if all(owned([*kept, name])[other] for other in [*kept, name]):
            kept.append(name)
    return sorted(kept, key=lambda name: (counts[name], name))


@given(catalogues, st.integers(2, 5))
def test_the_categories_are_those_of_the_simple_search(records, n):
    want = chosen(records, n)
    if len(want) == n:
        assert Major.choose(records, n).names == want
    else:
        with pytest.raises(ValueError, match=f"want at most the {len(want)} that the records have, got {n}"):
            Major.choose(records, n)


def test_many_categories_are_passed_over_in_linear_time():
    every = tuple(map(str, range(40_000)))  # quadratic time would take ten minutes
    with pytest.raises(ValueError, match="want at most the 1 that"):
        Major.choose([Record("t", every), Record("t", ()), Record("t", ())], 2)


@pytest.mark.parametrize("texts, want", [
    (["Shoes,Bags"], {"Shoes", "Bags"}), (["Shoes, Boots , Bags"], {"Shoes, Boots", "Bags"}),
    (["Shoes, Boots", "Bags"], {"Shoes, Boots", "Bags"})])
def test_a_comma_separates_names_unless_it_is_part_of_one(texts, want):
    records = [Record("x", (name,)) for name in ("Shoes", "Bags", "Shoes, Boots")]
    assert set(Major.of(records, texts).names) == want
    with pytest.raises(ValueError, match="got 'Hats,Bags', which none"):
        Major.of(records, ["Shoes,Hats,Bags"])


def test_no_major_category_is_left_without_a_record():
    """w and v come always together; every x is a y or a z as well, which are rarer."""
    records = products(*["wv"] * 4, *["xy"] * 2, *["xz"] * 2, "y", "z", "q")
    assert Major.choose(records, 4).names == ["q", "y", "v", "x"]
    with pytest.raises(ValueError, match="want at most the 4 that"):
        Major.choose(records, 5)


def test_of_equal_cover_the_more_frequent_category_is_taken_first():
    """Once q is taken, x and a cover two records more; x is the more frequent one."""
    records = products(*["q"] * 6, *["qx"] * 3, *["x"] * 2, *["a"] * 2, *"klmnop")
    assert Major.choose(records, 2).names == ["x", "q"]


def test_of_equally_frequent_categories_the_first_in_the_alphabet_is_taken():
    assert Major.choose(products(*"zyxzyx"), 2).names == ["x", "y"]
    assert Major.of(products(*"zyxzyx"), ["z", "x", "y"]).names == ["x", "y", "z"]


def test_a_record_is_covered_once():
    records = products(*["q"] * 6, *["qxz"] * 3, *["x"] * 4, *["z"] * 2, *"klmnop")
    assert set(Major.choose(records, 3).names) == set("qxz")


def test_what_just_half_of_the_records_have_is_no_root():
    assert Major.choose(products(*["a"] * 3, *"bbc"), 2).names == ["b", "a"]
    assert Major.choose(products(*["a"] * 4, *"bbc"), 2).names == ["c", "b"]


def test_a_category_twice_in_a_record_counts_once():
    records = products("aa", "aa", "b", "b", "b")
    assert Major.of(records, ["a", "b"]).names == ["a", "b"]
    mapped = Major(["a", "b"]).apply(records)
    assert len(list(mapped)) == 5 and mapped.n_several == 0


def test_records_without_a_major_category_are_counted_with_their_titles():
    mapped = Major(["a", "b"]).apply([Record("one", ("x",)), Record("two", ("a", "b", "x")), Record("three", ())] * 600)
    assert len(list(mapped)) == 600 and mapped.skipped == {"no major category": 1_200}
    assert mapped.skipped.examples == ["one", "three", "one", "three", "one"]
    assert mapped.summary() == ("1,800 records: 600 with a major category, 600 of them with several; "
                                "1,200 left out")


def test_a_record_with_three_major_categories_is_one_with_several():
    mapped = Major(["a", "b", "c"]).apply(products("cba"))
    assert [record.categories for record in mapped] == [("a",)] and mapped.n_several == 1


@pytest.mark.parametrize("n, message", [(2, "want at most the 0 that the records have, got 2"), (0, "got none")])
def test_no_records_have_no_major_categories(n, message):
    with pytest.raises(ValueError, match=message):
        Major.choose([], n)


@given(records=catalogues, n=st.integers(2, 5))
def test_every_covered_record_gets_one(records, n):
    counts = Counter(name for record in records for name in record.categories)
    usable = [name for name in counts if counts[name] <= NEAR_UNIVERSAL * len(records)]
    try:
        major = Major.choose(records, n)
    except ValueError as error:
        assert str(error).startswith("Major: want at most the ")
        return
    assert len(set(major.names)) == n and set(major.names) <= set(usable)
    mapped = major.apply(records)
    out = list(mapped)
    assert len(out) == mapped.n_records and len(out) + mapped.skipped.total() == len(records)
    assert all(len(record.categories) == 1 for record in out)
    assert list(major.apply(out)) == out
    assert set(mapped.counts) == set(major.names)
    most = max(counts[name] for name in usable)
    assert len(out) >= most  # the first choice alone covers as many
    assert Major.of(records, major.names).names == major.names


@pytest.mark.parametrize("names, message", [
    ([], "want at least two different categories, got none"), (["a"], "got a"), (["a", "b", "a"], "got a, a, b"),
    (["a", "z"], "want categories of the records, got 'z', which none of them has"),
])
def test_impossible_names_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        Major.of(products("ab", "a", "b"), names)


@compiled
def test_major_categories_of_the_made_up_catalogue_are_learnt():
    """From the vocabulary to the scores: far better than always naming the most frequent class."""
    records = list(make_catalogue(6_000))
    major = Major.of(records, ["Shoes", "Jewelry", "Clothing", "Luggage", "Watches"])
    train, test = list(major.apply(records[:5_000])), list(major.apply(records[5_000:]))
    vocabulary = Vocabulary.build(train)
    data, held_out = vocabulary.encode(train), vocabulary.encode(test)
    model = MLP(data.n_words, data.n_labels, (64,), "relu", output="softmax")
    model.init_label_bias(data.label_frequencies())
    Trainer(model, AdaGrad(0.05), epochs=4).fit(data)
    accuracy, most = evaluate(model, held_out)["accuracy"], vocabulary.label_counts[0] / len(train)
    assert accuracy > 0.8 > most + 0.2


@compiled
def test_the_benchmark_asks_the_same_question(monkeypatch):
    """A network asked for its own labels answers with its own scores; with all labels as one it is always right."""
    monkeypatch.setattr(recipes, "SMALL_ROWS", 0)
    records = list(make_catalogue(2_000))
    vocabulary, model, _ = categories.trained(records[:1_500], seed=0)
    own = categories.own_scores(vocabulary, model, records[1_500:])
    asked = categories.answers(vocabulary, model, records[1_500:], vocabulary, lambda name: name)
    for name in own:
        assert asked[name] == pytest.approx(own[name], rel=1e-4, nan_ok=True), name
    merged = [Record(title, ("any",)) for title, _ in records]
    some = Vocabulary.build(merged)
    assert categories.answers(vocabulary, model, merged, some, lambda name: "any")["P@1"] == 100


@compiled
def test_the_benchmark_and_its_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "SMALL_ROWS", 0)
    pytest.importorskip("matplotlib", reason="the picture of the confusion matrix needs matplotlib")
    records = list(make_catalogue(1_200))
    rows, names, table = categories.measure(records[:1_000], records[1_000:], 5, seed=0)
    assert [row["labels"] for row in rows.values()][-4:] == [5, 5, 5, 5] and len(names) == 5
    assert table.sum() == rows["5 major, softmax"]["records"] <= 200
    assert rows["5 major, softmax"]["P@1"] == pytest.approx(100 * np.trace(table) / table.sum())
    categories.picture(tmp_path / "confusion.png", names, table)
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
