"""Claim: a page fits into the size that is asked for, carries the most useful words, and says what it lacks."""

import logging
import re

import numpy as np
import pytest
from problems import compiled
from shops import SMALL, shop

import nnlite
from benchmarks.quality.carried import as_carried, carried_by, model_text
from nnlite.classifier.page.contents import kind_runs
from nnlite.classifier.page.example import examples
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.letters import character_kinds
from nnlite.tool.command_line import main

SIZES = 0.09, 0.11, 0.4  # MB: rows of few bits, more words, all as it is


@pytest.fixture(scope="module")
def catalogue():
    titles, categories = zip(*nnlite.make_catalogue(400))
    return TitleClassifier(epochs=2, hidden=(32,), label_min_count=2, threads=1).fit(titles, categories)


@compiled
@pytest.mark.parametrize("megabytes", SIZES)
def test_it_fits_and_says_what_it_has(megabytes, catalogue, tmp_path, caplog):
    path = tmp_path / "shop.html"
    with caplog.at_level(logging.INFO, "nnlite"):
        catalogue.to_page(path, megabytes)
    about, arrays = carried_by(path)
    n_kept, n_words, size = len(about["words"]), catalogue.vocabulary_.n_words, path.stat().st_size
    said = f"{path}: {size / 1e6:.2f} MB, "
    assert size <= megabytes * 1e6 and size == about["bytes_beside"] + len(model_text(path))
    if megabytes == SIZES[-1]:
        assert n_kept == n_words and set(arrays["features.bits"]) == {32}
        assert caplog.messages == [said + "all words, all numbers as they are"]
    else:
        assert size > 0.97 * megabytes * 1e6 and n_kept < n_words
        assert caplog.messages[0].startswith(f"{said}{n_kept:,} of {n_words:,} words, each number of which is rounded")
    before = set(catalogue.vocabulary_.words)
    assert set(about["words"]) <= before and about["n_words"] == n_words


@compiled
def test_more_room_is_more_of_the_model(catalogue, tmp_path):
    """By how far its logits are from those of the whole model."""
    titles, _ = zip(*nnlite.make_catalogue(100, seed=1))
    want, errors = catalogue.model_.logits(catalogue.vocabulary_.encode_titles(titles)), []
    for megabytes in SIZES:
        catalogue.to_page(tmp_path / "shop.html", megabytes)
        got = as_carried(catalogue, tmp_path / "shop.html")
        errors.append(np.abs(got.model_.logits(got.vocabulary_.encode_titles(titles)) - want).mean())
    assert errors[0] > 2 * errors[1] > 0 and errors[2] == 0


