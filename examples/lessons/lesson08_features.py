# %% [markdown]
"""
# Lesson 8. What is a feature worth? Pairs of words, beginnings of words, TF-IDF

The network sees nothing of a title but its features. Here kinds of features are added one after the other, in a shop
that is made so that two of them are needed, and in the made-up catalogue. What each wins is compared with luck.

    python examples/lessons/lesson08_features.py
"""

# %%
import math

import numpy as np

import nnlite
from nnlite.data.tokens import tokenise
from nnlite.scores import metrics
from showing import ask, picture, say

TRAIN, TEST = 2_000, 2_000
FILLERS = 6  # words that say nothing, in a title of the shop, at most
LETTERS = 4  # of a beginning
EPOCHS = 5
KINDS = [  # each is added to those before
    ("words", {}), ("TF-IDF weights", {"tfidf": True}), ("pairs of words", {"ngrams": 2}),
    (f"first {LETTERS} letters", {"stem": LETTERS})]

# %% [markdown]
# ## A shop that needs them
# A "dress shirt" is a shirt and a "shirt dress" a dress: the same words. All other things have many names that begin
# alike, such as sandalba, sandalce, so that most names in the test are new. And there are words that say nothing.


# %%
def shop(n):
    rng = np.random.default_rng(0)
    names = ["sandal", "sneaker", "jacket", "trouser", "glove", "necklace", "watch", "scarf"]
    for _ in range(n):
        kind = rng.integers(len(names) + 2)
        ending = "".join(rng.choice(list("abcdefghijklmno"), 2))
        words, category = ([names[kind] + ending], names[kind]) if kind < len(names) else (
            (["dress", "shirt"], "shirt") if rng.random() < 0.5 else (["shirt", "dress"], "dress"))
        fillers = [f"filler{i}" for i in rng.integers(12, size=rng.integers(FILLERS + 1))]
        place = rng.integers(len(fillers) + 1)
        yield nnlite.Record(" ".join([*fillers[:place], *words, *fillers[place:]]), (category,))


shops = {"shop": list(shop(TRAIN + TEST)), "catalogue": list(nnlite.make_catalogue(TRAIN + TEST))}
title = max((title for title, names in shops["shop"][:100] if names == ("dress",)), key=len)
settings, before = {}, set()
print(f"{title!r}")
for name, more in KINDS[:1] + KINDS[2:]:
    settings |= more
    vocabulary = nnlite.Vocabulary.build(shops["shop"][:TRAIN], 2, label_min_count=10, **settings)
    features = {vocabulary.words[i] for i in vocabulary.encode_titles([title]).indices}
    print(f"  {name:24} {', '.join(sorted(features - before))}")
    before |= features

# %% [markdown]
# ## TF-IDF by hand
# A word that is in every title says nothing. TF-IDF (term frequency, inverse document frequency) gives a word that is
# in c of N titles a weight, times how often it occurs in this one, and scales the title's weights to length 1:
#
#     idf = ln((1 + N) / (1 + c)) + 1        x = count idf / sqrt(sum of their squares)

# %%
vocabulary = nnlite.Vocabulary.build(shops["shop"][:TRAIN], 2, tfidf=True)
row = vocabulary.encode_titles([title])
idf = [math.log((1 + TRAIN) / (1 + vocabulary.word_counts[i])) + 1 for i in row.indices]
weights = [tokenise(title).count(vocabulary.words[i]) * value for i, value in zip(row.indices, idf)]
length = math.sqrt(sum(weight**2 for weight in weights))
print(f"\n{'word':14} {'titles':>7} {'idf':>7} {'x by hand':>10} {'x by code':>10}")
for value, i, weight, x in sorted(zip(idf, row.indices, weights, row.data)):
    print(f"{vocabulary.words[i]:14} {vocabulary.word_counts[i]:7,} {value:7.3f} {weight / length:10.4f} {x:10.4f}")

# %% [markdown]
# ## What each kind adds
# The same network with more and more features. P@1 is the share of test products whose likeliest label is true. For two
# networks only the products matter that one gets right and the other does not: w won and l lost change P@1 by
# (w - l) / n. If it were luck alone, w - l would be 0, give or take its standard deviation, sqrt(w + l). (On 100,000
# real titles pairs are worth 0.4 points to the default recipe, TF-IDF 0.3, beginnings 0.1: benchmarks/RESULTS.md.)


# %%
def right(records, settings):
    """Of the test products: is the likeliest label true?"""
    vocabulary = nnlite.Vocabulary.build(records[:TRAIN], 2, label_min_count=10, **settings)
    train, test = vocabulary.encode(records[:TRAIN]), vocabulary.encode(records[TRAIN:])
    model = nnlite.MLP(train.n_words, train.n_labels, (50,), "relu")
    model.init_label_bias(train.label_frequencies())
    rate = 0.3 if settings.get("tfidf") else 0.1  # rows of length 1 are smaller than rows of ones
    nnlite.Trainer(model, nnlite.AdaGrad(rate, 0.05), batch_rows=64, epochs=EPOCHS, dropout=0.3).fit(train)
    return metrics.hits(test.y, model.top_k(test.x, 1)[0])[:, 0]


found = {}
for name, records in shops.items():
    settings, old = {}, None
    print(f"\n{name:18} {'P@1':>7} {'won':>6} {'lost':>6}   worth, points of P@1, and what luck could do")
    for kind, more in KINDS:
        settings |= more
        now = found[name, kind] = right(records, settings)
        old = now if old is None else old
        won, lost = sum(now & ~old), sum(old & ~now)
        luck, old = math.sqrt(won + lost), now
        verdict = "a gain" if won - lost > 2 * luck else "a loss" if lost - won > 2 * luck else "no more than luck"
        print(f"{'+ ' * (kind != 'words') + kind:18} {now.mean():7.1%}", f"{won:6} {lost:6}   "
              f"{100 * (won - lost) / TEST:+5.1f} +-{100 * luck / TEST:.1f}  {verdict}" if kind != "words" else "")
ends = {name: found[name, KINDS[-1][0]].mean() - found[name, "words"].mean() for name in shops}
say(f"All kinds together change P@1 by {100 * ends['shop']:+.1f} points in the shop and by",
    f"{100 * ends['catalogue']:+.1f} in the catalogue:",
    "a kind of feature adds what the titles and the other features lack."
    if ends["shop"] > ends["catalogue"] + 0.02 else "here the shop does not need them more than the catalogue does.")


def draw(axes):
    for shift, (name, hatch, colour) in enumerate((("shop", "", "#0b5394"), ("catalogue", "//", "#e0a070"))):
        axes.bar(np.arange(len(KINDS)) + 0.4 * shift, [100 * found[name, kind].mean() for kind, _ in KINDS], 0.4,
                 label=name, hatch=hatch, color=colour, edgecolor="black")
    axes.set(ylabel="P@1, %", xticks=np.arange(len(KINDS)) + 0.2, ylim=(0, 118),
             xticklabels=[f"{'+ ' * (kind != 'words')}{kind}" for kind, _ in KINDS])
    axes.legend(ncols=2)


picture("lesson08", draw)
ask("Could a larger hidden layer tell a dress shirt from a shirt dress without pairs?",
    "Why are the products that both networks get right left out of the comparison?",
    ["LETTERS = 1", "FILLERS = 0", "EPOCHS = 1"])

# %% [markdown]
# ## Answers
# 1. No: the two titles have the same x, so every function of x is the same for both.
# 2. They say nothing about the difference: both networks are right for the same reasons.
