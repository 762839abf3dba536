"""Claim: parameters that are finite but so large that a logit overflows give an error, never a wrong probability."""

import numpy as np
import pytest
from problems import random_dataset, random_model

from nnlite import TitleClassifier, evaluate, make_catalogue
from nnlite.scores import calibration, evaluation, explanation

DATA = random_dataset()
WIDE = 1_000  # hidden units, more than a matrix product adds up at once: a sum of inf may meet one of -inf
USES = {
    "top_k": lambda model: model.top_k(DATA.x, 3), "above": lambda model: model.above(DATA.x),
    "all": lambda model: model.top_k(DATA.x, 23), "logits": lambda model: model.logits(DATA.x),
    "evaluate": lambda model: evaluate(model, DATA), "report": lambda model: calibration.report(model, DATA),
    "best_threshold": lambda model: calibration.best_threshold(model, DATA.x),
    "count_by_label": lambda model: evaluation.count_by_label(model, DATA, 0.5),
    "likeliest_true": lambda model: explanation.likeliest_true(model, DATA.x[1:20], one_each(19)),
}


def one_each(n):
    y = np.zeros((n, 23), np.float32)
    y[:, 5] = 1
    return type(DATA.y)(y)


def overflowing(what):
    """Whose logit of label 5 is NaN, infinity or minus infinity in every row, or whose hidden units are infinite."""
    n_units = WIDE if what == "nan" else 11
    model = random_model(DATA, (16, n_units), activation="relu" if what == "hidden" else "sigmoid")
    model.params["hidden1.b"][:] = 50
    if what == "hidden":
        model.params["features.b"][:] = model.params["hidden1.W"][:] = 3e38
        return model
    w = model.params["labels.W"]
    w[5] = {"nan": np.repeat([3e38, -3e38], WIDE // 2), "inf": 3e38, "-inf": -3e38}[what]
    if what == "nan" and not np.isnan((np.ones((61, WIDE), np.float32) @ w.T)[:, 5]).all():
        pytest.skip("here a matrix product adds these terms in an order that does not overflow")
    return model


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("what", ["nan", "inf", "-inf", "hidden"])
def test_an_overflow_is_an_error_or_changes_nothing(what, name):
    """A logit of minus infinity is passed over where it is not among the likeliest: its probability is 0."""
    try:
        answer = USES[name](overflowing(what))
    except FloatingPointError as error:
        assert "want finite numbers, got NaN or infinity" in str(error)
        return
    assert what == "-inf" or name in ("best_threshold", "report") and what == "inf"
    if name == "top_k":
        assert 5 not in answer[0] and np.isfinite(answer[1]).all()


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
def test_a_classifier_with_such_parameters_says_so(tmp_path):
    titles, categories = zip(*make_catalogue(60))
    one = TitleClassifier(epochs=1, hidden=3, min_count=2, threads=1).fit(titles, categories)
    one.model_.params["labels.W"][:] = 3e38
    one.model_.params["features.b"][:] = 3e38
    one.model_.params["labels.W"][:, 1] = -3e38
    one.save(tmp_path / "m")
    for asked in one, TitleClassifier.load(tmp_path / "m"):
        for use in asked.predict, asked.predict_proba, lambda some: asked.explain(some[0]):
            with pytest.raises(FloatingPointError, match="want finite numbers"):
                use(list(titles[:5]))