def test_what_cannot_fit_is_an_error_and_writes_nothing(tmp_path):
    classifier = TitleClassifier(**SMALL).fit(*shop())
    for wrong, message in (0.01, "megabytes: want at least 0.0"), (float("nan"), "at least 0"), ("x", "want a number"):
        with pytest.raises((ValueError, TypeError), match=message):
            classifier.to_page(tmp_path / "a.html", wrong)
    with pytest.raises(TypeError, match="to_page: example: want str, got int"):
        classifier.to_page(tmp_path / "a.html", example=3)
    with pytest.raises(ValueError, match="want a trained one"):
        TitleClassifier().to_page(tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("hash_size", [None, 32])
def test_the_smallest_page_that_an_error_names_has_a_word(hash_size, tmp_path, caplog):
    """And of the sizes just above and below it, each is written or refused, never both."""
    caplog.set_level("INFO", "nnlite")
    path, classifier = tmp_path / "a.html", TitleClassifier(**SMALL, hash_size=hash_size).fit(*shop())
    with pytest.raises(ValueError) as refused:
        classifier.to_page(path, 0)
    least = int(float(re.search(r"want at least ([\d.]+) for a page of \d categories and one word, got 0$",
                                str(refused.value))[1]) * 1e6)
    for n_bytes in *range(least - 60, least + 200, 20), least:
        path.unlink(missing_ok=True)
        caplog.clear()
        try:
            classifier.to_page(path, n_bytes / 1e6 + 1e-9)
        except ValueError:
            assert n_bytes < least and not list(tmp_path.iterdir())
        else:
            assert n_bytes >= least and path.stat().st_size <= n_bytes
            assert f": {path.stat().st_size / 1e6:.2f} MB, " in caplog.text
            assert np.flatnonzero(as_carried(classifier, path).model_.params["features.W"]).size


def test_the_page_allows_its_own_script_and_style_alone(tmp_path):
    TitleClassifier(**SMALL).fit(*shop()).to_page(tmp_path / "a.html")
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    policy = re.search('Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "*" not in policy
    assert not re.search(r"https?:|\son\w+=|src=|href=|innerHTML|eval\(|Function\(|\bfetch\(|XMLHttp|WebSocket", html)
    assert len(re.findall("<script", html)) == 2 == len(re.findall("</script", html))


def test_no_title_of_the_training_is_in_it(tmp_path):
    """Not even one that is made of the most useful words; a title that is given is taken."""
    titles, categories = shop()
    classifier = TitleClassifier(**SMALL).fit([f"{title[:-2]}" for title in titles], categories)
    first = next(examples(classifier.vocabulary_, classifier.model_))
    for example in None, first:
        classifier.to_page(tmp_path / "a.html", example=example)
        stored = carried_by(tmp_path / "a.html")[0]["example"]
        assert classifier.n_trained_on([stored]) == (example == stored) and (not example or stored == example)


def test_an_example_is_a_chain_of_pairs_or_the_most_useful_words(catalogue):
    for title, n in zip(examples(catalogue.vocabulary_, catalogue.model_), range(5, 0, -1)):
        words = title.split()
        assert len(words) <= n and len(set(words)) == len(words)
        assert {" ".join(pair) for pair in zip(words, words[1:])} <= set(catalogue.vocabulary_.words)
    titles, categories = shop()
    alone = TitleClassifier(**SMALL, ngrams=1).fit(titles, categories)
    assert set(next(examples(alone.vocabulary_, alone.model_)).split()) <= set(alone.vocabulary_.words)
    hashed = TitleClassifier(**SMALL, hash_size=64).fit(titles, categories)
    assert not list(examples(hashed.vocabulary_, hashed.model_))


@pytest.mark.parametrize("version", [1, 2])
def test_the_kinds_of_all_characters_are_carried(version):
    runs = np.array(kind_runs(version)).reshape(-1, 2)
    kinds = np.repeat(runs[:, 0], runs[:, 1])
    assert np.array_equal(np.where(kinds == 4, 2, kinds), character_kinds(version)) and kinds[0x378] == 4


def test_the_command_writes_the_page(tmp_path, capsys):
    TitleClassifier(**SMALL).fit(*shop()).save(tmp_path / "shop")
    place = str(tmp_path / "shop.html")
    assert main(["page", str(tmp_path / "shop"), "--out", place, "--mb", "0.5", "--example", "Blue dress"]) == 0
    assert "MB, all words" in capsys.readouterr().err
    assert carried_by(tmp_path / "shop.html")[0]["example"] == "Blue dress"
    assert main(["page", str(tmp_path / "shop"), "--out", place, "--mb", "0.01"]) == 2
    assert capsys.readouterr().err.startswith("nnlite: error: megabytes: want at least 0.0")
    assert main(["page", str(tmp_path / "shop"), "--out", str(tmp_path / "shop" / "a.html")]) == 2


@compiled
def test_a_shrunk_model_is_carried_as_it_is(catalogue, tmp_path, caplog):
    small = catalogue.shrink(0.12)
    with caplog.at_level(logging.INFO, "nnlite"):
        small.to_page(tmp_path / "small.html")
    assert caplog.messages[-1].endswith("MB, all words, all numbers as they are")
    titles = [title for title, _ in nnlite.make_catalogue(50)]
    got, want = (one.predict_top_k(titles) for one in (as_carried(small, tmp_path / "small.html"), small))
    for ours, theirs in zip(got, want):
        assert dict(ours) == pytest.approx(dict(theirs), rel=1e-5)
    small.to_page(tmp_path / "smaller.html", 0.09)
    assert (tmp_path / "smaller.html").stat().st_size <= 90_000
