"""Claim: each rank saves its own shards, and any number of ranks resumes from them to the same bits."""

import re
import warnings

import numpy as np
import pytest
from problems import bits, compiled, random_dataset, trainer
from thread_ranks import on_ranks

from nnlite import AdaGrad, Adam
from nnlite.ranks.sharded_mlp import ShardedMLP
from nnlite.training import checkpoints

pytestmark = compiled
SHARDS, DATA = 4, random_dataset()


class Stopped(Exception):
    """In the place of a crash."""


def train(ranks, folder, optimizer=lambda: AdaGrad(0.1), stop_at=None, shards=SHARDS):
    """The bits of a training of 12 steps in 3 epochs; it stops after one of them if stop_at is given."""
    one = trainer(optimizer(), folder, threads=1, model=ShardedMLP(40, 23, (9,), "relu", 1, shards=shards, ranks=ranks))

    def stop(step):
        if step.step == stop_at:
            raise Stopped

    try:
        one.fit(DATA, on_step=stop)
    except Stopped:
        return None
    return bits(one.model.whole())


@pytest.mark.parametrize("before, after, optimizer", [
    (4, 2, lambda: AdaGrad(0.1)), (2, 4, lambda: AdaGrad(0.1, by_row=["features.W", "labels.W"])),
    (1, 3, lambda: Adam(0.02)),
    (3, 1, lambda: AdaGrad(0.1))])
def test_another_number_of_ranks_resumes_to_the_same_bits(before, after, optimizer, tmp_path):
    want = on_ranks(1, lambda ranks: train(ranks, None, optimizer))
    on_ranks(before, lambda ranks: train(ranks, tmp_path, optimizer, stop_at=6))
    assert [checkpoints.load(tmp_path / f"shard-{i:05}")[0]["step"] for i in range(SHARDS)] == [5] * SHARDS
    assert on_ranks(after, lambda ranks: train(ranks, tmp_path, optimizer)) == want * after
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"shard-{i:05}" for i in range(SHARDS)]


def test_a_shard_holds_the_rows_that_the_format_says(tmp_path):
    one = trainer(AdaGrad(0.1), tmp_path, model=ShardedMLP(40, 23, (9,), "relu", 1, shards=SHARDS))
    one.fit(DATA)
    whole = one.model.whole().params
    for i in range(SHARDS):
        _, arrays = checkpoints.load(tmp_path / f"shard-{i:05}")
        assert np.array_equal(arrays["features.W"], whole["features.W"][i::SHARDS])
        assert np.array_equal(arrays["labels.W"], whole["labels.W"][i * 23 // SHARDS:(i + 1) * 23 // SHARDS])
        assert np.array_equal(arrays["features.b"], whole["features.b"])


def test_steps_that_some_shards_lack_do_not_count(tmp_path):
    want = on_ranks(1, lambda ranks: train(ranks, None))
    on_ranks(2, lambda ranks: train(ranks, tmp_path, stop_at=6))
    (tmp_path / "shard-00002" / "step-00000005").rename(tmp_path / "gone")
    assert on_ranks(2, lambda ranks: train(ranks, tmp_path)) == want * 2


def test_a_full_disk_of_one_rank_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    want, write = on_ranks(1, lambda ranks: train(ranks, None)), checkpoints.save

    def save(place, step, *rest):
        if step >= 4 and place.name == "shard-00003":
            raise OSError(28, "No space left on device")
        write(place, step, *rest)

    with monkeypatch.context() as patch, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        patch.setattr(checkpoints, "save", save)
        assert on_ranks(2, lambda ranks: train(ranks, tmp_path)) == want * 2
    assert {str(one.message).rpartition(" ")[2] for one in said} == {str(step) for step in range(4, 13)}
    for i in range(SHARDS):
        assert checkpoints.load(tmp_path / f"shard-{i:05}")[0]["step"] == 3
    assert on_ranks(4, lambda ranks: train(ranks, tmp_path)) == want * 4


@pytest.mark.parametrize("before, after", [(1, 4), (4, 1), (4, 2)])
def test_other_numbers_of_shards_are_another_training(before, after, tmp_path):
    one, other = (trainer(AdaGrad(0.1), tmp_path, shards=shards) for shards in (before, after))
    one.fit(DATA)
    with pytest.raises(ValueError, match=f"{re.escape(str(tmp_path))}.*another training.*shards"):
        other.fit(DATA)


@pytest.mark.parametrize("is_full", [False, True])
def test_without_shards_what_cannot_be_used_now_stays(is_full, tmp_path, monkeypatch):
    """With shards a step that some of them lack is removed; here it may only have been unreadable for a moment."""
    trainer(AdaGrad(0.1), tmp_path).fit(DATA)
    (tmp_path / "step-00000012").rename(tmp_path / "step-00000013")
    write = checkpoints.array_folder.write

    def full(place, *given):
        if is_full:
            raise OSError(28, "No space left on device")
        write(place, *given)

    monkeypatch.setattr(checkpoints.array_folder, "write", full)
    with pytest.warns(UserWarning, match="want 13, as in the name, got 12; resuming|No space left"):
        history = trainer(AdaGrad(0.1), tmp_path).fit(DATA)
    assert len(history.loss) == 12
    assert {path.name[-2:] for path in tmp_path.iterdir()} == {"11" if is_full else "12", "13"}
