"""Claim: a page predicts and explains as Python does with the same numbers; its tokens are Python's, in any script."""

import numpy as np
import pytest
from pages import HARD, HOSTILE, opened
from problems import compiled
from shops import WORDS

import nnlite
from benchmarks.quality.carried import TOP, as_carried, ask, shown
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.cleaning import clean
from nnlite.data.letters import folded
from nnlite.data.tokens import TokenRules, tokenise

RULES = TokenRules(ngrams=2, stem=4, first_word=True, shape=True)
PLAIN = dict(ngrams=1, stem=None, first_word=False, shape=False, tfidf=False)
KINDS = {  # settings, and the megabytes of a page
    "rounded": (dict(), 0.09), "softmax": (dict(output="softmax"), 6.0), "hashed": (dict(hash_size=512), 6.0),
    "plain words, hidden layers": (dict(PLAIN, hidden=(9, 7), activation="sigmoid"), 6.0),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The browser, with the page of a small shop, of which half the titles are hard."""
    path, titles = tmp_path_factory.mktemp("page") / "hard.html", [*HARD, *HOSTILE] * 3
    names = [list(WORDS.values())[i % len(WORDS)] for i in range(len(titles))]
    TitleClassifier(epochs=2, hidden=(8,), label_min_count=2, threads=1).fit(titles, names).to_page(path)
    with opened(path) as page:
        yield page


def random_titles(n, seed=0):
    """Characters of which many are changed by folding; and all that HTML's entities are made of."""
    rng = np.random.default_rng(seed)
    letters = [*"".join(HARD), *"&&&;;;#x19aé<>//!- ", *"script style amp lt notin &#x"]
    return ["".join(rng.choice(letters, rng.integers(0, 30))) for _ in range(n)]


def test_tokens_are_those_of_python(page):
    titles = [*HARD, *HOSTILE, *random_titles(2_000)]
    every = ask(page, "titles => titles.map(title => [clean(title, view.network.entities), "
                      "view.network.read(title).tokens.map(token => token.text)])", titles)
    for title, (cleaned, tokens) in zip(titles, every):
        assert cleaned == clean(title), ascii(title)
        assert tokens == tokenise(clean(title), RULES), ascii(title)


@pytest.mark.parametrize("version", [1, 2])
def test_every_character_is_folded_as_in_python(page, version):
    """Between letters and before a combining mark: all of blocks with case, marks or widths, and some others."""
    blocks = [(0, 0x3400), (0xa000, 0xac00), (0xf900, 0x10000), (0x10400, 0x10600), (0x10c80, 0x10d70),
              (0x11000, 0x11a00), (0x16e40, 0x16f00), (0x1e800, 0x1e960)]
    codes = [code for first, stop in blocks for code in range(first, stop)]
    codes += [code for code in range(0x3400, 0x110000, 397) if not 0xd800 <= code < 0xe000]
    pairs = [(title, folded(title, version)) for code in codes for title in [f"A{chr(code)}B {chr(code)}\u0301"]]
    other = f"pairs => pairs.filter(([title, want]) => folded(title, {version}, view.network.kinds) !== want)"
    assert ask(page, other, pairs) == []


@compiled
@pytest.mark.parametrize("settings, megabytes", KINDS.values(), ids=KINDS)
def test_the_top_five_of_300_titles_are_those_of_python(settings, megabytes, page, tmp_path):
    titles, categories = zip(*nnlite.make_catalogue(700))
    names = [some[:1] for some in categories[:400]] if "output" in settings else categories[:400]
    classifier = TitleClassifier(**{"epochs": 4, "hidden": (16,), "label_min_count": 3, "threads": 1} | settings)
    classifier.fit(titles[:400], names).to_page(tmp_path / "shop.html", megabytes)
    carried = as_carried(classifier, tmp_path / "shop.html")
    asked = [*titles[400:], *HARD, *random_titles(50)]
    tab = shown(page.context.browser, tmp_path / "shop.html")
    got, want = ask(tab, TOP, asked), carried.predict_top_k(asked)
    for title, ours, theirs in zip(asked, got, want):
        assert [carried.vocabulary_.labels[one["label"]] for one in ours] == [name for name, _ in theirs], ascii(title)
        assert [one["p"] for one in ours] == pytest.approx([p for _, p in theirs], rel=2e-5)
    for title in [*titles[400:405], "a a a", "unknownword", "red unknownword red", *HARD[:6]]:
        found = ask(tab, "title => { const f = view.network.forward(title); "
                         "return [...view.network.explain(f, view.network.top(f.logits, 5))] }", title)
        for j, explained in enumerate(carried.explain(title)):
            assert [one["word"] for one in found] == [effect.word for effect in explained.effects]
            for one, effect in zip(found, explained.effects):
                assert (one["effects"][j]["p"], one["effects"][j]["logit"]) == pytest.approx(effect[1:], abs=2e-5)
    tab.close()
