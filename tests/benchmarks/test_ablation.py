"""Claim: every variant of the default recipe that benchmarks/quality/ablation.py names trains differently."""

import pytest
from problems import compiled

from benchmarks.quality import ablation
from nnlite import make_catalogue
from nnlite.training import recipes

RECORDS = list(make_catalogue(400))
NEGLIGIBLE = "no gradients up to 0.01"  # with so few records every label is true in some row of the only batch


@pytest.fixture(scope="module")
def default():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "SMALL_ROWS", 0)
        yield ablation.measure("the default recipe", RECORDS, 1)


@compiled
@pytest.mark.parametrize("name", [name for name in list(ablation.VARIANTS)[1:] if name != NEGLIGIBLE])
def test_a_variant_trains_differently(name, default, monkeypatch):
    monkeypatch.setattr(recipes, "SMALL_ROWS", 0)
    row = ablation.measure(name, RECORDS, 1)
    assert row.keys() == default.keys() and row["train s"] > 0
    assert 0 < row["BCE"] < 1 and row["BCE"] != default["BCE"]
