"""Claim: what a lesson says is true of its numbers, also after each change that it invites to."""

import os
import re
import subprocess
import sys

import lesson_runs
import numpy as np
import pytest
import scipy.optimize
import showing
from lesson_runs import LESSONS, invited
from ranks_lesson import check_15  # noqa: F401
from problems import compiled

from nnlite.scores import metrics

COIN = np.log(2)
EFFECTS = {  # a change that a lesson invites to -> words that it says then, and does not say otherwise
    "01": {"LEARNING_RATE = 0.01": "it has hardly begun", "LEARNING_RATE = 20.0": "100 steps of 20 the weights",
           'EITHER = [("", 0), ("cotton", 1), ("dress", 1), ("cotton dress", 1)]': "this takes no hidden layer"},
    "02": {"HIDDEN = 1": "hidden units: 1", "TITLE = 3": "does not change: none",
           "TITLE = 0": "does not change: plug-eu, socket-eu"},
    "03": {"HIDDEN = 1": "7 of 8 answers are on the right side of 0.5. Hidden units: 1, different ones: 1",
           "STEPS = 20": "after 20 steps",
           'DEPTH, UNITS, ACTIVATION = 8, 128, "sigmoid"': "so many layers need another activation"},
    "04": {"SGD_RATE = 10.0": "steps of 10 x", "STEPS = 20": "20 steps of", "ADAGRAD_RATE = 0.001":
           "it has not learnt titles yet"},
    "05": {"MIN_COUNT = 1": " 1.00 times as many rows", "BATCH = 512": "no larger than a batch",
           "SIZES = (250, 3_000)": "With 12.0 times the titles"},
    "06": {"WORDS = 8": "for a word seen 2", "SGD_RATE, ADAGRAD_RATE = 50.0, 0.3": "50 x 0.01",
           "TITLES, BATCH = 4_000, 400": "0.5 / 400"},
    "07": {"DROPOUT = 0.97": "so much noise costs more than it saves",
           "TRAIN, HELD_OUT = 2_000, 1_000": "2,000 products",
           "RATE, BATCH, EPOCHS = 0.1, 50, 3": "of 3."},
    "08": {"LETTERS = 1": "+ first 1 letters", "FILLERS = 0": "words dress, shirt pairs", "EPOCHS = 1": ""},
    "09": {"ADDED = -3.0": "-3 more for every logit", "CLASSES = 2": "2 classes", "EPOCHS = 1": ""},
    "10": {'NETWORKS = {"few epochs": (0.3, 4), "by heart": (0.0, 3)}': "it does not suffer",
           "RATE = 0.01": "It is not sure enough", "BINS = 3": "0.67 - 1.00"},
    "11": {"TILE = 16": "tiles of 16", "LABELS = (500, 1_000, 2_000)": "With 2,000 labels"},
    "12": {"TERMS = 200": "All whole numbers up to 256", "PRODUCTS, EPOCHS, BATCH, RATE = 1_500, 4, 100, 2.0":
           "4 epochs of 1,500"},
    "13": {"BLOCK = 300": "blocks of 300 rows", "THREADS = (1, 2)": "on 2 numbers of threads"},
    "14": {"ROWS, COLUMNS, FIRST, WIDTH = 8, 170, 0, 33": "first column forgotten; the odd last row left out.",
           "CLOSE = 10.0": "Noticed: 2 of 4."},
    "15": {"SHARDS = 2": "2 numbers of ranks have", "OWNERS = (1, 3, 5)": "1, 3, 5 ranks",
           "UNITS, BATCH = 8, 256": "256 x 8"},
}
RUNS = [(number, line) for number in LESSONS for line in ("", *EFFECTS[number])]


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """A function that runs a lesson in a folder of its own, as `lesson_runs.run` does."""
    monkeypatch.chdir(tmp_path)
    return lambda number, *lines: lesson_runs.run(number, capsys, *lines)


def tell(one, words, condition):
    """The words are said exactly if the condition holds."""
    assert (words in one.said) == bool(condition), (words, one.printed)


# ---- what each lesson says, checked against its numbers by other means

