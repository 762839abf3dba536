"""Claim: a setting at the end of its range is trained with, saved and loaded; one beyond it is refused before that."""

import math

import numpy as np
import pytest
from shops import SMALL, shop

import nnlite
from nnlite import TitleClassifier
from nnlite.classifier.settings import Settings
from nnlite.system.figures import ListOf, Maybe, Number, OneOf, Whole
from nnlite.training import recipes
from nnlite.training.overrides import OVERRIDES
from nnlite.training.trainer import Trainer

MOST = 2**31 - 1  # of sizes: more than the memory holds, or than there are titles
NOT_TRAINED = [("hidden", (MOST,)), ("hash_size", MOST), ("epochs", MOST), ("min_count", MOST),
               ("label_min_count", MOST)]


def ends(figure):
    """(the least and the most that a figure allows, values beyond them)."""
    if isinstance(figure, Maybe):
        within, beyond = ends(figure.figure)
        return [*within, None], beyond
    if isinstance(figure, ListOf):
        within, beyond = ends(figure.figure)
        return [(n,) for n in within], [(n,) for n in beyond] + [(), (1,) * (figure.most + 1)]
    if isinstance(figure, OneOf):
        return list(figure.values), ["other", 1, 3]
    if isinstance(figure, Whole):
        return [figure.least, figure.most, np.int64(figure.least)], [figure.least - 1, figure.most + 1, 10**400]
    assert isinstance(figure, Number)
    more = [math.nextafter(figure.least, -1), figure.most * 1.01, math.inf, math.nan]
    return [figure.least, figure.most, np.float32(0.5)], more


CASES = [(name, value, end == 0) for name, figure in OVERRIDES.items()
         for end, values in enumerate(ends(figure)) for value in values]


def short(value):
    return repr(value)[:20]


@pytest.mark.parametrize("name, value", [case[:2] for case in CASES if case[2]], ids=short)
def test_what_is_in_range_is_trained_saved_and_loaded(name, value, tmp_path):
    one = TitleClassifier(**SMALL | {"epochs": 1} | {name: value})
    if (name, value) in NOT_TRAINED:
        return
    titles, categories = shop(12)
    try:
        one.fit(titles, [names[:1] for names in categories]).save(tmp_path / "m")
    except FloatingPointError:  # it has diverged
        assert "lr" in name and value == 1e6
    else:
        assert TitleClassifier.load(tmp_path / "m").overrides == one.overrides


@pytest.mark.parametrize("name, value", [case[:2] for case in CASES if not case[2]], ids=short)
def test_what_is_out_of_range_is_refused_before_the_training(name, value, monkeypatch):
    monkeypatch.setattr(Trainer, "fit", lambda *given, **more: pytest.fail("it has been trained"))
    with pytest.raises((ValueError, TypeError), match=f"^{name}.*: want .*, got"):
        TitleClassifier(**{name: value})
    one = TitleClassifier(**SMALL)
    with pytest.raises((ValueError, TypeError), match=f"^{name}.*: want .*, got"):
        one.set_params(**{"threads": 1, name: value})
    assert one.threads is None and one.overrides == SMALL
    setattr(one, name, value)
    for use in one.fit, lambda *data: nnlite.audit(zip(*data), **Settings().get_params() | {name: value}):
        with pytest.raises((ValueError, TypeError), match=f"^{name}.*: want .*, got"):
            use(*shop())
    with pytest.raises((ValueError, TypeError), match=f"^{name}.*: want .*, got"):
        recipes.split("default", {name: value})


@pytest.mark.parametrize("wrong", [dict(lr="fast"), dict(hidden="5"), dict(hidden=(2.5,)), dict(epochs=True),
                                   dict(seed=None, batch_rows="8"), dict(stem=2.0)], ids=str)
def test_a_value_of_another_type_is_a_type_error(wrong):
    with pytest.raises(TypeError, match=f"^{list(wrong)[-1]}.*: want .*, got"):
        TitleClassifier(**wrong)
