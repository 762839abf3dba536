"""Claim: raw categories are mapped first, and of the mapped ones a major one is taken; all ways to do it agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Record
from nnlite.categories.choice import Categories
from nnlite.categories.major import Major
from nnlite.categories.mapping import Mapping

MAPPING = Mapping({"Women": "W", "Men": "M"}, others="")
RECORDS = [Record("a", ("Women",)), Record("b", ("Else",)), Record("c", ("Men", "Women"))]


def test_major_categories_are_those_of_mapped_records():
    known = Categories(MAPPING, Major(["W", "M"]))
    want = [Record("a", ("W",)), Record("c", ("W",))]
    assert list(known.stream(RECORDS)) == known.apply(RECORDS)[0] == want and known.kept(RECORDS) == [0, 2]


@pytest.mark.parametrize("major", [2, np.int64(2), ["W", "M"], ("M", "W"), ["W,M"]])
def test_major_categories_are_chosen_from_mapped_records(major):
    """M and W are in two of five records each, K in one; each raw name of W is as rare as that of K."""
    mapping = Mapping({"Women": "W", "Ladies": "W", "Men": "M", "Kids": "K"})
    records = [Record("", (name,)) for name in ("Women", "Ladies", "Men", "Men", "Kids")]
    assert Categories.choose(records, mapping, major).major.names == ["M", "W"]
    with pytest.raises(ValueError, match="got 'Women', which none of them has"):
        Categories.choose(records, mapping, ["Women", "Men"])


names = st.lists(st.sampled_from(["Women", "Men", "W", "Else"]), max_size=4).map(tuple)


@given(rows=st.lists(names, max_size=9), mapped=st.booleans(), reduced=st.booleans())
def test_the_ways_to_apply_them_agree(rows, mapped, reduced):
    records = [Record(str(i), row) for i, row in enumerate(rows)]
    known = Categories(MAPPING if mapped else None, Major(["W", "M"]) if reduced else None)
    applied, news = known.apply(records)
    assert list(known.stream(iter(records))) == applied
    assert [int(record.title) for record in applied] == known.kept(records)
    assert len(news) == mapped + reduced
    header, texts = known.to_files()
    assert Categories.from_files(header, texts).apply(records)[0] == applied


@pytest.mark.parametrize("wrong", [dict(mapped_to=["W"]), dict(mapped_to=["W", "M", "K"]),
                                   dict(mapped_from=["Women", "Women"])])
def test_lists_of_a_mapping_that_do_not_fit_together_are_refused(wrong):
    header, texts = Categories(MAPPING).to_files()
    with pytest.raises(ValueError, match="want a category for each of 2 different raw ones, got"):
        Categories.from_files(header, texts | wrong)


def test_a_mapping_may_be_the_path_of_its_file(tmp_path):
    """And without major categories the records are not read."""
    path = tmp_path / "mapping.tsv"
    MAPPING.write(path)
    for given_path in path, str(path):
        known = Categories.choose(None, given_path)
        assert known.mapping == MAPPING and known.major is None


def test_the_summary_of_the_mapping_stands_before_that_of_the_major_categories():
    _, news = Categories(MAPPING, Major(["W", "M"])).apply(RECORDS)
    assert news[0].startswith("records: 3; 2 kept, 1 lost")
    assert news[1] == "2 records: 2 with a major category, 1 of them with several; 0 left out"


@pytest.mark.parametrize("mapping", [None, Mapping({}), Mapping({}, ""), Mapping({"a": "b"}, "Other")])
def test_files_tell_a_mapping_without_rules_from_none(mapping):
    header, texts = Categories(mapping).to_files()
    assert Categories.from_files(header, texts).mapping == mapping


@pytest.mark.parametrize("header, texts, message", [
    (dict(mapped=True), dict(mapped_from=["a", "a"], mapped_to=["b", "b"]), "each of 2 different raw ones, got 2"),
    (dict(mapped=True), dict(mapped_from=["a", "b"], mapped_to=["b"]), "each of 2 different raw ones, got 1"),
    (dict(mapped=True), dict(mapped_from=["a", "b"], mapped_to=["b", "a"]), "a ring of categories"),
    (dict(major="ab"), {}, "major: want names"), (dict(major=["a", 1]), {}, "major: want names"),
    (dict(major=["a", "a"]), {}, "want at least two different categories, got a, a"),
])
def test_files_that_do_not_fit_together_are_refused(header, texts, message):
    with pytest.raises(ValueError, match=message):
        Categories.from_files(dict(mapped=False, others=None, major=None) | header, texts)