def check_01(one):
    def loss(parameters, data):
        x, y = (np.array(column, float) for column in zip(*data))
        z = x @ parameters[:-1] + parameters[-1]
        return np.mean(np.logaddexp(0, z) - y * z), z, y

    last, z, y = loss(np.array([*one.w, one.b]), one.data)
    assert f"the loss is {last:.4f}. {np.sum((z > 0) == y)} of 4 titles are on the right side" in one.said
    tell(one, "the neuron has learnt", last < 0.2 * COIN)
    tell(one, "it is on its way", 0.2 * COIN <= last < 0.7 * COIN)
    tell(one, "it has hardly begun", 0.7 * COIN <= last < COIN)
    tell(one, "the steps are too long", last >= COIN)
    best = scipy.optimize.minimize(lambda p: loss(p, one.either)[0], np.full(4, 0.1)).fun
    tell(one, "so no weights beat the coin", best > COIN - 1e-6)
    tell(one, "so other weights beat the coin", best <= COIN - 1e-6)
    by_hand, by_code, measured = (re.search(rf"^{what}  +((?:[-+][\d.]+ ?)+)", one.printed, re.M)[1].split()
                                  for what in ("by hand", "by code", "measured"))
    assert by_hand == by_code == [value.replace("-0.0000", "+0.0000") for value in measured]


def check_02(one):
    lines = [line.split("by ")[1].split() for line in one.printed.split("\n") if re.search("by (hand|code)  ", line)]
    assert len(lines) == 20 and all(hand[1:] == code[1:] for hand, code in zip(lines[::2], lines[1::2]))
    names = ", ".join(word for word, value in zip(one.WORDS, one.X[one.TITLE]) if not value) or "none"
    assert f"this title does not change: {names}. Words that it does not contain: {names}." in one.said
    tell(one, "The backward pass is right", True)


def check_03(one):
    for start, params in one.found.items():
        h = 1 / (1 + np.exp(-one.X @ params["features.W"] - params["features.b"]))
        z = h @ params["labels.W"].T + params["labels.b"]
        n_different = len({tuple(column) for column in h.T.round(6)})
        assert (f"{np.sum((z > 0) == (one.Y > 0))} of 8 answers are on the right side of 0.5. Hidden units: "
                f"{one.HIDDEN}, different ones: {n_different}.") in one.said
        assert start != "equal" or n_different == 1
    growth = {factor: [sizes[-1] / sizes[0], one.back[factor]] for factor, sizes in one.layers.items()}
    if one.ACTIVATION == "relu":
        for factor, found in growth.items():
            np.testing.assert_allclose(found, (factor / np.sqrt(2)) ** (one.DEPTH - 1), rtol=0.7)
        assert "The factor 1.41 keeps sizes best, 0.70 worst" in one.said
    best = min(growth, key=lambda factor: max(np.abs(np.log(growth[factor]))))
    tell(one, "need another activation", max(np.abs(np.log(growth[best]))) > np.log(5))


def check_04(one):
    rows = re.findall(r"^(the recipe|1\. bias .*?|2\. loss .*?|3\. AdaGrad|3 without 2)  +([\d.]+) +([\d.]+) +([\d.]+) "
                      r"+([\d.]+) %$", one.printed, re.M)
    deck, first, second, third, without = ([float(cell) for cell in row[1:]] for row in rows)
    floor, floor_p = map(float, re.search(r"only: test BCE ([\d.]+), P@1 ([\d.]+) %", one.said).groups())
    learns = [row[3] > floor_p + 5 for row in (deck, second, third)]
    tell(one, "it has learnt nothing of titles, although the curve falls", not learns[0] and deck[1] < deck[0])
    tell(one, "one rate must serve", not learns[1])
    tell(one, "it has not learnt titles yet", not learns[2])
    assert one.said.count("it learns titles") == sum(learns)
    assert f"{one.deck[0][-1] / one.floor:.1f} times that of ignoring the title" in one.said
    assert first[0] < 1.2 * floor
    tell(one, "which undoes the mean over labels too", abs(without[2] / third[2] - 1) < 0.05)


def check_05(one):
    rows = re.findall(r"^ *([\d,]+) +([\d,]+) +([\d.]+) +([\d.]+) +(\d+) +(\d+) +\d+%, the same words$", one.printed,
                      re.MULTILINE)
    assert len(rows) == len(one.SIZES)
    few, many = ([float(cell.replace(",", "")) for cell in row] for row in (rows[0], rows[-1]))
    assert few[4] == few[5] and many[4] == many[5] and many[2] / few[2] > many[3] / few[3]
    tell(one, "hardly depends on how many words", many[5] / few[5] < 1.5)
    tell(one, "no larger than a batch", many[5] / few[5] >= 1.5 and one.BATCH >= min(one.SIZES))
    tell(one, "the same numbers up to rounding", np.allclose(one.dense @ one.w, one.by_rows(), atol=1e-4))


