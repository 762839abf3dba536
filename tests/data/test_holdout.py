"""Claim: near-duplicates are on one side of a split, which depends on the titles and the seed and on nothing else."""

import numpy as np
import pytest

from nnlite import Record, holdout_split, make_catalogue, read_records
from nnlite.data import holdout
from nnlite.data.cleaning import clean
from nnlite.data.holdout import HeldOut, folds_of, groups_of, keys_of, slices, wanted
from nnlite.system.ranges import SEED_MAX

WORDS = "blue red dress shoe über 鞋子 हिन्दी حقيبة pan steel café".split()
SAME = [  # the titles of a row are near-duplicates
    ["Blue Dress S", "blue dress, M", "DRESS Blue", "Blue Dress Blue 2023", "5 Blue Dress (XL)", "Dress ５ Blue"],
    ["Iron pan 24 cm", "Iron Pan 28 CM", "iron pan 24cm"], ["Crème 50 ml", "Cre\u0300me", "CRÈME ml"],
    ["कपड़ा ५ लाल", "लाल कपड़ा"], ["12345", "12345"], ["!?", "!?"], ["Straße", "STRASSE"]]


def catalogue(seed):
    """Titles of a few words, some of them many times, with numbers and sizes; and the group of each."""
    rng = np.random.default_rng(seed)
    kinds = [sorted({str(word) for word in rng.choice(WORDS, rng.integers(1, 5))}) for _ in range(rng.integers(20, 90))]
    titles, groups = [], []
    for _ in range(rng.integers(60, 1500)):
        group = int(len(kinds) * rng.random() ** 2)
        more = rng.choice(["", "7", "XL", "s", "2023", "M 12", "(5)"], 2).tolist()
        words = rng.permutation(kinds[group] + more).tolist()
        titles.append(" ".join(word.upper() if rng.random() < 0.3 else word for word in words if word))
        groups.append(" ".join(kinds[group]))
    return titles, groups


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_on_both_sides(seed):
    (titles, groups), share = catalogue(seed), (0.1, 0.3, 35)[seed % 3]
    (train, own), (held, others) = holdout_split(titles, groups, share, seed)
    assert not set(own) & set(others) and train and held
    assert sorted(train + held) == sorted(titles)
    assert 0 < len(held) <= wanted(share, len(titles))


@pytest.mark.parametrize("titles", SAME, ids=lambda titles: titles[0])
def test_near_duplicates_have_one_key(titles):
    assert len(set(keys_of(titles).tolist())) == 1


def test_other_titles_have_other_keys():
    titles = [row[0] for row in SAME] + ["blue dress red", "blue", "dress", "12346", "!!", "", "iron pans"]
    assert len(set(keys_of(titles).tolist())) == len(titles)


