"""Records by hand and at random, and kinds of vocabularies, shared by the tests of vocabularies."""

from hypothesis import strategies as st

from nnlite import Record

RECORDS = [
    Record("Red shoe, red sole", ("Shoes", "Red")),
    Record("Blue SHOE", ("Shoes",)),
    Record("blue hat", ("Hats", "Shoes")),
    Record("a hat!", ("Hats",)),
]


some_records = st.lists(st.builds(Record, st.text("ab C", max_size=9), st.lists(st.sampled_from("XYZ"), min_size=1)),
                        min_size=1)


KINDS = [dict(min_count=1), dict(min_count=2, ngrams=2, stem=3, first_word=True, shape=True, tfidf=True),
         dict(hash_size=50, tfidf=True, label_min_count=1), dict(hash_size=50)]