def check_06(one):
    def worst(adaptive):
        losses = np.array([[one.excess(one.train(lr, adaptive))[group].mean() for lr in one.RATES]
                           for group in (one.frequent, one.rare)])
        return losses.argmin(axis=1), losses.sum(axis=0).min()

    (frequent, rare), sgd = worst(False)
    _, adagrad = worst(True)
    assert f"want a rate {2.0 ** (rare - frequent):g} times that of frequent ones from SGD" in one.said
    tell(one, "a word's own past gradients set its step", adagrad < 0.9 * sgd)
    tell(one, "here it has no advantage", adagrad >= 0.9 * sgd)
    tell(one, "the same up to rounding", True)


def check_07(one):
    assert "The means agree." in one.said
    for dropout, (own, other) in one.curves.items():
        start = one.said.index(f"With dropout {dropout:g} the loss")
        said = one.said[start:start + 300]
        best = min(range(one.EPOCHS), key=other.__getitem__)
        assert f"ends at {other[-1] / own[-1]:.1f} times" in said and f"after epoch {best + 1} of {one.EPOCHS}." in said
        assert ("until the end: the network overfits" in said.split(" is lowest")[1].split("With")[0]) == (
            other[-1] > 1.01 * other[best])
    (_, noisy), (_, plain) = one.curves[one.DROPOUT], one.curves[0.0]
    costs = min(noisy) > 1.1 * min(plain) or noisy[-1] > plain[-1]
    tell(one, "its noise pays", min(noisy) < min(plain) and noisy[-1] < plain[-1])
    tell(one, "costs more than it saves", costs)
    tell(one, "matter less when to stop", min(noisy) >= min(plain) and not costs)


def check_08(one):
    rows = re.findall(r"^\+ (\S.*?) +[\d.]+% +(\d+) +(\d+) +([-+][\d.]+) \+-[\d.]+  (a gain|a loss|no more than luck)$",
                      one.printed, re.MULTILINE)
    kinds = [kind for kind, _ in one.KINDS]
    pairs = [(shop, *both) for shop in one.shops for both in zip(kinds, kinds[1:])]
    assert [row[0] for row in rows] == [kind for _, _, kind in pairs]
    for (_, won, lost, points, verdict), (shop, before, kind) in zip(rows, pairs):
        difference = one.found[shop, kind].astype(int) - one.found[shop, before]
        assert (int(won), int(lost)) == ((difference > 0).sum(), (difference < 0).sum())
        assert float(points) == pytest.approx(100 * difference.mean(), abs=0.051)
        error = np.sqrt((difference**2).sum())
        assert verdict == ("a gain" if difference.sum() > 2 * error else "a loss" if difference.sum() < -2 * error
                           else "no more than luck")
    table = re.findall(r"^\S+ +[\d,]+ +[\d.]+ +([\d.]+) +([\d.]+)$", one.printed, re.MULTILINE)
    assert len(table) >= 2 and all(hand == code for hand, code in table)
    shop, catalogue = (100 * (one.found[name, kinds[-1]].mean() - one.found[name, "words"].mean())
                       for name in one.shops)
    assert f"by {shop:+.1f} points in the shop and by {catalogue:+.1f} in the catalogue" in one.said
    tell(one, "what the titles and the other features lack", shop > catalogue + 2)


def check_09(one):
    e = np.exp(np.array(one.LOGITS) - max(one.LOGITS))
    np.testing.assert_allclose(one.tables[0.0][1], e / e.sum())
    assert "and the softmax by 0.00:" in one.said
    np.testing.assert_allclose(one.p["softmax"].sum(axis=1), 1, rtol=1e-5)
    difference = one.right["softmax"].astype(int) - one.right["sigmoid"]
    error = np.sqrt(max((difference**2).sum(), 1))
    tell(one, "softmax is better here", difference.sum() > 2 * error)
    tell(one, "the sigmoids are better here", difference.sum() < -2 * error)
    tell(one, "as classifiers they are equally good", abs(difference.sum()) <= 2 * error)
    n_true = one.other.y.nnz / one.other.n_rows
    tell(one, "about as many,", abs(one.many.sum(axis=1).mean() / n_true - 1) < 0.25)
    tell(one, "which a softmax that shares fairly could not give", one.many.max(axis=1).mean() > 1 / n_true)


