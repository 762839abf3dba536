"""Claim: each lesson prints what is true, in numbers, and the change that it proposes has the effect it says."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from unittest import mock

import lesson1_neuron
import lesson2_network
import lesson3_flat_loss
import lesson4_sparse_input
import lesson5_fused_layer
import lesson6_proof
import lesson7_threads
import lesson8_half_the_bits
import numba
import numpy as np
import pytest
import threadpoolctl
from problems import compiled

LESSONS = [lesson1_neuron, lesson2_network, lesson3_flat_loss, lesson4_sparse_input, lesson5_fused_layer,
           lesson6_proof, lesson7_threads, lesson8_half_the_bits]
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


@pytest.fixture
def said(capsys):
    """A function that runs a lesson and returns, for the beginning of a line, the numbers in the rest of each such."""
    def run(lesson):
        lesson.main()
        lines = [line.strip() for line in capsys.readouterr().out.split("\n")]

        def numbers(start):
            found = [[float(number.replace(",", "")) for number in NUMBER.findall(line[len(start):])]
                     for line in lines if line.startswith(start)]
            assert found, f"no line begins with {start!r}"
            return found

        numbers.lines = lines
        return numbers

    return run


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__)
def test_a_lesson_asks_a_question_and_says_what_to_try(lesson):
    path = Path(lesson.__file__)
    assert f"Lesson {path.name[6]}. " in lesson.__doc__.split("\n")[0] and "?" in lesson.__doc__.split("\n\n")[0]
    assert f"python examples/lessons/{path.name}" in lesson.__doc__
    assert 40 <= len(path.read_text(encoding="ascii").split("\n")) <= 125
    [tried] = re.findall(r'Try next: (\w+(?:, \w+)*) = ', path.read_text())
    assert re.search(rf"^{tried} = ", path.read_text(), re.MULTILINE), "no such line to change"


def test_a_lesson_is_typed_as_it_says(tmp_path):
    command = [sys.executable, lesson2_network.__file__]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"LANG": "C"})
    assert (done.returncode, done.stderr) == (0, "") and "Try next" in done.stdout
    assert not list(tmp_path.iterdir())


# ---- 1. one neuron

def test_a_neuron_learns_and_its_gradient_is_the_slope(said):
    numbers = said(lesson1_neuron)
    [[cotton, dress, shoe]] = numbers("gradient of w:")
    assert (cotton, dress, shoe) == (0, -0.25, 0.25) and numbers("slope of loss:") == [[cotton, dress, shoe]]
    assert numbers("loss:")[0][0] == pytest.approx(np.log(2), abs=1e-4)
    losses = [numbers(f"after {steps:4} steps: loss")[0][0] for steps in (1, 10, 100)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.05
    assert all(abs(p - true) < 0.05 for p, true in numbers("p of"))


def test_no_neuron_learns_either_or(said):
    before, after = said(lesson1_neuron)("from w")[0][4:7:2]
    assert before > 0.7 and after == pytest.approx(np.log(2), abs=1e-4)


def test_a_small_learning_rate_hardly_begins(said, monkeypatch):
    monkeypatch.setattr(lesson1_neuron, "LEARNING_RATE", 0.01)
    assert said(lesson1_neuron)("after  100 steps: loss")[0][0] == pytest.approx(0.58, abs=0.005)


# ---- 2. the network

def test_gradients_by_hand_are_slopes_and_those_of_the_reference(said):
    numbers = said(lesson2_network)
    assert all(numbers(name + " (")[0][-1] < 1e-8 for name in ("W1", "b1", "W2", "b2"))
    here, there, difference = numbers("loss:")[0]
    assert here == there and difference < 1e-12


def test_the_network_learns_what_a_neuron_cannot(said):
    numbers = said(lesson2_network)
    first, last = numbers("step     0: loss")[0][0], numbers("step  3000: loss")[0][0]
    assert first > 1 and last < 0.01
    rows = [re.findall(r"[\d.]+", line) for line in numbers.lines if re.match(r"\[[01] [01]\] .*\.", line)]
    for *_, p0, p1, true0, true1 in np.array(rows, float):
        assert abs(p0 - true0) < 0.01 and abs(p1 - true1) < 0.01
    assert len(rows) == 4


def test_one_hidden_unit_is_too_few(said, monkeypatch):
    monkeypatch.setattr(lesson2_network, "HIDDEN", 1)
    assert said(lesson2_network)("step  3000: loss")[0][0] > 0.4


# ---- 3. the flat loss

@compiled
def test_three_changes_turn_a_flat_loss_into_one_that_falls(said):
    numbers = said(lesson3_flat_loss)
    n_labels = numbers("2,000 products to train,")[0][2]
    floor, floor_p = numbers("label frequencies only: test loss")[0][0], numbers("label frequencies only:")[0][-1]
    assert numbers("the ratio:")[0][0] == pytest.approx(n_labels, rel=1e-3)
    recipe, bias, summed, adagrad, unsummed = (numbers(recipe.name + "  ")[0] for recipe in lesson3_flat_loss.RECIPES)
    assert recipe[0] > recipe[3] > 4 * floor and recipe[-1] < 5
    assert bias[0] < 1.1 * floor and bias[0] - bias[3] < 0.001
    assert floor * 0.98 < summed[4] < bias[4] and summed[-1] < floor_p + 5
    assert adagrad[4] < 0.8 * floor and adagrad[-1] > floor_p + 30
    assert unsummed == pytest.approx(adagrad, rel=0.02)


@compiled
def test_a_large_rate_is_no_way_out(said, monkeypatch):
    monkeypatch.setattr(lesson3_flat_loss, "SGD_RATE", 10)
    monkeypatch.setattr(lesson3_flat_loss, "RECIPES", lesson3_flat_loss.RECIPES[:3:2])
    numbers = said(lesson3_flat_loss)
    floor, floor_p = numbers("label frequencies only: test loss")[0][0], numbers("label frequencies only:")[0][-1]
    recipe, summed = numbers("the recipe ")[0], numbers("2. loss summed over labels")[0]
    assert recipe[4] == pytest.approx(floor, rel=0.05) and max(summed[1:4]) > summed[0]
    assert max(recipe[-1], summed[-1]) < floor_p + 5


# ---- 4. sparse input

def sparse_figures(numbers):
    """Memory of dense and csr in MiB, the rows of a step that changed, the number of words."""
    return numbers("dense ")[0][0], numbers("csr  ")[0][0], numbers("After one step")[0][0], numbers("A batch of")[0][2]


@compiled
def test_sparse_input_costs_what_is_there(said):
    numbers = said(lesson4_sparse_input)
    product, added = (np.array(line.split("= [")[1].strip("]").split(), float)
                      for line in numbers.lines if "z[:3] = " in line)
    np.testing.assert_allclose(product, added, rtol=1e-4)
    assert numbers("times")[0][0] > 50  # times as much memory
    assert numbers("largest difference between")[0][0] < 1e-4
    _, present, n_words, _, not_zero = numbers("A batch of")[0]
    changed, others = numbers("After one step")[0]
    assert present == not_zero == changed < n_words / 3 and changed + others == n_words
    assert any(line.endswith("the same words: True") for line in numbers.lines)


@compiled
def test_rare_words_make_the_dense_matrix_grow(said, monkeypatch):
    dense, csr, changed, words = sparse_figures(said(lesson4_sparse_input))
    monkeypatch.setattr(lesson4_sparse_input, "MIN_COUNT", 1)
    more_dense, more_csr, more_changed, more_words = sparse_figures(said(lesson4_sparse_input))
    assert more_words > 2 * words and more_dense / dense == pytest.approx(more_words / words, rel=0.01)
    assert more_csr < 1.2 * csr and 1.1 * changed < more_changed < 1.3 * changed


# ---- 5. the fused label layer

def costs(numbers):
    """By number of labels: MiB of the logits, MiB and ms of the materialised layer, MiB and ms in tiles."""
    return {labels: numbers(f"{labels} ")[0] for labels in lesson5_fused_layer.LABELS}


@compiled
def test_in_tiles_the_memory_stops_growing_and_the_numbers_are_the_same(said):
    numbers = said(lesson5_fused_layer)
    few, some, many = costs(numbers).values()
    for logits, whole, _, tiles, _ in few, some, many:
        assert whole > 3 * logits and tiles < logits
    assert many[1] > 1.9 * some[1] > 3.6 * few[1] and many[3] < 1.1 * some[3] < many[1] / 5
    assert max(*numbers("materialised  loss")[0], *numbers("tiles         loss")[0]) < 5e-6
    loss_and_dh = [numbers(f"tile {tile:5}: loss")[0] for tile in (1, 7, 64, 1_000)]
    np.testing.assert_allclose(loss_and_dh, [loss_and_dh[0]] * 4, rtol=1e-6)


@compiled
def test_narrow_tiles_take_no_more_memory(said, monkeypatch):
    monkeypatch.setattr(lesson5_fused_layer, "TILE", 16)
    monkeypatch.setattr(lesson5_fused_layer, "LABELS", (1_000, 4_000))
    monkeypatch.setattr(lesson5_fused_layer, "ROWS", 256)
    narrow = costs(said(lesson5_fused_layer))
    assert narrow[4_000][3] < 1.05 * narrow[1_000][3]


# ---- 6. the proof

@cache
def copy_of_kernels(old, new, make=lesson6_proof.copy_of_kernels):
    """Compiled, as the lesson does, with the first bug alone; the other copies are interpreted, at once."""
    with mock.patch.object(numba.config, "DISABLE_JIT", int(old != lesson6_proof.BUGS[0][1])):
        return make(old, new)


def noticed(numbers):
    """By planted bug: who noticed it."""
    [start] = [i for i, line in enumerate(numbers.lines) if line.startswith("planted ")]
    rows = [re.split(r"\s{2,}", line) for line in numbers.lines[start + 1:start + 1 + len(lesson6_proof.BUGS)]]
    return [row[-1] for row in rows]


@compiled
def test_the_proof_holds_and_notices_every_bug(said, monkeypatch):
    monkeypatch.setattr(lesson6_proof, "copy_of_kernels", copy_of_kernels)
    numbers = said(lesson6_proof)
    assert numbers("direction and the slope of its loss differ by")[0][0] < 1e-7
    *errors, allowed = numbers("Errors, relative to the largest:")[0]
    assert len(errors) == 3 and max(errors) < allowed == lesson6_proof.CLOSE
    found, bound = numbers("its largest relative error is")[0]
    assert 1e-8 < found < bound == lesson6_proof.BOUND
    assert noticed(numbers) == ["exp_neg", "loss, dz, db", "loss, dz, db", "db"]


@compiled
def test_round_sizes_let_bugs_pass(said, monkeypatch):
    monkeypatch.setattr(lesson6_proof, "copy_of_kernels", copy_of_kernels)
    monkeypatch.setattr(lesson6_proof, "ROWS", 8)
    monkeypatch.setattr(lesson6_proof, "FIRST", 0)
    assert noticed(said(lesson6_proof)) == ["exp_neg", "nobody", "nobody", "db"]


def test_a_bug_that_cannot_be_planted_is_said():
    with pytest.raises(ValueError, match="lesson 6: want 'no such line' in the kernels' source"):
        lesson6_proof.copy_of_kernels("no such line", "")


# ---- 7. threads

def digests(numbers):
    """By case: the first digest and how many different ones there are."""
    found = {}
    for line in numbers.lines:
        if "different digests" in line:
            what, rest = line.rsplit(":", 1)
            found[what] = rest.split()[5], int(rest.split()[2])
    return list(found.values())


@compiled
def test_the_number_of_threads_changes_no_bit_and_each_mistake_does(said):
    numbers = said(lesson7_threads)
    (_, training), (_, as_finished), (ordered, in_order), (_, by_threads), (fixed, by_size) = digests(numbers)
    assert (training, in_order, by_size) == (1, 1, 1) and ordered == fixed
    assert as_finished > 1 and by_threads == 3


@compiled
def test_two_blas_threads_round_differently(said):
    lines = [line for line in said(lesson7_threads).lines if line.endswith(("same", "different"))]
    assert len(lines) == 9
    for line in lines:
        one, two, answer = line.split()[-3:]
        assert (one == two) == (answer == "same")
    if any(library["internal_api"] == "openblas" for library in threadpoolctl.threadpool_info()):
        assert any(line.endswith("different") for line in lines)


@compiled
def test_another_block_is_another_sum(said, monkeypatch):
    before = digests(said(lesson7_threads))
    monkeypatch.setattr(lesson7_threads, "BLOCK", 300)
    after = digests(said(lesson7_threads))
    assert after[0] == before[0] and after[4][0] != before[4][0] and after[4][1] == 1


# ---- 8. half the bits

@compiled
def test_operands_may_be_rounded_and_parameters_may_not(said):
    numbers = said(lesson8_half_the_bits)
    assert numbers("A sum of 1,000 ones is")[0] == [1000, 16, 256] and numbers("From 256 on")
    [[largest]] = numbers("The range stays, the digits go: of numbers from 1 to 2 the largest relative error is")
    assert 2**-9 < largest <= 2**-8
    [[error]] = numbers("Products of rounded operands, added up exactly, 1,000 terms: typical error")
    assert error < 2**-8
    plain, operands, parameters = (numbers(f"{name:24} last loss")[0][0] for name in (
        "float32", "operands rounded", "parameters rounded too"))
    assert abs(operands / plain - 1) < 0.01 < 2 * (parameters / plain - 1)
    [[_, lost]] = numbers("Rounded parameters change it by")
    assert 20 < lost < 100


@compiled
def test_a_short_sum_of_ones_is_exact_in_bfloat16_too(said, monkeypatch):
    monkeypatch.setattr(lesson8_half_the_bits, "TERMS", 200)
    monkeypatch.setattr(lesson8_half_the_bits, "EPOCHS", 1)
    numbers = said(lesson8_half_the_bits)
    assert numbers("A sum of 200 ones is")[0] == [200, 16, 200]
    assert not any(line.startswith("From ") for line in numbers.lines)
