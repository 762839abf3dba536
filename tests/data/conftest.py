"""The vocabulary of the numbered records."""

import pytest
from numbered import RECORDS

from nnlite import Vocabulary


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.build(RECORDS, min_count=1, tfidf=True)
