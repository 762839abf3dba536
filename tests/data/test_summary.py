"""Claim: what the cut drops is said in figures, and a smaller cut is proposed where it keeps much more."""

import pytest

from nnlite import Vocabulary
from nnlite.data.summary import better_cut, kept_categories, nothing_to_learn, smaller_cuts


def counted(counts, cut, n_records=1_000):
    """A vocabulary of one word and of labels with these counts."""
    return Vocabulary({"word": n_records}, {f"L{i}": n for i, n in enumerate(counts)}, n_records, 1,
                      label_min_count=cut)


@pytest.mark.parametrize("cut, want", [
    (1, {}), (2, {}), (3, {2: 5}), (4, {3: 4, 2: 5}), (5, {3: 4, 2: 5}), (6, {5: 2, 3: 4, 2: 5}),
    (9, {5: 2, 3: 4, 2: 5})])
def test_smaller_cuts_are_counted_the_largest_first(cut, want):
    found = smaller_cuts([1, 2, 3, 4, 5, 6], cut)
    assert list(found.items()) == list(want.items())
    assert counted([1, 2, 3, 4, 5, 6], cut).smaller_cuts == want


@pytest.mark.parametrize("cuts, n_kept, share, want", [
    ({}, 10, 1.0, None), ({5: 20, 3: 40, 2: 60}, 10, 0.0, 5), ({5: 19, 3: 20, 2: 60}, 10, 0.0, 3),
    ({5: 11, 3: 15, 2: 19}, 10, 0.0499, None), ({5: 11, 3: 15, 2: 19}, 10, 0.05, 2),
    ({5: 10, 3: 10, 2: 10}, 10, 0.5, None), ({5: 10, 3: 11}, 10, 0.5, 3), ({5: 11, 3: 15, 2: 20}, 10, 0.5, 2)])
def test_a_cut_is_proposed_that_keeps_twice_as_many_or_more_where_many_records_have_none(cuts, n_kept, share, want):
    assert better_cut(cuts, n_kept, share) == want


@pytest.mark.parametrize("counts, cut, n_without, want", [
    ([9, 9], 9, 0, ""), ([9, 9], 9, 100, ""),
    ([9, 9, 8], 9, 0, "3 categories, 2 learnt; 1 in fewer than 9 products"),
    ([9, 9, 8], 9, 49, "3 categories, 2 learnt; 1 in fewer than 9 products; 49 of 1,000 products have none left"),
    ([9, 9, 8], 9, 50, "3 categories, 2 learnt; 1 in fewer than 9 products; 50 of 1,000 products have none left: "
                       "--label-min-count 2 would keep 3"),
    ([9, 8], 9, 0, "2 categories, 1 learnt; 1 in fewer than 9 products: --label-min-count 5 would keep 2"),
    ([9] * 1_000 + [4] * 1_001, 9, 0, "2,001 categories, 1,000 learnt; 1,001 in fewer than 9 products: "
                                      "--label-min-count 3 would keep 2,001")])
def test_what_the_cut_drops_is_said_in_figures(counts, cut, n_without, want):
    vocabulary = counted(counts, cut)
    assert kept_categories(vocabulary, n_without) == want
    assert kept_categories(vocabulary, n_without, " of the sample") == want.replace(
        "categories,", "categories of the sample,")


def test_a_cut_above_a_thousand_has_a_comma():
    assert kept_categories(counted([1_200, 1_199], 1_200, 2_000), 0).startswith(
        "2 categories, 1 learnt; 1 in fewer than 1,200 products")


@pytest.mark.parametrize("counts, cut, n_without, want", [
    ([1_000], 1, 0, "all products have the one category 'L0': there is nothing to learn"),
    ([1_000] * 3, 1, 0, "all products have the same categories 'L0' and 'L1' and 'L2': there is nothing to learn"),
    ([1_000] * 4, 1, 0, "all products have the same categories 'L0' and 'L1' and 'L2', ...: there is nothing to learn"),
    ([1_000, 4], 5, 0, "all products have the one category 'L0': there is nothing to learn (2 categories, 1 learnt; "
                       "1 in fewer than 5 products: --label-min-count 3 would keep 2)"),
    ([1_000], 1, 1, ""), ([999], 1, 0, ""), ([1_000, 999], 1, 0, "")])
def test_where_all_products_have_the_same_categories_it_is_said(counts, cut, n_without, want):
    assert nothing_to_learn(counted(counts, cut), n_without) == want
