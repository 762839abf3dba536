"""Claim: a seed means one catalogue, as large and skewed as Amazon's clothing data, to be learned but not trivially."""

import re
from collections import Counter
from statistics import mean, median

import numpy as np
import pytest

from nnlite.data.catalogue import BLOCK, make_catalogue
from nnlite.data.records import Record

MIN_COUNT = 10


def words(title):
    return set(re.findall(r"[^\W_]+", title.lower()))


def kept(counts):
    return {name: count for name, count in counts.items() if count >= MIN_COUNT}


def share(records, title_words, word, category, leaf):
    """Of the records with this word and this category, the share that has the leaf as well."""
    found = [r.categories for r, title in zip(records, title_words) if category in r.categories and word in title]
    assert len(found) > 100
    return mean(leaf in categories for categories in found)


@pytest.fixture(scope="module")
def records():
    return list(make_catalogue(80_000))


@pytest.fixture(scope="module")
def title_words(records):
    return [words(record.title) for record in records]


@pytest.fixture(scope="module")
def word_counts(title_words):
    return Counter(word for title in title_words for word in title)


@pytest.fixture(scope="module")
def label_counts(records):
    return Counter(label for record in records for label in record.categories)


def test_a_record_is_the_same_everywhere(records):
    assert records[0] == Record("Norilzeth Premium Skull Cap Grelusall Baby Boy 54mm", (
        "Baby", "Baby Boys", "Accessories", "Hats & Caps", "Beanies", "Pom Pom", "Acrylic blend", "Snapback closure",
        "Hand Wash", "Our hat is lightweight"))
    assert records[-1].title == "Kovilgart Elannock Classic Paisley Beanie Cotton One Size 48 Inch"


def test_a_shorter_catalogue_is_the_beginning_of_a_longer_one(records):
    for n in 0, 1, 1_000, BLOCK, BLOCK + 1:
        assert list(make_catalogue(n)) == records[:n]


def test_seeds_draw_other_records_from_the_same_world(records, label_counts):
    other = list(make_catalogue(20_000, seed=1))
    assert other == list(make_catalogue(20_000, seed=1))
    assert len({r.title for r in other} & {r.title for r in records}) < 100
    other_counts = Counter(label for record in other for label in record.categories)
    assert len(dict(label_counts.most_common(100)).keys() & dict(other_counts.most_common(100)).keys()) > 90


def test_the_end_looks_like_the_beginning(records, label_counts):
    end = Counter(label for record in records[60_000:] for label in record.categories)
    for label, count in label_counts.most_common(300):
        assert abs(end[label] / 20_000 - count / 80_000) < 0.015, label


def test_numbers_of_words_and_labels(records, word_counts, label_counts):
    assert 6_000 <= len(kept(word_counts)) <= 9_000
    assert 1_750 <= len(kept(label_counts)) <= 1_850
    assert 8 <= sum(kept(word_counts).values()) / len(records) <= 14
    assert 5 <= sum(kept(label_counts).values()) / len(records) <= 9


def test_records_are_well_formed(records):
    for record in records:
        assert type(record) is Record and type(record.categories) is tuple
        assert record.title.strip() and record.categories and all(record.categories)
        assert len(set(record.categories)) == len(record.categories)


def test_no_label_is_in_half_of_the_records(records, label_counts):
    assert max(label_counts.values()) < 0.45 * len(records)


def test_the_tail_is_long(word_counts, label_counts):
    for counts in word_counts, label_counts:
        assert len(counts) > 1.5 * len(kept(counts))
        assert max(counts.values()) > 20 * median(kept(counts).values())


@pytest.mark.parametrize("word, label", [
    ("sundress", "Dresses"), ("stiletto", "Pumps"), ("choker", "Necklaces"), ("jogger", "Pants"),
    ("parka", "Coats & Jackets"), ("chronograph", "Wrist Watches"),
])
def test_the_type_in_a_title_tells_the_category_of_most_records(records, title_words, label_counts, word, label):
    found = [label in record.categories for record, title in zip(records, title_words) if word in title]
    assert len(found) > 100 and 0.8 < mean(found) < 0.97
    assert label_counts[label] < 0.15 * len(records)


def test_a_vague_adjective_means_another_leaf_in_another_category(records, title_words):
    assert share(records, title_words, "classic", "Dresses", "Tennis Dresses") > 0.6
    assert share(records, title_words, "classic", "Tops & Tees", "Active Tops") < 0.2
    assert share(records, title_words, "modern", "Dresses", "Tennis Dresses") < 0.2
    assert share(records, title_words, "modern", "Tops & Tees", "Active Tops") > 0.6


def test_records_are_made_one_block_at_a_time():
    assert next(make_catalogue(10**12)) == next(make_catalogue(np.int64(1)))


@pytest.mark.parametrize("value, error, wrong", [
    (-1, ValueError, "is negative"), (2.5, TypeError, "is not an integer"), ("7", TypeError, "is not an integer"),
])
@pytest.mark.parametrize("name", ["n_records", "seed"])
def test_bad_arguments_are_named_at_once(name, value, error, wrong):
    with pytest.raises(error, match=f"^make_catalogue: {name} {wrong}, want an int of 0 or more, got {value!r}$"):
        make_catalogue(**{"n_records": 1, name: value})
