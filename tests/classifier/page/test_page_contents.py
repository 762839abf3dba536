"""Claim: a page carries the rows and the words that fit, exactly or rounded, its policy, its formula and an example."""

import base64
import hashlib
import json
import re
import zlib

import numpy as np
import pytest
from problems import F32
from shops import SMALL, shop

from nnlite import MLP, Record, Vocabulary
from nnlite.classifier.page import example as example_module
from nnlite.classifier.page.contents import exact_bytes, exact_rows, kind_runs, rounded_rows
from nnlite.classifier.page.example import examples
from nnlite.classifier.page.fitting import Carried, carried
from nnlite.classifier.page.page import activation_script, sentence
from nnlite.classifier.small_model import SmallRows
from nnlite.classifier.title_classifier import TitleClassifier

WORDS = [f"{a}{b}word" for a in "abcdefgh" for b in "ijklmnop"]
W = np.random.default_rng(0).standard_normal((11, 5)).astype(F32)
BITS = np.resize(np.array([4, 0, 8, 2, 8], np.uint8), 11)


def unpacked(text):
    """The JSON, and the arrays by name, of a packed text."""
    content = zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS)
    at = 4 + int.from_bytes(content[:4], "little")
    about, arrays = json.loads(content[4:at]), {}
    for name, dtype, size in about["arrays"]:
        arrays[name] = np.frombuffer(content, dtype, size, at)
        at += arrays[name].nbytes
    assert at == len(content)
    return about, arrays


def a_network(hidden=(6,), output="sigmoid", **settings):
    """A vocabulary of 64 words of different counts, and a network with random parameters."""
    records = [Record(" ".join(WORDS[i:]), ("x", "y", "z")[:1 + i % 3]) for i in range(len(WORDS))]
    vocabulary = Vocabulary.build(records, min_count=1, **settings)
    model, rng = MLP(vocabulary.n_words, 3, hidden, "relu", output=output), np.random.default_rng(0)
    for p in model.params.values():
        p[:] = rng.standard_normal(p.shape)
    return vocabulary, model


@pytest.mark.parametrize("bits, words", [([0, 2], "2"), ([2, 8], "2 or 8"), ([0, 2, 4, 8], "2, 4 or 8"), ([4], "4")])
@pytest.mark.parametrize("n, share", [(9, "9 of 1,000 words"), (999, "999 of 1,000 words"), (1000, "all words")])
def test_a_sentence_says_how_many_words_and_bits_there_are(n, share, bits, words):
    rest = f", each number of which is rounded to {words} bits; --mb N, or megabytes=N, allows a larger page"
    assert sentence(Carried("", n, 1_000, bits)) == share + rest
    assert sentence(Carried("", n, 1_000, bits, True)) == f"{share}, all numbers as they are"


@pytest.mark.parametrize("name, formula, called", [
    ("relu", "max(0, z)", "Math.max(0, z)"), ("sigmoid", "1 / (1 + exp(-z))", "1 / (1 + Math.exp(-z))")])
def test_the_formula_of_an_activation_is_shown_and_called(name, formula, called):
    assert activation_script(name) == f'const FORMULA = "{formula}";\nconst activation = z => {called};\n'


