"""Claim: `nnlite shrink` writes a model of the size asked for, and says what it costs, or that it was not measured."""

import re
from contextlib import suppress

import pytest
from problems import compiled
from running import run
from shops import SMALL

from nnlite import Record
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.scores import metrics
from nnlite.tool.shrink_command import cost


def size_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


@compiled
def test_the_cost_is_measured_on_products(home, tmp_path, capsys):
    most = size_of(home / "shop") / 8
    assert run("shrink", home / "shop", "--out", tmp_path / "small", "--mb", f"{most / 1e6:.4f}", "--data",
               home / "test.jsonl") == 0
    out, said = capsys.readouterr()
    assert size_of(tmp_path / "small") <= most
    assert re.search(r"shrink: keeps [\d,]+ of [\d,]+ words, [\d,]+ with ", said)
    assert "the scores are of 150 titles that the model was not trained on" in out
    lines = re.findall("^(?:before|after) .*", out, re.MULTILINE)
    before, after = (list(map(float, re.findall(r"([\d.]+) %", line))) for line in lines)
    full, small = (TitleClassifier.load(folder) for folder in (home / "shop", tmp_path / "small"))
    assert len(before) == len(after) == 3 and re.search(r"of 150 titles \d+ have another likeliest category", out)
    assert f"small: {size_of(tmp_path / 'small') / 1e6:.2f} MB, of {size_of(home / 'shop') / 1e6:.2f} MB before" in out
    assert full.model_.hidden == small.model_.hidden
    assert run("evaluate", tmp_path / "small", home / "test.jsonl") == 0
    assert f"{after[0]:.2f} %" in capsys.readouterr().out
    for words in ("predict", tmp_path / "small", "Blue dress"), ("explain", tmp_path / "small", "Blue dress"):
        assert run(*words) == 0


@compiled
def test_without_products_it_says_that_the_cost_was_not_measured(home, tmp_path, capsys):
    assert run("shrink", home / "shop", "--out", tmp_path / "small", "--mb", 10) == 0
    assert capsys.readouterr().out.startswith("what this costs was not measured: --data FILE does")
    assert TitleClassifier.load(tmp_path / "small").vocabulary_.n_words


@pytest.mark.parametrize("words, message", [
    (["--mb", "0"], "--mb: want a number of megabytes above 0"), (["--mb", "10MB"], "--mb: want a number of megabytes"),
    (["--mb", "0.001"], "want at least 0.0"), (["--mb", "1", "--title", "x"], "want --data FILE, got none"),
    (["--mb", "1", "--data", "nowhere.csv"], "nowhere.csv: No such file"), ([], "--mb N required")])
def test_wrong_words_are_refused(words, message, home, tmp_path, capsys):
    with suppress(SystemExit):  # of wrong options
        assert run("shrink", home / "shop", "--out", tmp_path / "small", *words) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "small").exists()


def test_a_model_is_not_replaced_by_its_smaller_one(home, capsys):
    assert run("shrink", home / "shop", "--out", home / "shop", "--mb", 1) == 2
    assert "want a place apart from" in capsys.readouterr().err


@compiled
@pytest.mark.parametrize("n_labels", [2, 3, 4, 5, 6])
def test_the_cost_of_few_categories_has_as_many_scores(n_labels):
    names = [f"C{i}" for i in range(n_labels)]
    titles, given = [f"word{i} x" for i in range(n_labels)] * 8, [[name] for name in names] * 8
    one, other = (TitleClassifier(**SMALL | dict(epochs=epochs, seed=3)).fit(titles, given) for epochs in (9, 1))
    records = [Record(title, tuple(names)) for title, names in zip(titles, given)] + [Record("x", ("None",))]
    head, before, after, differing = cost(one, other, records)
    ks = [k for k in (1, 3, 5) if k <= n_labels]
    assert head.split() == [f"P@{k}" for k in ks] and len({len(line) for line in (head, before, after)}) == 1
    first = []
    for line, name, model in (before, "before", one), (after, "after", other):
        y = model.encode(records)
        ids = model.model_.top_k(y.x, n_labels)[0]
        first.append(ids[:, 0])
        scores = [f"{100 * metrics.precision_at_k(y.y, ids[:, :k], k):.2f}" for k in ks]
        assert line.replace(" %", "").split() == [name, *scores]
    n = 8 * n_labels + 1
    assert differing == f"of {n} titles {(first[0] != first[1]).sum()} have another likeliest category"


def test_a_cost_wants_a_known_category_in_one_record(trained):
    known, unheard = Record("blue dress", ("Women",)), Record("blue dress", ("Unheard",))
    assert cost(trained, trained, [unheard] * 1_233 + [known])[-1] == (
        "of 1,234 titles 0 have another likeliest category")
    with pytest.raises(ValueError, match="want records with a category that the model knows, got none in 1,234$"):
        cost(trained, trained, [unheard] * 1_234)
