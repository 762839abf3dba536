"""Claim: while a model trains, a line for an epoch says its loss, rows and times; many epochs have a line for ten."""

import io
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from nnlite.tool.progress import Bar, Lines, display
from nnlite.training.trainer import Step


def lines_of(steps):
    """What `Lines` says of these steps."""
    said = []
    with closing(Lines(said.append)) as on_step:
        for step in steps:
            on_step(step)
    return said


def test_a_line_for_every_epoch_has_its_loss_rows_and_times():
    rows, losses = [3, 1, 3, 1], [0.5, 1.0, 0.25, 0.75]
    steps = [Step(i, 4, 1 + (i > 2), rows[i - 1], losses[i - 1], 2.0 * i) for i in range(1, 5)]
    assert lines_of(steps) == ["epoch   1  loss 0.75000  4 rows  4.0 s, 4 s left",
                               "epoch   2  loss 0.50000  4 rows  8.0 s, 0 s left"]


@pytest.mark.parametrize("n_epochs, shown", [(20, range(1, 21)), (21, [10, 20, 21])])
def test_many_epochs_have_a_line_for_ten_and_the_last(n_epochs, shown):
    steps = [Step(i, 2 * n_epochs, (i + 1) // 2, 5, 0.5, float(i)) for i in range(1, 2 * n_epochs + 1)]
    assert [int(line.split()[1]) for line in lines_of(steps)] == list(shown)


def test_epochs_begin_anew_in_every_chunk():
    """As the deck has them: two chunks of one step, with 100 epochs each."""
    steps = [Step(i, 200, (i - 1) % 100 + 1, 5, 0.5, float(i)) for i in range(1, 201)]
    assert [int(line.split()[1]) for line in lines_of(steps)] == 2 * list(range(10, 101, 10))


def test_an_epoch_that_is_interrupted_is_shown_as_well():
    said = []
    with pytest.raises(KeyboardInterrupt), closing(display(said.append)) as on_step:
        on_step(Step(1, 4, 1, 3, 0.5, 2.0))
        raise KeyboardInterrupt
    assert "compiled" in said[0] and said[1:] == ["epoch   1  loss 0.50000  3 rows  2.0 s, 6 s left"]


def test_without_standard_error_there_are_lines(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert isinstance(display([].append), Lines)


def test_the_bar_stands_at_the_step_also_where_a_training_was_resumed():
    tqdm = pytest.importorskip("tqdm", reason="the bar needs tqdm")
    with closing(Bar(tqdm.tqdm)) as on_step:
        on_step(Step(7, 9, 2, 5, 0.5, 1.0))
        assert (on_step.bar.n, on_step.bar.total) == (7, 9)
        on_step(Step(8, 9, 2, 5, 0.5, 1.0))
        assert on_step.bar.n == 8


def test_nothing_is_shown_of_no_step():
    assert lines_of([]) == []


def test_rows_are_counted_in_thousands_and_a_training_without_an_end_has_nothing_left():
    steps = [Step(i, None, i, 1500, 0.5, 3.0 * i) for i in range(1, 3)]
    assert lines_of(steps) == [f"epoch   {i}  loss 0.50000  1,500 rows  {3 * i}.0 s, 0 s left" for i in (1, 2)]


def test_the_first_epoch_decides_whether_epochs_are_many():
    """30 epochs by the first one, of one step; then come two of 10 and 19 steps."""
    epochs = [1] + [2] * 10 + [3] * 19
    steps = [Step(i, 30, epoch, 5, 0.5, float(i)) for i, epoch in enumerate(epochs, start=1)]
    assert [int(line.split()[1]) for line in lines_of(steps)] == [3]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class FakeTqdm:
    """In the place of tqdm's bar: keeps what it is given."""

    def __init__(self, **options):
        self.n, self.seen, self.options, self.closed = 0, [], options, 0

    def set_postfix(self, **words):
        self.words = words

    def update(self, n):
        self.n += n
        self.seen.append((n, self.total, self.words))

    def close(self):
        self.closed += 1


def test_a_bar_moves_by_the_steps_since_the_last_one(monkeypatch):
    """Also where a training resumes at its fifth step."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(tqdm=FakeTqdm))
    with closing(display(lambda text: pytest.fail("a bar needs no lines"))) as bar:
        bar(Step(5, 9, 2, 3, 0.5, 1.0))
        bar(Step(6, 10, 3, 3, 0.123456, 2.0))
        assert isinstance(bar, Bar) and not bar.bar.closed
    assert bar.bar.closed == 1 and bar.bar.options["unit"] == "step"
    assert bar.bar.seen == [(5, 9, {"epoch": 2, "loss": "0.50000", "refresh": False}),
                            (1, 10, {"epoch": 3, "loss": "0.12346", "refresh": False})]


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO(), None])
def test_lines_take_the_place_of_a_bar_without_tqdm_or_a_terminal(monkeypatch, stream):
    said = []
    monkeypatch.setattr(sys, "stderr", stream)
    is_terminal = isinstance(stream, Terminal)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None if is_terminal else SimpleNamespace(tqdm=FakeTqdm))
    assert isinstance(display(said.append), Lines)
    assert said == ["a bar of the progress needs tqdm: pip install tqdm"][:is_terminal] + [
        "training (on a machine's first run the kernels are compiled before it)"]