def test_the_policy_has_the_digests_of_the_script_and_the_style(tmp_path):
    TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop()).to_page(tmp_path / "a.html")
    html = (tmp_path / "a.html").read_text("utf-8")
    for kind, tag in ("script", "<script>"), ("style", "<style>"):
        inside = re.search(f"{tag}(.*?)</{kind}>", html, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"; {kind}-src 'sha256-{digest}';" in html


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_rounded_rows_are_those_of_small_rows(rows, monkeypatch):
    monkeypatch.setattr("nnlite.classifier.page.contents.ROWS", rows)
    got, want = rounded_rows(W, BITS), SmallRows.of(W, BITS)
    for one, other in zip(got, (want.codes, want.scales, want.bits, 5), strict=True):
        np.testing.assert_array_equal(one, other)
    again = rounded_rows(want, BITS)
    assert exact_rows(want)[:2] == (want.codes, want.scales) and exact_bytes(want) == want.codes.size
    assert len(again.codes) == len(got.codes)


def test_exact_rows_are_float32():
    rows = exact_rows(W)
    assert rows.codes.tobytes() == W.tobytes() and exact_bytes(W) == rows.codes.size == 4 * W.size
    assert rows.bits.tolist() == [32] * 11 and rows.scales.tolist() == [1] * 11 and rows.width == 5


@pytest.mark.parametrize("hidden", [(6,), (6, 4, 3)], ids=str)
@pytest.mark.parametrize("settings", [dict(tfidf=True), dict(), dict(hash_size=40), dict(hash_size=40, tfidf=True)],
                         ids=str)
def test_a_page_carries_all_if_it_fits_and_else_what_is_rounded(settings, hidden):
    vocabulary, model = a_network(hidden, **settings)
    whole = carried(vocabulary, model, {"more": 7}, 10**9, 11)
    assert whole == carried(vocabulary, model, {"more": 7}, len(whole.text) + 11, 11)
    assert whole[1:] == (vocabulary.n_words, vocabulary.n_words, [32], True)
    about, arrays = unpacked(whole.text)
    assert about["words"] == list(vocabulary.words) and about["more"] == 7 and about["labels"] == vocabulary.labels
    assert about["counts"] == (vocabulary.word_counts.tolist() if vocabulary.tfidf else [])
    assert (about["tfidf"], about["hash_size"]) == (vocabulary.tfidf, vocabulary.hash_size)
    assert (about["n_records"], about["n_words"]) == (64, vocabulary.n_words)
    assert (about["activation"], about["output"], about["rules"]["ngrams"]) == ("relu", "sigmoid", 1)
    names = ["features", *(f"hidden{i}" for i in range(1, len(hidden))), "labels"]
    assert [name for name, _ in about["layers"]] == names
    for name in names:
        assert arrays[f"{name}.codes"].tobytes() == model.params[f"{name}.W"].tobytes()
        assert arrays[f"{name}.b"].tolist() == model.params[f"{name}.b"].tolist()
        assert [*model.params[f"{name}.W"].shape] == dict(about["layers"])[name]
    less = carried(vocabulary, model, {"more": 7}, len(whole.text) + 10, 11)
    assert not less.as_it_is and len(less.text) < len(whole.text)
    _, arrays = unpacked(less.text)
    for name in names:
        assert set(arrays[f"{name}.bits"].tolist()) <= ({0, 8} if name == "features" else {8})  # 0: of an empty column
        assert arrays[f"{name}.b"].tolist() == model.params[f"{name}.b"].tolist()


@pytest.mark.parametrize("hash_size", [None, 64])
def test_words_that_matter_least_are_left_out_first(hash_size):
    vocabulary, model = a_network((40,), hash_size=hash_size, tfidf=True)
    w = model.params["features.W"]
    w *= (np.geomspace(1, 1e-3, 64) / np.linalg.norm(w, axis=1))[:, None]
    with pytest.raises(ValueError) as refused:
        carried(vocabulary, model, {}, 90, 70)
    found = re.fullmatch(r"to_page: megabytes: want at least (0\.\d{6}) for a page of 3 categories and one word, got "
                         "9e-05", str(refused.value))
    least, sizes = round(1e6 * float(found[1])), []
    for more in 0, 300, 600, 900:
        found = carried(vocabulary, model, {}, least + more, 70)
        about, arrays = unpacked(found.text)
        bits = arrays["features.bits"]
        sizes.append(np.count_nonzero(bits))
        assert len(found.text) <= least + more - 70 and found.bits == np.unique(bits).tolist()
        assert found.of_words == 64 and found.n_words == (64 if hash_size else sizes[-1]) == bits.size
        if hash_size is None:
            assert about["words"] == vocabulary.words[:found.n_words]
            assert about["counts"] == vocabulary.word_counts[:found.n_words].tolist()
    assert sizes[0] == 1 and sizes == sorted(set(sizes))


def test_kinds_are_runs_of_all_characters():
    kinds = kind_runs(2)
    assert sum(kinds[1::2]) == 0x110000 and all(a != b for a, b in zip(kinds[::2], kinds[2::2]))
    assert {type(kind) for kind in kinds} == {int}


def useful(*words):
    """A vocabulary of words and pairs, and a network in which they matter in this order."""
    records = [Record(word, ("x", "y")) for word in words]
    vocabulary = Vocabulary.build(records, min_count=1, ngrams=2)
    known = [word for word in vocabulary.words if word in words]
    model = MLP(vocabulary.n_words, 2, (1,))
    model.params["features.W"][:] = 0
    for word in known:
        model.params["features.W"][vocabulary.words.index(word)] = 100.0 / (1 + words.index(word))
    return vocabulary, model


@pytest.mark.parametrize("words, title", [
    (("red shoe", "shoe box", "box lid"), "red shoe box lid"), (("shoe box", "red shoe", "box lid"), "shoe box lid"),
    (("red shoe", "shoe box", "shoe lid"), "red shoe box"), (("red shoe", "shoe red", "shoe box"), "red shoe box"),
    (("aaa bbb", "bbb ccc", "ccc ddd", "ddd eee", "eee fff"), "aaa bbb ccc ddd eee"),
    (("red red", "red shoe"), "red shoe"), (("xy shoe", "red shoe"), "red shoe"),
    (("r2d shoe", "red shoe"), "red shoe"),
    (("pan", "red shoe"), "red shoe"), (("pan", "pot", "cup", "lid"), "pan pot cup"), (("pan", "ab", "cup"), "pan cup"),
    (("ab", "c3po"), None)])
def test_an_example_goes_from_the_most_useful_pair_to_the_next(words, title):
    found = list(examples(*useful(*words)))
    assert found == [title.rsplit(" ", n)[0] for n in range(title.count(" ") + 1)] if title else found == []


def test_an_example_is_made_of_the_most_useful_candidates_alone(monkeypatch):
    monkeypatch.setattr(example_module, "CANDIDATES", 2)
    assert next(examples(*useful("red shoe", "shoe box", "box lid"))) == "red shoe box"


def test_of_many_words_that_are_equally_useful_the_first_make_the_example():
    words = sorted(f"{a}{b}x" for a in "abcdefgh" for b in "abcdefgh")
    vocabulary, model = useful(*words)
    model.params["features.W"][:] = np.where(np.arange(64) % 3, 2, 1)[:, None]
    assert vocabulary.words == words and next(examples(vocabulary, model)) == " ".join([words[1], words[2], words[4]])


@pytest.mark.parametrize("n, effect, first", [(64, 1.0, "many"), (64, 1.5, "strong"), (63, 1.42, "strong")])
def test_a_word_is_as_useful_as_its_row_is_long_and_its_products_are_many(n, effect, first):
    """By sqrt(n) w^2: 16 products weigh as much as a row 2 times as long in 1."""
    vocabulary = Vocabulary.build([Record("many", ("x", "y"))] * n + [Record("strong", ("x", "y"))] * 16, min_count=1)
    model = MLP(vocabulary.n_words, 2, (1,))
    for word, w in (("many", 1.0), ("strong", effect)):
        model.params["features.W"][vocabulary.words.index(word)] = w
    assert next(examples(vocabulary, model)).split() == [first, *{"many", "strong"} - {first}]
