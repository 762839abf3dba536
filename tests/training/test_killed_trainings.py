"""Claim: a training that is killed, at any moment and often, resumes and ends in the very bits of an unbroken one."""

import time
import warnings

import numpy as np
from children import started
from problems import bits, compiled, random_dataset, trainer

from nnlite import AdaGrad
from nnlite.training import checkpoints

EPOCHS = 30  # of 4 steps


def train(pipe, folder):
    """Train, and say so and wait after each step."""
    def wait(step):
        pipe.send(step.step)
        pipe.recv()

    warnings.simplefilter("error")
    trainer(AdaGrad(0.1), folder, epochs=EPOCHS).fit(random_dataset(), on_step=wait)


@compiled
def test_twenty_kills_leave_nothing_half_written(tmp_path):
    """SIGKILL at random moments of a training that writes a checkpoint after each of its steps.

    The process says when it has made a step, and waits until it may go on. So however busy the machine is, it is killed
    within one step of the last that it may take: while it trains, while it writes, or just before or after that.
    """
    unbroken, rng = trainer(AdaGrad(0.1), epochs=EPOCHS), np.random.default_rng(0)
    unbroken.fit(random_dataset())
    saved = 0
    for n_steps in rng.integers(2, 9, 20).tolist():
        with started(train, tmp_path) as (_, pipe):
            for _ in range(n_steps):
                pipe.send("go on")
            assert [pipe.recv() for _ in range(n_steps)] == list(range(saved + 1, saved + 1 + n_steps))
            time.sleep(rng.uniform(0, 0.02))
        found = checkpoints.load(tmp_path)  # a warning, of a damaged one, would be an error here
        step = found[0]["step"] if found else 0
        assert saved + n_steps - 1 <= step <= saved + n_steps
        saved = step
    last = trainer(AdaGrad(0.1), tmp_path, epochs=EPOCHS)
    history = last.fit(random_dataset())
    assert saved < len(history.loss) == 4 * EPOCHS and bits(last.model) == bits(unbroken.model)
    assert len(list(tmp_path.iterdir())) == checkpoints.KEPT
