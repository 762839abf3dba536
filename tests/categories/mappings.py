"""Random names, rules and records, and mappings made of them, shared by the tests of mappings."""

from hypothesis import strategies as st

from nnlite import Record
from nnlite.categories.mapping import Mapping

ODD = ["a", "b", "c", "*", "#", " ", "a ", " b", "\\", "\\s", "\t", "a\nb"]
names = st.text(min_size=1, max_size=6) | st.sampled_from(ODD)
rules = st.dictionaries(names, names | st.just(""), max_size=8)
all_others = st.none() | st.just("") | names
records = st.lists(st.builds(Record, st.text(), st.lists(names, max_size=5, unique=True).map(tuple)), max_size=8)


def mapping_of(rules, others):
    """The mapping, or None where the rules make a ring."""
    try:
        return Mapping(rules, others)
    except ValueError as error:
        assert "a ring of categories" in str(error)
        return None


def written(tmp_path, text):
    path = tmp_path / "mapping.tsv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
