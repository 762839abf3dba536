"""Attacks by races for models in memory: several threads that train and predict with the same model or optimiser.

An operation may be refused by a documented error; no parameter or probability may be other than alone.
"""

from functools import lru_cache, partial

import attack
import numpy as np
import scipy.sparse as sp
from attack import Attack
from races import ERRORS, Race, shop, small_data, small_model

import nnlite
from nnlite.system.threads import team


@lru_cache
def other_data():
    """Of fewer words and labels."""
    ones = sp.csr_array(np.eye(3, dtype=np.float32))
    return nnlite.Dataset(ones, ones)


def fit(model, optimizer, data, on_step=None):
    nnlite.Trainer(model, optimizer, epochs=2, batch_rows=32, threads=1).fit(data, on_step=on_step)
    assert all(np.isfinite(p).all() for p in model.params.values()), "a parameter that is not a number"


def one_model_two_trainings(case):
    """Two trainings of one model at a time: refused, or both right."""
    model = small_model(small_data())
    Race(case, *[partial(fit, model, nnlite.SGD(1e-3), small_data()) for _ in range(4)])


def one_optimizer_two_models(case):
    """Threads train models of different sizes with one optimiser, whose state has the size of one of them."""
    optimizer = nnlite.AdaGrad(0.01)
    Race(case, *[partial(fit, small_model(data), optimizer, data) for data in (small_data(), other_data()) * 2])


def optimizer_within_itself(case):
    """A training starts another one with the same optimiser, from on_step."""
    optimizer, found = nnlite.AdaGrad(0.01), []

    def nested(step):
        if step.step == 2:
            try:
                fit(small_model(other_data()), optimizer, other_data())
            except ERRORS as error:
                found.append(error)

    model, alone = small_model(small_data()), small_model(small_data())
    fit(alone, nnlite.AdaGrad(0.01), small_data())
    fit(model, optimizer, small_data(), nested)
    same = np.array_equal(model.params["labels.W"], alone.params["labels.W"])
    assert same, "the training in between has changed the outer one"


def model_within_itself(case):
    """A training trains its own model once more, from on_step."""
    model = small_model(small_data())
    fit(model, nnlite.SGD(0.01), small_data(),
        lambda step: step.step == 2 and fit(model, nnlite.SGD(0.01), small_data()))


def partial_fits(case):
    titles, categories = shop()
    one = nnlite.TitleClassifier(epochs=1, hidden=(8,), min_count=3).fit(titles, categories)
    Race(case, *[partial(one.partial_fit, titles, categories)] * 4)
    valid(one)


def predicted_while_training(case):
    titles, categories = shop()
    one = nnlite.TitleClassifier(epochs=1, hidden=(8,), min_count=3).fit(titles, categories)
    Race(case, partial(one.partial_fit, titles, categories), *[partial(valid, one)] * 3)


def predicted_while_fitted_anew(case):
    """Another `fit`, with other words, while threads predict: answers are of the old or the new model."""
    titles, categories = shop()
    one = nnlite.TitleClassifier(epochs=1, hidden=(8,), min_count=3).fit(titles, categories)

    def anew(n):
        one.fit(titles[:n], categories[:n])

    Race(case, partial(anew, 60), partial(anew, 200), *[partial(valid, one)] * 2)


def valid(classifier):
    for pairs in classifier.predict_top_k(shop()[0][:40], 2):
        assert all(0 <= p <= 1 for _, p in pairs), f"a probability outside 0..1: {pairs}"


def many_teams(case):
    """Threads that ask for teams of all sizes compute the same bits."""
    data = small_data()
    model = small_model(data)
    want = model.top_k(data.x, 3)[1].tobytes()

    def ask(threads):
        assert model.top_k(data.x, 3, threads)[1].tobytes() == want, "other bits"

    Race(case, *[partial(ask, n) for n in (None, 1, 2, 3, 5, 8)])


def team_within_itself(case):
    """Work of a team that gives the same team work."""
    def inner(i):
        return sum(team(2).run(lambda j: i * j, range(3)))

    assert team(2).run(inner, range(20)) == [3 * i for i in range(20)]


ATTACKS = {
    "four trainings of one model": Attack(one_model_two_trainings, ()),
    "one optimiser for two models": Attack(one_optimizer_two_models, ()),
    "one optimiser for two models, nested": Attack(optimizer_within_itself, ERRORS),
    "one model in two trainings, nested": Attack(model_within_itself, ERRORS),
    "four threads in partial_fit": Attack(partial_fits, ()),
    "predictions during partial_fit": Attack(predicted_while_training, ()),
    "predictions during fit": Attack(predicted_while_fitted_anew, ()),
    "teams of all sizes": Attack(many_teams, ()),
    "a team's work gives it work": Attack(team_within_itself, ()),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