def test_a_key_is_that_of_the_title_alone():
    titles = [title for row in SAME for title in row] * 300
    assert np.array_equal(np.concatenate([keys_of(some) for some in slices(titles)]),
                          np.tile(np.concatenate([keys_of([title]) for title in titles[:len(titles) // 300]]), 300))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_titles_does_not_count(seed):
    titles = [record.title for record in make_catalogue(800, seed)]
    order = np.random.default_rng(seed).permutation(len(titles))
    first = HeldOut(titles, 30, seed).mask(titles)
    assert np.array_equal(first[order], HeldOut([titles[i] for i in order], 30, seed).mask([titles[i] for i in order]))
    assert first.sum() == HeldOut(titles, 30, seed).n_held > 0


def test_another_seed_holds_others_out():
    titles = [record.title for record in make_catalogue(600)]
    masks = [tuple(HeldOut(titles, 100, seed).mask(titles)) for seed in (0, 1, 2, 2**64 - 1)]
    assert len(set(masks)) == 4


def test_all_that_is_asked_for_is_held_out_where_titles_differ():
    titles = [f"{a}{b} thing" for a in WORDS for b in WORDS]
    for n in 1, 7, 60, len(titles) - 1:
        assert HeldOut(titles, n).mask(titles).sum() == n


@pytest.mark.parametrize("holdout_, n, want", [
    (None, 499, 0), (None, 500, 50), (None, 20_000, 2_000), (None, 2_000_000, 20_000), (None, 0, 0), (0, 30, 0),
    (0.0, 30, 0), (0.2, 30, 6), (0.001, 30, 1), (1, 30, 1), (29, 30, 29), (np.int64(5), 30, 5), (5.0, 30, 5),
    (None, 199_999, 19_999), (None, 200_010, 20_000), (0.05, 30, 2), (0.15, 30, 4), (0.999, 1_000, 999), (1.0, 2, 1),
    (0, 0, 0), (0.5, 2, 1), (np.float32(0.5), 2, 1), (10**6, 2 * 10**6, 10**6), (0.9, 2 * 10**6, 10**6)])
def test_how_many_are_held_out(holdout_, n, want):
    assert wanted(holdout_, n) == want


@pytest.mark.parametrize("holdout_, error", [
    (30, ValueError), (-1, ValueError), (-0.1, ValueError), (1.5, ValueError), (float("nan"), ValueError),
    (float("inf"), ValueError), (0.99, ValueError), (2_000_000, ValueError),
    (31, ValueError), (1 - 1e-9, ValueError), ("10", TypeError), (True, TypeError)])
def test_other_numbers_are_refused(holdout_, error):
    with pytest.raises(error, match="^holdout: want"):
        wanted(holdout_, 30)


@pytest.mark.parametrize("holdout_, n, message", [
    (10**6 + 1, 2 * 10**6, "want a share below 1, or 1 to 1,000,000 products, got 1000001$"),
    (1.5, 30, "want a share below 1, or 1 to 1,000,000 products, got 1.5$"),
    (30, 30, "want fewer than the 30 products that there are, got 30$"),
    (1_001, 1_000, "want fewer than the 1,000 products that there are, got 1,001$"),
    (1, 1, "want fewer than the 1 products"), (1, 0, "want fewer than the 0 products"), (0.1, 1, "want fewer than")])
def test_a_product_is_left_to_train_on(holdout_, n, message):
    with pytest.raises(ValueError, match=f"^holdout: {message}"):
        wanted(holdout_, n)


@pytest.mark.parametrize("sizes, n, want", [
    ([2, 1, 1], 4, [0, 1, 2]), ([3, 1, 1], 4, [1, 2]), ([1], 1, [0]), ([2, 1], 1, [1]), ([2, 2, 1, 1], 5, [0, 1, 2]),
    ([1, 2, 2, 1], 4, [0, 1, 3]), ([2, 2], 3, []), ([1, 1, 1], 3, [0, 1, 2]), ([1, 1], 0, []), ([], 3, [])])
def test_groups_are_taken_in_order_but_for_those_of_more_than_half_and_of_too_many(sizes, n, want):
    groups = holdout.Groups([], 0)
    groups.keys, groups.sizes = np.arange(len(sizes), dtype=np.uint64), np.array(sizes, int)
    keys, n_held = groups.first(n)
    assert keys.dtype == np.uint64 and keys.tolist() == want and n_held == sum(sizes[i] for i in want)


@pytest.mark.parametrize("n_kinds, n_held", [(49, 0), (50, 50)])
def test_fewer_than_fifty_are_not_held_out_by_default(n_kinds, n_held):
    """Of 500 products, most are the same, and a group of more than half of what is wanted is passed over."""
    titles = [f"thing {a}{b} one" for a in "abcdefghij" for b in "abcde"][:n_kinds]
    held = HeldOut(titles + ["the same"] * (500 - n_kinds))
    assert (held.n_titles, held.n_wanted, held.n_held) == (500, 50, n_held) and held.keys.size == n_held
    assert HeldOut(titles + ["the same"] * (500 - n_kinds), 0.1).n_held == n_kinds


@pytest.mark.parametrize("n_groups", [7, 8, 9, 50])
def test_groups_are_counted_exactly_up_to_a_bound(n_groups, monkeypatch):
    """With more, those of the smallest keys are, and their sizes are whole, whenever their products come."""
    monkeypatch.setattr(holdout, "SLICE", 4)
    monkeypatch.setattr(holdout, "MAX_GROUPS", 8)
    titles = [f"{a}{b} thing" for a in WORDS for b in WORDS[:5]][:n_groups] * 3 + ["last thing"]
    keys = np.sort(holdout.shuffled(np.concatenate([keys_of([title]) for title in titles]), 5))
    keys, sizes = np.unique(keys, return_counts=True)
    groups = holdout.Groups(titles, 5)
    assert groups.n_titles == len(titles)
    assert np.array_equal(groups.keys, keys[:8]) and np.array_equal(groups.sizes, sizes[:8])


@pytest.mark.parametrize("title, other, same", [
    ("a" * 499 + " b", "a" * 499 + " cc", True), ("aa " * 166 + "bb", "aa " * 166 + "cc", False),
    ("aa " * 166 + "x bb", "aa " * 166 + "x cc", True), ("ab x", "ab y", True), ("ab xy", "ab", False),
    ("ab", "AB ab", True), ("a", "b", False), ("5", "５", False), ("S", "s", True)])
def test_a_key_is_made_of_words_of_two_letters_in_the_first_500_characters(title, other, same):
    assert (keys_of([title]) == keys_of([other])).all() == same


def test_keys_are_shuffled_as_the_published_generator_does():
    """The first numbers of SplitMix64 from the state 0."""
    found = [int(holdout.shuffled(np.zeros(1, np.uint64), seed)[0]) for seed in range(4)]
    assert found == [0, 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_sizes_are_left_out_and_nothing_like_them():
    keys = keys_of(["mug", *(f"mug {size}" for size in holdout.SIZES), "mug xxxs", "mug smalls", "mug mediums"])
    assert len(set(keys[:12].tolist())) == 1 and len(set(keys[11:].tolist())) == 4
    assert holdout.SIZES == ("xxs", "xs", "sm", "small", "ml", "medium", "lg", "large", "xl", "xxl", "xxxl")


@pytest.mark.parametrize("groups, n_folds, want", [
    ([0, 1, 2, 3], 2, [0, 0, 1, 1]), ([0, 1, 2, 3], 4, [0, 1, 2, 3]), ([0, 0, 0, 1], 2, [0, 0, 0, 1]),
    ([0, 1, 1, 1], 2, [0, 1, 1, 1]), ([0, 1, 1, 2, 2, 2], 3, [0, 1, 1, 2, 2, 2]), ([], 3, [])])
def test_folds_by_hand(groups, n_folds, want):
    """A group is in the fold in which its middle lies."""
    assert folds_of(np.array(groups, int), n_folds).tolist() == want


@pytest.mark.parametrize("seed", [SEED_MAX + 1, -SEED_MAX - 1, 1.0, "1", True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises((TypeError, ValueError), match="^holdout: seed: want an integer"):
        HeldOut(["a", "b"], 1, seed)
    for good in SEED_MAX, -SEED_MAX:
        assert HeldOut(["aa", "bb"], 1, good).n_held == 1


def test_the_number_of_a_choice_tells_it_from_others():
    titles = [f"{a}{b} thing" for a in WORDS for b in WORDS]
    made = [HeldOut(titles, n, seed).crc32() for n, seed in ((5, 0), (6, 0), (5, 1), (0, 0), (0, 1))]
    assert len(set(made)) == 5 and HeldOut(titles[::-1], 5, 0).crc32() == made[0]


def test_titles_that_are_all_alike_cannot_be_held_out():
    titles = [f"Item {i}" for i in range(1_000)]
    assert HeldOut(titles).n_held == 0
    with pytest.raises(ValueError, match="got 1,000 titles in 1 groups of near-duplicates"):
        HeldOut(titles, 0.1)


def test_memory_is_bounded_and_the_choice_the_same(monkeypatch):
    titles = [record.title for record in make_catalogue(3_000)]
    want = HeldOut(titles, 40, 3).keys
    monkeypatch.setattr(holdout, "SLICE", 64)
    monkeypatch.setattr(holdout, "MAX_GROUPS", 100)
    groups = holdout.Groups(titles, 3)
    assert groups.keys.size == 100 and groups.n_titles == 3_000
    assert np.array_equal(HeldOut(titles, 40, 3).keys, want)


def test_the_rest_of_a_file_is_read_without_what_is_held_out(tmp_path):
    records = [Record(clean(title), names[:1]) for title, names in make_catalogue(700)]
    path = tmp_path / "a.tsv"
    path.write_text("title\tcategory\n" + "".join(f"{title}\t{names[0]}\n" for title, names in records))
    held = HeldOut((title for title, _ in records), 100)
    reader = read_records(path).only(held.rest)
    rest, mask = list(reader), held.mask([title for title, _ in records])
    assert rest == [record for record, is_held in zip(records, mask) if not is_held] and len(rest) == 600
    assert held.records == [record for record, is_held in zip(records, mask) if is_held]
    assert reader.n_records == 700 and reader.summary().startswith("700 records")


def test_hostile_titles_are_grouped():
    titles = ["", "\ud800", "\x00", "a" * 2_000_000, "1 " * 600_000, "é" * 3, "\U0010ffff", "\u202e x", "ﷺ" * 600]
    assert keys_of(titles).shape == (len(titles),)
    assert HeldOut(titles, 3).mask(titles).sum() in (1, 2, 3)


@pytest.mark.parametrize("n_folds", [2, 3, 7])
def test_a_group_is_in_one_fold_and_folds_are_of_a_size(n_folds):
    titles, _ = catalogue(0)
    groups = groups_of(titles, 5)
    fold = folds_of(groups, n_folds)
    keys = np.concatenate([keys_of(some) for some in slices(titles)])
    pairs = set(zip(keys.tolist(), groups.tolist()))
    assert np.unique(keys).size == np.unique(groups).size == len(pairs)
    assert np.unique(np.stack([groups, fold]), axis=1).shape[1] == np.unique(groups).size
    sizes, largest = np.bincount(fold, minlength=n_folds), np.bincount(groups).max()
    assert abs(sizes - len(titles) / n_folds).max() <= largest
    order = np.random.default_rng(1).permutation(len(titles))
    assert np.array_equal(folds_of(groups_of([titles[i] for i in order], 5), n_folds), fold[order])