def check_10(one):
    for name, model in one.models.items():
        ids, p = model.top_k(one.test.x, 1)
        p, hits = p.ravel().astype(float), one.truth[np.arange(len(p)), ids.ravel()]
        found = metrics.reliability_of(p, hits, one.BINS).ece
        said = one.said[one.said.index(f"{name}: bin"):]
        said = said[said.index("ECE"):]
        assert said.startswith(f"ECE {found:.4f} by hand, {found:.4f} by the package")
        z = (p.mean() - hits.mean()) * len(p) / np.sqrt((p * (1 - p)).sum())
        verdict = said[said.index("by luck these"):said.index("by luck these") + 90]
        assert ("It is too sure." in verdict, "It is not sure enough." in verdict) == (z > 2, z < -2)
    calm, heart = (table[1] for table in one.tables.values())
    tell(one, "right or wrong elsewhere", heart > 1.2 * calm)


def check_11(one):
    assert "Both are the rounding of float32." in one.said
    whole, tiles = ([one.costs[n][place][0] for n in one.LABELS] for place in (0, 1))
    assert whole[-1] / whole[0] == pytest.approx(one.LABELS[-1] / one.LABELS[0], rel=0.3) and tiles[-1] < whole[-1]
    tell(one, "memory has all but stopped growing", tiles[-1] < 1.3 * tiles[0])


def check_12(one):
    lost = one.TERMS > 256
    tell(one, "nothing is added. So matrix units keep their sums in float32", lost)
    tell(one, "All whole numbers up to 256", not lost)
    plain, operands, parameters = (float(loss) for loss in re.findall(r"loss ([\d.]+)   P@1", one.printed))
    tell(one, "So parameters stay float32", one.worse > 0.001)
    tell(one, ": hardly.", abs(one.change) < 0.001)
    assert one.change == pytest.approx(operands / plain - 1, abs=1e-3) and one.worse == pytest.approx(
        parameters / plain - 1, abs=1e-3)


def check_13(one):
    assert one.training == one.in_order == one.by_size == 1 and one.by_threads == len(one.THREADS)
    assert one.as_finished > 1
    assert f"{one.RUNS} runs have {one.as_finished} results, in their order 1." in one.said


def check_14(one):
    assert "All three checks hold." in one.said
    tell(one, "or columns that begin at 0, such code never runs", one.ROWS == 8)
    tell(one, "Noticed: 4 of 4.", one.ROWS == 7 and one.CLOSE < 1e-3)
    assert one.noticed["e^r: fourth digit of a coefficient"] == ["exp_neg"]


CHECKS = {name[6:]: check for name, check in globals().items() if name.startswith("check_")}


@compiled
@pytest.mark.parametrize("number, line", RUNS, ids=lambda text: text[:30] or "as it is")
def test_what_a_lesson_says_is_true(number, line, run, monkeypatch):
    if line:
        monkeypatch.setattr(showing, "picture", lambda *arguments, **options: None)
    one = run(number, *[line] * bool(line))
    CHECKS[number](one)
    if line:
        assert EFFECTS[number][line] in one.said
    else:
        assert not any(words and words in one.said for words in EFFECTS[number].values()), "what would change is said"
        pictures = list((showing.FOLDER).glob("*.png")) if showing.FOLDER.exists() else []
        assert [path.stem for path in pictures] == [f"lesson{number}"] * ("picture(" in LESSONS[number].read_text())


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_invites_to_what_is_tested(number):
    assert invited(number) == list(EFFECTS[number])


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_has_a_question_two_answers_and_a_place_in_the_table(number):
    path, text = LESSONS[number], LESSONS[number].read_text(encoding="ascii")
    assert re.match(rf'# %% \[markdown\]\n"""\n# Lesson {int(number)}\. .*\n\n', text)
    assert f"\n    python examples/lessons/{path.name}\n" in text and text.count("\n") <= 142
    [answers] = re.findall(r"\n# %% \[markdown\]\n# ## Answers\n# 1\. (?:.*\n)+# 2\. (?:.*\n)+\Z", text)
    assert f"| `{path.name}` |" in (path.parent / "README.md").read_text(encoding="utf-8")


def test_a_lesson_runs_as_it_says_without_matplotlib(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError")
    environment = os.environ | {"LANG": "C", "PYTHONDONTWRITEBYTECODE": "1",
                                "PYTHONPATH": f"{tmp_path}{os.pathsep}{lesson_runs.FOLDER.parents[1]}"}
    done = subprocess.run([sys.executable, LESSONS["01"]], cwd=tmp_path, capture_output=True, text=True,
                          env=environment)
    assert (done.returncode, done.stderr) == (0, "") and "no picture" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["matplotlib.py"]


def test_a_bug_that_cannot_be_planted_is_said(run):
    with pytest.raises(ValueError, match="lesson 14: want 'no such line' in the kernels' source"):
        run("14").copy_of_kernels("no such line", "")
