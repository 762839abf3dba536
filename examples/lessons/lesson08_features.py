# %% [markdown]
"""
# Lesson 8. What is a feature worth? Pairs of words, beginnings of words, TF-IDF

The network sees nothing of a title but its features. Features are added one kind after the other, and each is judged by
the products that it wins and loses, so that luck is not taken for a gain.

    python examples/lessons/lesson08_features.py
"""

# %%
import math

import numpy as np

import nnlite
from nnlite.data.tokens import tokenise
from nnlite.scores import metrics
from showing import ask, picture, say

TRAIN, TEST = 3_000, 3_000
MIN_COUNT = 2  # titles in which a feature must occur
LETTERS = 4  # of a beginning
EPOCHS = 6
KINDS = [  # each is added to those before
    ("words", {}), ("pairs of words", {"ngrams": 2}), (f"first {LETTERS} letters", {"stem": LETTERS}),
    ("first word, punctuation", {"first_word": True, "shape": True}), ("TF-IDF weights", {"tfidf": True})]

records = list(nnlite.make_catalogue(TRAIN + TEST))


def vocabulary_of(settings):
    return nnlite.Vocabulary.build(records[:TRAIN], MIN_COUNT, label_min_count=10, **settings)


# %% [markdown]
# ## What a title becomes

# %%
title, settings, before = records[0].title, {}, set()
print(f"{title!r}")
for name, more in KINDS[:-1]:
    settings |= more
    vocabulary = vocabulary_of(settings)
    features = {vocabulary.words[i] for i in vocabulary.encode_titles([title]).indices}
    print(f"  {name:24} {', '.join(sorted(features - before))}")
    before = features

# %% [markdown]
# ## TF-IDF by hand
# A word that is in every title says nothing. TF-IDF (term frequency, inverse document frequency) gives a word that is
# in c of N titles a weight, times how often it occurs in this one, and scales the title's weights to length 1:
#
#     idf = ln((1 + N) / (1 + c)) + 1        x = count idf / sqrt(sum of their squares)

# %%
vocabulary = vocabulary_of({"tfidf": True})
row = vocabulary.encode_titles([title])
idf = [math.log((1 + TRAIN) / (1 + vocabulary.word_counts[i])) + 1 for i in row.indices]
weights = [tokenise(title).count(vocabulary.words[i]) * value for i, value in zip(row.indices, idf)]
length = math.sqrt(sum(weight**2 for weight in weights))
print(f"\n{'word':14} {'titles':>7} {'idf':>7} {'x by hand':>10} {'x by code':>10}")
for value, i, weight, x in sorted(zip(idf, row.indices, weights, row.data)):
    print(f"{vocabulary.words[i]:14} {vocabulary.word_counts[i]:7,} {value:7.3f} {weight / length:10.4f} {x:10.4f}")

# %% [markdown]
# ## What each kind is worth
# The same network with more and more features. P@1 is the share of test products whose likeliest label is true. For
# two networks only the products matter that one gets right and the other does not: w won and l lost change P@1 by
# (w - l) / n. By luck alone w - l would be 0, give or take sqrt(w + l), its standard deviation.

# %%
settings, right, losses = {}, [], []
print(f"\n{'features':26} {'number':>7} {'test BCE':>9} {'P@1':>8}   {'won':>5} {'lost':>5}")
for name, more in KINDS:
    settings |= more
    vocabulary = vocabulary_of(settings)
    train, test = vocabulary.encode(records[:TRAIN]), vocabulary.encode(records[TRAIN:])
    model = nnlite.MLP(train.n_words, train.n_labels, (100,), "relu")
    model.init_label_bias(train.label_frequencies())
    rate = 0.3 if settings.get("tfidf") else 0.1  # rows of length 1 are smaller than rows of ones
    nnlite.Trainer(model, nnlite.AdaGrad(rate, 0.05), batch_rows=64, epochs=EPOCHS, dropout=0.3).fit(train)
    right.append(metrics.hits(test.y, model.top_k(test.x, 1)[0])[:, 0])
    losses.append(nnlite.evaluate(model, test, ks=(1,))["bce"])
    won, lost = (sum(right[-1] & ~right[-2]), sum(right[-2] & ~right[-1])) if right[1:] else (0, 0)
    print(f"{'+ ' * bool(right[1:]) + name:26} {train.n_words:7,} {losses[-1]:9.4f} {right[-1].mean():8.1%}",
          f"  {won:5} {lost:5}")
for (name, _), old, new in zip(KINDS[1:], right, right[1:]):
    won, lost = sum(new & ~old), sum(old & ~new)
    luck = math.sqrt(max(won + lost, 1))
    say(f"{name.capitalize()}: {won} won, {lost} lost, {100 * (won - lost) / len(new):+.1f} points of P@1, by luck +-"
        f"{100 * luck / len(new):.1f}:", "a gain." if won - lost > 2 * luck else
        "a loss." if lost - won > 2 * luck else "no more than luck could do.")
total = sum(right[-1]) - sum(right[0])
print(f"\nAll kinds together: {100 * total / TEST:+.1f} points of P@1, {losses[-1] / losses[0] - 1:+.1%} of the loss.")


def draw(axes):
    names = [name for name, _ in KINDS]
    axes.barh(names[::-1], [100 * hits.mean() for hits in right[::-1]], color="#0b5394", height=0.6)
    for place, hits in enumerate(right[::-1]):
        axes.text(100 * hits.mean(), place, f" {100 * hits.mean():.1f}", va="center")
    axes.set(xlabel="P@1, %", xlim=(min(100 * hits.mean() for hits in right) - 5, 100 * max(map(np.mean, right)) + 2),
             title="with this kind and those above; the axis does not begin at 0")


picture("lesson08", draw)
ask("Beginnings of words add features. How can a feature help that is implied by the word itself?",
    "Why are the products that both networks get right left out of the comparison?",
    ["LETTERS = 2", "MIN_COUNT = 20", "EPOCHS = 1"])

# %% [markdown]
# ## Answers
# 1. A rare or unknown word (sandals) shares its beginning with known ones (sandal): what those learnt holds for it too.
# 2. They say nothing about the difference, and their number would only blur it: both are right for the same reasons.
